// What an ordinary run leaves out: the list names real files, a seed gives the same files again, and no file is left out for ever.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { campaignFiles, GROUPS, LONG, leftOut, PARTS } from './share.ts'

const ROOT = resolve(import.meta.dirname, '..')
const FILES = GROUPS.flatMap(({ files }) => files)

test('every file of the campaign is there, and stands in one group', () => {
  expect(FILES.filter((file) => !existsSync(join(ROOT, file)))).toEqual([])
  expect(new Set(FILES).size).toBe(FILES.length)
})

test('a seed leaves out the same files again: of each group as many as it says, but for long files, of which two run', () => {
  const left = leftOut(GROUPS, '7')
  expect(leftOut(GROUPS, '7')).toEqual(left)
  expect(LONG.files.filter((file) => !FILES.includes(file))).toEqual([])
  const isLong = (file: string) => LONG.files.includes(file)
  for (const { files, take } of GROUPS) {
    const short = files.filter((file) => !isLong(file))
    expect(short.filter((file) => !left.includes(file))).toHaveLength(Math.min(take, short.length))
  }
  expect(LONG.files.filter((file) => !left.includes(file))).toHaveLength(LONG.take)
})

test('the parts of the campaign are the campaign, and no file stands in two', () => {
  const inParts = PARTS.flatMap((part) => campaignFiles(part))
  expect(inParts.toSorted()).toEqual([...campaignFiles()].toSorted())
  expect(PARTS.filter((part) => campaignFiles(part).length === 0)).toEqual([])
  for (const { files, partOf = {} } of GROUPS)
    expect(Object.keys(partOf).filter((file) => !files.includes(file))).toEqual([])
})

test('three hundred seeds run every file', () => {
  const ran = new Set<string>()
  for (let seed = 0; seed < 300; seed++) {
    const left = new Set(leftOut(GROUPS, String(seed)))
    for (const file of FILES) if (!left.has(file)) ran.add(file)
  }
  expect(FILES.filter((file) => !ran.has(file))).toEqual([])
})

test('every file that takes a share of its cases runs whole in the campaign', () => {
  const listed = execFileSync('git', ['ls-files', 'src', 'tests'], { cwd: ROOT, encoding: 'utf8' })
  const takes = listed
    .split('\n')
    .filter((file) => file.endsWith('.test.ts') && file !== 'tests/share.test.ts')
    .filter((file) =>
      /\/share\.ts'|SEKISHO_CAMPAIGN|guard\/seed\.ts/.test(readFileSync(join(ROOT, file), 'utf8')),
    )
  expect(takes.length).toBeGreaterThan(20)
  expect(takes.filter((file) => !campaignFiles().includes(file))).toEqual([])
})
