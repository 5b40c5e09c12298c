// A deployment in place: which changed paths would exchange a file with a directory.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { changesKind } from './places.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sekisho-places-'))
  await mkdir(join(root, 'data'))
  await writeFile(join(root, 'data/untracked'), '')
  await writeFile(join(root, 'file'), '')
})
afterEach(() => rm(root, { recursive: true, force: true }))

test('a file where a directory stands, and a directory where a file stands, are told', async () => {
  expect(await changesKind(root, 'data')).toBe(true)
  expect(await changesKind(root, 'file/below')).toBe(true)
})

test('a file over a file, and new files in old and new directories, are not', async () => {
  for (const path of ['file', 'data/untracked', 'data/new', 'new/below', 'other'])
    expect(await changesKind(root, path), path).toBe(false)
})
