// The isolation of this host ends: its table goes, and nothing brings it back.
import { literal, matching, object } from '../../base/decode.ts'
import { type IncidentId, isIncidentId } from '../../base/id.ts'
import { ISOLATION_TABLE } from '../isolation.ts'
import type { ActionKind } from './action-kind.ts'

export interface EndIsolation {
  readonly kind: 'endIsolation'
  /** Whose isolation: that of another incident is left as it is. */
  readonly incident: IncidentId
}

export const endIsolation: ActionKind<EndIsolation> = {
  decode: object({ kind: literal('endIsolation'), incident: matching(isIncidentId, 'an incident id') }),
  lines: ({ incident }, words) => [words.endIsolation(incident, ISOLATION_TABLE)],
  difference: ({ incident }) => [`end isolation ${incident}`],
  summary: ({ kind, incident }) => ({ kind, incident }),
  settings: ({ incident }) => [`end isolation ${incident}`],
}
