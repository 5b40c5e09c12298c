// Rows of each table as a number and a sum over all of them: equal contents have equal sums, in whatever order the rows lie.
import { decode, integer, list, object, record, text } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import { PLAIN_TEXTS } from '../postgres/content.ts'
import { TABLES } from '../postgres/facts.ts'
import { ask, identifier, literal } from '../postgres/query.ts'
import type { Limits, Reader } from '../postgres/types.ts'
import { MARKER_SCHEMA } from '../sql/refused.ts'
import { nameOf, type Same, type TableShape } from './loss.ts'

export interface TableContent {
  readonly table: string
  readonly rows: number
  readonly sum: string
}

const content = list(object({ table: text({ max: 200 }), rows: integer(0), sum: text({ max: 60 }) }), 100_000)

/** Columns by name: rows that hold the same are equal, in whatever order the columns stand. */
const BY_NAME = `(SELECT coalesce(string_agg(format('x.%I', a.attname), ', ' ORDER BY a.attname COLLATE "C"), '') FROM pg_attribute a
  WHERE a.attrelid = format('%I.%I', t.schema, t.name)::regclass AND a.attnum > 0 AND NOT a.attisdropped)`

/** Every table of the database but our own. Throws backup.db_query_failed. */
export async function contentOf(
  reader: Reader,
  database: string,
  limits: Limits,
): Promise<readonly TableContent[]> {
  const counted = `query_to_xml(format('SELECT count(*) AS n, coalesce(sum(hashtextextended(ROW(%s)::text, 0)::numeric), 0)::text AS s FROM ONLY %I.%I x', ${BY_NAME}, t.schema, t.name), false, true, '')`
  const value = await ask(
    reader,
    database,
    `SELECT coalesce(json_agg(json_build_object('table', c.schema || '.' || c.name, 'rows', (xpath('/row/n/text()', c.x))[1]::text::bigint, 'sum', (xpath('/row/s/text()', c.x))[1]::text)
       ORDER BY c.schema, c.name), '[]') FROM (SELECT t.schema, t.name, ${counted} AS x FROM (${TABLES}) t WHERE t.schema <> '${MARKER_SCHEMA}') c`,
    limits,
    { settings: PLAIN_TEXTS },
  )
  const read = decode(content, value)
  if (!read.ok) throw new SekishoError('backup.db_query_failed', { database, why: `${read.at}: ${read.why}` })
  return read.value
}

export interface ContentDifference {
  readonly table: string
  /** `undefined`: no such table. */
  readonly before?: number
  readonly after?: number
}

/** Tables whose rows differ, by number or by what they hold. Pure. */
export function contentDifference(
  before: readonly TableContent[],
  after: readonly TableContent[],
): readonly ContentDifference[] {
  const then = new Map(before.map((one) => [one.table, one]))
  const now = new Map(after.map((one) => [one.table, one]))
  return [...new Set([...then.keys(), ...now.keys()])].sort().flatMap((table): ContentDifference[] => {
    const [old, fresh] = [then.get(table), now.get(table)]
    if (old?.rows === fresh?.rows && old?.sum === fresh?.sum) return []
    return [
      {
        table,
        ...(old === undefined ? {} : { before: old.rows }),
        ...(fresh === undefined ? {} : { after: fresh.rows }),
      },
    ]
  })
}

/** Of one table: its rows, and for each column a sum of what it holds beside the key of its row. */
export interface ColumnSums {
  readonly table: string
  readonly rows: number
  readonly sums: Readonly<Record<string, string>>
}

const sumsOf = object({ rows: integer(0), sums: record(text({ max: 60 }), /^[^\0]{1,63}$/, 2000) })

/** What can be compared also after columns came and went. A table that cannot be read is left out. */
export async function columnSumsOf(
  reader: Reader,
  database: string,
  tables: readonly TableShape[],
  limits: Limits,
): Promise<readonly ColumnSums[]> {
  const found: ColumnSums[] = []
  for (const { table, columns } of tables) {
    const keys = columns.filter(({ isKey }) => isKey).map(({ name }) => `t.${identifier(name)}`)
    const sums = columns.flatMap(({ name }) => [
      literal(name),
      `coalesce(sum(hashtextextended(ROW(${[...keys, `t.${identifier(name)}`].join(', ')})::text, 0)::numeric), 0)::text`,
    ])
    // A function takes 100 arguments.
    const parts = chunks(sums, 80).map((part) => `jsonb_build_object(${part.join(', ')})`)
    const value = await ask(
      reader,
      database,
      `SELECT json_build_object('rows', count(*), 'sums', ${parts.join(' || ')}) FROM ONLY ${nameOf(table)} t`,
      limits,
      { settings: PLAIN_TEXTS },
    )
    const read = decode(sumsOf, value)
    if (!read.ok)
      throw new SekishoError('backup.db_query_failed', { database, why: `${read.at}: ${read.why}` })
    found.push({ table, ...read.value })
  }
  return found
}

function chunks<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size))
}

/** Tables of before whose rows are gone, more, or other ones in a column that both have. Pure. */
export function movedIn(
  before: readonly ColumnSums[],
  after: readonly ColumnSums[],
  same: readonly Same[],
): readonly ContentDifference[] {
  return before.flatMap((old): ContentDifference[] => {
    const pair = same.find((one) => one.before === old.table)
    const now = after.find(({ table }) => table === pair?.table)
    if (pair === undefined || now === undefined)
      return old.rows === 0 ? [] : [{ table: old.table, before: old.rows }]
    const isSame = pair.columns.every((one) => old.sums[one.before] === now.sums[one.now])
    return isSame && old.rows === now.rows ? [] : [{ table: old.table, before: old.rows, after: now.rows }]
  })
}
