// What the way back loses of rows that were written after `up` (N21): in the clone 100 rows are added and 100 are changed in each table that the migration
// touches, then it is taken back, and what is not there any more is counted. Columns and tables that only the new schema has are named, not counted.
import { boolean, type Decoder, decode, integer, list, object, optional, text } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import { ask, identifier, literal } from '../postgres/query.ts'
import type { Limits, Reader } from '../postgres/types.ts'
import { MARKER_SCHEMA } from '../sql/refused.ts'

/** Of the clone alone: what was written, until it is compared. */
export const WRITTEN = `${MARKER_SCHEMA}.written`

export interface Column {
  readonly name: string
  readonly number: number
  /** Of pg_type: `int4`, `text`. */
  readonly type: string
  readonly length?: number
  readonly isKey: boolean
  readonly isUnique: boolean
  readonly isGenerated: boolean
  /** NOT NULL, and nothing gives it a value. */
  readonly isRequired: boolean
  readonly isNotNull?: boolean
}
export interface TableShape {
  readonly table: string
  readonly oid: number
  readonly columns: readonly Column[]
}

const shapes: Decoder<readonly TableShape[]> = list(
  object({
    table: text({ max: 140 }),
    oid: integer(0),
    columns: list(
      object({
        name: text({ max: 63 }),
        number: integer(1),
        type: text({ max: 63 }),
        length: optional(integer(1)),
        isKey: boolean,
        isUnique: boolean,
        isGenerated: boolean,
        isRequired: boolean,
        isNotNull: optional(boolean),
      }),
      2000,
    ),
  }),
  50_000,
)

const SHAPES = `SELECT coalesce(json_agg(json_build_object('table', n.nspname || '.' || c.relname, 'oid', c.oid::bigint, 'columns', (
    SELECT json_agg(json_strip_nulls(json_build_object('name', a.attname, 'number', a.attnum, 'type', t.typname,
      'length', CASE WHEN t.typname IN ('varchar', 'bpchar') AND a.atttypmod > 4 THEN a.atttypmod - 4 END,
      'isKey', EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY (i.indkey)),
      'isUnique', EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND a.attnum = ANY (i.indkey)),
      'isGenerated', a.attgenerated <> '', 'isNotNull', a.attnotnull, 'isRequired', a.attnotnull AND NOT a.atthasdef AND a.attidentity = '')) ORDER BY a.attnum)
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped))), '[]')
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', '${MARKER_SCHEMA}')
    AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)`

export async function shapesOf(
  reader: Reader,
  database: string,
  limits: Limits,
): Promise<readonly TableShape[]> {
  const read = decode(shapes, await ask(reader, database, SHAPES, limits))
  if (!read.ok) throw new SekishoError('backup.db_query_failed', { database, why: `${read.at}: ${read.why}` })
  return read.value
}

export interface Lost {
  readonly table: string
  readonly rows: number
  readonly updates: number
}

export const nameOf = (table: string) => {
  const dot = table.indexOf('.')
  return `${identifier(table.slice(0, dot))}.${identifier(table.slice(dot + 1))}`
}
export const keyOf = ({ columns }: TableShape, row: string) =>
  `jsonb_build_array(${columns
    .filter(({ isKey }) => isKey)
    .map(({ name }) => `${row}.${identifier(name)}`)
    .join(', ')})`

/** A table of the new schema, what it was called before, and its columns that were there before, by their former name. */
export interface Same {
  readonly table: string
  readonly before: string
  readonly columns: readonly { readonly now: string; readonly before: string }[]
}

/**
 * By name, which is what code calls it; by number only what nobody calls by its former name any more: a renamed column stays what it is, and one that was
 * replaced under its name is the new one. Pure.
 */
export function sameIn(before: readonly TableShape[], now: readonly TableShape[]): readonly Same[] {
  return now.flatMap((shape): Same[] => {
    const then =
      before.find(({ table }) => table === shape.table) ??
      before.find(({ oid, table }) => oid === shape.oid && !now.some((one) => one.table === table))
    if (then === undefined) return []
    const former = new Set(then.columns.map(({ name }) => name))
    const columns = then.columns.flatMap((old) => {
      const fresh =
        shape.columns.find(({ name }) => name === old.name) ??
        (then.oid === shape.oid
          ? shape.columns.find(({ name, number }) => number === old.number && !former.has(name))
          : undefined)
      return fresh === undefined ? [] : [{ now: fresh.name, before: old.name }]
    })
    return [{ table: shape.table, before: then.table, columns }]
  })
}

/** What only the new schema can hold goes with it: `public.articles.views`, or a whole table. Pure. */
export function onlyNew(before: readonly TableShape[], now: readonly TableShape[]): readonly string[] {
  const same = sameIn(before, now)
  return now.flatMap(({ table, columns }) => {
    const known = same.find((one) => one.table === table)
    if (known === undefined) return [table]
    return columns
      .filter(({ name }) => !known.columns.some((one) => one.now === name))
      .map(({ name }) => `${table}.${name}`)
  })
}

/** Columns that could not be NULL before and can be now, by table: rows that use it are what the change is for. Pure. */
export function freedIn(
  before: readonly TableShape[],
  now: readonly TableShape[],
): ReadonlyMap<string, readonly string[]> {
  const columnOf = (shapes: readonly TableShape[], table: string, name: string) =>
    shapes.find((one) => one.table === table)?.columns.find((one) => one.name === name)
  return new Map(
    sameIn(before, now).flatMap((same) => {
      const freed = same.columns.filter(
        (one) =>
          columnOf(before, same.before, one.before)?.isNotNull === true &&
          columnOf(now, same.table, one.now)?.isNotNull === false,
      )
      return freed.length === 0 ? [] : [[same.table, freed.map((one) => one.now)] as const]
    }),
  )
}

const hasColumns = ({ columns }: TableShape, wanted: Same['columns']) =>
  wanted.every(({ before }) => columns.some(({ name }) => name === before))

/** After the way back: rows that are not there, and rows whose values are not those that were written. */
export async function countLost(
  by: Reader,
  database: string,
  same: readonly Same[],
  shapesNow: readonly TableShape[],
  limits: Limits,
): Promise<readonly Lost[]> {
  const found: Lost[] = []
  for (const { table, before, columns } of same) {
    const shape = shapesNow.find((one) => one.table === before)
    if (shape === undefined) continue
    const differs = columns.map(
      ({ now, before: old }) => `to_jsonb(t) -> ${literal(old)} IS DISTINCT FROM w.val -> ${literal(now)}`,
    )
    // A way back may put rows into another table: those stand there as they were written.
    const moved = shapesNow
      .filter((one) => one !== shape && columns.length > 0 && hasColumns(one, columns))
      .map(
        (one) =>
          `EXISTS (SELECT FROM ${nameOf(one.table)} o WHERE ${columns.map(({ now, before: old }) => `to_jsonb(o) -> ${literal(old)} IS NOT DISTINCT FROM w.val -> ${literal(now)}`).join(' AND ')})`,
      )
    const gone = `t.ctid IS NULL${moved.map((one) => ` AND NOT ${one}`).join('')}`
    const value = await ask(
      by,
      database,
      `SELECT json_build_object('rows', count(*) FILTER (WHERE w.how = 'added' AND ${gone}),
         'updates', count(*) FILTER (WHERE (w.how = 'changed' AND ${gone}) OR (t.ctid IS NOT NULL AND (${differs.length === 0 ? 'false' : differs.join(' OR ')}))))
       FROM ${WRITTEN} w LEFT JOIN ${nameOf(before)} t ON ${keyOf(shape, 't')} = w.key WHERE w.tab = ${literal(table)}`,
      limits,
    )
    const read = decode(object({ rows: integer(0), updates: integer(0) }), value)
    if (read.ok && read.value.rows + read.value.updates > 0) found.push({ table, ...read.value })
  }
  return found
}
