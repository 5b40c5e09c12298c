// A restart that an incident ordered and that nobody has begun is asked for no longer when the incident ends.
import type { ChangeId } from '../base/id.ts'
import { next } from '../change/change.ts'
import { loadChange } from '../change/store.ts'
import type { Incident } from '../incident/incident.ts'
import type { Act } from './gate.ts'

/** In the transaction that ends the incident. The changes that were withdrawn. */
export async function withdrawRestarts(
  step: Act,
  { id, recoveries }: Incident,
): Promise<readonly ChangeId[]> {
  const withdrawn: ChangeId[] = []
  for (const { change } of recoveries.filter(({ what }) => what === 'restart')) {
    const stored = await loadChange(step.tx, change)
    const { instruction, executions, state, revision } = stored.change
    // One that a person made, and one that ran, is theirs.
    if (instruction.channel !== `incident ${id}` || executions.length > 0) continue
    const to = next(state, 'withdraw')
    if (!to.ok) continue
    await step.record('change.withdrawn', change, { revision, incident: id })
    await step.save(stored, { ...stored.change, state: to.state })
    withdrawn.push(change)
  }
  return withdrawn
}
