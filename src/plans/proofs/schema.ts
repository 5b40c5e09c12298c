// The database's catalogue is what the rehearsal of the migration came to.
import { integer, literal, object, text } from '../../base/decode.ts'
import type { ProofKind } from './proof-kind.ts'

export interface SchemaProof {
  readonly kind: 'schema'
  readonly port: number
  readonly database: string
}

export const schema: ProofKind<SchemaProof> = {
  decode: object({ kind: literal('schema'), port: integer(1, 65_535), database: text({ max: 63 }) }),
  line: ({ database }, words) => words.schemaAsRehearsed(database),
}
