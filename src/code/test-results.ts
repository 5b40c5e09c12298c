// Reads what a test runner reported: JUnit's XML, or the lines of `go test -json`. The figures are what the candidate's own tests say of it.
import { isObject, parseJson } from '../base/json.ts'
import { readXml, XmlFault } from './xml.ts'

export type TestState = 'passed' | 'failed' | 'skipped'

export interface TestCase {
  readonly name: string
  readonly state: TestState
  /** As the report names it; not every one does. */
  readonly file?: string
}

export type ResultsFormat = 'junit' | 'go-json'
export type ResultsFault = 'missing' | 'unreadable' | 'counts' | 'too_many'

export type ReadResults =
  | { readonly ok: true; readonly cases: readonly TestCase[] }
  | { readonly ok: false; readonly fault: ResultsFault; readonly why: string }

export const CASES_MAX = 50_000
const NAME_MAX = 300

/** Of all files of a report together. Cases of one name are one, and the worst of them counts. */
export function readResults(format: ResultsFormat, files: readonly Uint8Array[]): ReadResults {
  if (files.length === 0) return { ok: false, fault: 'missing', why: '' }
  const cases: TestCase[] = []
  for (const bytes of files) {
    const text = new TextDecoder().decode(bytes)
    const read = format === 'junit' ? readJunit(text) : readGoJson(text)
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

function readJunit(text: string): ReadResults {
  const cases: TestCase[] = []
  const suites: { tests?: number; counted: number; file?: string }[] = []
  let current: { name: string; file?: string; state: TestState } | undefined
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
      } else if (event.kind === 'open' && current !== undefined) {
        if (event.name === 'failure' || event.name === 'error') current.state = 'failed'
        else if (event.name === 'skipped' && current.state === 'passed') current.state = 'skipped'
      } else if (event.kind === 'close' && event.name === 'testcase' && current !== undefined) {
        cases.push(current)
        for (const suite of suites) suite.counted += 1
        current = undefined
      }
    }
  } catch (error) {
    if (error instanceof XmlFault) return { ok: false, fault: 'unreadable', why: error.message }
    throw error
  }
  return { ok: true, cases }
}

function nameOf(attributes: ReadonlyMap<string, string>): string {
  const group = attributes.get('classname') ?? ''
  const name = attributes.get('name') ?? ''
  return plain(group === '' || group === 'test' ? name : `${group} › ${name}`)
}

function readGoJson(text: string): ReadResults {
  const cases: TestCase[] = []
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
    const { Action: action, Package: of, Test: test } = event
    const state =
      action === 'pass' ? 'passed' : action === 'fail' ? 'failed' : action === 'skip' ? 'skipped' : undefined
    if (state === undefined || typeof of !== 'string') continue
    if (typeof test === 'string') {
      cases.push({ name: plain(`${of} › ${test}`), state })
      if (state === 'failed') failing.add(of)
      if (cases.length > CASES_MAX) return { ok: false, fault: 'too_many', why: String(CASES_MAX) }
    } else if (state === 'failed' && !failing.has(of)) cases.push({ name: plain(of), state }) // It was not built.
  }
  return { ok: true, cases }
}

/** One line, without anything that is not seen. */
function plain(text: string): string {
  const line = text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').trim()
  return line.length <= NAME_MAX ? line : `${line.slice(0, NAME_MAX - 1)}…`
}

export function countOf(cases: readonly TestCase[], state: TestState): number {
  return cases.filter((one) => one.state === state).length
}
