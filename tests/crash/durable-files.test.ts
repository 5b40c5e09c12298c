// An exported ledger and an object of the runner on a disk that is full at any page, or that answers a sync or a rename with EIO: the file is wholly
// the old one or wholly the new one, nothing half written is left, the failure has a name, and with room the same write works.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sha256 } from '../../src/base/hash.ts'
import { rewriteLines } from '../../src/sys/in-place.ts'
import { describeWith } from '../host/describe.ts'
import { share } from './share.ts'

const CHILD = fileURLToPath(new URL('./durable-child.ts', import.meta.url))
const OLD = 'o'.repeat(20_000)
const NEW = 'n'.repeat(60_000)
const NAMED = ['file.no_space', 'file.unwritable', 'file.unreadable', 'file.failed']

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sekisho-durable-'))
})
afterEach(() => {
  spawnSync('umount', [root])
  rmSync(root, { recursive: true, force: true })
})

const KINDS = ['export', 'object'] as const
type Kind = (typeof KINDS)[number]

function prepare(kind: Kind): string {
  if (kind === 'export') {
    writeFileSync(join(root, 'ledger.jsonl'), OLD)
    return join(root, 'ledger.jsonl')
  }
  for (const name of ['plan', 'envelope', 'statement', 'blob']) mkdirSync(join(root, name), { mode: 0o700 })
  return root
}

function write(kind: Kind, path: string, before: readonly string[] = []) {
  const [program, ...argv] = [...before, process.execPath, CHILD, kind, path]
  const result = spawnSync(program, argv, {
    encoding: 'utf8',
    env: { ...process.env, UV_THREADPOOL_SIZE: '1', NODE_NO_WARNINGS: '1' },
    timeout: 60_000,
  })
  return { exit: result.status, said: result.stdout.trim(), error: result.stderr }
}

/** What stands there, and whether it is all that stands there. */
function found(kind: Kind): string {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (name) => !['plan', 'envelope', 'statement', 'blob'].includes(name),
  )
  const wanted = kind === 'export' ? 'ledger.jsonl' : `blob/${sha256(NEW)}`
  if (names.length === 0 && kind === 'object') return 'old'
  if (names.length !== 1 || names[0] !== wanted) return `left: ${names.join(' ')}`
  const text = readFileSync(join(root, wanted), 'utf8')
  return text === NEW ? 'new' : text === OLD && kind === 'export' ? 'old' : `half: ${text.length} bytes`
}

describeWith('host', 'durable files', () => {
  // 4 KiB a page: from no room at all to room for old and new, with directories.
  const pages = Array.from({ length: 26 }, (_, i) => 6 + i)
  test.each(KINDS)('%s on a disk that is full after any page', { timeout: 600_000 }, (kind) => {
    let refused = 0
    for (const size of share(pages, `pages for ${kind}`)) {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size * 4096}`, 'none', root])
      const path = prepare(kind)
      const { exit, said, error } = write(kind, path)
      expect([kind, size, exit === 0 ? 'new' : 'old', error]).toEqual([kind, size, found(kind), ''])
      if (exit !== 0) {
        refused += 1
        expect([exit, said]).toEqual([3, 'file.no_space'])
        execFileSync('mount', ['-o', 'remount,size=1m', root])
        expect(write(kind, path).exit).toBe(0)
        expect(found(kind)).toBe('new')
      }
      execFileSync('umount', [root])
    }
    expect(refused).toBeGreaterThan(0)
  })

  test('a file that has to stay the same one keeps its lines where there is no room for more, and is another one where there is', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${4 * 4096}`, 'none', root])
    const path = join(root, 'hosts')
    const lines = (name: string, count: number) => `127.0.0.1 ${name}\n`.repeat(count)
    writeFileSync(path, lines('old', 200))
    writeFileSync(join(root, 'filler'), '')
    const { ino } = statSync(path)
    try {
      for (;;) appendFileSync(join(root, 'filler'), 'x'.repeat(4096))
    } catch (cause) {
      expect(cause).toMatchObject({ code: 'ENOSPC' })
    }
    await expect(rewriteLines(path, lines('new', 900))).rejects.toMatchObject({ code: 'file.no_space' })
    expect(readFileSync(path, 'utf8')).toBe(lines('old', 200))
    expect(await rewriteLines(path, lines('new', 190))).toBe(true)
    expect(readFileSync(path, 'utf8')).toBe(lines('new', 190))
    execFileSync('mount', ['-o', 'remount,size=1m', root])
    expect(await rewriteLines(path, lines('more', 900))).toBe(true)
    expect([readFileSync(path, 'utf8'), statSync(path).ino]).toEqual([lines('more', 900), ino])
    expect(await rewriteLines(join(root, 'none'), 'x')).toBeUndefined()
  })

  const faults = [
    { call: 'fsync', nth: 1 },
    { call: 'fsync', nth: 2 },
    { call: 'rename', nth: 1 },
  ] as const
  test.each(KINDS)('%s when a sync or the rename fails', { timeout: 600_000 }, (kind) => {
    for (const { call, nth } of faults) {
      const path = prepare(kind)
      const inject = `inject=${call}:error=EIO:when=${nth}`
      const { exit, said, error } = write(kind, path, [
        'strace',
        '-f',
        '-qq',
        '-o',
        '/dev/null',
        '-e',
        inject,
      ])
      expect([call, nth, exit, NAMED.includes(said), error]).toEqual([call, nth, 3, true, ''])
      // After the rename the name is the new file's, although it was not yet known to be durable: the whole one, and refused all the same.
      expect([call, nth, found(kind)]).toEqual([call, nth, call === 'fsync' && nth === 2 ? 'new' : 'old'])
      expect(write(kind, path).exit).toBe(0)
      expect(found(kind)).toBe('new')
      rmSync(root, { recursive: true, force: true })
      mkdirSync(root)
    }
  })
})
