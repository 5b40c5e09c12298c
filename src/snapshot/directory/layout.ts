// The guide's own layout, readable by `ls`, `cp` and `sha256sum -c`: `<to>/daily/<id>/{data,db,config}`, what is unfinished in `<to>/.partial/`,
// what is being removed in `<to>/.removing/`. A snapshot's directory is never written to after it has its name.
import { mkdirSync } from 'node:fs'
import { type BackupId, isBackupId } from '../../backup/level.ts'
import { SekishoError } from '../../base/error.ts'
import { fileError, untrustedComponent } from '../../sys/files.ts'
import { tryLockDescriptor } from '../../sys/lock.ts'
import type { run } from '../../sys/process.ts'
import {
  below,
  close,
  errorAt,
  lookFor,
  namesIn,
  openDirectory,
  openTree,
  telling,
} from '../../tree/openat.ts'
import { readOwners } from '../../tree/owners.ts'
import { removeTree } from '../../tree/remove.ts'
import type { Yielding } from '../../tree/yield.ts'

export const DAILY = Buffer.from('daily')
export const PARTIAL = Buffer.from('.partial')
export const REMOVING = Buffer.from('.removing')

/** Named places at which a test may kill the process, as src/runner/kill-points.ts has them for the runner's own journal. */
export const SNAPSHOT_POINTS = [
  'snapshot.swept.after',
  'snapshot.partial.after',
  'snapshot.file.after',
  'snapshot.item.after',
  'snapshot.sync.before',
  'snapshot.sync.after',
  'snapshot.checksums.after',
  'snapshot.manifest.after',
  'snapshot.rename.before',
  'snapshot.rename.after',
  'snapshot.settled.after',
  'remove.rename.after',
  'remove.empty.after',
] as const

/** What a snapshot's files and directories are: nobody writes, and the group that verifies may read. */
export interface Modes {
  readonly file: number
  readonly directory: number
  readonly gid?: number
}

export function modesFor(gid: number | undefined): Modes {
  return gid === undefined ? { file: 0o400, directory: 0o500 } : { file: 0o440, directory: 0o550, gid }
}

/** Group `sekisho-backup`, where it exists: it may read snapshots. */
export function gidOf(): { readonly gid?: number } {
  const gid = readOwners().gid('sekisho-backup')
  return gid === undefined ? {} : { gid }
}

/** The place of the copies, held open. */
export interface Held extends Disposable {
  readonly path: string
  readonly root: number
  readonly daily: number
  readonly partial: number
  readonly removing: number
}

/** To read only: what is not there is not made. Undefined where there is no `daily`. */
export function openDaily(to: string): number | undefined {
  let root: number
  try {
    root = openTree(to)
  } catch (cause) {
    if (
      cause instanceof SekishoError &&
      (cause.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
    )
      return undefined
    throw cause
  }
  try {
    return lookFor(root, DAILY)?.isDirectory() === true ? openDirectory(root, DAILY) : undefined
  } finally {
    close(root)
  }
}

/** The directory of the copies there; the caller closes. Throws backup.target_missing. */
export function requireDaily(to: string, copy = ''): number {
  const daily = openDaily(to)
  if (daily === undefined)
    throw new SekishoError('backup.target_missing', { path: to, copy, within: 'daily' })
  return daily
}

/** Opens (and where needed makes) the place and locks it. Throws runner.untrusted_path, backup.under_way, file.*. */
export async function holdPlace(to: string, process: typeof run, owner: number): Promise<Held> {
  const bad = await untrustedComponent(to, owner).catch((cause: unknown) => {
    throw fileError(to, cause)
  })
  if (bad !== undefined)
    throw new SekishoError('runner.untrusted_path', {
      path: bad.path,
      why: bad.why === 'owner' ? 'it belongs to another user' : 'others may write to it',
    })
  const root = openTree(to)
  const fds = [root]
  const dispose = () => {
    for (const fd of fds.splice(0)) close(fd)
  }
  try {
    if (!(await tryLockDescriptor(process, root))) throw new SekishoError('backup.under_way', { path: to })
    const [daily, partial, removing] = [DAILY, PARTIAL, REMOVING].map((name) => {
      const fd = openOrMake(root, name, name === DAILY ? 0o755 : 0o700)
      fds.push(fd)
      return fd
    }) as [number, number, number]
    return { path: to, root, daily, partial, removing, [Symbol.dispose]: dispose }
  } catch (cause) {
    dispose()
    throw errorAt(to, cause)
  }
}

function openOrMake(parent: number, name: Buffer, mode: number): number {
  if (lookFor(parent, name) === undefined) telling(parent, name, () => mkdirSync(below(parent, name), mode))
  return openDirectory(parent, name)
}

/** What a run that died has left. The lock says that nobody is at it. */
export async function sweep(held: Held, turns: Yielding): Promise<number> {
  let swept = 0
  for (const fd of [held.partial, held.removing])
    for (const name of namesIn(fd)) {
      await removeTree(fd, name, turns)
      swept += 1
    }
  return swept
}

/** Newest first by name. Ours end in `Z`; the guide's are local and do not. Whatever else lies there is nobody's snapshot. */
export function snapshotNames(daily: number): BackupId[] {
  const names = namesIn(daily)
    .map((name) => name.toString('latin1'))
    .filter(isBackupId)
    .filter((name) => lookFor(daily, Buffer.from(name))?.isDirectory() === true)
  return names.sort((a, b) => (a < b ? 1 : -1))
}
