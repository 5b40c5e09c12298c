// What a file of a tree becomes in the manifest: the entry of what was read of it, and its line. What was unchanged keeps the line that it had.
import type { ManifestEntry } from '../../backup/manifest.ts'
import { entryBytes } from '../../backup/manifest-lines.ts'
import { entryPath, pathBytes } from '../../backup/manifest-path.ts'
import { type Extra, NOTHING_EXTRA } from '../../tree/attributes.ts'
import { describe } from '../../tree/metadata.ts'
import { close } from '../../tree/openat.ts'
import { type At, type ReadFile, readStable } from '../../tree/read.ts'
import type { Seen } from '../../tree/walk.ts'
import type { Asking } from './asking.ts'
import { checksumOf, copyNew, entryLine, type ItemLines, inCopy, linkOld, type Making } from './making.ts'
import type { BackupItem, TreeSource } from './request.ts'
import { sourceOf } from './unchanged.ts'

export interface TreeWork {
  readonly making: Making
  readonly item: BackupItem
  readonly source: TreeSource
  readonly lines: ItemLines
}

/** A line of the manifest, and of a file one of the checksums. */
export interface Written {
  readonly line: string | Uint8Array
  readonly checksum?: Uint8Array
}

export type FileEntry = Extract<ManifestEntry, { type: 'file' }>

export function written({ making, item, lines }: TreeWork, entry: ManifestEntry): Written {
  lines.bytes += entryBytes(entry)
  const line = entryLine(entry, making.isAsked)
  if (entry.type !== 'file') return { line }
  const name = inCopy(item.root, Buffer.from(pathBytes(entry.at)))
  return { line, checksum: checksumOf(entry.digest, name) }
}

/** `line`: the one of the last manifest. */
export function kept(
  { lines }: Pick<TreeWork, 'lines'>,
  entry: FileEntry,
  line: Uint8Array,
  copyPath: Buffer,
): Written {
  lines.bytes += entryBytes(entry)
  return { line: ended(line), checksum: checksumOf(entry.digest, copyPath) }
}

export function ended(line: Uint8Array): Uint8Array {
  return Buffer.concat([line, Buffer.from('\n')])
}

export function base({ item }: Pick<TreeWork, 'item'>, path: Buffer): Pick<ManifestEntry, 'at' | 'item'> {
  return { at: entryPath(path), item: item.name }
}

export interface Given {
  /** Read already, of what is opened first. */
  readonly extra?: Extra
  /** What the last run had of it. */
  readonly old?: FileEntry
}

/** Copied while it is hashed; where it may be what it was, hashed first and linked. */
export async function readNew(
  work: TreeWork,
  asking: Asking,
  seen: Seen,
  at: At,
  given: Given,
): Promise<{ readonly entry: FileEntry; readonly stat: ReadFile['stat'] }> {
  const { making, item } = work
  const copyPath = inCopy(item.root, seen.path)
  let extra = given.extra ?? (making.extras ? NOTHING_EXTRA : undefined)
  let isGiven = given.extra !== undefined
  const first = asking.mayHave(seen)
    ? async (fd: number) => {
        if (!isGiven) extra = await asking.of(fd)
        isGiven = false
      }
    : undefined
  let read: (ReadFile & { fd: number }) | undefined
  if (given.old !== undefined && BigInt(given.old.size) === seen.stat.size) {
    read = await readStable(at, { turns: making.turns, ...(first === undefined ? {} : { first }) })
    close(read.fd)
    if (read.digest !== given.old.digest || !linkOld(making, copyPath, given.old.size)) read = undefined
  }
  if (read === undefined) {
    read = await copyNew(making, copyPath, at, first)
    close(read.fd)
  }
  return { entry: fileEntry(work, seen, read, extra), stat: read.stat }
}

export function fileEntry(
  work: TreeWork,
  seen: Seen,
  { stat, size, digest, sparse }: Pick<ReadFile, 'stat' | 'size' | 'digest' | 'sparse'>,
  extra: Extra | undefined,
): FileEntry {
  return {
    ...base(work, seen.path),
    ...describe(stat, work.making.request.owners),
    ...extra,
    type: 'file',
    size,
    digest,
    sparse,
    source: sourceOf(stat),
  }
}
