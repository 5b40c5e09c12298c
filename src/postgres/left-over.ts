// What a load that was killed has left in a cluster: a role of ours, known by its comment. Its databases are named by the stage that was begun
// (backup/stage-made.ts), and its throw-away cluster by its directory (scratch.ts).
import { ask } from './query.ts'
import { OUR_MARKS, removeRole } from './role.ts'
import type { Cluster, Limits } from './types.ts'

/**
 * Answers the names of the roles that are gone. One that somebody is logged in as is in use, and stays, as one that is still held elsewhere. Only before
 * the first use in a process. Throws backup.db_query_failed, backup.db_unreachable.
 */
export async function dropLeftRoles(cluster: Cluster, limits: Limits): Promise<readonly string[]> {
  const found = await ask(
    cluster,
    'postgres',
    `SELECT coalesce(json_agg(r.rolname), '[]') FROM pg_roles r WHERE shobj_description(r.oid, 'pg_authid') IN (${OUR_MARKS})
       AND NOT EXISTS (SELECT FROM pg_stat_activity s WHERE s.usesysid = r.oid)`,
    limits,
  )
  const gone: string[] = []
  for (const role of Array.isArray(found) ? found.map(String) : [])
    if (await removeRole(cluster, role, limits)) gone.push(role)
  return gone
}
