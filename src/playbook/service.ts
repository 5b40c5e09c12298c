// The service playbook: start, stop, restart, reload of a declared systemd unit. Diagnostics first, health after. What the plan holds
// is said in plans/playbooks/service.ts, where the judge reads it too.
import { type Answer, refused } from '../base/error.ts'
import type { Plan } from '../plans/plan.ts'
import { type ServiceWork, servicePlan, serviceTimeoutMs } from '../plans/playbooks/service.ts'
import type { CompiledPolicy, Service } from '../plans/policy.ts'
import type { UnitFacts } from '../seal/protocol.ts'

export type ServiceWish = Omit<ServiceWork, 'unit'>

export function planService(
  policy: CompiledPolicy,
  service: Service,
  wish: ServiceWish,
  facts: { readonly unit?: Pick<UnitFacts, 'loaded' | 'active' | 'sub'>; readonly stopTimeoutMs?: number },
): Answer<{ readonly plan: Plan }> {
  const { unit } = service
  if (unit === undefined) return refused('plan.no_unit', { service: service.name })
  const pointless = facts.unit === undefined ? undefined : noChange(wish.verb, facts.unit)
  if (pointless !== undefined) {
    const { active = '', sub = '' } = facts.unit ?? {}
    return refused(pointless, { unit, service: service.name, state: `${active} (${sub})` })
  }
  const timeoutMs = serviceTimeoutMs(wish.verb, facts.stopTimeoutMs)
  return { ok: true, plan: servicePlan(policy, service, { ...wish, unit }, timeoutMs) }
}

/** A verb that finds what it wants is no change, and its way back would take away what ran before. */
function noChange(
  verb: ServiceWish['verb'],
  { loaded, active }: Pick<UnitFacts, 'loaded' | 'active'>,
): 'plan.unit_already' | 'plan.unit_not_running' | 'plan.unit_not_loaded' | undefined {
  const runs = active === 'active' || active === 'reloading' || active === 'refreshing'
  if (verb === 'stop') return active === 'inactive' || active === 'failed' ? 'plan.unit_already' : undefined
  if (!loaded) return 'plan.unit_not_loaded'
  if (verb === 'start') return runs ? 'plan.unit_already' : undefined
  return verb === 'reload' && !runs ? 'plan.unit_not_running' : undefined
}
