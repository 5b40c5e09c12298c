// Room for what is laid out beside the data, asked for before the first byte: a service that runs writes to the same volume, and must still be able to
// when all of it lies there (backup.md §8.3).
import { statfs } from 'node:fs/promises'
import { SekishoError } from '../../base/error.ts'

export interface Room {
  readonly bytes: number
  readonly entries: number
}

/** `floor`: bytes that stay free for the service. Throws backup.no_space, backup.no_inodes. */
export async function askForRoom(path: string, { bytes, entries }: Room, floor: number): Promise<void> {
  const { bavail, bsize, files, ffree } = await statfs(path)
  const free = bavail * bsize
  const need = bytes + floor
  if (free < need) throw new SekishoError('backup.no_space', { path, free, need })
  // Some file systems count none.
  const wanted = entries + INODES_LEFT
  if (files > 0 && ffree < wanted)
    throw new SekishoError('backup.no_inodes', { path, free: ffree, need: wanted })
}
/** For the service, and for what is made around a tree. */
const INODES_LEFT = 100
