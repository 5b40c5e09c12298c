import { expect, test } from 'vitest'
import { rowsInDocs, rowsOf, type TestResult, verdictOf } from './rows.ts'

const of = (state: TestResult['state'], ...titles: readonly string[]): TestResult => ({ state, titles })

test('every row stands once in docs/acceptance.md, with one sentence', () => {
  const numbers = (letter: string, last: number, digits: number) =>
    Array.from({ length: last }, (_, i) => `${letter}${String(i + 1).padStart(digits, '0')}`)
  const wanted = [
    ...numbers('S', 57, 2),
    ...numbers('X', 28, 2),
    ...numbers('N', 38, 2),
    ...numbers('E', 7, 1),
  ]
  expect(rowsInDocs().map(([id]) => id)).toEqual(wanted)
  for (const [, sentence] of rowsInDocs()) expect(sentence).toMatch(/^[A-Z][^.]*\.$/)
})

test.each([
  [['S30 files', 'a copy is made'], ['S30'], []],
  [['S52 S53 the record'], ['S52', 'S53'], []],
  [['part of S06 and S08: backed up'], [], ['S06', 'S08']],
  [['part of S52, S53 and S51: the record'], [], ['S52', 'S53', 'S51']],
  [['N08 effective state', 'part of N09: a proxy'], ['N08'], ['N09']],
  [['something about S30'], [], []],
  [['S300 is no row'], [], []],
])('%j belongs to its rows', (titles, whole, part) => {
  expect(rowsOf(titles)).toEqual({ whole, part })
})

test.each<[string, readonly TestResult[], string]>([
  ['no test', [], 'none'],
  ['a test of another row', [of('passed', 'S31 units')], 'none'],
  ['a part alone', [of('passed', 'part of S30: a copy')], 'partly'],
  ['the whole', [of('passed', 'S30 files', 'a'), of('passed', 'S30 files', 'b')], 'proven'],
  ['one of the whole is red', [of('passed', 'S30 files', 'a'), of('failed', 'S30 files', 'b')], 'failed'],
  ['a part is red', [of('passed', 'S30 files', 'a'), of('failed', 'part of S30: b')], 'failed'],
  [
    'one of the whole was not run',
    [of('passed', 'S30 files', 'a'), of('skipped', 'S30 files', 'b')],
    'partly',
  ],
  ['nothing was run', [of('skipped', 'S30 files', 'a')], 'none'],
])('%s: %#', (_, tests, verdict) => {
  expect(verdictOf('S30', tests)).toBe(verdict)
})
