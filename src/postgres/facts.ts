// What a dump does not hold and a manifest writes down: owner, encoding, locale, rights and settings of a database, and rows per table.
import { type DatabaseFacts, TABLES_MAX } from '../backup/manifest.ts'
import { decode, integer, list, object, optional, record, text } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import { isObject } from '../base/json.ts'
import { LOCALE_JSON } from './locale.ts'
import { ask, literal, tell } from './query.ts'
import { withReader } from './reader.ts'
import { OUR_MARKS } from './role.ts'
import type { Cluster, Limits, Reader } from './types.ts'

/** Tables that a dump carries: ordinary ones and leaves of partitioned ones, none of an extension's or the system's own. */
export const TABLES = `SELECT c.oid, n.nspname AS schema, c.relname AS name
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')`

/** JSON of the rows of each table, in one statement and so in one moment. */
export const ROWS = `SELECT coalesce(json_object_agg(t.schema || '.' || t.name,
    (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM ONLY %I.%I', t.schema, t.name), false, true, '')))[1]::text::bigint
    ORDER BY t.schema, t.name), '{}')
  FROM (${TABLES}) t`

const strings = list(text({ max: 65_536 }), 10_000)
const properties = object({
  owner: text({ max: 63 }),
  encoding: text({ max: 63 }),
  collate: text({ max: 200 }),
  ctype: text({ max: 200 }),
  locale: object({
    provider: text({ max: 20 }),
    name: optional(text({ max: 4096 })),
    rules: optional(text({ max: 65_536 })),
  }),
  acl: strings,
  settings: strings,
  server: text({ max: 100 }),
  extensions: strings,
  passwords: strings,
})
export const rowCounts = record(integer(0), /^[^\0]{1,200}$/, TABLES_MAX)

const SETTINGS = `coalesce((SELECT json_agg(json_build_array(r.rolname, s) ORDER BY r.rolname NULLS FIRST, s)
       FROM pg_db_role_setting p CROSS JOIN unnest(p.setconfig) s LEFT JOIN pg_roles r ON r.oid = p.setrole
       WHERE p.setdatabase = d.oid), '[]')`

/** What the server keeps of it: it need not be one that can be entered. Throws backup.db_query_failed. */
export async function databaseSettings(
  cluster: Cluster,
  database: string,
  limits: Limits,
): Promise<readonly string[]> {
  const select = `SELECT ${SETTINGS} FROM pg_database d WHERE d.datname = ${literal(database)}`
  return settingsText(await ask(cluster, 'postgres', select, limits))
}

/**
 * Settings are `name=value` for everybody and `name@ROLE=value` for one role (its name percent-encoded). No rights written down means
 * the default ones.
 */
function propertiesOf(database: string): string {
  return `SELECT json_build_object(
    'owner', pg_get_userbyid(d.datdba), 'encoding', pg_encoding_to_char(d.encoding),
    'collate', d.datcollate, 'ctype', d.datctype, 'locale', ${LOCALE_JSON},
    'acl', coalesce((SELECT json_agg(a::text) FROM unnest(d.datacl) a WHERE NOT EXISTS (
       SELECT FROM pg_roles r WHERE shobj_description(r.oid, 'pg_authid') IN (${OUR_MARKS})
         AND a::text LIKE quote_ident(r.rolname) || '=%')), '[]'),
    'settings', ${SETTINGS},
    'server', current_setting('server_version'),
    'passwords', coalesce((SELECT json_agg(o.name ORDER BY o.name) FROM (
       SELECT 'subscription ' || s.subname AS name FROM pg_subscription s
         WHERE s.subdbid = d.oid AND s.subconninfo ~* 'password'
       UNION ALL SELECT 'user mapping ' || m.usename || ' on ' || m.srvname FROM pg_user_mappings m
         WHERE array_to_string(m.umoptions, ' ') ~* 'pass'
       UNION ALL SELECT 'server ' || f.srvname FROM pg_foreign_server f
         WHERE array_to_string(f.srvoptions, ' ') ~* 'pass') o), '[]'),
    'extensions', coalesce((SELECT json_agg(extname ORDER BY extname) FROM pg_extension WHERE extname <> 'plpgsql'), '[]'))
  FROM pg_database d WHERE d.datname = ${literal(database)}`
}

/** All but the rows. Throws backup.db_query_failed. */
export async function databaseProperties(
  cluster: Cluster,
  database: string,
  limits: Limits,
): Promise<Omit<DatabaseFacts, 'tables'>> {
  const value = await ask(cluster, database, propertiesOf(database), limits)
  const rows = isObject(value) ? { ...value, settings: settingsText(value['settings']) } : value
  const read = decode(properties, rows)
  if (!read.ok) throw new SekishoError('backup.db_query_failed', { database, why: `${read.at}: ${read.why}` })
  const server = read.value.server.split(' ')[0] ?? read.value.server
  const { passwords, ...rest } = read.value
  return {
    ...rest,
    server,
    client: cluster.programs.version,
    ...(passwords.length === 0 ? {} : { passwords }),
  }
}

function settingsText(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return []
  return value.map((pair: unknown) => {
    const [role, setting] = Array.isArray(pair) ? (pair as unknown[]) : []
    const [name, ...rest] = String(setting).split('=')
    const at = typeof role === 'string' ? `${name}@${encodeURIComponent(role)}` : String(name)
    return `${at}=${rest.join('=')}`
  })
}

/** Throws backup.db_query_failed. */
export async function databaseFacts(
  cluster: Cluster,
  database: string,
  limits: Limits,
): Promise<DatabaseFacts> {
  return {
    ...(await databaseProperties(cluster, database, limits)),
    tables: await withReader(cluster, [database], limits, (reader) => tableRows(reader, database, limits)),
  }
}

export async function tableRows(
  reader: Reader,
  database: string,
  limits: Limits,
): Promise<Readonly<Record<string, number>>> {
  return readRows(database, await ask(reader, database, ROWS, limits))
}

export function readRows(database: string, value: unknown): Readonly<Record<string, number>> {
  const read = decode(rowCounts, value)
  if (!read.ok) throw new SekishoError('backup.db_query_failed', { database, why: `${read.at}: ${read.why}` })
  return read.value
}

/** Where the cluster keeps what it writes: its own directory, and those that tablespaces were put into. Throws backup.db_query_failed. */
export async function clusterPlaces(
  cluster: Cluster,
  limits: Limits,
): Promise<{ readonly data: string; readonly others: readonly string[] }> {
  const value = await ask(
    cluster,
    'postgres',
    `SELECT json_build_object('data', current_setting('data_directory'), 'others',
       coalesce((SELECT json_agg(l) FROM (SELECT DISTINCT pg_tablespace_location(oid) AS l FROM pg_tablespace) t WHERE l <> ''), '[]'))`,
    limits,
  )
  const read = decode(object({ data: text({ max: 4096 }), others: list(text({ max: 4096 }), 1000) }), value)
  if (!read.ok)
    throw new SekishoError('backup.db_query_failed', { database: 'postgres', why: `${read.at}: ${read.why}` })
  return read.value
}

/** The object id that a name has now; undefined where there is no such database. */
export async function databaseOid(
  cluster: Cluster,
  database: string,
  limits: Limits,
): Promise<number | undefined> {
  const found = await tell(
    cluster,
    'postgres',
    [`SELECT oid FROM pg_database WHERE datname = ${literal(database)}`],
    limits,
  )
  return found === '' ? undefined : Number(found)
}
