// The directory that the guard reads and writes: the rules for everybody, the spool where every account may leave something and none may
// look around, the pauses that only the gate writes (guard §0).
import { chmod, chown, mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

export interface GuardPlaces {
  readonly directory: string
  readonly policy: string
  readonly spool: string
  readonly paused: string
  /** Which settings files the hook was put into. */
  readonly installed: string
}

export function guardPlacesOf(directory: string): GuardPlaces {
  return {
    directory,
    policy: join(directory, 'guard.json'),
    spool: join(directory, 'spool'),
    paused: join(directory, 'paused'),
    installed: join(directory, 'installed.json'),
  }
}

/**
 * Twice is once. The gate owns the spool (it lists and empties what others can only fill) and the pauses; without an account of its own it
 * is whoever calls. Whatever umask says: an account that cannot read the rules would be refused everything.
 */
export async function makeGuardPlaces(
  directory: string,
  gate: { readonly uid: number; readonly gid: number } | undefined,
): Promise<GuardPlaces> {
  const places = guardPlacesOf(directory)
  await mkdir(directory, { recursive: true, mode: 0o755 })
  await setMode(directory, 0o755)
  for (const [path, mode] of [
    [places.spool, 0o1733],
    [places.paused, 0o755],
  ] as const) {
    await mkdir(path, { recursive: true, mode })
    if (gate !== undefined) await chown(path, gate.uid, gate.gid)
    await setMode(path, mode)
  }
  return places
}

async function setMode(path: string, mode: number): Promise<void> {
  if (((await stat(path)).mode & 0o7777) !== mode) await chmod(path, mode)
}
