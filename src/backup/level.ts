// What is known of one copy of one backup: not what was hoped when it was written, but what was really read of it (backup.md §6).
import type { Digest } from '../base/hash.ts'
import type { Instant } from '../base/time.ts'
import type { Root } from './records.ts'

/**
 * `written`: it is there and nothing was read again. `digest` (整合): every byte of every item was read and equals the sealed manifest,
 * names compared as sets. `content` (内容): every data file parsed, every dump's data section read, invariants and trend hold.
 * `restored` (復元): brought back to scratch by the documented way, equal to the manifest, queried. `booted` (起動): after that the service was started on it in a
 * room, answered its health there, and its smoke test passed.
 */
export const LEVELS = ['written', 'digest', 'content', 'restored', 'booted'] as const
export type Level = (typeof LEVELS)[number]

export function atLeast(level: Level, wanted: Level): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(wanted)
}

/**
 * How near a copy is to what it shall survive, found by looking and by trying, never by what is written in the rules (backup.md §0).
 * Only the last three count as *backed up*: a copy on the same disk is taken, and is the way back of a change.
 */
export const PLACES = ['same-disk', 'other-disk', 'off-host', 'off-host-append-only'] as const
export type CopyPlace = (typeof PLACES)[number]

export function counts(place: CopyPlace): boolean {
  return place !== 'same-disk'
}

/** A state beside the level: what makes a copy unusable whatever was once read of it. */
export type CopyState = 'sound' | 'suspect' | 'failed' | 'pruned'

/** One copy of one backup as the runner's journal knows it. */
export interface KnownCopy {
  readonly backup: BackupId
  readonly copy: string
  readonly kind: 'directory' | 'restic'
  /** The target as the rules named it. */
  readonly to: string
  /** What to open: the snapshot's directory, or restic's snapshot id. */
  readonly where: string
  readonly place: CopyPlace
  readonly state: CopyState
  readonly level: Level
  /** When the data was read: the moment that a restore goes back to. */
  readonly taken: Instant
  /** When each level was last earned; it ages. */
  readonly earned: Readonly<Partial<Record<Level, Instant>>>
  /** When its bytes were last read again, whatever was found. Absent: never. */
  readonly read?: Instant
  readonly manifest: Digest
  readonly bytes: number
  readonly entries: number
  /** Held by an open change, an incident, or a person: never pruned. */
  readonly heldBy: readonly string[]
  /** Made by something else in the guide's layout, and read in place. */
  readonly imported: boolean
  /** Where the manifest of an imported one is kept: in the runner's own state. */
  readonly kept?: string
  /** Records by `ITEM/path` or `ITEM/schema.table`, counted when *content* was last earned: what a later trend is measured against. */
  readonly records?: Readonly<Record<string, number>>
  /** By `ITEM/path`, of files in `records` whose outermost value is no list. */
  readonly roots?: Readonly<Record<string, Root>>
  /** Digest of the rules that its content was last judged by; absent where an older version judged it. */
  readonly rules?: Digest
  /** Its content was judged, and the rules have changed since: nothing is known of it under those in force. */
  readonly isStale?: true
  /** Measured by the last drill of this copy. */
  readonly restoreMs?: number
  /** How many secrets were not in it when it was last brought back. */
  readonly without?: number
  readonly why?: string
  /** Of a suspect one: what was found first not to be what was sealed. */
  readonly damaged?: string
  /** Of which item the content was last found not to be good, and what was wrong first. */
  readonly bad?: { readonly item: string; readonly fault: string }
}

/** `20261125_191200Z`: the directory's name, in UTC. The guide's local form without `Z` is read, and never written. */
export type BackupId = string & { readonly backup: unique symbol }

const ID = /^\d{8}_\d{6}Z?$/

export function isBackupId(value: unknown): value is BackupId {
  return typeof value === 'string' && ID.test(value)
}

/** Of the moment the run began. */
export function backupId(at: Instant): BackupId {
  const [date = '', time = ''] = at.split('T')
  return `${date.replaceAll('-', '')}_${time.slice(0, 8).replaceAll(':', '')}Z` as BackupId
}
