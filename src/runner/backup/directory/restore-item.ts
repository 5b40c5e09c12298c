// One item of a snapshot, brought back beside its target: the manifest must be the sealed one, and every line of it one that its reader lets through.
import type { BackupId } from '../../../backup/level.ts'
import type { ManifestEntry, ManifestItem } from '../../../backup/manifest.ts'
import { SekishoError } from '../../../base/error.ts'
import type { Digest } from '../../../base/hash.ts'
import { close, errorAt } from '../../tree/beneath.ts'
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

/** Throws backup.snapshot_missing, backup.snapshot_damaged, backup.restore_refused, file.*. What was built is then the caller's to remove. */
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
      return await restoreTree(
        { fd: snapshot, name: Buffer.from(root) },
        request.into,
        chosen(request, file),
        {
          ...request,
          limit: { entries, bytes },
        },
      )
    } finally {
      close(file)
    }
  } finally {
    close(snapshot)
  }
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
