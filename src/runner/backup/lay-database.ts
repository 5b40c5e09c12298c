// A database loaded beside the live one: first into a throw-away cluster, where a dump may do what it likes, then by the owner's role next to it.
import { join } from 'node:path'
import type { KnownCopy } from '../../backup/level.ts'
import type { Database } from '../../backup/set.ts'
import { SekishoError } from '../../base/error.ts'
import type { StagedFrom } from '../../seal/restore.ts'
import { loadBeside } from '../database/beside.ts'
import { findCluster } from '../database/cluster.ts'
import { checkDatabase } from '../database/content.ts'
import { loadInto } from '../database/load.ts'
import { readDump } from '../database/read-dump.ts'
import { withScratchCluster } from '../database/scratch.ts'
import { powerless, readers } from './judge-copy.ts'
import type { Laid } from './laid.ts'
import { clusterPlace } from './scratch.ts'
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
  { parts, service, stage, progress, signal }: LayContext,
): Promise<Laid> {
  const { name, port } = database
  const item = databaseItem(database)
  const snapshot = await readSnapshot(copy, signal)
  const found = snapshot.header.items.find((one) => one.name === item)
  snapshot.close()
  const facts = found?.database
  if (found === undefined || facts === undefined)
    throw new SekishoError('restore.item_unknown', { service: service.name, what: name })
  const path = join(copy.to, 'daily', copy.backup, found.root)
  const { programs, as } = await readers(facts.server)
  const limits = { timeoutMs: DATABASE_MS, signal }
  const dump = await readDump(path, { programs, as }, limits)
  progress({ step: 'loading' })
  const schema = await withScratchCluster(
    { programs, directory: await clusterPlace(parts), as },
    limits,
    async (cluster) => {
      const loaded = await loadInto(cluster, path, { dump, facts }, limits)
      const [bad] = await checkDatabase(loaded.cluster, loaded.database, database.invariants, limits)
      if (bad !== undefined)
        throw new SekishoError('restore.no_good_backup', {
          service: service.name,
          why: `${bad.table} ${bad.rule} ${bad.column ?? ''} ${bad.count}`.trim(),
        })
      return loaded.schema
    },
  )
  const cluster = await findCluster({ port }, limits)
  const { pair } = await loadBeside(
    cluster,
    path,
    { database: name, id: besideId(copy.backup, stage), dump, facts, loader: await powerless() },
    limits,
  )
  const rows = Object.values(facts.tables).reduce((sum, one) => sum + one, 0)
  return {
    part: { kind: 'database', item, database: name, port, beside: pair.beside, from, digest: schema, rows },
    swap: { port, pair },
  }
}
