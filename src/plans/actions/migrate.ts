// One SQL file is run on a declared database, as the declared role, once; its twin takes it back.
import { type Decoder, integer, literal, matching, object, optional, text } from '../../base/decode.ts'
import { type Digest, isDigest } from '../../base/hash.ts'
import { itemName } from '../restore.ts'
import type { ActionKind, NamedBlob } from './action-kind.ts'

export interface SqlFile {
  /** As it was handed in: the last part of its path. */
  readonly name: string
  readonly digest: Digest
  readonly size: number
}

/** What is wished for of a schema: files, which are kept as blobs, or what the declared tool does. */
export interface WishedMigration {
  readonly database: string
  readonly up?: SqlFile
  readonly down?: SqlFile
  readonly irreversible?: true
  readonly tool?: 'up' | 'down'
  /** It takes back what a change of before did. */
  readonly back?: true
}

export interface Migrate {
  readonly kind: 'migrate'
  readonly database: string
  readonly port: number
  /** The role of the database that runs it, never a superuser. */
  readonly role: string
  readonly up: SqlFile
  /** Absent: nothing takes it back but a restore. */
  readonly down?: SqlFile
  /** How long one statement waits for a lock, and how long all may take; no statement lifts them. */
  readonly lockMs: number
  readonly withinMs: number
  /** Digest of the catalogue as it was when this was planned; after `down` it must be this again. */
  readonly catalogue: Digest
  /** It takes back a change of before: what it loses is counted, and more than was approved is not committed. */
  readonly back?: true
}

export const SQL_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/
export const SQL_BYTES = 262_144

export const sqlFile: Decoder<SqlFile> = object({
  name: text({ max: 100, pattern: SQL_NAME, what: 'a file name' }),
  digest: matching(isDigest, 'a digest'),
  size: integer(1, SQL_BYTES),
})

export const migrate: ActionKind<Migrate> = {
  decode: object({
    kind: literal('migrate'),
    database: itemName,
    port: integer(1, 65_535),
    role: itemName,
    up: sqlFile,
    down: optional(sqlFile),
    lockMs: integer(1, 3_600_000),
    withinMs: integer(1000, 3_300_000),
    catalogue: matching(isDigest, 'a digest'),
    back: optional(literal(true)),
  }),
  lines: ({ database, role, up, lockMs, withinMs, back }, words) => [
    words.migrate(database, role, up.name, up.digest.slice(0, 12)),
    words.migrateLimits(Math.round(lockMs / 1000), Math.round(withinMs / 1000)),
    words.migrateMarks,
    ...(back === true ? [words.migrateBound] : []),
  ],
  putBackLines: ({ database, role, down }, words) =>
    down === undefined ? [] : [words.migrateBack(database, role, down.name, down.digest.slice(0, 12))],
  summary: ({ kind, database, up, down }) => ({
    kind,
    database,
    up: up.name,
    ...(down === undefined ? {} : { down: down.name }),
  }),
  places: ({ port, database }) => [`postgresql:${port}/${database}`],
  blobs: ({ up, down }) => [blobOf(up), ...(down === undefined ? [] : [blobOf(down)])],
}

const blobOf = ({ name, digest, size }: SqlFile): NamedBlob => ({ path: name, digest, size })
