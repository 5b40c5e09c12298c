// A manifest as lines: written in one order, read line by line by a reader that answers for any bytes at all (docs/spec/manifest-v1.md).
// INVARIANT M1: what the reader lets through can be laid out below one directory without leaving it: each path once, parents before
// children, nothing below what is not a directory.
import { assert } from '../base/assert.ts'
import { decode } from '../base/decode.ts'
import { byteOrder } from '../base/id.ts'
import { canonical, type Json, JsonError, parseCanonical } from '../base/json.ts'
import type { ManifestEntry, ManifestHeader, ManifestItem } from './manifest.ts'
import { pathBytes, samePath, utf8 } from './manifest-path.ts'
import { manifestEntry, manifestHeader } from './manifest-shape.ts'
import { lineSplitter } from './split-lines.ts'

/** Bytes of one line without its line feed. */
export const MAX_LINE_BYTES = 4 * 1_048_576

/** SHA-256 that is still being taken: handed in, for this room has no hand in the machine. */
export interface RunningHash {
  update(bytes: Uint8Array | string): unknown
}

export type ManifestFault =
  /** Not UTF-8, not canonical JSON, too long, or without its line feed. */
  | 'line'
  /** No header first, or one of another shape. */
  | 'header'
  /** A field that is missing, unknown, or of another shape; a path that leads out. */
  | 'entry'
  /** An item that the header does not name. */
  | 'item'
  /** Not behind the entry before it in byte order; the same path twice. */
  | 'order'
  /** Below what is not a directory, or below a directory that is not named. */
  | 'parent'
  /** A name of a file that its group does not have, or that differs from it. */
  | 'hard_link'
  /** More or fewer entries or bytes than the header says. */
  | 'count'

export interface ManifestRefused {
  readonly ok: false
  /** 1 is the header; of what is missing at the end, the line after the last. */
  readonly line: number
  readonly why: ManifestFault
  /** A path into the line, or what was expected: never its content. */
  readonly at: string
}
export type ManifestLine =
  | { readonly ok: true; readonly header: ManifestHeader }
  /** `setId`: a file that would run as somebody else. It is recorded, and a restore refuses it. */
  | { readonly ok: true; readonly entry: ManifestEntry; readonly item: ManifestItem; readonly setId: boolean }
  | ManifestRefused

export interface ManifestReader {
  /** The next line, without its line feed. After a refusal every answer is that refusal. */
  line(line: Uint8Array | string): ManifestLine
  /** The next line as the value that it is about to be written from. */
  value(value: unknown): ManifestLine
  /** The bytes ended within a line. */
  torn(): ManifestRefused
  /** The bytes ended behind a line feed: was everything there that was promised? */
  end(): { readonly ok: true; readonly header: ManifestHeader } | ManifestRefused
}

/** Byte order of the item's name, then of the path. */
export function entryOrder(a: ManifestEntry, b: ManifestEntry): number {
  return byteOrder(a.item, b.item) || Buffer.compare(pathBytes(a.at), pathBytes(b.at))
}

/** What an entry adds to its item's bytes: a file with several names counts once, a secret's bytes are not here. */
export function entryBytes(entry: ManifestEntry): number {
  if (entry.type !== 'file') return 0
  return entry.hardLink === undefined || samePath(entry.hardLink, entry.at) ? entry.size : 0
}

export function hasSetId(entry: Pick<ManifestEntry, 'type' | 'mode'>): boolean {
  return entry.type !== 'directory' && entry.type !== 'link' && (entry.mode & 0o6000) !== 0
}

/** Lines with their line feeds: header first, then the entries, which must be in order. `hash` sees every byte. */
export function* manifestLines(
  header: ManifestHeader,
  entries: Iterable<ManifestEntry>,
  hash?: RunningHash,
): Generator<string> {
  const reader = manifestReader()
  const written = (value: ManifestHeader | ManifestEntry): string => {
    const line = canonical(value as unknown as Json)
    const answer = line.length > MAX_LINE_BYTES ? reader.torn() : reader.value(value)
    // What its own reader would refuse is never sealed: a bug is found before the backup is called written, not at 3 a.m.
    assert(
      answer.ok,
      `a manifest that is sound (${answer.ok ? '' : `${answer.line} ${answer.why} ${answer.at}`})`,
    )
    hash?.update(`${line}\n`)
    return `${line}\n`
  }
  yield written(header)
  for (const entry of entries) yield written(entry)
  const end = reader.end()
  assert(end.ok, `a manifest whose counts hold (${end.ok ? '' : end.at})`)
}

interface Seen {
  entries: number
  bytes: number
}

/** Total: any lines, in any order, give an answer for each. Memory: one line, its parents, and the first name of each hard-link group. */
export function manifestReader(): ManifestReader {
  let number = 0
  let refusal: ManifestRefused | undefined
  let header: ManifestHeader | undefined
  let before: { readonly item: string; readonly bytes: Uint8Array } | undefined
  const items = new Map<string, ManifestItem>()
  const seen = new Map<string, Seen>()
  /** Entries of the item whose path the last one's path begins with, byte for byte: its parents are among them. */
  let prefixes: { readonly bytes: Uint8Array; readonly directory: boolean }[] = []
  const groups = new Map<string, ManifestEntry & { readonly type: 'file' }>()

  const refuse = (why: ManifestFault, at: string): ManifestRefused => {
    refusal = { ok: false, line: number, why, at: at.slice(0, 200).toWellFormed() }
    return refusal
  }

  const line = (given: Uint8Array | string): ManifestLine => {
    if (refusal !== undefined) return refusal
    number++
    const parsed = parseLine(given)
    if (parsed === undefined) return refuse('line', 'canonical JSON')
    return header === undefined ? first(parsed) : next(parsed)
  }

  const value = (given: unknown): ManifestLine => {
    if (refusal !== undefined) return refusal
    number++
    return header === undefined ? first(given) : next(given)
  }

  const first = (value: unknown): ManifestLine => {
    const decoded = decode(manifestHeader, value)
    if (!decoded.ok) return refuse('header', `${decoded.at}: ${decoded.why}`)
    const fault = headerFault(decoded.value)
    if (fault !== undefined) return refuse('header', fault)
    header = decoded.value
    for (const item of header.items) {
      items.set(item.name, item)
      seen.set(item.name, { entries: 0, bytes: 0 })
    }
    return { ok: true, header }
  }

  const next = (value: unknown): ManifestLine => {
    const decoded = decode(manifestEntry, value)
    if (!decoded.ok) return refuse('entry', `${decoded.at}: ${decoded.why}`)
    const entry = decoded.value
    const item = items.get(entry.item)
    const count = seen.get(entry.item)
    if (item === undefined || count === undefined) return refuse('item', '$.item')
    const bytes = pathBytes(entry.at)
    if (before?.item === entry.item) {
      if (Buffer.compare(before.bytes, bytes) >= 0) return refuse('order', '$.at')
    } else {
      if (before !== undefined && byteOrder(before.item, entry.item) > 0) return refuse('order', '$.at')
      prefixes = []
      groups.clear()
    }
    if (!hasPlace(entry, bytes, item)) return refuse('parent', '$.at')
    if (!fitsGroup(entry)) return refuse('hard_link', '$.hardLink')
    count.entries++
    count.bytes += entryBytes(entry)
    if (count.entries > item.entries) return refuse('count', 'entries')
    if (count.bytes > item.bytes) return refuse('count', 'bytes')
    before = { item: entry.item, bytes }
    return { ok: true, entry, item, setId: hasSetId(entry) }
  }

  /** Remembers the entry as a possible parent. Configuration is single files of a host: there no parent need be named. */
  const hasPlace = (entry: ManifestEntry, bytes: Uint8Array, item: ManifestItem): boolean => {
    while (prefixes.length > 0 && !beginsWith(bytes, prefixes.at(-1)?.bytes)) prefixes.pop()
    const directory = entry.type === 'directory'
    const root = bytes.length === 0
    if (item.kind === 'globals') return root && entry.type === 'secret'
    if (root && (item.kind === 'config' || entry.type === 'link' || entry.type === 'secret')) return false
    const above = prefixes.filter((one) => one.bytes.length === 0 || bytes[one.bytes.length] === 0x2f)
    if (above.some((one) => !one.directory)) return false
    const parentLength = Math.max(0, bytes.lastIndexOf(0x2f))
    if (!root && item.kind !== 'config' && above.at(-1)?.bytes.length !== parentLength) return false
    prefixes.push({ bytes, directory })
    return true
  }

  const fitsGroup = (entry: ManifestEntry): boolean => {
    if (entry.type !== 'file' || entry.hardLink === undefined) return true
    const name = Buffer.from(pathBytes(entry.hardLink)).toString('latin1')
    if (samePath(entry.hardLink, entry.at)) groups.set(name, entry)
    const leader = groups.get(name)
    return leader !== undefined && oneInode(leader, entry)
  }

  const end: ManifestReader['end'] = () => {
    if (refusal !== undefined) return refusal
    number++
    if (header === undefined) return refuse('header', 'no line at all')
    for (const item of header.items) {
      const count = seen.get(item.name)
      if (count?.entries !== item.entries) return refuse('count', 'entries')
      if (count.bytes !== item.bytes) return refuse('count', 'bytes')
    }
    return { ok: true, header }
  }
  const torn = (): ManifestRefused => {
    if (refusal !== undefined) return refusal
    number++
    return refuse('line', 'a line feed')
  }
  return { line, value, torn, end }
}

/** The whole of a manifest that is at hand. `visit` sees each entry as it is let through; what it saw counts only if the answer is ok. */
export function readManifest(
  bytes: Uint8Array,
  visit: (entry: ManifestEntry, item: ManifestItem, setId: boolean) => void = () => {},
): { readonly ok: true; readonly header: ManifestHeader } | ManifestRefused {
  const reader = manifestReader()
  const splitter = lineSplitter(MAX_LINE_BYTES)
  for (const line of splitter.push(bytes)) {
    const answer = reader.line(line)
    if (!answer.ok) return answer
    if ('entry' in answer) visit(answer.entry, answer.item, answer.setId)
  }
  return splitter.isTorn() ? reader.torn() : reader.end()
}

function parseLine(given: Uint8Array | string): Json | undefined {
  const text = typeof given === 'string' ? given : utf8(given)
  if (text === undefined || given.length > MAX_LINE_BYTES) return undefined
  try {
    return parseCanonical(text)
  } catch (error) {
    if (error instanceof JsonError || error instanceof RangeError) return undefined
    throw error
  }
}

/** Items in byte order with roots apart from each other; what was skipped belongs to one of them, in order. */
function headerFault(header: ManifestHeader): string | undefined {
  const names = header.items.map((item) => item.name)
  for (let i = 1; i < names.length; i++)
    if (byteOrder(names[i - 1] as string, names[i] as string) >= 0) return '$.items: order'
  const roots = header.items.map((item) => `${item.root}/`).sort()
  for (let i = 1; i < roots.length; i++)
    if (roots[i]?.startsWith(roots[i - 1] as string)) return '$.items: one root in another'
  for (const [i, one] of header.skipped.entries()) {
    if (!names.includes(one.item)) return '$.skipped: item'
    const last = header.skipped[i - 1]
    if (last === undefined) continue
    const order = byteOrder(last.item, one.item) || Buffer.compare(pathBytes(last.path), pathBytes(one.path))
    if (order >= 0) return '$.skipped: order'
  }
  return undefined
}

function beginsWith(bytes: Uint8Array, start: Uint8Array | undefined): boolean {
  if (start === undefined || start.length > bytes.length) return false
  return Buffer.compare(bytes.subarray(0, start.length), start) === 0
}

type File = ManifestEntry & { readonly type: 'file' }

/** Two names of one file differ in nothing but the name. */
function oneInode(a: File, b: File): boolean {
  const { at: _, ...one } = a
  const { at: __, ...two } = b
  return canonical(one as unknown as Json) === canonical(two as unknown as Json)
}
