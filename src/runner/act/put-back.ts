// Putting one file back as its kept copy has it. Idempotent; whatever somebody else wrote in between is kept first, so nothing is lost.
import { join } from 'node:path'
import { SekishoError } from '../../base/error.ts'
import type { Clock } from '../../base/time.ts'
import { type Found, type Naming, PLAIN, sameState, stateOf } from '../../host/file-state.ts'
import {
  directoryMissing,
  type Held,
  holdDirectory,
  makeDirectories,
  removeDirectory,
} from '../../host/walk.ts'
import { type FileState } from '../../plans/file-state.ts'
import { syncDirectory } from '../../sys/files.ts'
import type { run } from '../../sys/process.ts'
import { copyName } from './copies.ts'
import { placeFile, removeStage, type Wanted } from './place-file.ts'

export interface OldFile {
  readonly path: string
  readonly real: string
  readonly before: FileState
  /** What the change wrote, where that is known: anything else found there is somebody else's. */
  readonly after?: FileState
  readonly copy?: string
  /** Its directory was made for it, and goes with it. */
  readonly newDirectory?: boolean
}

export interface PutBackContext {
  readonly run: typeof run
  readonly clock: Clock
  readonly execution: string
  readonly zone: string
  /** Where a foreign version is kept. */
  readonly copies: string
  readonly keyed: (bytes: Uint8Array) => string
  readonly killPoint: (name: string) => void
}

export interface PutBack {
  readonly was: 'old' | 'replaced'
  /** Where the version is kept that was neither the old nor the new one. */
  readonly foreign?: string
}

/** Throws SekishoError file.* when it cannot be put back; then what stood there stands there still. */
export async function putBackFile(file: OldFile, c: PutBackContext): Promise<PutBack> {
  if (file.before.kind === 'absent' && (await directoryMissing(file.real))) return { was: 'old' }
  const done = await putBackHeld(file, namingOf(file, c), c)
  if (file.newDirectory === true) await removeDirectory(file.real)
  return done
}

/** Does it stand there as it was before? Looks only. */
export async function isPutBack(file: OldFile, c: Pick<PutBackContext, 'keyed'>): Promise<boolean> {
  const isGone = await directoryMissing(file.real)
  if (isGone || (file.before.kind === 'absent' && file.newDirectory === true))
    return isGone && file.before.kind === 'absent'
  const naming = namingOf(file, c)
  await using held = await holdDirectory(file.real)
  await using copy = file.copy === undefined ? undefined : await holdDirectory(file.copy)
  return sameState((await stateOf(held, naming)).state, await oldState(file, copy, naming))
}

function namingOf({ before, after }: OldFile, { keyed }: Pick<PutBackContext, 'keyed'>): Naming {
  return before.kind === 'secret' || after?.kind === 'secret' ? { secret: true, keyed } : PLAIN
}

async function putBackHeld(file: OldFile, naming: Naming, c: PutBackContext): Promise<PutBack> {
  await using held = await holdDirectory(file.real)
  await using copy = file.copy === undefined ? undefined : await holdDirectory(file.copy)
  const old = await oldState(file, copy, naming)
  const now = await stateOf(held, naming)
  if (sameState(now.state, old)) {
    await removeStage(held)
    return { was: 'old' }
  }
  const isForeign = file.after !== undefined && !sameState(now.state, file.after)
  const foreign = isForeign ? await keepForeign(held, now, c) : undefined
  c.killPoint('files.putBack.before')
  await placeFile(held, wantedOld(file, old, copy), c, async () =>
    sameState((await stateOf(held, naming)).state, now.state),
  )
  c.killPoint('files.putBack.after')
  const back = await stateOf(held, naming)
  if (!sameState(back.state, old))
    throw new SekishoError('file.changed', { path: file.path, why: 'it changed while it was put back' })
  return { was: 'replaced', ...(foreign === undefined ? {} : { foreign }) }
}

/** The copy decides for files; it must be what the plan says stood there. */
async function oldState(file: OldFile, copy: Held | undefined, naming: Naming): Promise<FileState> {
  const { before, path } = file
  if (before.kind === 'absent' || before.kind === 'link') return before
  if (copy === undefined) throw new SekishoError('file.copy_damaged', { path, copy: 'none' })
  const { state } = await stateOf(copy, naming)
  if (before.kind === 'file' && !sameState(state, asNamed(before, state)))
    throw new SekishoError('file.copy_damaged', { path, copy: file.copy ?? '' })
  if (state.kind !== 'file' && state.kind !== 'secret')
    throw new SekishoError('file.copy_damaged', { path, copy: file.copy ?? '' })
  return state
}

/** A plain file that the change made secret is compared by owner and mode here; its digest was checked when it was copied. */
function asNamed(before: FileState, copy: FileState): FileState {
  return copy.kind === 'secret' && before.kind === 'file'
    ? { kind: 'secret', keyed: copy.keyed, mode: before.mode, uid: before.uid, gid: before.gid }
    : before
}

function wantedOld(file: OldFile, old: FileState, copy: Held | undefined): Wanted {
  if (old.kind === 'absent' || old.kind === 'link') return old
  if (copy === undefined) throw new SekishoError('file.copy_damaged', { path: file.path, copy: 'none' })
  return { kind: 'copy', from: copy }
}

async function keepForeign(held: Held, now: Found, c: PutBackContext): Promise<string | undefined> {
  if (now.state.kind !== 'file' && now.state.kind !== 'secret') return undefined
  const directory = join(c.copies, 'found')
  await makeDirectories(directory, 0o700)
  const name = copyName(held.name, c.clock.now(), c.zone, c.execution)
  await using target = await holdDirectory(join(directory, name))
  const argv = [
    'cp',
    '--preserve=all',
    '--no-dereference',
    '--',
    `/proc/self/fd/3/${held.name}`,
    `/proc/self/fd/4/${name}`,
  ]
  const result = await c.run(argv, { descriptors: [held.handle.fd, target.handle.fd] })
  if (result.code !== 0)
    throw new SekishoError('file.unreadable', {
      path: `${held.path}/${held.name}`,
      why: (result.stderr.trim() || result.notStarted || 'cp did not end').slice(0, 500),
    })
  await c.run(['sync', '--', `/proc/self/fd/3/${name}`], { descriptors: [target.handle.fd] })
  await syncDirectory(directory)
  return join(directory, name)
}
