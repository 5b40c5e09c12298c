// A unit runs, a planned reload was seen, and each TCP port of it greets whoever connects with these characters.
import { literal, object, text } from '../../base/decode.ts'
import { unitName } from '../actions/unit.ts'
import { type ProofKind, stableMs } from './proof-kind.ts'

export interface AnswersProof {
  readonly kind: 'answers'
  readonly unit: string
  readonly greeting: string
  readonly stableMs: number
}

export const answers: ProofKind<AnswersProof> = {
  decode: object({
    kind: literal('answers'),
    unit: unitName,
    greeting: text({ max: 63, pattern: /^[\x20-\x7e]+$/, what: 'printable characters' }),
    stableMs,
  }),
  line: (proof, words) => words.answers(proof.unit, proof.greeting, proof.stableMs),
}
