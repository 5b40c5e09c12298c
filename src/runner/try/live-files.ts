// The live file system as the readers see it: nothing is followed, nothing but regular files is opened, sizes are capped.
// What is opened is believed only where the kernel names it by the path that was asked: a directory that is exchanged for a link
// between the look and the open shows nothing of where that link leads.
import { closeSync, constants, fstatSync, lstatSync, readdirSync, readlinkSync, readSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import type { FileView, Look } from '../read/file-view.ts'
import { openExact } from '../read/walk.ts'

const MAX_BYTES = 8_388_608

/** Reads as it is asked; what cannot be read (no permission) looks like `other`, never like absent. */
export const liveFiles: FileView = {
  look(path) {
    try {
      const stat = lstatSync(path)
      if (stat.isSymbolicLink()) return { kind: 'link', target: readlinkSync(path) }
      if (stat.isDirectory()) return directory(path)
      return stat.isFile() ? regularFile(path) : { kind: 'other' }
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EINVAL' ? undefined : { kind: 'other' }
    }
  },
}

/** Addresses of this host's interfaces, for `hostAddresses`. */
export function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address))
}

/** One look for each path: a reading sees one state even if the files change meanwhile, and costs less. */
export function remembered(view: FileView): FileView {
  const seen = new Map<string, Look | undefined>()
  return {
    look(path) {
      if (!seen.has(path)) seen.set(path, view.look(path))
      return seen.get(path)
    },
  }
}

function directory(path: string): Look {
  const descriptor = openExact(path, constants.O_RDONLY | constants.O_DIRECTORY)
  if (descriptor === undefined) return { kind: 'other' }
  try {
    return { kind: 'directory', names: readdirSync(`/proc/self/fd/${descriptor}`) }
  } finally {
    closeSync(descriptor)
  }
}

function regularFile(path: string): Look {
  const descriptor = openExact(path, constants.O_RDONLY)
  if (descriptor === undefined) return { kind: 'other' }
  try {
    const stat = fstatSync(descriptor)
    if (!stat.isFile()) return { kind: 'other' }
    const owner = { mode: stat.mode & 0o7777, uid: stat.uid, gid: stat.gid }
    if (stat.size > MAX_BYTES) return { kind: 'file', bytes: new Uint8Array(), ...owner, tooLarge: true }
    const bytes = Buffer.alloc(stat.size)
    let size = 0
    while (size < bytes.length) {
      const read = readSync(descriptor, bytes, size, bytes.length - size, size)
      if (read === 0) break
      size += read
    }
    return { kind: 'file', bytes: bytes.subarray(0, size), ...owner }
  } finally {
    closeSync(descriptor)
  }
}
