// Which file or directory stands under a name: by device, inode and birth. Disks may get other numbers when the machine starts again; the time of birth, in
// nanoseconds and never changed by anybody, tells an inode all the same.
import type { BigIntStats } from 'node:fs'
import { basename, dirname } from 'node:path'
import { SekishoError } from '../base/error.ts'
import { close, errorAt, lookFor, openTree } from './openat.ts'

/** `dev:ino:birth` of what a name shows now, links not followed; undefined where there is nothing, or nothing above it. */
export function identityOf(path: string): string | undefined {
  const fd = openOr(dirname(path))
  if (fd === undefined) return undefined
  try {
    const stat = lookFor(fd, Buffer.from(basename(path)))
    return stat === undefined ? undefined : identityIn(stat)
  } catch (cause) {
    throw errorAt(path, cause)
  } finally {
    close(fd)
  }
}

export function identityIn({ dev, ino, birthtimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${birthtimeNs}`
}

/**
 * One and the same? On the same device the inode says it, as it always did; on another number for the device only together with its birth. A file system that
 * keeps no births shows none, or the last change: then another number is another inode.
 */
export function isSame(one: string | undefined, other: string | undefined): boolean {
  if (one === undefined || other === undefined) return one === other
  const [device, inode, birth = '0'] = one.split(':')
  const [otherDevice, otherInode, otherBirth = '0'] = other.split(':')
  if (inode !== otherInode || inode === undefined) return false
  return device === otherDevice || (birth !== '0' && birth === otherBirth)
}

/** For what is sealed: the same whatever number the device has, where the file system keeps births. */
export function lastingIdentity(identity: string): string {
  const [, inode, birth = '0'] = identity.split(':')
  return birth === '0' ? identity : `${inode}:${birth}`
}

function openOr(path: string): number | undefined {
  try {
    return openTree(path)
  } catch (cause) {
    if (cause instanceof SekishoError && cause.detail['why'] === 'ENOENT') return undefined
    throw cause
  }
}
