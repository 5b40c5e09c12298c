// A change that lets a column be NULL is for rows that have NULL there: such rows are written into the migrated clone, and what its way back does with them is
// told. Where its file accepts that rows go, it does not block.
import type { Limits } from '../postgres/types.ts'
import { acceptsRows } from './back-takes.ts'
import type { Clone } from './clone.ts'
import { failure } from './facts.ts'
import { countLost, freedIn, sameIn, shapesOf, type TableShape } from './loss.ts'
import type { Names } from './names.ts'
import type { Found, SqlText } from './on-clone.ts'
import type { Ran } from './run.ts'
import { deleteWritten, writeNulls } from './write-rows.ts'

export interface NullsBack {
  readonly up: SqlText
  readonly down: SqlText
  /** Of before the change. */
  readonly shapes: readonly TableShape[]
  readonly names: Names
}

/** Afterwards the clone is as it was before. */
export async function nullsBack(
  { database, restorer }: Pick<Clone, 'database' | 'restorer'>,
  { up, down, shapes, names }: NullsBack,
  limits: Limits,
  run: (direction: 'up' | 'down', number: number) => Promise<Ran>,
): Promise<Found> {
  const again = await run('up', 4)
  if (again.why !== undefined)
    return { facts: {}, problems: [failure('schema.up_again_failed', up.name, again, names)] }
  const now = await shapesOf(restorer, database, limits)
  const written = await writeNulls(restorer, database, now, freedIn(shapes, now), limits)
  const back = await run('down', 4)
  const fails = back.why !== undefined
  if (fails) {
    // With these rows it stays up: they go, and it is taken back.
    await deleteWritten(restorer, database, now, limits)
    const after = await run('down', 5)
    if (after.why !== undefined)
      return { facts: {}, problems: [failure('schema.down_failed', down.name, after, names)] }
  }
  const lost = fails
    ? []
    : await countLost(
        restorer,
        database,
        sameIn(shapes, now),
        await shapesOf(restorer, database, limits),
        limits,
      )
  const nulls = written.map(({ table, columns, added }) => {
    const { rows = 0, updates = 0 } = lost.find((one) => one.table === table) ?? {}
    return {
      table: names.told(table),
      columns: columns.map((one) => names.told(one)),
      added,
      lost: rows + updates,
      fails,
    }
  })
  const harmed = acceptsRows(down.sql) ? [] : nulls.filter((one) => one.lost > 0 || one.fails)
  return {
    facts: nulls.length === 0 ? {} : { nulls },
    problems: harmed.map((one) => ({
      code: one.fails ? 'schema.nulls_hold' : 'schema.nulls_lost',
      path: down.name,
      text: JSON.stringify(one),
    })),
  }
}
