// One item of a snapshot, brought back beside its target: the manifest must be the sealed one, and every line of it one that its reader lets through.
import { statfsSync } from 'node:fs'
import type { BackupId } from '../../backup/level.ts'
import type { ManifestEntry, ManifestItem } from '../../backup/manifest.ts'
import { pathBytes } from '../../backup/manifest-path.ts'
import { failureOf, SekishoError } from '../../base/error.ts'
import type { Digest } from '../../base/hash.ts'
import { below, close, errorAt, ROOT_NAME, realPath } from '../../tree/openat.ts'
import { type Restored, type RestoreOptions, restoreTree } from '../../tree/restore.ts'
import { openSnapshot } from './list.ts'
import { entriesOf, headerOf, openSealed } from './manifest-file.ts'

export interface RestoreRequest extends Omit<RestoreOptions, 'limit'> {
  readonly to: string
  readonly id: BackupId
  readonly manifest: Digest
  readonly item: string
  /** A private directory, open, and the name that the item gets in it. */
  readonly into: { readonly fd: number; readonly name: Buffer }
  /** Where the manifest of an imported one lies: it is not in the snapshot. */
  readonly kept?: string
  /** Only these, with the directories above them. */
  readonly only?: (entry: ManifestEntry) => boolean
}

/** Throws backup.no_space, backup.snapshot_missing, backup.snapshot_damaged, backup.restore_refused, file.*. What was built is then the caller's to remove. */
export async function restoreItem(request: RestoreRequest): Promise<Restored> {
  try {
    return await restoreHeld(request)
  } catch (cause) {
    throw errorAt(request.to, cause)
  }
}

async function restoreHeld(request: RestoreRequest): Promise<Restored> {
  const { to, id } = request
  const snapshot = openSnapshot(to, id)
  try {
    const file = await openSealed(snapshot, request, request.turns)
    try {
      const item = itemIn(headerOf(file, id).items, request)
      const { entries, bytes, root } = item
      requireRoom(request, file, item)
      return await restoreTree(
        { fd: snapshot, name: Buffer.from(root) },
        request.into,
        chosen(request, file),
        {
          ...request,
          limit: { entries, bytes },
        },
      ).catch((cause: unknown) => {
        throw withSource(cause, item)
      })
    } finally {
      close(file)
    }
  } finally {
    close(snapshot)
  }
}

/** A person takes the bit from the file in its own place. */
function withSource(cause: unknown, { kind, source }: ManifestItem): unknown {
  if (!(cause instanceof SekishoError) || cause.detail['why'] !== 'setuid') return cause
  const path = `${kind === 'config' ? '' : source}/${String(cause.detail['path'])}`
  return failureOf({ code: cause.code, detail: { ...cause.detail, path } }, { cause })
}

const BLOCK = 4096
/** What a running service may write meanwhile. */
const SPARE_BYTES = 1_048_576
const SPARE_INODES = 100

/**
 * A disk that fills while a restore is laid out is the service's own: it is asked first. Most of the time the header's figures tell that there is
 * enough; only where they do not, every entry is asked what it will really take.
 */
function requireRoom(request: RestoreRequest, file: number, { entries, bytes }: ManifestItem): void {
  const { into, to } = request
  const { bavail, bsize, files, ffree } = statfsSync(below(into.fd, ROOT_NAME))
  const free = { bytes: bavail * bsize, inodes: files > 0 ? ffree : Number.MAX_SAFE_INTEGER }
  const isEnough = (need: { readonly bytes: number; readonly inodes: number }) =>
    need.bytes + SPARE_BYTES <= free.bytes && need.inodes + SPARE_INODES <= free.inodes
  if (isEnough({ bytes: bytes + entries * BLOCK, inodes: entries })) return
  const need = { bytes: 0, inodes: 0 }
  for (const entry of chosen(request, file)) {
    if (isFollower(entry)) continue
    need.inodes += 1
    // Of a file with holes nobody has written down how much of it there is.
    if (entry.type === 'file' && entry.sparse) need.bytes += BLOCK
    else if (entry.type === 'file' || entry.type === 'secret')
      need.bytes += Math.ceil(entry.size / BLOCK) * BLOCK
    else if (entry.type === 'directory') need.bytes += BLOCK
  }
  if (isEnough(need)) return
  const path = realPath(into.fd) ?? to
  throw need.bytes + SPARE_BYTES > free.bytes
    ? new SekishoError('backup.no_space', { path, need: need.bytes + SPARE_BYTES, free: free.bytes })
    : new SekishoError('backup.no_inodes', { path, need: need.inodes + SPARE_INODES, free: free.inodes })
}

/** One more name of a file that was counted. */
function isFollower(entry: ManifestEntry): boolean {
  if (entry.type !== 'file' || entry.hardLink === undefined) return false
  return Buffer.compare(pathBytes(entry.hardLink), pathBytes(entry.at)) !== 0
}

function itemIn(items: readonly ManifestItem[], { id, item }: RestoreRequest): ManifestItem {
  const found = items.find(({ name }) => name === item)
  if (found === undefined)
    throw new SekishoError('backup.snapshot_damaged', { id, path: item, why: 'ENOENT' })
  return found
}

function* chosen(request: RestoreRequest, file: number): Generator<ManifestEntry> {
  for (const entry of entriesOf(file, request.id, request.item)) {
    if (request.only === undefined) yield entry
    else if (request.only(entry)) yield alone(entry)
  }
}

/** One name of a file that has several comes back as a file of its own: the others stay what they are. */
function alone(entry: ManifestEntry): ManifestEntry {
  if (entry.type !== 'file') return entry
  const { hardLink: _, ...rest } = entry
  return rest
}
