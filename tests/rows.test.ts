// Rows of docs/acceptance.md: that each has its sentence, which titles stand for one, and what results make of it.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { filesOf } from './files-of-rows.ts'
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

// Who adds a line here has compared the test with the proof that the row asks for, all of it.
const STANDS_FOR_A_ROW = [
  'src/backup/content.test.ts E7',
  'src/change/code-card.test.ts N04',
  'src/host/health.test.ts E5',
  'src/host/level-one.test.ts N12',
  'src/rehearsal/planted.test.ts E1',
  'src/rehearsal/planted.test.ts N01',
  'src/runner/code/keep-releases.test.ts N24',
  'src/runner/judge/code.test.ts S09',
  'src/sql/lint.test.ts X07',
  'src/watch/error-logs.test.ts E6',
  'src/watch/own.test.ts N27',
  'tests/accept/code-in-place.test.ts N01',
  'tests/accept/code-in-place.test.ts S17',
  'tests/accept/code-refused.test.ts S09',
  'tests/accept/code-rows.test.ts N23',
  'tests/accept/code-rows.test.ts S18',
  'tests/accept/code-rows.test.ts S19',
  'tests/accept/code-rows.test.ts S20',
  'tests/accept/code-rows.test.ts S22',
  'tests/accept/code-rows.test.ts S55',
  'tests/accept/code-rows.test.ts S56',
  'tests/accept/composite.test.ts S10',
  'tests/accept/demo.test.ts N01',
  'tests/accept/gate-story.test.ts E3',
  'tests/accept/gate-story.test.ts E4',
  'tests/accept/gate-story.test.ts S13',
  'tests/accept/n02-envelope.test.ts N02',
  'tests/accept/n08-effective.test.ts N08',
  'tests/accept/n11-containment.test.ts N11',
  'tests/accept/n13-lineage.test.ts N13',
  'tests/accept/n15-old-code.test.ts N15',
  'tests/accept/n25-requests.test.ts N22',
  'tests/accept/n25-requests.test.ts N25',
  'tests/accept/n25-requests.test.ts S36',
  'tests/accept/n33-author.test.ts N33',
  'tests/accept/n38-sealed.test.ts N38',
  'tests/accept/s04-request.test.ts S04',
  'tests/accept/s05-secrets.test.ts S05',
  'tests/accept/s08-backup.test.ts S08',
  'tests/accept/s30-copies.test.ts S30',
  'tests/accept/s34-postcheck.test.ts S34',
  'tests/accept/s35-code-back.test.ts S35',
  'tests/accept/s40-incident.test.ts N12',
  'tests/accept/s40-incident.test.ts S39',
  'tests/accept/s40-incident.test.ts S40',
  'tests/accept/s41-causes.test.ts S41',
  'tests/accept/s44-isolation.test.ts S44',
  'tests/accept/s44-isolation.test.ts S45',
  'tests/accept/s49-checks.test.ts S49',
  'tests/accept/s49-checks.test.ts S50',
  'tests/accept/sandbox.test.ts S32',
  'tests/accept/x06-plan.test.ts X06',
  'tests/accept/x12-standard.test.ts N18',
  'tests/accept/x12-standard.test.ts X12',
  'tests/accept/x13-glass.test.ts X13',
  'tests/accept/x18-one-at-a-time.test.ts X18',
  'tests/app/incident-golden.test.ts S47',
  'tests/app/incident.test.ts S46',
  'tests/app/incident.test.ts S48',
  'tests/app/maintenance.test.ts X22',
  'tests/app/notices.test.ts S12',
  'tests/app/one-concern.test.ts S54',
  'tests/app/schema-input.test.ts N21',
  'tests/app/schema-input.test.ts S06',
  'tests/app/schema-other-server.test.ts N22',
  'tests/app/schema-step.test.ts S28',
  'tests/app/schema-step.test.ts S29',
  'tests/app/schema.test.ts N19',
  'tests/app/schema.test.ts N20',
  'tests/app/schema.test.ts S07',
  'tests/app/schema.test.ts S11',
  'tests/app/schema.test.ts S23',
  'tests/app/schema.test.ts S24',
  'tests/app/schema.test.ts S25',
  'tests/app/schema.test.ts S26',
  'tests/app/schema.test.ts S27',
  'tests/app/text-dump.test.ts E2',
  'tests/app/thin.test.ts S21',
  'tests/app/two-gates.test.ts X20',
  'tests/crash/gate-kill.test.ts X16',
  'tests/crash/gate-revert.test.ts N09',
  'tests/guard/debug.test.ts S57',
]

test('a title begins with the id of a row only where the test covers the whole row', () => {
  const root = join(import.meta.dirname, '..')
  const found = ['src', 'tests', 'examples'].flatMap((directory) =>
    readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && name !== 'rows.test.ts')
      .map((name) => join(directory, name))
      .flatMap((file) =>
        [...readFileSync(join(root, file), 'utf8').matchAll(/['"`]([SXN]\d{2}|E[1-7])(?=[ :,'"`])/g)].map(
          (one) => `${file} ${one[1]}`,
        ),
      ),
  )
  expect([...new Set(found)].sort()).toEqual(STANDS_FOR_A_ROW)
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

test('a title names a row at its beginning or as a part, in the test file or beside it; a comment or another number does not', () => {
  const titled = (title: string) => `it(${JSON.stringify(title)}, () => {})`
  const [row, other] = ['S46', 'S45']
  const sources = new Map([
    ['tests/a.test.ts', `// ${other} is elsewhere\n${titled(`${row} the custody log`)}`],
    ['tests/b.test.ts', titled(`part of ${other} and ${row}: it is found`)],
    ['tests/c.test.ts', `// ${row}\n${titled(`${row}0 another`)}`],
    ['tests/walk.ts', titled(`${row}: a walk`)],
    ['tests/d.test.ts', "import { walk } from './walk.ts'\nwalk('ja')"],
    ['tests/e.test.ts', "import { walk } from './other-walk.ts'"],
  ])
  expect(filesOf([row], sources)).toEqual(['tests/a.test.ts', 'tests/b.test.ts', 'tests/d.test.ts'])
  expect(filesOf([other, `${row}0`], sources)).toEqual(['tests/b.test.ts', 'tests/c.test.ts'])
  expect(filesOf(['E9'], sources)).toEqual([])
})
