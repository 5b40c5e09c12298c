// The bundle of the hook is linked by us (build-hook.ts): it must decide as the sources do, and start from what was compiled ahead.
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Script } from 'node:vm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { firstPart, link } from '../../build-hook.ts'
import { decide } from '../../src/guard/decide.ts'
import { run } from '../../src/sys/process.ts'
import { hookProgram } from '../app/hook-program.ts'
import { readVectors } from './vectors.ts'
import { COMPILED, CWD, POLICY } from './world.ts'

let root: string
let program: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sekisho-bundle-'))
  for (const name of ['bin', 'dist']) await mkdir(join(root, name))
  await copyFile(resolve(import.meta.dirname, '../../bin/sekisho'), join(root, 'bin/sekisho'))
  program = await hookProgram(join(root, 'dist'))
  await writeFile(join(root, 'guard.json'), JSON.stringify(POLICY))
})
afterAll(() => rm(root, { recursive: true, force: true }))

const call = (command: string) =>
  JSON.stringify({
    session_id: 's',
    cwd: CWD,
    hook_event_name: 'PreToolUse',
    tool_name: 'Bash',
    tool_input: { command },
  })
async function ask(command: string) {
  const { code, stdout, stderr } = await run(
    [process.execPath, program, 'hook', 'claude-code', '--guard', root, '--lang', 'en'],
    { input: call(command), env: { HOME: root } },
  )
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

test('modules that are linked for the hook decide as the sources do, over all vectors', async () => {
  const linked = new Script(firstPart(await link('src/guard/decide.ts'))).runInThisContext() as () => {
    run: () => { readonly decide: typeof decide }
  }
  const { decide: other } = linked().run()
  for (const { command } of readVectors()) {
    const request = { kind: 'shell', text: command, cwd: CWD, actor: 'agent' } as const
    expect(JSON.stringify(other(request, COMPILED)), command).toBe(JSON.stringify(decide(request, COMPILED)))
  }
})

test('an installed hook is started without a place for compiled code, whatever its agent sets', async () => {
  // Says what it was started with instead of running it.
  await writeFile(join(root, 'bin/node'), '#!/bin/sh\nenv; echo "$@"\n', { mode: 0o755 })
  const cache = join(root, 'cache')
  const { stdout } = await run([join(root, 'bin/sekisho'), 'hook', 'claude-code'], {
    env: { HOME: root, XDG_CACHE_HOME: cache, NODE_COMPILE_CACHE: cache, NODE_OPTIONS: '--require x' },
  })
  expect(stdout).toMatch(/dist\/hook\.cjs hook claude-code$/m)
  expect(stdout).not.toMatch(/^NODE_/m)
  await writeFile(join(root, 'dist/cli.mjs'), '')
  const { stdout: command } = await run([join(root, 'bin/sekisho'), 'help'], { env: { HOME: root } })
  expect(command).toMatch(/^NODE_COMPILE_CACHE=/m)
})

test('what was compiled ahead is taken by the node that runs it, and a hook without it answers the same', async () => {
  const [parts = ''] = (await readdir(join(root, 'dist'))).filter((name) => name.endsWith('.parts'))
  const bytes = await readFile(join(root, 'dist', parts))
  const places = [...(await readFile(program, 'utf8')).matchAll(/\{at:(\d+),text:(\d+),code:(\d+)\}/g)].map(
    (one) => one.slice(1).map(Number),
  )
  expect(places.length).toBeGreaterThan(1)
  const refused = await ask('rm -rf backend/data')
  expect(refused).toContain('protect.data')
  for (const [at = 0, text = 0, code = 0] of places) {
    expect(text % 8).toBe(0)
    // A process of its own, as the hook is: vitest runs V8 with switches of its own.
    const { stdout } = await run([
      process.execPath,
      '-e',
      `const b = require('node:fs').readFileSync(${JSON.stringify(join(root, 'dist', parts))}).subarray(${at}, ${at + text + code})
       const cachedData = Buffer.from(b.subarray(${text}))
       console.log(new (require('node:vm').Script)(b.latin1Slice(0, ${text}), { cachedData }).cachedDataRejected)`,
    ])
    expect(stdout.trim()).toBe('false')
    bytes.fill(0, at + text, at + text + code)
  }
  await writeFile(join(root, 'dist', parts), bytes)
  expect(await ask('rm -rf backend/data')).toBe(refused)
  expect(await ask('git status')).toBe('')
})
