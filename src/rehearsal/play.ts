// Plays the steps of a plan that change files, inside the room, at the paths of production; and takes them back with what it has kept. Root of the room's user
// namespace does it: it can change what lies in the room, and nothing of the machine.
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  symlinkSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { PlacedFile, PlayStep } from './protocol.ts'

/** Where the room keeps what is played from and what is put back. Of root inside alone. */
export const INSIDE_REHEARSAL = '/rehearsal'
const KEPT = `${INSIDE_REHEARSAL}/kept`

export type FileStep = Extract<PlayStep, { readonly kind: 'link' | 'place' }>

interface Kept {
  readonly path: string
  /** Absent: nothing was there. */
  readonly as?: string
  readonly target?: string
}
interface Played {
  readonly kept: Kept[]
  /** Directories that were made, outermost first. */
  readonly made: string[]
}

export class Player {
  readonly #played = new Map<number, Played>()

  forward(step: FileStep, number: number): void {
    const played: Played = { kept: [], made: [] }
    this.#played.set(number, played)
    const files = step.kind === 'link' ? [{ path: step.path, target: step.target }] : step.files
    for (const [i, file] of files.entries()) {
      played.kept.push(keep(file.path, `${KEPT}/${number}-${i}`))
      put(file, played.made)
    }
  }

  back(number: number): void {
    const played = this.#played.get(number)
    if (played === undefined) return
    for (const one of played.kept.toReversed()) putBack(one)
    for (const path of played.made.toReversed()) rmdirSync(path)
    this.#played.delete(number)
  }
}

/** The old file moves aside as a copy with its owner, mode and times. */
function keep(path: string, as: string): Kept {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return { path }
  if (stat.isSymbolicLink()) return { path, target: readlinkSync(path) }
  if (!stat.isFile()) throw new Error(`${path} is no file`)
  mkdirSync(KEPT, { recursive: true, mode: 0o700 })
  copyFileSync(path, as)
  chownSync(as, stat.uid, stat.gid)
  chmodSync(as, stat.mode & 0o7777)
  return { path, as }
}

function putBack({ path, as, target }: Kept): void {
  if (as === undefined && target === undefined) rmSync(path, { force: true })
  else if (target !== undefined) exchange(path, (temporary) => symlinkSync(target, temporary))
  else if (as !== undefined) {
    const { uid, gid, mode } = lstatSync(as)
    exchange(path, (temporary) => {
      copyFileSync(as, temporary)
      chownSync(temporary, uid, gid)
      chmodSync(temporary, mode & 0o7777)
    })
  }
}

function put(file: PlacedFile, made: string[]): void {
  const { path, from } = file
  const stat = from === undefined ? undefined : lstatSync(from)
  const target = stat?.isSymbolicLink() === true && from !== undefined ? readlinkSync(from) : file.target
  if (from === undefined && target === undefined) {
    rmSync(path, { force: true })
    return
  }
  makeParents(dirname(path), made)
  const stands = lstatSync(path, { throwIfNoEntry: false })
  const { uid, gid } = file.owner ?? stands ?? lstatSync(dirname(path))
  exchange(path, (temporary) => {
    if (target !== undefined) {
      symlinkSync(target, temporary)
      lchownSync(temporary, uid, gid)
    } else if (from !== undefined) {
      copyFileSync(from, temporary)
      chownSync(temporary, uid, gid)
      chmodSync(temporary, file.mode ?? rightsOf(file.program === true, stands))
    }
  })
}

/** Who may read a file says the one that stands there. */
function rightsOf(program: boolean, stands: Stats | undefined): number {
  if (stands?.isFile() !== true) return program ? 0o755 : 0o644
  const rights = stands.mode & 0o1666
  return program ? rights | ((rights & 0o444) >> 2) : rights
}

/** Another name first, then one rename: whoever reads sees the old or the new. */
function exchange(path: string, make: (temporary: string) => void): void {
  const temporary = join(dirname(path), `.${basename(path).slice(0, 200)}.sekisho-rehearsal`)
  rmSync(temporary, { force: true })
  make(temporary)
  renameSync(temporary, path)
}

function makeParents(path: string, made: string[]): void {
  if (existsSync(path)) return
  makeParents(dirname(path), made)
  mkdirSync(path, { mode: 0o755 })
  made.push(path)
}
