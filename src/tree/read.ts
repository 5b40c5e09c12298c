// Reads a file that others may change: a reading counts only when size, times and inode are the same before and after (backup.md §3).

import { createHash, createHmac, hash } from 'node:crypto'
import { type BigIntStats, closeSync, ftruncateSync, futimesSync, readSync, writeSync } from 'node:fs'
import { SekishoError } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import { openToRead, ROOT_NAME, shown, statOf, telling, told } from './openat.ts'
import type { Yielding } from './yield.ts'

/** Readings after the first one; then the item has failed. */
const AGAIN = 3
const CHUNK = 1_048_576
/** A block of zeros of this size can be a hole. */
const BLOCK = 4096
const ZEROS = Buffer.alloc(BLOCK)

export interface ReadFile {
  readonly digest: Digest
  /** Bytes that were read. A reading counts only when this equals `stat.size`. */
  readonly size: number
  readonly stat: BigIntStats
  readonly sparse: boolean
  /** Some block of it is all zeros, so that a copy of a sparse file could have a hole. */
  readonly zeros: boolean
}

export interface ReadOptions {
  readonly turns: Yielding
  /** Takes an HMAC instead of a digest: the file is a secret. */
  readonly key?: Uint8Array
  /** An open new file that receives the bytes. It is emptied before each reading. */
  readonly into?: number
  /** Look for blocks of zeros in a file that is not sparse, too. */
  readonly zeros?: boolean
  /** Leave holes in the new file where there are blocks of zeros, though this one has none. */
  readonly holes?: boolean
  /** More bytes than this are not read: the file is larger than declared. */
  readonly limit?: number
  /** Called between the first stat of the open file and its bytes, so that both are of the same state. */
  readonly first?: (fd: number) => Promise<void>
  /** Called with what was really read. */
  readonly read?: (bytes: number) => void
}

/** One shared buffer: the calls are synchronous, and nobody else uses it between two fills. */
const shared = Buffer.allocUnsafeSlow(CHUNK)

export function isSparse(stat: BigIntStats): boolean {
  return stat.blocks * 512n < stat.size
}

export function isSame(a: BigIntStats, b: BigIntStats): boolean {
  return (
    a.ino === b.ino &&
    a.dev === b.dev &&
    a.size === b.size &&
    a.mtimeNs === b.mtimeNs &&
    a.ctimeNs === b.ctimeNs
  )
}

/** Opens a regular file by one component. Throws file.not_regular for anything else. */
export function openRegular(parent: number, name: Uint8Array): Opened {
  const fd = openToRead(parent, name)
  const stat = statOf(fd)
  if (stat.isFile()) return { fd, stat }
  closeSync(fd)
  throw new SekishoError('file.not_regular', { path: shown(name), type: 'other' })
}

/** A file that others may change. */
export interface At {
  /** Opens the file that has the name now. Called again for each reading. */
  open(): Opened
  readonly path: Uint8Array
  /** Where the walk stays. */
  readonly dev: bigint
}
export interface Opened {
  readonly fd: number
  readonly stat: BigIntStats
}

/** Reads until one reading is consistent. The descriptor of that reading stays open. Throws backup.changed_while_read, file.*. */
export async function readStable(at: At, options: ReadOptions): Promise<ReadFile & { readonly fd: number }> {
  for (let left = AGAIN; ; left--) {
    const { fd, stat } = at.open()
    let keep = false
    try {
      if (stat.dev !== at.dev) throw new SekishoError('file.mounted', { path: shown(at.path) })
      if (options.first !== undefined) await options.first(fd)
      const read = await readOnce(fd, stat, options)
      // A file that was replaced by a rename meanwhile is the old state of that name, and consistent.
      if (read !== undefined && isSame(stat, statOf(fd))) {
        keep = true
        return { ...read, fd }
      }
    } finally {
      if (!keep) closeSync(fd)
    }
    if (options.into !== undefined) setSize(options.into, 0)
    if (left === 0) throw new SekishoError('backup.changed_while_read', { path: shown(at.path) })
    await options.turns.next()
  }
}

/** Undefined where the size differs from the kernel's: the file is changing. */
export async function readOnce(
  fd: number,
  stat: BigIntStats,
  options: ReadOptions,
): Promise<ReadFile | undefined> {
  const size = Number(stat.size)
  const sparse = isSparse(stat) || options.holes === true
  if (options.limit !== undefined && size > options.limit) return undefined
  const small = size <= CHUNK && !sparse && options.key === undefined && options.zeros !== true
  try {
    return small ? readSmall(fd, stat, options) : await readLarge(fd, stat, sparse, options)
  } catch (cause) {
    throw told(cause, fd)
  }
}

function readSmall(fd: number, stat: BigIntStats, { into, read }: ReadOptions): ReadFile | undefined {
  const size = Number(stat.size)
  let at = 0
  while (at < size) {
    const got = readSync(fd, shared, at, size - at, at)
    if (got === 0) return undefined
    at += got
  }
  const bytes = shared.subarray(0, size)
  if (into !== undefined) writeAll(into, bytes, 0)
  read?.(size)
  return { digest: hash('sha256', bytes, 'hex') as Digest, size, stat, sparse: false, zeros: false }
}

async function readLarge(
  fd: number,
  stat: BigIntStats,
  sparse: boolean,
  options: ReadOptions,
): Promise<ReadFile | undefined> {
  const { into, turns, key, read } = options
  const size = Number(stat.size)
  const taking = key === undefined ? createHash('sha256') : createHmac('sha256', key)
  let zeros = false
  for (let at = 0; at < size; ) {
    const got = readSync(fd, shared, 0, Math.min(CHUNK, size - at), at)
    if (got === 0) return undefined
    const bytes = shared.subarray(0, got)
    taking.update(bytes)
    if (sparse || options.zeros === true) zeros = writeSparse(into, bytes, at) || zeros
    else if (into !== undefined) writeAll(into, bytes, at)
    at += got
    read?.(got)
    await turns.next()
  }
  if (into !== undefined) setSize(into, size)
  return { digest: taking.digest('hex') as Digest, size, stat, sparse, zeros }
}

/** As much of the chunk as there is; 0 at the end. */
export function readAt(fd: number, chunk: Uint8Array, position: number): number {
  return telling(fd, ROOT_NAME, () => readSync(fd, chunk, 0, chunk.length, position))
}

export function writeAll(fd: number, bytes: Uint8Array, position: number): void {
  telling(fd, ROOT_NAME, () => {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, position + at)
  })
}

function setSize(fd: number, size: number): void {
  telling(fd, ROOT_NAME, () => ftruncateSync(fd, size))
}

/** Writes what is not zeros, in runs. True where some block was left out (or would have been). */
function writeSparse(into: number | undefined, bytes: Buffer, position: number): boolean {
  let left = false
  let from = 0
  const flush = (to: number) => {
    if (into !== undefined && to > from) writeAll(into, bytes.subarray(from, to), position + from)
  }
  for (let at = 0; at + BLOCK <= bytes.length; at += BLOCK) {
    if (ZEROS.compare(bytes, at, at + BLOCK) !== 0) continue
    flush(at)
    from = at + BLOCK
    left = true
  }
  flush(bytes.length)
  return left
}

/** To the nearest that Node can say: a double keeps about a quarter of a microsecond. */
export function setTimes(fd: number, mtimeNs: bigint): void {
  const seconds = Number(mtimeNs) / 1e9
  telling(fd, ROOT_NAME, () => futimesSync(fd, seconds, seconds))
}
