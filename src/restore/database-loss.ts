// What a restore would do to a database, as people see it: a line for each table that it would change, one for all that stay as they are.
import type { Database } from '../backup/set.ts'
import type { LossCounts } from '../plans/restore.ts'
import { findCluster } from '../postgres/cluster.ts'
import { lossOfDatabase } from '../postgres/loss.ts'
import { withReader } from '../postgres/reader.ts'
import { namesNow } from '../postgres/swap.ts'
import type { TableLoss } from '../postgres/types.ts'
import type { SwapPlace } from './stage-record.ts'

const DATABASE_MS = 1_800_000
/** More tables than these are told as one: a card is read, and what is laid out crosses in one frame. Counts stay exact. */
const TABLES_SHOWN = 200

export interface ShownLoss {
  readonly loss: readonly LossCounts[]
  readonly digest: string
}

/**
 * Keys are shown of tables that have rules and are not called secret: whoever wrote a rule has looked at the table. Of any other a key may be a token or an
 * address; as many as there are is said, and the digest covers all.
 */
export async function databaseLoss(
  { port, pair }: SwapPlace,
  key: string,
  declared: Database | undefined,
  signal: AbortSignal,
): Promise<ShownLoss> {
  const limits = { timeoutMs: DATABASE_MS, signal }
  const cluster = await findCluster({ port }, limits)
  // Before, in the middle of and after the exchange: the two are told by their ids.
  const { live, beside } = await namesNow(cluster, pair, limits)
  const [first = pair.live, ...others] = [beside, live].flatMap((one) => one ?? [])
  const found = await withReader(cluster, [first, ...others], limits, (reader) => {
    const side = (database: string | undefined) =>
      database === undefined ? undefined : { cluster: reader, database }
    return lossOfDatabase(side(live), side(beside), Buffer.from(key, 'hex'), limits)
  })
  const isShown = (table: string) =>
    declared !== undefined &&
    Object.hasOwn(declared.invariants, table) &&
    declared.secret?.includes(table) !== true
  const keysOf = (table: string, list: 'gone' | 'changed' | 'back') =>
    found.keys
      .filter((one) => one.table === table && one.list === list && isShown(table))
      .map((one) => one.key.slice(0, 1000))
  const moved = found.tables
    .filter((one) => one.isUnread === true || weight(one) > 0)
    .sort((a, b) => Number(b.isUnread === true) - Number(a.isUnread === true) || weight(b) - weight(a))
  const shown = new Set(moved.slice(0, TABLES_SHOWN))
  const rest = moved.slice(TABLES_SHOWN)
  const same = found.tables.length - moved.length
  const part = (
    name: string,
    counts: Pick<TableLoss, 'gone' | 'changed' | 'back' | 'isUnread'>,
    keys: LossCounts['keys'],
  ) => ({
    part: `${pair.live}/${name}`,
    gone: counts.gone,
    changed: counts.changed,
    back: counts.back,
    ...(counts.isUnread === true ? { unreadable: true } : { unreadable: false, salvaged: 0 }),
    keys,
  })
  return {
    digest: found.digest,
    loss: [
      ...found.tables
        .filter((one) => shown.has(one))
        .map((one) => {
          const { table } = one
          const keys = {
            gone: keysOf(table, 'gone'),
            changed: keysOf(table, 'changed'),
            back: keysOf(table, 'back'),
          }
          return part(table, one, keys)
        }),
      ...(rest.length === 0 ? [] : [part(`${rest.length} more tables`, rest.reduce(sum, NOTHING), NO_KEYS)]),
      ...(same === 0 ? [] : [part(`${same} tables as they are`, NOTHING, NO_KEYS)]),
    ],
  }
}

const NOTHING: Sum = { gone: 0, changed: 0, back: 0 }
const NO_KEYS: LossCounts['keys'] = { gone: [], changed: [], back: [] }

function weight({ gone, changed, back }: TableLoss): number {
  return gone + changed + back
}

type Sum = Pick<TableLoss, 'gone' | 'changed' | 'back' | 'isUnread'>
function sum(a: Sum, b: TableLoss): Sum {
  const counts = { gone: a.gone + b.gone, changed: a.changed + b.changed, back: a.back + b.back }
  return { ...counts, ...(a.isUnread === true || b.isUnread === true ? { isUnread: true } : {}) }
}
