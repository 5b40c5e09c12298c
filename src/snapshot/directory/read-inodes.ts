// What a verification has read, by inode. A tree whose files have names in other snapshots has one for each, so each is packed into two short texts:
// at 200,000 files objects with their numbers of 64 bits are twice as much.
import type { BigIntStats } from 'node:fs'
import type { Digest } from '../../base/hash.ts'

export interface ReadInode {
  readonly digest: Digest
  readonly size: number
}

export interface ReadInodes {
  /** Nothing where it has changed since. */
  find(stat: BigIntStats): ReadInode | undefined
  /** A file of one name is met once, and not kept; nor is one that was not read to its size. */
  add(stat: BigIntStats, read: ReadInode): void
}

/** Bytes of a SHA-256. */
const DIGEST = 32

export function openReadInodes(): ReadInodes {
  const known = new Map<string, string>()
  const key = Buffer.alloc(16)
  const value = Buffer.alloc(DIGEST + 24)
  const keyOf = ({ dev, ino }: BigIntStats) => {
    key.writeBigUInt64LE(dev, 0)
    key.writeBigUInt64LE(ino, 8)
    return key.toString('latin1')
  }
  const putState = ({ size, mtimeNs, ctimeNs }: BigIntStats) => {
    value.writeBigInt64LE(size, DIGEST)
    value.writeBigInt64LE(mtimeNs, DIGEST + 8)
    value.writeBigInt64LE(ctimeNs, DIGEST + 16)
  }
  return {
    find: (stat) => {
      const found = known.get(keyOf(stat))
      if (found === undefined) return undefined
      putState(stat)
      if (found.slice(DIGEST) !== value.toString('latin1', DIGEST)) return undefined
      const digest = Buffer.from(found.slice(0, DIGEST), 'latin1').toString('hex') as Digest
      return { digest, size: Number(stat.size) }
    },
    add: (stat, { digest, size }) => {
      if (stat.nlink < 2n || stat.size !== BigInt(size)) return
      value.write(digest, 0, 'hex')
      putState(stat)
      known.set(keyOf(stat), value.toString('latin1'))
    },
  }
}
