// What a journal line of kind `backup` says: the only source of what is known of a copy. The runner writes them; runner, gate and command line
// read them through this decoder. A level that no such line earned does not exist, whatever a database says.
import {
  boolean,
  type Decoder,
  integer,
  literal,
  matching,
  object,
  optional,
  record,
  text,
  union,
} from '../base/decode.ts'
import { type Digest, isDigest } from '../base/hash.ts'
import { isServiceName, type ServiceName } from '../base/id.ts'
import { type Instant, isInstant } from '../base/time.ts'
import { type BackupId, type CopyPlace, isBackupId, LEVELS, type Level, PLACES } from './level.ts'
import { TABLES_MAX } from './manifest.ts'
import { ROOTS, type Root } from './records.ts'

/** The four verbs of playbook `backup/1`. */
export const WORKS = ['backup', 'verify', 'drill', 'prune'] as const
export type Work = (typeof WORKS)[number]

/**
 * Who began it, as the gate says it: a person's order, an agent's, the gate's clock when it was due, a change whose plan takes one first; all under the
 * standing statement. Or the runner itself because it was late.
 */
export const ASKED = ['order', 'agent', 'clock', 'change', 'late'] as const
export type Asked = (typeof ASKED)[number]

/** One copy of one backup, within a service. */
interface Copy {
  readonly kind: 'backup'
  readonly service: ServiceName
  readonly backup: BackupId
  readonly copy: string
}

/** A copy that is there and complete: its directory was renamed and synced, or its snapshot was listed and counted. Nothing was read again yet. */
interface There extends Copy {
  readonly engine: 'directory' | 'restic'
  /** The target as the rules name it. */
  readonly to: string
  /** What to open: the snapshot's directory, or restic's snapshot id. */
  readonly where: string
  readonly place: CopyPlace
  readonly taken: Instant
  readonly manifest: Digest
  readonly bytes: number
  readonly entries: number
}

interface Hold {
  readonly kind: 'backup'
  readonly service: ServiceName
  readonly backup: BackupId
  /** `CHG-2026-0001`, an incident, or a person's name. */
  readonly by: string
}

/** What was really read to earn a level. */
export interface WhatWasRead {
  readonly bytes: number
  readonly entries: number
  /** Data files and tables whose content was judged. */
  readonly judged?: number
  /** Secrets whose bytes the copy does not hold: brought back from it alone, the service would lack them. */
  readonly without?: number
  /** Queries that the restored database answered. */
  readonly queries?: number
}

/** Records by `ITEM/path` or `ITEM/schema.table`, of data files that were parsed and tables that have invariants: the next backup is compared with these. */
export type RecordCounts = Readonly<Record<string, number>>

export type SuspectWhy = 'digest' | 'names' | 'unreadable' | 'shared' | 'gone'

export type BackupEvent =
  | {
      readonly kind: 'backup'
      readonly event: 'started'
      readonly service: ServiceName
      readonly work: Work
      readonly asked: Asked
      /** Of `verify`: every copy is read, and not the few whose turn it is. */
      readonly all?: true
      /** Of the backup that is being made or read; a prune names none. */
      readonly backup?: BackupId
      readonly copy?: string
    }
  /** Without this line a run was cut off. */
  | {
      readonly kind: 'backup'
      readonly event: 'ended'
      readonly service: ServiceName
      readonly work: Work
      readonly ok: boolean
      readonly ms: number
    }
  | (There & { readonly event: 'written' })
  /** Made by something else, in the guide's layout, read in place. */
  | (There & {
      readonly event: 'imported'
      /** Its manifest, which lies in the runner's own state and not in the copy. */
      readonly kept: string
    })
  /** Says that this level and every one below it hold of this copy now: everything that they ask for was read in this run. */
  | (Copy & {
      readonly event: 'level'
      readonly level: Exclude<Level, 'written'>
      readonly read: WhatWasRead
      readonly ms: number
      readonly records?: RecordCounts
      /** By `ITEM/path`, of files in `records` that are no list. */
      readonly roots?: Readonly<Record<string, Root>>
      /** Digest of the rules that the content was judged by (rules-digest.ts). */
      readonly rules?: Digest
      /** Shrink or growth beyond the limits was accepted by this person. */
      readonly acceptedBy?: string
    })
  /** The bytes are what was sealed, and this level does not hold: levels from here on are taken back. */
  | (Copy & {
      readonly event: 'refused'
      readonly level: 'content' | 'restored' | 'booted'
      readonly why: string
      /** Whose content is not good, and its first fault, as src/words/content-fault.ts reads it. */
      readonly item?: string
      readonly fault?: string
      /** As in `level`. */
      readonly rules?: Digest
    })
  /** The bytes are not what was sealed. Taken back only by a later `level`: all of it was read again and is equal. */
  | (Copy & { readonly event: 'suspect'; readonly why: SuspectWhy; readonly path?: string })
  | {
      readonly kind: 'backup'
      readonly event: 'failed'
      readonly service: ServiceName
      readonly work: Work
      readonly backup?: BackupId
      readonly copy?: string
      /** Dotted code with a sentence in words/. */
      readonly why: string
      readonly detail?: Readonly<Record<string, string>>
    }
  /** Every copy of this backup, those written later too. */
  | (Hold & { readonly event: 'held' })
  | (Hold & { readonly event: 'released' })
  /** What a restore had laid out was taken away: never used, the evidence that it kept and whose time is over, or ended by somebody half-way. */
  | {
      readonly kind: 'backup'
      readonly event: 'cleared'
      readonly service: ServiceName
      readonly stage: string
      readonly why: 'unused' | 'age' | 'cancelled'
      /** Who has ended it, as the gate says it. */
      readonly by?: string
    }
  | (Copy & { readonly event: 'pruned'; readonly why: string; readonly bytes: number })
  /** Where a target is was found anew: holds for every copy in it. */
  | {
      readonly kind: 'backup'
      readonly event: 'place'
      readonly service: ServiceName
      readonly copy: string
      readonly to: string
      readonly place: CopyPlace
      /** What was seen, as code and value: `unlink: refused`, `ancestors: sda`. */
      readonly seen: Readonly<Record<string, string>>
    }

const kind = literal('backup')
const service = matching(isServiceName, 'a service')
const backup = matching(isBackupId, 'a backup')
const copy = text({ max: 63, pattern: /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/, what: 'the name of a copy' })
const code = text({ max: 200, pattern: /^[a-z][a-z0-9_.-]*$/, what: 'a code' })
const by = text({ max: 200, pattern: /^[^\0-\x1f\x7f]+$/, what: 'a holder' })
const facts = record(text({ max: 4096 }), /^[A-Za-z][A-Za-z0-9_]{0,63}$/, 50)
const counts = record(integer(), /^[^\0\n]{1,4400}$/, TABLES_MAX)
const place: Decoder<CopyPlace> = literal(...PLACES)
const work: Decoder<Work> = literal(...WORKS)
const one = { kind, service, backup, copy }
const there = {
  ...one,
  engine: literal('directory', 'restic'),
  to: text({ max: 4096 }),
  where: text({ max: 4096 }),
  place,
  taken: matching(isInstant, 'an instant'),
  manifest: matching(isDigest, 'a digest'),
  bytes: integer(),
  entries: integer(),
}
const read = object({
  bytes: integer(),
  entries: integer(),
  judged: optional(integer()),
  queries: optional(integer()),
  without: optional(integer()),
})

type Case<E extends BackupEvent['event']> = Decoder<Extract<BackupEvent, { readonly event: E }>>

const started: Case<'started'> = object({
  kind,
  event: literal('started'),
  service,
  work,
  asked: literal(...ASKED),
  all: optional(literal(true)),
  backup: optional(backup),
  copy: optional(copy),
})
const level: Case<'level'> = object({
  ...one,
  event: literal('level'),
  level: literal(...LEVELS.filter((name) => name !== 'written')),
  read,
  ms: integer(),
  records: optional(counts),
  roots: optional(record(literal(...ROOTS), /^[^\0\n]{1,4400}$/, TABLES_MAX)),
  rules: optional(matching(isDigest, 'a digest')),
  acceptedBy: optional(by),
})
const failed: Case<'failed'> = object({
  kind,
  event: literal('failed'),
  service,
  work,
  backup: optional(backup),
  copy: optional(copy),
  why: code,
  detail: optional(facts),
})

/** Total: a line of another shape is refused with the place and the reason. */
export const backupEvent: Decoder<BackupEvent> = union<'event', BackupEvent>('event', {
  started,
  ended: object({ kind, event: literal('ended'), service, work, ok: boolean, ms: integer() }),
  written: object({ ...there, event: literal('written') }),
  imported: object({ ...there, event: literal('imported'), kept: text({ max: 4096 }) }),
  level,
  refused: object({
    ...one,
    event: literal('refused'),
    level: literal('content', 'restored', 'booted'),
    why: code,
    item: optional(text({ max: 200 })),
    fault: optional(text({ max: 4096 })),
    rules: optional(matching(isDigest, 'a digest')),
  }),
  suspect: object({
    ...one,
    event: literal('suspect'),
    why: literal('digest', 'names', 'unreadable', 'shared', 'gone'),
    path: optional(text({ max: 4096 })),
  }),
  failed,
  held: object({ kind, event: literal('held'), service, backup, by }),
  released: object({ kind, event: literal('released'), service, backup, by }),
  cleared: object({
    kind,
    event: literal('cleared'),
    service,
    stage: text({ max: 32, pattern: /^[0-9a-f]{32}$/, what: 'a stage' }),
    why: literal('unused', 'age', 'cancelled'),
    by: optional(by),
  }),
  pruned: object({ ...one, event: literal('pruned'), why: code, bytes: integer() }),
  place: object({
    kind,
    event: literal('place'),
    service,
    copy,
    to: text({ max: 4096 }),
    place,
    seen: facts,
  }),
})
