// What a run of the directory engine is asked, and what it answers. Everything it acts through is handed in.
import type { BigIntStats } from 'node:fs'
import type { BackupId } from '../../backup/level.ts'
import type { DatabaseFacts, ItemKind } from '../../backup/manifest.ts'
import type { Digest } from '../../base/hash.ts'
import type { ServiceName } from '../../base/id.ts'
import type { KillPoint } from '../../base/kill-point.ts'
import type { Clock } from '../../base/time.ts'
import type { run } from '../../sys/process.ts'
import type { Owners } from '../../tree/owners.ts'
import type { Seen } from '../../tree/walk.ts'

/** A directory of the service, walked. */
export interface TreeSource {
  readonly kind: 'tree'
  readonly path: string
  /** `stat`: another name of a secret's inode is that secret. */
  readonly isSecret: (path: Buffer, stat: Pick<BigIntStats, 'dev' | 'ino' | 'nlink'>) => boolean
  /** Told of each file that is taken. */
  readonly looked?: (path: Buffer, stat: Pick<BigIntStats, 'mode'>) => void
  /** What is copied for what was seen, for files that are more than their bytes; undefined: nothing. */
  readonly instead?: (seen: Seen) => Promise<Seen | undefined>
}

/** Single files of the host, absolute. Each stands below the item's root by its whole path. */
export interface FilesSource {
  readonly kind: 'files'
  readonly files: readonly { readonly path: string; readonly secret: boolean }[]
}

/** One file that somebody else writes: a dump. `source` is what the manifest names. */
export interface MadeSource {
  readonly kind: 'made'
  readonly source: string
  /** What it will take, as far as that is known. */
  readonly bytes: number
  /** Writes the file `name` into a private directory, open as `fd` and known as `path`. */
  readonly make: (directory: {
    readonly fd: number
    readonly path: string
    readonly name: string
  }) => Promise<DatabaseFacts | undefined>
}

/** One text that is a secret as a whole. `source` is what the manifest names. */
export interface SecretSource {
  readonly kind: 'secret'
  readonly source: string
  readonly bytes: 0
  readonly read: () => Promise<Buffer>
}

export interface BackupItem {
  readonly name: string
  readonly kind: ItemKind
  /** `data`, `data/NAME`, `db/NAME.dump`, `db/globals.sql`, `config`. */
  readonly root: string
  readonly source: TreeSource | FilesSource | MadeSource | SecretSource
}

export interface Progress {
  readonly entries: number
  readonly bytes: number
  readonly entriesTotal: number
  readonly bytesTotal: number
  /** Bytes a second since the run began. */
  readonly rate: number
  /** Absent while nothing can be said. */
  readonly leftMs?: number
}

export interface Surroundings {
  readonly run: typeof run
  readonly clock: Clock
  readonly owners: Owners
  readonly kill: KillPoint
  readonly signal?: AbortSignal
  readonly progress?: (progress: Progress) => void
}

export interface WriteRequest extends Surroundings {
  readonly to: string
  readonly id: BackupId
  readonly service: ServiceName
  readonly host: string
  readonly version: string
  readonly items: readonly BackupItem[]
  /** The last one that is at least *digest* and neither suspect nor failed: unchanged files are linked from it. */
  readonly previous?: { readonly id: BackupId; readonly manifest: Digest }
  /** Once a month: hash everything, whatever the times say. */
  readonly hashAll?: boolean
  /** The runner's own key, for secrets. */
  readonly key: Uint8Array
  /** A private directory, open: gets the bytes of secrets for the encrypted copy, at their paths in the copy. */
  readonly secretsInto?: number
  /** Group `sekisho-backup`, where it exists. */
  readonly gid?: number
  /** What must stay free beside twice the estimate: `policy.floor`, as for changes and restores. */
  readonly floorBytes: number
  /** Whom the runner runs as. Default 0. */
  readonly owner?: number
  /** Threads that copy and link, where there is enough to do. Default: none but our own. */
  readonly threads?: number
}

export interface Written {
  readonly id: BackupId
  readonly manifest: Digest
  readonly checksums: Digest
  readonly entries: number
  readonly bytes: number
  /** Bytes that were really written, and files that were linked. */
  readonly copied: { readonly files: number; readonly bytes: number }
  readonly linked: { readonly files: number; readonly bytes: number }
  /** Attributes and ACLs were recorded. */
  readonly withExtras: boolean
}
