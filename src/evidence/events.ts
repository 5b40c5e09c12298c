// Lines of the runner's journal that speak of evidence, and what follows from them. Rules.
import type { IncidentId } from '../base/id.ts'
import type { Instant } from '../base/time.ts'
import type { EvidenceEvent, EvidenceItem, KnownCustody, SealedSet } from '../seal/evidence.ts'

export type Sealed = Extract<EvidenceEvent, { readonly event: 'sealed' }>
export type KnownLine = KnownCustody

/** A line with the time at which it was written. */
export interface EvidenceLine {
  readonly at: Instant
  readonly body: EvidenceEvent
}

/** The sets of an incident in the order in which they were sealed. */
export function setsOf(
  incident: IncidentId,
  lines: readonly EvidenceLine[],
): readonly (SealedSet & { readonly at: Instant })[] {
  return lines.flatMap(({ at, body }) => {
    if (body.event !== 'sealed' || body.incident !== incident) return []
    const { kind: _, event: __, ...set } = body
    return [{ ...set, at }]
  })
}

export function itemsOf(incident: IncidentId, lines: readonly EvidenceLine[]): readonly EvidenceItem[] {
  return setsOf(incident, lines).flatMap(({ items }) => items)
}

/** The lines of the custody log as the journal knows them, in order. */
export function custodyOf(incident: IncidentId, lines: readonly EvidenceLine[]): readonly KnownLine[] {
  return lines.flatMap(({ body }) =>
    body.event === 'custody' && body.incident === incident ? body.lines : [],
  )
}

/** Held from the first seal on, until somebody releases it. */
export function isHeld(incident: IncidentId, lines: readonly EvidenceLine[]): boolean {
  const last = custodyOf(incident, lines).findLast(({ what }) => what === 'held' || what === 'released')
  return last?.what !== 'released'
}

export function isDropped(incident: IncidentId, lines: readonly EvidenceLine[]): boolean {
  return custodyOf(incident, lines).some(({ what }) => what === 'dropped')
}
