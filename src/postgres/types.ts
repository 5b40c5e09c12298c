// What the database room answers and takes: one local PostgreSQL cluster, a dump of one of its databases, a cluster that is thrown away.
import type { DatabaseLocale } from '../backup/manifest.ts'

/** A Unix account as the machine knows it. */
export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** The client programs of one major. */
export interface Programs {
  readonly bin: string
  readonly major: number
  /** `15.18` */
  readonly version: string
}

/** A running local cluster, reached by its socket. `as` is the Unix account that the programs run under, `role` who they log in as. */
export interface Cluster {
  readonly socket: string
  readonly port: number
  readonly as: Account
  readonly role: string
  readonly programs: Programs
  /** The Unix account that the server must run under, else nothing is said to it. Absent: it has no name, and nobody else can reach its socket. */
  readonly server?: string
  /** Settings that each session begins with, as `name=value`. */
  readonly settings?: readonly string[]
  /** A password file of libpq, open: for a role of ours, where the cluster asks it for a password. */
  readonly login?: number
}

/**
 * INVARIANT B6: rows are asked only by a session that was logged in as a role without power, from its first moment on: what the owner of a table has made
 * (a type, a cast, a view in the place of a table) may run when its values are looked at, and then runs as that role (reader.ts, load.ts).
 */
export interface Reader extends Cluster {
  readonly reads: 'rows'
}

export interface Limits {
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

/** What of a dump is code beyond its data, or needs what a service's own role must not have. */
export interface Finding {
  /** `refuse`: never loaded anywhere. `person`: loaded into a throw-away cluster only; for the real one a person is asked. */
  readonly verdict: 'refuse' | 'person'
  readonly kind: FindingKind
  /** The entry of the table of contents, as `pg_restore -l` names it. */
  readonly entry: string
  /** The words that were found, at most 120 characters. */
  readonly text: string
}

export const FINDING_KINDS = [
  'backslash',
  'copy-program',
  'copy-file',
  'copy-elsewhere',
  'language',
  'untrusted-function',
  'file-function',
  'load',
  'event-trigger',
  'system',
  'role-change',
  'block',
  'data-as-statements',
  'foreign',
  'subscription',
  'extension',
  'other-owner',
  'unread',
] as const
export type FindingKind = (typeof FINDING_KINDS)[number]

export interface DumpEntry {
  readonly id: number
  /** `TABLE`, `TABLE DATA`, `EXTENSION`, … */
  readonly kind: string
  readonly schema: string
  readonly name: string
  readonly owner: string
  readonly section: 'none' | 'pre-data' | 'data' | 'post-data'
}

export interface ReadDump {
  readonly bytes: number
  /** Bytes of what it comes to as text: about what its rows take in a database. */
  readonly text: number
  /** The server and the program that made it: `15.18`. */
  readonly server: string
  readonly client: string
  readonly database: string
  readonly entries: readonly DumpEntry[]
  readonly extensions: readonly string[]
  /** Roles that row security names. */
  readonly roles: readonly string[]
  /** Of the database that was dumped. */
  readonly locale?: DatabaseLocale
  readonly findings: readonly Finding[]
  /** SHA-256 of the definitions in the order of the dump, without owners: equal schemas have equal digests. */
  readonly schema: string
}

/** What a file is that is not a dump in the custom format, by its first bytes. */
export type DumpFormat = 'custom' | 'plain' | 'tar' | 'gzip' | 'zstd' | 'empty' | 'unknown'

export interface Violation {
  readonly table: string
  readonly rule: 'missing-table' | 'missing-column' | 'min-records' | 'id-unique' | 'require' | 'type'
  readonly column?: string
  readonly count: number
  readonly wanted?: string
}

/** What restoring would do to the live database, exact to the last row (backup.md §8). */
export interface TableLoss {
  /** `schema.table`, or one of OTHER_PARTS. */
  readonly table: string
  /** `row`: no primary key, so a row is what it holds: one that was changed is gone, and its older form is back. */
  readonly by: 'key' | 'row'
  readonly live: number
  readonly copy: number
  /** Only in the live one: gone after. */
  readonly gone: number
  readonly changed: number
  /** Only in the copy: back after. */
  readonly back: number
  /** The live side is damaged there: what would be lost of it cannot be listed. */
  readonly isUnread?: true
}

/**
 * What a dump brings back beside the rows of tables: large objects by their number, and everything that defines (columns, functions, views, …) as one.
 * `whole`: a live database of which not even the tables can be named.
 */
export const OTHER_PARTS = {
  objects: 'large objects',
  definitions: 'definitions',
  whole: 'whole database',
} as const

export interface DatabaseLoss {
  readonly tables: readonly TableLoss[]
  /** The first 1,000 of each list over all tables; `key` is JSON text of the key's columns: rows without one have none. */
  readonly keys: readonly {
    readonly list: 'gone' | 'changed' | 'back'
    readonly table: string
    readonly key: string
  }[]
  /** HMAC over all lists, whole, in order. */
  readonly digest: string
}

/** Two databases of one cluster, by object id: what a swap exchanges. */
export interface SwapPair {
  readonly live: string
  readonly beside: string
  readonly liveOid: number
  readonly besideOid: number
  /** The object id of an original that let nobody in when it was looked at: under its own name, and while it stands aside, it lets nobody in. */
  readonly closed?: number
}

/** `parted`: the original has been set aside, and nobody has the live name. */
export type SwapState = 'applied' | 'not_applied' | 'parted' | 'mixed'

/*
 * The doors of this room, one file each:
 *   programs.ts   findPrograms(), clientFor(found, serverMajor)
 *   cluster.ts    findCluster({ port }, limits), accountOf(name)
 *   facts.ts      databaseFacts, databaseProperties, tableRows, databaseOid
 *   dump.ts       dumpDatabase(cluster, database, path, limits): { bytes, facts }
 *   read-dump.ts  readDump(path, { programs, as }, limits): ReadDump, every byte read, nothing run
 *   reader.ts     withReader(cluster, databases, limits, work): a login that reads rows and may do nothing else
 *   scratch.ts    withScratchCluster({ programs, directory }, limits, work), in the sandbox (confined.ts)
 *   load.ts       loadInto(scratch, path, { dump, facts }, limits): LoadedDatabase
 *   content.ts    checkDatabase(…, invariants, …), drillQuery(loaded.restorer, …), schemaDigest
 *   loss.ts       lossOfDatabase(live, copy, key, limits): by primary key, else by row; large objects and definitions too
 *   stage-load.ts  loadStage(…): { pair, said }; dropStage (a load that was not exchanged), dropKept (the original, when its time is
 *                 over)
 *   swap.ts       swapDatabases(cluster, pair, limits, look), probeSwap, joinAgain and openDatabases (after a swap that was killed), namesNow
 */
