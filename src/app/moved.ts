// What moved since the seal, when, and by whom as far as it can be known: a file's own times and the logs of programs that often do it.
import { lstat } from 'node:fs/promises'
import type { ChangeId, TargetId } from '../base/id.ts'
import { type Instant, instant, milliseconds } from '../base/time.ts'
import type { Change, Moved } from '../change/change.ts'
import { movedSince } from '../change/sealing.ts'
import type { Envelope } from '../seal/envelope.ts'
import type { CompiledPolicy } from '../seal/policy.ts'
import { filesOf, type TargetRead } from './collect.ts'

/** Programs that change configuration by themselves, and the log that they write when they do. */
const WRITERS: readonly { readonly name: string; readonly log: string }[] = [
  { name: 'certbot', log: '/var/log/letsencrypt/letsencrypt.log' },
  { name: 'apt/dpkg', log: '/var/log/dpkg.log' },
]
const NEAR_MS = 120_000

export async function whatMoved(
  change: Change,
  envelope: Envelope,
  reads: readonly TargetRead[],
  policy: CompiledPolicy,
  now: Instant,
  /** Changes that this gate has run lately: what one of them wrote has a name. */
  recent: () => Promise<readonly Change[]> = async () => [],
): Promise<readonly Moved[]> {
  const moved = movedSince(envelope, { baseline: reads, policy, now })
  return Promise.all(
    moved.map(async (one) =>
      one.code === 'moved.target' ? named(change, one, envelope, reads, recent) : one,
    ),
  )
}

/** The file behind a target, with its time. `by` says `unknown` where nothing tells. */
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
  const paths = differentFiles(change, read)
  const time = await latestChange(paths)
  return {
    ...moved,
    ...(time === undefined ? {} : { at: instant(time) }),
    by:
      time === undefined
        ? 'unknown'
        : (ranAt(await recent(), change, read.target, time) ?? (await writerNear(time))),
    detail: { ...moved.detail, files: paths },
  }
}

/** Which files of a set are not what was checked. */
function differentFiles(change: Change, read: TargetRead): readonly string[] {
  const before = new Map(filesOf(change, read.target))
  const after = new Map<string, string>(sealedFiles(read))
  const names = new Set([...before.keys(), ...after.keys()])
  const different = [...names].filter((path) => before.get(path) !== after.get(path)).sort()
  return different.length > 0 ? different.slice(0, 20) : read.facts.kind === 'file' ? [read.facts.path] : []
}

export function sealedFiles(read: TargetRead): readonly (readonly [string, string])[] {
  const { facts } = read
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

/** Another change of ours on this target that was under way at that time. */
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

async function writerNear(time: number): Promise<string> {
  for (const { name, log } of WRITERS) {
    const at = await lstat(log).then(
      ({ mtimeMs }) => mtimeMs,
      () => undefined,
    )
    if (at !== undefined && Math.abs(at - time) <= NEAR_MS) return `${name}?`
  }
  return 'unknown'
}
