// The one plan that ends the isolation of a host. The gate makes it, and the judge makes it again and compares.
import { type ChangeId, type IncidentId, isolationTarget } from '../../base/id.ts'
import { canonical, type Json } from '../../base/json.ts'
import type { Instant } from '../../base/time.ts'
import type { Plan } from '../plan.ts'
import type { CompiledPolicy, Service } from '../policy.ts'

const TIMEOUT_MS = 30_000

export interface ReconnectWork {
  readonly change: ChangeId
  readonly revision: number
  readonly incident: IncidentId
  readonly window?: { readonly from: Instant; readonly until: Instant }
}

/** There is no way back but another isolation, which asks for a new login anew. */
export function isolationPlan(
  { rules }: { readonly rules: Pick<CompiledPolicy['rules'], 'keepSeconds'> },
  service: Pick<Service, 'host' | 'name'>,
  { change, revision, incident, window }: ReconnectWork,
): Plan {
  return {
    v: 1,
    change,
    revision,
    host: service.host,
    service: service.name,
    pattern: 'isolation',
    playbook: 'isolation/1',
    targets: [isolationTarget(service.host)],
    actions: [{ id: '1', action: { kind: 'endIsolation', incident }, undo: [], timeoutMs: TIMEOUT_MS }],
    pre: [],
    proof: [{ kind: 'connected', incident }],
    diagnostics: false,
    keep: { by: 'proof', seconds: rules.keepSeconds },
    ...(window === undefined ? {} : { window }),
  }
}

export function isIsolationPlan(plan: Plan, policy: CompiledPolicy, service: Service): boolean {
  const [only, ...more] = plan.actions
  if (only === undefined || more.length > 0 || only.action.kind !== 'endIsolation') return false
  const { change, revision, window } = plan
  const { incident } = only.action
  const work = { change, revision, incident, ...(window === undefined ? {} : { window }) }
  return (
    canonical(isolationPlan(policy, service, work) as unknown as Json) === canonical(plan as unknown as Json)
  )
}
