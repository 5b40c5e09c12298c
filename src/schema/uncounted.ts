// What a way back takes and no number names: tables and columns that are gone after it on the clone, and what could not be counted before it.
import { type Decoder, decode, list, text } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import type { JsonObject } from '../base/json.ts'
import { ask, tableName } from '../postgres/query.ts'
import type { Limits, Reader } from '../postgres/types.ts'
import type { Problem } from '../seal/journal.ts'
import type { AtRisk, Finding } from '../sql/lint.ts'
import { head, type Part } from '../sql/statements.ts'
import { type Counted, conditionOf, type Risked } from './at-risk.ts'
import { LOSSES_MAX, lossName } from './bound.ts'
import { problemsShown } from './facts.ts'
import type { TableShape } from './loss.ts'
import type { Names } from './names.ts'
import type { SqlText } from './on-clone.ts'
import type { Ran } from './run.ts'

/** A partition or a table that inherits, and what it belongs to. */
export interface Belongs {
  readonly table: string
  readonly parent: string
}

const pairs: Decoder<readonly (readonly string[])[]> = list(list(text({ max: 140 }), 2), 100_000)

export async function belongsIn(
  reader: Reader,
  database: string,
  limits: Limits,
): Promise<readonly Belongs[]> {
  const name = (one: string) => `${one}n.nspname || '.' || ${one}.relname`
  const from = (one: string, key: string) =>
    `JOIN pg_class ${one} ON ${one}.oid = i.${key} JOIN pg_namespace ${one}n ON ${one}n.oid = ${one}.relnamespace`
  const read = decode(
    pairs,
    await ask(
      reader,
      database,
      `SELECT coalesce(json_agg(json_build_array(${name('c')}, ${name('p')})), '[]') FROM pg_inherits i ${from('c', 'inhrelid')} ${from('p', 'inhparent')} WHERE c.relkind IN ('r', 'p')`,
      limits,
    ),
  )
  if (!read.ok) throw new SekishoError('backup.db_query_failed', { database, why: `${read.at}: ${read.why}` })
  return read.value.map(([table = '', parent = '']) => ({ table, parent }))
}

interface Taken {
  readonly table: string
  readonly column?: string
}

/** By number, not by name: what was made anew under the same name is not what was there. Pure. */
export function goneIn(before: readonly TableShape[], after: readonly TableShape[]): readonly Taken[] {
  const now = new Map(after.map((one) => [one.oid, one]))
  return before.flatMap(({ table, oid, columns }): Taken[] => {
    const left = now.get(oid)
    if (left === undefined) return [{ table }]
    const numbers = new Set(left.columns.map(({ number }) => number))
    return columns.filter(({ number }) => !numbers.has(number)).map(({ name }) => ({ table, column: name }))
  })
}

/** A name without a schema is that of `public`. */
const whole = (name: string) => {
  const { schema, table } = tableName(name)
  return `${schema}.${table}`
}

/** What is gone and no counted statement names, and what should have been counted and could not be. Pure. */
export function uncountedIn(
  gone: readonly Taken[],
  risks: readonly AtRisk[],
  counted: readonly Counted[],
  belongs: readonly Belongs[],
): readonly Taken[] {
  const isNamed = ({ table, column }: Taken): boolean =>
    counted.some(
      (one) =>
        whole(one.table) === table &&
        (one.kind === 'table' || (one.kind === 'column' && column !== undefined && one.column === column)),
    ) ||
    // The rows of a partition are counted with those of its table.
    belongs.some(
      (one) =>
        one.table === table &&
        one.parent !== table &&
        isNamed({ table: one.parent, ...(column === undefined ? {} : { column }) }),
    )
  // A table or column that is not there may be dropped with IF EXISTS; what is emptied or converted is there under some name.
  const missed = risks.filter(
    ({ kind, table, column, type, statement }) =>
      (kind === 'rows' || kind === 'type') &&
      conditionOf(kind, column, type) !== undefined &&
      !counted.some(
        (one) =>
          one.kind === kind && one.table === table && one.column === column && one.statement === statement,
      ),
  )
  return [...gone.filter((one) => !isNamed(one)), ...missed]
}

/** Statements that PostgreSQL runs in no transaction, and that take no row: what they detach stays in a table of its own. */
const OUTSIDE = [
  [/^CREATE (UNIQUE )?INDEX\b/, 'CREATE INDEX CONCURRENTLY'],
  [/^DROP INDEX\b/, 'DROP INDEX CONCURRENTLY'],
  [/^REINDEX\b/, 'REINDEX CONCURRENTLY'],
  [/^VACUUM\b/, 'VACUUM'],
  [/^CLUSTER\b/, 'CLUSTER'],
  [/^ALTER TYPE\b/, 'ALTER TYPE ADD VALUE'],
  [/^ALTER TABLE\b/, 'DETACH PARTITION CONCURRENTLY'],
] as const

const outside = (parts: readonly Part[]) =>
  parts
    .filter(({ alone }) => alone)
    .flatMap(({ statements }) => statements)
    .map((one) => ({
      line: one.line,
      statement: OUTSIDE.find(([form]) => form.test(head(one, 3)))?.[1],
    }))

/** Nothing can be counted before their COMMIT, so that no bound holds for them: told on the card. Pure. */
export const unboundedIn = (parts: readonly Part[]): JsonObject[] =>
  outside(parts).flatMap(({ line, statement }) => (statement === undefined ? [] : [{ line, statement }]))

/** More than a card shows and production bounds. Pure. */
export function tooMany(
  { name, parts }: Pick<SqlText, 'name' | 'parts'>,
  losses: number,
): readonly Problem[] {
  const count = losses + unboundedIn(parts).length
  return count > LOSSES_MAX
    ? [
        {
          code: 'schema.not_counted',
          path: name,
          text: JSON.stringify({ count, most: LOSSES_MAX }),
        },
      ]
    : []
}

/**
 * Tables that a statement gave new files, and no rule of the text names: TRUNCATE in a trigger or a function leaves an empty table as it was, and takes what
 * is written until the run. Where no rule speaks of the statement at all, `unseen` tells it. `before`: tables that were there before the first statement; what
 * a name means that none of them had then was made or renamed by the file. Pure.
 */
export function rewrittenBeside(
  { statements }: Pick<Ran, 'statements'>,
  findings: readonly Finding[],
  { counted, unknown, tableOf }: Pick<Risked, 'counted' | 'unknown' | 'tableOf'>,
  belongs: readonly Belongs[],
  before: ReadonlySet<string>,
): readonly Taken[] {
  const isOf = (table: string, name: string): boolean =>
    table === name ||
    (!name.includes('.') && table.endsWith(`.${name}`) && !before.has(table)) ||
    belongs.some((one) => one.table === table && one.parent !== table && isOf(one.parent, name))
  return statements.flatMap(({ statement, rewritten }) => {
    const spoken = findings.filter((one) => one.statement === statement)
    if (spoken.length === 0 || spoken.some(({ rule }) => rule === 'full_rewrite')) return []
    const known = [
      ...spoken.map((one) => tableOf(one) ?? one.table),
      ...counted.filter((one) => one.statement === statement).map(({ table }) => whole(table)),
    ]
    // Told already by the name that nobody can read.
    const told = unknown.filter((one) => one.statement === statement)
    return rewritten
      .filter((table) => !known.some((name) => isOf(table, name)))
      .filter((table) => !told.some((one) => table.endsWith(`.${one.table}`)))
      .map((table) => ({ table }))
  })
}

/** Its loss has no number on the card and no bound in production: nobody can approve it. */
export function uncounted(
  up: SqlText,
  shapes: { readonly before: readonly TableShape[]; readonly after: readonly TableShape[] },
  risked: Risked,
  belongs: readonly Belongs[],
  {
    ran,
    findings,
    names,
  }: { readonly ran: Ran; readonly findings: readonly Finding[]; readonly names: Names },
): readonly Problem[] {
  const gone = goneIn(shapes.before, shapes.after)
  const found = [
    ...uncountedIn(gone, risked.risks, risked.counted, belongs),
    ...risked.unknown,
    ...rewrittenBeside(ran, findings, risked, belongs, new Set(shapes.before.map(({ table }) => table))),
  ].map((one) => names.told(lossName(one)))
  const open = outside(up.parts).flatMap(({ line, statement }) =>
    statement === undefined ? [`${up.name}:${line}`] : [],
  )
  return problemsShown(
    up.name,
    [...new Set([...found, ...open])].map((what) => ({
      code: 'schema.not_counted',
      path: up.name,
      text: JSON.stringify({ what }),
    })),
  )
}
