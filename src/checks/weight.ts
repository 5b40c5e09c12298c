// Where a check is counted: the same in `status`, in `check list` and in their exit codes. Pure.
import type { CheckGroup } from './definition.ts'
import type { CheckState } from './result.ts'

export interface Weighed {
  readonly state: CheckState | 'not_looked_at'
  readonly group?: CheckGroup | undefined
  /** Its open finding. */
  readonly finding?: string | undefined
}

/** `weekly`: an item of the weekly check that is not good; a new installation has not tried a restore yet, and is calm. */
export type Place = CheckState | 'weekly'

export function placeOf({ state, group, finding }: Weighed): Place {
  if (state === 'not_looked_at') return 'no_data'
  if (state === 'good' || group !== 'weekly') return state
  return state === 'no_data' && finding === undefined ? 'no_data' : 'weekly'
}

/** Nobody knows how it stands, and it must be known. */
export function isUnknown(one: Weighed): boolean {
  const place = placeOf(one)
  return place === 'late' || (place === 'no_data' && one.finding !== undefined)
}

/** It asks for somebody: red, late, or without data where data must be. */
export const asksForSomebody = (one: Weighed): boolean => placeOf(one) === 'red' || isUnknown(one)
