import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hostView } from './host-view.ts'

let folder: string
const inside = (...parts: string[]) => join(folder, ...parts)
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'sk-view-')))
  await mkdir(inside('conf'))
  await mkdir(inside('else'))
})
afterEach(async () => {
  await rm(folder, { recursive: true })
})

test('P2 a link whose end is not there leads where a write would go', async () => {
  await symlink('../else/b.conf', inside('conf/a.conf'))
  expect(await hostView.path(inside('conf/a.conf'))).toEqual({
    kind: 'absent',
    directory: true,
    real: inside('else/b.conf'),
  })
  await symlink(inside('none/c.conf'), inside('else/b.conf'))
  expect(await hostView.path(inside('conf/a.conf'))).toEqual({
    kind: 'absent',
    directory: false,
    real: inside('none/c.conf'),
  })
})
test('P2 a file that is not there, in a directory that is a link, would be made behind the link', async () => {
  await symlink('else', inside('linked'))
  expect(await hostView.path(inside('linked/a.conf'))).toMatchObject({ real: inside('else/a.conf') })
})
test('what is there, what is not, and what leads to itself', async () => {
  await writeFile(inside('conf/a.conf'), 'x')
  expect(await hostView.path(inside('conf/a.conf'))).toMatchObject({
    kind: 'file',
    real: inside('conf/a.conf'),
  })
  expect(await hostView.path(inside('conf/b.conf'))).toMatchObject({
    kind: 'absent',
    real: inside('conf/b.conf'),
  })
  await symlink('loop', inside('loop'))
  expect(await hostView.path(inside('loop'))).toMatchObject({ kind: 'unreadable', why: 'ELOOP' })
})
