// What every kind of proof says of itself: one file a kind, joined in plans/proofs.ts.
import { type Decoder, integer } from '../../base/decode.ts'
import type { PlanWords } from '../../words/plan.ts'

export interface ProofKind<Of extends { readonly kind: string }> {
  /** Total. */
  readonly decode: Decoder<Of>
  /** As a line of the plan. */
  readonly line: (proof: Of, words: PlanWords, isBroughtBack: boolean) => string
}

/** How long something must stay as it was seen, in ms. */
export const stableMs = integer(0, 600_000)
