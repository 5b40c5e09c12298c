// What is kept and what goes: the last of each day, ISO week and month in the service's zone, and all of the last 48 hours (backup.md §7).
// Each target is counted for itself, by what was read of its own copies; the guards hold for the service. Every copy gets its reasons.
// INVARIANT M2: nothing that is left out of a plan is removed, and a plan that is blocked removes nothing.
import { type Instant, milliseconds } from '../base/time.ts'
import { CLOCK_TOLERANCE_MS } from './backed-up.ts'
import { type Buckets, bucketsOf } from './calendar-buckets.ts'
import { atLeast, type BackupId, type KnownCopy } from './level.ts'
import { newestFirst } from './levels.ts'

export interface Keep {
  readonly daily: number
  readonly weekly: number
  readonly monthly: number
}

export const RECENT_MS = 48 * 3_600_000
/** As many as were really brought back once are never given up. */
export const RESTORED_KEPT = 3
export const LOWERED_AFTER_MS = 7 * 24 * 3_600_000

export type KeptBecause =
  | { readonly why: 'recent' | 'newest' | 'newest_good' | 'restored' | 'imported' | 'named' }
  | { readonly why: 'held'; readonly by: readonly string[] }
  | { readonly why: 'day' | 'week' | 'month'; readonly bucket: string }
  | { readonly why: 'blocked'; readonly by: RetentionBlock }
export type RemovedBecause =
  /** Its day is still counted, and this one stands for it. */
  | { readonly why: 'replaced'; readonly bucket: string; readonly by: BackupId }
  /** Older than every day, week and month that is counted, or not the last of its own. */
  | { readonly why: 'past' }

export type CopyVerdict =
  | { readonly copy: KnownCopy; readonly keep: true; readonly because: readonly KeptBecause[] }
  | { readonly copy: KnownCopy; readonly keep: false; readonly because: RemovedBecause }

/** Nothing is removed at all. */
export type RetentionBlock =
  /** What was taken last is not known to be good: the older ones may be all there is. */
  | 'newest_below_content'
  /** The clock moved by more than a minute against the time since boot, or stands before what was taken last. */
  | 'clock'

export interface RetentionPlan {
  readonly blocked?: RetentionBlock
  /** Every copy that is still there, newest first. */
  readonly verdicts: readonly CopyVerdict[]
}

export interface RetentionInput {
  /** Of one service. Those already pruned are passed over. */
  readonly copies: readonly KnownCopy[]
  /** In force now: see `keepInForce`. */
  readonly keep: Keep
  readonly zone: string
  readonly now: Instant
  /** How far the wall clock is from where the time since boot says it is. */
  readonly clockJumpMs: number
  /** Named by an open change or an incident, though no hold was written. */
  readonly named: ReadonlySet<BackupId>
}

export function retain(input: RetentionInput): RetentionPlan {
  const copies = input.copies.filter((copy) => copy.state !== 'pruned').sort(newestFirst)
  const blocked = blockOf(copies, input)
  const reasons = new Map<KnownCopy, KeptBecause[]>(copies.map((copy) => [copy, []]))
  const because = (copy: KnownCopy | undefined, reason: KeptBecause): void => {
    if (copy !== undefined) reasons.get(copy)?.push(reason)
  }
  for (const copy of copies) for (const reason of ownReasons(copy, input)) because(copy, reason)
  const restored = restoredKept(copies)
  for (const copy of copies) if (restored.has(copy)) because(copy, { why: 'restored' })

  const at = bucketsOf(input.zone)
  const replaced = new Map<KnownCopy, RemovedBecause>()
  // What somebody else made is his to remove, and may be gone tomorrow: it stands for no day of ours.
  for (const target of byTarget(copies.filter((copy) => !copy.imported))) {
    because(target[0], { why: 'newest' })
    because(target.find(isGood), { why: 'newest_good' })
    const buckets = target.map((copy) => ({ copy, ...at(copy.taken) }))
    for (const kind of ['day', 'week', 'month'] as const)
      for (const [bucket, { keeper, others }] of keepers(buckets, kind, input.keep)) {
        because(keeper, { why: kind, bucket })
        if (kind === 'day')
          for (const copy of others) replaced.set(copy, { why: 'replaced', bucket, by: keeper.backup })
      }
  }
  return {
    ...(blocked === undefined ? {} : { blocked }),
    verdicts: copies.map((copy): CopyVerdict => {
      const kept = reasons.get(copy) ?? []
      if (kept.length > 0) return { copy, keep: true, because: kept }
      if (blocked !== undefined) return { copy, keep: true, because: [{ why: 'blocked', by: blocked }] }
      return { copy, keep: false, because: replaced.get(copy) ?? { why: 'past' } }
    }),
  }
}

/** Each number as high as any that held in the last seven days: who lowers it by mistake, or by night, has a week to see it. */
export function keepInForce(
  history: readonly { readonly at: Instant; readonly keep: Keep }[],
  now: Instant,
): Keep | undefined {
  const since = milliseconds(now) - LOWERED_AFTER_MS
  const ordered = [...history].sort((a, b) => milliseconds(a.at) - milliseconds(b.at))
  const held = ordered.filter((one, i) => {
    const next = ordered[i + 1]
    return milliseconds(one.at) <= milliseconds(now) && (next === undefined || milliseconds(next.at) > since)
  })
  if (held.length === 0) return undefined
  const most = (of: keyof Keep) => Math.max(...held.map((one) => one.keep[of]))
  return { daily: most('daily'), weekly: most('weekly'), monthly: most('monthly') }
}

function blockOf(
  copies: readonly KnownCopy[],
  { now, clockJumpMs }: RetentionInput,
): RetentionBlock | undefined {
  const newest = copies.find((copy) => !copy.imported)
  if (newest === undefined) return undefined
  const ahead = milliseconds(newest.taken) - milliseconds(now)
  if (Math.abs(clockJumpMs) > CLOCK_TOLERANCE_MS || ahead > CLOCK_TOLERANCE_MS) return 'clock'
  const isKnownGood = copies.some((copy) => copy.backup === newest.backup && isGood(copy))
  return isKnownGood ? undefined : 'newest_below_content'
}

function ownReasons(copy: KnownCopy, { now, named }: RetentionInput): readonly KeptBecause[] {
  const reasons: KeptBecause[] = []
  if (milliseconds(now) - milliseconds(copy.taken) <= RECENT_MS) reasons.push({ why: 'recent' })
  if (copy.imported) reasons.push({ why: 'imported' })
  if (copy.heldBy.length > 0) reasons.push({ why: 'held', by: copy.heldBy })
  if (named.has(copy.backup)) reasons.push({ why: 'named' })
  return reasons
}

function restoredKept(copies: readonly KnownCopy[]): ReadonlySet<KnownCopy> {
  const restored = copies.filter(
    (copy) => copy.state === 'sound' && !copy.imported && atLeast(copy.level, 'restored'),
  )
  const backups = new Set([...new Set(restored.map((copy) => copy.backup))].slice(0, RESTORED_KEPT))
  return new Set(restored.filter((copy) => backups.has(copy.backup)))
}

function byTarget(copies: readonly KnownCopy[]): Iterable<readonly KnownCopy[]> {
  return Map.groupBy(copies, (copy) => copy.copy).values()
}

type Bucketed = Buckets & { readonly copy: KnownCopy }

/** The newest buckets that hold anything, as many as are kept, each with the one that stands for it. */
function keepers(
  newestFirst: readonly Bucketed[],
  kind: keyof Buckets,
  keep: Keep,
): readonly (readonly [string, { readonly keeper: KnownCopy; readonly others: readonly KnownCopy[] }])[] {
  const count = { day: keep.daily, week: keep.weekly, month: keep.monthly }[kind]
  const buckets = [...Map.groupBy(newestFirst, (one) => one[kind])].slice(0, count)
  return buckets.flatMap(([bucket, within]) => {
    const copies = within.map(({ copy }) => copy)
    const keeper = copies.find(isGood) ?? copies.find((copy) => copy.state === 'sound') ?? copies[0]
    return keeper === undefined
      ? []
      : [[bucket, { keeper, others: copies.filter((copy) => copy !== keeper) }] as const]
  })
}

function isGood(copy: KnownCopy): boolean {
  return copy.state === 'sound' && atLeast(copy.level, 'content')
}
