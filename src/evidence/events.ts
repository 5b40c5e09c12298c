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

/** Held from each seal on, until somebody releases what is there. */
export function isHeld(incident: IncidentId, lines: readonly EvidenceLine[]): boolean {
  let held = true
  for (const { body } of lines) {
    if (body.incident !== incident) continue
    if (body.event === 'sealed') held ||= body.items.length > 0
    else for (const { what } of body.lines) if (what === 'held' || what === 'released') held = what === 'held'
  }
  return held
}

/** Names of the items that gave way to others: those that were sealed before their line. What was sealed later is not among them. */
export function droppedOf(incident: IncidentId, lines: readonly EvidenceLine[]): ReadonlySet<string> {
  const sealed: string[] = []
  const dropped = new Set<string>()
  for (const { body } of lines) {
    if (body.incident !== incident) continue
    if (body.event === 'sealed') sealed.push(...body.items.map(({ item }) => item))
    else if (body.lines.some(({ what }) => what === 'dropped'))
      for (const item of sealed.splice(0)) dropped.add(item)
  }
  return dropped
}

/** The items whose bytes are there still. */
export function presentItems(incident: IncidentId, lines: readonly EvidenceLine[]): readonly EvidenceItem[] {
  const dropped = droppedOf(incident, lines)
  return itemsOf(incident, lines).filter(({ item }) => !dropped.has(item))
}
