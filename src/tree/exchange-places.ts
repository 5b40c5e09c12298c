// What was laid out beside changes places with what stands at a path, and back: both told by identity, both parents held open and synced.
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
   * Identity of what was laid out: by it alone is told what was done. Absent: nothing was, and what stands at the path is moved beside, where nothing
   * lies; then whether something lies there tells.
   */
  readonly staged?: string
  /** Of what stood at the path then. Absent: nothing did, and what was laid out is moved there and replaces nothing. */
  readonly live?: string
}

/**
 * INVARIANT S2: as long as what was laid out lies beside, nothing was done, whatever stands at the path by now: a service that writes a file anew with
 * the same bytes gives it another inode. And as long as what stood there before lies beside, it was done, whatever a service that was started has made
 * at the path since. `other`: neither can be told: nobody may move anything here but a person.
 */
export function whatStands(places: Places): 'old' | 'new' | 'other' {
  const { path, beside, staged, live } = places
  const [at, away] = [identityOf(path), identityOf(beside)]
  // Whatever a service that was started has made at the path: what stood there lies where nobody else can write.
  if (staged === undefined) return away === undefined ? 'old' : 'new'
  if (isSame(away, staged)) return 'old'
  // Nothing stood there: what was laid out was moved in, and lies beside only where it was moved away again, written anew or not.
  if (live === undefined) return away === undefined && at !== undefined ? 'new' : 'old'
  if (away === undefined) return !isSame(at, staged) && isSame(at, originalOf(places)) ? 'old' : 'other'
  if (isSame(at, staged)) return 'new'
  const original = originalOf(places)
  return isSame(away, original) ? 'new' : isSame(at, original) ? 'old' : 'other'
}

/**
 * Does something else stand at the path than what was exchanged into it? A service that was started has written it anew. For people: written anew
 * twice, it may bear the inode of what is gone.
 */
export function isWrittenAnew(places: Places): boolean {
  const { path, staged } = places
  return staged !== undefined && whatStands(places) === 'new' && !isSame(identityOf(path), staged)
}

/** What stood there when it was exchanged: as it was laid out, unless the service wrote it anew before it was stopped and that was noted. */
function originalOf({ beside, staged, live }: Places): string | undefined {
  return (staged === undefined ? undefined : notedOriginal(beside, staged)) ?? live
}

/** Lies what was laid out beside, ready to be exchanged? Where nothing shall stand: does nothing lie there? */
export function isLaidOut({ beside, staged }: Places): boolean {
  return isSame(identityOf(beside), staged)
}

/** Durable when it returns. Throws backup.exchange_*, backup.sync_failed, file.*: what stands where then, `whatStands` says. */
export async function exchangePlaces(places: Places, process: typeof run): Promise<void> {
  try {
    await exchangeHeld(places, process)
  } catch (cause) {
    const error = errorAt(places.path, cause)
    throw (await whatRefused(error, places, process)) ?? error
  }
}

/** The kernel names no file: which "no" it was, and of which of the four, is asked only then. */
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

/** The first that bears a mark against changes: nothing under its name can be exchanged. */
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
        // Written anew between lay-out and exchange: by this alone is it known again once what comes is written anew too.
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

/** What was made at the path since what stood there was moved away: kept beside it, and what stood there can come back. */
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
