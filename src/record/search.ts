// Finding a text in the entries about changes: in every value that people read, and in the blobs that an entry names.
import { isDigest } from '../base/hash.ts'
import type { Json } from '../base/json.ts'
import { isInstant } from '../base/time.ts'
import type { Entry } from '../ledger/entry.ts'

export interface Hit {
  /** Name of the field, or kind of the blob. */
  readonly field: string
  readonly line: string
}

/** Kinds of blobs that are searched, and the kinds of entries that name them. */
export const SEARCHED_BLOBS = ['instruction', 'diff'] as const
export const NAMES_BLOBS = ['change.created', 'change.planned'] as const

const MAX_LINES = 20

/** The pattern of LIKE for a text that stands somewhere in canonical JSON. */
export function patternInJson(text: string): string {
  return pattern(JSON.stringify(text).slice(1, -1))
}

/** The pattern of LIKE for a text that stands somewhere. */
export function pattern(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`
}

/** Lines of the entry that hold the text, whatever the case of its letters. `blobs`: texts of the blobs that it names, by kind. */
export function hitsIn(
  entry: Entry,
  text: string,
  blobs: readonly { readonly kind: string; readonly text: string }[],
): readonly Hit[] {
  const needle = text.toLowerCase()
  const found = [
    ...values('by', entry.actor),
    ...values('', entry.payload),
    ...blobs.map((one) => ({ field: one.kind, line: one.text })),
  ].flatMap(({ field, line }) =>
    line
      .split('\n')
      .filter((one) => one.toLowerCase().includes(needle))
      .map((one) => ({ field, line: one })),
  )
  const seen = new Set<string>()
  const all = found.filter(({ line }) => !seen.has(line) && seen.add(line))
  const beyond = all[MAX_LINES]
  if (beyond === undefined) return all
  return [...all.slice(0, MAX_LINES), { field: beyond.field, line: `… + ${all.length - MAX_LINES}` }]
}

/** Texts that people read, each under its innermost name: no digests, no times, no signatures. */
function values(field: string, value: Json): readonly Hit[] {
  if (typeof value === 'string')
    return isDigest(value) || isInstant(value) || field === 'nonce' ? [] : [{ field, line: value }]
  if (Array.isArray(value)) return value.flatMap((one) => values(field, one))
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([name, one]) => values(name, one as Json))
}
