// The declared probe of a changed file answers: the application itself says that the file is in effect.
import { literal, object } from '../../base/decode.ts'
import { absolutePath } from '../file-state.ts'
import type { ProofKind } from './proof-kind.ts'

export interface ProbeProof {
  readonly kind: 'probe'
  readonly path: string
}

export const probe: ProofKind<ProbeProof> = {
  decode: object({ kind: literal('probe'), path: absolutePath }),
  line: ({ path }, words) => words.probe(path),
}
