// Copies a part of production into a room, by descriptors and without following a link: bytes, modes, times and owners, each owner as the id that stands for it in
// the room. Blocks are shared where the file system can (reflink).
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  lchownSync,
  mkdirSync,
  symlinkSync,
  utimesSync,
} from 'node:fs'
import { basename, dirname } from 'node:path'
import type { NotCompared } from '../plans/receipt.ts'
import { lookFor, openToRead, openTree, shown, targetOf } from '../tree/openat.ts'
import { type Seen, walk } from '../tree/walk.ts'
import { yielding } from '../tree/yield.ts'

export interface CloneRequest {
  /** Outside: a directory. */
  readonly from: string
  /** Where it is made; must not exist. Its parent does. */
  readonly to: string
  /** The path that is seen inside, for what is said of it. */
  readonly path: string
  /** Paths below it that are left out, with what is below them. */
  readonly leave: readonly string[]
  /** What an owner outside becomes. Undefined: nobody can be given files here. */
  readonly owner: ((uid: number, gid: number) => { readonly uid: number; readonly gid: number }) | undefined
  readonly limits: { readonly bytes: number; readonly files: number }
  /** Asked with what was counted before anything is copied. Throws where it does not fit. */
  readonly enough?: (counted: { readonly bytes: number; readonly files: number }) => void
  readonly signal?: AbortSignal
}

export interface Cloned {
  readonly bytes: number
  readonly files: number
  readonly notCompared: readonly NotCompared[]
  /** The limit of bytes or files was reached: it is not whole. */
  readonly over: boolean
}

/** Throws file.* and what the kernel says. */
export async function cloneTree(request: CloneRequest): Promise<Cloned> {
  const { from, to, path, leave, owner, limits, signal } = request
  const root = openTree(from)
  const turns = yielding(signal)
  const notCompared: NotCompared[] = []
  const directories: { readonly path: Buffer; readonly seen: Seen }[] = []
  let bytes = 0
  let files = 0
  const over = () => bytes > limits.bytes || files > limits.files
  try {
    for (const seen of walk(root, {
      failed: (at) => notCompared.push({ what: named(path, at), why: 'left_out' }),
    })) {
      await turns.next()
      const below = shown(seen.path)
      if (leave.some((one) => below === one || below.startsWith(`${one}/`))) continue
      const target =
        seen.path.length === 0 ? Buffer.from(to) : Buffer.concat([Buffer.from(`${to}/`), seen.path])
      switch (seen.type) {
        case 'directory':
          mkdirSync(target, { mode: 0o700 })
          // Its own mode and time come last: what is made in it would change them.
          directories.push({ path: target, seen })
          break
        case 'file':
          files += 1
          bytes += Number(seen.stat.size)
          if (over()) return { bytes, files, notCompared, over: true }
          if (seen.stat.nlink > 1n) notCompared.push({ what: named(path, seen.path), why: 'hard_link' })
          if (copyBytes(seen, target)) finish(target, seen, owner)
          break
        case 'link':
          symlinkSync(targetOf(seen.parent, seen.name), target)
          finish(target, seen, owner)
          break
        case 'mount':
          notCompared.push({ what: named(path, seen.path), why: 'left_out' })
          break
        case 'socket':
        case 'fifo':
        case 'device':
          notCompared.push({ what: named(path, seen.path), why: 'special' })
          break
      }
    }
    for (const one of directories.toReversed()) finish(one.path, one.seen, owner)
    return { bytes, files, notCompared, over: false }
  } finally {
    closeSync(root)
  }
}

/** One file, by the directory that it stands in. False where there is none. */
export function cloneFile(request: Pick<CloneRequest, 'from' | 'to' | 'owner'>): Cloned | undefined {
  const parent = openTree(dirname(request.from))
  try {
    const name = Buffer.from(basename(request.from))
    const stat = lookFor(parent, name)
    if (stat?.isFile() !== true) return undefined
    const seen: Seen = { path: name, name, type: 'file', stat, parent, depth: 1 }
    if (!copyBytes(seen, Buffer.from(request.to))) return undefined
    finish(request.to, seen, request.owner)
    return { bytes: Number(stat.size), files: 1, notCompared: [], over: false }
  } finally {
    closeSync(parent)
  }
}

function finish(target: Buffer | string, seen: Seen, owner: CloneRequest['owner']): void {
  if (owner !== undefined) {
    const { uid, gid } = owner(Number(seen.stat.uid), Number(seen.stat.gid))
    lchownSync(target, uid, gid)
  }
  if (seen.type === 'link') return
  chmodSync(target, Number(seen.stat.mode & 0o7777n))
  const seconds = Number(seen.stat.mtimeNs) / 1e9
  utimesSync(target, seconds, seconds)
}

function named(path: string, below: Uint8Array): string {
  return below.length === 0 ? path : `${path}/${shown(below)}`
}

/** False where the file went away before it was opened. */
function copyBytes(seen: Seen, target: Buffer): boolean {
  let fd: number
  try {
    fd = openToRead(seen.parent, seen.name)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw cause
  }
  try {
    if (!fstatSync(fd).isFile()) return false
    copyFileSync(`/proc/self/fd/${fd}`, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
    return true
  } finally {
    closeSync(fd)
  }
}
