// What runners report is read whatever it is, and two suites are held against each other as the operator's guide wants it.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findingText, isFindingCode } from '../words/code-findings.ts'
import { changedLines, linesOf } from './changed-lines.ts'
import { type CompareInput, compareTests, dropFindings, ranges, type SuiteRun } from './compare-tests.ts'
import { coverageOfTree, readCoverage } from './coverage.ts'
import { FINDING_CODES, type FindingCode, finding } from './finding.ts'
import { isTestPath, meaningChanged, saysWhatTestIs, wordsOfTest } from './test-paths.ts'
import { readResults, type TestState } from './test-results.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('reports of tests', () => {
  const junit = (text: string) => readResults('junit', [bytes(text)])
  test('as node writes them, with a control character in a message', () => {
    const read = junit(
      '<?xml version="1.0" encoding="utf-8"?>\n<testsuites>\n\t<testsuite name="a" tests="3" failures="1">\n' +
        '<testcase name="adds &lt;two&gt;" time="0.1" classname="test" file="/srv/app/a.test.js"/>' +
        '<testcase name="fails" classname="test"><failure type="x" message="\u0007">text\u001b[31m</failure></testcase>' +
        '<testcase name="later" classname="test"><skipped type="todo"/></testcase>' +
        '</testsuite>\n\t<!-- tests 3 -->\n</testsuites>',
    )
    expect(read).toEqual({
      ok: true,
      cases: [
        { name: 'adds <two>', state: 'passed', file: '/srv/app/a.test.js' },
        { name: 'fails', state: 'failed', says: ['text'] },
        { name: 'later', state: 'skipped' },
      ],
    })
  })
  test('as pytest writes them: the class is part of the name', () => {
    const read = junit(
      '<testsuites><testsuite name="pytest" errors="1" tests="2"><testcase classname="tests.test_app.TestUser" name="test_a[1]" time="0.0" />' +
        '<testcase classname="tests.test_app" name="test_b"><error message="fixture"/></testcase></testsuite></testsuites>',
    )
    expect(read.ok && read.cases.map(({ name, state }) => `${state} ${name}`)).toEqual([
      'passed tests.test_app.TestUser › test_a[1]',
      'failed tests.test_app › test_b',
    ])
  })
  test('one that holds fewer cases than it says, is cut off, or brings declarations, is no report', () => {
    expect(junit('<testsuite tests="2"><testcase name="a"/></testsuite>')).toMatchObject({
      ok: false,
      fault: 'counts',
    })
    for (const text of [
      '<testsuite><testcase name="a">',
      '<!DOCTYPE x [<!ENTITY a "b">]><testsuite/>',
      'PASSED',
      '',
      '<a></b>',
    ])
      expect(junit(text)).toMatchObject({ ok: false, fault: 'unreadable' })
    expect(readResults('junit', [])).toMatchObject({ ok: false, fault: 'missing' })
  })
  test('two cases of one name are one, and the worse counts', () => {
    const read = junit(
      '<s><testcase name="a"/><testcase name="a"><failure/></testcase><testcase name="a"/></s>',
    )
    expect(read.ok && read.cases).toEqual([{ name: 'a', state: 'failed' }])
  })
  test('go: tests and packages that were not built', () => {
    const lines = [
      { Action: 'run', Package: 'm/a', Test: 'TestX' },
      { Action: 'output', Package: 'm/a', Test: 'TestX', Output: '--- FAIL' },
      { Action: 'fail', Package: 'm/a', Test: 'TestX' },
      { Action: 'fail', Package: 'm/a' },
      { Action: 'skip', Package: 'm/b', Test: 'TestY/sub' },
      { Action: 'fail', Package: 'm/c' },
    ]
    const read = readResults('go-json', [bytes(lines.map((line) => JSON.stringify(line)).join('\n'))])
    expect(read.ok && read.cases.map(({ name, state }) => `${state} ${name}`)).toEqual([
      'failed m/a › TestX',
      'skipped m/b › TestY/sub',
      'failed m/c',
    ])
    expect(readResults('go-json', [bytes('ok  m/a 0.1s')])).toMatchObject({ fault: 'unreadable' })
  })
  test('any bytes give an answer', () => {
    const xml = fc.array(
      fc.constantFrom(
        '<testsuite ',
        '<testcase name="',
        '">',
        '/>',
        '</testsuite>',
        '<![CDATA[',
        ']]>',
        '&#1',
        '<!--',
        'x',
        '<',
      ),
    )
    fc.assert(
      fc.property(
        fc.oneof(
          xml.map((parts) => parts.join('')),
          fc.string({ unit: 'binary' }),
        ),
        (text) => {
          for (const format of ['junit', 'go-json'] as const) readResults(format, [bytes(text)])
          for (const format of ['lcov', 'cobertura'] as const) readCoverage(format, bytes(text), '/srv/app')
        },
      ),
    )
  })
})

describe('coverage', () => {
  test('lcov: a line that any record ran counts as run, and paths are below the tree', () => {
    const text =
      'TN:\nSF:/srv/app/src/a.js\nDA:1,1\nDA:2,0\nend_of_record\nSF:src/a.js\nDA:2,3\nDA:3,0\nend_of_record\n'
    expect(readCoverage('lcov', bytes(text), '/srv/app')).toEqual({
      ok: true,
      files: [{ path: 'src/a.js', hit: [1, 2], missed: [3] }],
    })
    expect(readCoverage('lcov', bytes(text.slice(0, -15)), '/srv/app')).toMatchObject({ ok: false })
    expect(readCoverage('lcov', bytes('SF:a\nDA:-1,0\nend_of_record\n'), '/')).toMatchObject({ ok: false })
  })
  test('Cobertura: as pytest-cov writes it', () => {
    const text =
      '<?xml version="1.0" ?><!DOCTYPE coverage SYSTEM "x.dtd"><coverage version="7"><sources><source>/srv/app/app</source></sources>' +
      '<packages><package name="."><classes><class name="main.py" filename="main.py"><lines><line number="1" hits="1"/><line number="2" hits="0"/></lines></class></classes></package></packages></coverage>'
    expect(readCoverage('cobertura', bytes(text), '/srv/app')).toEqual({
      ok: true,
      files: [{ path: 'app/main.py', hit: [1], missed: [2] }],
    })
    expect(readCoverage('cobertura', bytes('<x/>'), '/')).toMatchObject({ ok: false })
  })
  test('of other code, and of another commit', () => {
    const lines = (path: string) => (path === 'a.js' ? 3 : undefined)
    const of = (path: string, last: number) => coverageOfTree([{ path, hit: [1, 2], missed: [last] }], lines)
    expect(of('a.js', 3)).toMatchObject({ ok: true, coverage: { share: 6666 } })
    expect(of('a.js', 5)).toEqual({ ok: false, fault: 'other_commit', path: 'a.js' })
    expect(of('node_modules/x.js', 3)).toMatchObject({ ok: false, fault: 'foreign' })
  })
})

const suite = (tests: Readonly<Record<string, TestState>>, more: Partial<SuiteRun> = {}): SuiteRun => ({
  exit: Object.values(tests).includes('failed') ? 1 : 0,
  ended: 'exit',
  results: { ok: true, cases: Object.entries(tests).map(([name, state]) => ({ name, state })) },
  ...more,
})
const compared = (suites: CompareInput['suites'], more: Partial<CompareInput> = {}) =>
  compareTests({
    suites,
    changed: new Set(['src/a.js']),
    changedLines: new Map(),
    linesBefore: () => 100,
    linesAfter: () => 100,
    earlier: [],
    reportsInTree: [],
    ...more,
  })
const found = (suites: CompareInput['suites'], more: Partial<CompareInput> = {}) =>
  compared(suites, more).findings.map(({ code, text, blocks }) => `${blocks ? '!' : '·'} ${code} ${text}`)
const P = 'passed' as const

describe('two suites', () => {
  test('equal and green: nothing', () => {
    expect(found({ before: suite({ a: P }), after: suite({ a: P }), crossed: suite({ a: P }) })).toEqual([])
  })
  test('part of S19: a lost test, a skipped one, a failing one', () => {
    expect(found({ before: suite({ a: P, b: P, c: P }), after: suite({ a: P, b: 'skipped' }) })).toEqual([
      '! tests.lost c',
      '! tests.fewer 3 → 1',
      '! tests.newly_skipped b',
    ])
    expect(found({ before: suite({ a: P }), after: suite({ a: 'failed' }) })).toEqual(['! tests.failed a'])
    // A test that the change removes is named; fewer that pass block all the same.
    expect(
      found({ before: suite({ a: P, b: P }), after: suite({ a: P }) }, { changed: new Set(['tests/b.js']) }),
    ).toEqual(['· tests.removed b', '! tests.fewer 2 → 1'])
  })
  test('a deployed test that fails on the new code, left alone and rewritten', () => {
    const suites = { before: suite({ a: P }), after: suite({ a: P }), crossed: suite({ a: 'failed' }) }
    expect(found(suites)).toEqual(['! tests.deployed_fails a'])
    expect(found(suites, { changed: new Set(['tests/a.js']) })).toEqual(['· tests.deployed_fails_changed a'])
    // Where the name tells its file, another changed test is no excuse.
    const pytest = { 'tests.test_app › test_a': P }
    const other = {
      before: suite(pytest),
      after: suite(pytest),
      crossed: suite({ 'tests.test_app › test_a': 'failed' }),
    }
    expect(found(other, { changed: new Set(['tests/test_other.py']) })).toEqual([
      '! tests.deployed_fails tests.test_app › test_a',
    ])
    expect(found(other, { changed: new Set(['tests/test_app.py']) })).toEqual([
      '· tests.deployed_fails_changed tests.test_app › test_a',
    ])
  })
  test('a command that hides a failure, one that fails without one, and runs without an end or a report', () => {
    const green = suite({ a: P })
    const after = (more: Partial<SuiteRun>) => found({ before: green, after: { ...green, ...more } })
    expect(found({ before: green, after: suite({ a: 'failed' }, { exit: 0 }) })).toEqual([
      '! tests.exit_zero_with_failures after: a',
    ])
    expect(after({ exit: 1 })).toEqual(['! tests.exit_without_failure after: 1'])
    const { exit: _, ...unended } = green
    expect(found({ before: green, after: { ...unended, ended: 'time' } })).toEqual([
      '! tests.not_ended after: time',
    ])
    expect(after({ results: { ok: false, fault: 'missing', why: '' } })).toEqual(['! tests.no_report after'])
    expect(after({ results: { ok: false, fault: 'counts', why: '1 / 2' } })).toEqual([
      '! tests.report_counts after: 1 / 2',
    ])
    expect(found({ before: green, after: suite({}) })).toContain('! tests.none after')
    expect(found({ before: green, after: green }, { reportsInTree: ['reports/junit.xml'] })).toEqual([
      '! tests.report_in_tree reports/junit.xml',
    ])
  })
  test('a test that passes only once', () => {
    const green = suite({ a: P })
    expect(found({ before: green, after: green, again: suite({ a: 'failed' }) })).toEqual([
      '! tests.unstable a',
    ])
    expect(found({ before: green, after: green, again: green })).toEqual([])
    // A second run that crashes, whatever its report says, and a crossed run that ends red without a failing test.
    expect(found({ before: green, after: green, again: { ...green, exit: 1 } })).toEqual([
      '! tests.exit_without_failure again: 1',
    ])
    expect(found({ before: green, after: green, crossed: { ...green, exit: 1 } })).toEqual([
      '! tests.exit_without_failure crossed: 1',
    ])
  })
  test('part of N23: a new test that is green on the deployed code proves nothing', () => {
    const suites = { before: suite({ a: P }), after: suite({ a: P, n: P }) }
    expect(found({ ...suites, reversed: suite({ a: P, n: P }) })).toEqual(['· tests.proves_nothing n'])
    expect(found({ ...suites, reversed: suite({ a: P, n: 'failed' }) })).toEqual([])
    expect(found(suites)).toEqual(['· tests.new_not_tried 1'])
  })
  test('part of N23: changed lines that no test ran, and those that nobody measured', () => {
    const coverage = { ok: true, files: [{ path: 'src/a.js', hit: [1, 2, 3], missed: [4, 5, 9] }] } as const
    const run = suite({ a: P }, { coverage })
    const changed = new Map([
      ['src/a.js', [2, 4, 5, 9, 10]],
      ['src/b.py', [1]],
    ])
    expect(found({ before: run, after: run }, { changedLines: changed })).toEqual([
      '· tests.lines_not_run 4-5, 9',
      '· tests.lines_not_measured 1',
    ])
  })
  test('part of S19 and S55: coverage that falls at once, and little by little', () => {
    expect(dropFindings(8000, 7990, [])).toMatchObject([
      { code: 'tests.coverage_dropped', text: '80.00 % → 79.90 %' },
    ])
    expect(dropFindings(8000, 7991, [])).toEqual([])
    // Three changes that each lose less than a tenth of a point.
    expect(dropFindings(7996, 7992, [8000])).toEqual([])
    expect(dropFindings(7992, 7988, [8000, 7996])).toMatchObject([
      { code: 'tests.coverage_dropped_slowly', text: '80.00 % → 79.88 %' },
    ])
    expect(dropFindings(7000, 7000, [8000])).toEqual([])
    expect(dropFindings(8000, 8100, [])).toEqual([])
  })
  test('a coverage file that is missing, of other code or of another commit', () => {
    const green = suite({ a: P }, { coverage: { ok: true, files: [{ path: 'a.js', hit: [1], missed: [] }] } })
    const after = (coverage: NonNullable<SuiteRun['coverage']>) =>
      found(
        { before: green, after: { ...green, coverage } },
        { linesAfter: (path) => (path === 'a.js' ? 3 : undefined) },
      )
    expect(after({ ok: false, missing: true })).toEqual(['! tests.coverage_missing after'])
    expect(after({ ok: false, why: 'cut' })).toEqual(['! tests.coverage_unreadable after: cut'])
    expect(after({ ok: true, files: [{ path: 'x.js', hit: [1], missed: [] }] })).toEqual([
      '! tests.coverage_foreign after: x.js',
    ])
    expect(after({ ok: true, files: [{ path: 'a.js', hit: [9], missed: [] }] })).toEqual([
      '! tests.coverage_other_commit after: a.js',
    ])
  })
})

describe('what a test is', () => {
  test.each([
    ['src/a.test.ts', true],
    ['tests/helper.js', true],
    ['pkg/a_test.go', true],
    ['test_app.py', true],
    ['app/conftest.py', true],
    ['src/contest.js', false],
    ['src/testing.ts', false],
    ['latest/app.py', false],
  ])('%s: %s', (path, is) => {
    expect(isTestPath(path)).toBe(is)
  })
  const scripts = (test: string, more: object = {}) =>
    JSON.stringify({ version: '1', scripts: { test, unit: 'node --test', start: 'x' }, ...more })
  const changed = (path: string, before?: string, after?: string, argv = ['npm', 'test']) =>
    meaningChanged(
      [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }],
      argv,
    ).map(({ text }) => text)
  test('a script, one that it calls, and settings of runners', () => {
    expect(changed('package.json', scripts('npm run unit'), scripts('npm run unit || true'))).toEqual([
      'scripts.test',
    ])
    expect(
      changed(
        'package.json',
        scripts('npm run unit'),
        scripts('npm run unit').replace('node --test', 'true'),
      ),
    ).toEqual(['scripts.unit'])
    expect(changed('package.json', scripts('x'), scripts('x', { jest: { testMatch: [] } }))).toEqual(['jest'])
    expect(
      changed('package.json', scripts('x'), scripts('x').replace('"1"', '"2"').replace('"x"}', '"y"}')),
    ).toEqual([])
    expect(changed('vitest.config.ts', 'a', 'b')).toEqual(['vitest.config.ts'])
    expect(changed('.coveragerc', undefined, 'b')).toEqual(['.coveragerc'])
    expect(changed('script/test.sh', 'a', 'b', ['./script/test.sh'])).toEqual(['test.sh'])
    expect(changed('src/vitest.config.helper.ts', 'a', 'b')).toEqual([])
    expect(
      ['package.json', 'script/test.sh', 'src/a.js'].map((path) =>
        saysWhatTestIs(path, ['./script/test.sh']),
      ),
    ).toEqual([true, true, false])
  })
  test('of a python project the sections of pytest and coverage, and hooks', () => {
    const toml = '[project]\nversion = "1"\n[tool.pytest.ini_options]\naddopts = "-q"\n'
    expect(changed('pyproject.toml', toml, toml.replace('"1"', '"2"'))).toEqual([])
    expect(changed('pyproject.toml', toml, toml.replace('-q', '-k nothing'))).toEqual(['pytest, coverage'])
    const conftest = 'import pytest\n\n@pytest.fixture\ndef client():\n    return 1\n'
    expect(changed('tests/conftest.py', conftest, conftest.replace('1', '2'))).toEqual([])
    expect(
      changed(
        'tests/conftest.py',
        conftest,
        `${conftest}\ndef pytest_sessionfinish(session):\n    session.exitstatus = 0\n`,
      ),
    ).toEqual(['pytest hooks'])
  })
})

describe('changed lines', () => {
  test('of a line that is altered, added and moved', () => {
    expect(changedLines('a\nb\nc\n', 'a\nB\nc\nd\n')).toEqual([2, 4])
    expect(changedLines('', 'a\nb')).toEqual([1, 2])
    expect(changedLines('a\nb\n', 'a\nb\n')).toEqual([])
  })
  test('are as few as there can be, and the rest stands in the old text in order', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 })
      .map((lines) => lines.map((line) => `${line}\n`).join(''))
    fc.assert(
      fc.property(text, text, (before, after) => {
        const [old, now] = [linesOf(before), linesOf(after)]
        const changed = new Set(changedLines(before, after))
        const kept = now.filter((_, i) => !changed.has(i + 1))
        let at = 0
        for (const line of kept) {
          at = old.indexOf(line, at) + 1
          expect(at).toBeGreaterThan(0)
        }
        expect(kept.length).toBe(longestCommon(old, now))
      }),
    )
  })
  test('line numbers as people write them', () => {
    expect(ranges([1, 2, 3, 7, 9, 10])).toBe('1-3, 7, 9-10')
  })
})

function longestCommon(a: readonly string[], b: readonly string[]): number {
  let row = Array.from({ length: b.length + 1 }, () => 0)
  for (const one of a) {
    const next = [0]
    for (let j = 0; j < b.length; j++)
      next.push(one === b[j] ? (row[j] ?? 0) + 1 : Math.max(row[j + 1] ?? 0, next[j] ?? 0))
    row = next
  }
  return row.at(-1) ?? 0
}

test('every finding has a line in both languages, with its place', () => {
  expect([isFindingCode('tests.lost'), isFindingCode('toString')]).toEqual([true, false])
  for (const code of Object.keys(FINDING_CODES) as FindingCode[])
    for (const language of ['ja', 'en'] as const)
      expect(findingText(language, finding(code, 'after: x', { path: 'p', line: 3 }))).toMatch(
        /^p:3 {2}.{5,}/,
      )
})

test.each([
  ['pytest.py', ['python3', '-m', 'pytest']],
  ['_pytest/main.py', ['python3', '-m', 'pytest']],
  ['coverage.py', ['/usr/bin/pytest']],
  ['runtests.py', ['python3', '-m', 'runtests']],
  ['node_modules/.bin/vitest', ['npx', 'vitest']],
  ['Makefile', wordsOfTest(['npm', 'test'], '{"scripts":{"test":"make check"}}')],
  ['run.sh', wordsOfTest(['npm', 'test'], '{"scripts":{"test":"sh ./run.sh --all"}}')],
] as const)('part of S19: %s in the place of what %j runs changes what the tests mean', (path, words) => {
  expect(saysWhatTestIs(path, words)).toBe(true)
  expect(meaningChanged([{ path, after: 'x' }], words).map(({ code }) => code)).toEqual([
    'tests.meaning_changed',
  ])
  expect(meaningChanged([{ path, before: 'x', after: 'x' }], words)).toEqual([])
})

test.each([
  ['src/pytest.py', ['python3', '-m', 'pytest']],
  ['pytest.py', ['node', '--test']],
  ['coverage/lcov.js', ['npx', 'vitest']],
])('%s beside %j changes nothing', (path, words) => {
  expect(meaningChanged([{ path, after: 'x' }], words)).toEqual([])
})
