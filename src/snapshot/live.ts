// Looks at what stands where a restore would put its own: it is evidence and never a condition (backup.md §8). Anything of any kind and size, or
// nothing, gets a stamp, and a reason where it could not be read.
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
  /** It exists and is no regular file: `why` names the reason. */
  | { readonly kind: 'other'; readonly why: string; readonly stamp: string }

/** Does not throw for what it finds. */
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

/** A stamp that changes with a write: size, times and inode. */
export function stampOf(stat: BigIntStats): string {
  return `${typeOf(stat)} ${stat.dev}:${stat.ino} ${stat.size} ${stat.mtimeNs}`
}

function unread(cause: unknown): Live {
  const why = codeOf(cause)
  return why === 'ENOENT' || why === 'ENOTDIR' ? ABSENT : { kind: 'other', why, stamp: `unread ${why}` }
}

/** `EIO`, `backup.path_link`: a code, never a sentence. */
export function codeOf(cause: unknown): string {
  const { cause: first, detail } = cause instanceof SekishoError ? cause : { cause, detail: {} }
  const errno = (first as NodeJS.ErrnoException | undefined)?.code
  if (typeof errno === 'string') return errno
  const why = (detail as Readonly<Record<string, unknown>>)['why']
  if (typeof why === 'string' && /^E[A-Z0-9]+$/.test(why)) return why
  return cause instanceof SekishoError ? cause.code : 'unknown'
}
