// Room for what is laid out beside the data, loaded or taken apart, asked for before the first byte: what is being served writes to the same volume, and
// must still be able to when all of it lies there (backup.md §8.3).
import { statfs } from 'node:fs/promises'
import { SekishoError } from '../../base/error.ts'
import type { RunnerParts } from '../parts.ts'
import { freeOf } from '../verbs/floor.ts'

export interface Room {
  readonly bytes: number
  readonly entries: number
}

/** What the rules keep free stays free. Throws backup.no_space. */
export async function needFree(
  path: string,
  bytes: number,
  { policies }: Pick<RunnerParts, 'policies'>,
): Promise<void> {
  const free = await freeOf(path)
  const need = bytes + policies.current.rules.floorBytes
  if (free !== undefined && free.bytes < need)
    throw new SekishoError('backup.no_space', { path, free: free.bytes, need })
}

/** The same of a directory that is there, and of as many files. Throws backup.no_space, backup.no_inodes. */
export async function askForRoom(
  path: string,
  { bytes, entries }: Room,
  parts: Pick<RunnerParts, 'policies'>,
): Promise<void> {
  await needFree(path, bytes, parts)
  const { files, ffree } = await statfs(path)
  // Some file systems count none.
  const need = entries + INODES_LEFT
  if (files > 0 && ffree < need) throw new SekishoError('backup.no_inodes', { path, free: ffree, need })
}
/** For the service, and for what is made around a tree. */
const INODES_LEFT = 100
