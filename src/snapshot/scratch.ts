// A place to bring a copy back to without touching anything: private, with room asked for first, removed whatever happens.
import { closeSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { passableDirectory, privateDirectory } from '../sys/files.ts'
import { below, lookFor, openDirectory, openTree, telling } from '../tree/openat.ts'
import { removeTree } from '../tree/remove.ts'
import { yielding } from '../tree/yield.ts'
import type { SnapshotPorts } from './ports.ts'
import { needFree } from './room.ts'

export interface ScratchPlace {
  readonly path: string
  /** Open. */
  readonly fd: number
}

/** Throws backup.no_space. */
export async function withScratch<T>(
  parts: SnapshotPorts,
  name: string,
  bytes: number,
  work: (place: ScratchPlace) => Promise<T>,
): Promise<T> {
  const parent = join(parts.place.state, 'drills')
  await privateDirectory(parent)
  await needFree(parent, bytes, parts)
  const above = openTree(parent)
  const bytesOfName = Buffer.from(name)
  try {
    if (lookFor(above, bytesOfName) !== undefined) await removeTree(above, bytesOfName, yielding())
    telling(above, bytesOfName, () => mkdirSync(below(above, bytesOfName), 0o700))
    const fd = openDirectory(above, bytesOfName)
    try {
      return await work({ path: join(parent, name), fd })
    } finally {
      closeSync(fd)
      await removeTree(above, bytesOfName, yielding())
    }
  } finally {
    closeSync(above)
  }
}

/** Throw-away clusters run as an account without rights, which must pass through to them; and the path of a socket is short. */
export async function clusterPlace({ place }: SnapshotPorts): Promise<string> {
  const path = join(place.data, 'clusters')
  await passableDirectory(path)
  return path
}
