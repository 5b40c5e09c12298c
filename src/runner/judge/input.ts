// What the judge is handed, and what it gives back.
import type { Digest } from '../../base/hash.ts'
import type { ExecutionId, TargetId } from '../../base/id.ts'
import type { Instant } from '../../base/time.ts'
import type { CodeStaged } from '../../plans/code.ts'
import type { TargetFacts } from '../../plans/fingerprint.ts'
import type { Plan } from '../../plans/plan.ts'
import type { CompiledPolicy } from '../../plans/policy.ts'
import type { Staged } from '../../plans/restore.ts'
import type { VerifySignature } from '../../seal/enough.ts'
import type { Envelope } from '../../seal/envelope.ts'
import type { Glass } from '../../seal/glass.ts'
import type { AdminRequest } from '../../seal/protocol.ts'
import type { ReleaseWork } from '../../seal/standard.ts'
import type { Signed } from '../../seal/statement.ts'
import type { Body, Use } from '../journal/index.ts'
import type { PreFacts } from './pre.ts'
import type { Replacing } from './standing.ts'

export type RunOrder = Extract<AdminRequest, { readonly verb: 'run' }>

/** What the judge asks of the journal (journal/index.ts, or a table in a test). */
export interface JournalView {
  readonly damage: { readonly path: string; readonly why: string } | undefined
  readonly nonces: ReadonlySet<string>
  readonly fences: ReadonlyMap<TargetId, number>
  readonly revoked: ReadonlySet<Digest>
  /** When an envelope that one person alone may approve came here first. */
  readonly stored: ReadonlyMap<Digest, Instant>
  readonly rejected: ReadonlySet<Digest>
  readonly trials: ReadonlyMap<Digest, Body<'trial'>>
  readonly uses: readonly Use[]
  readonly misbehaved: ReadonlySet<ExecutionId>
  /** Standing statements under which a target had moved. */
  readonly voided: ReadonlySet<Digest>
  /** Standing statements that this runner was given, in the order in which it wrote them down. */
  readonly standings: readonly Replacing[]
  /** Break-glass of this host, with the reviews. */
  readonly glasses: readonly Glass[]
  readonly holder: (target: TargetId) => ExecutionId | undefined
}

export interface JudgeInput {
  readonly order: RunOrder
  /** The stored texts, as they were put. */
  readonly planText: string
  readonly envelopeText: string
  readonly waivers: readonly Signed[]
  readonly policy: CompiledPolicy
  readonly now: Instant
  readonly clock: { readonly sound: boolean; readonly why?: string }
  readonly journal: JournalView
  /** Every target of the plan, read just now; absent where reading was refused. */
  readonly facts: ReadonlyMap<TargetId, TargetFacts>
  readonly pre: PreFacts
  /** Keyed hash of a secret that this runner holds. */
  readonly secret: (reference: string, version: number) => string | undefined
  /** What a plan of pattern `data` or `code` names, as this runner prepared it itself. */
  readonly staged?: Staged | CodeStaged | undefined
  /** Releases of the service that people approved and that were kept, where the plan could be a return to one. */
  readonly ran?: readonly ReleaseWork[]
  readonly verify: VerifySignature
}

export interface Judged {
  readonly plan: Plan
  readonly envelope: Envelope
  readonly accepted: Body<'accepted'>
}
