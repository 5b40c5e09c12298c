// The directory that the guard reads and writes: the rules for everybody, the spool where every account may leave something and none may
// look around, the pauses that only the gate writes (guard §0).
import { chmod, lchown, lstat, mkdir, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SekishoError } from '../base/error.ts'
import { fileError } from '../sys/files.ts'

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
  await makeAbove(directory, gate !== undefined)
  await ownDirectory(await whereItLeads(directory), 0o755, 'kept')
  await ownDirectory(places.spool, 0o1733, gate ?? 'kept')
  await ownDirectory(places.paused, 0o755, gate ?? 'kept')
  return places
}

/** A directory that its owner has put elsewhere by a link; what lies in it is never one. */
export async function whereItLeads(path: string): Promise<string> {
  return await realpath(path).catch(() => path)
}

/**
 * One by one: asked for all at once, node tries without end where the kernel lets nothing be made (/proc). With accounts they are
 * gone through by others, whatever umask says.
 */
export async function makeAbove(path: string, forAccounts: boolean): Promise<void> {
  const above = dirname(path)
  if (above === path || (await lstat(above).catch(() => undefined)) !== undefined) return
  await makeAbove(above, forAccounts)
  try {
    await mkdir(above, { mode: 0o755 })
    if (forAccounts) await chmod(above, 0o755)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw fileError(above, cause)
  }
}

/**
 * A directory with this mode and owner, made where it is missing; never what a link leads to. `made`: nothing of it is changed where it is
 * there; `kept`: its owner is not. Throws file.*.
 */
export async function ownDirectory(
  path: string,
  mode: number,
  owner: { readonly uid: number; readonly gid: number } | 'root' | 'kept' | 'made',
): Promise<void> {
  try {
    const made = await mkdir(path, { mode }).then(
      () => true,
      (error: unknown) => {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
        throw error
      },
    )
    const seen = await lstat(path)
    if (!seen.isDirectory()) throw new SekishoError('file.unreadable', { path, why: 'ENOTDIR' })
    if (owner === 'made') return
    const { uid, gid } = owner === 'kept' ? seen : owner === 'root' ? { uid: 0, gid: 0 } : owner
    if (seen.uid !== uid || seen.gid !== gid) await lchown(path, uid, gid)
    if (made || (seen.mode & 0o7777) !== mode) await chmod(path, mode)
  } catch (cause) {
    throw fileError(path, cause)
  }
}
