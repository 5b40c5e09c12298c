// What a role may alter beyond the schema of its database, and no way back takes back: itself with its password and settings, the roles that it belongs to,
// its databases and their settings. Read before and after: a migration changes none of it, by whatever words.
import { randomBytes } from 'node:crypto'
import { decode, list, object, text } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import { keyedHash } from '../base/hash.ts'
import { byteOrder } from '../base/id.ts'
import { type CatalogueDifference, type CatalogueEntry, catalogueDifference } from '../plans/catalogue.ts'
import { ask, identifier, literal, tell } from '../postgres/query.ts'
import { OUR_MARKS } from '../postgres/role.ts'
import type { Cluster, Limits } from '../postgres/types.ts'
import { MARKER_SCHEMA } from '../sql/refused.ts'
import type { MarkerKey } from './marker.ts'

/** By a key that nobody keeps: for what is compared within one rehearsal. */
export function freshKeyed(): (bytes: Uint8Array) => string {
  const key = randomBytes(32)
  return (bytes) => keyedHash(key, bytes)
}

/** Seals the markers in clones of this process, which are read by nobody else. */
export const cloneKeyed = freshKeyed()

const REACH_TABLE = `${MARKER_SCHEMA}.reach`

/** As SQL: roles that it is or belongs to, and databases that are theirs or are changed. Roles of ours come and go. */
function reachStatement(database: string, role: string): string {
  return `WITH RECURSIVE own AS (SELECT oid FROM pg_roles WHERE rolname = ${literal(role)}
     UNION SELECT m.roleid FROM pg_auth_members m JOIN own ON own.oid = m.member),
   ours AS (SELECT oid FROM pg_roles WHERE shobj_description(oid, 'pg_authid') IN (${OUR_MARKS})),
   base AS (SELECT d.* FROM pg_database d WHERE d.datname = ${literal(database)} OR d.datdba IN (SELECT oid FROM own)),
   found AS (
     SELECT 'role ' || a.rolname AS at, json_build_array(a.rolsuper, a.rolinherit, a.rolcreaterole, a.rolcreatedb, a.rolcanlogin, a.rolreplication, a.rolbypassrls,
       a.rolconnlimit, a.rolvaliduntil, encode(sha256(convert_to(a.rolpassword, 'UTF8')), 'hex'))::text AS what FROM pg_authid a JOIN own ON own.oid = a.oid
     UNION ALL SELECT 'member ' || pg_get_userbyid(m.member) || ' of ' || pg_get_userbyid(m.roleid), json_agg(m.admin_option)::text FROM pg_auth_members m
       WHERE (m.roleid IN (SELECT oid FROM own) OR m.member IN (SELECT oid FROM own)) AND m.member NOT IN (SELECT oid FROM ours) GROUP BY m.member, m.roleid
     UNION ALL SELECT 'setting ' || coalesce(pg_get_userbyid(NULLIF(s.setrole, 0)), 'all roles') || ' ' || coalesce((SELECT datname FROM pg_database WHERE oid = s.setdatabase), 'all databases'),
       to_json(s.setconfig)::text FROM pg_db_role_setting s WHERE s.setrole IN (SELECT oid FROM own) OR s.setdatabase IN (SELECT oid FROM base)
     UNION ALL SELECT 'database ' || b.datname, json_build_array(pg_get_userbyid(b.datdba), b.datconnlimit, b.datallowconn, b.datistemplate,
       (SELECT json_agg(x ORDER BY x) FROM (SELECT concat_ws(' ', a.grantor, a.grantee, a.privilege_type, a.is_grantable) AS x
          FROM aclexplode(coalesce(b.datacl, acldefault('d', b.datdba))) a WHERE a.grantee NOT IN (SELECT oid FROM ours)) y))::text FROM base b)
   SELECT coalesce(json_agg(json_build_object('at', at, 'is', coalesce(what, ''))), '[]') FROM found`
}

const entries = list(object({ at: text({ max: 300 }), is: text({ max: 1_000_000 }) }), 20_000)

/** `keyed`: no value stands in what is kept, and nobody can try values against it. Throws backup.db_query_failed. */
export async function reachOf(
  cluster: Cluster,
  { database, role }: { readonly database: string; readonly role: string },
  keyed: (bytes: Uint8Array) => string,
  limits: Limits,
): Promise<readonly CatalogueEntry[]> {
  const read = decode(entries, await ask(cluster, database, reachStatement(database, role), limits))
  if (!read.ok) throw new SekishoError('backup.db_query_failed', { database, why: `${read.at}: ${read.why}` })
  return read.value
    .map(({ at, is }) => ({ at, is: keyed(Buffer.from(`sekisho-reach\0${is}`)).slice(0, 32) }))
    .sort((a, b) => byteOrder(a.at, b.at))
}

/** As SQL, by the cluster's own account: the role may read it, as it reads all of its database, and change nothing of it. */
export function reachTable(role: string): readonly string[] {
  return [
    `CREATE TABLE IF NOT EXISTS ${REACH_TABLE} (execution text NOT NULL, action text NOT NULL, entries text NOT NULL, PRIMARY KEY (execution, action))`,
    `GRANT SELECT ON ${REACH_TABLE} TO ${identifier(role)}`,
  ]
}

/** Before anything ran; what an earlier attempt has kept stays. */
export async function keepReach(
  cluster: Cluster,
  database: string,
  { execution, action }: Pick<MarkerKey, 'execution' | 'action'>,
  found: readonly CatalogueEntry[],
  limits: Limits,
): Promise<void> {
  const values = [execution, action, JSON.stringify(found)].map(literal).join(', ')
  const insert = `INSERT INTO ${REACH_TABLE} (execution, action, entries) VALUES (${values}) ON CONFLICT DO NOTHING`
  await tell(cluster, database, [insert], limits)
}

const kept = list(object({ at: text({ max: 300 }), is: text({ max: 64 }) }), 20_000)

/** What is not as it was before the migration ran; undefined where nothing was kept of it. */
export async function reached(
  cluster: Cluster,
  of: { readonly database: string; readonly role: string },
  { execution, action }: Pick<MarkerKey, 'execution' | 'action'>,
  keyed: (bytes: Uint8Array) => string,
  limits: Limits,
): Promise<readonly CatalogueDifference[] | undefined> {
  const { database } = of
  const isThere = await ask(
    cluster,
    database,
    `SELECT to_json(to_regclass(${literal(REACH_TABLE)}) IS NOT NULL)`,
    limits,
  )
  if (isThere !== true) return undefined
  const value = await ask(
    cluster,
    database,
    `SELECT coalesce((SELECT entries::json FROM ${REACH_TABLE} WHERE execution = ${literal(execution)} AND action = ${literal(action)}), 'null')`,
    limits,
  )
  if (value === null) return undefined
  const before = decode(kept, value)
  if (!before.ok)
    throw new SekishoError('backup.db_query_failed', { database, why: `${before.at}: ${before.why}` })
  return catalogueDifference(before.value, await reachOf(cluster, of, keyed, limits))
}
