// When is a file the one that was read then? By its own times, and only where they can be believed (backup.md §3, rule 2).
import type { BigIntStats } from 'node:fs'
import type { Known, Previous } from './manifest-file.ts'

/** A write within the clock's grain of a reading moves no time that anybody could see. */
const GRAIN_NS = 1_000_000_000n

export function sourceOf(stat: BigIntStats): string {
  return `${stat.dev}:${stat.ino}:${stat.ctimeNs}`
}

/**
 * Size, mtime, ctime, inode and device equal what was read then, and ctime is older than the start of that run by a second. Owner, mode, ACL
 * and attributes cannot change without ctime, so that the whole entry holds still.
 */
export function isUnchanged(stat: BigIntStats, known: Known | undefined, previous: Previous): boolean {
  if (known === undefined) return false
  const { entry } = known
  if (entry.type !== 'file' && entry.type !== 'secret') return false
  return (
    entry.source === sourceOf(stat) &&
    BigInt(entry.size) === stat.size &&
    entry.mtime === String(stat.mtimeNs) &&
    stat.ctimeNs + GRAIN_NS <= previous.startedNs
  )
}
