// A test that fails leaves no process, no loop device and no directory behind.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../src/sys/process.ts'
import { loopDevicesBelow, processesIn } from './left-over.ts'

const ROOT = join(import.meta.dirname, '..')

test.runIf(process.geteuid?.() === 0)(
  'a run whose tests fail with a process and a disk open takes both away when it ends, and says so',
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'sekisho-left-'))
    try {
      const env = Object.fromEntries(
        Object.entries(process.env).filter(
          ([name]) => !/^(?:VITEST|SEKISHO_TEST|TEST$|NODE_OPTIONS)/.test(name),
        ),
      )
      const result = await run(
        [
          process.execPath,
          join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'),
          'run',
          '--config',
          join(import.meta.dirname, 'left-over-run', 'vitest.config.ts'),
        ],
        { cwd: ROOT, env: { ...(env as Record<string, string>), TMPDIR: directory }, timeoutMs: 60_000 },
      )
      const said = `${result.stdout}${result.stderr}`
      expect(result.code, said).toBe(1)
      expect(said).toContain('this test fails')
      expect(said).toContain('this fails before the test')
      expect(said.match(/left behind by a test/g), said).toHaveLength(3)
      expect(said).toContain('/dev/loop')
      expect(processesIn(directory)).toEqual([])
      expect(await loopDevicesBelow(directory)).toEqual([])
      expect(readdirSync(directory).filter((name) => name.startsWith('sekisho-'))).toEqual([])
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  },
)
