// The records that can still be read in a damaged file: from its beginning to where it breaks, and, if its end is whole, backwards from there.
// INVARIANT M3: a salvaged record stands whole in the text, as a record of the file and not as a part of one, is UTF-8, and holds every
// rule; where that is in doubt it is left out.
import { markOf, recordFaults } from './content.ts'
import { isSpace, type Span, scanTop, type TopValue } from './json-scan.ts'
import { type Parsed, parseRecord, type RecordKey, recordKey, textOf } from './records.ts'
import type { Invariants } from './set.ts'

export interface SalvagedRecord {
  readonly record: Parsed
  /** Of a file that is an object. */
  readonly key?: string
  /** Its bytes in `bytes` of the answer. */
  readonly span: Span
}

export interface Salvage {
  /** In the order of the text. */
  readonly records: readonly SalvagedRecord[]
  /** What the spans are of: the text that was handed in, or, where all of it was UTF-16, that as UTF-8. */
  readonly bytes: Uint8Array
  readonly top: 'list' | 'object' | 'other'
  /** The text breaks at the first byte, and can be read again from the second (its length where its end is not whole). Absent: it is JSON. */
  readonly damage?: { readonly from: number; readonly to: number }
  /** Whole in the text and left out. */
  readonly leftOut: {
    /** Not UTF-8. */
    readonly encoding: number
    /** A rule does not hold: a type, a required field. */
    readonly rules: number
    /** The id of a record that was read before. */
    readonly duplicate: number
  }
}

/** Total and linear. With no rules every value is a record. */
export function salvage(text: Uint8Array, rules?: Invariants): Salvage {
  const { bytes, isRewritten } = asUtf8(text)
  const ahead: TopValue[] = []
  const { top, fault } = scanTop(bytes, (value) => ahead.push(value))
  const behind = fault === undefined ? undefined : fromTheEnd(bytes, top, fault, gapOf(bytes, ahead))
  const leftOut = { encoding: 0, rules: 0, duplicate: 0 }
  const ids = new Set<RecordKey>()
  const records: SalvagedRecord[] = []

  const take = ({ value: span, key: keySpan }: Omit<TopValue, 'index'>): void => {
    const written = textOf(bytes, span)
    const name = keySpan === undefined ? undefined : textOf(bytes, keySpan)
    const isLost = isRewritten && `${written}${name}`.includes('\ufffd')
    if (isLost || written === undefined || (keySpan !== undefined && name === undefined)) {
      leftOut.encoding++
      return
    }
    const record = parseRecord(written)
    const key = name === undefined ? undefined : (JSON.parse(name) as string)
    if (rules !== undefined && recordFaults(record, 0, rules).length > 0) {
      leftOut.rules++
      return
    }
    const id = recordKey(record, rules ?? {}, key)
    if (id !== undefined && ids.has(id)) {
      leftOut.duplicate++
      return
    }
    if (id !== undefined) ids.add(id)
    records.push({ record, span, ...(key === undefined ? {} : { key }) })
  }
  for (const one of ahead) take(one)
  for (const one of behind?.values ?? []) take(one)
  return {
    records,
    bytes,
    top,
    ...(fault === undefined ? {} : { damage: { from: fault, to: behind?.from ?? bytes.length } }),
    leftOut,
  }
}

/** UTF-16 as a whole is another spelling of the same text; the mark of UTF-8 is none of it. */
function asUtf8(text: Uint8Array): { readonly bytes: Uint8Array; readonly isRewritten: boolean } {
  switch (markOf(text)) {
    case 'encoding_bom':
      return { bytes: text.subarray(3), isRewritten: false }
    case 'encoding_utf16': {
      const isBig = text[0] === 0xfe || text[0] === 0
      // What is no UTF-16 becomes U+FFFD, and a record that holds one is not taken.
      const decoder = new TextDecoder(isBig ? 'utf-16be' : 'utf-16le')
      return { bytes: Buffer.from(decoder.decode(text.subarray(0, text.length & ~1))), isRewritten: true }
    }
    case undefined:
      return { bytes: text, isRewritten: false }
  }
}

/** What this file's writer puts between two records: comma and white space. */
function gapOf(bytes: Uint8Array, [first, second]: readonly TopValue[]): string | undefined {
  if (first === undefined || second === undefined) return undefined
  return latin1(bytes.subarray(first.value.end, (second.key ?? second.value).start))
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}

interface Tail {
  readonly values: readonly Omit<TopValue, 'index'>[]
  /** Where the first of them begins, with its key. */
  readonly from: number
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * Backwards from the closing bracket of the file, whose depth is known, record by record, as long as each is an object or list that is JSON,
 * is set apart from the one before as this file sets records apart, and begins behind the damage. The first doubt ends it: what lies
 * before might be a part of a record. Where an opening bracket comes first, and it is not the file's own, the last one is not either.
 */
function fromTheEnd(
  bytes: Uint8Array,
  top: 'list' | 'object' | 'other',
  fault: number,
  known: string | undefined,
): Tail | undefined {
  const last = spaceBefore(bytes, bytes.length)
  const form = { 0x5d: 'list', 0x7d: 'object' }[bytes[last - 1] ?? 0]
  if (form === undefined || (top !== 'other' && top !== form)) return undefined
  const values: Omit<TopValue, 'index'>[] = []
  let between = known
  let from = bytes.length
  for (let end = spaceBefore(bytes, last - 1); ; ) {
    const start = containerBefore(bytes, end, fault)
    if (start === undefined || !isWhole(bytes, start, end)) break
    const key = form === 'object' ? keyBefore(bytes, start, fault) : undefined
    if (form === 'object' && key === undefined) break
    const begin = key?.start ?? start
    const comma = spaceBefore(bytes, begin)
    const isOpened = comma - 1 > fault && (bytes[comma - 1] === 0x5b || bytes[comma - 1] === 0x7b)
    if (isOpened && top !== 'other') return undefined
    if (bytes[comma - 1] !== 0x2c) break
    const before = spaceBefore(bytes, comma - 1)
    const gap = latin1(bytes.subarray(before, begin))
    between ??= gap
    if (gap !== between) break
    values.push({ value: { start, end }, ...(key === undefined ? {} : { key }) })
    from = begin
    end = before
  }
  return values.length === 0 ? undefined : { values: values.reverse(), from }
}

/** Behind the last byte before `end` that is no white space. */
function spaceBefore(bytes: Uint8Array, end: number): number {
  let at = end
  while (at > 0 && isSpace(bytes[at - 1])) at--
  return at
}

/** Where the object or list that ends at `end` begins, if that is behind the damage. */
function containerBefore(bytes: Uint8Array, end: number, fault: number): number | undefined {
  const last = bytes[end - 1]
  if (last !== 0x7d && last !== 0x5d) return undefined
  let depth = 0
  for (let at = end - 1; at > fault; at--) {
    const byte = bytes[at]
    if (byte === QUOTE) {
      at = quoteBefore(bytes, at, fault)
      continue
    }
    if (byte === 0x7d || byte === 0x5d) depth++
    else if (byte === 0x7b || byte === 0x5b) depth--
    if (depth === 0) return at
  }
  return undefined
}

/** The quote that opens the string whose closing quote stands at `close`; `fault` where there is none behind it. */
function quoteBefore(bytes: Uint8Array, close: number, fault: number): number {
  for (let at = close - 1; at > fault; at--) {
    if (bytes[at] !== QUOTE) continue
    let slashes = 0
    while (bytes[at - 1 - slashes] === BACKSLASH) slashes++
    if (slashes % 2 === 0) return at
    at -= slashes
  }
  return fault
}

function keyBefore(bytes: Uint8Array, start: number, fault: number): Span | undefined {
  const colon = spaceBefore(bytes, start)
  if (bytes[colon - 1] !== 0x3a) return undefined
  const end = spaceBefore(bytes, colon - 1)
  if (bytes[end - 1] !== QUOTE) return undefined
  const open = quoteBefore(bytes, end - 1, fault)
  const key = { start: open, end }
  return open > fault && isWhole(bytes, open, end) ? key : undefined
}

/** One JSON value and nothing else. */
function isWhole(bytes: Uint8Array, start: number, end: number): boolean {
  return scanTop(bytes.subarray(start, end), () => {}).fault === undefined
}
