// Identifies a file or directory by device, inode and birth. Device numbers may change with a reboot; the time of birth, in nanoseconds, never
// changes and identifies the inode all the same.
import type { BigIntStats } from 'node:fs'
import { basename, dirname } from 'node:path'
import { SekishoError } from '../base/error.ts'
import { close, errorAt, lookFor, openTree } from './openat.ts'

/** `dev:ino:birth` of a name, without following a link. Undefined where it, or its directory, does not exist. */
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
 * True where both are the same. On the same device the inode decides. On another device number the birth must be equal too. A file system without
 * births shows none, or the last change: then another device number means another inode.
 */
export function isSame(one: string | undefined, other: string | undefined): boolean {
  if (one === undefined || other === undefined) return one === other
  const [device, inode, birth = '0'] = one.split(':')
  const [otherDevice, otherInode, otherBirth = '0'] = other.split(':')
  if (inode !== otherInode || inode === undefined) return false
  return device === otherDevice || (birth !== '0' && birth === otherBirth)
}

/** For sealed values: independent of the device number where the file system has births. */
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
