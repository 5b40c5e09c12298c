// The plan: frozen data that holds whatever decides the outcome. A closed union of actions, no free argv.
// One pure function (render.ts) of plan and compiled policy says what will be run; the runner runs exactly that.
import type { Level } from '../backup/level.ts'
import {
  boolean,
  type Decoder,
  integer,
  list,
  literal,
  matching,
  object,
  optional,
  text,
  union,
} from '../base/decode.ts'
import { type Digest, labelledDigest } from '../base/hash.ts'
import {
  type ChangeId,
  isChangeId,
  isServiceName,
  isTargetId,
  type ServiceName,
  type TargetId,
} from '../base/id.ts'
import type { Json } from '../base/json.ts'
import { type Instant, isInstant } from '../base/time.ts'
import type { NamedBlob } from './actions/action-kind.ts'
import { type DaemonReload, daemonReloadDecoder } from './actions/daemon-reload.ts'
import { type UnitAction, unitDecoder, unitName } from './actions/unit.ts'
import { type Action, actionDecoder, blobsOf, replacedBy } from './actions.ts'
import type { FileChange } from './file-state.ts'
import { PATTERN_LIST, type Pattern, PLAYBOOKS, type Playbook } from './patterns.ts'
import { type Proof, proofDecoder } from './proofs.ts'

/** Undo of one action, in order. Undo of a plan goes backwards over every action that may have taken effect. */
export type UndoStep = { readonly kind: 'putBack' } | UnitAction | DaemonReload

export interface PlannedAction {
  /** `1`, `2`, … in order. */
  readonly id: string
  readonly action: Action
  readonly undo: readonly UndoStep[]
  readonly timeoutMs: number
}

/** Holds at the start or the plan does not start; facts that live minutes are here and never sealed. */
export type Assertion =
  | { readonly kind: 'health' }
  | { readonly kind: 'unit'; readonly unit: string; readonly active: boolean }
  /** The service's data is changed: a copy that counts, read as far as this, not older than a day (S06, S08). */
  | { readonly kind: 'backup'; readonly level: Level }

export interface Plan {
  readonly v: 1
  readonly change: ChangeId
  readonly revision: number
  readonly host: string
  readonly service: ServiceName
  readonly pattern: Pattern
  readonly playbook: Playbook
  /** Locked and fenced as a set, in byte order. */
  readonly targets: readonly TargetId[]
  readonly actions: readonly PlannedAction[]
  readonly pre: readonly Assertion[]
  readonly proof: readonly Proof[]
  /** Status, journal and error log are sealed before the first action (service pattern). */
  readonly diagnostics: boolean
  readonly keep: { readonly by: 'proof' | 'person'; readonly seconds: number }
  readonly window?: { readonly from: Instant; readonly until: Instant }
  /** The service's declared health was red when this was planned: no health is asserted at the start, and `health` red afterwards waits for a person. */
  readonly startsFrom?: 'down'
}

/** The files that it replaces whole, in the order of its actions; of no plan none. */
export function replacedFiles(plan: Pick<Plan, 'actions'> | undefined): readonly FileChange[] {
  return (plan?.actions ?? []).flatMap(({ action }) => replacedBy(action))
}

/** The bytes that its actions name, in their order. */
export function plannedBlobs(plan: Pick<Plan, 'actions'> | undefined): readonly NamedBlob[] {
  return (plan?.actions ?? []).flatMap(({ action }) => blobsOf(action))
}

const undoStep: Decoder<UndoStep> = union<'kind', UndoStep>('kind', {
  putBack: object({ kind: literal('putBack') }),
  unit: unitDecoder,
  daemonReload: daemonReloadDecoder,
})

/** Total decoder of a plan. */
export const plan: Decoder<Plan> = object({
  v: literal(1),
  change: matching(isChangeId, 'a change id'),
  revision: integer(1, 10_000),
  host: text({ max: 63 }),
  service: matching(isServiceName, 'a service name'),
  pattern: literal(...PATTERN_LIST),
  playbook: literal(...PLAYBOOKS),
  targets: list(matching(isTargetId, 'a target id'), 100),
  actions: list(
    object({
      id: text({ max: 4, pattern: /^[1-9]\d{0,3}$/, what: 'an action number' }),
      action: actionDecoder,
      undo: list(undoStep, 10),
      timeoutMs: integer(1, 3_600_000),
    }),
    50,
  ),
  pre: list(
    union<'kind', Assertion>('kind', {
      health: object({ kind: literal('health') }),
      unit: object({ kind: literal('unit'), unit: unitName, active: boolean }),
      backup: object({ kind: literal('backup'), level: literal('written', 'digest', 'content', 'restored') }),
    }),
    50,
  ),
  proof: list(proofDecoder, 50),
  diagnostics: boolean,
  keep: object({ by: literal('proof', 'person'), seconds: integer(1, 86_400) }),
  window: optional(
    object({ from: matching(isInstant, 'an instant'), until: matching(isInstant, 'an instant') }),
  ),
  startsFrom: optional(literal('down')),
})

/** The plan hash: what is put, tried and run. */
export function planDigest(of: Plan): Digest {
  return labelledDigest('sekisho-plan-v1', of as unknown as Json)
}
