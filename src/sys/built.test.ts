import { chmod, cp, mkdir, mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { BUILT, isCurrent, readBuilt, sourcesIn } from './built.ts'

let root: string
const SOURCE = 'src/room/thing.ts'
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sekisho-built-'))
  for (const directory of ['src/room', 'dist', 'node_modules'])
    await mkdir(join(root, directory), { recursive: true })
  for (const path of [
    SOURCE,
    'src/other.ts',
    'build.ts',
    'build-hook.ts',
    'package-lock.json',
    'node_modules/.package-lock.json',
  ])
    await writeFile(join(root, path), 'one')
  await stamp()
})
afterEach(() => rm(root, { recursive: true }))

const stamp = () =>
  writeFile(join(root, 'dist', BUILT), JSON.stringify({ v: 1, sources: sourcesIn(root), files: ['cli.mjs'] }))

test('INVARIANT B1: a bundle is current for as long as nothing that it was made from was touched', async () => {
  expect(isCurrent(root)).toBe(true)
  await writeFile(join(root, 'src/room/thing.test.ts'), 'a test is in no bundle')
  expect(isCurrent(root)).toBe(true)
})

test('INVARIANT B1: a change that keeps size and time of the file is seen', async () => {
  const path = join(root, SOURCE)
  const { atime, mtime } = await stat(path)
  await writeFile(path, 'two')
  await utimes(path, atime, mtime)
  expect((await stat(path)).mtime).toEqual(mtime)
  expect(isCurrent(root)).toBe(false)
})

test.each([
  ['a new source', () => writeFile(join(root, 'src/room/new.ts'), '')],
  ['a source that went away', () => rm(join(root, SOURCE))],
  ['another lock', () => writeFile(join(root, 'package-lock.json'), 'two')],
  ['other packages', () => writeFile(join(root, 'node_modules/.package-lock.json'), 'two')],
  ['another build', () => writeFile(join(root, 'build.ts'), 'two')],
  ['other rights', () => chmod(join(root, SOURCE), 0o600)],
  ['no sources at all', () => rm(join(root, 'src'), { recursive: true })],
  ['no word of what it is', () => rm(join(root, 'dist', BUILT))],
  ['a torn word of it', () => writeFile(join(root, 'dist', BUILT), '{"v":1,"sour')],
])('INVARIANT B1: %s makes a bundle stale', async (_, change) => {
  expect(isCurrent(root)).toBe(true)
  await change()
  expect(isCurrent(root)).toBe(false)
})

test('INVARIANT B1: a copy of a checkout, its times kept, is not taken for the one that was built', async () => {
  const copy = `${root}-copy`
  await cp(root, copy, { recursive: true, preserveTimestamps: true })
  expect(isCurrent(copy)).toBe(false)
  await rm(copy, { recursive: true })
})

test('names of bundles lead nowhere else', async () => {
  await writeFile(
    join(root, 'dist', BUILT),
    JSON.stringify({ v: 1, sources: '', files: ['../../etc/passwd'] }),
  )
  expect(readBuilt(join(root, 'dist'))).toBeUndefined()
})
