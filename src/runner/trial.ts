// Validation and trial of one plan (spine §5): each kind of file by its own validator, then actions and undo on copies.
import type { TrialCheck } from '../seal/journal.ts'
import type { Plan } from '../seal/plan.ts'
import type { RunnerParts } from './parts.ts'

export async function tryPlan(_plan: Plan, _parts: RunnerParts): Promise<readonly TrialCheck[]> {
  return []
}
