// What enrolling a second approver changes for the one who was alone.
import type { ServiceName } from '../base/id.ts'
import { type CompiledPolicy, isSolo } from '../plans/policy.ts'

/** Services on which one person could approve their own changes, and now needs another. */
export function noLongerAlone(before: CompiledPolicy, after: CompiledPolicy): readonly ServiceName[] {
  return after.services.map(({ name }) => name).filter((name) => isSolo(before, name) && !isSolo(after, name))
}
