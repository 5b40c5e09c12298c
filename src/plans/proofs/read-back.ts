// What was sent by a request is read back from the service: the answer holds what the body said.
import { literal, object, text } from '../../base/decode.ts'
import type { ProofKind } from './proof-kind.ts'

export interface ReadBackProof {
  readonly kind: 'readBack'
  readonly url: string
}

export const readBack: ProofKind<ReadBackProof> = {
  decode: object({
    kind: literal('readBack'),
    url: text({ max: 2048, pattern: /^https?:\/\/[^\s]+$/, what: 'an http(s) URL' }),
  }),
  line: ({ url }, words) => words.readBack(url),
}
