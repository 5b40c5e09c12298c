// The copies that are kept before anything is changed (S30): timestamped, fsynced, equal in bytes, owner, mode, ACL and
// attributes, on the target's own volume and outside every include path.

import { constants } from 'node:fs'
import { lstat, open, readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { SekishoError } from '../../base/error.ts'
import { type Digest, sha256 } from '../../base/hash.ts'
import { localParts } from '../../base/local-parts.ts'
import { namingOf } from '../../host/file-facts.ts'
import { type Found, type Naming, PLAIN, sameState, stateOf } from '../../host/file-state.ts'
import { directoryMissing, type Held, holdDirectory, lookAt, makeDirectories } from '../../host/walk.ts'
import { plannedFiles } from '../../plans/actions.ts'
import { type FileState, type TouchedFile } from '../../plans/file-state.ts'
import { type PlannedAction } from '../../plans/plan.ts'
import { fileError, syncDirectory, untrustedComponent, writeDurable } from '../../sys/files.ts'
import type { ActContext } from './context.ts'

export interface CopiedFile {
  /** As declared. */
  readonly path: string
  readonly real: string
  /** Absent where there was no file, or a link (which is its own copy). */
  readonly copy?: string
  /** Absent for secret files: no plain hash of one is written anywhere. */
  readonly digest?: Digest
  readonly before: FileState
}

/** Copies every file that these actions touch. Running it again finds what is there. Throws SekishoError file.*. */
export async function keepCopies(
  actions: readonly PlannedAction[],
  c: ActContext,
): Promise<readonly CopiedFile[]> {
  const copied: CopiedFile[] = []
  for (const file of actions.flatMap(({ action }) => plannedFiles(action)))
    copied.push(await keepCopy(file, c))
  return copied
}

async function keepCopy(file: TouchedFile, c: ActContext): Promise<CopiedFile> {
  const { path, real, before } = file
  const kept = { path, real, before }
  if (before.kind === 'absent') {
    if (await directoryMissing(real)) await noteNewDirectory(real, c)
    return kept
  }
  if (before.kind === 'link') return kept
  const copy = (await findCopy(file, c)) ?? (await makeCopy(file, c))
  return { ...kept, copy, ...(before.kind === 'file' ? { digest: before.digest } : {}) }
}

/** The file's directory is not there yet: the undo takes it away again. Said by a mark among the copies. */
async function noteNewDirectory(real: string, c: ActContext): Promise<void> {
  const mark = newDirectoryMark(real, c)
  await makeDirectories(dirname(mark), 0o700)
  await writeDurable(mark, '', { mode: 0o600 })
}

function newDirectoryMark(real: string, c: Pick<ActContext, 'copies'>): string {
  return join(c.copies, 'new-directories', sha256(dirname(real)))
}

export async function isNewDirectory(real: string, c: Pick<ActContext, 'copies'>): Promise<boolean> {
  return (await lookAt(newDirectoryMark(real, c))) !== undefined
}

/** The kept copy of a file of this execution, verified; undefined where there is none. */
export async function findCopy(file: TouchedFile, c: ActContext): Promise<string | undefined> {
  const { places, isOnVolume } = await placesFor(file.real, c)
  // Most of them are not there: they are looked into side by side, and only what has a copy is asked about further, best first.
  const copies = await Promise.all(places.map((place) => copiesIn(join(place, dirname(file.real)), file, c)))
  for (const [i, place] of places.entries()) {
    const found = copies[i] ?? []
    if (found.length === 0 || !(await isOnVolume(place)) || !(await isOurs(place))) continue
    for (const copy of found) if (sameState((await readCopy(copy, file, c)).state, file.before)) return copy
  }
  return undefined
}

async function copiesIn(directory: string, file: TouchedFile, c: ActContext): Promise<readonly string[]> {
  const names = await readdir(directory).catch(() => [])
  const ours = names.filter((name) => isCopyName(name, basename(file.real), c.execution))
  return ours.sort().map((name) => join(directory, name))
}

export async function readCopy(
  copy: string,
  file: TouchedFile,
  c: Pick<ActContext, 'policy' | 'keyed'>,
): Promise<Found> {
  await using held = await holdDirectory(copy)
  return await stateOf(held, naming(file, c))
}

/** By what the plan says of the file; the declaration decides where the plan says nothing stands there yet. */
export function naming(file: TouchedFile, c: Pick<ActContext, 'policy' | 'keyed'>): Naming {
  if (file.before.kind === 'secret') return { secret: true, keyed: c.keyed }
  return file.before.kind === 'file' ? PLAIN : namingOf(file.path, file.real, c)
}

async function makeCopy(file: TouchedFile, c: ActContext): Promise<string> {
  const place = await makePlace(file.real, c)
  if (place === undefined) throw new SekishoError('file.no_place_for_copies', { path: file.real })
  const directory = join(place.path, dirname(file.real))
  const below = await makeDirectories(directory, 0o700)
  const made = place.made ?? below
  const copy = join(directory, copyName(basename(file.real), c.clock.now(), c.policy.zone, c.execution))
  await using source = await holdDirectory(file.real)
  await using target = await holdDirectory(copy)
  const result = await c.run(
    [
      'cp',
      '--preserve=all',
      '--no-dereference',
      '--',
      `/proc/self/fd/3/${source.name}`,
      `/proc/self/fd/4/${target.name}`,
    ],
    { descriptors: [source.handle.fd, target.handle.fd], timeoutMs: 30_000 },
  )
  if (result.code !== 0)
    throw new SekishoError('file.unreadable', {
      path: file.real,
      why: (result.stderr.trim() || result.notStarted || 'cp did not end').slice(0, 500),
    })
  // The copy counts when all of it is on the disk; in which order it gets there does not matter.
  await Promise.all([
    syncFile(target),
    target.sync(),
    ...(made === undefined ? [] : [syncUpTo(directory, dirname(made))]),
  ])
  c.killPoint('copies.file.after')
  const back = await stateOf(target, naming(file, c))
  if (!sameState(back.state, file.before))
    throw new SekishoError('file.copy_damaged', { path: file.real, copy })
  return copy
}

async function syncFile(held: Held): Promise<void> {
  const handle = await open(held.at(held.name), constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    await handle.sync()
  } catch (cause) {
    throw fileError(join(held.path, held.name), cause)
  } finally {
    await handle.close()
  }
}

/** Makes new directories durable: each is an entry of its parent. */
async function syncUpTo(from: string, to: string): Promise<void> {
  const all: string[] = []
  for (let at = from; at.length >= to.length; at = dirname(at)) {
    all.push(at)
    if (at === '/') break
  }
  await Promise.all(all.map(syncDirectory))
}

/** `mirai.20261125_140211.CHG-2026-0001.1`; a name too long for the file system is cut in front. */
export function copyName(name: string, now: number, zone: string, execution: string): string {
  const tail = `.${localStamp(now, zone)}${executionTail(execution)}`
  return `${cut(name, tail.length)}${tail}`
}

export function isCopyName(name: string, of: string, execution: string): boolean {
  const tail = executionTail(execution)
  const stamp = '.00000000_000000'.length
  const front = cut(of, stamp + tail.length)
  const middle = name.slice(front.length, name.length - tail.length)
  return name.startsWith(front) && name.endsWith(tail) && /^\.\d{8}_\d{6}$/.test(middle)
}

/** Names are at most 255 bytes; the front is cut at a character. */
function cut(name: string, tail: number): string {
  let front = name
  while (Buffer.byteLength(front) + tail > 255) front = front.slice(0, -1)
  return front
}

/** How the name of every copy of an execution ends. */
export function executionTail(execution: string): string {
  return `.${execution.replaceAll('/', '.')}`
}

function localStamp(now: number, zone: string): string {
  const part = localParts(now, zone)
  return `${part('year')}${part('month')}${part('day')}_${part('hour')}${part('minute')}${part('second')}`
}

/**
 * Directories for copies, best first: the runner's state, /etc/sekisho, /var/backups, the volume's own root, and last a dot-directory
 * beside the file, which no include pattern takes. Only one on the volume of the file counts.
 */
async function placesFor(
  real: string,
  c: ActContext,
): Promise<{
  readonly places: readonly string[]
  readonly isOnVolume: (place: string) => Promise<boolean>
}> {
  const name = c.execution.replaceAll('/', '.')
  const at = await nearest(dirname(real))
  const beside = [await topOfVolume(at.path), dirname(real)]
  return {
    places: [
      c.copies,
      `/etc/sekisho/copies/${name}`,
      `/var/backups/sekisho/${name}`,
      ...beside.map((directory) => join(directory, '.sekisho-copies', name)),
    ],
    isOnVolume: async (place) => (await nearest(place)).dev === at.dev,
  }
}

/** The best one that can be had, made where it is missing; `made` is the topmost directory that was. */
async function makePlace(
  real: string,
  c: ActContext,
): Promise<{ readonly path: string; readonly made: string | undefined } | undefined> {
  const { places, isOnVolume } = await placesFor(real, c)
  for (const path of places) {
    if (!(await isOnVolume(path))) continue
    // Where somebody else could exchange a directory on the way, nothing is made at all: it would be made where they lead it.
    const above = await nearest(dirname(path))
    if ((await untrustedComponent(above.path, ownUid())) !== undefined) continue
    const made = await makeDirectories(path, 0o700).catch((cause: unknown) => {
      if (cause instanceof SekishoError) return 'refused' as const
      throw cause
    })
    if (made !== 'refused' && (await isOurs(path))) return { path, made }
  }
  return undefined
}

/** The nearest directory that exists. */
async function nearest(path: string): Promise<{ readonly path: string; readonly dev: number }> {
  for (let at = path; ; at = dirname(at)) {
    try {
      return { path: at, dev: (await lstat(at)).dev }
    } catch (cause) {
      if (at === '/' || (cause as NodeJS.ErrnoException).code !== 'ENOENT') throw fileError(at, cause)
    }
  }
}

async function topOfVolume(directory: string): Promise<string> {
  const upwards = upwardsFrom(directory)
  const devices = await Promise.all(upwards.map(async (one) => (await lstat(one)).dev))
  const other = devices.findIndex((dev) => dev !== devices[0])
  return upwards.at(other === -1 ? -1 : other - 1) ?? '/'
}

/** A directory and all that it lies in, up to the root. */
function upwardsFrom(directory: string): readonly string[] {
  return directory === '/' ? ['/'] : [directory, ...upwardsFrom(dirname(directory))]
}

/** Nobody else can change anything on the way, and the place itself is ours alone. */
async function isOurs(place: string): Promise<boolean> {
  const uid = ownUid()
  try {
    const stat = await lstat(place)
    if (!stat.isDirectory() || stat.uid !== uid || (stat.mode & 0o077) !== 0) return false
    return (await untrustedComponent(dirname(place), uid)) === undefined
  } catch {
    return false
  }
}

function ownUid(): number {
  return process.geteuid?.() ?? 0
}
