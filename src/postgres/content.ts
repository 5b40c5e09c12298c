// What a database holds, judged: declared invariants by table, the drill's query, and a digest of its schema. All of it only reads.

import type { FieldType, Invariants } from '../backup/set.ts'
import { decode, integer, record } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import { type Digest, sha256 } from '../base/hash.ts'
import { canonical } from '../base/json.ts'
import { failureOf } from './launch.ts'
import { ask, identifier, literal, psql, tableName } from './query.ts'
import type { Limits, Reader, Violation } from './types.ts'

/** Texts of values must not depend on what a database was set to. */
export const PLAIN_TEXTS = [
  'timezone=UTC',
  'datestyle=ISO',
  'intervalstyle=iso_8601',
  'extra_float_digits=1',
  'bytea_output=hex',
  'lc_monetary=C',
] as const
const READ_ONLY = ['default_transaction_read_only=on', 'timezone=UTC']

/** By table as policy names it. Empty: all that was declared holds. Throws backup.db_query_failed. */
export async function checkDatabase(
  cluster: Reader,
  database: string,
  invariants: Readonly<Record<string, Invariants>>,
  limits: Limits,
): Promise<readonly Violation[]> {
  const found: Violation[] = []
  for (const [table, rules] of Object.entries(invariants))
    found.push(...(await checkTable(cluster, database, table, rules, limits)))
  return found
}

interface Rule {
  readonly rule: 'id-unique' | 'require' | 'type'
  readonly column: string
  readonly wanted?: string
  /** An aggregate that counts what breaks it. */
  readonly count: string
}

async function checkTable(
  cluster: Reader,
  database: string,
  table: string,
  rules: Invariants,
  limits: Limits,
): Promise<readonly Violation[]> {
  const columns = await columnsOf(cluster, database, table, limits)
  if (columns === undefined) return [{ table, rule: 'missing-table', count: 1 }]
  const named = [...(rules.id === undefined ? [] : [rules.id]), ...rules.require, ...Object.keys(rules.types)]
  const missing = [...new Set(named)].filter((column) => columns[column] === undefined)
  const has = (column: string) => columns[column] !== undefined
  const checks: Rule[] = []
  if (rules.id !== undefined && has(rules.id))
    checks.push({ rule: 'id-unique', column: rules.id, count: duplicates(rules.id) })
  for (const column of rules.require.filter(has))
    checks.push({ rule: 'require', column, count: `count(*) FILTER (WHERE t.${identifier(column)} IS NULL)` })
  for (const [column, type] of Object.entries(rules.types))
    if (has(column))
      checks.push({
        rule: 'type',
        column,
        wanted: type,
        count: wrongType(column, type, columns[column] ?? ''),
      })
  const counts = await countAll(cluster, database, table, checks, limits)
  const records = counts['records'] ?? 0
  return [
    ...missing.map((column): Violation => ({ table, rule: 'missing-column', column, count: records })),
    ...(records < rules.minRecords
      ? [{ table, rule: 'min-records' as const, count: records, wanted: String(rules.minRecords) }]
      : []),
    ...checks.flatMap(({ rule, column, wanted }, i): Violation[] => {
      const count = counts[`r${i}`] ?? 0
      return count === 0 ? [] : [{ table, rule, column, count, ...(wanted === undefined ? {} : { wanted }) }]
    }),
  ]
}

async function countAll(
  cluster: Reader,
  database: string,
  table: string,
  checks: readonly Rule[],
  limits: Limits,
): Promise<Readonly<Record<string, number>>> {
  const { schema, table: name } = tableName(table)
  const parts = [`'records', count(*)`, ...checks.map(({ count }, i) => `'r${i}', ${count}`)]
  const value = await ask(
    cluster,
    database,
    `SELECT json_build_object(${parts.join(', ')}) FROM ${identifier(schema)}.${identifier(name)} t`,
    limits,
    { settings: READ_ONLY },
  )
  const read = decode(record(integer(0), /^\w+$/), value)
  if (!read.ok) throw new SekishoError('backup.db_query_failed', { database, why: `${read.at}: ${read.why}` })
  return read.value
}

/** Rows that share their id with another, and those without any. As a row it is written by its type: a cast to text may be anybody's. */
function duplicates(column: string): string {
  const id = `t.${identifier(column)}`
  return `count(*) - count(DISTINCT CASE WHEN ${id} IS NOT NULL THEN ROW(${id})::text END)`
}

const TEXT_FORMS: Readonly<Record<FieldType, string | undefined>> = {
  string: '',
  number: '^-?\\d+(\\.\\d+)?([eE][+-]?\\d+)?$',
  integer: '^-?\\d+$',
  boolean: '^(true|false)$',
  instant: '^\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d(:?\\d\\d)?)$',
  list: undefined,
  object: undefined,
}
/** Categories of pg_type that hold such a value by themselves. */
const CATEGORIES: Readonly<Record<FieldType, string>> = {
  string: 'SEU',
  number: 'N',
  integer: 'N',
  boolean: 'B',
  instant: 'D',
  list: 'A',
  object: 'C',
}
const JSON_TYPES: Readonly<Record<FieldType, string>> = {
  string: 'string',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
  instant: 'string',
  list: 'array',
  object: 'object',
}

/** Counts values that are there and of another kind. `type` is `CATEGORY NAME` of the column. */
function wrongType(column: string, wanted: FieldType, type: string): string {
  const value = `t.${identifier(column)}`
  const [category = '', name = ''] = type.split(' ')
  const count = (condition: string) => `count(*) FILTER (WHERE ${value} IS NOT NULL AND ${condition})`
  if (name === 'json' || name === 'jsonb')
    return count(`${name}_typeof(${value}) NOT IN (${literal(JSON_TYPES[wanted])}, 'null')`)
  if (category === 'S') {
    const form = TEXT_FORMS[wanted]
    if (form === '') return count('false')
    return form === undefined ? count('true') : count(`${value} !~ ${literal(form)}`)
  }
  if (!CATEGORIES[wanted].includes(category)) return count('true')
  if (wanted === 'integer' && (name === 'numeric' || name.startsWith('float')))
    return count(`${value}::numeric <> trunc(${value}::numeric)`)
  return count('false')
}

/** `CATEGORY NAME` of each column's type, the name only of the system's own; undefined where there is no such table. */
async function columnsOf(
  cluster: Reader,
  database: string,
  table: string,
  limits: Limits,
): Promise<Readonly<Record<string, string>> | undefined> {
  const { schema, table: name } = tableName(table)
  const value = await ask(
    cluster,
    database,
    `SELECT coalesce(json_object_agg(a.attname, t.typcategory::text || ' ' ||
       CASE WHEN t.typnamespace = 'pg_catalog'::regnamespace THEN t.typname ELSE '' END), 'null')
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
       JOIN pg_type t ON t.oid = a.atttypid
     WHERE n.nspname = ${literal(schema)} AND c.relname = ${literal(name)} AND c.relkind IN ('r', 'p', 'v', 'm')
       AND a.attnum > 0 AND NOT a.attisdropped`,
    limits,
  )
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).map(([key, type]) => [key, String(type)]))
    : undefined
}

/**
 * How many rows the drill's query answers. Its text is policy's, its rights are those of the role given: hand in the restorer of a
 * throw-away cluster. Throws backup.db_query_failed.
 */
export async function drillQuery(
  cluster: Reader,
  database: string,
  query: string,
  limits: Limits,
): Promise<number> {
  if (/^\s*\\/.test(query))
    throw new SekishoError('backup.db_query_failed', { database, why: 'it is no SQL' })
  const launched = psql(cluster, database, [query], limits, {
    settings: [...READ_ONLY, 'search_path=public'],
    separateByZero: true,
  })
  let rows = 0
  for await (const chunk of launched.stdout ?? []) for (const byte of chunk as Buffer) if (byte === 0) rows++
  const why = failureOf(await launched.done)
  if (why !== undefined) throw new SekishoError('backup.db_query_failed', { database, why })
  return rows
}

/** Of columns, constraints, indexes, views, functions, triggers, sequences and types: equal schemas have equal digests, whoever owns them. */
const SCHEMA = `WITH mine AS (SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema')
SELECT json_build_array(
  (SELECT coalesce(json_agg(json_build_array(n.nspname, c.relname, c.relkind, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
      a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid)) ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C", a.attname COLLATE "C"), '[]')
    FROM pg_class c JOIN mine n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum WHERE c.relkind IN ('r', 'p', 'v', 'm', 'c', 'f')),
  (SELECT coalesce(json_agg(json_build_array(n.nspname, r.relname, k.conname, pg_get_constraintdef(k.oid)) ORDER BY n.nspname COLLATE "C", r.relname COLLATE "C", k.conname COLLATE "C"), '[]')
    FROM pg_constraint k JOIN mine n ON n.oid = k.connamespace LEFT JOIN pg_class r ON r.oid = k.conrelid),
  (SELECT coalesce(json_agg(json_build_array(n.nspname, pg_get_indexdef(i.indexrelid)) ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"), '[]')
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN mine n ON n.oid = c.relnamespace),
  (SELECT coalesce(json_agg(json_build_array(n.nspname, c.relname, pg_get_viewdef(c.oid)) ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"), '[]')
    FROM pg_class c JOIN mine n ON n.oid = c.relnamespace WHERE c.relkind IN ('v', 'm')),
  (SELECT coalesce(json_agg(pg_get_functiondef(p.oid) ORDER BY pg_get_functiondef(p.oid) COLLATE "C"), '[]')
    FROM pg_proc p JOIN mine n ON n.oid = p.pronamespace WHERE p.prokind IN ('f', 'p')
      AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e')),
  (SELECT coalesce(json_agg(pg_get_triggerdef(t.oid) ORDER BY pg_get_triggerdef(t.oid) COLLATE "C"), '[]')
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN mine n ON n.oid = c.relnamespace WHERE NOT t.tgisinternal),
  (SELECT coalesce(json_agg(json_build_array(n.nspname, t.typname, e.enumlabel) ORDER BY n.nspname COLLATE "C", t.typname COLLATE "C", e.enumsortorder), '[]')
    FROM pg_type t JOIN mine n ON n.oid = t.typnamespace JOIN pg_enum e ON e.enumtypid = t.oid))`

/** Throws backup.db_query_failed. */
export async function schemaDigest(cluster: Reader, database: string, limits: Limits): Promise<Digest> {
  return sha256(canonical(await ask(cluster, database, SCHEMA, limits, { settings: PLAIN_TEXTS })))
}
