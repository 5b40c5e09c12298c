// What belongs to a service's backed-up set, and how it is to be kept: the part of the compiled policy that backups are made of.
import {
  type Decoder,
  integer,
  list,
  literal,
  matching,
  object,
  optional,
  record,
  text,
} from '../base/decode.ts'
import { type BackupId, isBackupId } from './level.ts'

/** What a field of a record may hold. `instant`: an RFC 3339 time. */
export const FIELD_TYPES = ['string', 'number', 'integer', 'boolean', 'list', 'object', 'instant'] as const
export type FieldType = (typeof FIELD_TYPES)[number]

/**
 * What makes the content of one file (or table) good (backup.md §0). Rubbish is what violates a declared type or a required field;
 * whatever else differs shows as *changed* in the loss list and is not claimed as found.
 */
export interface Invariants {
  /** The field that names a record: unique, and the key of the loss lists. */
  readonly id?: string
  readonly require: readonly string[]
  readonly types: Readonly<Record<string, FieldType>>
  readonly minRecords: number
  /** Against the last good one, in per cent of its records: beyond this a person is asked. */
  readonly shrink: number
  readonly growth: number
}

export type DataFormat = 'json' | 'files' | 'sqlite'

export interface DataDirectory {
  /** Unique within the service: the directory's own name, with a number where two are alike. */
  readonly name: string
  readonly dir: string
  readonly change: 'api-only' | 'gate'
  readonly format: DataFormat
  /** Names of files whose bytes never stand in a copy that is not encrypted, nor in any log or row. */
  readonly secret: readonly string[]
  /** By path below the directory. */
  readonly invariants: Readonly<Record<string, Invariants>>
}

/** A database of the local PostgreSQL cluster. Reached as the cluster's own operating-system user, by peer login (backup.md §0). */
export interface Database {
  readonly name: string
  /** Port of the cluster, which names its socket. */
  readonly port: number
  /** By table (`schema.table`; `public` where no schema is written). */
  readonly invariants: Readonly<Record<string, Invariants>>
  /** Of these tables no key is ever shown, though they have rules: they are tokens, mail addresses, or people. */
  readonly secret?: readonly string[]
  /** How its schema is changed. Absent: it is not. */
  readonly migrations?: MigrationRules
}

export interface MigrationRules {
  /** The role that runs them, never a superuser. */
  readonly role: string
  /** How long a statement waits for a lock. */
  readonly lockMs: number
  /** How long a migration may take, up or down. */
  readonly withinMs: number
  /** Where the files lie in the repository of the service. */
  readonly dir?: string
  /** A program of the service's own makes the changes; absent: SQL files do. */
  readonly tool?: MigrationTool
}

/** Words, never a shell line. Each runs in a room that holds the files of the directory and reaches this one database. */
export interface MigrationTool {
  /** Where its files lie; they are sealed, and seen at this path when it runs. */
  readonly directory: string
  readonly up: readonly string[]
  readonly down: readonly string[]
  /** Says on its output how far the database is: this decides whether something was applied. */
  readonly status: readonly string[]
  /** The variable that gets the address of the database. */
  readonly address?: string
}

export interface CopyRule {
  readonly name: string
  readonly kind: 'directory' | 'restic'
  /** An absolute directory, or a restic repository (`/dir`, `sftp:…`, `rest:…`). Never with a password in it. */
  readonly to: string
  /** `secret put SERVICE backup/NAME`: the repository's password, handed over as a file. */
  readonly credential?: string
}

export interface BackupRules {
  readonly everyMs: number
  /** The first directory copy is the one that others are made of. */
  readonly copies: readonly CopyRule[]
  readonly keep: { readonly daily: number; readonly weekly: number; readonly monthly: number }
  /** Days, weeks and months begin here (IANA). */
  readonly zone: string
  readonly drillEveryMs: number
  /** Read-only SQL that a restored database must answer with at least one row. */
  readonly drillQuery?: string
  /** Backups whose size is out of trend and meant: a person named them in sekisho.yaml. Without one the field is absent. */
  readonly accepted?: readonly BackupId[]
  /** What was promised; what is measured stands beside it. */
  readonly rpoMs?: number
  readonly rtoMs?: number
}

const path = text({ max: 4096, pattern: /^\/[^\0\n]*$/, what: 'an absolute path' })
const name = text({ max: 63, pattern: /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/, what: 'a name' })
/** Programs and their arguments. */
const words = list(text({ max: 4096 }), 100)
export const ADDRESS = /^[A-Za-z_][A-Za-z0-9_]*$/
const fieldName = /^[^\0\n]{1,200}$/

const invariants: Decoder<Invariants> = object({
  id: optional(text({ max: 200 })),
  require: list(text({ max: 200 }), 200),
  types: record(literal(...FIELD_TYPES), fieldName),
  minRecords: integer(0),
  shrink: integer(0, 100),
  growth: integer(0, 1_000_000),
})

export const dataDirectory: Decoder<DataDirectory> = object({
  name,
  dir: path,
  change: literal('api-only', 'gate'),
  format: literal('json', 'files', 'sqlite'),
  secret: list(text({ max: 255 }), 100),
  invariants: record(invariants, fieldName),
})

const migrations: Decoder<MigrationRules> = object({
  role: text({ max: 63 }),
  lockMs: integer(1, 3_600_000),
  withinMs: integer(1000, 3_300_000),
  dir: optional(text({ max: 4096 })),
  tool: optional(
    object({
      directory: path,
      up: words,
      down: words,
      status: words,
      address: optional(text({ max: 100, pattern: ADDRESS, what: 'the name of a variable' })),
    }),
  ),
})

export const database: Decoder<Database> = object({
  name: text({ max: 63 }),
  port: integer(1, 65_535),
  invariants: record(invariants, fieldName),
  secret: optional(list(text({ max: 200 }), 200)),
  migrations: optional(migrations),
})

export const backupRules: Decoder<BackupRules> = object({
  everyMs: integer(60_000),
  copies: list(
    object({
      name,
      kind: literal('directory', 'restic'),
      to: text({ max: 4096 }),
      credential: optional(name),
    }),
    10,
  ),
  keep: object({ daily: integer(0, 3650), weekly: integer(0, 520), monthly: integer(0, 240) }),
  zone: text({ max: 100 }),
  drillEveryMs: integer(60_000),
  drillQuery: optional(text({ max: 4096 })),
  accepted: optional(list(matching(isBackupId, 'a backup'), 100)),
  rpoMs: optional(integer(1)),
  rtoMs: optional(integer(1)),
})

/**
 * Is this a secret of a directory, by its last name? What people and programs put beside a file bears its name too and the same bytes:
 * `users.json.before_restore`, `users.json~`, `.users.json.swp`.
 */
export function isSecretName(secret: readonly string[], path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return secret.some(
    (one) =>
      name === one ||
      [`${one}.`, `${one}~`, `${one}-`, `.${one}.`, `#${one}#`].some((beside) => name.startsWith(beside)),
  )
}
