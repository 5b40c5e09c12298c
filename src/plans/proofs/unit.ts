// systemd has read the planned unit files without a new warning, and the unit was started anew where that is asked.
import { boolean, literal, object } from '../../base/decode.ts'
import { unitName } from '../actions/unit.ts'
import { type ProofKind, stableMs } from './proof-kind.ts'

export interface UnitProof {
  readonly kind: 'unit'
  readonly unit: string
  readonly restarted: boolean
  readonly stableMs: number
}

export const unit: ProofKind<UnitProof> = {
  decode: object({ kind: literal('unit'), unit: unitName, restarted: boolean, stableMs }),
  line: (proof, words) => words.unit(proof.unit, proof.restarted, proof.stableMs),
}
