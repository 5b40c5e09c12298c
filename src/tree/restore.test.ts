// Whatever a manifest claims and whatever a copy holds: a restore makes exactly the declared tree below its own directory, or refuses by name.
import {
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ManifestEntry } from '../backup/manifest.ts'
import { sha256 } from '../base/hash.ts'
import { run } from '../sys/process.ts'
import { openTree } from './openat.ts'
import { readOwners } from './owners.ts'
import { restoreTree } from './restore.ts'
import { yielding } from './yield.ts'

const META = { item: 'data', mode: 0o640, uid: 0, gid: 0, mtime: '1700000000000000000', attributes: {} }
const root: ManifestEntry = { ...META, at: { path: '' }, type: 'directory', mode: 0o750 }
const directory = (path: string): ManifestEntry => ({ ...root, at: { path } })
const file = (path: string, text: string, more: object = {}): ManifestEntry => ({
  ...META,
  at: { path },
  type: 'file',
  size: text.length,
  digest: sha256(text),
  sparse: false,
  source: '1:1:1',
  ...more,
})

async function scene() {
  const base = await mkdtemp(join(tmpdir(), 'sekisho-restore-'))
  for (const name of ['copy/data', 'out', 'outside']) mkdirSync(join(base, name), { recursive: true })
  writeFileSync(join(base, 'copy', 'data', 'a'), 'bytes')
  const restore = async (entries: readonly ManifestEntry[], limit = { entries: 100, bytes: 1000 }) => {
    const [from, into] = [openTree(join(base, 'copy')), openTree(join(base, 'out'))]
    try {
      return await restoreTree(
        { fd: from, name: Buffer.from('data') },
        { fd: into, name: Buffer.from('tree') },
        entries,
        {
          run,
          owners: readOwners(),
          turns: yielding(),
          limit,
        },
      )
    } finally {
      closeSync(from)
      closeSync(into)
    }
  }
  return {
    base,
    copy: join(base, 'copy', 'data'),
    restore,
    [Symbol.asyncDispose]: () => rm(base, { recursive: true, force: true }),
  }
}
type Scene = Awaited<ReturnType<typeof scene>>

const EVIL: Readonly<
  Record<string, { entries: readonly ManifestEntry[]; copy?: (scene: Scene) => unknown; why: string }>
> = {
  'a name above': { entries: [root, file('../escaped', 'bytes')], why: 'absolute' },
  'a name above, deeper': {
    entries: [root, directory('d'), file('d/../../escaped', 'bytes')],
    why: 'absolute',
  },
  'an absolute name': { entries: [root, file('/tmp/sekisho-escaped', 'bytes')], why: 'absolute' },
  'a name with NUL': { entries: [root, file('a\0b', 'bytes')], why: 'absolute' },
  'a name that is a dot': { entries: [root, file('.', 'bytes')], why: 'absolute' },
  'no name between slashes': { entries: [root, directory('d'), file('d//a', 'bytes')], why: 'absolute' },
  'bytes that lead above': {
    entries: [
      root,
      { ...file('x', 'bytes'), at: { base64: Buffer.from('../\xff', 'latin1').toString('base64') } },
    ],
    why: 'absolute',
  },
  setuid: { entries: [root, file('a', 'bytes', { mode: 0o4755 })], why: 'setuid' },
  setgid: { entries: [root, file('a', 'bytes', { mode: 0o2755 })], why: 'setuid' },
  'other bytes than declared': { entries: [root, file('a', 'BYTES')], why: 'digest' },
  'more bytes than declared': { entries: [root, file('a', 'byte')], why: 'size' },
  'fewer bytes than declared': { entries: [root, file('a', 'bytes!')], why: 'size' },
  'more in sum than declared': {
    entries: [root, file('a', 'bytes'), file('b', 'x'.repeat(2000))],
    why: 'size',
  },
  'a hard link to what is outside': {
    entries: [root, file('b', 'bytes', { hardLink: { path: '../../../etc/shadow' } })],
    why: 'hard link',
  },
  'a hard link to what was never restored': {
    entries: [root, file('b', 'bytes', { hardLink: { path: 'a' } })],
    why: 'hard link',
  },
  'a file below a link': {
    entries: [
      root,
      { ...META, at: { path: 'l' }, type: 'link', target: { path: '../../outside' } },
      file('l/a', 'bytes'),
    ],
    copy: ({ copy }) => {
      mkdirSync(join(copy, 'l'))
      writeFileSync(join(copy, 'l', 'a'), 'bytes')
    },
    why: 'ENOTDIR',
  },
  'a file below a file': { entries: [root, file('a', 'bytes'), file('a/b', 'bytes')], why: 'ENOTDIR' },
  'a link in the copy': {
    entries: [root, file('a', 'bytes')],
    copy: ({ copy }) => {
      rmSync(join(copy, 'a'))
      symlinkSync('/etc/passwd', join(copy, 'a'))
    },
    why: 'ELOOP',
  },
  'nothing in the copy': { entries: [root, file('b', 'bytes')], why: 'ENOENT' },
  'a directory of the copy that is a link': {
    entries: [root, directory('d'), file('d/passwd', 'bytes')],
    copy: ({ copy }) => symlinkSync('/etc', join(copy, 'd')),
    why: 'ENOTDIR',
  },
}

test.each(Object.entries(EVIL))('refused: %s', async (_, { entries, copy, why }) => {
  await using at = await scene()
  copy?.(at)
  await expect(at.restore(entries)).rejects.toMatchObject({ code: 'backup.restore_refused', detail: { why } })
  expect(readdirSync(join(at.base, 'outside'))).toEqual([])
  expect(readdirSync(join(at.base, 'out')).filter((name) => name !== 'tree')).toEqual([])
  expect(existsSync('/tmp/sekisho-escaped')).toBe(false)
})

test.each(['fifo', 'device'])('refused: a %s in the copy, and it is never waited for', async (kind) => {
  await using at = await scene()
  rmSync(join(at.copy, 'a'))
  await run(kind === 'fifo' ? ['mkfifo', join(at.copy, 'a')] : ['mknod', join(at.copy, 'a'), 'c', '1', '5'])
  await expect(at.restore([root, file('a', 'bytes')])).rejects.toMatchObject({
    code: 'backup.restore_refused',
    detail: { path: 'a', why: 'device' },
  })
})

test('refused: the same name twice, and more entries than declared', async () => {
  await using at = await scene()
  await expect(at.restore([root, file('a', 'bytes'), file('a', 'bytes')])).rejects.toMatchObject({
    code: 'file.unreadable',
    detail: { why: 'EEXIST' },
  })
  rmSync(join(at.base, 'out', 'tree'), { recursive: true })
  await expect(at.restore([root, file('a', 'bytes')], { entries: 1, bytes: 1000 })).rejects.toMatchObject({
    code: 'backup.restore_refused',
  })
})

test('a link in a restored tree says what it said, and nobody followed it', async () => {
  await using at = await scene()
  writeFileSync(join(at.base, 'outside', 'theirs'), 'untouched')
  linkSync(join(at.base, 'outside', 'theirs'), join(at.base, 'theirs'))
  const link: ManifestEntry = {
    ...META,
    at: { path: 'l' },
    type: 'link',
    target: { path: '../../outside/theirs' },
    uid: 4711,
  }
  expect(await at.restore([root, file('a', 'bytes'), link])).toMatchObject({ entries: 3, bytes: 5 })
  const owners = await run([
    'stat',
    '-c',
    '%u %N',
    join(at.base, 'out', 'tree', 'l'),
    join(at.base, 'outside', 'theirs'),
  ])
  expect(owners.stdout).toContain('4711 ')
  expect(owners.stdout).toContain('0 ')
})
