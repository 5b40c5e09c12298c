// Roles, their password hashes and what else belongs to a whole cluster: what no dump of one database holds. It is kept for a person and never loaded
// by us: a superuser's session would have to run it.
import { join } from 'node:path'
import { SekishoError } from '../base/error.ts'
import { failureOf, launch, readAll } from './launch.ts'
import { connection, refusalOf, sessionOf } from './query.ts'
import { placeName } from './role.ts'
import { alone } from './turns.ts'
import type { Cluster, Limits } from './types.ts'

const GLOBALS_BYTES = 16 << 20
const DATABASE = 'postgres'

/** SQL of all roles with their password hashes, and of tablespaces. It stays in memory. Throws backup.db_dump_failed, backup.db_refused. */
export async function readGlobals(cluster: Cluster, limits: Limits): Promise<Buffer> {
  const argv = [join(cluster.programs.bin, 'pg_dumpall'), '--globals-only', '--no-password']
  // While nobody needs it our own role is not among them.
  const read = () => {
    const launched = launch([...argv, '-d', connection(cluster, DATABASE)], {
      ...limits,
      ...sessionOf(cluster),
    })
    return readAll(launched, GLOBALS_BYTES)
  }
  const { text, ended, over } = await alone(placeName(cluster), read, limits.signal)
  const why = over ? `more than ${GLOBALS_BYTES} bytes` : failureOf(ended)
  if (why !== undefined) {
    const refusal = refusalOf(cluster, DATABASE, why)
    if (refusal.code !== 'backup.db_query_failed') throw refusal
    throw new SekishoError('backup.db_dump_failed', { database: 'globals', why })
  }
  // A cluster without a role does not exist: this is not all of it.
  if (!/^CREATE ROLE /m.test(text))
    throw new SekishoError('backup.db_dump_failed', {
      database: 'globals',
      why: 'what was written is no dump',
    })
  return Buffer.from(text, 'utf8')
}
