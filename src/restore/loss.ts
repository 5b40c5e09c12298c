// What a restore would change: three lists, by record where there are rules, by file where there are none, by primary key in databases. Computed
// for the preview and again after the service has stopped: the digest shows whether somebody wrote in between (backup.md §8).
import { type Loss, lossDigest, shownLoss } from '../backup/loss.ts'
import { cutKey } from '../backup/records.ts'
import { isSecretName } from '../backup/set.ts'
import { keyedHash } from '../base/hash.ts'
import type { Service } from '../plans/policy.ts'
import type { LossCounts } from '../plans/restore.ts'
import { childOf } from '../snapshot/content.ts'
import { directoryOf } from '../snapshot/set-of.ts'
import { whatStands } from '../tree/exchange-places.ts'
import { databaseLoss } from './database-loss.ts'
import type { RestorePorts } from './ports.ts'
import type { ExchangePlace, StageRecord, SwapPlace } from './stage-record.ts'
import type { StagedItem } from './staged-item.ts'
import { fileLoss, type LossBy, treeLoss } from './tree-loss.ts'

const SHOWN = 1000

export interface LossContext {
  readonly parts: RestorePorts
  readonly service: Service
  readonly stage: string
  readonly signal: AbortSignal
}
/** What comes back is an original that was kept: what cannot be read in it does not stop the restore. */
export type Comes = 'laid-out' | 'evidence'
export interface Lists {
  readonly loss: readonly LossCounts[]
  readonly digest: string
}

export function listsOf(
  laid: readonly StagedItem[],
  context: LossContext,
  comes: Comes = 'laid-out',
): Promise<Lists> {
  return compute(
    laid.flatMap(({ exchange }) => exchange ?? []),
    laid.flatMap(({ swap }) => swap ?? []),
    context,
    comes,
  )
}

/** The same comparison of the same two sides, wherever each of them is now. */
export function listsAgain(record: StageRecord, context: LossContext): Promise<Lists> {
  const comes = record.staged.wish.kind === 'rollback' ? 'evidence' : 'laid-out'
  return compute(record.exchanges, record.swaps, context, comes)
}

async function compute(
  exchanges: readonly ExchangePlace[],
  swaps: readonly SwapPlace[],
  context: LossContext,
  comes: Comes,
): Promise<Lists> {
  // A key for this stage alone: the child that reads records gets no key that could test other secrets.
  const key = keyedHash(context.parts.keys.keyed, `loss ${context.stage}`)
  const keyed = (text: string) => keyedHash(Buffer.from(key, 'hex'), text)
  const by = { key, child: childOf(context.parts, context.signal), comes }
  const losses: Loss[] = []
  const counts: LossCounts[] = []
  for (const place of exchanges) {
    const directory = context.service.data?.find(({ dir }) => dir === place.path)
    const sides = sidesOf(place)
    const found =
      directory === undefined
        ? [await ofFile(place, sides, by, context)]
        : await treeLoss(directory, sides, by)
    losses.push(...found)
    counts.push(...found.map((one) => countsOf(one, secretPart(context.service, one.name))))
  }
  const digests = [lossDigest(losses, keyed)]
  for (const swap of swaps) {
    const { loss, digest } = await databaseLoss(swap, key, databaseOf(context.service, swap), context.signal)
    counts.push(...loss)
    digests.push(digest)
  }
  return {
    loss: withinRoom(counts),
    digest: digests.length === 1 ? (digests[0] ?? '') : keyed(digests.join('\n')),
  }
}

function databaseOf({ databases = [] }: Service, { port, pair }: SwapPlace) {
  return databases.find((one) => one.name === pair.live && one.port === port)
}

/** After the exchange the original is beside and the staged one at the path: the comparison is the same. */
function sidesOf(place: ExchangePlace): Pick<ExchangePlace, 'path' | 'beside'> {
  const { path, beside } = place
  return whatStands(place) === 'new' ? { path: beside, beside: path } : { path, beside }
}

/** A single file of a data directory: `data/notes/a.json`. */
function ofFile(
  place: ExchangePlace,
  sides: Pick<ExchangePlace, 'path' | 'beside'>,
  by: LossBy,
  { service }: LossContext,
): Promise<Loss> {
  const directory = directoryOf(service, place.path)
  const below = directory === undefined ? place.path : place.path.slice(directory.dir.length + 1)
  const name = `${directory?.name ?? ''}/${below}`
  const rules = directory?.invariants[below]
  const isSecret = secretPart(service, name)
  return fileLoss(sides, { name, isSecret, ...(rules === undefined ? {} : { rules }) }, by)
}

function countsOf(loss: Loss, isSecret: boolean): LossCounts {
  const { name, by, gone, changed, back, unreadable, readable } = loss
  // The child has turned records into texts already: root parses none of them.
  const { gone: g, changed: c, back: b, unreadable: u } = by === 'record' ? loss : shownLoss(loss)
  const shown = (keys: readonly string[]) => (isSecret ? [] : keys)
  return {
    part: name,
    gone: gone.count,
    changed: changed.count,
    back: back.count + unreadable.count,
    unreadable: readable !== undefined,
    salvaged: readable ?? 0,
    keys: { gone: shown(g.keys), changed: shown(c.keys), back: shown([...b.keys, ...u.keys]) },
  }
}

const LISTS = ['gone', 'changed', 'back'] as const
/** Each list has at least this many keys. */
const FEW = 20
/** Limit for all lists together: they go to the gate in one frame (spine §2). */
const KEYS_BYTES = 262_144

/** Up to a thousand keys of each list while there is room; the first few of every list come first. Counts are exact, and the digest covers everything. */
export function withinRoom(all: readonly LossCounts[]): readonly LossCounts[] {
  let room = KEYS_BYTES
  const take = (keys: readonly string[], from: number, to: number): readonly string[] => {
    const taken: string[] = []
    for (const key of keys.slice(from, to).map(cutKey)) {
      room -= Buffer.byteLength(JSON.stringify(key)) + 1
      if (room < 0) break
      taken.push(key)
    }
    return taken
  }
  const first = all.map(({ keys }) => LISTS.map((list) => take(keys[list], 0, FEW)))
  return all.map((one, i) => {
    const [gone = [], changed = [], back = []] = LISTS.map((list, j) => {
      const few = first[i]?.[j] ?? []
      return few.length < FEW ? few : [...few, ...take(one.keys[list], FEW, SHOWN)]
    })
    return { ...one, keys: { gone, changed, back } }
  })
}

function secretPart({ data = [] }: Service, name: string): boolean {
  return data.some((one) => name.startsWith(`${one.name}/`) && isSecretName(one.secret, name))
}
