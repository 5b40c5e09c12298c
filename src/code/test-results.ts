// Reads what a test runner reported: JUnit's XML, or the lines of `go test -json`. The figures are what the candidate's own tests say of it.
import { isObject, parseJson } from '../base/json.ts'
import { failureLines, lastLines } from './failure-lines.ts'
import { readXml, XmlFault } from './xml.ts'

export type TestState = 'passed' | 'failed' | 'skipped'

export interface TestCase {
  readonly name: string
  readonly state: TestState
  /** As the report names it; not every one does. */
  readonly file?: string
  /** Of a failed one, what its report says of it; only the first ones have it. */
  readonly says?: readonly string[]
}

export type ResultsFormat = 'junit' | 'go-json'
export type ResultsFault = 'missing' | 'unreadable' | 'counts' | 'too_many'

export type ReadResults =
  | { readonly ok: true; readonly cases: readonly TestCase[] }
  | { readonly ok: false; readonly fault: ResultsFault; readonly why: string }

export const CASES_MAX = 50_000
const NAME_MAX = 300
/** Of so many failed cases it is read what their report says. */
const SAYING_MAX = 40

/** How many may still have it, over all files of a report. */
interface Saying {
  left: number
}

/** Of all files of a report together. Cases of one name are one, and the worst of them counts. */
export function readResults(format: ResultsFormat, files: readonly Uint8Array[]): ReadResults {
  if (files.length === 0) return { ok: false, fault: 'missing', why: '' }
  const cases: TestCase[] = []
  const saying: Saying = { left: SAYING_MAX }
  for (const bytes of files) {
    const text = new TextDecoder().decode(bytes)
    const read = format === 'junit' ? readJunit(text, saying) : readGoJson(text, saying)
    if (!read.ok) return read
    cases.push(...read.cases)
    if (cases.length > CASES_MAX) return { ok: false, fault: 'too_many', why: String(CASES_MAX) }
  }
  return { ok: true, cases: merged(cases) }
}

const WORST: Readonly<Record<TestState, number>> = { passed: 0, skipped: 1, failed: 2 }

function merged(cases: readonly TestCase[]): readonly TestCase[] {
  const byName = new Map<string, TestCase>()
  for (const one of cases) {
    const before = byName.get(one.name)
    if (before === undefined || WORST[one.state] > WORST[before.state]) byName.set(one.name, one)
  }
  return [...byName.values()]
}

function says(saying: Saying, lines: () => readonly string[]): Pick<TestCase, 'says'> {
  if (saying.left === 0) return {}
  const found = lines()
  if (found.length === 0) return {}
  saying.left -= 1
  return { says: found }
}

function readJunit(text: string, saying: Saying): ReadResults {
  const cases: TestCase[] = []
  const suites: { tests?: number; counted: number; file?: string }[] = []
  let current: { name: string; file?: string; state: TestState } | undefined
  let failure: { message: string; text: string } | undefined
  let isInside = false
  try {
    for (const event of readXml(text)) {
      if (event.kind === 'open' && event.name === 'testsuite') {
        const tests = Number(event.attributes.get('tests') ?? Number.NaN)
        const file = event.attributes.get('file')
        suites.push({
          counted: 0,
          ...(Number.isFinite(tests) ? { tests } : {}),
          ...(file === undefined ? {} : { file }),
        })
      } else if (event.kind === 'close' && event.name === 'testsuite') {
        const suite = suites.pop()
        // Fewer cases than the suite says that it ran: part of the report is missing. Runners that count nested suites count more.
        if (suite?.tests !== undefined && suite.counted < suite.tests)
          return { ok: false, fault: 'counts', why: `${suite.counted} / ${suite.tests}` }
      } else if (event.kind === 'open' && event.name === 'testcase') {
        const file = event.attributes.get('file') ?? suites.at(-1)?.file
        current = { name: nameOf(event.attributes), state: 'passed', ...(file === undefined ? {} : { file }) }
        failure = undefined
      } else if (event.kind === 'open' && current !== undefined) {
        if (event.name === 'failure' || event.name === 'error') {
          current.state = 'failed'
          isInside = failure === undefined
          failure ??= { message: event.attributes.get('message') ?? '', text: '' }
        } else if (event.name === 'skipped' && current.state === 'passed') current.state = 'skipped'
      } else if (event.kind === 'text' && isInside && failure !== undefined) {
        if (failure.text.length < FAILURE_TEXT) failure.text += event.text.slice(0, FAILURE_TEXT)
      } else if (event.kind === 'close' && event.name === 'testcase' && current !== undefined) {
        const said = failure
        cases.push({ ...current, ...(said === undefined ? {} : says(saying, () => failureLines(said))) })
        for (const suite of suites) suite.counted += 1
        current = undefined
        isInside = false
      } else if (event.kind === 'close') isInside = false
    }
  } catch (error) {
    if (error instanceof XmlFault) return { ok: false, fault: 'unreadable', why: error.message }
    throw error
  }
  return { ok: true, cases }
}

/** Of one failure. */
const FAILURE_TEXT = 20_000

function nameOf(attributes: ReadonlyMap<string, string>): string {
  const group = attributes.get('classname') ?? ''
  const name = attributes.get('name') ?? ''
  return plain(group === '' || group === 'test' ? name : `${group} › ${name}`)
}

function readGoJson(text: string, saying: Saying): ReadResults {
  const cases: TestCase[] = []
  const printed = new Map<string, string>()
  const failing = new Set<string>()
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    let event: unknown
    try {
      event = parseJson(line)
    } catch {
      return { ok: false, fault: 'unreadable', why: 'a line is no JSON' }
    }
    if (!isObject(event)) return { ok: false, fault: 'unreadable', why: 'a line is no object' }
    const { Action: action, Package: of, Test: test, Output: output } = event
    if (typeof output === 'string') {
      const key = printedBy(event)
      if (key !== undefined) printed.set(key, `${printed.get(key) ?? ''}${output}`.slice(-GO_TEXT))
      continue
    }
    const state =
      action === 'pass' ? 'passed' : action === 'fail' ? 'failed' : action === 'skip' ? 'skipped' : undefined
    if (state === undefined || typeof of !== 'string') continue
    const key = typeof test === 'string' ? `${of} ${test}` : of
    const told = () =>
      state === 'failed' ? says(saying, () => goLines(printed.get(key) ?? printed.get(of) ?? '')) : {}
    if (typeof test === 'string') {
      cases.push({ name: plain(`${of} › ${test}`), state, ...told() })
      printed.delete(key)
      if (state === 'failed') failing.add(of)
      if (cases.length > CASES_MAX) return { ok: false, fault: 'too_many', why: String(CASES_MAX) }
    } else if (state === 'failed' && !failing.has(of)) cases.push({ name: plain(of), state, ...told() }) // It was not built.
  }
  return { ok: true, cases }
}

const GO_TEXT = 4000

/** Of a test, of a package, or of the build of one. */
function printedBy({ Package: of, Test: test, ImportPath: built }: Readonly<Record<string, unknown>>) {
  if (typeof of === 'string') return typeof test === 'string' ? `${of} ${test}` : of
  return typeof built === 'string' ? built.split(' ')[0] : undefined
}

/** Without the lines by which go says that a test began and ended. */
function goLines(text: string): readonly string[] {
  return lastLines(
    text
      .split('\n')
      .filter((line) => !/^\s*(?:=== |--- (?:FAIL|PASS|SKIP): |FAIL\b|exit status )/.test(line))
      .join('\n'),
  )
}

/** One line, without anything that is not seen. */
function plain(text: string): string {
  const line = text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').trim()
  return line.length <= NAME_MAX ? line : `${line.slice(0, NAME_MAX - 1)}…`
}

export function countOf(cases: readonly TestCase[], state: TestState): number {
  return cases.filter((one) => one.state === state).length
}
