// What stands in for SQLite files while a tree is walked: the online backup of each, with the owner, mode, times and attributes of the file that it is of.
// All of it lies in a private directory and is gone when the backup is made.
import { type BigIntStats, chownSync, closeSync, fchmodSync, fchownSync, mkdirSync, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { SekishoError } from '../base/error.ts'
import { accountOf } from '../postgres/cluster.ts'
import type { Account } from '../postgres/types.ts'
import { withIds } from '../sandbox/sandbox-ids.ts'
import { backUpSqlite, SQLITE_BESIDE, SQLITE_MAGIC, SQLITE_PAGE_MIN } from '../sqlite/sqlite.ts'
import { passableDirectory } from '../sys/files.ts'
import {
  below,
  lookAt,
  lookFor,
  makeFile,
  openDirectory,
  openTree,
  realPath,
  shown,
  statOf,
} from '../tree/openat.ts'
import { openRegular } from '../tree/read.ts'
import { removeTree } from '../tree/remove.ts'
import type { Seen } from '../tree/walk.ts'
import { yielding } from '../tree/yield.ts'
import { hasMagic } from './magic.ts'
import type { SnapshotPorts } from './ports.ts'
import { needFree } from './room.ts'

const BACKUP_MS = 3_600_000
const NAME = Buffer.from('copy')
const GROWS_BYTES = 1_048_576
/** 65,534 is nogroup, 65,535 no number at all (Debian policy 9.2.2). */
const LAST_GROUP = 65_533

export interface LiveSqlite extends AsyncDisposable {
  /** What is to be copied for what was seen: itself, the online backup of it, or nothing. Throws backup.sqlite_failed, backup.no_space. */
  readonly instead: (seen: Seen) => Promise<Seen | undefined>
}

/** Who reads a database passes through this directory, and sees only its own. */
export function sqlitePlace({ place }: Pick<SnapshotPorts, 'place'>): string {
  return join(place.data, 'sqlite')
}

export function openLiveSqlite(parts: SnapshotPorts, signal: AbortSignal): LiveSqlite {
  const place = sqlitePlace(parts)
  const open: number[] = []
  const made: string[] = []
  const replaced = async (seen: Seen): Promise<Seen> => {
    await passableDirectory(place)
    const fileBytes = roomOf(seen)
    await needFree(place, fileBytes, parts)
    const name = `${process.pid}-${made.length}`
    made.push(name)
    const from = openRegular(seen.parent, seen.name)
    try {
      const held = await withIds(async (group) => {
        const room = openRoom(place, name, group)
        open.push(room.parent)
        try {
          const answer = await backUpSqlite(
            { ...seen, stat: from.stat },
            room.path,
            await readerOf(seen, from.stat),
            { timeoutMs: BACKUP_MS, signal, apart: { group: room.group, fileBytes } },
          )
          if (!answer.ok)
            throw new SekishoError('backup.sqlite_failed', { path: pathOf(seen), why: answer.why })
          closeRoom(room)
          await takeAttributes(from.fd, room.into)
        } finally {
          closeSync(room.into)
        }
        return room
      })
      return { ...seen, parent: held.parent, name: NAME, stat: lookAt(held.parent, NAME) }
    } finally {
      closeSync(from.fd)
    }
  }
  const takeAttributes = async (from: number, into: number) => {
    const preserve = ['--attributes-only', '--preserve=mode,ownership,timestamps,xattr']
    const result = await parts.process(['cp', ...preserve, '--', '/proc/self/fd/3', '/proc/self/fd/4'], {
      descriptors: [from, into],
      timeoutMs: 60_000,
      signal,
    })
    if (result.code !== 0)
      throw new SekishoError('process.failed', { program: 'cp', why: result.stderr.trim().slice(0, 300) })
  }
  return {
    instead: async (seen) => {
      if (seen.type !== 'file') return seen
      if (isBeside(seen)) return undefined
      return isDatabase(seen.parent, seen.name, Number(seen.stat.size)) ? replaced(seen) : seen
    },
    [Symbol.asyncDispose]: async () => {
      for (const fd of open.splice(0)) closeSync(fd)
      for (const name of made.splice(0)) await removeMade(place, name)
    },
  }
}

/** What is written for one database: a directory and a file of ours, which a group of nobody may write. */
interface Room {
  readonly parent: number
  readonly into: number
  readonly path: string
  readonly group: number
}

function openRoom(place: string, name: string, group: number): Room {
  const directory = join(place, name)
  mkdirSync(directory, { mode: 0o700 })
  const parent = openTree(directory)
  let into: number | undefined
  try {
    into = makeFile(parent, NAME)
    const room = { parent, into, path: join(directory, NAME.toString()) }
    if (process.geteuid?.() !== 0) return { ...room, group }
    const given = giveToGroup(into, group)
    fchmodSync(into, 0o660)
    fchownSync(parent, 0, given)
    fchmodSync(parent, 0o770)
    return { ...room, group: given }
  } catch (cause) {
    if (into !== undefined) closeSync(into)
    closeSync(parent)
    throw cause
  }
}

/** The group that it has now: a container may know no number that high, and then it is the last one below those that stand for nobody. */
function giveToGroup(fd: number, group: number): number {
  try {
    fchownSync(fd, 0, group)
    return group
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EINVAL') throw cause
    fchownSync(fd, 0, LAST_GROUP)
    return LAST_GROUP
  }
}

/** From here on nobody but us gets at it, and it is the file that we made, by this name alone: before owner and mode are given to it. */
function closeRoom({ parent, into, path }: Room): void {
  if (process.geteuid?.() === 0) fchownSync(parent, 0, 0)
  fchmodSync(parent, 0o700)
  const { dev, ino, nlink } = statOf(into)
  const there = lookAt(parent, NAME)
  if (nlink !== 1n || there.ino !== ino || there.dev !== dev)
    throw new SekishoError('backup.sqlite_failed', { path, why: 'moved' })
}

/** At most this is written of it: twice what is there, for it may grow meanwhile. */
function roomOf({ parent, name, stat }: Seen): number {
  const log = lookFor(parent, Buffer.concat([name, Buffer.from('-wal')]))
  return 2 * (Number(stat.size) + Number(log?.size ?? 0)) + GROWS_BYTES
}

/**
 * Who reads it: the first from the data directory down to the file that is not root. Whoever owns a directory decides what everything below it is, so a
 * link of theirs leads to nothing that they could not read themselves. Root reads what is root's alone. Throws backup.sqlite_failed.
 */
async function readerOf(seen: Seen, file: BigIntStats): Promise<Account> {
  const levels = Array.from({ length: seen.depth }, (_, i) => '../'.repeat(seen.depth - 1 - i))
  const above = levels.map((up) => statSync(`/proc/self/fd/${seen.parent}/${up}.`, { bigint: true }))
  const owner = [...above, file].find(({ uid }) => uid !== 0n)
  if (owner === undefined) {
    if (above.some(({ mode, gid }) => (mode & 0o002n) !== 0n || ((mode & 0o020n) !== 0n && gid !== 0n)))
      throw new SekishoError('backup.sqlite_failed', { path: pathOf(seen), why: 'others_write' })
    return { name: 'root', uid: 0, gid: 0 }
  }
  const uid = Number(owner.uid)
  // The group of root is not theirs because a directory of theirs was left to it.
  const gid = Number(owner.gid) || ((await accountOf(String(uid)))?.gid ?? uid)
  return { name: String(uid), uid, gid }
}

function pathOf({ parent, name }: Seen): string {
  return realPath(parent, name) ?? shown(name)
}

/** What a runner that was killed has left: bytes of data. */
export async function sweepSqlite(parts: Pick<SnapshotPorts, 'place'>): Promise<void> {
  for (const name of await readdir(sqlitePlace(parts)).catch(() => [] as string[]))
    await removeMade(sqlitePlace(parts), name)
}

/** What was made in the place for SQLite, by whoever owns it now. */
export async function removeMade(place: string, name: string): Promise<void> {
  const fd = openTree(place)
  try {
    const at = Buffer.from(name)
    if (lookFor(fd, at) === undefined) return
    if (process.geteuid?.() === 0) chownSync(below(fd, at), 0, 0)
    closeSync(openDirectory(fd, at))
    await removeTree(fd, at, yielding())
  } finally {
    closeSync(fd)
  }
}

function isDatabase(parent: number, name: Buffer, size: number): boolean {
  if (size < SQLITE_PAGE_MIN || size % SQLITE_PAGE_MIN !== 0) return false
  const { fd } = openRegular(parent, name)
  try {
    return hasMagic(fd, SQLITE_MAGIC)
  } finally {
    closeSync(fd)
  }
}

/** `app.db-wal` beside a database `app.db`. */
function isBeside({ parent, name }: Seen): boolean {
  const text = shown(name)
  const suffix = SQLITE_BESIDE.find((one) => text.endsWith(one))
  if (suffix === undefined) return false
  const base = name.subarray(0, name.length - suffix.length)
  const stat = lookFor(parent, base)
  return stat?.isFile() === true && isDatabase(parent, base, Number(stat.size))
}
