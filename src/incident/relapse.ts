// What is left of a recovery that did not last. Rules.
import type { Incident } from './incident.ts'

/** Nothing of it counts as recovered any more, and what was done for it is not waited for. */
export function relapsed(incident: Incident, state: Incident['state']): Incident {
  const { recoveredAt: _recovered, resolvedAt: _resolved, ...rest } = incident
  return { ...rest, state, recoveries: incident.recoveries.map((one) => ({ ...one, failed: true })) }
}
