// What an ordinary run leaves out: the list names real files, a seed gives the same files again, and no file is left out for ever.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { GROUPS, leftOut } from './share.ts'

const ROOT = resolve(import.meta.dirname, '..')
const FILES = GROUPS.flatMap(({ files }) => files)

test('every file of the campaign is there, and stands in one group', () => {
  expect(FILES.filter((file) => !existsSync(join(ROOT, file)))).toEqual([])
  expect(new Set(FILES).size).toBe(FILES.length)
})

test('a seed leaves out the same files again, and of each group as many as it says', () => {
  const left = leftOut(GROUPS, '7')
  expect(leftOut(GROUPS, '7')).toEqual(left)
  for (const { files, take } of GROUPS)
    expect(files.filter((file) => !left.includes(file))).toHaveLength(take)
})

test('a hundred seeds run every file', () => {
  const ran = new Set<string>()
  for (let seed = 0; seed < 100; seed++) {
    const left = new Set(leftOut(GROUPS, String(seed)))
    for (const file of FILES) if (!left.has(file)) ran.add(file)
  }
  expect(FILES.filter((file) => !ran.has(file))).toEqual([])
})
