// What people said of a check, from the ledger: who muted it and why, who ended the mute, and who took it up.
import type { Instant } from '../base/time.ts'
import { patternsOf } from '../checks/mute.ts'
import type { CheckId } from '../checks/result.ts'
import type { CheckHistory } from '../contract/check.ts'
import { type Executor, readLatestOf } from '../record/store.ts'

const KINDS = {
  'check.mute': 'muted',
  'check.mute_ended': 'mute_ended',
  'check.acknowledged': 'acknowledged',
} as const
const SHOWN = 50

/** The newest that were said between two moments, the oldest first. */
export async function saidOf(
  db: Executor,
  check: CheckId,
  from: Instant,
  until: Instant,
): Promise<CheckHistory['said']> {
  const found = await readLatestOf(db, {
    kinds: Object.keys(KINDS),
    subjects: patternsOf(check),
    limit: SHOWN,
  })
  return found.toReversed().flatMap(({ seq, entry: { at, actor, kind, subject, payload } }) => {
    if (at < from || at >= until || !(kind in KINDS)) return []
    const { reason, until: end } = payload as { readonly reason?: unknown; readonly until?: unknown }
    return [
      {
        at,
        seq,
        by: actor,
        kind: KINDS[kind as keyof typeof KINDS],
        ...(typeof reason === 'string' ? { reason } : {}),
        ...(subject === check ? {} : { pattern: subject }),
        ...(kind === 'check.mute' && typeof end === 'string' ? { until: end } : {}),
      },
    ]
  })
}
