// What was laid out stands there now and holds the rules of its content: a directory or file by its path, a database by its name.
import { literal, object, text } from '../../base/decode.ts'
import type { ProofKind } from './proof-kind.ts'

export interface RestoredProof {
  readonly kind: 'restored'
  readonly item: string
  readonly what: string
}

export const restored: ProofKind<RestoredProof> = {
  decode: object({ kind: literal('restored'), item: text({ max: 63 }), what: text({ max: 4096 }) }),
  // What was put aside comes as it is; nobody judges whether it should.
  line: ({ what }, words, isBroughtBack) => (isBroughtBack ? words.broughtBack : words.restored)(what),
}
