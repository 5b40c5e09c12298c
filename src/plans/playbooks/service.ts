// The one plan that the service playbook makes of a service and a verb. The gate makes it, and the judge makes it again and compares:
// what a plan of this pattern does, proves and takes back is never the gate's choice.
import { type ChangeId, unitTarget } from '../../base/id.ts'
import { canonical, type Json } from '../../base/json.ts'
import type { Instant } from '../../base/time.ts'
import type { UnitVerb } from '../actions/unit.ts'
import type { Plan, UndoStep } from '../plan.ts'
import type { CompiledPolicy, Service } from '../policy.ts'
import type { Proof } from '../proofs.ts'

/** How long a unit must stay as it is before it counts as running. */
export const SERVICE_STABLE_MS = 2000

export interface ServiceWork {
  readonly change: ChangeId
  readonly revision: number
  readonly verb: UnitVerb
  readonly unit: string
  readonly window?: { readonly from: Instant; readonly until: Instant }
}

/** What of a service decides its plans. */
type ServiceIn = Pick<Service, 'host' | 'name'> & { readonly health?: object | undefined }

const RELOAD_TIMEOUT_MS = 60_000
/** Start time-out of systemd (90 s) and a margin, on top of the unit's own stop time-out. */
const START_MARGIN_MS = 100_000
const LONGEST_MS = 3_600_000
const DEFAULT_STOP_MS = 90_000

export function serviceTimeoutMs(verb: UnitVerb, stopTimeoutMs = DEFAULT_STOP_MS): number {
  return verb === 'reload' ? RELOAD_TIMEOUT_MS : Math.min(stopTimeoutMs + START_MARGIN_MS, LONGEST_MS)
}

export function servicePlan(
  policy: { readonly rules: Pick<CompiledPolicy['rules'], 'keepSeconds'> },
  service: ServiceIn,
  { change, revision, verb, unit, window }: ServiceWork,
  timeoutMs: number,
): Plan {
  return {
    v: 1,
    change,
    revision,
    host: service.host,
    service: service.name,
    pattern: 'service',
    playbook: 'service/1',
    targets: [unitTarget(service.host, unit)],
    actions: [{ id: '1', action: { kind: 'unit', verb, unit }, undo: undoOf(verb, unit), timeoutMs }],
    pre: preOf(verb, unit),
    proof: proofOf(verb, unit, service),
    diagnostics: true,
    keep: { by: 'proof', seconds: policy.rules.keepSeconds },
    ...(window === undefined ? {} : { window }),
  }
}

/** What came up by itself is not started any more, and what is down reads nothing again. */
function preOf(verb: UnitVerb, unit: string): Plan['pre'] {
  if (verb === 'start' || verb === 'reload') return [{ kind: 'unit', unit, active: verb === 'reload' }]
  return []
}

/** A restart or reload has no way back; it is never given one. */
function undoOf(verb: UnitVerb, unit: string): readonly UndoStep[] {
  switch (verb) {
    case 'stop':
      return [{ kind: 'unit', verb: 'start', unit }]
    case 'start':
      return [{ kind: 'unit', verb: 'stop', unit }]
    case 'restart':
    case 'reload':
      return []
  }
}

function proofOf(verb: UnitVerb, unit: string, service: ServiceIn): readonly Proof[] {
  const newer = verb === 'restart' || verb === 'start'
  const running: Proof = {
    kind: 'running',
    unit,
    active: verb !== 'stop',
    newer,
    stableMs: SERVICE_STABLE_MS,
  }
  return verb !== 'stop' && service.health !== undefined ? [running, { kind: 'health' }] : [running]
}

/**
 * Is this exactly the plan that the playbook makes for this service? The time-out alone comes from facts of the host: it is held
 * between the shortest and the longest that the playbook can give.
 */
export function isServicePlan(plan: Plan, policy: CompiledPolicy, service: Service): boolean {
  const [only, ...more] = plan.actions
  const { unit } = service
  if (only === undefined || more.length > 0 || only.action.kind !== 'unit' || unit === undefined) return false
  const { verb } = only.action
  const { change, revision, window } = plan
  const { timeoutMs } = only
  if (timeoutMs < serviceTimeoutMs(verb, 0) || timeoutMs > serviceTimeoutMs(verb, LONGEST_MS)) return false
  const work = { change, revision, verb, unit, ...(window === undefined ? {} : { window }) }
  const own = servicePlan(policy, service, work, timeoutMs)
  return canonical(own as unknown as Json) === canonical(plan as unknown as Json)
}
