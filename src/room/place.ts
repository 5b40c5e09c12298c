// The directory of one room: named by the process that made it, with the first of the room's user ids written into it before anything runs.
import { statfsSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SekishoError } from '../base/error.ts'
import { withIds } from '../sandbox/sandbox-ids.ts'

export const PREFIX = 'room-'
export const BASE_FILE = 'base'
const RESERVE = 64 * 2 ** 20

/** The directory and everything in it is gone when this returns. */
export async function withPlace<T>(
  scratch: string,
  work: (place: string, baseUid: number) => Promise<T>,
): Promise<T> {
  const place = await mkdtemp(join(scratch, `${PREFIX}${process.pid}-`))
  try {
    await chmod(place, 0o711)
    return await withIds(async (baseUid) => {
      await writeFile(join(place, BASE_FILE), String(baseUid), { mode: 0o600 })
      return work(place, baseUid)
    })
  } finally {
    await removePlace(place)
  }
}

export async function removePlace(place: string): Promise<void> {
  await rm(place, { recursive: true, force: true, maxRetries: 3 })
}

/** What a copy takes, and something to spare. Throws room.no_space, room.no_inodes. */
export function enough(scratch: string, copied: { readonly bytes: number; readonly files: number }): void {
  const need = copied.bytes + RESERVE
  const { bavail, bsize, ffree } = statfsSync(scratch)
  if (bavail * bsize < need)
    throw new SekishoError('room.no_space', { path: scratch, need, free: bavail * bsize })
  // A file system that makes inodes as they are needed counts none.
  if (ffree > 0 && ffree < copied.files + 1_000)
    throw new SekishoError('room.no_inodes', { path: scratch, need: copied.files, free: ffree })
}
