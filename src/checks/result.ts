// What one look at a check found, and how it is written into the spool of sekisho-watch: one file a round, read by a total decoder.
import {
  type Decoder,
  decode,
  integer,
  list,
  literal,
  matching,
  object,
  optional,
  record,
  text,
} from '../base/decode.ts'
import { type Instant, isInstant } from '../base/time.ts'

/** `mirai/api`, `mirai/disk:/var`, `host/clock`: service or `host`, item, and the part of it where there is more than one. */
export type CheckId = string & { readonly check: unique symbol }
const CHECK = /^[a-z0-9][a-z0-9._-]{0,62}\/[a-z0-9][a-z0-9_-]{0,62}(?::[^\0\n]{1,1024})?$/
export function isCheckId(value: unknown): value is CheckId {
  return typeof value === 'string' && CHECK.test(value)
}

/** What a look can find. `no_data`: it was asked and there is no answer, or not a whole one. */
export const SEEN = ['good', 'warning', 'red', 'no_data'] as const
export type Seen = (typeof SEEN)[number]
/** How a check stands. `late`: it was not looked at in its time. */
export const CHECK_STATES = [...SEEN, 'late'] as const
export type CheckState = (typeof CHECK_STATES)[number]

/** Values of a sentence: texts, numbers, yes or no. */
export type CheckValues = Readonly<Record<string, string | number | boolean>>

export interface CheckResult {
  readonly check: CheckId
  readonly at: Instant
  readonly state: Seen
  /** Of words/check.ts. */
  readonly code: string
  readonly values: CheckValues
  /** The measured number, where there is one: percent, milliseconds, a count. */
  readonly value?: number
}

/** One file of the spool: checks that were looked at, and what each found. A check may have several parts, or none any more. */
export interface Round {
  readonly v: 1
  /** Names without their part, such as `mirai/disk`: parts of them that are not among the results exist no more. */
  readonly ran: readonly CheckId[]
  readonly results: readonly CheckResult[]
}

/** Of 10,000 results, each with a sentence's values. */
export const ROUND_LIMIT_BYTES = 33_554_432
const value: Decoder<string | number | boolean> = (given, at) => {
  if (typeof given === 'number' && Number.isFinite(given)) return given
  if (typeof given === 'boolean') return given
  return text({ max: 4096, pattern: /^[^\0]*$/, what: 'a text without NUL' })(given, at)
}
const number: Decoder<number> = (given, at) =>
  typeof given === 'number' && Number.isFinite(given) ? given : integer()(given, at)
const id: Decoder<CheckId> = matching(isCheckId, 'a check')
const result: Decoder<CheckResult> = object({
  check: id,
  at: matching(isInstant, 'an instant'),
  state: literal(...SEEN),
  code: text({ max: 100, pattern: /^check\.[a-z_]+$/, what: 'a code of a check' }),
  values: record(value, /^[A-Za-z0-9_.]{1,60}$/),
  value: optional(number),
})
const round: Decoder<Round> = object({ v: literal(1), ran: list(id, 2000), results: list(result, 10_000) })

/** Undefined where the bytes are no round. */
export function readRound(json: unknown): Round | undefined {
  const read = decode(round, json)
  return read.ok ? read.value : undefined
}

/** The name of a file of the spool. Sorted by name, files are in the order in which they were written. */
export function roundName(at: Instant, count: number): string {
  return `checks-${at.replaceAll(/[-:.]/g, '')}-${String(count).padStart(6, '0')}.json`
}
export const ROUND_NAME = /^checks-\d{8}T\d{9}Z-\d{6,}\.json$/

/** The check without its part: `mirai/disk` of `mirai/disk:/var`. */
export function familyOf(check: CheckId): CheckId {
  const colon = check.indexOf(':')
  return (colon === -1 ? check : check.slice(0, colon)) as CheckId
}
export function itemOf(check: CheckId): string {
  return familyOf(check).slice(check.indexOf('/') + 1)
}
/** The service, or `host`. */
export function scopeOf(check: CheckId): string {
  return check.slice(0, check.indexOf('/'))
}
