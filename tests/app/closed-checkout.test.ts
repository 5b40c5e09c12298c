// A checkout that only root may enter: a clone in /root, or anywhere below a directory of mode 700.
import {
  closeSync,
  copyFileSync,
  cpSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { judgeFiles } from '../../src/snapshot/content.ts'
import { run } from '../../src/sys/process.ts'
import { RUNNER } from '../bundle.ts'

describe.runIf(process.getuid?.() === 0)('the reader of contents, which has no power', () => {
  let closed: string
  let file: string
  beforeAll(() => {
    closed = mkdtempSync(join(tmpdir(), 'sk-closed-')) // mode 700
    mkdirSync(join(closed, 'checkout/bin'), { recursive: true })
    cpSync(dirname(RUNNER), join(closed, 'checkout/dist'), { recursive: true })
    placeNode(join(closed, 'checkout/bin/node'))
    file = join(closed, 'articles.json')
    writeFileSync(file, '[{"id": 1}, {"id": 2}]')
  })
  afterAll(() => rmSync(closed, { recursive: true, force: true }))

  const read = async (node: string) => {
    const fd = openSync(file, 'r')
    try {
      const command = [join(closed, node), join(closed, 'checkout/dist/runner.mjs')]
      const { signal } = new AbortController()
      return await judgeFiles([{ fd, path: 'articles.json' }], { run, command, root: true, signal })
    } finally {
      closeSync(fd)
    }
  }

  test('it starts below a directory that only root may enter', async () => {
    expect(await read('checkout/bin/node')).toEqual([{ verdict: 'good', records: 2, root: 'list' }])
  })

  test('where it cannot start, that is said of the host and of no file', async () => {
    writeFileSync(join(closed, 'no-node'), '', { mode: 0o644 })
    for (const node of ['no-node', 'absent'])
      await expect(read(node)).rejects.toMatchObject({ code: 'backup.reader_failed' })
  })
})

/** A second name costs nothing; across file systems it is copied. */
function placeNode(path: string): void {
  try {
    linkSync(process.execPath, path)
  } catch {
    copyFileSync(process.execPath, path)
  }
}
