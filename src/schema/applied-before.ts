// What `up` finds already there: was all of it applied before, by hand or by another tool, or a part of it? The way back and one more run tell on the clone.
import type { Problem } from '../seal/journal.ts'
import type { Ran } from './run.ts'

const THERE = /already exists/i

/**
 * Undefined where `up` failed for another reason. `again` runs on the clone, which nobody looks at afterwards: `down`, and behind it `up`.
 */
export async function appliedBefore(
  failed: Ran,
  file: string,
  again: (direction: 'down' | 'up') => Promise<Ran>,
): Promise<Problem | undefined> {
  const why = failed.why ?? ''
  if (!THERE.test(why)) return undefined
  const whole = (await again('down')).why === undefined && (await again('up')).why === undefined
  return {
    code: whole ? 'schema.applied_by_hand' : 'schema.half_applied',
    path: file,
    text: why.slice(0, 500),
  }
}
