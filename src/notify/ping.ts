// How a ping stands that must come in: a missing one goes late, then down.
import { type Instant, milliseconds } from '../base/time.ts'
import type { PingIn } from './rules.ts'

/** `no_data`: none has come yet, and none is late. */
export type PingState = 'no_data' | 'good' | 'late' | 'down'

export interface PingSeen {
  /** The last one that came. */
  readonly lastAt?: Instant
  /** Counted from here where none came since: when the rule was first seen, or when the gate was there again. */
  readonly countedFrom: Instant
}

export function pingState({ everySeconds, graceSeconds }: PingIn, seen: PingSeen, now: Instant): PingState {
  const { lastAt, countedFrom } = seen
  const from = lastAt !== undefined && lastAt > countedFrom ? lastAt : countedFrom
  const passed = milliseconds(now) - milliseconds(from)
  if (passed > (everySeconds + graceSeconds) * 1000) return 'down'
  if (passed > everySeconds * 1000) return 'late'
  return lastAt === undefined ? 'no_data' : 'good'
}

/** A ping that fell due while nobody listened is not missing: it is counted from when somebody listened again. */
export function countedAfterAbsence(
  { everySeconds }: PingIn,
  seen: PingSeen,
  absence: { readonly from: Instant; readonly until: Instant },
): Instant {
  const { lastAt, countedFrom } = seen
  const base = lastAt !== undefined && lastAt > countedFrom ? lastAt : countedFrom
  const due = milliseconds(base) + everySeconds * 1000
  const wasDueThen = due > milliseconds(absence.from) && due <= milliseconds(absence.until)
  return wasDueThen ? absence.until : countedFrom
}
