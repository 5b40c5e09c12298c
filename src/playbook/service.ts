// The service playbook: start, stop, restart, reload of a declared systemd unit. Diagnostics first, health after. What the plan holds
// is said in seal/service-plan.ts, where the judge reads it too.
import { type Answer, refused } from '../base/error.ts'
import type { Plan } from '../seal/plan.ts'
import type { CompiledPolicy, Service } from '../seal/policy.ts'
import { type ServiceWork, servicePlan, serviceTimeoutMs } from '../seal/service-plan.ts'

export type ServiceWish = Omit<ServiceWork, 'unit'>

export function planService(
  policy: CompiledPolicy,
  service: Service,
  wish: ServiceWish,
  facts: { readonly stopTimeoutMs?: number },
): Answer<{ readonly plan: Plan }> {
  const { unit } = service
  if (unit === undefined) return refused('plan.no_unit', { service: service.name })
  const timeoutMs = serviceTimeoutMs(wish.verb, facts.stopTimeoutMs)
  return { ok: true, plan: servicePlan(policy, service, { ...wish, unit }, timeoutMs) }
}
