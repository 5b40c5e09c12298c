// Why a suite is red is told by its own report, by its last output, and by how it ended; what reads as a secret is not shown.
import { describe, expect, test } from 'vitest'
import { isSecretLine } from './added-lines.ts'
import type { SuiteRun } from './compare-tests.ts'
import { failureLines, lastLines } from './failure-lines.ts'
import { finding } from './finding.ts'
import { redRuns } from './red-runs.ts'
import { readResults } from './test-results.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const saysOf = (format: 'junit' | 'go-json', text: string) => {
  const read = readResults(format, [bytes(text)])
  return read.ok ? read.cases.map(({ name, says }) => [name, says]) : read
}

describe('what a failed case says', () => {
  test('node: the text of the failure without frames; what another element of the case says is left out', () => {
    const failure = `Error [ERR_TEST_FAILURE]: Expected values to be strictly equal:\n\n+ 'Hello x'\n- 'Hello y'\n    at TestContext.&lt;anonymous> (file:///srv/a.test.js:2:30)\n    at Test.run (node:internal/test:7:2)\n  expected: 'Hello y'`
    expect(
      saysOf(
        'junit',
        `<testsuites><testcase name="a"><failure message="Expected">${failure}</failure><system-out>noise</system-out></testcase><testcase name="b"/></testsuites>`,
      ),
    ).toEqual([
      [
        'a',
        [
          'Error [ERR_TEST_FAILURE]: Expected values to be strictly equal:',
          "+ 'Hello x'",
          "- 'Hello y'",
          "  expected: 'Hello y'",
        ],
      ],
      ['b', undefined],
    ])
  })
  test('pytest: the lines that it marks; a message alone is told, too', () => {
    const text = 'def test_a():\n>   assert 1 == 2\nE   assert 1 == 2\n\ntests/test_a.py:2: AssertionError'
    expect(
      saysOf(
        'junit',
        `<s><testcase name="a"><failure message="assert 1 == 2">${text}</failure></testcase><testcase name="b"><error message="fixture &#10; is missing"/></testcase></s>`,
      ),
    ).toEqual([
      ['a', ['E   assert 1 == 2']],
      ['b', ['fixture', ' is missing']],
    ])
  })
  test('go: what the test printed, and of a package that was not built what the build said', () => {
    const lines = [
      { Action: 'run', Package: 'm/a', Test: 'TestX' },
      { Action: 'output', Package: 'm/a', Test: 'TestX', Output: '=== RUN   TestX\n' },
      { Action: 'output', Package: 'm/a', Test: 'TestX', Output: '    a_test.go:7: got 1, want 2\n' },
      { Action: 'output', Package: 'm/a', Test: 'TestX', Output: '--- FAIL: TestX (0.00s)\n' },
      { Action: 'fail', Package: 'm/a', Test: 'TestX' },
      { Action: 'fail', Package: 'm/a' },
      { ImportPath: 'm/c [m/c.test]', Action: 'build-output', Output: './c.go:3:1: undefined: x\n' },
      { Action: 'output', Package: 'm/c', Output: 'FAIL\tm/c [build failed]\n' },
      { Action: 'fail', Package: 'm/c' },
    ]
    expect(saysOf('go-json', lines.map((one) => JSON.stringify(one)).join('\n'))).toEqual([
      ['m/a › TestX', ['    a_test.go:7: got 1, want 2']],
      ['m/c', ['./c.go:3:1: undefined: x']],
    ])
  })
  test('a few lines, each cut, without colours; of many failures the first ones', () => {
    const long = Array.from({ length: 50 }, (_, i) => `${i} ${'x'.repeat(300)}`).join('\n')
    const lines = failureLines({ message: '', text: `\u001b[31m${long}` })
    expect([lines.length, Math.max(...lines.map(({ length }) => length))]).toEqual([12, 200])
    expect(lines[0]?.startsWith('0 x')).toBe(true)
    expect(lastLines('a\n\\u001b[31mb\\u001b[39m\n\nc\n', 2)).toEqual(['b', 'c'])
    const cases = Array.from(
      { length: 60 },
      (_, i) => `<testcase name="${i}"><failure>no</failure></testcase>`,
    )
    const read = readResults('junit', [bytes(`<s>${cases.join('')}</s>`)])
    expect(read.ok && read.cases.filter(({ says }) => says !== undefined)).toHaveLength(40)
  })
})

describe('which runs are told', () => {
  const failing: SuiteRun = {
    exit: 1,
    ended: 'exit',
    last: ['1 failed'],
    results: { ok: true, cases: [{ name: 'a', state: 'failed', says: ['got 1', 'token'] }] },
  }
  const silent: SuiteRun = {
    exit: 127,
    ended: 'exit',
    last: ['npm: not found'],
    results: { ok: false, fault: 'missing', why: 'report.xml' },
  }
  const clean = (line: string) => line.replace('token', '[secret]')

  test('a case once, with what it says; a run without a report with its exit code and last lines', () => {
    const findings = [
      finding('tests.no_report', 'before'),
      finding('tests.failed', 'a'),
      finding('tests.deployed_fails', 'a'),
    ]
    expect(
      redRuns({ before: silent, after: failing, crossed: failing }, findings, 'report.xml', clean),
    ).toEqual([
      {
        run: 'before',
        exit: 127,
        ended: 'exit',
        noReport: 'report.xml',
        lines: ['npm: not found'],
        cases: [],
      },
      {
        run: 'after',
        exit: 1,
        ended: 'exit',
        lines: [],
        cases: [{ name: 'a', lines: ['got 1', '[secret]'] }],
      },
    ])
  })
  test('a run that was ended, and none where nothing blocks', () => {
    const hung: SuiteRun = { ended: 'time', last: ['…'], results: silent.results }
    expect(
      redRuns({ before: failing, after: hung }, [finding('tests.not_ended', 'after: time')], 'r', clean),
    ).toEqual([{ run: 'after', ended: 'time', noReport: 'r', lines: ['…'], cases: [] }])
    const noted = [finding('tests.deployed_fails_changed', 'a')]
    expect(redRuns({ before: failing, after: failing, crossed: failing }, noted, 'r', clean)).toEqual([])
  })
  test('a line that reads as a secret is recognized', () => {
    expect(isSecretLine("password: 'Tr0ub4dor-3x9'")).toBe(true)
    expect(isSecretLine('postgres://app:s3cr3tvalue@db/app')).toBe(true)
    expect(isSecretLine("AssertionError: expected 'Hello x' to equal 'Hello y'")).toBe(false)
  })
})
