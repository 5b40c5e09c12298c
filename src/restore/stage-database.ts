// Loads a database beside the live one: first into a throw-away cluster, where a dump can do no harm, then into the real one by the owner's role.
import type { KnownCopy } from '../backup/level.ts'
import type { DatabaseFacts } from '../backup/manifest.ts'
import type { Database } from '../backup/set.ts'
import { SekishoError } from '../base/error.ts'
import type { StagedFrom } from '../plans/restore.ts'
import { findCluster } from '../postgres/cluster.ts'
import { clusterPlaces } from '../postgres/facts.ts'
import { powerless } from '../postgres/role.ts'
import { loadStage } from '../postgres/stage-load.ts'
import { faultOf } from '../snapshot/judge-dump.ts'
import { holdFree } from '../snapshot/room.ts'
import { type SealedDump, withSealedDump } from '../snapshot/sealed-dump.ts'
import { databaseItem, globalsItem } from '../snapshot/set-of.ts'
import { readSnapshot } from '../snapshot/snapshot.ts'
import { DATABASE_MS, tryLoad } from '../snapshot/try-load.ts'
import { itemUnknown } from './item-unknown.ts'
import type { StageContext } from './stage-context.ts'
import type { StagedItem } from './staged-item.ts'

/** Factor for the size of rows with their indexes and the write-ahead log of the load: a live cluster without room for its log stops. */
const BESIDE = 4

/** The name of the new database contains the stage, because a second restore from one backup must not take the name that the first one kept. */
export function stagedDatabaseId(backup: string, stage: string): string {
  return `${backup}_${stage.slice(0, 6)}`
}

/** Roles and their passwords belong to the whole cluster, and only a superuser could load them: they are named and never loaded. */
function globalsOf({ snapshot }: SealedDump, port: number): readonly string[] {
  const name = globalsItem(port)
  return snapshot.header.items.some((one) => one.name === name) ? [name] : []
}

function forPerson(person: readonly string[]): { readonly person?: readonly string[] } {
  return person.length === 0 ? {} : { person: person.slice(0, 100).map((one) => one.slice(0, 500)) }
}

export async function stageDatabase(
  database: Database,
  copy: KnownCopy,
  from: StagedFrom,
  context: StageContext,
): Promise<StagedItem> {
  const snapshot = await readSnapshot(copy, context.signal)
  try {
    const item = snapshot.header.items.find((one) => one.name === databaseItem(database))
    const facts = item?.database
    if (item === undefined || facts === undefined) throw itemUnknown(context.service, database.name)
    return await stageSealed(database, { copy, snapshot, item }, { from, facts }, context)
  } finally {
    snapshot.close()
  }
}

function stageSealed(
  { name, port, invariants }: Database,
  sealed: SealedDump,
  { from, facts }: { readonly from: StagedFrom; readonly facts: DatabaseFacts },
  context: StageContext,
): Promise<StagedItem> {
  const { parts, service, stage, progress, signal } = context
  return withSealedDump(sealed, context, async (taken) => {
    progress({ step: 'loading' })
    const { dump, schema, violations } = await tryLoad(taken, { facts, invariants }, context)
    const [violation] = violations
    if (violation !== undefined)
      throw new SekishoError('restore.no_good_backup', { service: service.name, why: faultOf(violation) })
    const limits = { timeoutMs: DATABASE_MS, signal }
    const cluster = await findCluster({ port }, limits)
    const { data } = await clusterPlaces(cluster, limits)
    using _room = await holdFree(data, dump.text * BESIDE, parts)
    const { pair, said } = await loadStage(
      cluster,
      taken.path,
      {
        database: name,
        id: stagedDatabaseId(sealed.copy.backup, stage),
        dump,
        facts,
        loader: await powerless(),
        turn: (at) => progress({ step: at === 'in' ? 'loading' : 'waiting' }),
      },
      limits,
    )
    const rows = Object.values(facts.tables).reduce((sum, one) => sum + one, 0)
    const { beside } = pair
    const item = sealed.item.name
    return {
      part: {
        kind: 'database',
        item,
        database: name,
        port,
        beside,
        from,
        digest: schema,
        rows,
        ...forPerson([...globalsOf(sealed, port), ...said]),
      },
      swap: { port, pair },
    }
  })
}
