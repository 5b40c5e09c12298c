// The one way to the bytes of a dump: taken from the copy by descriptor, hashed while they are written to a private place of ours, and handed on only
// when they are what the manifest seals. What stands in the copy may change a moment later; what is loaded is what was compared.
// INVARIANT B8: nothing of a dump is read, scanned or loaded by its path in a copy.
import { randomBytes } from 'node:crypto'
import { closeSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { KnownCopy } from '../backup/level.ts'
import type { ManifestEntry, ManifestItem } from '../backup/manifest.ts'
import { failureOf, SekishoError } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import { fileError, privateDirectory } from '../sys/files.ts'
import { makeFile, openTree, statOf } from '../tree/openat.ts'
import { readOnce } from '../tree/read.ts'
import { yielding } from '../tree/yield.ts'
import type { SnapshotPorts } from './ports.ts'
import { holdFree } from './room.ts'
import type { Snapshot } from './snapshot.ts'

export interface SealedDump {
  readonly copy: Pick<KnownCopy, 'to' | 'backup'>
  readonly snapshot: Snapshot
  readonly item: ManifestItem
}

export interface DumpContext {
  readonly parts: SnapshotPorts
  readonly signal: AbortSignal
}

/** Bytes that were compared, in a private place. */
export interface TakenDump {
  readonly path: string
  readonly digest: Digest
}

/** Ours, of this process: whatever else lies there was left by one that was killed. */
const held = new Set<string>()

/** What is taken is gone afterwards. Throws backup.snapshot_damaged, backup.no_space, and what the work throws, told of the copy's own path. */
export async function withSealedDump<T>(
  dump: SealedDump,
  context: DumpContext,
  work: (taken: TakenDump) => Promise<T>,
): Promise<T> {
  const { state } = context.parts.place
  const directory = join(state, 'dumps')
  await privateDirectory(directory)
  for (const name of readdirSync(directory))
    if (!held.has(name)) rmSync(join(directory, name), { force: true })
  const name = `${randomBytes(8).toString('hex')}.dump`
  const path = join(directory, name)
  held.add(name)
  try {
    const digest = await takeSealed(dump, directory, name, context)
    return await work({ path, digest })
  } catch (cause) {
    throw ofCopy(cause, path, dump)
  } finally {
    rmSync(path, { force: true })
    held.delete(name)
  }
}

async function takeSealed(
  { copy, snapshot, item }: SealedDump,
  directory: string,
  name: string,
  { parts, signal }: DumpContext,
): Promise<Digest> {
  const damaged = (why: string, cause?: unknown) =>
    new SekishoError('backup.snapshot_damaged', { id: copy.backup, path: item.root, why }, { cause })
  const sealed = fileOf(snapshot, item)
  if (sealed === undefined) throw damaged('absent')
  using _room = await holdFree(directory, sealed.size, parts)
  const place = openTree(directory)
  try {
    const into = makeFile(place, Buffer.from(name))
    try {
      const from = opened(() => snapshot.openFile(item, sealed), damaged)
      try {
        const stat = statOf(from)
        if (!stat.isFile()) throw damaged('type')
        if (Number(stat.size) !== sealed.size) throw damaged('size')
        const read = await readOnce(from, stat, { turns: yielding(signal), into }).catch((cause: unknown) => {
          throw isRead(cause) ? damaged('unreadable', cause) : cause
        })
        if (read?.digest !== sealed.digest) throw damaged('digest')
        return read.digest
      } finally {
        closeSync(from)
      }
    } finally {
      closeSync(into)
    }
  } catch (cause) {
    throw cause instanceof SekishoError ? cause : fileError(join(directory, name), cause)
  } finally {
    closeSync(place)
  }
}

/** A dump is one file, and its item has no other entry. */
function fileOf(
  snapshot: Snapshot,
  { name }: ManifestItem,
): Extract<ManifestEntry, { readonly type: 'file' }> | undefined {
  for (const entry of snapshot.entries(name)) if (entry.type === 'file') return entry
  return undefined
}

function opened(open: () => number, damaged: (why: string, cause?: unknown) => SekishoError): number {
  try {
    return open()
  } catch (cause) {
    if (cause instanceof SekishoError) throw cause
    throw damaged(codeOf(cause), cause)
  }
}

/** Anything but our own place that takes no more. */
function isRead(cause: unknown): boolean {
  return !(cause instanceof SekishoError) && !['ENOSPC', 'EDQUOT', 'EROFS'].includes(codeOf(cause))
}

function codeOf(cause: unknown): string {
  return String((cause as NodeJS.ErrnoException).code)
}

/** Where our own copy lies says nothing to anybody. */
function ofCopy(cause: unknown, path: string, { copy, item }: SealedDump): unknown {
  if (!(cause instanceof SekishoError) || cause.detail['path'] !== path) return cause
  const detail = { ...cause.detail, path: join(copy.to, 'daily', copy.backup, item.root) }
  return failureOf({ code: cause.code, detail }, { cause })
}
