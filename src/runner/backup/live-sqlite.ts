// What stands in for SQLite files while a tree is walked: the online backup of each, with the owner, mode, times and attributes of the file that it is of.
// All of it lies in a private directory and is gone when the backup is made.
import { chownSync, closeSync, mkdirSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { SekishoError } from '../../base/error.ts'
import { privateDirectory } from '../../sys/files.ts'
import { backUpSqlite, SQLITE_BESIDE, SQLITE_MAGIC, SQLITE_PAGE_MIN } from '../database/sqlite.ts'
import type { RunnerParts } from '../parts.ts'
import { below, lookAt, lookFor, openDirectory, openToRead, openTree, shown } from '../tree/beneath.ts'
import { openRegular } from '../tree/read.ts'
import { removeTree } from '../tree/remove.ts'
import { takeTurns } from '../tree/turns.ts'
import type { Seen } from '../tree/walk.ts'
import { hasMagic } from './magic.ts'
import { needFree } from './room.ts'

const BACKUP_MS = 3_600_000
const NAME = Buffer.from('copy')

export interface LiveSqlite extends AsyncDisposable {
  /** What is to be copied for what was seen: itself, the online backup of it, or nothing. Throws backup.sqlite_failed, backup.no_space. */
  insteadIn(directory: string): (seen: Seen) => Promise<Seen | undefined>
}

/** The account of a database's owner passes through these directories, and sees only its own. */
export function sqlitePlace({ place }: Pick<RunnerParts, 'place'>): string {
  return join(place.data, 'sqlite')
}

export function openLiveSqlite(parts: RunnerParts, signal: AbortSignal): LiveSqlite {
  const place = sqlitePlace(parts)
  const open: number[] = []
  const made: string[] = []
  const replaced = async (path: string, seen: Seen): Promise<Seen> => {
    await privateDirectory(place, 0o711)
    await needFree(place, Number(seen.stat.size) * 2, parts)
    const name = `${process.pid}-${made.length}`
    const directory = join(place, name)
    mkdirSync(directory, { mode: 0o700 })
    made.push(name)
    const { uid, gid } = { uid: Number(seen.stat.uid), gid: Number(seen.stat.gid) }
    if (process.geteuid?.() === 0) chownSync(directory, uid, gid)
    const answer = await backUpSqlite(
      path,
      join(directory, NAME.toString()),
      { name: String(uid), uid, gid },
      { timeoutMs: BACKUP_MS, signal },
    )
    if (!answer.ok) throw new SekishoError('backup.sqlite_failed', { path, why: answer.why })
    // From here on nobody but us gets at it.
    if (process.geteuid?.() === 0) chownSync(directory, 0, 0)
    const parent = openTree(directory)
    open.push(parent)
    await takeAttributes(parent, seen)
    return { ...seen, parent, name: NAME, stat: lookAt(parent, NAME) }
  }
  const takeAttributes = async (parent: number, seen: Seen) => {
    const from = openToRead(seen.parent, seen.name)
    const into = openRegular(parent, NAME).fd
    try {
      const preserve = ['--attributes-only', '--preserve=mode,ownership,timestamps,xattr']
      const result = await parts.process(['cp', ...preserve, '--', '/proc/self/fd/3', '/proc/self/fd/4'], {
        descriptors: [from, into],
        timeoutMs: 60_000,
        signal,
      })
      if (result.code !== 0)
        throw new SekishoError('process.failed', { program: 'cp', why: result.stderr.trim().slice(0, 300) })
    } finally {
      closeSync(from)
      closeSync(into)
    }
  }
  return {
    insteadIn: (directory) => async (seen) => {
      if (seen.type !== 'file') return seen
      if (isBeside(seen)) return undefined
      return isDatabase(seen.parent, seen.name, Number(seen.stat.size))
        ? replaced(`${directory}/${seen.path.toString('utf8')}`, seen)
        : seen
    },
    [Symbol.asyncDispose]: async () => {
      for (const fd of open.splice(0)) closeSync(fd)
      for (const name of made.splice(0)) await removeMade(place, name)
    },
  }
}

/** What a runner that was killed has left: bytes of data. */
export async function sweepSqlite(parts: Pick<RunnerParts, 'place'>): Promise<void> {
  for (const name of await readdir(sqlitePlace(parts)).catch(() => [] as string[]))
    await removeMade(sqlitePlace(parts), name)
}

async function removeMade(place: string, name: string): Promise<void> {
  const fd = openTree(place)
  try {
    const at = Buffer.from(name)
    if (lookFor(fd, at) === undefined) return
    if (process.geteuid?.() === 0) chownSync(below(fd, at), 0, 0)
    closeSync(openDirectory(fd, at))
    await removeTree(fd, at, takeTurns())
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
