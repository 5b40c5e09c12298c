// What rooms of a runner that was killed have left: their processes die with it, and are ended here where one has not; directories and groups are taken away.
// Mounts are of namespaces that end with their processes, so none is ever left.
import { existsSync, readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { groupsLeft, type Limiter, sweepGroups } from '../sandbox/limit.ts'
import { limiterHere } from '../sandbox/sandbox.ts'
import { endAll, processesOf } from './gone.ts'
import { BASE_FILE, PREFIX, removePlace } from './place.ts'

export interface LeftOver {
  readonly directories: number
  readonly groups: number
  readonly processes: number
}

/** For the one process that makes rooms here, at its start and now and then: a room of a process that lives is left alone. */
export async function sweepRooms(scratch: string, limiter?: Limiter): Promise<void> {
  if (!existsSync(scratch)) return
  for (const place of await placesLeft(scratch)) {
    const base = baseOf(place)
    if (base !== undefined) await endAll(base)
    await removePlace(place)
  }
  await sweepGroups(limiter ?? (await limiterHere()))
}

/** Counted for `doctor`: all are 0 where everything was swept. Undefined where no room was ever made. */
export async function leftOver(scratch: string, limiter?: Limiter): Promise<LeftOver | undefined> {
  if (!existsSync(scratch)) return undefined
  const places = await placesLeft(scratch)
  const bases = places.flatMap((place) => baseOf(place) ?? [])
  return {
    directories: places.length,
    groups: groupsLeft(limiter ?? (await limiterHere())).length,
    processes: bases.reduce((sum, base) => sum + processesOf(base).length, 0),
  }
}

/** Rooms whose runner is not there any more. One that works now belongs to a process that lives. */
async function placesLeft(scratch: string): Promise<readonly string[]> {
  const names = await readdir(scratch).catch(() => [])
  return names
    .filter((name) => {
      const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]
      return pid !== undefined && !existsSync(`/proc/${pid}`)
    })
    .map((name) => join(scratch, name))
}

function baseOf(place: string): number | undefined {
  try {
    const base = Number(readFileSync(join(place, BASE_FILE), 'utf8'))
    return Number.isSafeInteger(base) && base > 0 ? base : undefined
  } catch {
    return undefined
  }
}
