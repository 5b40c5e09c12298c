// One file on the clone, run as production runs it: under its own markers, within the limits of the rules, and where it takes back a change within its bound.

import { tell } from '../postgres/query.ts'
import type { Bound } from './bound.ts'
import type { MarkerKey } from './marker.ts'
import type { OnClone, SqlText } from './on-clone.ts'
import { cloneKeyed } from './reach.ts'
import { type Ran, runParts } from './run.ts'

/** Several pairs run on one clone: each has markers of its own. */
export const keyOf = (
  { action, up }: Pick<OnClone, 'action' | 'up'>,
  direction: MarkerKey['direction'],
  number: number,
): MarkerKey => ({
  keyed: cloneKeyed,
  execution: `rehearsal ${number}`,
  action: `${action.database} ${up.name}`,
  direction,
})

export function run(
  { action, clone, searchPath, limits, hands, play }: OnClone,
  file: SqlText,
  key: MarkerKey,
  within: { readonly lockMs: number; readonly withinMs: number } = action,
  /** As in production, where it is counted before it is lost. */
  bound?: Bound,
): Promise<Ran> {
  if (play !== undefined) return play.run(key.direction, within)
  const { database, migrator, restorer } = clone
  const { lockMs, withinMs } = within
  return runParts(
    migrator,
    {
      database,
      key,
      parts: file.parts,
      lockMs,
      withinMs,
      searchPath,
      isMeasured: true,
      done: [],
      ...(bound === undefined ? {} : { bound }),
    },
    limits,
    { ...hands, tell: (statement) => tell(restorer, 'postgres', [statement], limits) },
  )
}
