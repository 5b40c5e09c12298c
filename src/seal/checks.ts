// The checks of a change, in one table: who collects them, whether they are sealed or asserted at the start, how long they are valid,
// and which pattern needs them. Later issues plug a collector into a row that is here already.
import { type Decoder, literal, matching, object } from '../base/decode.ts'
import { type Digest, isDigest } from '../base/hash.ts'
import { type Instant, isInstant } from '../base/time.ts'
import type { Assertion, Pattern } from '../plans/plan.ts'

export type CheckName =
  | 'baseline'
  | 'conflict'
  | 'window'
  | 'health'
  | 'validation'
  | 'trial'
  | 'undo'
  | 'notification'
  | 'backup'
  | 'tests'
  | 'rehearsal'

/** `runner`: believed by the judge only from its own journal. `gate`: labelled gate-asserted on card and record. */
export type Collector = 'runner' | 'gate'

export interface CheckRow {
  readonly name: CheckName
  readonly collector: Collector
  /** `sealed`: its evidence digest is a part of the envelope. `pre`: lives minutes, asserted again at the start. */
  readonly bound: 'sealed' | 'pre'
  readonly validMs: number
  readonly needed: Readonly<Record<Pattern, boolean>>
  /** A person may sign to do without it. */
  readonly waivable: boolean
}

const HOUR = 3_600_000
const every = { config: true, service: true, data: true }
const none = { config: false, service: false, data: false }
const configOnly = { config: true, service: false, data: false }
/** What is laid out beside, read again and taken back, on copies or in the staging place. */
const tried = { config: true, service: false, data: true }

/** The order is the order on the card. */
export const CHECKS: readonly CheckRow[] = [
  {
    name: 'baseline',
    collector: 'runner',
    bound: 'sealed',
    validMs: 24 * HOUR,
    needed: every,
    waivable: false,
  },
  { name: 'conflict', collector: 'gate', bound: 'pre', validMs: HOUR / 12, needed: every, waivable: false },
  { name: 'window', collector: 'gate', bound: 'pre', validMs: HOUR / 12, needed: every, waivable: false },
  {
    name: 'health',
    collector: 'runner',
    bound: 'pre',
    validMs: HOUR / 12,
    needed: configOnly,
    waivable: true,
  },
  {
    name: 'validation',
    collector: 'runner',
    bound: 'sealed',
    validMs: 24 * HOUR,
    needed: tried,
    waivable: true,
  },
  {
    name: 'trial',
    collector: 'runner',
    bound: 'sealed',
    validMs: 24 * HOUR,
    needed: tried,
    waivable: true,
  },
  {
    name: 'undo',
    collector: 'runner',
    bound: 'sealed',
    validMs: 24 * HOUR,
    needed: tried,
    waivable: true,
  },
  {
    name: 'notification',
    collector: 'gate',
    bound: 'sealed',
    validMs: 24 * HOUR,
    needed: every,
    waivable: false,
  },
  // Needed by what changes data, whatever its pattern (isNeeded).
  { name: 'backup', collector: 'runner', bound: 'sealed', validMs: 24 * HOUR, needed: none, waivable: true },
  { name: 'tests', collector: 'gate', bound: 'sealed', validMs: 24 * HOUR, needed: none, waivable: true },
  { name: 'rehearsal', collector: 'gate', bound: 'sealed', validMs: 24 * HOUR, needed: none, waivable: true },
]

export function checkRow(name: CheckName): CheckRow {
  const row = CHECKS.find((one) => one.name === name)
  if (row === undefined) throw new TypeError(`no check ${name}`)
  return row
}

/** What decides which checks a change needs: its pattern and, once it is planned, what must hold at its start. */
export interface Needs {
  readonly pattern: Pattern
  readonly pre?: readonly Assertion[]
  readonly startsFrom?: 'down'
}

export function isNeeded(row: CheckRow, { pattern, pre = [], startsFrom }: Needs): boolean {
  // A change that repairs a service that is down cannot ask it to be up first.
  if (row.name === 'health' && startsFrom === 'down') return false
  return row.needed[pattern] || (row.name === 'backup' && pre.some(({ kind }) => kind === 'backup'))
}

/** What of a check goes under the seal: refreshed evidence is a new digest, so sealed evidence stays until its own expiry. */
export interface SealedEvidence {
  readonly check: CheckName
  readonly digest: Digest
  readonly expires: Instant
  readonly collector: Collector
}

export const checkName: Decoder<CheckName> = literal(
  'baseline',
  'conflict',
  'window',
  'health',
  'validation',
  'trial',
  'undo',
  'notification',
  'backup',
  'tests',
  'rehearsal',
)
export const sealedEvidence: Decoder<SealedEvidence> = object({
  check: checkName,
  digest: matching(isDigest, 'a digest'),
  expires: matching(isInstant, 'an instant'),
  collector: literal('runner', 'gate'),
})
