// What a migration may lose at most: counted in its own transaction, right before the statement that takes it and once more before COMMIT. Where it is more
// than was approved the transaction fails, and nothing of it is committed.
import { type Decoder, integer, list, object, literal as oneOf, optional, text } from '../base/decode.ts'
import { identifier, literal, tableName } from '../postgres/query.ts'
import { type AtRisk, atRiskIn } from '../sql/lint.ts'
import { MARKER_SCHEMA } from '../sql/refused.ts'
import type { Statement } from '../sql/statements.ts'
import { type Counted, type CountedRisk, conditionOf } from './at-risk.ts'

/** What the rehearsal has counted, also where it is nothing; `deleted`: rows that statements deleted, by table. */
export interface Loss {
  readonly kind: AtRisk['kind'] | 'deleted'
  readonly table: string
  readonly column?: string
  /** Of the statement, for who reads it. */
  readonly line: number
  readonly rows: number
}
/** Of one migration. What is beyond is bounded as nothing. */
const LOSSES_MAX = 500
export const losses: Decoder<readonly Loss[]> = list(
  object({
    kind: oneOf('column', 'table', 'rows', 'type', 'deleted'),
    table: text({ max: 140 }),
    column: optional(text({ max: 63 })),
    line: integer(0),
    rows: integer(0),
  }),
  // Of several migrations together.
  100 * LOSSES_MAX,
)

export interface Bound {
  readonly counted: readonly Counted[]
  /** Rows that a part may delete, by table; of a table that is not here none. Absent: any. */
  readonly deletes?: Readonly<Record<string, number>>
}

export const lossName = ({ table, column }: Pick<Loss, 'table' | 'column'>) =>
  column === undefined ? table : `${table}.${column}`

/** What it loses and what it deletes; of what is not in it nothing was lost. */
export function lossesOf(counted: readonly Counted[], deleted: readonly CountedRisk[]): readonly Loss[] {
  const lossOf = (
    kind: Loss['kind'],
    { table, column, line, rows }: Omit<CountedRisk, 'statement'>,
  ): Loss => ({
    kind,
    table,
    ...(column === undefined ? {} : { column }),
    line,
    rows,
  })
  return [
    ...counted.map((one) => lossOf(one.kind, one)),
    ...deleted.map((one) => lossOf('deleted', one)),
  ].slice(0, LOSSES_MAX)
}

/** What these statements may lose where they lose no more than was counted. What could not be counted in the rehearsal was not there. Pure. */
export function boundOf(statements: readonly Statement[], losses: readonly Loss[]): Bound {
  const most = (kind: Loss['kind'], table: string, column: string | undefined) => {
    const found = losses.filter((one) => one.kind === kind && one.table === table && one.column === column)
    return found.length === 0 ? undefined : found.reduce((sum, { rows }) => sum + rows, 0)
  }
  const deleted = new Set(losses.flatMap(({ kind, table }) => (kind === 'deleted' ? [table] : [])))
  return {
    counted: atRiskIn(statements).flatMap((risk) => {
      const rows = most(risk.kind, risk.table, risk.column)
      return rows === undefined ? [] : [{ ...risk, rows }]
    }),
    deletes: Object.fromEntries([...deleted].map((table) => [table, most('deleted', table, undefined) ?? 0])),
  }
}

/** As SQL, to run before the statement: the number is told behind the sign, and more of them end the transaction. */
export function countedBefore({ counted }: Bound, statement: number, sign: string): readonly string[] {
  return counted.flatMap(({ kind, table, column, type, rows, ...one }, i) => {
    const condition = conditionOf(kind, column, type)
    if (one.statement !== statement || condition === undefined) return []
    const { schema, table: name } = tableName(table)
    const at = `${identifier(schema)}.${identifier(name)}`
    const told = literal(`${sign}${i} `)
    return [
      // The statement takes this lock itself: until it does, nobody may write what nobody has counted.
      `LOCK TABLE ${at} IN ACCESS EXCLUSIVE MODE`,
      `SELECT ${told} || set_config('sekisho.counted', (SELECT count(*) FROM ${at} t WHERE ${condition})::text, true)`,
      `DO $sekisho$ BEGIN IF current_setting('sekisho.counted')::bigint > ${rows} THEN RAISE EXCEPTION 'more would be lost'; END IF; END $sekisho$`,
    ]
  })
}

/** What `countedBefore` has told that is more than it may be, by name. Pure. */
export function moreThan({ counted }: Bound, lines: readonly string[], sign: string): Record<string, number> {
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, at = '', found = ''] = line.startsWith(sign)
        ? (/^(\d+) (\d+)$/.exec(line.slice(sign.length)) ?? [])
        : []
      const one = counted[Number(at)]
      return at === '' || one === undefined || Number(found) <= one.rows
        ? []
        : [[lossName(one), Number(found)] as const]
    }),
  )
}

/** Rows of tables that stay, deleted by this transaction. */
export const DELETED = `pg_catalog.pg_stat_xact_user_tables WHERE n_tup_del > 0 AND schemaname !~ '^pg_temp' AND schemaname <> '${MARKER_SCHEMA}'`

/** As SQL: fails where more rows were deleted; the transaction is then rolled back. */
export function deletedAtMost(deletes: Readonly<Record<string, number>>): string {
  const most = Object.entries(deletes).map(([table, rows]) => `WHEN ${literal(table)} THEN ${rows}`)
  const bound = most.length === 0 ? '0' : `CASE schemaname || '.' || relname ${most.join(' ')} ELSE 0 END`
  return `DO $sekisho$ BEGIN IF EXISTS (SELECT FROM ${DELETED} AND n_tup_del > ${bound}) THEN RAISE EXCEPTION 'rows would be deleted'; END IF; END $sekisho$`
}

/** Of the rows that were deleted those of which there are more than may be. Pure. */
export function deletedBeyond(
  deletes: Readonly<Record<string, number>>,
  deleted: Readonly<Record<string, number>>,
): Record<string, number> {
  return Object.fromEntries(Object.entries(deleted).filter(([table, rows]) => rows > (deletes[table] ?? 0)))
}
