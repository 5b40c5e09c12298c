// What *backed up* means at a moment: a copy that counts, was read, and is young enough. The figures are measured ones.
import { type Instant, milliseconds } from '../base/time.ts'
import { lateMs } from './due.ts'
import { atLeast, counts, type KnownCopy, LEVELS, type Level } from './level.ts'
import { type Drill, newestFirst } from './levels.ts'

export const BACKUP_LIMIT_MS = 24 * 3_600_000

/** How old a good backup may be where one is made every so often: a day, and longer only where the next one is not late before that. */
export function limitFor(everyMs: number): number {
  return Math.max(BACKUP_LIMIT_MS, lateMs(everyMs))
}

/** What clocks of two machines may differ by. */
export const CLOCK_TOLERANCE_MS = 60_000

/** A sound copy where it survives the disk, of which at least this was read. */
export function countsAs(copy: KnownCopy, level: Level = 'content'): boolean {
  return copy.state === 'sound' && counts(copy.place) && atLeast(copy.level, level)
}

/** The newest copy that counts, or nothing: then the service is not backed up, whatever lies on the disk. */
export function backedUp(copies: readonly KnownCopy[], level: Level = 'content'): KnownCopy | undefined {
  return copies.filter((copy) => countsAs(copy, level)).sort(newestFirst)[0]
}

export function ageMs(copy: KnownCopy, now: Instant): number {
  return milliseconds(now) - milliseconds(copy.taken)
}

/** By more than clocks differ: such a copy proves nothing about now. */
function isFuture(copy: KnownCopy, now: Instant): boolean {
  return ageMs(copy, now) < -CLOCK_TOLERANCE_MS
}

/** How many of the last intervals the measured loss is the worst of. */
const LAST = 10

export interface MeasuredLoss {
  /** The longest stretch without a copy that counts. */
  readonly ms: number
  /** Of how many: those between the last copies, and the one from the newest until now. */
  readonly of: number
}

/** What would have been lost at the worst of moments, and now. Undefined where nothing counts. */
export function worstLoss(copies: readonly KnownCopy[], now: Instant): MeasuredLoss | undefined {
  const counting = copies.filter((copy) => countsAs(copy) && !isFuture(copy, now))
  const taken = [...new Set(counting.map((copy) => milliseconds(copy.taken)))].sort((a, b) => b - a)
  const gaps = [milliseconds(now), ...taken].slice(0, LAST + 1).flatMap((at, i, all) => {
    const before = all[i + 1]
    return before === undefined ? [] : [Math.max(0, at - before)]
  })
  return gaps.length === 0 ? undefined : { ms: Math.max(...gaps), of: gaps.length }
}

export const RTO_DRILLS = 5
/** The worst of the last drills: never what was promised, never an average. */
export function rtoMs(drills: readonly Drill[], last = RTO_DRILLS): number | undefined {
  const recent = [...drills].sort((a, b) => milliseconds(a.at) - milliseconds(b.at)).slice(-last)
  return recent.length === 0 ? undefined : Math.max(...recent.map(({ ms }) => ms))
}

/** Each level that was earned, with its age: what was read ninety days ago is shown as such. */
export function levelAges(
  copy: KnownCopy,
  now: Instant,
): readonly { readonly level: Level; readonly at: Instant; readonly ageMs: number }[] {
  return LEVELS.flatMap((level) => {
    const at = copy.earned[level]
    return at === undefined ? [] : [{ level, at, ageMs: milliseconds(now) - milliseconds(at) }]
  })
}

/** The newest backup's size is out of trend and nobody has said that it is meant: its name. Until then it is no good one. */
export function unansweredSize(copies: readonly KnownCopy[]): string | undefined {
  const [newest] = copies.filter(({ state }) => state !== 'pruned').toSorted(newestFirst)
  if (newest === undefined) return undefined
  const same = copies.filter(({ backup }) => backup === newest.backup)
  if (same.some(({ level }) => atLeast(level, 'content'))) return undefined
  return same.some(({ why }) => why?.endsWith('.question') === true) ? newest.backup : undefined
}

export type BackupReason =
  /** No copy at all. */
  | { readonly code: 'none' }
  /** There are copies, all of them on the disk of the data. */
  | { readonly code: 'same_disk_only'; readonly copies: number }
  /** Of those that would count: suspect or failed. */
  | { readonly code: 'not_sound'; readonly copies: number }
  | { readonly code: 'from_the_future'; readonly backup: string; readonly copy: string }
  | {
      readonly code: 'too_old'
      readonly backup: string
      readonly copy: string
      readonly ageMs: number
      readonly limitMs: number
    }
  /** Young enough, and judged by rules that are no longer in force. */
  | { readonly code: 'rules_changed'; readonly backup: string; readonly copy: string }
  | {
      readonly code: 'level'
      readonly backup: string
      readonly copy: string
      readonly level: Level
      readonly wanted: Level
    }

export type BackupStanding =
  | {
      readonly standing: 'fine'
      readonly copy: KnownCopy
      readonly ageMs: number
      readonly reasons: readonly []
    }
  /** `too_low`: one is young enough and was not read as deeply as is asked. `stale`: none is young enough. */
  | {
      readonly standing: 'missing' | 'stale' | 'too_low'
      readonly copy?: KnownCopy
      readonly reasons: readonly BackupReason[]
    }

/** The backup check of a change. The limit itself passes (S08). */
export function backupStanding(
  copies: readonly KnownCopy[],
  now: Instant,
  {
    limitMs = BACKUP_LIMIT_MS,
    level = 'content',
  }: { readonly limitMs?: number; readonly level?: Level } = {},
): BackupStanding {
  const there = copies.filter((copy) => copy.state !== 'pruned')
  const reasons: BackupReason[] = []
  const counting = there.filter((copy) => counts(copy.place))
  if (there.length === 0) reasons.push({ code: 'none' })
  else if (counting.length === 0) reasons.push({ code: 'same_disk_only', copies: there.length })
  const sound = counting.filter((copy) => copy.state === 'sound')
  if (sound.length === 0 && counting.length > 0) reasons.push({ code: 'not_sound', copies: counting.length })
  for (const copy of sound)
    if (isFuture(copy, now)) reasons.push({ code: 'from_the_future', backup: copy.backup, copy: copy.copy })

  const past = sound.filter((copy) => !isFuture(copy, now)).sort(newestFirst)
  const deep = past.find((copy) => atLeast(copy.level, level))
  if (deep !== undefined && ageMs(deep, now) <= limitMs)
    return { standing: 'fine', copy: deep, ageMs: Math.max(0, ageMs(deep, now)), reasons: [] }

  const young = past.filter((copy) => ageMs(copy, now) <= limitMs)
  const best = young.toSorted((a, b) => LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level))[0]
  const newest = past[0]
  const stale = young.find(({ isStale }) => isStale === true)
  if (stale !== undefined) reasons.push({ code: 'rules_changed', backup: stale.backup, copy: stale.copy })
  else if (best !== undefined)
    reasons.push({ code: 'level', backup: best.backup, copy: best.copy, level: best.level, wanted: level })
  const old = deep ?? (best === undefined ? newest : undefined)
  if (old !== undefined)
    reasons.push({ code: 'too_old', backup: old.backup, copy: old.copy, ageMs: ageMs(old, now), limitMs })
  if (best !== undefined) return { standing: 'too_low', copy: best, reasons }
  if (newest !== undefined) return { standing: 'stale', copy: deep ?? newest, reasons }
  return { standing: 'missing', reasons }
}
