// What lies in a place of copies, as it says of itself. A level is never read here: only the runner's own journal knows one.
import type { BackupId } from '../../backup/level.ts'
import { MANIFEST, type ManifestHeader } from '../../backup/manifest.ts'
import { SekishoError } from '../../base/error.ts'
import type { Digest } from '../../base/hash.ts'
import { close, lookFor, openDirectory } from '../../tree/openat.ts'
import { yielding } from '../../tree/yield.ts'
import { openDaily, requireDaily, snapshotNames } from './layout.ts'
import { digestOf, headerOf, ofCopy, openNamed } from './manifest-file.ts'

export interface Listed {
  readonly id: BackupId
  /** Absent where there is no manifest (somebody else made it) or none that can be read. */
  readonly manifest?: Digest
  readonly header?: ManifestHeader
  readonly why?: 'no manifest' | 'damaged'
}

/** Newest first. A place that does not exist holds nothing. */
export async function listSnapshots(to: string, signal?: AbortSignal): Promise<readonly Listed[]> {
  const daily = openDaily(to)
  if (daily === undefined) return []
  try {
    const found: Listed[] = []
    for (const id of snapshotNames(daily)) found.push(await describeSnapshot(daily, id, signal))
    return found
  } finally {
    close(daily)
  }
}

async function describeSnapshot(
  daily: number,
  id: BackupId,
  signal: AbortSignal | undefined,
): Promise<Listed> {
  const fd = openDirectory(daily, Buffer.from(id))
  try {
    const file = openNamed(fd, MANIFEST)
    if (file === undefined) return { id, why: 'no manifest' }
    try {
      return { id, manifest: await digestOf(file, yielding(signal)), header: headerOf(file, id) }
    } finally {
      close(file)
    }
  } catch (cause) {
    if (cause instanceof SekishoError && cause.code === 'backup.aborted') throw cause
    return { id, why: 'damaged' }
  } finally {
    close(fd)
  }
}

/** Newest first: those without a manifest of ours, which somebody else made. */
export function foreignSnapshots(to: string): readonly BackupId[] {
  return snapshotsWhere(to, false)
}

/** Newest first: those that lie with a manifest. Whether it is whole, and of whom, is not looked at. */
export function ownSnapshots(to: string): readonly BackupId[] {
  return snapshotsWhere(to, true)
}

function snapshotsWhere(to: string, hasManifest: boolean): readonly BackupId[] {
  const daily = openDaily(to)
  if (daily === undefined) return []
  try {
    return snapshotNames(daily).filter((id) => {
      const fd = openDirectory(daily, Buffer.from(id))
      try {
        return (lookFor(fd, Buffer.from(MANIFEST)) !== undefined) === hasManifest
      } finally {
        close(fd)
      }
    })
  } finally {
    close(daily)
  }
}

/**
 * Where copies lie that we know of, and there is no place of copies now, its disk is away: nothing is concluded of them, and nothing is
 * written into the empty directory under them. Throws backup.target_missing.
 */
export function requirePlace(to: string, copy: string): void {
  close(requireDaily(to, copy))
}

/**
 * One snapshot's directory, open for a restore; the caller closes. Throws backup.snapshot_missing, and backup.target_missing where there
 * is no place of copies at all: a disk that is not mounted says nothing of what lies on it.
 */
export function openSnapshot(to: string, id: BackupId): number {
  const daily = requireDaily(to)
  try {
    if (lookFor(daily, Buffer.from(id))?.isDirectory() !== true)
      throw new SekishoError('backup.snapshot_missing', { id, to })
    return ofCopy(id, id, () => openDirectory(daily, Buffer.from(id)))
  } finally {
    if (daily !== undefined) close(daily)
  }
}
