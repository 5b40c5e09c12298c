// The checks of a change, in one table: who collects them, whether they are sealed or asserted at the start, how long they are valid,
// and which patterns need them. Later issues plug a collector into a row that is here already.
import { type Decoder, literal, matching, object } from '../base/decode.ts'
import { type Digest, isDigest } from '../base/hash.ts'
import { type Instant, isInstant } from '../base/time.ts'
import { PATTERNS, type Pattern } from '../plans/patterns.ts'
import type { Assertion } from '../plans/plan.ts'

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
  | 'impact'

/** `runner`: believed by the judge only from its own journal. `gate`: labelled gate-asserted on card and record. */
export type Collector = 'runner' | 'gate'

export interface CheckRow {
  readonly name: CheckName
  readonly collector: Collector
  /** `sealed`: its evidence digest is a part of the envelope. `pre`: lives minutes, asserted again at the start. */
  readonly bound: 'sealed' | 'pre'
  readonly validMs: number
  /** By which patterns: `tried`, `rehearsed` and `asksHealth` are what their rows say; `onCopies`: tried and not rehearsed. */
  readonly needed: 'always' | 'tried' | 'onCopies' | 'rehearsed' | 'asksHealth' | 'never'
  /** A person may sign to do without it. */
  readonly waivable: boolean
}

const HOUR = 3_600_000

/** The order is the order on the card. */
export const CHECKS: readonly CheckRow[] = [
  {
    name: 'baseline',
    collector: 'runner',
    bound: 'sealed',
    validMs: 24 * HOUR,
    needed: 'always',
    waivable: false,
  },
  {
    name: 'conflict',
    collector: 'gate',
    bound: 'pre',
    validMs: HOUR / 12,
    needed: 'always',
    waivable: false,
  },
  { name: 'window', collector: 'gate', bound: 'pre', validMs: HOUR / 12, needed: 'always', waivable: false },
  {
    name: 'health',
    collector: 'runner',
    bound: 'pre',
    validMs: HOUR / 12,
    needed: 'asksHealth',
    waivable: true,
  },
  {
    name: 'validation',
    collector: 'runner',
    bound: 'sealed',
    validMs: 24 * HOUR,
    needed: 'tried',
    waivable: true,
  },
  {
    name: 'trial',
    collector: 'runner',
    bound: 'sealed',
    validMs: 24 * HOUR,
    needed: 'onCopies',
    waivable: true,
  },
  {
    name: 'undo',
    collector: 'runner',
    bound: 'sealed',
    validMs: 24 * HOUR,
    needed: 'tried',
    waivable: true,
  },
  {
    name: 'notification',
    collector: 'gate',
    bound: 'sealed',
    validMs: 24 * HOUR,
    needed: 'always',
    waivable: false,
  },
  // Needed by what changes data, whatever its pattern (isNeeded).
  {
    name: 'backup',
    collector: 'runner',
    bound: 'sealed',
    validMs: 24 * HOUR,
    needed: 'never',
    waivable: true,
  },
  {
    name: 'tests',
    collector: 'runner',
    bound: 'sealed',
    validMs: 24 * HOUR,
    needed: 'rehearsed',
    waivable: true,
  },
  // A waiver of it is stamped on card and record.
  {
    name: 'rehearsal',
    collector: 'runner',
    bound: 'sealed',
    validMs: 24 * HOUR,
    needed: 'rehearsed',
    waivable: true,
  },
  {
    name: 'impact',
    collector: 'runner',
    bound: 'sealed',
    validMs: 24 * HOUR,
    needed: 'rehearsed',
    waivable: true,
  },
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
  readonly actions?: readonly { readonly action: { readonly kind: string } }[]
}

/** What is rehearsed as a whole is tried in parts too, where it changes a schema or files of the site. */
const TRIED_IN_PARTS: ReadonlySet<string> = new Set(['migrate', 'migrateByTool', 'replaceFiles'])

function isNeededBy({ needed }: CheckRow, pattern: Pattern): boolean {
  const { isTried, isRehearsed = false, asksHealth } = PATTERNS[pattern]
  switch (needed) {
    case 'always':
      return true
    case 'tried':
      return isTried
    case 'onCopies':
      return isTried && !isRehearsed
    case 'rehearsed':
      return isRehearsed
    case 'asksHealth':
      return asksHealth
    case 'never':
      return false
  }
}

export function isNeeded(row: CheckRow, { pattern, pre, startsFrom, actions = [] }: Needs): boolean {
  // A change that repairs a service that is down cannot ask it to be up first.
  if (row.name === 'health' && startsFrom === 'down') return false
  if (row.name === 'trial' && actions.some(({ action }) => TRIED_IN_PARTS.has(action.kind))) return true
  // The same of a schema that goes back.
  const goesBack = actions.some(({ action }) => action.kind === 'migrate' && 'back' in action)
  if (row.name === 'health' && goesBack) return false
  const byTool = actions.some(({ action }) => action.kind === 'migrateByTool')
  const asserts = (name: Assertion['kind']) => pre?.some(({ kind }) => kind === name) === true
  // Code that ran before may be what a sick service needs: its plan does not assert health.
  if (row.name === 'health' && (pattern === 'code' || byTool) && pre !== undefined) return asserts('health')
  return isNeededBy(row, pattern) || (row.name === 'backup' && asserts('backup'))
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
  'impact',
)
export const sealedEvidence: Decoder<SealedEvidence> = object({
  check: checkName,
  digest: matching(isDigest, 'a digest'),
  expires: matching(isInstant, 'an instant'),
  collector: literal('runner', 'gate'),
})
