// What a restore would do to what is there: three lists by record where there are rules, by file where there are none, by primary key in databases.
// Computed for the preview, and again after the service has stopped: the digest tells whether somebody wrote in between (backup.md §8).
import { closeSync } from 'node:fs'
import { indexPaths, type Loss, lossDigest, lossOf } from '../../backup/loss.ts'
import { entryPath, shownPath } from '../../backup/manifest-path.ts'
import { shownKey } from '../../backup/records.ts'
import type { DataDirectory, Invariants } from '../../backup/set.ts'
import { keyedHash } from '../../base/hash.ts'
import type { Service } from '../../seal/policy.ts'
import type { LossCounts } from '../../seal/restore.ts'
import type { ExchangePlace, StageRecord, SwapPlace } from '../act/restore.ts'
import { findCluster } from '../database/cluster.ts'
import { lossOfDatabase } from '../database/loss.ts'
import type { RunnerParts } from '../parts.ts'
import { openTree } from '../tree/beneath.ts'
import { openRegular, readOnce } from '../tree/read.ts'
import { takeTurns } from '../tree/turns.ts'
import { walk } from '../tree/walk.ts'
import { lossOfFile } from './content.ts'
import type { Laid } from './laid.ts'
import { openBelow } from './lay-tree.ts'
import { directoryOf } from './set-of.ts'
import { childOf } from './work-backup.ts'

const DATABASE_MS = 1_800_000
const SHOWN = 1000

export interface LossContext {
  readonly parts: RunnerParts
  readonly service: Service
  readonly stage: string
  readonly signal: AbortSignal
}
export interface Lists {
  readonly loss: readonly LossCounts[]
  readonly digest: string
}

export function listsOf(laid: readonly Laid[], context: LossContext): Promise<Lists> {
  return compute(
    laid.flatMap(({ exchange }) => exchange ?? []),
    laid.flatMap(({ swap }) => swap ?? []),
    context,
  )
}

/** The same question of the same two sides. */
export function listsAgain(record: StageRecord, context: LossContext): Promise<Lists> {
  return compute(record.exchanges, record.swaps, context)
}

async function compute(
  exchanges: readonly ExchangePlace[],
  swaps: readonly SwapPlace[],
  context: LossContext,
): Promise<Lists> {
  // A key of this stage alone: the child that sees bytes of records gets no key that says anything of other secrets.
  const key = keyedHash(context.parts.keys.keyed, `loss ${context.stage}`)
  const keyed = (text: string) => keyedHash(Buffer.from(key, 'hex'), text)
  const losses: Loss[] = []
  const counts: LossCounts[] = []
  for (const place of exchanges) {
    const directory = context.service.data?.find(({ dir }) => dir === place.path)
    const found =
      directory === undefined
        ? await fileLoss(place, key, context)
        : await treeLoss(directory, place, key, keyed, context)
    losses.push(...found)
    counts.push(...found.map((one) => countsOf(one, secretPart(context.service, one.name))))
  }
  const digests = [lossDigest(losses, keyed)]
  for (const swap of swaps) {
    const { loss, digest } = await databaseLoss(swap, key, context)
    counts.push(...loss)
    digests.push(digest)
  }
  return { loss: counts, digest: digests.length === 1 ? (digests[0] ?? '') : keyed(digests.join('\n')) }
}

async function fileLoss(
  place: ExchangePlace,
  key: string,
  { parts, service, signal }: LossContext,
): Promise<readonly Loss[]> {
  const directory = directoryOf(service, place.path)
  const below = directory === undefined ? place.path : place.path.slice(directory.dir.length + 1)
  const rules = directory?.invariants[below]
  return [
    await ofFile(place.path, place.beside, `${directory?.name ?? ''}/${below}`, rules, key, {
      parts,
      service,
      signal,
      stage: '',
    }),
  ]
}

async function ofFile(
  now: string,
  then: string,
  name: string,
  rules: Invariants | undefined,
  key: string,
  { parts, signal }: LossContext,
): Promise<Loss> {
  const [left, right] = [openPath(now), openPath(then)]
  try {
    return await lossOfFile(
      left,
      right,
      { name, key, ...(rules === undefined ? {} : { rules }) },
      childOf(parts, signal),
    )
  } finally {
    for (const fd of [left, right]) if (fd !== undefined) closeSync(fd)
  }
}

function openPath(path: string): number | undefined {
  const root = openTree(path.slice(0, path.lastIndexOf('/')) || '/')
  try {
    return openBelow(root, Buffer.from(path.slice(path.lastIndexOf('/') + 1)))
  } finally {
    closeSync(root)
  }
}

/** Records of the files that have rules, and all other files by their path. */
async function treeLoss(
  directory: DataDirectory,
  place: ExchangePlace,
  key: string,
  keyed: (text: string) => string,
  context: LossContext,
): Promise<readonly Loss[]> {
  const losses: Loss[] = []
  const secret = new Set(directory.secret)
  const isSecret = (path: string) => secret.has(path.slice(path.lastIndexOf('/') + 1))
  const withRules = Object.entries(directory.invariants).filter(([path]) => !isSecret(path))
  for (const [path, rules] of withRules)
    losses.push(
      await ofFile(
        `${place.path}/${path}`,
        `${place.beside}/${path}`,
        `${directory.name}/${path}`,
        rules,
        key,
        context,
      ),
    )
  // A secret is compared as a whole, by its path alone: a copy may bring an older one back, and one that was carried over may have moved since.
  const skipped = (path: string) => !isSecret(path) && Object.hasOwn(directory.invariants, path)
  const now = indexPaths(await filesOf(place.path, skipped, context.signal))
  const then = indexPaths(await filesOf(place.beside, skipped, context.signal))
  losses.push(lossOf({ name: directory.name, by: 'path' }, { index: now, isDamaged: false }, then, keyed))
  return losses
}

async function filesOf(root: string, skipped: (path: string) => boolean, signal: AbortSignal) {
  const turns = takeTurns(signal)
  const files: { at: ReturnType<typeof entryPath>; fingerprint: string }[] = []
  const fd = openTree(root)
  try {
    for (const seen of walk(fd)) {
      if (seen.type !== 'file') continue
      const at = entryPath(seen.path)
      if (skipped(shownPath(at))) continue
      const file = openRegular(seen.parent, seen.name)
      try {
        const read = await readOnce(file.fd, file.stat, { turns })
        files.push({ at, fingerprint: read?.digest ?? 'changing' })
      } finally {
        closeSync(file.fd)
      }
      await turns.next()
    }
  } finally {
    closeSync(fd)
  }
  return files
}

function countsOf({ name, gone, changed, back, unreadable, readable }: Loss, isSecret: boolean): LossCounts {
  const shown = (keys: readonly string[]) =>
    isSecret ? [] : keys.slice(0, SHOWN).flatMap((one) => shownKey(one)?.slice(0, 1000) ?? [])
  return {
    part: name,
    gone: gone.count,
    changed: changed.count,
    back: back.count + unreadable.count,
    unreadable: readable !== undefined,
    salvaged: readable ?? 0,
    keys: {
      gone: shown(gone.keys),
      changed: shown(changed.keys),
      back: shown([...back.keys, ...unreadable.keys].slice(0, SHOWN)),
    },
  }
}

function secretPart({ data = [] }: Service, name: string): boolean {
  return data.some((one) =>
    one.secret.some((file) => name.startsWith(`${one.name}/`) && name.endsWith(`/${file}`)),
  )
}

async function databaseLoss(
  { port, pair }: SwapPlace,
  key: string,
  { signal }: LossContext,
): Promise<{ readonly loss: readonly LossCounts[]; readonly digest: string }> {
  const limits = { timeoutMs: DATABASE_MS, signal }
  const cluster = await findCluster({ port }, limits)
  const found = await lossOfDatabase(
    { cluster, database: pair.live },
    { cluster, database: pair.beside },
    Buffer.from(key, 'hex'),
    limits,
  )
  const keysOf = (table: string, list: 'gone' | 'changed' | 'back') =>
    found.keys.filter((one) => one.table === table && one.list === list).map((one) => one.key.slice(0, 1000))
  return {
    digest: found.digest,
    loss: found.tables.map(({ table, gone, changed, back }) => ({
      part: `${pair.live}/${table}`,
      gone,
      changed,
      back,
      unreadable: false,
      salvaged: 0,
      keys: { gone: keysOf(table, 'gone'), changed: keysOf(table, 'changed'), back: keysOf(table, 'back') },
    })),
  }
}
