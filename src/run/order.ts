// The one order that a gate gives a runner for an execution, and what came of it. References only: a runner reads plan and
// statements by their digests and believes them when hash and approvals agree.
import type { Digest } from '../base/hash.ts'
import type { ChangeId, ExecutionId, TargetId } from '../base/id.ts'
import type { JsonObject } from '../base/json.ts'
import type { Outcome } from '../seal/journal.ts'

export interface Order {
  readonly execution: ExecutionId
  readonly change: ChangeId
  readonly host: string
  readonly plan: Digest
  readonly envelope: Digest
  /** The standing statement that covers it, where one does. */
  readonly standing?: Digest
  readonly fences: readonly { readonly target: TargetId; readonly token: number }[]
}

/** How an order ended. `refused`: the judge let nothing start. */
export interface OrderOutcome {
  readonly outcome: Outcome | 'refused'
  readonly because?: { readonly code: string; readonly detail: JsonObject }
}
