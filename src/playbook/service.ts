// The service playbook: start, stop, restart, reload of a declared systemd unit. Diagnostics first, health after.
import { type Answer, refused } from '../base/error.ts'
import { type ChangeId, unitTarget } from '../base/id.ts'
import type { Instant } from '../base/time.ts'
import type { Plan, Proof, UndoStep, UnitVerb } from '../seal/plan.ts'
import { SERVICE_STABLE_MS } from '../seal/playbooks.ts'
import type { CompiledPolicy, Service } from '../seal/policy.ts'

export interface ServiceWish {
  readonly change: ChangeId
  readonly revision: number
  readonly verb: UnitVerb
  readonly window?: { readonly from: Instant; readonly until: Instant }
}

const RELOAD_TIMEOUT_MS = 60_000
const START_MARGIN_MS = 100_000
const DEFAULT_STOP_MS = 90_000

export function planService(
  policy: CompiledPolicy,
  service: Service,
  wish: ServiceWish,
  facts: { readonly stopTimeoutMs?: number },
): Answer<{ readonly plan: Plan }> {
  const { unit } = service
  if (unit === undefined) return refused('plan.no_unit', { service: service.name })
  const { verb } = wish
  const undo: readonly UndoStep[] =
    verb === 'stop'
      ? [{ kind: 'unit', verb: 'start', unit }]
      : verb === 'start'
        ? [{ kind: 'unit', verb: 'stop', unit }]
        : []
  const proof: Proof[] = [
    {
      kind: 'running',
      unit,
      active: verb !== 'stop',
      newer: verb === 'restart' || verb === 'start',
      stableMs: SERVICE_STABLE_MS,
    },
  ]
  if (verb !== 'stop' && service.health !== undefined) proof.push({ kind: 'health' })
  const timeoutMs =
    verb === 'reload'
      ? RELOAD_TIMEOUT_MS
      : Math.min((facts.stopTimeoutMs ?? DEFAULT_STOP_MS) + START_MARGIN_MS, 3_600_000)
  return {
    ok: true,
    plan: {
      v: 1,
      change: wish.change,
      revision: wish.revision,
      host: service.host,
      service: service.name,
      pattern: 'service',
      playbook: 'service/1',
      targets: [unitTarget(service.host, unit)],
      actions: [{ id: '1', action: { kind: 'unit', verb, unit }, undo, timeoutMs }],
      pre: verb === 'reload' ? [{ kind: 'unit', unit, active: true }] : [],
      proof,
      diagnostics: true,
      keep: { by: 'proof', seconds: policy.rules.keepSeconds },
      ...(wish.window === undefined ? {} : { window: wish.window }),
    },
  }
}
