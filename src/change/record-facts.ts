// What a record is told from: the ledger's entries of one change and the blobs that they name, decoded.
import { decode } from '../base/decode.ts'
import type { Digest } from '../base/hash.ts'
import { isDigest } from '../base/hash.ts'
import { isObject, type Json, type JsonObject } from '../base/json.ts'
import { type Entry } from '../ledger/entry.ts'
import type { Plan } from '../plans/plan.ts'
import { plan as planDecoder } from '../plans/plan.ts'
import type { JournalLine } from '../seal/journal.ts'

export interface RecordSource {
  readonly entries: readonly Entry[]
  /** Text of a blob; undefined when it was erased. */
  readonly blob: (digest: Digest) => string | undefined
  /** Names of people and agents, from the ledger's own entries or the policy. */
  readonly name: (actor: string) => string
  readonly zone: string
}

export const read = (of: JsonObject | undefined, key: string): Json | undefined => of?.[key]
export const words = (of: JsonObject | undefined, key: string): string | undefined => {
  const value = read(of, key)
  return typeof value === 'string' ? value : undefined
}
export const inner = (of: JsonObject | undefined, key: string): JsonObject | undefined => {
  const value = read(of, key)
  return isObject(value) ? (value as JsonObject) : undefined
}
export const strings = (value: Json | undefined): readonly string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []

export interface Facts {
  readonly created: Entry | undefined
  readonly planned: Entry | undefined
  readonly plan: Plan | undefined
  readonly diff: string | undefined
  readonly checked: Entry | undefined
  readonly sealed: Entry | undefined
  readonly approvals: readonly Entry[]
  readonly waivers: readonly Entry[]
  /** The author's signature over the plan of the last revision. */
  readonly authored: Entry | undefined
  readonly started: Entry | undefined
  readonly closed: Entry | undefined
  readonly journal: readonly JournalLine[]
}

/** The last entry of each kind counts: earlier revisions are in the ledger, and the record describes what was run. */
export function facts(source: RecordSource): Facts {
  const last = (kind: string) => source.entries.findLast((one) => one.kind === kind)
  const planned = last('change.planned')
  const closed = last('execution.closed')
  const sealed = last('change.sealed')
  const envelope = words(sealed?.payload, 'envelope')
  const planText = blobOf(source, words(planned?.payload, 'planBlob') ?? words(planned?.payload, 'plan'))
  const decoded = planText === undefined ? undefined : decode(planDecoder, safeJson(planText))
  const journalText = blobOf(source, words(closed?.payload, 'journal')) ?? ''
  return {
    created: last('change.created'),
    planned,
    plan: decoded?.ok === true ? decoded.value : undefined,
    diff: blobOf(source, words(planned?.payload, 'diff')),
    checked: last('change.checked'),
    sealed,
    approvals: source.entries.filter(
      (one) => one.kind === 'change.approved' && words(one.payload, 'envelope') === envelope,
    ),
    waivers: source.entries.filter((one) => one.kind === 'change.waived'),
    authored: source.entries.find(
      (one) =>
        one.kind === 'change.authored' && words(one.payload, 'plan') === words(planned?.payload, 'plan'),
    ),
    started: last('execution.started'),
    closed,
    journal: journalText
      .split('\n')
      .filter((line) => line !== '')
      .flatMap((line) => {
        const value = safeJson(line)
        return isObject(value) ? [value as unknown as JournalLine] : []
      }),
  }
}

export function blobOf(source: RecordSource, digest: string | undefined): string | undefined {
  return isDigest(digest) ? source.blob(digest) : undefined
}

export function safeJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
