// The manifest of one backup (docs/spec/manifest-v1.md): NDJSON, RFC 8785 lines in byte order of item and path, the header first. Its digest is
// what runner and ledger know the backup by; a restored tree must equal it.
import type { Digest } from '../base/hash.ts'
import type { ServiceName } from '../base/id.ts'
import type { Instant } from '../base/time.ts'
import type { BackupId } from './level.ts'

export const MANIFEST = 'manifest.ndjson'
export const CHECKSUMS = 'checksums.sha256'

/** `globals`: roles and passwords of a PostgreSQL cluster, one secret. */
export type ItemKind = 'data' | 'database' | 'sqlite' | 'globals' | 'config'

export interface ManifestItem {
  readonly name: string
  readonly kind: ItemKind
  /** What was copied: an absolute path, or `postgresql:PORT/NAME`. */
  readonly source: string
  /** Below the snapshot: `data`, `data/NAME`, `db/NAME.dump`, `db/globals.sql`, `config`. */
  readonly root: string
  readonly entries: number
  readonly bytes: number
  /** Read while it may have changed between files: no single moment (backup.md §3). */
  readonly oneMoment: boolean
  readonly database?: DatabaseFacts
}

/** Tables of one database; schemas, dumps, journal and lists take as many. */
export const TABLES_MAX = 10_000

/** By which rules a database orders and folds text, beside `collate` and `ctype`. */
export interface DatabaseLocale {
  /** `libc`, `icu`, `builtin`; or the letter of one that we do not know, and do not make anew. */
  readonly provider: string
  /** `de-AT-u-co-phonebk`; of libc absent. */
  readonly name?: string
  /** Tailored order of ICU. */
  readonly rules?: string
}

/** What a dump does not hold and a swap must give back (backup.md §0). */
export interface DatabaseFacts {
  readonly owner: string
  readonly encoding: string
  readonly collate: string
  readonly ctype: string
  /** Absent in copies of before it was written down: the dump itself says it. */
  readonly locale?: DatabaseLocale
  readonly acl: readonly string[]
  readonly settings: readonly string[]
  readonly server: string
  readonly client: string
  readonly extensions: readonly string[]
  /** Objects whose passwords the dump holds as they are, by name alone: `subscription s`, `user mapping mirai on far`. */
  readonly passwords?: readonly string[]
  /** Rows of each table, by `schema.table`. */
  readonly tables: Readonly<Record<string, number>>
}

export interface ManifestHeader {
  readonly v: 1
  readonly kind: 'manifest'
  readonly service: ServiceName
  readonly host: string
  readonly id: BackupId
  readonly started: Instant
  readonly ended: Instant
  readonly engine: 'directory/1'
  readonly version: string
  readonly previous?: BackupId
  readonly items: readonly ManifestItem[]
  /** SHA-256 of `checksums.sha256`. */
  readonly checksums: Digest
  /** What was seen and is not in the backup, each with its reason: mount points, sockets, secrets without an encrypted copy. */
  readonly skipped: readonly Skipped[]
}

export interface Skipped {
  readonly item: string
  readonly path: EntryPath
  readonly why: 'mount' | 'socket' | 'fifo' | 'device' | 'secret'
}

/** Below the item's root. Names are bytes: what is not UTF-8 travels as base64. */
export type EntryPath = { readonly path: string } | { readonly base64: string }

interface Common {
  readonly item: string
  readonly at: EntryPath
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly owner?: string
  readonly group?: string
  /** Nanoseconds since 1970, as decimal text: more than a number holds. */
  readonly mtime: string
  /** user.* only, values in base64. Absent: not recorded. */
  readonly attributes?: Readonly<Record<string, string>>
  /** POSIX ACL in the numeric short form of getfacl, access then default. Absent: none beyond the mode, or not recorded. */
  readonly acl?: string
}

export type ManifestEntry =
  | (Common & { readonly type: 'directory' })
  | (Common & {
      readonly type: 'file'
      readonly size: number
      readonly digest: Digest
      readonly sparse: boolean
      /** The first path of the group within the item, for a file with more than one name. */
      readonly hardLink?: EntryPath
      /** `dev:ino:ctime-ns` of the source: what says *unchanged* next time. */
      readonly source: string
    })
  | (Common & { readonly type: 'link'; readonly target: EntryPath })
  /** Bytes are not in this copy; only an HMAC by the runner's own key says whether a file is the same. */
  | (Common & {
      readonly type: 'secret'
      readonly size: number
      readonly keyed: string
      readonly source: string
    })
