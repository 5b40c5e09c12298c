// What a migration may lose at most: counted in its own transaction, right before the statement that takes it and once more before COMMIT. Where it is more
// than was approved the transaction fails, and nothing of it is committed.
import { type Decoder, integer, list, object, literal as oneOf, optional, text } from '../base/decode.ts'
import { identifier, literal, tableName } from '../postgres/query.ts'
import type { AtRisk } from '../sql/lint.ts'
import { MARKER_SCHEMA } from '../sql/refused.ts'
import type { Statement } from '../sql/statements.ts'
import { type Counted, type CountedRisk, conditionOf } from './at-risk.ts'

/** What the rehearsal has counted, also where it is nothing; `deleted`, `updated`: rows that statements deleted or changed, by table. */
export interface Loss {
  readonly kind: AtRisk['kind'] | 'deleted' | 'updated'
  /** Of which file, where several are run together. */
  readonly file?: string
  readonly table: string
  readonly column?: string
  /** Of a type: the new one, as the statement has it. */
  readonly type?: string
  /** The name that the statement has, where it is found by the search path; `table` is what it means. */
  readonly written?: string
  /** Which statement of the file, from 0: several may stand on one line. */
  readonly statement: number
  /** Of the statement, for who reads it. */
  readonly line: number
  readonly rows: number
}
/** Of one file. One that loses more is no rollback: nobody reads that many numbers, and the journal has no room for them. */
export const LOSSES_MAX = 200
export const losses: Decoder<readonly Loss[]> = list(
  object({
    kind: oneOf('column', 'table', 'rows', 'type', 'deleted', 'updated'),
    file: optional(text({ max: 100 })),
    table: text({ max: 140 }),
    column: optional(text({ max: 63 })),
    type: optional(text()),
    written: optional(text({ max: 140 })),
    statement: integer(0),
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
  /** The same of rows that it changes. */
  readonly updates?: Readonly<Record<string, number>>
  /** Those of all parts, with their statements. */
  readonly moved?: readonly Loss[]
}

export const lossName = ({ table, column }: Pick<Loss, 'table' | 'column'>) =>
  column === undefined ? table : `${table}.${column}`

/** What it loses and what it deletes; of what is not in it nothing was lost. */
export function lossesOf(
  file: string,
  counted: readonly Counted[],
  deleted: readonly CountedRisk[],
  updated: readonly CountedRisk[],
): readonly Loss[] {
  const movedOf = (kind: 'deleted' | 'updated', { table, statement, line, rows }: CountedRisk): Loss => ({
    kind,
    file,
    table,
    statement,
    line,
    rows,
  })
  return [
    ...counted.map((one) => ({ ...one, file })),
    ...deleted.map((one) => movedOf('deleted', one)),
    ...updated.map((one) => movedOf('updated', one)),
  ]
}

/** What this file may lose where it loses no more than was counted. What could not be counted in the rehearsal was not there. Pure. */
export function boundOf(all: readonly Loss[], name: string): Bound {
  const losses = all.filter(({ file }) => file === undefined || file === name)
  const moved = losses.filter(({ kind }) => kind === 'deleted' || kind === 'updated')
  return {
    counted: losses.flatMap(({ kind, file: _file, ...one }): Counted[] =>
      kind === 'deleted' || kind === 'updated' ? [] : [{ kind, ...one }],
    ),
    deletes: sumsOf('deleted', moved),
    updates: sumsOf('updated', moved),
    moved,
  }
}

function sumsOf(kind: Loss['kind'], moved: readonly Loss[]): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {}
  for (const one of moved) if (one.kind === kind) sums[one.table] = (sums[one.table] ?? 0) + one.rows
  return sums
}

/** Of one part, whose first statement has this number: its statements are numbered within it, and it moves no rows for another part. Pure. */
export function boundOfPart(bound: Bound, first: number, statements: readonly Statement[]): Bound {
  const counted = bound.counted.map((one) => ({ ...one, statement: one.statement - first }))
  if (bound.moved === undefined) return { ...bound, counted }
  const moved = bound.moved.filter(
    ({ statement }) => statement >= first && statement < first + statements.length,
  )
  return { counted, deletes: sumsOf('deleted', moved), updates: sumsOf('updated', moved) }
}

/** As SQL, to run before the statement: the number is told behind the sign, and more of them end the transaction. */
export function countedBefore({ counted }: Bound, statement: number, sign: string): readonly string[] {
  return counted.flatMap(({ kind, table, column, type, rows, written, ...one }, i) => {
    const condition = conditionOf(kind, column, type)
    if (one.statement !== statement || condition === undefined) return []
    const { schema, table: name } = tableName(table)
    const at = `${identifier(schema)}.${identifier(name)}`
    const told = literal(`${sign}${i} `)
    return [
      ...(written === undefined ? [] : [isMeant(written, at)]),
      // The statement takes this lock itself: until it does, nobody may write what nobody has counted.
      `LOCK TABLE ${at} IN ACCESS EXCLUSIVE MODE`,
      `SELECT ${told} || set_config('sekisho.counted', (SELECT count(*) FROM ${at} t WHERE ${condition})::text, true)`,
      `DO $sekisho$ BEGIN IF current_setting('sekisho.counted')::bigint > ${rows} THEN RAISE EXCEPTION 'more would be lost'; END IF; END $sekisho$`,
    ]
  })
}

/** As SQL: ends the transaction where the search path in force leads to another table than the one that is counted. */
const isMeant = (written: string, at: string) =>
  `DO $sekisho$ BEGIN IF pg_catalog.to_regclass(${literal(identifier(written))}) IS DISTINCT FROM pg_catalog.to_regclass(${literal(at)}) THEN RAISE EXCEPTION 'another table is meant'; END IF; END $sekisho$`

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
export const DELETED = movedBy('n_tup_del')
/** The same of rows that it changed. */
export const UPDATED = movedBy('n_tup_upd')

function movedBy(counter: 'n_tup_del' | 'n_tup_upd'): string {
  return `pg_catalog.pg_stat_xact_user_tables WHERE ${counter} > 0 AND schemaname !~ '^pg_temp' AND schemaname <> '${MARKER_SCHEMA}'`
}

/** As SQL: fails where more rows were deleted or changed; the transaction is then rolled back. */
export function movedAtMost({ deletes, updates }: Bound): readonly string[] {
  return [
    ...(deletes === undefined ? [] : [atMost(deletes, DELETED, 'n_tup_del')]),
    ...(updates === undefined ? [] : [atMost(updates, UPDATED, 'n_tup_upd')]),
  ]
}

function atMost(most: Readonly<Record<string, number>>, moved: string, counter: string): string {
  const cases = Object.entries(most).map(([table, rows]) => `WHEN ${literal(table)} THEN ${rows}`)
  const bound = cases.length === 0 ? '0' : `CASE schemaname || '.' || relname ${cases.join(' ')} ELSE 0 END`
  return `DO $sekisho$ BEGIN IF EXISTS (SELECT FROM ${moved} AND ${counter} > ${bound}) THEN RAISE EXCEPTION 'more rows would be moved'; END IF; END $sekisho$`
}

/** Of the rows that were deleted or changed those of which there are more than may be. Pure. */
export function movedBeyond(
  { deletes, updates }: Bound,
  moved: {
    readonly deleted: Readonly<Record<string, number>>
    readonly updated: Readonly<Record<string, number>>
  },
): Record<string, number> {
  const beyond = (most: Bound['deletes'], found: Readonly<Record<string, number>>) =>
    most === undefined ? [] : Object.entries(found).filter(([table, rows]) => rows > (most[table] ?? 0))
  return Object.fromEntries([...beyond(updates, moved.updated), ...beyond(deletes, moved.deleted)])
}
