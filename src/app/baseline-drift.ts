// What differs from the sealed baseline, since when, and who changed it where that can be found: from file times, dpkg's file lists and dpkg's log.
import { constants } from 'node:fs'
import { lstat, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ChangeId, TargetId } from '../base/id.ts'
import { type Instant, instant, milliseconds } from '../base/time.ts'
import type { Change, Moved } from '../change/change.ts'
import { certificateCause, listHolds, packageCause, packagesNear } from '../change/moved-cause.ts'
import { movedSince } from '../change/sealing.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import type { Envelope } from '../seal/envelope.ts'
import { filesOf, type TargetRead } from './collect.ts'

const NEAR_MS = 120_000
const LOG_TAIL = 262_144
const BEGINNING = 4096

/** Files that are read to find a cause. */
export interface CausePlaces {
  readonly dpkgLog: string
  /** Lists of the files of each package. */
  readonly dpkgInfo: string
}
const DEBIAN: CausePlaces = { dpkgLog: '/var/log/dpkg.log', dpkgInfo: '/var/lib/dpkg/info' }

export async function baselineDrift(
  change: Change,
  envelope: Envelope,
  reads: readonly TargetRead[],
  policy: CompiledPolicy,
  now: Instant,
  /** Changes that this gate ran lately. A file that one of them wrote is attributed to it. */
  recent: () => Promise<readonly Change[]> = async () => [],
): Promise<readonly Moved[]> {
  const moved = movedSince(envelope, { baseline: reads, policy, now })
  return Promise.all(
    moved.map(async (one) =>
      one.code === 'moved.target' ? named(change, one, envelope, reads, recent) : one,
    ),
  )
}

/** The file of a target, with its time. `by` is `unknown` where no cause was found. */
async function named(
  change: Change,
  moved: Moved,
  envelope: Envelope,
  reads: readonly TargetRead[],
  recent: () => Promise<readonly Change[]>,
): Promise<Moved> {
  const read = reads.find(
    ({ target, digest }) =>
      envelope.baseline.some((one) => one.target === target && one.digest !== digest) &&
      target.slice(target.indexOf('/') + 1).replace(/^(file|unit):/, '') === moved.what,
  )
  if (read === undefined) return moved
  // A tree has no time of its own: what the gate ran on it since the seal moved it.
  if (read.facts.kind === 'code') {
    const { id, at } = (await recent()).flatMap(ranSince(change, read.target, envelope.sealedAt))[0] ?? {}
    return { ...moved, ...(at === undefined ? {} : { at }), by: id ?? 'unknown' }
  }
  const all = differentFiles(change, read)
  const paths = all.slice(0, NAMED)
  const more = all.length > NAMED ? { more: all.length - NAMED } : {}
  // Entries of a catalogue are no files: nobody keeps when they were altered.
  if (read.facts.kind === 'schema' || read.facts.kind === 'command')
    return { ...moved, by: 'unknown', detail: { ...moved.detail, files: paths, ...more } }
  const time = await latestChange(paths)
  const ours = time === undefined ? undefined : ranAt(await recent(), change, read.target, time)
  return {
    ...moved,
    ...(time === undefined ? {} : { at: instant(time) }),
    by: ours ?? (await causeOf(paths)) ?? 'unknown',
    detail: { ...moved.detail, files: paths, ...more },
  }
}

/** Named where a target has moved; the rest is a number. */
const NAMED = 20

/** Files of a set that differ from what was checked. */
function differentFiles(change: Change, read: TargetRead): readonly string[] {
  const before = new Map(filesOf(change, read.target))
  const after = new Map<string, string>(sealedFiles(read))
  const names = new Set([...before.keys(), ...after.keys()])
  const different = [...names].filter((path) => before.get(path) !== after.get(path)).sort()
  return different.length > 0 ? different : read.facts.kind === 'file' ? [read.facts.path] : []
}

export function sealedFiles(read: TargetRead): readonly (readonly [string, string])[] {
  const { facts } = read
  if (facts.kind === 'schema' || facts.kind === 'command')
    return facts.entries.map(({ at, is }) => [at, is] as const)
  if (facts.kind !== 'nginx' && facts.kind !== 'unit') return []
  return facts.files.map(({ path, digest }) => [path, digest] as const)
}

async function latestChange(paths: readonly string[]): Promise<number | undefined> {
  const times = await Promise.all(
    paths.map((path) =>
      lstat(path).then(
        ({ ctimeMs }) => ctimeMs,
        () => undefined, // Gone, or not ours to see: then its time is not known.
      ),
    ),
  )
  const known = times.filter((one) => one !== undefined)
  return known.length === 0 ? undefined : Math.round(Math.max(...known))
}

/** Another change of this gate that was running on this target at that time. */
function ranAt(
  recent: readonly Change[],
  { id }: Change,
  target: TargetId,
  time: number,
): ChangeId | undefined {
  return recent.find(
    (one) =>
      one.id !== id &&
      one.plan?.targets.includes(target) === true &&
      one.executions.some(
        ({ startedAt, endedAt }) =>
          time >= milliseconds(startedAt) && (endedAt === undefined || time <= milliseconds(endedAt)),
      ),
  )?.id
}

/** Another change of this gate that ran on this target after that moment, with the end of its run. */
function ranSince(change: Change, target: TargetId, since: Instant) {
  return ({ id, plan, executions }: Change): readonly { readonly id: ChangeId; readonly at?: Instant }[] => {
    const last = executions.findLast(({ endedAt }) => endedAt === undefined || endedAt > since)
    if (id === change.id || last === undefined || plan?.targets.includes(target) !== true) return []
    return [{ id, ...(last.endedAt === undefined ? {} : { at: last.endedAt }) }]
  }
}

/** One cause that holds for every file. Undefined where one of the files has none. */
export async function causeOf(
  paths: readonly string[],
  places: CausePlaces = DEBIAN,
): Promise<string | undefined> {
  const causes = await Promise.all(paths.map((path) => causeOfFile(path, places)))
  const named = causes.find((one) => one !== undefined && one !== 'certificate') ?? causes[0]
  const isAll = causes.every((one) => one === named || (one === 'certificate' && isCertificate(named)))
  return isAll ? named : undefined
}

const isCertificate = (cause: string | undefined) => cause?.startsWith('certificate') === true

async function causeOfFile(path: string, places: CausePlaces): Promise<string | undefined> {
  const certificate = certificateCause(path, await partOf(path, 0, BEGINNING))
  if (certificate !== undefined) return certificate
  const time = await latestChange([path])
  if (time === undefined) return undefined
  const log = await partOf(places.dpkgLog, -LOG_TAIL, LOG_TAIL)
  for (const event of packagesNear(log ?? '', time, NEAR_MS)) {
    // For a package of several architectures the list is named with the architecture.
    for (const name of [event.name.replace(/:.*$/, ''), event.name]) {
      const list = await readFile(join(places.dpkgInfo, `${name}.list`), 'utf8').catch(() => '')
      if (listHolds(list, path)) return packageCause(event)
    }
  }
  return undefined
}

/** A part of a file that may be read. A negative beginning counts from the end. */
async function partOf(path: string, from: number, length: number): Promise<string | undefined> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const { size } = await file.stat()
    const bytes = Buffer.alloc(Math.min(length, size))
    const { bytesRead } = await file.read(bytes, 0, bytes.length, from < 0 ? Math.max(0, size + from) : from)
    return bytes.subarray(0, bytesRead).toString('utf8')
  } catch {
    return undefined // Gone, or not ours to read: then nothing is known of it.
  }
}
