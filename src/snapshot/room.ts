// Room for what is laid out beside the data, loaded or taken apart, asked for before the first byte: what is being served writes to the same volume, and
// must still be able to when all of it lies there (backup.md §8.3). What was promised to one is not promised to another: restores of several services
// are laid out at once, and their volume is often one.
import { stat, statfs } from 'node:fs/promises'
import { SekishoError } from '../base/error.ts'
import { freeOf } from '../host/volume-free.ts'
import type { SnapshotPorts } from './ports.ts'

export interface Room {
  readonly bytes: number
  readonly entries: number
}

/** A volume on which something is being written that was promised its room. */
interface Volume {
  /** What was free before any of them wrote, without what those that have ended were promised. */
  base: number
  promised: number
  holders: number
}
/** By device. */
const volumes = new Map<number, Volume>()

/** What the rules keep free stays free. Nothing is kept from others. Throws backup.no_space. */
export async function needFree(
  path: string,
  bytes: number,
  parts: Pick<SnapshotPorts, 'policies'>,
): Promise<void> {
  await whereFree(path, bytes, parts, () => {})
}

/** The same, kept from everybody else until it is let go: when it is written, or given up. Throws backup.no_space. */
export async function holdFree(
  path: string,
  bytes: number,
  parts: Pick<SnapshotPorts, 'policies'>,
): Promise<Disposable> {
  let letGo = () => {}
  await whereFree(path, bytes, parts, (volume, device) => {
    volume.promised += bytes
    volume.holders += 1
    volumes.set(device, volume)
    letGo = () => {
      volume.promised -= bytes
      volume.base -= bytes
      volume.holders -= 1
      if (volume.holders === 0) volumes.delete(device)
    }
  })
  return {
    [Symbol.dispose]: () => {
      letGo()
      letGo = () => {}
    },
  }
}

/** Does this with the volume at once, so that nobody comes in between, if that much is free on it when all is written that was promised. */
async function whereFree(
  path: string,
  bytes: number,
  { policies }: Pick<SnapshotPorts, 'policies'>,
  act: (volume: Volume, device: number) => void,
): Promise<void> {
  const place = await freeOf(path)
  if (place === undefined) return
  const { dev: device } = await stat(place.path)
  const now = await statfs(place.path)
  const free = now.bavail * now.bsize
  const volume = volumes.get(device) ?? { base: free, promised: 0, holders: 0 }
  // What was promised and is written is gone from what is free, and counts once. Whatever else was written meanwhile counts as written of it.
  const left = Math.min(free, Math.max(volume.base, free) - volume.promised)
  const need = bytes + policies.current.rules.floorBytes
  if (left < need)
    throw new SekishoError('backup.no_space', {
      path,
      free: Math.max(0, left),
      need,
      promised: volume.promised,
    })
  act(volume, device)
}

/** The same of a directory that is there, and of as many files. Throws backup.no_space, backup.no_inodes. */
export async function askForRoom(
  path: string,
  { bytes, entries }: Room,
  parts: Pick<SnapshotPorts, 'policies'>,
): Promise<Disposable> {
  const { files, ffree } = await statfs(path)
  // Some file systems count none.
  const need = entries + INODES_LEFT
  if (files > 0 && ffree < need) throw new SekishoError('backup.no_inodes', { path, free: ffree, need })
  return holdFree(path, bytes, parts)
}
/** For the service, and for what is made around a tree. */
const INODES_LEFT = 100
