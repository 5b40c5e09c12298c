// Has the reports of a test run read in a child without rights (reports-child.ts). What the child cannot read, or answers in another shape, is a report that
// is unreadable: nothing is known of the tests then.
import { type Decoder, decode, integer, list, literal, object, optional, text } from '../base/decode.ts'
import { isObject } from '../base/json.ts'
import type { CoverageFormat, ReadCoverage } from '../code/coverage.ts'
import { CASES_MAX, type ReadResults, type ResultsFormat } from '../code/test-results.ts'
import { askReadingChild, type ReadingChild } from './reading-child.ts'

export interface Reports {
  /** No file: the report is missing. */
  readonly results?: { readonly format: ResultsFormat; readonly files: readonly Uint8Array[] }
  readonly coverage?: {
    readonly format: CoverageFormat
    readonly bytes: Uint8Array
    /** Where the tree lay when the tests ran. */
    readonly root: string
  }
}

export interface ReportsTask {
  readonly results?: { readonly format: ResultsFormat; readonly sizes: readonly number[] }
  readonly coverage?: { readonly format: CoverageFormat; readonly size: number; readonly root: string }
}
export interface ReportsAnswer {
  readonly results?: ReadResults
  readonly coverage?: ReadCoverage
}

const INPUT_MAX = 134_217_728
const NAME_MAX = 400

export async function readReports(child: ReadingChild, reports: Reports): Promise<ReportsAnswer> {
  const { results, coverage } = reports
  const bytes = [...(results?.files ?? []), ...(coverage === undefined ? [] : [coverage.bytes])]
  if (bytes.reduce((sum, { length }) => sum + length, 0) > INPUT_MAX) return unread(reports, 'too large')
  const task: ReportsTask = {
    ...(results === undefined
      ? {}
      : { results: { format: results.format, sizes: results.files.map(({ length }) => length) } }),
    ...(coverage === undefined
      ? {}
      : { coverage: { format: coverage.format, size: coverage.bytes.length, root: coverage.root } }),
  }
  const said = await askReadingChild(
    child,
    'reports',
    Buffer.concat([Buffer.from(`${JSON.stringify(task)}\n`), ...bytes]),
  )
  if ('why' in said) return unread(reports, said.why)
  const read = decode(answer, said.value)
  return read.ok ? read.value : unread(reports, 'answer')
}

function unread({ results, coverage }: Reports, why: string): ReportsAnswer {
  return {
    ...(results === undefined ? {} : { results: { ok: false, fault: 'unreadable', why } }),
    ...(coverage === undefined ? {} : { coverage: { ok: false, why } }),
  }
}

const yes = literal(true)
const no = literal(false)
const word = text({ max: NAME_MAX })
const path = text({ max: 4096 })
const numbers = list(integer(1), 3_000_000)
const testCase = object({
  name: word,
  state: literal('passed', 'failed', 'skipped'),
  file: optional(path),
  says: optional(list(word, 20)),
})
/** Told apart by `ok`. */
const either =
  <Good, Bad>(good: Decoder<Good>, bad: Decoder<Bad>): Decoder<Good | Bad> =>
  (value, at) =>
    isObject(value) && value['ok'] === true ? good(value, at) : bad(value, at)
const results: Decoder<ReadResults> = either(
  object({ ok: yes, cases: list(testCase, CASES_MAX) }),
  object({ ok: no, fault: literal('missing', 'unreadable', 'counts', 'too_many'), why: word }),
)
const coverage: Decoder<ReadCoverage> = either(
  object({ ok: yes, files: list(object({ path, hit: numbers, missed: numbers }), 200_000) }),
  object({ ok: no, why: word }),
)
const answer: Decoder<ReportsAnswer> = object({ results: optional(results), coverage: optional(coverage) })
