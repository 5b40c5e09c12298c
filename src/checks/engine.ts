// How looks become a state. Pure: what was kept and one more result give what is kept now and what changed.
// INVARIANT C1: a check is shown as good only when its newest look was in time, whole and good.
import { type Instant, milliseconds } from '../base/time.ts'
import { type Agreement, type CheckDefinition, lateAfterMs } from './definition.ts'
import type { CheckResult, CheckState, CheckValues, Seen } from './result.ts'

export interface Kept {
  readonly state: CheckState
  /** Since when it has stood so. */
  readonly since: Instant
  /** The newest look. */
  readonly lookedAt: Instant
  readonly code: string
  readonly values: CheckValues
  readonly value?: number
  /** When what code and values say was seen: an earlier look than the newest while the state is held. Absent in rows of an older release. */
  readonly saidAt?: Instant
  /** What the newest look saw, where code and values do not say it. */
  readonly newest?: { readonly state: Seen; readonly code: string; readonly values: CheckValues }
  /** The last looks, oldest first. */
  readonly recent: readonly Seen[]
  /** When the looks went over between good and bad, lately. */
  readonly turns: readonly Instant[]
  /** It goes over too often; it is held at the worst of what was seen until it is quiet. */
  readonly flapping?: true
}

export interface Folded {
  readonly kept: Kept
  /** The state that it had before, where it has another one now. */
  readonly from?: CheckState
}

const FLAP_TURNS = 6
const FLAP_WINDOW_MS = 30 * 60_000
/** Without a turn for so long it is not flapping any more. */
const QUIET_MS = 10 * 60_000
const RANK: Readonly<Record<CheckState, number>> = { good: 0, warning: 1, no_data: 2, late: 2, red: 3 }

export const isBad = (state: CheckState): boolean => state !== 'good'
export const isWorse = (state: CheckState, than: CheckState): boolean => RANK[state] > RANK[than]

/** A result that is not newer than what is kept changes nothing: a file of the spool may be taken twice. */
export function fold(before: Kept | undefined, result: CheckResult, rule: Agreement): Folded {
  if (before !== undefined && result.at <= before.lookedAt) return { kept: before }
  const seen = heldByBand(before, result, rule) ? (before?.state as Seen) : result.state
  const recent = [...(before?.recent ?? []), seen].slice(-Math.max(rule.of, rule.goodAfter))
  const last = before?.recent.at(-1)
  const turned = last !== undefined && isBad(last) !== isBad(seen)
  const now = milliseconds(result.at)
  const turns = [...(before?.turns ?? []), ...(turned ? [result.at] : [])].filter(
    (at) => now - milliseconds(at) <= FLAP_WINDOW_MS,
  )
  const newest = turns.at(-1)
  const isRestless = newest !== undefined && now - milliseconds(newest) < QUIET_MS
  const flapping = isRestless && (before?.flapping === true || turns.length >= FLAP_TURNS)
  const agreed = agreedState(before?.state, recent, rule)
  const state =
    flapping && before !== undefined && !isBad(agreed) && isBad(before.state) ? before.state : agreed
  const isSame = before?.state === state
  // The sentence is that of the state: a look that has not been agreed on yet keeps the earlier one.
  const speaks = seen === state || before === undefined || !isSame
  const inBand = seen !== result.state
  const kept: Kept = {
    state,
    since: isSame ? before.since : result.at,
    lookedAt: result.at,
    code: speaks && !inBand ? result.code : (before?.code ?? result.code),
    values: speaks ? result.values : (before?.values ?? result.values),
    saidAt: speaks ? result.at : (before?.saidAt ?? before?.lookedAt ?? result.at),
    ...(speaks ? {} : { newest: { state: result.state, code: result.code, values: result.values } }),
    ...(result.value === undefined ? {} : { value: result.value }),
    recent,
    turns,
    ...(flapping ? { flapping: true } : {}),
  }
  return before === undefined || isSame
    ? { kept, ...(before === undefined && isBad(state) ? { from: 'good' as const } : {}) }
    : { kept, from: before.state }
}

/** What is shown: good where the newest look was good too. A bad look that others have not agreed with yet is a warning. */
export function shownState({ state, recent }: Pick<Kept, 'state' | 'recent'>): CheckState {
  const newest = recent.at(-1)
  return state === 'good' && newest !== undefined && isBad(newest) ? 'warning' : state
}

/** Good, and still too near to the limit that it was over: `limit` is a value of the result. */
function heldByBand(
  before: Kept | undefined,
  { state, value, values }: CheckResult,
  { band }: Agreement,
): boolean {
  const limit = values['limit']
  if (band === undefined || value === undefined || typeof limit !== 'number') return false
  if (before === undefined || state !== 'good') return false
  return (before.state === 'red' || before.state === 'warning') && value > limit - band
}

/** The first look stands at once: before it there was nothing. */
function agreedState(before: CheckState | undefined, recent: readonly Seen[], rule: Agreement): CheckState {
  const newest = recent.at(-1) ?? 'no_data'
  if (before === undefined || before === 'late') return newest
  const window = recent.slice(-rule.of)
  const bad = window.filter(isBad)
  if (isBad(newest)) return bad.length >= rule.bad ? newest : before
  const good = recent.slice(-rule.goodAfter)
  return good.length >= rule.goodAfter && good.every((one) => !isBad(one)) ? 'good' : before
}

/**
 * What stands now, when nobody has looked since: late. `startedAt`: whoever takes the results began then; what was not looked at
 * meanwhile gets the time to be looked at, so that our own restart is no alarm.
 */
export function agedState(
  kept: Pick<Kept, 'state' | 'lookedAt'> | undefined,
  definition: CheckDefinition,
  now: Instant,
  startedAt: Instant,
): CheckState | undefined {
  const due = kept === undefined ? 0 : milliseconds(kept.lookedAt) + lateAfterMs(definition)
  const from = Math.max(
    due,
    milliseconds(startedAt) + Math.max(GRACE_MS, Math.min(lateAfterMs(definition), LONG_GRACE_MS)),
  )
  if (milliseconds(now) > from) return 'late'
  return kept?.state
}
const GRACE_MS = 90_000
/** A daily check that was never looked at is late within minutes of the start, and not after a day. */
const LONG_GRACE_MS = 10 * 60_000
