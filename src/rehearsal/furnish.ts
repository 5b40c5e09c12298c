// Furnishes a rehearsal room before anything runs in it: clones of the declared places, made values for secrets, what steps are played from.
import { chmodSync, chownSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Random } from '../base/time.ts'
import type { NotCompared, Receipt } from '../plans/receipt.ts'
import { copyIn } from '../room/copy-in.ts'
import type { RoomLimits } from '../room/limits.ts'
import { enough } from '../room/place.ts'
import { outside, type Walls } from '../room/walls.ts'
import type { Mount } from '../sandbox/sandbox-argv.ts'
import type { Account } from './accounts.ts'
import { cloneFile } from './clone.ts'
import { cloneDirectory } from './clone-fast.ts'
import type { ComparedPlace } from './fingerprint.ts'
import { madeJson, ofSameShape } from './made-values.ts'
import { INSIDE_REHEARSAL } from './play.ts'
import type { RehearsalPlace, RoomSpec } from './spec.ts'
import { madeDotenv } from './variables.ts'

export interface Furnished {
  readonly mounts: readonly Mount[]
  readonly compared: readonly (ComparedPlace & { readonly kind: RehearsalPlace['kind'] })[]
  readonly notCompared: readonly NotCompared[]
  readonly cloned: Receipt['cloned']
  readonly made: readonly string[]
  readonly given: readonly string[]
  readonly stayed: readonly string[]
  /** By the real value of a secret, the one that stands for it in the room: it is told nowhere. */
  readonly madeFor: ReadonlyMap<string, string>
  /** Of a path inside that lies in a cloned place. Undefined where nothing stands there. */
  readonly read: (path: string) => Uint8Array | undefined
}

/** Thrown: what could not be cloned. */
export class NotFurnished extends Error {
  override name = 'NotFurnished'
  readonly path: string
  /** The machine has no room for the clone: that says nothing of the change. */
  readonly isNoSpace: boolean
  constructor(path: string, why: string, isNoSpace = false) {
    super(why)
    this.path = path
    this.isNoSpace = isNoSpace
  }
}

interface Laid {
  readonly place: RehearsalPlace
  /** Outside: what stands for `place.path`. */
  readonly at: string
  readonly isFile: boolean
}

export async function furnish(
  walls: Walls,
  spec: RoomSpec,
  account: Account,
  limits: RoomLimits,
  random: Random,
): Promise<Furnished> {
  const notCompared: NotCompared[] = []
  const cloned: Receipt['cloned'][number][] = []
  const laid: Laid[] = []
  let left = limits.diskBytes
  const places = [...spec.places, ...directoriesOf(spec)].toSorted((a, b) => (a.path < b.path ? -1 : 1))
  for (const [i, place] of places.entries()) {
    const one = { place, ...(await lay(walls, spec, place, i, account, left, limits.files, notCompared)) }
    left -= one.bytes
    laid.push(one)
    if (place.kind !== 'empty')
      cloned.push({ path: place.path, from: place.from ?? place.path, bytes: one.bytes })
    if (place.kind === 'live' || place.kind === 'empty')
      notCompared.push({ what: place.path, why: place.kind === 'live' ? 'live' : 'scratch' })
  }
  for (const path of spec.live) notCompared.push({ what: path, why: 'live' })
  const secrets = replaceSecrets(laid, spec, random)
  notCompared.push(...secrets.notCompared)
  await layGiven(walls, spec)
  const { database } = spec
  if (database !== undefined) {
    cloned.push({ path: database.name, from: database.name, bytes: database.bytes })
    notCompared.push({ what: database.name, why: 'live' })
  }
  return {
    mounts: [
      // Clients of Debian look for a socket there.
      ...(database === undefined ? [] : [{ kind: 'link', to: '/var/run', target: '/run' } as const]),
      ...laid.map(({ place, at }): Mount => ({ kind: 'bind', from: at, to: place.path, writable: true })),
      { kind: 'bind', from: join(walls.place, 'rehearsal'), to: INSIDE_REHEARSAL, writable: true },
    ],
    compared: laid
      .filter(({ place }) => place.kind === 'target' || place.kind === 'other')
      .map(({ place, at, isFile }) => ({
        root: isFile ? dirname(at) : at,
        path: isFile ? dirname(place.path) : place.path,
        kind: place.kind,
      })),
    notCompared,
    cloned,
    made: secrets.made,
    given: secrets.given,
    stayed: secrets.stayed,
    madeFor: secrets.madeFor,
    read: (path) => readLaid(laid, path),
  }
}

/** Directories that systemd would make for the unit, where no declared place is or holds them. */
function directoriesOf(spec: RoomSpec): readonly RehearsalPlace[] {
  return spec.unit.directories
    .filter(({ path }) => !spec.places.some((one) => path === one.path || path.startsWith(`${one.path}/`)))
    .map(({ path, mode }) => ({ path, kind: 'empty', mode }))
}

async function lay(
  walls: Walls,
  spec: RoomSpec,
  place: RehearsalPlace,
  number: number,
  account: Account,
  bytes: number,
  files: number,
  notCompared: NotCompared[],
): Promise<{ readonly at: string; readonly isFile: boolean; readonly bytes: number }> {
  const holder = join(walls.place, `place-${number}`)
  mkdirSync(holder, { mode: 0o711 })
  chmodSync(holder, 0o711)
  if (place.kind === 'empty') {
    const at = join(holder, 'empty')
    mkdirSync(at)
    chmodSync(at, place.mode ?? 0o755)
    const owner = outside(walls, account.uid, account.gid)
    if (owner !== undefined) chownSync(at, owner.uid, owner.gid)
    return { at, isFile: false, bytes: 0 }
  }
  const from = place.from ?? place.path
  const owner = (uid: number, gid: number) => outside(walls, uid, gid) ?? { uid, gid }
  try {
    // One file: its directory is walked, and everything else in it is left.
    const isFile = lstatSync(from).isFile()
    const at = join(holder, isFile ? basename(place.path) : 'tree')
    const copy = isFile
      ? cloneFile({ from, to: at, owner })
      : await cloneDirectory(walls.ports.process, {
          from,
          to: at,
          path: place.path,
          leave: place.leave ?? [],
          owner,
          limits: { bytes, files },
          enough: (seen) => enough(walls.ports.scratch, seen),
          ...(spec.signal === undefined ? {} : { signal: spec.signal }),
        })
    if (copy === undefined) throw new NotFurnished(place.path, 'no file')
    if (place.mode !== undefined && !isFile) chmodSync(at, place.mode)
    notCompared.push(...copy.notCompared)
    if (copy.over) throw new NotFurnished(place.path, 'too large')
    return { at, isFile, bytes: copy.bytes }
  } catch (cause) {
    if (cause instanceof NotFurnished) throw cause
    throw new NotFurnished(
      place.path,
      cause instanceof Error ? cause.message : String(cause),
      isNoSpace(cause),
    )
  }
}

function isNoSpace(cause: unknown): boolean {
  const code = (cause as { readonly code?: unknown }).code
  return ['room.no_space', 'room.no_inodes', 'file.no_space', 'ENOSPC', 'EDQUOT'].includes(String(code))
}

async function layGiven(walls: Walls, spec: RoomSpec): Promise<void> {
  const rehearsal = join(walls.place, 'rehearsal')
  mkdirSync(rehearsal, { mode: 0o700 })
  mkdirSync(join(rehearsal, 'given'), { mode: 0o700 })
  const root = outside(walls, 0)
  if (root !== undefined)
    for (const path of [rehearsal, join(rehearsal, 'given')]) chownSync(path, root.uid, root.gid)
  for (const [name, from] of Object.entries(spec.given))
    await copyIn(walls.ports.process, from, join(rehearsal, 'given', name), root)
}

/** Nothing runs in the room yet, and every name in it was made by us; the last step is no link. */
function laidAt(laid: readonly Laid[], path: string): string | undefined {
  const one = laid.findLast(({ place }) => path === place.path || path.startsWith(`${place.path}/`))
  if (one === undefined) return undefined
  let at = one.at
  for (const name of path
    .slice(one.place.path.length)
    .split('/')
    .filter((part) => part !== '')) {
    if (lstatSync(at, { throwIfNoEntry: false })?.isDirectory() !== true) return undefined
    at = join(at, name)
  }
  return lstatSync(at, { throwIfNoEntry: false })?.isFile() === true ? at : undefined
}

function readLaid(laid: readonly Laid[], path: string): Uint8Array | undefined {
  const at = laidAt(laid, path)
  return at === undefined ? undefined : readFileSync(at)
}

function replaceSecrets(laid: readonly Laid[], { secrets }: RoomSpec, random: Random) {
  const made: string[] = []
  const given: string[] = []
  const stayed: string[] = []
  const notCompared: NotCompared[] = []
  const madeFor = new Map<string, string>()
  for (const path of secrets.dotenv) {
    const at = laidAt(laid, path)
    if (at === undefined) continue
    const edited = madeDotenv(readFileSync(at), secrets.real, random)
    if (edited === undefined) throw new NotFurnished(path, 'dotenv')
    writeFileSync(at, edited.bytes)
    made.push(...edited.made)
    given.push(...edited.given)
    stayed.push(...edited.stayed)
    for (const [was, value] of edited.madeFor) madeFor.set(was, value)
    if (edited.made.length > 0) notCompared.push({ what: path, why: 'made_secret' })
  }
  for (const path of secrets.files) {
    const at = laidAt(laid, path)
    if (at === undefined) continue
    writeFileSync(at, madeBytes(readFileSync(at), random))
    made.push(path)
    notCompared.push({ what: path, why: 'made_secret' })
  }
  return { made, given, stayed, notCompared, madeFor }
}

/** JSON keeps its records, with made values where a name says that a value is secret; other text keeps the shape of its words; the rest is chance. */
function madeBytes(bytes: Buffer, random: Random): Uint8Array {
  const text = bytes.toString('utf8')
  const json = madeJson(text, random)
  if (json !== undefined) return Buffer.from(json)
  return Buffer.from(text).equals(bytes) && !text.includes('\0')
    ? Buffer.from(ofSameShape(text, random))
    : random.bytes(bytes.length)
}
