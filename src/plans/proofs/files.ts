// Bytes, owner and mode of every file that the plan writes are the planned ones.
import { literal, object } from '../../base/decode.ts'
import type { ProofKind } from './proof-kind.ts'

export interface FilesProof {
  readonly kind: 'files'
}

export const files: ProofKind<FilesProof> = {
  decode: object({ kind: literal('files') }),
  line: (_proof, words) => words.files,
}
