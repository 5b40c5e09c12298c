// nginx reads the planned files, all workers are new, the sockets are those of the trial, and its log shows no `[emerg]`.
import { literal, object } from '../../base/decode.ts'
import { unitName } from '../actions/unit.ts'
import { absolutePath } from '../file-state.ts'
import { type ProofKind, stableMs } from './proof-kind.ts'

export interface NginxProof {
  readonly kind: 'nginx'
  readonly unit: string
  readonly errorLog: string
  readonly stableMs: number
}

export const nginx: ProofKind<NginxProof> = {
  decode: object({ kind: literal('nginx'), unit: unitName, errorLog: absolutePath, stableMs }),
  line: (proof, words) => words.nginx(proof.unit, proof.errorLog, proof.stableMs),
}
