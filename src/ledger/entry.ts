// One ledger entry, version 1: RFC 8785 text that is kept byte for byte, and whose hash is both the leaf of the tree and the
// `prev` of the next entry. Building and reading only; the number and the link are given by the store.

import { SekishoError } from '../base/error.ts'
import { type Digest, isDigest } from '../base/hash.ts'
import { canonical, isObject, type Json, JsonError, type JsonObject, parseCanonical } from '../base/json.ts'
import { type Instant, instant, isInstant, milliseconds } from '../base/time.ts'

/** What somebody wants to have on the record. */
export interface EntryDraft {
  /** `change.sealed` and the like. */
  readonly kind: string
  /** What it is about: a change, an execution, a service, the policy. */
  readonly subject: string
  /** Who did it: a person's, an agent's or a process's short name. */
  readonly actor: string
  readonly payload: JsonObject
  /** The blobs that this entry names; their order and repetitions do not matter here. */
  readonly blobs?: readonly Digest[]
}

export interface Entry {
  readonly v: 1
  /** 1, 2, 3 … */
  readonly seq: number
  /** Leaf hash of the entry before; 64 zeros for the first. */
  readonly prev: Digest
  readonly at: Instant
  readonly kind: string
  readonly subject: string
  readonly actor: string
  readonly payload: JsonObject
  /** Sorted, without repetitions, never empty. */
  readonly blobs?: readonly Digest[]
}

/** Why a text is not an entry; the words stand in the spec. */
export type EntryFault = 'too_large' | 'too_deep' | 'not_canonical' | 'field' | 'unknown_field'
export type EntryAnswer =
  | { readonly ok: true; readonly entry: Entry }
  | { readonly ok: false; readonly why: EntryFault; readonly field?: string }

export const FIRST_PREV = '0'.repeat(64) as Digest
export const MAX_BODY_BYTES = 65_536
export const MAX_DEPTH = 32
const MAX_NAME_BYTES = 1024
const KIND = /^[a-z][a-z0-9._-]{0,63}$/
const FIELDS = new Set(['actor', 'at', 'blobs', 'kind', 'payload', 'prev', 'seq', 'subject', 'v'])

/** The text of an entry. Throws SekishoError `ledger.entry_invalid` when the draft cannot be one. */
export function buildEntry(
  draft: EntryDraft,
  place: { readonly seq: number; readonly prev: Digest; readonly at: Instant },
): string {
  const blobs = [...new Set(draft.blobs ?? [])].sort()
  const entry: { [key: string]: Json } = {
    v: 1,
    seq: place.seq,
    prev: place.prev,
    at: place.at,
    kind: draft.kind,
    subject: draft.subject,
    actor: draft.actor,
    payload: draft.payload,
  }
  if (blobs.length > 0) entry['blobs'] = blobs
  let body: string
  try {
    body = canonical(entry)
  } catch (cause) {
    if (!(cause instanceof JsonError || cause instanceof RangeError)) throw cause
    throw new SekishoError('ledger.entry_invalid', { kind: draft.kind, why: cause.message }, { cause })
  }
  const read = parseEntry(body)
  if (!read.ok)
    throw new SekishoError('ledger.entry_invalid', { kind: draft.kind, why: read.field ?? read.why })
  return body
}

/** Reads an entry's text. Total: whatever is not exactly an entry is answered with the reason. */
export function parseEntry(body: string): EntryAnswer {
  if (Buffer.byteLength(body) > MAX_BODY_BYTES) return { ok: false, why: 'too_large' }
  if (depth(body) > MAX_DEPTH) return { ok: false, why: 'too_deep' }
  let value: Json
  try {
    value = parseCanonical(body)
  } catch {
    return { ok: false, why: 'not_canonical' }
  }
  if (!isObject(value)) return { ok: false, why: 'field', field: '$' }
  for (const field of Object.keys(value)) {
    if (!FIELDS.has(field)) return { ok: false, why: 'unknown_field', field }
  }
  const { v, seq, prev, at, kind, subject, actor, payload, blobs } = value
  if (v !== 1) return { ok: false, why: 'field', field: 'v' }
  if (!Number.isSafeInteger(seq) || (seq as number) < 1) return { ok: false, why: 'field', field: 'seq' }
  if (!isDigest(prev)) return { ok: false, why: 'field', field: 'prev' }
  if (!isMoment(at)) return { ok: false, why: 'field', field: 'at' }
  if (typeof kind !== 'string' || !KIND.test(kind)) return { ok: false, why: 'field', field: 'kind' }
  if (!isName(subject)) return { ok: false, why: 'field', field: 'subject' }
  if (!isName(actor)) return { ok: false, why: 'field', field: 'actor' }
  if (!isObject(payload)) return { ok: false, why: 'field', field: 'payload' }
  if (blobs !== undefined && !isDigestList(blobs)) return { ok: false, why: 'field', field: 'blobs' }
  // Every field is checked above, and nothing else is in the object.
  return { ok: true, entry: value as unknown as Entry }
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= MAX_NAME_BYTES
}

/** A day that exists, from 1970 on: the text that comes back is the text that was given. */
function isMoment(value: unknown): value is Instant {
  return isInstant(value) && milliseconds(value) >= 0 && instant(milliseconds(value)) === value
}

/** Sorted, distinct, not empty. */
function isDigestList(value: unknown): value is readonly Digest[] {
  if (!Array.isArray(value) || value.length === 0) return false
  return value.every((item, i) => isDigest(item) && (i === 0 || (value[i - 1] as string) < item))
}

/** How deep arrays and objects of a JSON text nest, without recursion; what is not JSON gets some number. */
export function depth(text: string): number {
  let [now, most, quoted] = [0, 0, false]
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (quoted) {
      if (code === 0x5c) i++
      else if (code === 0x22) quoted = false
    } else if (code === 0x22) quoted = true
    else if (code === 0x7b || code === 0x5b) most = Math.max(most, ++now)
    else if (code === 0x7d || code === 0x5d) now--
  }
  return most
}
