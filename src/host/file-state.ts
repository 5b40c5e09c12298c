// What stands at a real path (bytes by digest, owner, mode, link), read through a held directory, and whether two states are equal.
import { readlink } from 'node:fs/promises'
import { SekishoError } from '../base/error.ts'
import { sha256 } from '../base/hash.ts'
import { type FileState } from '../plans/file-state.ts'
import { fileType } from '../sys/files.ts'
import { directoryMissing, type Held, holdDirectory, lookAt, readHeld } from './walk.ts'

/** Bytes of one file: the limit of what a change carries (spine §8). */
export const FILE_LIMIT = 1_048_576
const MODE = 0o7777

/** How the bytes of a file are named: plainly, or by the runner's key where the file is secret. */
export type Naming =
  | { readonly secret: false }
  | { readonly secret: true; readonly keyed: (bytes: Uint8Array) => string }

export const PLAIN: Naming = { secret: false }

export interface Found {
  readonly state: FileState
  /** Only of a regular file. */
  readonly bytes?: Buffer
  readonly hardLinks: number
}

/** Reads what stands there without following a link. Throws SekishoError file.* for anything that is no file or link. */
export async function stateOf(held: Held, naming: Naming): Promise<Found> {
  const path = `${held.path === '/' ? '' : held.path}/${held.name}`
  const seen = await lookAt(held.at(held.name))
  if (seen === undefined) return { state: { kind: 'absent' }, hardLinks: 0 }
  if (seen.isSymbolicLink()) {
    const target = await readlink(held.at(held.name))
    return { state: { kind: 'link', target, uid: seen.uid, gid: seen.gid }, hardLinks: seen.nlink }
  }
  if (!seen.isFile()) throw new SekishoError('file.not_regular', { path, type: fileType(seen) })
  const { bytes, stat } = await readHeld(held, FILE_LIMIT)
  const owner = { mode: stat.mode & MODE, uid: stat.uid, gid: stat.gid }
  const state: FileState = naming.secret
    ? { kind: 'secret', keyed: naming.keyed(bytes), ...owner }
    : { kind: 'file', digest: sha256(bytes), size: bytes.length, ...owner }
  return { state, bytes, hardLinks: stat.nlink }
}

/** The same for a path whose directory may be missing: then nothing stands there. */
export async function stateAt(real: string, naming: Naming): Promise<Found> {
  if (await directoryMissing(real)) return { state: { kind: 'absent' }, hardLinks: 0 }
  await using held = await holdDirectory(real)
  return await stateOf(held, naming)
}

/** Bytes, owner and mode; of a link target and owner. */
export function sameState(a: FileState, b: FileState): boolean {
  if (a.kind === 'absent' || b.kind === 'absent') return a.kind === b.kind
  if (a.uid !== b.uid || a.gid !== b.gid) return false
  if (a.kind === 'link' || b.kind === 'link')
    return a.kind === 'link' && b.kind === 'link' && a.target === b.target
  if (a.mode !== b.mode) return false
  if (a.kind === 'file') return b.kind === 'file' && a.digest === b.digest && a.size === b.size
  return b.kind === 'secret' && a.keyed === b.keyed
}
