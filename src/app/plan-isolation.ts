// The plan that ends an isolation, and what it opens: the ports on which this machine listens for others now.
import { type Answer, SekishoError } from '../base/error.ts'
import type { ChangeId } from '../base/id.ts'
import type { Wishes } from '../change/change.ts'
import type { Plan } from '../plans/plan.ts'
import { isolationPlan } from '../plans/playbooks/isolation.ts'
import type { CompiledPolicy, Service } from '../plans/policy.ts'
import type { Gathered, Planned } from './plan-change.ts'

export function planReconnect(
  policy: CompiledPolicy,
  service: Service,
  common: { readonly change: ChangeId; readonly revision: number } & Pick<Wishes, 'window'>,
  { incident }: Wishes,
): Plan {
  if (incident === undefined) throw new SekishoError('input.invalid', { field: 'incident', why: 'isolation' })
  return isolationPlan(policy, service, { ...common, incident })
}

export const withPorts = (
  answer: Answer<Planned>,
  { openPorts: listeners = [] }: Pick<Gathered, 'openPorts'>,
): Answer<Planned> => (answer.ok ? { ...answer, impact: { ...answer.impact, listeners } } : answer)
