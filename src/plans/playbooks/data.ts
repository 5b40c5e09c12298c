// The one plan that the data playbook makes of what was laid out for a restore. The gate makes it, and the judge makes it again of what this
// runner laid out itself, and compares: what is exchanged, in which order, and how it is taken back is never the gate's choice.
import {
  byteOrder,
  type ChangeId,
  databaseTarget,
  dataTarget,
  type TargetId,
  unitTarget,
} from '../../base/id.ts'
import { canonical, type Json } from '../../base/json.ts'
import type { Instant } from '../../base/time.ts'
import type { Plan, PlannedAction, UndoStep } from '../plan.ts'
import type { CompiledPolicy, Service } from '../policy.ts'
import type { Proof } from '../proofs.ts'
import { actionsOf, type RestoreAction, type Staged, type StagedPart } from '../restore.ts'
import { SERVICE_STABLE_MS, serviceTimeoutMs } from './service.ts'

export interface DataWork {
  readonly change: ChangeId
  readonly revision: number
  readonly staged: Staged
  readonly window?: { readonly from: Instant; readonly until: Instant }
}

/** Reads as much as was read for the preview: a large file takes its time. */
const ASSERT_TIMEOUT_MS = 1_800_000
/** And once more when the door is shut, before anybody is let in. */
const EXCHANGE_TIMEOUT_MS = ASSERT_TIMEOUT_MS + 120_000

/**
 * Stop, compare once more what would be lost, exchange, start. Where no unit is declared nobody stops the writers, and the comparison stands right
 * before the exchange.
 */
export function dataPlan(
  policy: CompiledPolicy,
  service: Service,
  { change, revision, staged, window }: DataWork,
): Plan {
  const { unit } = service
  const work = actionsOf(staged).map((action) => planned(action))
  const actions: readonly Omit<PlannedAction, 'id'>[] =
    unit === undefined
      ? work
      : [
          {
            action: { kind: 'unit', verb: 'stop', unit },
            undo: [{ kind: 'unit', verb: 'start', unit }],
            timeoutMs: serviceTimeoutMs('stop'),
          },
          ...work,
          {
            action: { kind: 'unit', verb: 'start', unit },
            undo: [{ kind: 'unit', verb: 'stop', unit }],
            timeoutMs: serviceTimeoutMs('start'),
          },
        ]
  return {
    v: 1,
    change,
    revision,
    host: service.host,
    service: service.name,
    pattern: 'data',
    playbook: 'data/1',
    targets: targetsOf(service, staged.parts),
    actions: actions.map((one, i) => ({ id: String(i + 1), ...one })),
    pre: [],
    proof: proofOf(service, staged.parts),
    diagnostics: true,
    keep: { by: 'proof', seconds: policy.rules.keepSeconds },
    ...(window === undefined ? {} : { window }),
  }
}

function planned(action: RestoreAction): Omit<PlannedAction, 'id'> {
  const back: readonly UndoStep[] = action.kind === 'assertLoss' ? [] : [{ kind: 'putBack' }]
  const timeoutMs = action.kind === 'assertLoss' ? ASSERT_TIMEOUT_MS : EXCHANGE_TIMEOUT_MS
  return { action, undo: back, timeoutMs }
}

/** What it is about: no two of these are inside at once. */
export function targetsOf(service: Service, parts: readonly StagedPart[]): readonly TargetId[] {
  const { host, unit } = service
  const all = parts.map((one) =>
    one.kind === 'database'
      ? databaseTarget(host, one.port, one.database)
      : dataTarget(host, directoryOf(service, one)),
  )
  if (unit !== undefined) all.push(unitTarget(host, unit))
  return [...new Set(all)].sort(byteOrder)
}

/** A single file is a matter of its whole data directory: two at once could not both be right. */
function directoryOf({ data = [] }: Service, { item, path }: Extract<StagedPart, { kind: 'exchange' }>) {
  return data.find(({ name }) => name === item)?.dir ?? path
}

function proofOf(service: Service, parts: readonly StagedPart[]): readonly Proof[] {
  const restored = parts.map(
    (one): Proof => ({
      kind: 'restored',
      item: one.item,
      what: one.kind === 'database' ? one.database : one.path,
    }),
  )
  const { unit, health } = service
  return [
    ...restored,
    ...(unit === undefined
      ? []
      : [{ kind: 'running', unit, active: true, newer: true, stableMs: SERVICE_STABLE_MS } as const]),
    ...(health === undefined ? [] : [{ kind: 'health' } as const]),
  ]
}

/** Is this exactly the plan that the playbook makes of what this runner laid out? */
export function isDataPlan(plan: Plan, policy: CompiledPolicy, service: Service, staged: Staged): boolean {
  const { change, revision, window } = plan
  const work = { change, revision, staged, ...(window === undefined ? {} : { window }) }
  const own = dataPlan(policy, service, work)
  return canonical(own as unknown as Json) === canonical(plan as unknown as Json)
}

/** The stage that a plan of this pattern names; all of its actions name one. */
export function stageOf(plan: Plan): string | undefined {
  const stages = plan.actions.flatMap(({ action }) => ('stage' in action ? [action.stage] : []))
  return stages[0] !== undefined && stages.every((one) => one === stages[0]) ? stages[0] : undefined
}
