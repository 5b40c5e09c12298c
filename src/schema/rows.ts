// Rows of each table as a number and a sum over all of them: equal contents have equal sums, in whatever order the rows lie.
import { decode, integer, list, object, text } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import { PLAIN_TEXTS } from '../postgres/content.ts'
import { TABLES } from '../postgres/facts.ts'
import { ask } from '../postgres/query.ts'
import type { Limits, Reader } from '../postgres/types.ts'
import { MARKER_SCHEMA } from '../sql/refused.ts'

export interface TableContent {
  readonly table: string
  readonly rows: number
  readonly sum: string
}

const content = list(object({ table: text({ max: 200 }), rows: integer(0), sum: text({ max: 60 }) }), 100_000)

/** Every table of the database but our own. Throws backup.db_query_failed. */
export async function contentOf(
  reader: Reader,
  database: string,
  limits: Limits,
): Promise<readonly TableContent[]> {
  const counted = `query_to_xml(format('SELECT count(*) AS n, coalesce(sum(hashtextextended(x::text, 0)::numeric), 0)::text AS s FROM ONLY %I.%I x', t.schema, t.name), false, true, '')`
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
