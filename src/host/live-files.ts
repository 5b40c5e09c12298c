// The live file system as the readers see it: nothing is followed, nothing but regular files is opened, sizes are capped.
// What is opened is believed only where the kernel names it by the path that was asked: a directory that is exchanged for a link
// between the look and the open shows nothing of where that link leads.
import { closeSync, constants, fstatSync, lstatSync, readdirSync, readlinkSync, readSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { OverBudget, type TrialBudget } from '../sandbox/budget.ts'
import type { FileView, Look, ReadInodes } from './file-view.ts'
import { openExact } from './walk.ts'

const SEARCHED_BY_OTHERS = 0o001
const MAX_BYTES = 8_388_608

/** Reads as it is asked; what cannot be read (no permission) looks like `other`, never like absent. */
export const liveFiles: FileView = {
  look(path, known) {
    try {
      const stat = lstatSync(path)
      if (stat.isSymbolicLink()) return { kind: 'link', target: readlinkSync(path) }
      if (stat.isDirectory()) return directory(path)
      return stat.isFile() ? regularFile(path, known) : { kind: 'other' }
    } catch (error) {
      if (error instanceof OverBudget) throw error
      const code = (error as NodeJS.ErrnoException).code
      return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EINVAL' ? undefined : { kind: 'other' }
    }
  },
}

/** Addresses of this host's interfaces, for `hostAddresses`. */
export function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address))
}

/**
 * One look for each path, and one reading for each inode: a reading sees one state even if the files change meanwhile, and three hundred names
 * of one file cost as much as one. Throws OverBudget where a budget is handed in.
 */
export function remembered(view: FileView, budget?: TrialBudget): FileView {
  const seen = new Map<string, Look | undefined>()
  const inodes = new Map<string, Uint8Array>()
  const known: ReadInodes = {
    bytes: (inode) => inodes.get(inode),
    reading: (path, size) => budget?.read(path, size),
  }
  return {
    look(path) {
      if (seen.has(path)) return seen.get(path)
      budget?.name(path)
      const look = view.look(path, known)
      if (look?.kind === 'directory') budget?.entries(path, look.names.length)
      if (look?.kind === 'file' && look.inode !== undefined) inodes.set(look.inode, look.bytes)
      seen.set(path, look)
      return look
    },
  }
}

function directory(path: string): Look {
  const descriptor = openExact(path, constants.O_RDONLY | constants.O_DIRECTORY)
  if (descriptor === undefined) return { kind: 'other' }
  try {
    const names = readdirSync(`/proc/self/fd/${descriptor}`)
    const isOpen = (fstatSync(descriptor).mode & SEARCHED_BY_OTHERS) !== 0
    return isOpen ? { kind: 'directory', names } : { kind: 'directory', names, closed: true }
  } finally {
    closeSync(descriptor)
  }
}

function regularFile(path: string, known: ReadInodes | undefined): Look {
  const descriptor = openExact(path, constants.O_RDONLY)
  if (descriptor === undefined) return { kind: 'other' }
  try {
    const stat = fstatSync(descriptor)
    if (!stat.isFile()) return { kind: 'other' }
    const owner = { mode: stat.mode & 0o7777, uid: stat.uid, gid: stat.gid }
    if (stat.size > MAX_BYTES) return { kind: 'file', bytes: new Uint8Array(), ...owner, tooLarge: true }
    const inode = `${stat.dev}:${stat.ino}`
    const before = known?.bytes(inode)
    if (before !== undefined) return { kind: 'file', bytes: before, inode, ...owner }
    known?.reading(path, stat.size)
    const bytes = Buffer.alloc(stat.size)
    let size = 0
    while (size < bytes.length) {
      const read = readSync(descriptor, bytes, size, bytes.length - size, size)
      if (read === 0) break
      size += read
    }
    return { kind: 'file', bytes: bytes.subarray(0, size), inode, ...owner }
  } finally {
    closeSync(descriptor)
  }
}
