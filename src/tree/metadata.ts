// Sets owner, mode, ACL, attributes and times of what is restored, in the one order in which none undoes another: chown clears setuid and
// capabilities, chmod changes the mask of an ACL, and everything changes the times (backup.md §8).
import { type BigIntStats, closeSync, fchmodSync, fchownSync, lchownSync, lutimesSync } from 'node:fs'
import type { ManifestEntry } from '../backup/manifest.ts'
import type { run } from '../sys/process.ts'
import { giveExtras, NOTHING_EXTRA } from './attributes.ts'
import { below, ROOT_NAME, telling } from './openat.ts'
import type { Owners } from './owners.ts'
import { setTimes } from './read.ts'

/** The fields of an entry, with the numbers of this machine. */
export interface Described {
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly owner?: string
  readonly group?: string
  readonly mtime: string
}

export function describe(stat: BigIntStats, owners: Owners): Described {
  const uid = Number(stat.uid)
  const gid = Number(stat.gid)
  const owner = owners.userName(uid)
  const group = owners.groupName(gid)
  return {
    mode: Number(stat.mode & 0o7777n),
    uid,
    gid,
    ...(owner === undefined ? {} : { owner }),
    ...(group === undefined ? {} : { group }),
    mtime: String(stat.mtimeNs),
  }
}

/** By name, else by number: a name may have another number on this machine. */
export function ownerHere(
  entry: ManifestEntry,
  owners: Owners,
): { readonly uid: number; readonly gid: number } {
  return {
    uid: (entry.owner === undefined ? undefined : owners.uid(entry.owner)) ?? entry.uid,
    gid: (entry.group === undefined ? undefined : owners.gid(entry.group)) ?? entry.gid,
  }
}

export interface ToFinish {
  /** Open for writing, or a directory; closed by `finish`. */
  readonly fd: number
  readonly entry: ManifestEntry
}

/** Sets the fields of open files and directories and closes them. */
export async function finish(process: typeof run, files: readonly ToFinish[], owners: Owners): Promise<void> {
  try {
    for (const { fd, entry } of files) {
      const { uid, gid } = ownerHere(entry, owners)
      setOwnerAndMode(fd, entry.mode, { uid, gid })
    }
    const extra = files
      .map(({ fd, entry }) => ({
        fd,
        attributes: entry.attributes ?? NOTHING_EXTRA.attributes,
        ...(entry.acl === undefined ? {} : { acl: entry.acl }),
      }))
      .filter(({ attributes, acl }) => acl !== undefined || Object.keys(attributes).length > 0)
    if (extra.length > 0) await giveExtras(process, extra)
    // setfacl --restore clears setgid and sticky. The group bits of a mode with an ACL are its mask, so setting the same mode again changes nothing else.
    for (const { fd, entry } of files) if (entry.acl !== undefined) setOwnerAndMode(fd, entry.mode)
    for (const { fd, entry } of files) setTimes(fd, BigInt(entry.mtime))
  } finally {
    for (const { fd } of files) closeSync(fd)
  }
}

/** Owner first: chown clears setuid. */
export function setOwnerAndMode(
  fd: number,
  mode: number,
  owner?: { readonly uid: number; readonly gid: number },
): void {
  telling(fd, ROOT_NAME, () => {
    if (owner !== undefined) fchownSync(fd, owner.uid, owner.gid)
    fchmodSync(fd, mode)
  })
}

/** A link has only an owner and a time of its own. */
export function finishLink(parent: number, name: Uint8Array, entry: ManifestEntry, owners: Owners): void {
  const { uid, gid } = ownerHere(entry, owners)
  const path = below(parent, name)
  const seconds = Number(BigInt(entry.mtime)) / 1e9
  telling(parent, name, () => {
    lchownSync(path, uid, gid)
    lutimesSync(path, seconds, seconds)
  })
}
