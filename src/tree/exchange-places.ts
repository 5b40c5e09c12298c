// Exchanges a staged file or tree with the one at its path, and back. Both are identified by inode and birth; both parents are held open and synced.
import { closeSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { SekishoError } from '../base/error.ts'
import type { run } from '../sys/process.ts'
import { exchangeAnyway, type Place } from './exchange.ts'
import { identityIn, identityOf, isSame } from './identity.ts'
import { isImmutable } from './immutable.ts'
import { move } from './move.ts'
import { errorAt, lookFor, openTree, statOf } from './openat.ts'
import { notedOriginal, noteOriginal } from './original.ts'
import { syncOne } from './sync.ts'

export interface Places {
  readonly path: string
  readonly beside: string
  /**
   * Identity of what was staged; it alone shows whether the exchange was done. Absent: the target state is *nothing*. What stands at the path is
   * moved to the empty place beside; then the presence of something there shows it.
   */
  readonly staged?: string
  /** Identity of what stood at the path when it was staged. Absent: nothing stood there, and the staged one replaces nothing. */
  readonly live?: string
}

/**
 * INVARIANT S2: while the staged one is beside, nothing was done, whatever stands at the path (a service that rewrites a file with the same
 * bytes gives it another inode). While the former one is beside, the exchange was done, whatever a restarted service has made at the path.
 * `other`: neither can be shown, and only a person may move anything here.
 */
export function whatStands(places: Places): 'old' | 'new' | 'other' {
  const { path, beside, staged, live } = places
  const [at, away] = [identityOf(path), identityOf(beside)]
  // A restarted service may have made anything at the path. The place beside is writable by root alone.
  if (staged === undefined) return away === undefined ? 'old' : 'new'
  if (isSame(away, staged)) return 'old'
  // Nothing stood at the path: the staged one was moved in, and is beside only when it was moved away again.
  if (live === undefined) return away === undefined && at !== undefined ? 'new' : 'old'
  if (away === undefined) return !isSame(at, staged) && isSame(at, originalOf(places)) ? 'old' : 'other'
  if (isSame(at, staged)) return 'new'
  const original = originalOf(places)
  return isSame(away, original) ? 'new' : isSame(at, original) ? 'old' : 'other'
}

/**
 * True where the path has something else than what was exchanged into it: a restarted service has rewritten it. For messages only: after two
 * rewrites it may have the inode number of a deleted one.
 */
export function isWrittenAnew(places: Places): boolean {
  const { path, staged } = places
  return staged !== undefined && whatStands(places) === 'new' && !isSame(identityOf(path), staged)
}

/** Identity of what stood there at the exchange: the one at staging, unless a later rewrite was noted. */
function originalOf({ beside, staged, live }: Places): string | undefined {
  return (staged === undefined ? undefined : notedOriginal(beside, staged)) ?? live
}

/** True where the staged one is beside and ready. Where the target state is *nothing*: true where nothing is beside. */
export function isLaidOut({ beside, staged }: Places): boolean {
  return isSame(identityOf(beside), staged)
}

/** Durable when it returns. Throws backup.exchange_*, backup.sync_failed, file.*; `whatStands` then shows the state. */
export async function exchangePlaces(places: Places, process: typeof run): Promise<void> {
  try {
    await exchangeHeld(places, process)
  } catch (cause) {
    const error = errorAt(places.path, cause)
    throw (await whatRefused(error, places, process)) ?? error
  }
}

/** The kernel's error names no file: only after an error is it looked up which of the four was the cause. */
async function whatRefused(
  error: unknown,
  { path, beside }: Places,
  process: typeof run,
): Promise<SekishoError | undefined> {
  if (!(error instanceof SekishoError) || error.code !== 'backup.exchange_unavailable') return undefined
  const said = String(error.detail['tried'])
  if (said.includes('Read-only file system'))
    return new SekishoError('file.no_permission', { path, why: 'EROFS' }, { cause: error })
  if (!said.includes('Operation not permitted')) return undefined
  return await immutableOf([path, dirname(path), beside, dirname(beside)], process)
}

/** The first one with an immutable or append-only mark: nothing below it can be exchanged. */
export async function immutableOf(
  paths: readonly string[],
  process: typeof run,
): Promise<SekishoError | undefined> {
  for (const path of paths)
    if (await isImmutable(path, process)) return new SekishoError('file.immutable', { path })
  return undefined
}

async function exchangeHeld(places: Places, process: typeof run): Promise<void> {
  const { path, beside, staged, live } = places
  const here = openTree(dirname(path))
  try {
    const there = openTree(dirname(beside))
    try {
      if (statOf(here).dev !== statOf(there).dev)
        throw new SekishoError('backup.exchange_other_volume', { path })
      const at = { fd: here, name: basename(path), path }
      const away = { fd: there, name: basename(beside), path: beside }
      const { arch } = globalThis.process
      const isOld = whatStands(places) === 'old'
      if (staged === undefined && !isOld) await setAside(process, at, away, arch)
      const stood = lookFor(here, Buffer.from(at.name))
      if (staged !== undefined && live !== undefined && (isOld || stood !== undefined)) {
        // The file was rewritten after staging. The note identifies it, also after the new file is rewritten too.
        if (isOld && stood !== undefined) noteOriginal(away, { staged, live }, identityIn(stood))
        await exchangeAnyway(process, at, away, arch)
      } else if (staged !== undefined && live !== undefined) await move(process, away, at, arch)
      else if (isOld === (staged === undefined)) await move(process, at, away, arch)
      else await move(process, away, at, arch)
      syncOne(here, dirname(path))
      syncOne(there, dirname(beside))
    } finally {
      closeSync(there)
    }
  } finally {
    closeSync(here)
  }
}

const ASIDE_MAX = 100

/** Something was made at the path after its content was moved away: it is kept beside, so that the former content can come back. */
async function setAside(process: typeof run, at: Place, away: Place, architecture: string): Promise<void> {
  if (lookFor(at.fd, Buffer.from(at.name)) === undefined) return
  for (let i = 1; i < ASIDE_MAX; i++) {
    const name = `${away.name}.made-${i}`
    if (lookFor(away.fd, Buffer.from(name)) !== undefined) continue
    await move(process, at, { ...away, name }, architecture)
    return
  }
  throw new SekishoError('backup.exchange_taken', { path: at.path })
}
