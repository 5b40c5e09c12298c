// A copy of ours that the journal knows nothing of, because it was lost or because a kill came between the name and the line: taken over as one that
// somebody else made. It claims nothing: which level it has is what is read of it now.
import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import type { BackupId } from '../backup/level.ts'
import { MANIFEST, type ManifestHeader } from '../backup/manifest.ts'
import { SekishoError } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import { fileError, syncDirectory } from '../sys/files.ts'
import { close } from '../tree/openat.ts'
import { openSnapshot } from './directory/list.ts'
import { headerOf, openNamed, readManifest } from './directory/manifest-file.ts'

export interface Own {
  readonly header: ManifestHeader
  readonly manifest: Digest
  readonly entries: number
  readonly bytes: number
}

/** The header alone, to see whose it is. Undefined: no manifest that its reader lets through, or of another id. */
export function headerIn(to: string, id: BackupId): ManifestHeader | undefined {
  return reading(to, id, (fd) => {
    const header = headerOf(fd, id)
    return header.id === id ? header : undefined
  })
}

/**
 * Keeps its manifest, whole and as it is, at `kept`: what is compared from now on. Undefined where the manifest is not whole. Throws file.*.
 */
export async function keepOwn(to: string, id: BackupId, kept: string): Promise<Own | undefined> {
  const found = reading(to, id, (fd) => {
    const manifest = copyTo(`${kept}.new`, fd)
    const mine = openSync(`${kept}.new`, 'r')
    try {
      let header: ManifestHeader | undefined
      // Every line: what its own reader refuses is nothing to compare a copy with.
      for (const one of readManifest(mine, id)) if ('kind' in one) header = one
      return header === undefined ? undefined : { header, manifest }
    } finally {
      closeSync(mine)
    }
  })
  if (found === undefined) {
    rmSync(`${kept}.new`, { force: true })
    return undefined
  }
  renameSync(`${kept}.new`, kept)
  await syncDirectory(dirname(kept))
  const { items } = found.header
  const sum = (of: 'entries' | 'bytes') => items.reduce((all, item) => all + item[of], 0)
  return { ...found, entries: sum('entries'), bytes: sum('bytes') }
}

function reading<T>(to: string, id: BackupId, work: (manifest: number) => T): T | undefined {
  const snapshot = openSnapshot(to, id)
  try {
    const fd = openNamed(snapshot, MANIFEST)
    if (fd === undefined) return undefined
    try {
      return work(fd)
    } finally {
      closeSync(fd)
    }
  } catch (cause) {
    if (cause instanceof SekishoError && cause.code === 'backup.snapshot_damaged') return undefined
    throw fileError(MANIFEST, cause)
  } finally {
    close(snapshot)
  }
}

const CHUNK = 1_048_576

function copyTo(path: string, from: number): Digest {
  rmSync(path, { force: true })
  const into = openSync(path, 'wx', 0o600)
  try {
    const hash = createHash('sha256')
    const chunk = Buffer.allocUnsafe(CHUNK)
    for (let at = 0; ; ) {
      const got = readSync(from, chunk, 0, chunk.length, at)
      if (got === 0) break
      hash.update(chunk.subarray(0, got))
      writeSync(into, chunk, 0, got)
      at += got
    }
    fsyncSync(into)
    return hash.digest('hex') as Digest
  } catch (cause) {
    throw fileError(path, cause)
  } finally {
    closeSync(into)
  }
}
