// `incidents:` of sekisho.yaml: its words, what can be wrong with them although each value is right, and what they compile to.
import { ITEM_RULES } from '../checks/definition.ts'
import type { IncidentRules } from '../plans/incident-rules.ts'
import type { Note } from './note.ts'
import { fields, list } from './reading.ts'
import { size, text, yesNo } from './values.ts'

export const incidents = fields({ checks: list(text(63), 100), failed_changes: yesNo, evidence: size }, {})
type IncidentsDocument = NonNullable<ReturnType<typeof incidents>>

/** A check of the machine belongs to no service, and an incident does. */
export function checkIncidents(
  of: IncidentsDocument | undefined,
  own: readonly { readonly id: string; readonly value: { readonly service?: string } }[],
  note: Note,
): void {
  const known = [
    ...Object.entries(ITEM_RULES).flatMap(([item, rule]) => (rule.of_ === 'host' ? [] : [item])),
    ...own.flatMap(({ id, value }) => (value.service === undefined ? [] : [id])),
  ]
  for (const [i, item] of (of?.checks ?? []).entries())
    if (!known.includes(item)) note(`incidents.checks[${i}]`, 'check.no_incident', { value: item, known })
}

export function compileIncidents({
  checks = [],
  failed_changes: failed = false,
  evidence,
}: IncidentsDocument): IncidentRules {
  return {
    checks: [...new Set(checks)].toSorted(),
    failedChanges: failed,
    ...(evidence === undefined ? {} : { evidenceBytes: evidence }),
  }
}
