// The declared health of the service answers, N of M.
import { literal, object } from '../../base/decode.ts'
import type { ProofKind } from './proof-kind.ts'

export interface HealthProof {
  readonly kind: 'health'
}

export const health: ProofKind<HealthProof> = {
  decode: object({ kind: literal('health') }),
  line: (_proof, words) => words.health,
}
