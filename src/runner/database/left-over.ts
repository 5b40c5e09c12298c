// What a load that was killed has left in a cluster: a role of ours, known by its comment. Its databases are named by the stage that was begun
// (backup/laid-so-far.ts), and its throw-away cluster by its directory (scratch.ts).
import { isObject } from '../../base/json.ts'
import { ask, identifier, tell } from './query.ts'
import type { Cluster, Limits } from './types.ts'

/** `sekisho loader`, `sekisho reader`: what makes them comments them in the same transaction. */
const OURS = `shobj_description(r.oid, 'pg_authid') ~ '^sekisho (loader|reader)$'`

/**
 * Answers the names of the roles that are gone. One that somebody is logged in as is in use, and stays. Only before the first use in a process. Throws
 * backup.db_query_failed, backup.db_unreachable.
 */
export async function dropLeftRoles(cluster: Cluster, limits: Limits): Promise<readonly string[]> {
  const found = await ask(
    cluster,
    'postgres',
    `SELECT coalesce(json_object_agg(r.rolname, (SELECT coalesce(json_agg(d.datname), '[]') FROM pg_database d
       WHERE EXISTS (SELECT FROM aclexplode(d.datacl) a WHERE a.grantee = r.oid))), '{}')
     FROM pg_roles r WHERE ${OURS} AND NOT EXISTS (SELECT FROM pg_stat_activity s WHERE s.usesysid = r.oid)`,
    limits,
  )
  const roles = isObject(found) ? Object.entries(found) : []
  for (const [role, databases] of roles)
    await tell(
      cluster,
      'postgres',
      [
        ...(Array.isArray(databases) ? databases : []).map(
          (name) => `REVOKE ALL ON DATABASE ${identifier(String(name))} FROM ${identifier(role)}`,
        ),
        `DROP ROLE IF EXISTS ${identifier(role)}`,
      ],
      limits,
    )
  return roles.map(([role]) => role)
}
