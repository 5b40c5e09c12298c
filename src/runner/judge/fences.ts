// One fence token for each target, none below what this runner has seen and none so far above it that no number would be left for those
// that follow, and no target that an open execution holds.
// INVARIANT I4: fence tokens seen by a runner never fall.
import { type Answer, refused } from '../../base/error.ts'
import type { Plan } from '../../plans/plan.ts'
import { FENCE_JUMP_MAX } from '../../seal/fence.ts'
import type { JournalView, RunOrder } from './input.ts'

export function judgeFences(order: RunOrder, plan: Plan, journal: JournalView): Answer<object> {
  const { change } = order
  const tokens = new Map(order.fences.map(({ target, token }) => [target, token]))
  if (tokens.size !== order.fences.length)
    return refused('judge.fences_wrong', { target: 'one target twice' })
  for (const target of tokens.keys())
    if (!plan.targets.includes(target)) return refused('judge.fences_wrong', { target })
  for (const target of plan.targets) {
    const token = tokens.get(target)
    if (token === undefined) return refused('judge.fences_wrong', { target })
    const highest = journal.fences.get(target) ?? 0
    if (token < highest) return refused('judge.fence_low', { target, token, highest, change })
    if (token > highest + FENCE_JUMP_MAX)
      return refused('judge.fence_high', { target, token, highest, change })
    const execution = journal.holder(target)
    if (execution !== undefined && execution !== order.execution)
      return refused('runner.target_held', { target, execution })
  }
  return { ok: true }
}
