// A restore: what is wished for, what the runner has laid out beside, and what a plan does with it. The plan names what was laid out by digest,
// so that what is approved is what was seen (backup.md §0, §8).
import { type BackupId, isBackupId } from '../backup/level.ts'
import {
  type Decoder,
  integer,
  list,
  literal,
  matching,
  object,
  optional,
  text,
  union,
} from '../base/decode.ts'
import { type Digest, isDigest, labelledDigest } from '../base/hash.ts'
import { type ChangeId, isChangeId, isServiceName, type ServiceName } from '../base/id.ts'
import { isObject, type Json, type JsonObject } from '../base/json.ts'
import { type Instant, isInstant } from '../base/time.ts'
import type { AssertLoss } from './actions/assert-loss.ts'
import type { Exchange } from './actions/exchange.ts'
import type { RenameDatabase } from './actions/rename-database.ts'
import { absolutePath } from './file-state.ts'

/**
 * `full`: every data directory and database of the service. `file`: one file. `database`: one database. `salvage`: one damaged file, of which
 * the readable records are kept and what cannot be read comes from the backup.
 */
export type RestoreKind = 'full' | 'file' | 'database' | 'salvage'

export interface BackupWish {
  readonly kind: RestoreKind
  readonly from: BackupId | 'last-known-good'
  /** Restore from this copy alone. */
  readonly copy?: string
  /** Absolute path of the file (`file`, `salvage`), or name of the database (`database`). */
  readonly what?: string
  /** Items may come from different backups; the card says so. */
  readonly mix?: true
}

/** A restore that was kept is taken back: what it has put aside, its evidence, changes places again with what stands there by now. */
export interface EvidenceWish {
  readonly kind: 'rollback'
  readonly change: ChangeId
  /** The stage that the change has used. */
  readonly stage: string
}
export type RestoreWish = BackupWish | EvidenceWish

/** A path, a database, or the change that is taken back; nothing where it is of all data. */
export function whatOf(wish: RestoreWish): string | undefined {
  return wish.kind === 'rollback' ? wish.change : wish.what
}

/** Which copy of which backup. */
export interface FromBackup {
  readonly backup: BackupId
  readonly copy: string
  readonly manifest: Digest
  readonly taken: Instant
}
/** What stood there before a change, as it was put aside. */
export interface FromEvidence {
  readonly evidence: ChangeId
  readonly stage: string
  /** When it was last compared before it was put aside. */
  readonly taken: Instant
}
export type StagedFrom = FromBackup | FromEvidence

export function isFromBackup(of: StagedFrom): of is FromBackup {
  return 'backup' in of
}

/** Of one file or table: how many records would be gone after it, changed, or back. `unreadable`: what stands there now cannot be read. */
export interface LossCounts {
  /** `data/articles.json`, `mirai/public.articles`; of files without records the directory itself. */
  readonly part: string
  readonly gone: number
  readonly changed: number
  readonly back: number
  readonly unreadable: boolean
  /** Records of what is unreadable now that could be read all the same. Absent: of a database, where a table is read whole or not at all. */
  readonly salvaged?: number
  /** The first of each list, for people; keys of a secret file are never among them. */
  readonly keys: {
    readonly gone: readonly string[]
    readonly changed: readonly string[]
    readonly back: readonly string[]
  }
}

export type StagedPart =
  | {
      readonly kind: 'exchange'
      readonly of: 'directory' | 'file'
      readonly item: string
      readonly path: string
      readonly from: StagedFrom
      /** Of a directory: over the manifest lines of what was laid out. Of a file: SHA-256, or keyed where it is secret. Of evidence: keyed. */
      readonly digest: string
      readonly entries: number
      readonly bytes: number
      /** Secret files that the copy does not hold: the live ones stay. */
      readonly carried: readonly string[]
      /** Secret files that neither the copy holds nor anybody has: they are not there afterwards, as they are not now. */
      readonly missing?: readonly string[]
      /** Nothing stands at the path: what was laid out is moved there, and replaces nothing. */
      readonly before?: 'absent'
      /** Nothing stood at the path before the change that is taken back: what stands there now is moved beside. */
      readonly after?: 'absent'
    }
  | {
      readonly kind: 'database'
      readonly item: string
      readonly database: string
      readonly port: number
      /** The name under which it was loaded. */
      readonly beside: string
      readonly from: StagedFrom
      /** Of the loaded database: schema and rows of each table. */
      readonly digest: string
      readonly rows: number
      /** No database has the name: the loaded one gets it. */
      readonly before?: 'absent'
      /** No database had the name before the change that is taken back: the one that has it gets the name beside. */
      readonly after?: 'absent'
      /** What an administrator alone may bring back, and nobody loads by itself: `globals:5432`, a setting, a right. */
      readonly person?: readonly string[]
    }

/** Why a newer backup was passed over. */
export interface PassedOver {
  readonly backup: BackupId
  readonly copy: string
  readonly why: string
  readonly where: string
}

/** A file of the live data whose content does not hold the rules now, and where. */
export interface DamagedNow {
  readonly part: string
  readonly why: string
}

export interface Staged {
  readonly v: 1
  /** 32 listsDigest digits; names the place in the runner's staging directory. */
  readonly stage: string
  readonly service: ServiceName
  readonly wish: RestoreWish
  readonly at: Instant
  readonly expires: Instant
  readonly parts: readonly StagedPart[]
  readonly loss: readonly LossCounts[]
  /** Over all lists whole, keyed: what was approved to be lost. Read again after the service has stopped. */
  readonly lists: string
  readonly passedOver: readonly PassedOver[]
  readonly damaged: readonly DamagedNow[]
  /** Of evidence: what of it does not hold the rules. It comes back as it was put aside; nobody judges whether it should. */
  readonly damagedThen?: readonly DamagedNow[]
  /** Damage is dated: the newest that is good, the oldest that is not. */
  readonly newestGood?: Instant
  readonly oldestBad?: Instant
}

export type RestoreAction = AssertLoss | Exchange | RenameDatabase

/** Nothing stands there before, or after. */
export const absentBefore = optional(literal('absent'))
/** Of an item, a copy or a database. */
export const itemName = text({ max: 63 })
export const listsDigest = text({ max: 64, pattern: /^[0-9a-f]{64}$/, what: 'a digest' })
const backup: Decoder<BackupId> = matching(isBackupId, 'a backup')
const at = matching(isInstant, 'an instant')
export const stageId = text({ max: 32, pattern: /^[0-9a-f]{32}$/, what: 'a stage' })

const change = matching(isChangeId, 'a change')
const evidenceWish: Decoder<EvidenceWish> = object({ kind: literal('rollback'), change, stage: stageId })
const backupWish: Decoder<BackupWish> = object({
  kind: literal('full', 'file', 'database', 'salvage'),
  from: (value, where) =>
    value === 'last-known-good' ? value : matching(isBackupId, 'a backup or last-known-good')(value, where),
  copy: optional(itemName),
  what: optional(text({ max: 4096 })),
  mix: optional(literal(true)),
})
export const restoreWish: Decoder<RestoreWish> = (value, where) =>
  (isObject(value) && value['kind'] === 'rollback' ? evidenceWish : backupWish)(value, where)

const fromBackup: Decoder<FromBackup> = object({
  backup,
  copy: itemName,
  manifest: matching(isDigest, 'a digest'),
  taken: at,
})
const fromEvidence: Decoder<FromEvidence> = object({ evidence: change, stage: stageId, taken: at })
export const stagedFrom: Decoder<StagedFrom> = (value, where) =>
  (isObject(value) && 'evidence' in value ? fromEvidence : fromBackup)(value, where)
const keys = list(text({ max: 1000 }), 1000)
const loss: Decoder<LossCounts> = object({
  part: text({ max: 4500 }),
  gone: integer(),
  changed: integer(),
  back: integer(),
  unreadable: (value, where) => literal(true, false)(value, where),
  salvaged: optional(integer()),
  keys: object({ gone: keys, changed: keys, back: keys }),
})
const part: Decoder<StagedPart> = union<'kind', StagedPart>('kind', {
  exchange: object({
    kind: literal('exchange'),
    of: literal('directory', 'file'),
    item: itemName,
    path: absolutePath,
    from: stagedFrom,
    digest: listsDigest,
    entries: integer(),
    bytes: integer(),
    carried: list(text({ max: 4096 }), 1000),
    missing: optional(list(text({ max: 4096 }), 1000)),
    before: absentBefore,
    after: absentBefore,
  }),
  database: object({
    kind: literal('database'),
    item: itemName,
    database: itemName,
    port: integer(1, 65_535),
    beside: itemName,
    from: stagedFrom,
    digest: listsDigest,
    rows: integer(),
    before: absentBefore,
    after: absentBefore,
    person: optional(list(text({ max: 500 }), 100)),
  }),
})

const damaged: Decoder<DamagedNow> = object({ part: text({ max: 4500 }), why: text({ max: 500 }) })

/** Total: the gate reads it of the runner's answer, the runner of its own staging directory. */
export const staged: Decoder<Staged> = object({
  v: literal(1),
  stage: stageId,
  service: matching(isServiceName, 'a service name'),
  wish: restoreWish,
  at,
  expires: at,
  parts: list(part, 200),
  loss: list(loss, 1000),
  lists: listsDigest,
  passedOver: list(
    object({ backup, copy: itemName, why: text({ max: 200 }), where: text({ max: 4500 }) }),
    1000,
  ),
  damaged: list(damaged, 1000),
  damagedThen: optional(list(damaged, 1000)),
  newestGood: optional(at),
  oldestBad: optional(at),
})

/** On a line for people: the backup, and which of its copies. */
export function copyText({ backup, copy }: FromBackup): string {
  return `${backup} (${copy})`
}

export function sourceSummary(from: StagedFrom): JsonObject {
  return isFromBackup(from) ? { backup: from.backup, copy: from.copy } : { evidence: from.evidence }
}

/** What the journal's line `staged` names: the judge believes only what this runner laid out itself. */
export function stagedDigest(of: Staged): Digest {
  return labelledDigest('sekisho-staged-v1', of as unknown as Json)
}

/** The actions of a restore in their order, without the unit around them. */
export function actionsOf({ stage, lists, parts }: Staged): readonly RestoreAction[] {
  return [
    { kind: 'assertLoss', stage, lists },
    ...parts.map((one): RestoreAction => {
      const { item, from: source, digest } = one
      const none = {
        ...(one.before === undefined ? {} : { before: one.before }),
        ...(one.after === undefined ? {} : { after: one.after }),
      }
      return one.kind === 'exchange'
        ? { kind: 'exchange', stage, of: one.of, item, path: one.path, from: source, digest, ...none }
        : {
            kind: 'renameDatabase',
            stage,
            item,
            database: one.database,
            port: one.port,
            beside: one.beside,
            from: source,
            digest,
            ...none,
          }
    }),
  ]
}
