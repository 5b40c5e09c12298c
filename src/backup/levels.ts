// Folds the journal's lines about one service to what is known of its copies. Nothing is remembered anywhere else: whoever asks folds again.
import type { ServiceName } from '../base/id.ts'
import { type Instant, milliseconds } from '../base/time.ts'
import type { Asked, BackupEvent, Work } from './events.ts'
import {
  atLeast,
  type BackupId,
  type CopyPlace,
  type CopyState,
  type KnownCopy,
  LEVELS,
  type Level,
} from './level.ts'
import { byText, type Root } from './records.ts'

/** A journal line of kind `backup`, with the moment it was written. */
export interface BackupLine {
  readonly at: Instant
  readonly body: BackupEvent
}

export interface FailedRun {
  readonly at: Instant
  readonly work: Work
  readonly backup?: BackupId
  readonly copy?: string
  readonly why: string
  readonly detail: Readonly<Record<string, string>>
}

export interface BegunRun {
  readonly at: Instant
  readonly work: Work
  readonly asked: Asked
  readonly backup?: BackupId
  readonly copy?: string
}

/** Where the copies of one target lie, as it was last found. */
export interface KnownPlace {
  readonly at: Instant
  readonly copy: string
  readonly to: string
  readonly place: CopyPlace
  readonly seen: Readonly<Record<string, string>>
}

export interface Drill {
  readonly at: Instant
  readonly backup: BackupId
  readonly copy: string
  readonly ms: number
}

/** All that the journal knows of one service's backups. */
export interface Backups {
  /** Newest first, by the moment the data was read; pruned ones too. */
  readonly copies: readonly KnownCopy[]
  /** Oldest first. */
  readonly failures: readonly FailedRun[]
  readonly drills: readonly Drill[]
  readonly places: readonly KnownPlace[]
  /** Begun and not ended: under way, or cut off by a kill. At most one of each work. */
  readonly begun: readonly BegunRun[]
  /** When each work last ended well. */
  readonly lastDone: Readonly<Partial<Record<Work, Instant>>>
  /** Since when every copy is being read and not all are: what was read after that is not read again when it goes on. */
  readonly readingAll?: Instant
}

/** After so long it does not go on but begins anew. */
const READING_ALL_MS = 86_400_000

/** Takes lines one by one, in the order of the journal; those of other services are passed over. */
export interface BackupFold {
  take(line: BackupLine): void
  read(): Backups
}

interface Growing {
  fixed: Omit<KnownCopy, 'state' | 'level' | 'earned' | 'heldBy' | 'why'>
  state: CopyState
  earned: Partial<Record<Level, Instant>>
  read?: Instant
  /** Why it is suspect, failed or pruned. */
  why?: string
  damaged?: string
  /** The level that was last found not to hold, and why: stands until that level is earned. */
  refused?: { readonly level: Level; readonly why: string; readonly bad?: NonNullable<KnownCopy['bad']> }
}

export function backupsOf(service: ServiceName, lines: Iterable<BackupLine>): Backups {
  const fold = backupFold(service)
  for (const line of lines) fold.take(line)
  return fold.read()
}

export function backupFold(service: ServiceName): BackupFold {
  const copies = new Map<string, Growing>()
  const holders = new Map<BackupId, Set<string>>()
  const failures: FailedRun[] = []
  const drills: Drill[] = []
  const places = new Map<string, KnownPlace>()
  const begun = new Map<Work, BegunRun>()
  const lastDone: Partial<Record<Work, Instant>> = {}
  let readingAll: Instant | undefined
  let isReadingAll = false

  const take = ({ at, body }: BackupLine): void => {
    if (body.service !== service) return
    switch (body.event) {
      case 'started': {
        const { work, asked } = body
        begun.set(work, { at, work, asked, ...named(body) })
        if (work === 'verify') {
          isReadingAll = body.all === true
          if (isReadingAll && isOver(readingAll, at)) readingAll = at
        }
        return
      }
      case 'ended':
        begun.delete(body.work)
        if (body.ok) lastDone[body.work] = at
        if (body.ok && body.work === 'verify' && isReadingAll) readingAll = undefined
        return
      case 'written':
      case 'imported': {
        const { backup, copy, engine, to, where, place, taken, manifest, bytes, entries } = body
        const imported = body.event === 'imported'
        copies.set(keyOf(backup, copy), {
          fixed: {
            backup,
            copy,
            kind: engine,
            to,
            where,
            place,
            taken,
            manifest,
            bytes,
            entries,
            imported,
            ...(body.event === 'imported' ? { kept: body.kept } : {}),
          },
          state: 'sound',
          earned: { written: at },
        })
        return
      }
      case 'held':
        holders.set(body.backup, (holders.get(body.backup) ?? new Set()).add(body.by))
        return
      case 'cleared':
        return
      case 'released':
        holders.get(body.backup)?.delete(body.by)
        return
      case 'place':
        places.set(body.copy, { at, copy: body.copy, to: body.to, place: body.place, seen: body.seen })
        for (const one of copies.values())
          if (one.fixed.copy === body.copy && one.fixed.to === body.to)
            one.fixed = { ...one.fixed, place: body.place }
        return
      case 'failed': {
        const { work, why, detail = {} } = body
        failures.push({ at, work, why, detail, ...named(body) })
        const one = body.copy === undefined ? undefined : known(body.backup, body.copy)
        // A verification that could not be done says nothing of the copy; a backup that failed after its copy was there does.
        if (one !== undefined && work === 'backup') condemn(one, 'failed', why)
        return
      }
      case 'level': {
        const one = known(body.backup, body.copy)
        if (one === undefined) return
        if (body.level === 'restored') drills.push({ at, backup: body.backup, copy: body.copy, ms: body.ms })
        earn(one, body, at)
        return
      }
      case 'refused': {
        const one = known(body.backup, body.copy)
        if (one === undefined) return
        for (const level of LEVELS.slice(LEVELS.indexOf(body.level))) delete one.earned[level]
        if (body.rules !== undefined) one.fixed = { ...one.fixed, rules: body.rules }
        if (one.refused === undefined || atLeast(one.refused.level, body.level))
          one.refused = { level: body.level, why: body.why, ...badOf(body) }
        return
      }
      case 'suspect': {
        const one = known(body.backup, body.copy)
        if (one === undefined) return
        condemn(one, 'suspect', body.why, body.path)
        // Seen by reading another one.
        if (body.why !== 'shared') one.read = at
        return
      }
      case 'pruned': {
        const one = known(body.backup, body.copy)
        if (one !== undefined) condemn(one, 'pruned', body.why)
        return
      }
    }
  }

  /** What was pruned is gone: nothing brings it back. A copy that no line wrote does not exist, whatever is claimed of it. */
  const known = (backup: BackupId | undefined, copy: string): Growing | undefined => {
    const one = backup === undefined ? undefined : copies.get(keyOf(backup, copy))
    return one?.state === 'pruned' ? undefined : one
  }

  const read = (): Backups => ({
    copies: [...copies.values()].map((one) => asKnown(one, holders.get(one.fixed.backup))).sort(newestFirst),
    failures: [...failures],
    drills: [...drills],
    places: [...places.values()],
    begun: [...begun.values()],
    lastDone: { ...lastDone },
    ...(readingAll === undefined ? {} : { readingAll }),
  })
  return { take, read }
}

function isOver(readingAll: Instant | undefined, at: Instant): boolean {
  return readingAll === undefined || milliseconds(at) - milliseconds(readingAll) > READING_ALL_MS
}

/** What data files and tables held, by `ITEM/path`. Of a root that is not named: a list. */
export interface Baseline {
  readonly records: Readonly<Record<string, number>>
  readonly roots: Readonly<Record<string, Root>>
}

export const NO_BASELINE: Baseline = { records: {}, roots: {} }

/** Of the newest older copy whose content held, whatever rules it was judged by: content is compared with what was good. */
export function baselineBefore(
  { copies }: Pick<Backups, 'copies'>,
  than: Pick<KnownCopy, 'taken'>,
): Baseline {
  const good = copies.find(
    (one) =>
      one.taken < than.taken &&
      one.state === 'sound' &&
      one.records !== undefined &&
      atLeast(one.level, 'content'),
  )
  return good === undefined ? NO_BASELINE : baselineOf(good)
}

export function baselineOf({ records = {}, roots = {} }: Pick<KnownCopy, 'records' | 'roots'>): Baseline {
  return { records, roots }
}

/** What one file held: as the judge of a file takes it. */
export function heldBefore(
  { records, roots }: Baseline,
  key: string,
): { readonly before?: number; readonly rootBefore?: Root } {
  const before = Object.hasOwn(records, key) ? records[key] : undefined
  if (before === undefined) return {}
  return { before, rootBefore: (Object.hasOwn(roots, key) ? roots[key] : undefined) ?? 'list' }
}

/** By the moment the data was read, then by id and copy, so that the order is one. */
export function newestFirst(a: KnownCopy, b: KnownCopy): number {
  return byText(b.taken, a.taken) || byText(b.backup, a.backup) || byText(a.copy, b.copy)
}

function earn(one: Growing, body: Extract<BackupEvent, { readonly event: 'level' }>, at: Instant): void {
  for (const level of LEVELS.slice(1, LEVELS.indexOf(body.level) + 1)) one.earned[level] = at
  one.read = at
  if (one.refused !== undefined && atLeast(body.level, one.refused.level)) delete one.refused
  // Everything was read again and is equal: what was suspected is not so. What failed as a backup stays failed.
  if (one.state === 'suspect') {
    one.state = 'sound'
    delete one.why
    delete one.damaged
  }
  one.fixed = {
    ...one.fixed,
    ...(body.records === undefined ? {} : { records: body.records, roots: body.roots ?? {} }),
    ...(body.rules === undefined ? {} : { rules: body.rules }),
    ...(body.level === 'restored' ? { restoreMs: body.ms, without: body.read.without ?? 0 } : {}),
  }
}

function condemn(one: Growing, state: CopyState, why: string, damaged?: string): void {
  one.state = state
  one.why = why
  if (damaged === undefined) delete one.damaged
  else one.damaged = damaged
}

function asKnown(
  { fixed, state, earned, read, why, damaged, refused }: Growing,
  holders: ReadonlySet<string> = new Set(),
): KnownCopy {
  const reason = why ?? refused?.why
  return {
    ...fixed,
    state,
    level: levelOf(earned),
    earned: { ...earned },
    ...(read === undefined ? {} : { read }),
    heldBy: [...holders].sort(),
    ...(reason === undefined ? {} : { why: reason }),
    ...(damaged === undefined ? {} : { damaged }),
    ...(refused?.bad === undefined ? {} : { bad: refused.bad }),
  }
}

function badOf({ item, fault }: Extract<BackupEvent, { readonly event: 'refused' }>) {
  return item === undefined || fault === undefined ? {} : { bad: { item, fault } }
}

function levelOf(earned: Partial<Record<Level, Instant>>): Level {
  return LEVELS.findLast((level) => earned[level] !== undefined) ?? 'written'
}

function keyOf(backup: BackupId, copy: string): string {
  return `${backup}/${copy}`
}

function named(body: { readonly backup?: BackupId; readonly copy?: string }): {
  readonly backup?: BackupId
  readonly copy?: string
} {
  return {
    ...(body.backup === undefined ? {} : { backup: body.backup }),
    ...(body.copy === undefined ? {} : { copy: body.copy }),
  }
}
