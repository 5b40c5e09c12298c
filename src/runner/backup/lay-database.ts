// A database loaded beside the live one: first into a throw-away cluster, where a dump may do what it likes, then by the owner's role next to it.
import type { KnownCopy } from '../../backup/level.ts'
import type { DatabaseFacts } from '../../backup/manifest.ts'
import type { Database } from '../../backup/set.ts'
import { SekishoError } from '../../base/error.ts'
import type { StagedFrom } from '../../seal/restore.ts'
import { loadBeside } from '../database/beside.ts'
import { findCluster } from '../database/cluster.ts'
import { checkDatabase } from '../database/content.ts'
import { loadInto } from '../database/load.ts'
import { readDump } from '../database/read-dump.ts'
import { withScratchCluster } from '../database/scratch.ts'
import { powerless, readers } from './judge-dump.ts'
import type { Laid } from './laid.ts'
import { clusterPlace } from './scratch.ts'
import { type SealedDump, withSealedDump } from './sealed-dump.ts'
import { databaseItem } from './set-of.ts'
import { readSnapshot } from './snapshot.ts'
import type { LayContext } from './stages.ts'

const DATABASE_MS = 3_600_000

/** A second restore from one backup stands beside what the first one kept. */
export function besideId(backup: string, stage: string): string {
  return `${backup}_${stage.slice(0, 6)}`
}

export async function layDatabase(
  database: Database,
  copy: KnownCopy,
  from: StagedFrom,
  context: LayContext,
): Promise<Laid> {
  const snapshot = await readSnapshot(copy, context.signal)
  try {
    const item = snapshot.header.items.find((one) => one.name === databaseItem(database))
    const facts = item?.database
    if (item === undefined || facts === undefined)
      throw new SekishoError('restore.item_unknown', { service: context.service.name, what: database.name })
    return await laySealed(database, { copy, snapshot, item }, { from, facts }, context)
  } finally {
    snapshot.close()
  }
}

function laySealed(
  { name, port, invariants }: Database,
  sealed: SealedDump,
  { from, facts }: { readonly from: StagedFrom; readonly facts: DatabaseFacts },
  context: LayContext,
): Promise<Laid> {
  const { parts, service, stage, progress, signal } = context
  return withSealedDump(sealed, context, async (path) => {
    const { programs, as } = await readers(facts.server)
    const limits = { timeoutMs: DATABASE_MS, signal }
    const dump = await readDump(path, { programs, as }, limits)
    progress({ step: 'loading' })
    const scratch = { programs, directory: await clusterPlace(parts), as }
    const schema = await withScratchCluster(scratch, limits, async (cluster) => {
      const loaded = await loadInto(cluster, path, { dump, facts }, limits)
      const [bad] = await checkDatabase(loaded.cluster, loaded.database, invariants, limits)
      if (bad !== undefined)
        throw new SekishoError('restore.no_good_backup', {
          service: service.name,
          why: `${bad.table} ${bad.rule} ${bad.column ?? ''} ${bad.count}`.trim(),
        })
      return loaded.schema
    })
    const cluster = await findCluster({ port }, limits)
    const { pair } = await loadBeside(
      cluster,
      path,
      { database: name, id: besideId(sealed.copy.backup, stage), dump, facts, loader: await powerless() },
      limits,
    )
    const rows = Object.values(facts.tables).reduce((sum, one) => sum + one, 0)
    const { beside } = pair
    const item = sealed.item.name
    return {
      part: { kind: 'database', item, database: name, port, beside, from, digest: schema, rows },
      swap: { port, pair },
    }
  })
}
