// Rows that are written into a migrated clone as an application would write them: some are added, some are changed, and which of them were is counted.
import { decode, integer, list, text } from '../base/decode.ts'
import { ask, identifier, literal, tell } from '../postgres/query.ts'
import type { Limits, Reader } from '../postgres/types.ts'
import { type Column, keyOf, nameOf, type Same, type TableShape, WRITTEN } from './loss.ts'

const WRITTEN_ROWS = 100

export interface Written {
  readonly table: string
  readonly added: number
  readonly changed: number
}
export interface NotMeasured {
  readonly table: string
  /** Absent: all of the table. */
  readonly column?: string
  /** `not_changed`: no row of it took another value, by its rules or because we know none of its type. */
  readonly why: 'no_key' | 'not_written' | 'not_changed'
}
/** Writes into these tables of the migrated clone, into what was there before: what only the new schema holds keeps its default. */
export async function writeRows(
  by: Reader,
  database: string,
  all: readonly TableShape[],
  same: readonly Same[],
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
  const tables = all.flatMap((shape) => {
    const known = same.find(({ table }) => table === shape.table)
    return known === undefined ? [] : [writable(shape, known)]
  })
  const written: Written[] = []
  const notMeasured: NotMeasured[] = []
  // Of all tables: a way back may bring rows of a table that only the new schema has together with those that are added here.
  const above = await highestKey(by, database, all, limits)
  for (const [i, shape] of tables.entries()) {
    if (!shape.columns.some(({ isKey }) => isKey)) {
      notMeasured.push({ table: shape.table, why: 'no_key' })
      continue
    }
    const { changed, kept } = await changeRows(by, database, shape, limits)
    const added = await addRows(by, database, shape, above + i * WRITTEN_ROWS, limits)
    if (added + changed === 0) notMeasured.push({ table: shape.table, why: 'not_written' })
    else {
      written.push({ table: shape.table, added, changed })
      if (changed > 0)
        notMeasured.push(
          ...kept.map((column) => ({ table: shape.table, column, why: 'not_changed' }) as const),
        )
    }
  }
  return { written, notMeasured }
}

/** Adds rows that are NULL in these columns of these tables, and nothing else. */
export async function writeNulls(
  by: Reader,
  database: string,
  all: readonly TableShape[],
  freed: ReadonlyMap<string, readonly string[]>,
  limits: Limits,
): Promise<readonly (Written & { readonly columns: readonly string[] })[]> {
  await told(by, database, [`TRUNCATE ${WRITTEN}`], limits)
  const above = await highestKey(by, database, all, limits)
  const written: (Written & { readonly columns: readonly string[] })[] = []
  for (const [i, shape] of all.entries()) {
    const columns = freed.get(shape.table)
    if (columns === undefined || !shape.columns.some(({ isKey }) => isKey)) continue
    const added = await addRows(by, database, shape, above + i * WRITTEN_ROWS, limits, new Set(columns))
    if (added > 0) written.push({ table: shape.table, added, changed: 0, columns })
  }
  return written
}

/** Takes away what was added. */
export async function deleteWritten(
  by: Reader,
  database: string,
  all: readonly TableShape[],
  limits: Limits,
): Promise<void> {
  for (const shape of all.filter(({ columns }) => columns.some(({ isKey }) => isKey)))
    await told(
      by,
      database,
      [
        `DELETE FROM ${nameOf(shape.table)} t USING ${WRITTEN} w WHERE w.tab = ${literal(shape.table)} AND w.how = 'added' AND w.key = ${keyOf(shape, 't')}`,
      ],
      limits,
    )
}

/** The columns that code of before knows, and those without which no row can be added. */
function writable(shape: TableShape, { columns }: Same): TableShape {
  const known = new Set(columns.map(({ now }) => now))
  return {
    ...shape,
    columns: shape.columns.filter((one) => known.has(one.name) || one.isKey || one.isRequired),
  }
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
  nulls: ReadonlySet<string> = new Set(),
): Promise<number> {
  const table = nameOf(shape.table)
  const value = (column: Column, otherwise: string) =>
    nulls.has(column.name) ? 'NULL' : addedValue(column, table, above, otherwise)
  const columns = shape.columns.filter(({ isGenerated }) => !isGenerated)
  const names = columns.map(({ name }) => identifier(name)).join(', ')
  const like = columns.map((column) => value(column, `s.${identifier(column.name)}`)).join(', ')
  const made = columns.map((column) => value(column, madeValue(column))).join(', ')
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

/** As SQL, for row `t`: another value of the type; undefined where none is known. */
function changedValue({ name, type, length }: Column): string | undefined {
  const column = `t.${identifier(name)}`
  if (INTEGERS.has(type) || type === 'numeric' || type.startsWith('float'))
    return `coalesce(${column}, 0) + 1`
  if (TEXTS.has(type)) return shortened(`'sekisho changed ' || coalesce(${column}, '')`, length)
  if (type === 'bool') return `NOT coalesce(${column}, false)`
  if (type.startsWith('timestamp') || type === 'date')
    return `(coalesce(${column}, now()) + interval '1 day')::${type}`
  if (type === 'json' || type === 'jsonb')
    return `(coalesce(${column}::jsonb, '{}') || '{"sekisho": "changed"}')::${type}`
  if (type === 'bytea') return `coalesce(${column}, '') || decode('00', 'hex')`
  if (type === 'inet') return `coalesce(${column}, '192.0.2.1') + 1`
  if (type === 'interval') return `coalesce(${column}, '0') + interval '1 day'`
  return undefined
}

/**
 * Other values in what is neither key nor unique, one column after the other: a column whose rules refuse them keeps what it has. What was changed is what
 * is another value afterwards; `kept` are columns in which no row is.
 */
async function changeRows(
  by: Reader,
  database: string,
  shape: TableShape,
  limits: Limits,
): Promise<{ readonly changed: number; readonly kept: readonly string[] }> {
  const table = nameOf(shape.table)
  const columns = shape.columns.filter((one) => !one.isKey && !one.isUnique && !one.isGenerated)
  const keys = shape.columns.filter(({ isKey }) => isKey).map(({ name }) => identifier(name))
  const chosen = `(SELECT ${keys.join(', ')} FROM ${table} ORDER BY ${keys.join(', ')} LIMIT ${WRITTEN_ROWS})`
  const where = `(${keys.map((key) => `t.${key}`).join(', ')}) IN ${chosen}`
  const mine = `tab = ${literal(shape.table)}`
  const record = (how: string, more = '') =>
    `INSERT INTO ${WRITTEN} SELECT ${literal(shape.table)}, ${literal(how)}, ${keyOf(shape, 't')}, to_jsonb(t) FROM ${table} t WHERE ${where}${more}`
  const run = (statement: string) =>
    told(by, database, [statement], limits).then(
      () => true,
      () => false,
    )
  if (!(await run(record('before')))) return { changed: 0, kept: [] }
  for (const column of columns) {
    const value = changedValue(column)
    if (value !== undefined)
      await run(`UPDATE ${table} t SET ${identifier(column.name)} = ${value} WHERE ${where}`)
  }
  const isOther = `EXISTS (SELECT FROM ${WRITTEN} b WHERE b.${mine} AND b.how = 'before' AND b.key = ${keyOf(shape, 't')} AND b.val IS DISTINCT FROM to_jsonb(t))`
  await run(record('changed', ` AND ${isOther}`))
  const others = decode(
    list(text({ max: 63 }), 2000),
    await ask(
      by,
      database,
      `SELECT coalesce(json_agg(DISTINCT e.key), '[]') FROM ${WRITTEN} b JOIN ${WRITTEN} c ON c.tab = b.tab AND c.key = b.key AND c.how = 'changed', jsonb_each(c.val) e
        WHERE b.${mine} AND b.how = 'before' AND b.val -> e.key IS DISTINCT FROM e.value`,
      limits,
    ),
  )
  await run(`DELETE FROM ${WRITTEN} WHERE ${mine} AND how = 'before'`)
  const known = others.ok ? others.value : []
  return {
    changed: await countOf(by, database, shape.table, 'changed', limits),
    kept: columns.flatMap(({ name }) => (known.includes(name) ? [] : [name])),
  }
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
