// What the way back loses of rows that were written after `up` (N21): in the clone 100 rows are added and 100 are changed in each table that the migration
// touches, then it is taken back, and what is not there any more is counted. Columns and tables that only the new schema has are named, not counted.
import { boolean, type Decoder, decode, integer, list, object, optional, text } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import { ask, identifier, literal, tell } from '../postgres/query.ts'
import type { Limits, Reader } from '../postgres/types.ts'
import { MARKER_SCHEMA } from '../sql/refused.ts'

export const WRITTEN_ROWS = 100
/** Of the clone alone: what was written, until it is compared. */
const WRITTEN = `${MARKER_SCHEMA}.written`

interface Column {
  readonly name: string
  readonly number: number
  /** Of pg_type: `int4`, `text`. */
  readonly type: string
  readonly length?: number
  readonly isKey: boolean
  readonly isUnique: boolean
  readonly isGenerated: boolean
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
      'isGenerated', a.attgenerated <> '')) ORDER BY a.attnum)
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

export interface Written {
  readonly table: string
  readonly added: number
  readonly changed: number
}
export interface NotMeasured {
  readonly table: string
  readonly why: 'no_key' | 'not_written'
}
export interface Lost {
  readonly table: string
  readonly rows: number
  readonly updates: number
}

/** Writes into these tables of the migrated clone. */
export async function writeRows(
  by: Reader,
  database: string,
  tables: readonly TableShape[],
  limits: Limits,
): Promise<{ readonly written: readonly Written[]; readonly notMeasured: readonly NotMeasured[] }> {
  await told(
    by,
    database,
    [
      `CREATE TABLE IF NOT EXISTS ${WRITTEN} (tab text, how text, key jsonb, val jsonb)`,
      `TRUNCATE ${WRITTEN}`,
    ],
    limits,
  )
  const written: Written[] = []
  const notMeasured: NotMeasured[] = []
  const above = await highestKey(by, database, tables, limits)
  for (const [i, shape] of tables.entries()) {
    if (!shape.columns.some(({ isKey }) => isKey)) {
      notMeasured.push({ table: shape.table, why: 'no_key' })
      continue
    }
    const changed = await changeRows(by, database, shape, limits)
    const added = await addRows(by, database, shape, above + i * WRITTEN_ROWS, limits)
    if (added + changed === 0) notMeasured.push({ table: shape.table, why: 'not_written' })
    else written.push({ table: shape.table, added, changed })
  }
  return { written, notMeasured }
}

/**
 * Above every whole number that is a key of one of them: a way back may bring rows of two tables together, and those that were added here must not be the
 * ones that collide.
 */
async function highestKey(
  by: Reader,
  database: string,
  tables: readonly TableShape[],
  limits: Limits,
): Promise<number> {
  const highest = tables.flatMap(({ table, columns }) =>
    columns
      .filter(({ type, isKey, isUnique }) => (isKey || isUnique) && WIDE.has(type))
      .map(({ name }) => `(SELECT max(m.${identifier(name)})::bigint FROM ${nameOf(table)} m)`),
  )
  if (highest.length === 0) return 0
  const read = decode(
    integer(),
    await ask(by, database, `SELECT to_json(coalesce(greatest(${highest.join(', ')}, 0), 0))`, limits).catch(
      () => 0,
    ),
  )
  return read.ok && read.value < HIGHEST ? read.value : 0
}
const WIDE: ReadonlySet<string> = new Set(['int4', 'int8', 'numeric'])
/** What an `int4` holds, less what is added. */
const HIGHEST = 2_000_000_000

const nameOf = (table: string) => {
  const dot = table.indexOf('.')
  return `${identifier(table.slice(0, dot))}.${identifier(table.slice(dot + 1))}`
}
const keyOf = ({ columns }: TableShape, row: string) =>
  `jsonb_build_array(${columns
    .filter(({ isKey }) => isKey)
    .map(({ name }) => `${row}.${identifier(name)}`)
    .join(', ')})`

async function told(
  by: Reader,
  database: string,
  statements: readonly string[],
  limits: Limits,
): Promise<string> {
  return tell(by, database, statements, limits, { settings: WRITING })
}
const WRITING = ['default_transaction_read_only=off', 'timezone=UTC', 'datestyle=ISO'] as const

/** Rows like those that are there, under keys of their own. */
async function addRows(
  by: Reader,
  database: string,
  shape: TableShape,
  above: number,
  limits: Limits,
): Promise<number> {
  const table = nameOf(shape.table)
  const columns = shape.columns.filter(({ isGenerated }) => !isGenerated)
  const names = columns.map(({ name }) => identifier(name)).join(', ')
  const like = columns
    .map((column) => addedValue(column, table, above, `s.${identifier(column.name)}`))
    .join(', ')
  const made = columns.map((column) => addedValue(column, table, above, madeValue(column))).join(', ')
  const from = `(SELECT row_number() OVER () AS n, x.* FROM ${table} x LIMIT ${WRITTEN_ROWS}) s`
  const insert = (values: string, source: string) =>
    `WITH w AS (INSERT INTO ${table} (${names}) OVERRIDING SYSTEM VALUE SELECT ${values} FROM ${source} RETURNING *)
      INSERT INTO ${WRITTEN} SELECT ${literal(shape.table)}, 'added', ${keyOf(shape, 'w')}, to_jsonb(w) FROM w`
  for (const statement of [insert(like, from), insert(made, `generate_series(1, ${WRITTEN_ROWS}) AS s(n)`)]) {
    const done = await told(by, database, [statement], limits).then(
      () => true,
      () => false,
    )
    const count = done ? await countOf(by, database, shape.table, 'added', limits) : 0
    if (count > 0) return count
  }
  return 0
}

const INTEGERS: ReadonlySet<string> = new Set(['int2', 'int4', 'int8'])
const TEXTS: ReadonlySet<string> = new Set(['text', 'varchar', 'bpchar', 'citext'])

/** As SQL, for row `s.n`: keys and what is unique get a value that nobody has. */
function addedValue(
  { name, type, length, isKey, isUnique }: Column,
  table: string,
  above: number,
  otherwise: string,
): string {
  if (!isKey && !isUnique) return otherwise
  if (INTEGERS.has(type) || type === 'numeric') {
    const own = `coalesce(max(m.${identifier(name)}), 0)`
    return `(SELECT ${WIDE.has(type) ? `greatest(${own}, ${above})` : own} FROM ${table} m) + s.n`
  }
  if (type === 'uuid') return 'gen_random_uuid()'
  if (TEXTS.has(type)) return shortened(`'sekisho added ' || (${above} + s.n)`, length)
  return otherwise
}

const shortened = (value: string, length: number | undefined) =>
  length === undefined ? value : `right(${value}, ${length})`

/** As SQL: a value of the type, where no row can be copied. */
function madeValue({ type, length }: Column): string {
  if (INTEGERS.has(type) || type === 'numeric' || type.startsWith('float')) return 's.n'
  if (TEXTS.has(type)) return shortened(`'sekisho ' || s.n`, length)
  if (type === 'bool') return 'false'
  if (type === 'uuid') return 'gen_random_uuid()'
  if (type === 'jsonb' || type === 'json') return `'{}'::${type}`
  if (type === 'date' || type.startsWith('timestamp')) return `now()::${type}`
  return 'NULL'
}

/** Other values in what is neither key nor unique, one column after the other: a column whose rules refuse them keeps what it has. */
async function changeRows(by: Reader, database: string, shape: TableShape, limits: Limits): Promise<number> {
  const table = nameOf(shape.table)
  const columns = shape.columns.filter((one) => !one.isKey && !one.isUnique && !one.isGenerated)
  const keys = shape.columns.filter(({ isKey }) => isKey).map(({ name }) => identifier(name))
  const chosen = `(SELECT ${keys.join(', ')} FROM ${table} ORDER BY ${keys.join(', ')} LIMIT ${WRITTEN_ROWS})`
  for (const { name, type, length } of columns) {
    const column = identifier(name)
    const value =
      INTEGERS.has(type) || type === 'numeric'
        ? `coalesce(t.${column}, 0) + 1`
        : TEXTS.has(type)
          ? shortened(`'sekisho changed ' || coalesce(t.${column}, '')`, length)
          : type === 'bool'
            ? `NOT coalesce(t.${column}, false)`
            : type.startsWith('timestamp') || type === 'date'
              ? `(coalesce(t.${column}, now()) + interval '1 day')::${type}`
              : undefined
    if (value === undefined) continue
    await told(
      by,
      database,
      [
        `UPDATE ${table} t SET ${column} = ${value} WHERE (${keys.map((key) => `t.${key}`).join(', ')}) IN ${chosen}`,
      ],
      limits,
    ).catch(() => {})
  }
  if (columns.length === 0) return 0
  await told(
    by,
    database,
    [
      `INSERT INTO ${WRITTEN} SELECT ${literal(shape.table)}, 'changed', ${keyOf(shape, 't')}, to_jsonb(t) FROM ${table} t WHERE (${keys.map((key) => `t.${key}`).join(', ')}) IN ${chosen}`,
    ],
    limits,
  ).catch(() => {})
  return countOf(by, database, shape.table, 'changed', limits)
}

async function countOf(
  by: Reader,
  database: string,
  table: string,
  how: string,
  limits: Limits,
): Promise<number> {
  const read = decode(
    integer(0),
    await ask(
      by,
      database,
      `SELECT count(*) FROM ${WRITTEN} WHERE tab = ${literal(table)} AND how = ${literal(how)}`,
      limits,
    ),
  )
  return read.ok ? read.value : 0
}

/** A table of the new schema, what it was called before, and its columns that were there before, by their former name. */
export interface Same {
  readonly table: string
  readonly before: string
  readonly columns: readonly { readonly now: string; readonly before: string }[]
}

/** By number where it is the same table, else by name: a renamed column stays what it is. Pure. */
export function sameIn(before: readonly TableShape[], now: readonly TableShape[]): readonly Same[] {
  return now.flatMap((shape): Same[] => {
    const then =
      before.find(({ oid }) => oid === shape.oid) ?? before.find(({ table }) => table === shape.table)
    if (then === undefined) return []
    const columns = then.columns.flatMap((old) => {
      const fresh =
        (then.oid === shape.oid ? shape.columns.find(({ number }) => number === old.number) : undefined) ??
        shape.columns.find(({ name }) => name === old.name)
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
