// A unit runs, or stands still; `newer`: it was started by this change.
import { boolean, literal, object } from '../../base/decode.ts'
import { unitName } from '../actions/unit.ts'
import { type ProofKind, stableMs } from './proof-kind.ts'

export interface RunningProof {
  readonly kind: 'running'
  readonly unit: string
  readonly active: boolean
  readonly newer: boolean
  readonly stableMs: number
}

export const running: ProofKind<RunningProof> = {
  decode: object({ kind: literal('running'), unit: unitName, active: boolean, newer: boolean, stableMs }),
  line: (proof, words) => words.running(proof.unit, proof.active, proof.newer, proof.stableMs),
}
