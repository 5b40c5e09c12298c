// Takes a tree out of a room: the release as it is after dependencies and build. What comes out is written anew by us and belongs to us: regular files with 0644 or
// 0755, directories, and links that stay within the tree or lead to a program of the system. Anything else is named and stops it.
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  copyFileSync,
  mkdirSync,
  openSync,
  readlinkSync,
  symlinkSync,
} from 'node:fs'
import { posix } from 'node:path'
import { SekishoError } from '../base/error.ts'
import { fileError } from '../sys/files.ts'
import { below, openToRead, shown } from '../tree/openat.ts'
import { walk } from '../tree/walk.ts'
import { yielding } from '../tree/yield.ts'

export interface TakenOut {
  readonly files: number
  readonly bytes: number
}

/** What no tree needs and no release may hold. */
const SYSTEM = /^\/(?:usr|bin|lib|lib64)\//

export interface TakeOut {
  readonly from: string
  /** Where the tree is seen inside: an absolute link to a path below it is one within the tree. */
  readonly at: string
  /** Made here; must not exist. */
  readonly to: string
  readonly limits: { readonly files: number; readonly bytes: number }
  readonly signal?: AbortSignal
}

/** Throws room.take_out with the first entry that may not come out, file.* when it cannot be written. What was written stays: the caller removes. */
export async function takeOut({ from, at, to, limits, signal }: TakeOut): Promise<TakenOut> {
  const root = openSync(from, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  const turns = yielding(signal)
  let files = 0
  let bytes = 0
  try {
    for (const seen of walk(root)) {
      await turns.next()
      const path = shown(seen.path)
      const refuse = (why: string) => new SekishoError('room.take_out', { path, why })
      const target =
        seen.path.length === 0 ? Buffer.from(to) : Buffer.concat([Buffer.from(`${to}/`), seen.path])
      try {
        if (seen.type === 'directory') {
          mkdirSync(target, { mode: 0o755 })
          chmodSync(target, 0o755)
        } else if (seen.type === 'file') {
          files += 1
          bytes += Number(seen.stat.size)
          if (files > limits.files) throw refuse('files')
          if (bytes > limits.bytes) throw refuse('bytes')
          takeFile(seen.parent, seen.name, target, (seen.stat.mode & 0o100n) !== 0n)
        } else if (seen.type === 'link') {
          const link = readlinkSync(below(seen.parent, seen.name), { encoding: 'utf8' })
          if (!staysWithin(path, link, at)) throw refuse('link')
          symlinkSync(link, target)
        } else throw refuse(seen.type)
      } catch (cause) {
        throw cause instanceof SekishoError ? cause : fileError(target.toString('utf8'), cause)
      }
    }
    return { files, bytes }
  } finally {
    closeSync(root)
  }
}

function takeFile(parent: number, name: Uint8Array, target: Buffer, executable: boolean): void {
  const fd = openToRead(parent, name)
  try {
    // Blocks are shared where the file system can.
    copyFileSync(`/proc/self/fd/${fd}`, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
    // The copy has taken the owner along.
    if (process.getuid?.() === 0) chownSync(target, 0, 0)
    chmodSync(target, executable ? 0o755 : 0o644)
  } finally {
    closeSync(fd)
  }
}

/** `path`: of the link, below the root. */
export function staysWithin(path: string, target: string, at: string): boolean {
  if (target.startsWith('/'))
    return SYSTEM.test(posix.normalize(target)) || posix.normalize(target).startsWith(`${at}/`)
  const resolved = posix.normalize(posix.join('/', 'tree', posix.dirname(path), target))
  // `join` stops at the root: a target that climbs further than the tree is deep ends elsewhere.
  return (resolved === '/tree' || resolved.startsWith('/tree/')) && !climbsOut(posix.dirname(path), target)
}

function climbsOut(directory: string, target: string): boolean {
  let depth = directory === '.' ? 0 : directory.split('/').length
  for (const part of target.split('/')) {
    if (part === '..') depth -= 1
    else if (part !== '' && part !== '.') depth += 1
    if (depth < 0) return true
  }
  return false
}
