// A plan over unrelated configuration files is a finding (S54).
import { unrelatedFiles } from '../plans/concerns.ts'
import { type CompiledPolicy, serviceOf } from '../plans/policy.ts'
import type { Change } from './change.ts'
import type { Disagreement } from './impact.ts'

/** What takes a change back takes all of it back. */
export function concernsOf(
  { plan, service, takesBack }: Pick<Change, 'plan' | 'service' | 'takesBack'>,
  policy: CompiledPolicy,
): readonly Disagreement[] {
  const declared = serviceOf(policy, service)
  if (plan === undefined || declared === undefined || takesBack !== undefined) return []
  const parts = unrelatedFiles(plan, declared)
  if (parts.length === 0) return []
  return [{ code: 'disagreement.concerns', detail: { value: parts.map(([first = '']) => first).join(', ') } }]
}
