// Records as the rules see them: each by its key and a keyed fingerprint of what it says. The same record written with its fields in
// another order, or the same file with its records in another order, is the same.
import { isObject } from '../base/json.ts'
import { type Span, scanTop } from './json-scan.ts'
import type { EntryPath } from './manifest.ts'
import { shownPath, utf8 } from './manifest-path.ts'
import type { Invariants } from './set.ts'

/** JSON text of the id (`"u1"` and `1` are two), or of an object's key; of a record without any: `=` and its fingerprint. */
export type RecordKey = string

/** HMAC by a key of the runner's own: what a record says can be compared, and never guessed at. */
export type Keyed = (text: string) => string

/** A whole number beyond what a double holds stays what was written. */
export type Parsed = unknown

/** What the outermost value of a file is. `other`: null, a text, a number, true or false. */
export const ROOTS = ['list', 'object', 'other'] as const
export type Root = (typeof ROOTS)[number]

/** `fault` and `notUtf8` say how far the text could be read; `visit` has seen whole records only. */
export interface ReadRecords {
  readonly top: Root
  readonly records: number
  /** Byte at which the text stops being JSON. */
  readonly fault?: number
  /** Index of the first record that is not UTF-8. */
  readonly notUtf8?: number
}

/** Goes through the records of a file's text in order. A record that is not UTF-8 is counted and not shown. */
export function readRecords(
  bytes: Uint8Array,
  visit: (record: Parsed, index: number, key: string | undefined) => void,
): ReadRecords {
  let records = 0
  let notUtf8: number | undefined
  const { top, fault } = scanTop(bytes, ({ value, key, index }) => {
    records++
    const record = textOf(bytes, value)
    const name = key === undefined ? undefined : textOf(bytes, key)
    if (record === undefined || (key !== undefined && name === undefined)) notUtf8 ??= index
    else visit(parseRecord(record), index, name === undefined ? undefined : (JSON.parse(name) as string))
  })
  return {
    top,
    records,
    ...(fault === undefined ? {} : { fault }),
    ...(notUtf8 === undefined ? {} : { notUtf8 }),
  }
}

export function textOf(bytes: Uint8Array, { start, end }: Span): string | undefined {
  return utf8(bytes.subarray(start, end))
}

/** JSON.parse, and whole numbers that a double cannot hold as bigint. The text must be JSON. */
export function parseRecord(text: string): Parsed {
  if (!/\d{16}/.test(text)) return JSON.parse(text) as unknown
  const reviver = (_: string, value: unknown, context?: { readonly source?: string }): unknown => {
    const source = context?.source
    const isRounded = typeof value === 'number' && source !== undefined && !Number.isSafeInteger(value)
    return isRounded && /^-?\d+$/.test(source) ? BigInt(source) : value
  }
  return JSON.parse(text, reviver) as unknown
}

/** What names a record: its id where the rules declare one, else its key in the file's object. */
export function recordKey(
  record: Parsed,
  rules: Pick<Invariants, 'id'>,
  key?: string,
): RecordKey | undefined {
  if (rules.id === undefined) return key === undefined ? undefined : JSON.stringify(key)
  if (!isObject(record) || !Object.hasOwn(record, rules.id)) return undefined
  return keyOfId(record[rules.id])
}

function keyOfId(id: unknown): RecordKey | undefined {
  if (typeof id === 'string') return JSON.stringify(id)
  if (typeof id === 'bigint' || (typeof id === 'number' && Number.isFinite(id))) return String(id)
  return undefined
}

/** Key of a table's row: the values of its primary key, in the order of the key. */
export function rowKey(values: readonly (string | null)[]): RecordKey {
  return JSON.stringify(values)
}

/** Key of a file below its item: JSON text of the path, or of `{base64}` where it is not UTF-8. */
export function pathKey(at: EntryPath): RecordKey {
  return JSON.stringify('path' in at ? at.path : { base64: at.base64 })
}

/** As a person reads it: `u1`, `17`, `notes/a.md`; of a record without a key, nothing. */
export function shownKey(key: RecordKey): string | undefined {
  if (key.startsWith('=')) return undefined
  const value = JSON.parse(/^["[{]/.test(key) ? key : JSON.stringify(key)) as
    | string
    | readonly (string | null)[]
    | { readonly base64: string }
  if (typeof value === 'string') return value
  return 'base64' in value ? shownPath(value) : value.map((one) => one ?? 'NULL').join(', ')
}

const KEY_SHOWN = 200

/** As much of it as a card can hold, and always text: an id may be as long as a book, cut in the middle of a letter, or half a letter itself. */
export function cutKey(text: string): string {
  const whole = text.toWellFormed()
  if (whole.length <= KEY_SHOWN) return whole
  const cut = whole.slice(0, KEY_SHOWN - 1)
  return `${cut.isWellFormed() ? cut : cut.slice(0, -1)}…`
}

/** The same for every text of the same value: members in order, numbers as they compare. */
export function stableText(value: Parsed): string {
  if (typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) return `[${value.map(stableText).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value)
  const keys = Object.keys(value).sort()
  return `{${keys.map((key) => `${JSON.stringify(key)}:${stableText(value[key])}`).join(',')}}`
}

/** Every record of one file or table: under each key the fingerprints of the records that carry it, of sound ones one. */
export type RecordIndex = Map<RecordKey, string[]>

export function addRecord(index: RecordIndex, key: RecordKey | undefined, fingerprint: string): void {
  const under = key ?? `=${fingerprint}`
  const known = index.get(under)
  if (known === undefined) index.set(under, [fingerprint])
  else known.push(fingerprint)
}

/** The index of a file's text. `ok: false`: it is not whole; what is in the index was. */
export function indexText(
  bytes: Uint8Array,
  rules: Pick<Invariants, 'id'>,
  keyed: Keyed,
): { readonly ok: boolean; readonly index: RecordIndex } {
  const index: RecordIndex = new Map()
  const read = readRecords(bytes, (record, _, key) => {
    addRecord(index, recordKey(record, rules, key), keyed(stableText(record)))
  })
  return { ok: read.top !== 'other' && read.fault === undefined && read.notUtf8 === undefined, index }
}

/** By UTF-16 code units, as RFC 8785 sorts: the order of every list here. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
