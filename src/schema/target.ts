// Who runs a migration in production: the declared role, reached by a login of ours that may do nothing else, for as long as the migration takes.

import { boolean, decode, list, object, optional, text } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import { findCluster } from '../postgres/cluster.ts'
import { loginOf } from '../postgres/login.ts'
import { ask, literal, tell } from '../postgres/query.ts'
import { assertItself, dropRole, letIn, makeRole, placeName, powerless } from '../postgres/role.ts'
import { alone } from '../postgres/turns.ts'
import type { Cluster, Limits } from '../postgres/types.ts'

export interface MigrationTarget {
  readonly database: string
  readonly port: number
  readonly role: string
}

const END_MS = 60_000

/** Throws backup.db_*. */
export function clusterOf({ port }: Pick<MigrationTarget, 'port'>, limits: Limits): Promise<Cluster> {
  return findCluster({ port }, limits)
}

const facts = object({ is: boolean, powers: list(text(), 100), path: optional(text({ max: 1000 })) })

/** The search path that the role would have there. Throws schema.role_unfit where there is no such role, or it may do more than its own databases need. */
export async function roleOf(
  live: Cluster,
  { database, role }: MigrationTarget,
  limits: Limits,
): Promise<string> {
  const name = literal(role)
  const read = decode(
    facts,
    await ask(
      live,
      'postgres',
      `SELECT json_build_object('is', EXISTS (SELECT FROM pg_roles WHERE rolname = ${name}),
        'powers', (SELECT coalesce(json_agg(p), '[]') FROM (
           SELECT 'SUPERUSER' AS p FROM pg_roles WHERE rolname = ${name} AND rolsuper
           UNION ALL SELECT 'CREATEROLE' FROM pg_roles WHERE rolname = ${name} AND rolcreaterole
           UNION ALL SELECT g.rolname FROM pg_roles g WHERE g.rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files')
             AND EXISTS (SELECT FROM pg_roles r WHERE r.rolname = ${name} AND pg_has_role(r.oid, g.oid, 'MEMBER'))
           UNION ALL SELECT 'member of ' || g.rolname FROM pg_roles g WHERE g.rolsuper
             AND EXISTS (SELECT FROM pg_roles r WHERE r.rolname = ${name} AND r.oid <> g.oid AND NOT r.rolsuper AND pg_has_role(r.oid, g.oid, 'MEMBER'))) x),
        'path', (SELECT substr(s, 13) FROM pg_db_role_setting p LEFT JOIN pg_database d ON d.oid = p.setdatabase LEFT JOIN pg_roles r ON r.oid = p.setrole,
           unnest(p.setconfig) s WHERE s LIKE 'search\\_path=%' AND (d.datname = ${literal(database)} OR p.setdatabase = 0) AND (r.rolname = ${name} OR p.setrole = 0)
           ORDER BY (p.setdatabase <> 0 AND p.setrole <> 0) DESC, (p.setrole <> 0) DESC, (p.setdatabase <> 0) DESC LIMIT 1))`,
      limits,
    ).then((value) => withoutNull(value)),
  )
  if (!read.ok) throw new SekishoError('backup.db_query_failed', { database, why: `${read.at}: ${read.why}` })
  const { is, powers, path } = read.value
  if (!is) throw new SekishoError('schema.role_missing', { role, database })
  if (powers.length > 0)
    throw new SekishoError('schema.role_powerful', { role, database, powers: [...powers] })
  return path ?? '"$user", public'
}

function withoutNull(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== null))
}

/** One at a time in a cluster, as loads are: our login is one. Throws backup.db_no_loader and what the work throws. */
export async function asRole<T>(
  live: Cluster,
  { database, role }: MigrationTarget,
  limits: Limits,
  work: (as: Cluster) => Promise<T>,
): Promise<T> {
  const account = await powerless()
  return alone(
    placeName(live),
    async () => {
      await makeRole(live, account, { as: 'loader', granted: role }, limits)
      try {
        await letIn(live, account, [database], limits)
        const self: Cluster = { ...live, as: account, role: account.name, login: loginOf(account).file }
        await assertItself(self, database, limits)
        return await work({ ...self, settings: [...(live.settings ?? []), `role=${role}`] })
      } finally {
        await dropRole(live, account, { timeoutMs: END_MS })
      }
    },
    limits.signal,
  )
}

export const tellAs =
  (live: Cluster, database: string, limits: Limits) =>
  (statement: string): Promise<string> =>
    tell(live, database, [statement], limits)
