// The last known good, by what its content says now and never by what was once noted of it: newest to oldest, the first that passes
// (backup.md §8). One backup for all items, unless a person asked for a mix. Damage lies between the newest good and the oldest bad.
import type { Instant } from '../base/time.ts'
import { atLeast, type BackupId, type CopyPlace, type KnownCopy, type Level } from './level.ts'
import { newestFirst } from './levels.ts'
import { byText } from './records.ts'

/** What reading one item of one copy gave. `question`: its size is out of trend, and no person has said yet that it is meant. */
export type ItemVerdict = 'good' | 'rubbish' | 'question' | 'unreadable' | 'absent'

export interface JudgedCopy {
  readonly copy: KnownCopy
  /** By item; what was not judged is not known to be good. */
  readonly items: Readonly<Record<string, ItemVerdict>>
}

export interface Allowed {
  readonly places?: readonly CopyPlace[]
  /** At least this was once read of it. Absent: any, for all of it is read again. */
  readonly level?: Level
  readonly imported?: boolean
}

/** Where the damage lies: after this, and by then. Without `oldestBad` nothing newer than the good one was found bad. */
export interface DamageDated {
  readonly newestGood?: Instant
  readonly oldestBad?: Instant
}

/** Seen before the choice and not taken. */
export interface PassedOver {
  readonly backup: BackupId
  readonly copy: string
  readonly items: Readonly<Record<string, Exclude<ItemVerdict, 'good'>>>
}

export type Choice =
  | {
      readonly chosen: true
      /** By item: the same copy for all, unless a mix was asked for. */
      readonly from: Readonly<Record<string, KnownCopy>>
      readonly isMix: boolean
      readonly damage: Readonly<Record<string, DamageDated>>
      readonly passedOver: readonly PassedOver[]
    }
  /** Nothing passes. `none`: items of which no copy is good; empty where each has one, and only a mix would do. */
  | {
      readonly chosen: false
      readonly none: readonly string[]
      readonly damage: Readonly<Record<string, DamageDated>>
      readonly passedOver: readonly PassedOver[]
    }

/**
 * Which copies to read, in this order: sound ones that the caller allows, newest first, of one backup the directory before restic; then
 * those under suspicion in the same order. All of it is read again, so what was suspected for a moment is no reason to have no way back.
 */
export function candidates(copies: readonly KnownCopy[], allowed: Allowed = {}): readonly KnownCopy[] {
  return copies
    .filter(
      (copy) =>
        (copy.state === 'sound' || copy.state === 'suspect') &&
        (allowed.places === undefined || allowed.places.includes(copy.place)) &&
        (allowed.level === undefined || atLeast(copy.level, allowed.level)) &&
        (allowed.imported !== false || !copy.imported),
    )
    .sort(
      (a, b) =>
        byText(a.state, b.state) || byText(b.taken, a.taken) || byText(a.kind, b.kind) || newestFirst(a, b),
    )
}

/** The same bytes as a copy whose content was judged already: reading it again would answer the same. */
export function isJudged(copy: KnownCopy, judged: readonly JudgedCopy[]): boolean {
  return judged.some(
    (one) =>
      one.copy.manifest === copy.manifest &&
      Object.values(one.items).every((verdict) => verdict !== 'unreadable'),
  )
}

/**
 * Chooses among what was judged, in whatever order it is handed in. The caller reads `candidates` one by one and may stop at the first
 * answer that is `chosen`: reading older ones never changes it.
 */
export function lastKnownGood(
  judged: readonly JudgedCopy[],
  items: readonly string[],
  options: { readonly mix?: boolean } = {},
): Choice {
  const ordered = judgedOrder(judged)
  const whole = ordered.find((one) => items.every((item) => one.items[item] === 'good'))
  const mixed = options.mix === true ? mixOf(ordered, items) : undefined
  const from = mixed ?? (whole && Object.fromEntries(items.map((item) => [item, whole.copy])))
  const damage = Object.fromEntries(items.map((item) => [item, dated(ordered, item)]))
  if (from === undefined || items.length === 0) {
    const none = items.filter((item) => !ordered.some((one) => one.items[item] === 'good'))
    return { chosen: false, none, damage, passedOver: passedOver(ordered, items, undefined) }
  }
  const oldest = Object.values(from).reduce((a, b) => (newestFirst(a, b) > 0 ? a : b))
  return {
    chosen: true,
    from,
    isMix: new Set(Object.values(from).map((copy) => `${copy.backup}/${copy.copy}`)).size > 1,
    damage,
    passedOver: passedOver(ordered, items, oldest),
  }
}

function judgedOrder(judged: readonly JudgedCopy[]): readonly JudgedCopy[] {
  const order = candidates(judged.map(({ copy }) => copy))
  return [...judged]
    .filter(({ copy }) => order.includes(copy))
    .sort((a, b) => order.indexOf(a.copy) - order.indexOf(b.copy))
}

function mixOf(
  ordered: readonly JudgedCopy[],
  items: readonly string[],
): Readonly<Record<string, KnownCopy>> | undefined {
  const from: [string, KnownCopy][] = []
  for (const item of items) {
    const good = ordered.find((one) => one.items[item] === 'good')
    if (good === undefined) return undefined
    from.push([item, good.copy])
  }
  return Object.fromEntries(from)
}

/** Only rubbish dates damage: what could not be read, or is in question, says nothing of the data. */
function dated(ordered: readonly JudgedCopy[], item: string): DamageDated {
  const good = ordered.find((one) => one.items[item] === 'good')
  const bad = ordered.findLast(
    (one) => one.items[item] === 'rubbish' && (good === undefined || one.copy.taken > good.copy.taken),
  )
  return {
    ...(good === undefined ? {} : { newestGood: good.copy.taken }),
    ...(bad === undefined ? {} : { oldestBad: bad.copy.taken }),
  }
}

function passedOver(
  ordered: readonly JudgedCopy[],
  items: readonly string[],
  until: KnownCopy | undefined,
): readonly PassedOver[] {
  const end = until === undefined ? ordered.length : ordered.findIndex((one) => one.copy === until)
  return ordered.slice(0, end).flatMap(({ copy, items: verdicts }) => {
    const bad = items.flatMap((item) => {
      const verdict = verdicts[item] ?? 'absent'
      return verdict === 'good' ? [] : [[item, verdict] as const]
    })
    return bad.length === 0 ? [] : [{ backup: copy.backup, copy: copy.copy, items: Object.fromEntries(bad) }]
  })
}
