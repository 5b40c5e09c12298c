// Is the content of a data file or table good? Rubbish is what violates a declared rule; a size out of trend is a question for a person;
// whatever else differs is no finding of this page (backup.md §0). Answers hold codes and places, never a byte of a record.
import { isObject } from '../base/json.ts'
import { utf8 } from './manifest-path.ts'
import {
  type Parsed,
  type ReadRecords,
  type RecordKey,
  type Root,
  readRecords,
  recordKey,
} from './records.ts'
import type { FieldType, Invariants } from './set.ts'

export type ContentFault =
  | { readonly code: 'encoding_utf16' | 'encoding_bom' }
  /** The first record, or (where the text breaks before any) byte, that is not UTF-8. */
  | { readonly code: 'encoding_invalid'; readonly record?: number; readonly byte?: number }
  /** The first byte at which this can no longer be JSON; the file's length where it ends too early. */
  | { readonly code: 'not_json'; readonly byte: number }
  /** JSON, and neither a list nor an object of records. */
  | { readonly code: 'not_records' }
  | { readonly code: 'record_not_object'; readonly record: number }
  | { readonly code: 'missing_field'; readonly record: number; readonly field: string }
  | {
      readonly code: 'wrong_type'
      readonly record: number
      readonly field: string
      readonly expected: FieldType
      readonly found: string
    }
  /** `first`: the record that has this id already. */
  | { readonly code: 'duplicate_id'; readonly record: number; readonly first: number }
  | { readonly code: 'too_few'; readonly records: number; readonly minimum: number }
  /** None at all, where the last good one had some (E7). */
  | { readonly code: 'emptied'; readonly records: 0; readonly before: number }
  /** Without rules: the file was a list in the last good one and is an object now, or the like. */
  | { readonly code: 'root_changed'; readonly found: Root; readonly before: Root }

export interface ContentQuestion {
  readonly code: 'shrunk' | 'grown'
  readonly records: number
  readonly before: number
  /** Per cent that the rules allow. */
  readonly limit: number
}

export interface ContentVerdict {
  /** `question`: nothing is wrong by the rules, and a person must say whether this size is meant. */
  readonly verdict: 'good' | 'question' | 'rubbish'
  readonly records: number
  /** Of a text: what its outermost value is. */
  readonly root?: Root
  /** The first hundred; `faultCount` is exact. */
  readonly faults: readonly ContentFault[]
  readonly faultCount: number
  readonly questions: readonly ContentQuestion[]
}

export const MAX_FAULTS = 100

/**
 * A file's text against its rules. Without rules: encoding, JSON, and that it is not empty or of another kind than the last good one was.
 * `before` and `rootBefore`: of the last good one, where one is known.
 */
export function judgeText(
  bytes: Uint8Array,
  rules?: Invariants,
  before?: number,
  rootBefore?: Root,
): ContentVerdict {
  const judge = contentJudge(rules)
  const marked = markOf(bytes)
  if (marked !== undefined) {
    judge.fault({ code: marked })
    return judge.verdict()
  }
  const read = readRecords(bytes, judge.take)
  const broken = brokenUtf8(bytes, read)
  if (read.notUtf8 !== undefined) judge.fault({ code: 'encoding_invalid', record: read.notUtf8 })
  else if (broken !== undefined) judge.fault({ code: 'encoding_invalid', byte: broken })
  if (read.fault !== undefined) judge.fault({ code: 'not_json', byte: read.fault })
  else if (read.top === 'other' && rules !== undefined) judge.fault({ code: 'not_records' })
  else if (rules === undefined && rootBefore !== undefined && read.top !== rootBefore)
    judge.fault({ code: 'root_changed', found: read.top, before: rootBefore })
  const isWhole = read.fault === undefined && read.top !== 'other'
  return { ...judge.verdict(isWhole ? { before, records: read.records } : undefined), root: read.top }
}

/** A parsed value: a list of records, or an object whose values are records. */
export function judgeValue(value: Parsed, rules: Invariants, before?: number): ContentVerdict {
  const judge = contentJudge(rules)
  if (Array.isArray(value)) for (const [index, record] of value.entries()) judge.take(record, index)
  else if (isObject(value))
    for (const [index, [key, record]] of Object.entries(value).entries()) judge.take(record, index, key)
  else {
    judge.fault({ code: 'not_records' })
    return judge.verdict()
  }
  return judge.verdict({ before })
}

export interface ContentJudge {
  /** The next record, as of a table read row by row. */
  readonly take: (record: Parsed, index: number, key?: string) => void
  readonly fault: (fault: ContentFault) => void
  /** With no counts given, size is not judged: the text ended before its records did. */
  readonly verdict: (counts?: {
    readonly before?: number | undefined
    readonly records?: number
  }) => ContentVerdict
}

/** Takes records one by one and keeps their ids alone. */
export function contentJudge(rules?: Invariants): ContentJudge {
  const faults: ContentFault[] = []
  let faultCount = 0
  let taken = 0
  const ids = new Map<RecordKey, number>()

  const fault = (one: ContentFault): void => {
    faultCount++
    if (faults.length < MAX_FAULTS) faults.push(one)
  }

  const take: ContentJudge['take'] = (record, index, key) => {
    taken++
    if (rules === undefined) return
    if (!isObject(record)) return fault({ code: 'record_not_object', record: index })
    for (const one of recordFaults(record, index, rules)) fault(one)
    const id = recordKey(record, rules, key)
    if (id === undefined) return
    const first = ids.get(id)
    if (first === undefined) ids.set(id, index)
    else fault({ code: 'duplicate_id', record: index, first })
  }

  const verdict: ContentJudge['verdict'] = (counts) => {
    const records = counts?.records ?? taken
    const questions: ContentQuestion[] = []
    if (rules === undefined && counts !== undefined) {
      const emptied = emptiedFault(records, counts.before)
      if (emptied !== undefined) fault(emptied)
    }
    if (rules !== undefined && counts !== undefined) {
      const wrong = sizeFault(records, rules, counts.before)
      const question = sizeQuestion(records, rules, counts.before)
      if (wrong !== undefined) fault(wrong)
      else if (question !== undefined) questions.push(question)
    }
    return {
      verdict: faultCount > 0 ? 'rubbish' : questions.length > 0 ? 'question' : 'good',
      records,
      faults: [...faults],
      faultCount,
      questions,
    }
  }
  return { take, fault, verdict }
}

/** What one record violates by itself: the same rules decide what salvage may keep. */
export function recordFaults(record: Parsed, index: number, rules: Invariants): readonly ContentFault[] {
  if (!isObject(record)) return [{ code: 'record_not_object', record: index }]
  const faults: ContentFault[] = []
  const required = new Set(rules.id === undefined ? rules.require : [rules.id, ...rules.require])
  for (const field of required)
    if (!Object.hasOwn(record, field)) faults.push({ code: 'missing_field', record: index, field })
  for (const [field, expected] of Object.entries(rules.types)) {
    if (!Object.hasOwn(record, field)) continue
    if (!isOfType(record[field], expected))
      faults.push({ code: 'wrong_type', record: index, field, expected, found: typeOf(record[field]) })
  }
  const { id } = rules
  if (id !== undefined && rules.types[id] === undefined && Object.hasOwn(record, id)) {
    const found = typeOf(record[id])
    if (found !== 'string' && found !== 'number')
      faults.push({ code: 'wrong_type', record: index, field: id, expected: 'string', found })
  }
  return faults
}

export type JudgedSize =
  | {
      readonly verdict: 'rubbish'
      readonly of: Extract<ContentFault, { readonly code: 'too_few' | 'emptied' }>
    }
  | { readonly verdict: 'question'; readonly of: ContentQuestion }

/** How many there are, where they were counted and not read one by one. Undefined: nothing to say. */
export function judgeSize(
  records: number,
  rules: Invariants,
  before: number | undefined,
): JudgedSize | undefined {
  const fault = sizeFault(records, rules, before)
  if (fault !== undefined) return { verdict: 'rubbish', of: fault }
  const question = sizeQuestion(records, rules, before)
  return question === undefined ? undefined : { verdict: 'question', of: question }
}

function sizeFault(
  records: number,
  rules: Invariants,
  before: number | undefined,
): Extract<ContentFault, { readonly code: 'too_few' | 'emptied' }> | undefined {
  if (records < rules.minRecords) return { code: 'too_few', records, minimum: rules.minRecords }
  return rules.shrink < 100 ? emptiedFault(records, before) : undefined
}

function emptiedFault(
  records: number,
  before: number | undefined,
): Extract<ContentFault, { readonly code: 'emptied' }> | undefined {
  return records === 0 && before !== undefined && before > 0
    ? { code: 'emptied', records, before }
    : undefined
}

/** Growth from nothing has no measure: it is not asked about. */
function sizeQuestion(
  records: number,
  rules: Invariants,
  before: number | undefined,
): ContentQuestion | undefined {
  if (before === undefined || before === 0) return undefined
  if ((before - records) * 100 > rules.shrink * before)
    return { code: 'shrunk', records, before, limit: rules.shrink }
  if ((records - before) * 100 > rules.growth * before)
    return { code: 'grown', records, before, limit: rules.growth }
  return undefined
}

export function isOfType(value: Parsed, type: FieldType): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string'
    case 'number':
      return typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value))
    case 'integer':
      return typeof value === 'bigint' || Number.isInteger(value)
    case 'boolean':
      return typeof value === 'boolean'
    case 'list':
      return Array.isArray(value)
    case 'object':
      return isObject(value)
    case 'instant':
      return typeof value === 'string' && isTime(value)
  }
}

function typeOf(value: Parsed): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'list'
  return typeof value === 'bigint' ? 'number' : typeof value
}

const TIME =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ]([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

/** RFC 3339, of a day that exists. */
function isTime(text: string): boolean {
  const [, year, month, day] = TIME.exec(text) ?? []
  if (year === undefined) return false
  const at = new Date(Date.UTC(2000, Number(month) - 1, Number(day)))
  at.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  return at.getUTCMonth() === Number(month) - 1 && at.getUTCDate() === Number(day)
}

/** UTF-16 by its mark, or by the zeros that stand beside its first two letters; UTF-8 with a mark, which JSON must not have. */
export function markOf(bytes: Uint8Array): 'encoding_utf16' | 'encoding_bom' | undefined {
  const [first, second, third] = bytes
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return 'encoding_utf16'
  if (bytes.length > 3) {
    const zeros = [...bytes.subarray(0, 4)].map((byte) => (byte === 0 ? '0' : 'x')).join('')
    if (zeros === '0x0x' || zeros === 'x0x0') return 'encoding_utf16'
  }
  return first === 0xef && second === 0xbb && third === 0xbf ? 'encoding_bom' : undefined
}

/** Where the text breaks off at a byte that is no part of UTF-8, that is the reason. */
function brokenUtf8(bytes: Uint8Array, { fault, top }: ReadRecords): number | undefined {
  if (fault === undefined) return top === 'other' && utf8(bytes) === undefined ? 0 : undefined
  return (bytes[fault] ?? 0) >= 0x80 ? fault : undefined
}
