// The way back on the clone, and what differs after it: the schema, the order of columns, rows. Where the change itself takes back an earlier one, what it is
// known to lose does not come back by its own way back, and is told with its number.
import type { JsonObject } from '../base/json.ts'
import { type CatalogueEntry, catalogueDifference, reorderedIn, withoutOrder } from '../plans/catalogue.ts'
import type { Limits, Reader } from '../postgres/types.ts'
import type { Problem } from '../seal/journal.ts'
import { bare } from '../sql/lint.ts'
import { type Loss, lossName } from './bound.ts'
import { failure, listProblem, lockedFacts, problemsShown, SHOWN, shownOf } from './facts.ts'
import { sameIn, shapesOf, type TableShape } from './loss.ts'
import type { Names } from './names.ts'
import type { Found, SqlText } from './on-clone.ts'
import {
  type ColumnSums,
  type ContentDifference,
  columnSumsOf,
  contentDifference,
  contentOf,
  type TableContent,
} from './rows.ts'
import type { Ran } from './run.ts'

export interface Before {
  readonly before: readonly CatalogueEntry[]
  readonly rows: readonly TableContent[]
  readonly catalogueNow: () => Promise<readonly CatalogueEntry[]>
  readonly names: Names
}

export interface Lossy {
  /** What the change loses, with numbers; of a change that takes back no other one nothing. */
  readonly losses: readonly Loss[]
  readonly shapes: readonly TableShape[]
  readonly sums: readonly ColumnSums[]
  /** Tables of which it updated rows. */
  readonly updated: ReadonlySet<string>
}

export async function takenBack(
  { database, restorer }: { readonly database: string; readonly restorer: Reader },
  down: SqlText,
  { before, rows, catalogueNow, names }: Before,
  { losses, shapes, sums, updated }: Lossy,
  limits: Limits,
  run: () => Promise<Ran>,
): Promise<Found> {
  const back = await run()
  if (back.why !== undefined)
    return { facts: {}, problems: [failure('schema.down_failed', down.name, back, names)] }
  const problems: Problem[] = []
  const left = catalogueDifference(before, await catalogueNow())
  const other = withoutOrder(left)
  if (other.length > 0) problems.push(listProblem('schema.down_differs', down.name, other, names))
  const differing = contentDifference(rows, await contentOf(restorer, database, limits))
  const is = losses.length === 0 || differing.length === 0 ? [] : await shapesOf(restorer, database, limits)
  const now = is.length === 0 ? [] : await columnSumsOf(restorer, database, is, limits)
  const isTold = ({ table }: ContentDifference) =>
    explained(
      losses.filter((one) => bare(one.table) === bare(table)),
      sums.find((one) => one.table === table),
      now.find((one) => one.table === table),
      sameIn(shapes, is)
        .find((one) => one.before === table)
        ?.columns.map((one) => one.before) ?? [],
      updated.has(table),
    )
  const differ = differing
    .filter((one) => !isTold(one))
    .map((one) => ({
      code: 'schema.rows_differ',
      path: down.name,
      text: JSON.stringify({ ...one, table: names.told(one.table) }),
    }))
  problems.push(...problemsShown(down.name, differ))
  return {
    facts: {
      milliseconds: Math.max(1, back.milliseconds),
      locked: lockedFacts(back, names),
      ...wayBackFacts(
        reorderedIn(left),
        losses.filter((one) => differing.some(({ table }) => bare(table) === bare(one.table))),
        names,
      ),
    },
    problems,
  }
}

/** `differing`: losses in tables whose rows are not what they were. */
function wayBackFacts(reordered: readonly string[], differing: readonly Loss[], names: Names): JsonObject {
  const lost = differing
    .filter(({ rows }) => rows > 0)
    .map((one) => ({ what: names.told(lossName(one)), rows: one.rows }))
  const tables = reordered.map((table) => names.told(table))
  return {
    ...(tables.length === 0 ? {} : shownOf('reordered', tables, SHOWN)),
    ...(lost.length === 0 ? {} : shownOf('notBack', lost, SHOWN)),
  }
}

/**
 * Is the difference nothing but what the change was counted to lose? Of a table that keeps its rows every other column must be as before. Where rows are gone
 * the sums of those that stay are not known, so that nothing may have been updated in them. Pure.
 */
export function explained(
  losses: readonly Loss[],
  before: ColumnSums | undefined,
  after: ColumnSums | undefined,
  columns: readonly string[],
  isUpdated: boolean,
): boolean {
  if (losses.length === 0 || before === undefined || after === undefined) return false
  if (losses.some(({ kind }) => kind === 'table')) return true
  const gone = losses.flatMap(({ kind, rows }) => (kind === 'rows' || kind === 'deleted' ? [rows] : []))
  if (gone.length > 0)
    return !isUpdated && before.rows - after.rows <= gone.reduce((sum, one) => sum + one, 0)
  const lost = new Set(losses.flatMap(({ column }) => column ?? []))
  return (
    before.rows === after.rows &&
    columns.every((name) => lost.has(name) || before.sums[name] === after.sums[name])
  )
}
