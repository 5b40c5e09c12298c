// Holds the suites of the deployed commit and of the candidate against each other: what failed, what is lost or newly skipped, what a new test proves, and
// what the tests ran of the changed lines. Everything that cannot be read is a finding that blocks.
import type { CoverageOfTree, CoveredFile, ReadCoverage } from './coverage.ts'
import { coverageOfTree } from './coverage.ts'
import { type Finding, finding } from './finding.ts'
import { isTestPath } from './test-paths.ts'
import { countOf, type ReadResults, type TestCase } from './test-results.ts'

/** One run of a suite: what the room said of the command, and what was read of its reports. */
export interface SuiteRun {
  /** Absent where the command was ended: `ended` says by what. */
  readonly exit?: number
  readonly ended: string
  readonly results: ReadResults
  /** The last lines that the command printed. */
  readonly last?: readonly string[]
  /** Absent where none is declared. */
  readonly coverage?: ReadCoverage | { readonly ok: false; readonly missing: true }
}

export interface ComparedSuites {
  /** The deployed tests on the deployed code. */
  readonly before: SuiteRun
  /** The candidate's tests on the candidate's code. */
  readonly after: SuiteRun
  /** The same once more. */
  readonly again?: SuiteRun
  /** The deployed tests on the candidate's code. */
  readonly crossed?: SuiteRun
  /** The candidate's tests on the deployed code. */
  readonly reversed?: SuiteRun
}

export interface CompareInput {
  readonly suites: ComparedSuites
  /** Paths that the candidate changes, adds or removes. */
  readonly changed: ReadonlySet<string>
  /** Lines that the candidate adds or alters, by path; tests and what is no code are left out by the caller. */
  readonly changedLines: ReadonlyMap<string, readonly number[]>
  readonly linesBefore: (path: string) => number | undefined
  readonly linesAfter: (path: string) => number | undefined
  /** Coverage after earlier changes that were kept, in ten thousandths. */
  readonly earlier: readonly number[]
  /** Paths of the declared reports that lie in the candidate's tree: the command need not write them. */
  readonly reportsInTree: readonly string[]
}

export interface ComparedTests {
  readonly findings: readonly Finding[]
  readonly coverageBefore?: number
  readonly coverageAfter?: number
}

const NAMED_MAX = 20

export function compareTests(input: CompareInput): ComparedTests {
  const { suites } = input
  const covered = coverageFindings(input)
  return {
    ...covered,
    findings: [
      ...input.reportsInTree.map((path) => finding('tests.report_in_tree', path, { path })),
      ...runFindings('before', suites.before, false),
      ...runFindings('after', suites.after, true),
      ...(suites.again === undefined ? [] : runFindings('again', suites.again, false)),
      ...(suites.crossed === undefined ? [] : runFindings('crossed', suites.crossed, false)),
      ...caseFindings(input),
      ...covered.findings,
    ],
  }
}

/** Of one run by itself. `own`: each failing test is named. */
function runFindings(name: string, run: SuiteRun, own: boolean): readonly Finding[] {
  if (run.exit === undefined) return [finding('tests.not_ended', `${name}: ${run.ended}`)]
  if (!run.results.ok) {
    const { fault, why } = run.results
    if (fault === 'missing') return [finding('tests.no_report', name)]
    return [
      finding(fault === 'counts' ? 'tests.report_counts' : 'tests.report_unreadable', `${name}: ${why}`),
    ]
  }
  const { cases } = run.results
  if (cases.length === 0 || countOf(cases, 'passed') + countOf(cases, 'failed') === 0)
    return [finding('tests.none', name)]
  const failed = cases.filter(({ state }) => state === 'failed')
  if (run.exit === 0 && failed.length > 0)
    return [finding('tests.exit_zero_with_failures', `${name}: ${failed[0]?.name ?? ''}`)]
  if (run.exit !== 0 && failed.length === 0)
    return [finding('tests.exit_without_failure', `${name}: ${run.exit}`)]
  return own
    ? named(
        'tests.failed',
        failed.map(({ name: one }) => one),
      )
    : []
}

function caseFindings({ suites, changed }: CompareInput): readonly Finding[] {
  const [before, after] = [byName(suites.before), byName(suites.after)]
  if (before === undefined || after === undefined) return []
  const testsChanged = [...changed].some(isTestPath)
  /** Where a report names no file, any change of tests may be the one. */
  const isChanged = ({ name, file }: TestCase) => {
    const own = [...changed].filter((path) => isTestPath(path) && isOf(path, name, file))
    return own.length > 0 || (file === undefined && testsChanged && !placed(name))
  }
  const passed = [...before.values()].filter(({ state }) => state === 'passed')
  const gone = passed.filter(({ name }) => !after.has(name))
  const passes = (tests: ReadonlyMap<string, TestCase>) => countOf([...tests.values()], 'passed')
  return [
    ...named(
      'tests.lost',
      gone.filter((one) => !isChanged(one)).map(({ name }) => name),
    ),
    ...named(
      'tests.removed',
      gone.filter(isChanged).map(({ name }) => name),
    ),
    ...(passes(after) < passes(before) && countOf([...after.values()], 'failed') === 0
      ? [finding('tests.fewer', `${passes(before)} → ${passes(after)}`)]
      : []),
    ...named(
      'tests.newly_skipped',
      passed.filter(({ name }) => after.get(name)?.state === 'skipped').map(({ name }) => name),
    ),
    ...crossedFindings(suites, passed, isChanged),
    ...againFindings(suites, after),
    ...newFindings(suites, before, after),
  ]
}

/** A deployed test that fails on the new code, although the candidate left it alone, is a broken promise. */
function crossedFindings(
  { crossed }: ComparedSuites,
  passed: readonly TestCase[],
  isChanged: (test: TestCase) => boolean,
): readonly Finding[] {
  if (crossed === undefined) return []
  const now = byName(crossed)
  if (now === undefined) return []
  const failing = passed.filter(({ name }) => now.get(name)?.state !== 'passed')
  return [
    ...named(
      'tests.deployed_fails',
      failing.filter((one) => !isChanged(one)).map(({ name }) => name),
    ),
    ...named(
      'tests.deployed_fails_changed',
      failing.filter(isChanged).map(({ name }) => name),
    ),
  ]
}

function againFindings({ again }: ComparedSuites, after: ReadonlyMap<string, TestCase>): readonly Finding[] {
  if (again === undefined) return []
  if (again.exit === undefined) return []
  const now = byName(again)
  if (now === undefined) return [finding('tests.unstable', again.results.ok ? '' : again.results.why)]
  const other = [...after.values()].filter(({ name, state }) => now.get(name)?.state !== state)
  return named(
    'tests.unstable',
    other.map(({ name }) => name),
  )
}

/** A new test that is green without the change proves nothing of it (N23). */
function newFindings(
  { reversed }: ComparedSuites,
  before: ReadonlyMap<string, TestCase>,
  after: ReadonlyMap<string, TestCase>,
): readonly Finding[] {
  const added = [...after.values()].filter(({ name, state }) => state === 'passed' && !before.has(name))
  if (added.length === 0) return []
  const old = reversed === undefined ? undefined : byName(reversed)
  if (old === undefined) return [finding('tests.new_not_tried', String(added.length))]
  return named(
    'tests.proves_nothing',
    added.filter(({ name }) => old.get(name)?.state === 'passed').map(({ name }) => name),
  )
}

function byName({ exit, results }: SuiteRun): ReadonlyMap<string, TestCase> | undefined {
  return exit === undefined || !results.ok ? undefined : new Map(results.cases.map((one) => [one.name, one]))
}

/** `tests/test_app.py` is the file of `tests.test_app.TestUsers`; a report that names the file names it absolutely or below the tree. */
function isOf(path: string, name: string, file: string | undefined): boolean {
  if (file !== undefined) return file === path || file.endsWith(`/${path}`) || path.endsWith(`/${file}`)
  const dotted = path.replace(/\.\w+$/, '').replaceAll('/', '.')
  return (
    name.includes(path) || name === dotted || name.startsWith(`${dotted}.`) || name.startsWith(`${dotted} `)
  )
}

/** Its name tells its file. */
function placed(name: string): boolean {
  return /^[\w.-]*\.?test_\w+[. ]/.test(name) || /[\w/.-]+\.(?:test|spec)\.\w+/.test(name)
}

/** At most so many by name, the rest as a number. */
function named(code: Parameters<typeof finding>[0], names: readonly string[]): readonly Finding[] {
  const shown = names.slice(0, NAMED_MAX).map((name) => finding(code, name))
  return names.length <= NAMED_MAX ? shown : [...shown, finding(code, `+ ${names.length - NAMED_MAX}`)]
}

/** Ten thousandths: a tenth of a point. */
export const DROP = 10

function coverageFindings(input: CompareInput): ComparedTests {
  const { suites } = input
  if (suites.after.coverage === undefined) return { findings: [] }
  const [before, after] = [
    coverageOf('before', suites.before, input.linesBefore),
    coverageOf('after', suites.after, input.linesAfter),
  ]
  return {
    ...(before.coverage === undefined ? {} : { coverageBefore: before.coverage.share }),
    ...(after.coverage === undefined ? {} : { coverageAfter: after.coverage.share }),
    findings: [
      ...before.findings,
      ...after.findings,
      ...(before.coverage === undefined || after.coverage === undefined
        ? []
        : dropFindings(before.coverage.share, after.coverage.share, input.earlier)),
      ...(after.coverage === undefined ? [] : notRun(after.coverage.files, input.changedLines)),
    ],
  }
}

/** Lower by a tenth of a point, at once or over several changes (S55). */
export function dropFindings(before: number, after: number, earlier: readonly number[]): readonly Finding[] {
  if (after >= before) return []
  const highest = Math.max(before, ...earlier)
  if (before - after >= DROP)
    return [finding('tests.coverage_dropped', `${percent(before)} → ${percent(after)}`)]
  if (highest - after < DROP) return []
  return [finding('tests.coverage_dropped_slowly', `${percent(highest)} → ${percent(after)}`)]
}

function coverageOf(
  name: string,
  { coverage }: SuiteRun,
  linesOf: (path: string) => number | undefined,
): { readonly findings: readonly Finding[]; readonly coverage?: CoverageOfTree } {
  if (coverage === undefined || 'missing' in coverage)
    return { findings: [finding('tests.coverage_missing', name)] }
  if (!coverage.ok) return { findings: [finding('tests.coverage_unreadable', `${name}: ${coverage.why}`)] }
  const own = coverageOfTree(coverage.files, linesOf)
  if (own.ok) return { findings: [], coverage: own.coverage }
  if (own.fault === 'other_commit')
    return { findings: [finding('tests.coverage_other_commit', `${name}: ${own.path}`)] }
  return {
    findings: [
      finding(
        own.fault === 'foreign' ? 'tests.coverage_foreign' : 'tests.coverage_missing',
        `${name}: ${own.path}`,
      ),
    ],
  }
}

function notRun(
  files: readonly CoveredFile[],
  changed: ReadonlyMap<string, readonly number[]>,
): readonly Finding[] {
  const byPath = new Map(files.map((file) => [file.path, new Set(file.missed)]))
  return [...changed].flatMap(([path, lines]) => {
    const missed = byPath.get(path)
    if (missed === undefined) return [finding('tests.lines_not_measured', String(lines.length), { path })]
    const not = lines.filter((line) => missed.has(line))
    return not.length === 0
      ? []
      : [finding('tests.lines_not_run', ranges(not), { path, line: not[0] as number })]
  })
}

/** `3-5, 9`. */
export function ranges(numbers: readonly number[]): string {
  const parts: string[] = []
  for (let i = 0; i < numbers.length; ) {
    let end = i
    while ((numbers[end + 1] ?? 0) === (numbers[end] ?? 0) + 1) end++
    parts.push(end === i ? String(numbers[i]) : `${numbers[i]}-${numbers[end]}`)
    i = end + 1
  }
  return parts.join(', ')
}

/** `81.25 %`. */
export function percent(share: number): string {
  return `${(share / 100).toFixed(2)} %`
}
