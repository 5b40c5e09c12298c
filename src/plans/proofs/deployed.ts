// What was staged is what stands there: the link leads to the release, or every changed path is the new one, byte for byte.
import { literal, object } from '../../base/decode.ts'
import { absolutePath } from '../file-state.ts'
import type { ProofKind } from './proof-kind.ts'

export interface DeployedProof {
  readonly kind: 'deployed'
  readonly path: string
}

export const deployed: ProofKind<DeployedProof> = {
  decode: object({ kind: literal('deployed'), path: absolutePath }),
  line: ({ path }, words) => words.deployed(path),
}
