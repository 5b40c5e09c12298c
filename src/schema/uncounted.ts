// What a way back takes and no number names: tables and columns that are gone after it on the clone, and what could not be counted before it.
import { type Decoder, decode, list, text } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import { ask, tableName } from '../postgres/query.ts'
import type { Limits, Reader } from '../postgres/types.ts'
import type { Problem } from '../seal/journal.ts'
import { type AtRisk, atRiskIn } from '../sql/lint.ts'
import { type Counted, conditionOf } from './at-risk.ts'
import { lossName } from './bound.ts'
import { SHOWN } from './facts.ts'
import type { TableShape } from './loss.ts'
import type { Names } from './names.ts'
import type { SqlText } from './on-clone.ts'

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

interface Part {
  readonly table: string
  readonly column?: string
}

/** By number, not by name: what was made anew under the same name is not what was there. Pure. */
export function goneIn(before: readonly TableShape[], after: readonly TableShape[]): readonly Part[] {
  const now = new Map(after.map((one) => [one.oid, one]))
  return before.flatMap(({ table, oid, columns }): Part[] => {
    const left = now.get(oid)
    if (left === undefined) return [{ table }]
    const numbers = new Set(left.columns.map(({ number }) => number))
    return columns.filter(({ number }) => !numbers.has(number)).map(({ name }) => ({ table, column: name }))
  })
}

/** What is gone and no counted statement names, and what should have been counted and could not be. Pure. */
export function uncountedIn(
  gone: readonly Part[],
  risks: readonly AtRisk[],
  counted: readonly Counted[],
  belongs: readonly Belongs[],
): readonly Part[] {
  const whole = (table: string) => {
    const name = tableName(table)
    return `${name.schema}.${name.table}`
  }
  const isNamed = ({ table, column }: Part): boolean =>
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

/** Its loss has no number on the card and no bound in production: nobody can approve it. */
export function uncounted(
  up: SqlText,
  shapes: { readonly before: readonly TableShape[]; readonly after: readonly TableShape[] },
  counted: readonly Counted[],
  belongs: readonly Belongs[],
  names: Names,
): readonly Problem[] {
  const gone = goneIn(shapes.before, shapes.after)
  const found = uncountedIn(gone, atRiskIn(up.statements), counted, belongs).map((one) =>
    names.told(lossName(one)),
  )
  return [...new Set(found)].slice(0, SHOWN).map((what) => ({
    code: 'schema.not_counted',
    path: up.name,
    text: JSON.stringify({ what }),
  }))
}
