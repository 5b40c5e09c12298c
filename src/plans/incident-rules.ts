// What opens an incident by itself, and what its evidence may take, as `incidents:` of sekisho.yaml declares it.
import { boolean, type Decoder, integer, list, object, optional, text } from '../base/decode.ts'

export interface IncidentRules {
  /** Items of checks: red for a service, each opens an incident of that service, or joins the open one. */
  readonly checks: readonly string[]
  /** A change whose proof was red, or whose way back needs a person. */
  readonly failedChanges: boolean
  /** Bytes that the evidence of all incidents may take together. */
  readonly evidenceBytes?: number
}

export const incidentRules: Decoder<IncidentRules> = object({
  checks: list(text({ max: 63 }), 100),
  failedChanges: boolean,
  evidenceBytes: optional(integer(0)),
})
