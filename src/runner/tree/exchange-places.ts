// What was laid out beside changes places with what stands at a path, and back: both told by inode, both parents held open and synced.
import { closeSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { SekishoError } from '../../base/error.ts'
import type { run } from '../../sys/process.ts'
import { close, errorAt, lookFor, openTree, statOf } from './beneath.ts'
import { exchangeAnyway } from './exchange.ts'
import { syncOne } from './settle.ts'

export interface Places {
  readonly path: string
  readonly beside: string
  readonly staged: string
  readonly live: string
}

/** `dev:ino` of what a name shows now, links not followed; undefined where there is nothing. */
export function identityOf(path: string): string | undefined {
  const fd = openTree(dirname(path))
  try {
    const stat = lookFor(fd, Buffer.from(basename(path)))
    return stat === undefined ? undefined : `${stat.dev}:${stat.ino}`
  } catch (cause) {
    throw errorAt(path, cause)
  } finally {
    close(fd)
  }
}

/** `other`: something else stands at one of the two names, or one is gone: nobody may move anything here but a person. */
export function whatStands({ path, beside, staged, live }: Places): 'old' | 'new' | 'other' {
  const [at, away] = [identityOf(path), identityOf(beside)]
  if (at === live && away === staged) return 'old'
  return at === staged && away === live ? 'new' : 'other'
}

/** Durable when it returns. Throws backup.exchange_*, backup.sync_failed, file.*: what stands where then, `whatStands` says. */
export async function exchangePlaces(places: Places, process: typeof run): Promise<void> {
  try {
    await exchangeHeld(places, process)
  } catch (cause) {
    throw errorAt(places.path, cause)
  }
}

async function exchangeHeld({ path, beside }: Places, process: typeof run): Promise<void> {
  const here = openTree(dirname(path))
  try {
    const there = openTree(dirname(beside))
    try {
      if (statOf(here).dev !== statOf(there).dev)
        throw new SekishoError('backup.exchange_other_volume', { path })
      await exchangeAnyway(
        process,
        { fd: here, name: basename(path), path },
        { fd: there, name: basename(beside), path: beside },
        globalThis.process.arch,
      )
      syncOne(here, dirname(path))
      syncOne(there, dirname(beside))
    } finally {
      closeSync(there)
    }
  } finally {
    closeSync(here)
  }
}
