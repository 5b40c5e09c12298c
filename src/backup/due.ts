// Which work of the backups is due now? Asked by the gate's clock; the runner asks for lateness alone, by itself. Pure.
import { type Instant, milliseconds } from '../base/time.ts'
import type { Work } from './events.ts'
import type { Backups } from './levels.ts'
import type { BackupRules } from './set.ts'

const DAY = 86_400_000
const HOUR = 3_600_000
const LATE = 1.5
/** Bytes that were read once may rot: each copy that is kept is read again in this time (backup.md §6: levels age). */
const READ_AGAIN_MS = 30 * DAY

/** Longer than this after the last one it is late: then the runner begins by itself, and `doctor` says so (backup.md §0). */
export function lateMs(everyMs: number): number {
  return LATE * everyMs
}

/** What failed is tried again after an hour, or after `every` where that is sooner: the same full disk is not filled every minute. */
export function againMs(everyMs: number): number {
  return Math.min(HOUR, everyMs)
}

/**
 * The first that is due, in the order of what people miss most: a backup, a drill, a look at what is there, what may go.
 * What failed waits for `againMs`.
 */
export function dueWork(
  rules: Pick<BackupRules, 'everyMs' | 'drillEveryMs'>,
  known: Backups,
  now: Instant,
): Work | undefined {
  const at = milliseconds(now)
  const since = (then: Instant | undefined) =>
    then === undefined ? Number.POSITIVE_INFINITY : at - milliseconds(then)
  const again = againMs(rules.everyMs)
  const isFree = (work: Work) => since(known.failures.findLast((one) => one.work === work)?.at) >= again
  const isDue = (work: Work, everyMs: number) => since(known.lastDone[work]) >= everyMs && isFree(work)

  if (isDue('backup', rules.everyMs)) return 'backup'
  const sound = known.copies.filter(({ state }) => state === 'sound')
  if (sound.length === 0) return undefined
  if (isDue('drill', rules.drillEveryMs)) return 'drill'
  const unread = sound.some(({ earned }) => since(earned.digest) >= READ_AGAIN_MS)
  if (unread && isDue('verify', DAY)) return 'verify'
  // The rules have changed since the newest was judged: it counts again when it was read by them.
  if (sound[0]?.isStale === true && isDue('verify', again)) return 'verify'
  return isDue('prune', DAY) ? 'prune' : undefined
}
