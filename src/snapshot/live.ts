// What stands where a restore would put its own: evidence, and never a condition (backup.md §8). Whatever is there, of any kind and size, or nothing at
// all, has a stamp by which it is known again, and a reason why it could not be read where it could not.
import { type BigIntStats, closeSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { SekishoError } from '../base/error.ts'
import { openChain, parted } from '../tree/chain.ts'
import { lookFor, openToRead, openTree, statOf } from '../tree/openat.ts'
import { typeOf } from '../tree/walk.ts'

export type Live =
  /** Open for reading; the caller closes. */
  | { readonly kind: 'file'; readonly fd: number; readonly stamp: string }
  | { readonly kind: 'absent'; readonly stamp: string }
  /** There, and no file of bytes: `why` says what. */
  | { readonly kind: 'other'; readonly why: string; readonly stamp: string }

/** Never throws for what it finds. */
export function openLive(path: string): Live {
  try {
    const root = openTree(dirname(path))
    try {
      return openLiveBelow(root, Buffer.from(basename(path)))
    } finally {
      closeSync(root)
    }
  } catch (cause) {
    return unread(cause)
  }
}

/** The same below an open directory. */
export function openLiveBelow(root: number, path: Buffer): Live {
  const chain = openChain(root)
  try {
    const { directory, name } = parted(path)
    const parent = chain.at(directory)
    const there = lookFor(parent, name)
    if (there === undefined) return ABSENT
    if (!there.isFile()) return { kind: 'other', why: typeOf(there), stamp: stampOf(there) }
    const fd = openToRead(parent, name)
    const stat = statOf(fd)
    if (stat.isFile()) return { kind: 'file', fd, stamp: stampOf(stat) }
    closeSync(fd)
    return { kind: 'other', why: typeOf(stat), stamp: stampOf(stat) }
  } catch (cause) {
    return unread(cause)
  } finally {
    chain.close()
  }
}

const ABSENT: Live = { kind: 'absent', stamp: 'absent' }

/** What was written since moves it: size, time, or which inode it is. */
export function stampOf(stat: BigIntStats): string {
  return `${typeOf(stat)} ${stat.dev}:${stat.ino} ${stat.size} ${stat.mtimeNs}`
}

function unread(cause: unknown): Live {
  const why = codeOf(cause)
  return why === 'ENOENT' || why === 'ENOTDIR' ? ABSENT : { kind: 'other', why, stamp: `unread ${why}` }
}

/** `EIO`, `backup.path_link`: in a code and never in a sentence. */
export function codeOf(cause: unknown): string {
  const { cause: first, detail } = cause instanceof SekishoError ? cause : { cause, detail: {} }
  const errno = (first as NodeJS.ErrnoException | undefined)?.code
  if (typeof errno === 'string') return errno
  const why = (detail as Readonly<Record<string, unknown>>)['why']
  if (typeof why === 'string' && /^E[A-Z0-9]+$/.test(why)) return why
  return cause instanceof SekishoError ? cause.code : 'unknown'
}
