// No isolation of this incident stands on the host any more: neither its record nor its table.
import { literal, matching, object } from '../../base/decode.ts'
import { type IncidentId, isIncidentId } from '../../base/id.ts'
import type { ProofKind } from './proof-kind.ts'

export interface ConnectedProof {
  readonly kind: 'connected'
  readonly incident: IncidentId
}

export const connected: ProofKind<ConnectedProof> = {
  decode: object({ kind: literal('connected'), incident: matching(isIncidentId, 'an incident id') }),
  line: (_, words) => words.connected,
}
