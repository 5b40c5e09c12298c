// The live file system as the readers see it: nothing is followed, nothing but regular files is opened, sizes are capped.
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from 'node:fs'
import { networkInterfaces } from 'node:os'
import type { FileView, Look } from '../read/file-view.ts'

const MAX_BYTES = 8_388_608

/** Reads as it is asked; what cannot be read (no permission) looks like `other`, never like absent. */
export const liveFiles: FileView = {
  look(path) {
    try {
      const stat = lstatSync(path)
      if (stat.isSymbolicLink()) return { kind: 'link', target: readlinkSync(path) }
      if (stat.isDirectory()) return { kind: 'directory', names: readdirSync(path) }
      return stat.isFile() ? readFile(path) : { kind: 'other' }
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

function readFile(path: string): Look {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
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
