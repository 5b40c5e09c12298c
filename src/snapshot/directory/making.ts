// One snapshot in the making: where its bytes go, what is known of the last one, what was counted, and what could not be done.
import { linkSync, symlinkSync, unlinkSync } from 'node:fs'
import { checksumLine } from '../../backup/checksums.ts'
import type { BackupId } from '../../backup/level.ts'
import type { ManifestEntry, Skipped } from '../../backup/manifest.ts'
import { manifestEntry } from '../../backup/manifest-shape.ts'
import { assert } from '../../base/assert.ts'
import { decode } from '../../base/decode.ts'
import { SekishoError } from '../../base/error.ts'
import type { Digest } from '../../base/hash.ts'
import { type Chain, parted } from '../../tree/chain.ts'
import type { CopyThreads } from '../../tree/copy-threads.ts'
import { setOwnerAndMode } from '../../tree/metadata.ts'
import { below, close, errorAt, lookFor, makeFile, shown, telling, told } from '../../tree/openat.ts'
import { type At, type ReadFile, type ReadOptions, readOnce, readStable, setTimes } from '../../tree/read.ts'
import type { Yielding } from '../../tree/yield.ts'
import type { Hints } from './hints.ts'
import type { Modes } from './layout.ts'
import type { Previous } from './manifest-file.ts'
import type { WriteRequest } from './request.ts'
import type { Spool } from './spool.ts'

/** After so many an item is given up. */
const FAILURES_MAX = 20

export interface Making {
  readonly request: WriteRequest
  readonly id: BackupId
  readonly turns: Yielding
  readonly modes: Modes
  /** The snapshot's own directory, unfinished. */
  readonly target: Chain
  /** Of secrets, for the encrypted copy. */
  readonly secrets?: Chain
  readonly previous?: Previous
  /** Directories of the last snapshot. */
  readonly old?: Chain
  /** Threads that copy and link what is plain. */
  readonly hands?: CopyThreads
  /** By item: where there are attributes and ACLs, as far as somebody was asked already. */
  readonly hints: Hints
  /** The reader sees all of the manifest before it is sealed. */
  readonly isAsked: boolean
  readonly skipped: Skipped[]
  /** Attributes and ACLs can be read here. Turned off by the first that finds no program. */
  extras: boolean
  readonly counts: Counts
  /** Tells whoever watches. */
  readonly told: () => void
}

export interface Counts {
  entries: number
  bytes: number
  copiedFiles: number
  copiedBytes: number
  linkedFiles: number
  linkedBytes: number
}

/** Where one item's lines go. */
export interface ItemLines {
  readonly manifest: Spool
  readonly checksums: Spool
  entries: number
  bytes: number
}

/** What could not be read, by path. Collected, so that one run names more than one. */
export interface Failures {
  add(path: Uint8Array, cause: unknown): void
  /** Throws backup.not_copied where there is any. */
  settle(): void
}

export function openFailures(item: string): Failures {
  const paths: string[] = []
  let first: SekishoError | undefined
  const settle = () => {
    if (first === undefined) return
    // One alone says more by itself.
    if (paths.length === 1) throw first
    throw new SekishoError(
      'backup.not_copied',
      { item, count: paths.length, paths, why: String(first.detail['why'] ?? first.code) },
      { cause: first },
    )
  }
  return {
    add: (path, cause) => {
      const error = errorAt(shown(path), cause)
      if (!(error instanceof SekishoError)) throw error
      // No space and an end that was asked for are of the run and not of a file.
      if (error.code === 'backup.aborted' || error.code === 'file.no_space') throw error
      first ??= error
      paths.push(String(error.detail['path'] ?? shown(path)))
      if (paths.length >= FAILURES_MAX) settle()
    },
    settle,
  }
}

/** In the snapshot: the item's root, or below it. */
export function inCopy(root: string, path: Buffer): Buffer {
  return path.length === 0 ? Buffer.from(root) : Buffer.concat([Buffer.from(`${root}/`), path])
}

/**
 * Of a text whose members are in order: the same bytes as RFC 8785 gives, at a quarter of its time. `isAsked`: the reader sees all of the manifest
 * before it is sealed, and need not be asked about this one now.
 */
export function entryLine(entry: ManifestEntry, isAsked = false): string {
  const ordered: Record<string, unknown> = {}
  for (const key of Object.keys(entry).sort()) {
    const value = (entry as unknown as Readonly<Record<string, unknown>>)[key]
    ordered[key] = key === 'attributes' ? inOrder(value as Readonly<Record<string, string>>) : value
  }
  const line = `${JSON.stringify(ordered)}\n`
  if (isAsked) return line
  const answer = decode(manifestEntry, entry)
  assert(
    answer.ok,
    `an entry that its reader lets through (${answer.ok ? '' : `${answer.at}: ${answer.why}`})`,
  )
  return line
}

function inOrder(values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const keys = Object.keys(values)
  return keys.length < 2 ? values : Object.fromEntries(keys.sort().map((key) => [key, values[key] as string]))
}

/** Does an unchanged file's entry say what would be written today? The owner's name may have got another number, the programs been installed. */
export function holds(entry: ManifestEntry, { request, extras }: Making): boolean {
  return (
    request.owners.userName(entry.uid) === entry.owner &&
    request.owners.groupName(entry.gid) === entry.group &&
    (entry.attributes !== undefined || !extras)
  )
}

/** `sha256sum`'s own line; only names with a backslash or a line end need more than the bytes. */
export function checksumOf(digest: Digest, name: Buffer): Uint8Array {
  if (name.includes(0x5c) || name.includes(0x0a) || name.includes(0x0d)) return checksumLine({ digest, name })
  return Buffer.concat([Buffer.from(`${digest}  `, 'latin1'), name, Buffer.from('\n')])
}

/** As text, for whoever copies the snapshot back by hand. It is never followed. */
export function putLink(making: Making, copyPath: Buffer, target: Buffer): void {
  const { directory, name } = parted(copyPath)
  const there = making.target.at(directory)
  telling(there, name, () => symlinkSync(target, below(there, name)))
}

/** Gives the unchanged file's name in the last snapshot a second place. False where that is not to be had: then it is copied anew. */
export function linkOld(making: Making, copyPath: Buffer, size: number): boolean {
  if (making.old === undefined) return false
  const { directory, name } = parted(copyPath)
  const there = making.target.at(directory)
  try {
    const old = making.old.at(directory)
    const stat = lookFor(old, name)
    // A copy that was cut short is no copy; whatever else became of its bytes, a verification finds.
    if (stat?.isFile() !== true || Number(stat.size) !== size) return false
    linkSync(below(old, name), below(there, name))
  } catch (cause) {
    // Gone, more links than the file system takes, another file system, or marked unchangeable.
    if (
      ['ENOENT', 'ENOTDIR', 'ELOOP', 'EMLINK', 'EXDEV', 'EPERM'].includes(
        (cause as NodeJS.ErrnoException).code ?? '',
      )
    )
      return false
    throw told(cause, there, name)
  }
  making.counts.linkedFiles += 1
  making.counts.linkedBytes += size
  return true
}

/** Copies while hashing; what is half written under the name is taken away when it fails. The source stays open in the answer. */
export async function copyNew(
  making: Making,
  copyPath: Buffer,
  at: At,
  first?: ReadOptions['first'],
): Promise<ReadFile & { readonly fd: number }> {
  const { directory, name } = parted(copyPath)
  const there = making.target.at(directory)
  const into = makeFile(there, name)
  try {
    const read = await readStable(at, {
      turns: making.turns,
      into,
      ...(first === undefined ? {} : { first }),
    })
    settleFile(making, into, read.stat.mtimeNs)
    making.counts.copiedFiles += 1
    making.counts.copiedBytes += read.size
    return read
  } catch (cause) {
    unlinkSync(below(there, name))
    throw cause
  } finally {
    close(into)
  }
}

/** Nobody writes what a snapshot holds, and its group may read it. */
export function closeOff({ modes, request }: Making, fd: number, kind: 'file' | 'directory'): void {
  const uid = request.owner ?? 0
  setOwnerAndMode(fd, modes[kind], modes.gid === undefined ? undefined : { uid, gid: modes.gid })
}

export function settleFile(making: Making, fd: number, mtimeNs: bigint): void {
  closeOff(making, fd, 'file')
  setTimes(fd, mtimeNs)
}

/** The bytes of a secret for the encrypted copy alone, in a directory that the runner owns and removes. */
export async function stageSecret(
  making: Making,
  copyPath: Buffer,
  fd: number,
  read: ReadFile,
): Promise<void> {
  if (making.secrets === undefined) return
  const { directory, name } = parted(copyPath)
  const into = makeFile(making.secrets.at(directory), name)
  try {
    const again = await readOnce(fd, read.stat, { turns: making.turns, into, key: making.request.key })
    if (again?.digest !== read.digest)
      throw new SekishoError('backup.changed_while_read', { path: shown(copyPath) })
    settleFile(making, into, read.stat.mtimeNs)
  } finally {
    close(into)
  }
}
