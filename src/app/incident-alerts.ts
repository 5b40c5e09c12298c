// Red alerts of a declared service open an incident of it, or join the open one: a flood of one source is one.

import type { ServiceName } from '../base/id.ts'
import { serviceOf } from '../plans/policy.ts'
import { linkAlerts, openAlerts } from './alert-store.ts'
import { SYSTEM } from './authorize.ts'
import type { Gate } from './gate.ts'
import { openIncident } from './incident.ts'

const MOST = 500
const TEXT = 300

export async function openFromAlerts(gate: Gate): Promise<void> {
  const policy = gate.policy()
  const seen = new Set<string>()
  for (const { source, service, severity, incident, title, firstAt } of await openAlerts(gate.db, MOST)) {
    if (severity !== 'red' || service === undefined || incident !== undefined || seen.has(source)) continue
    if (serviceOf(policy, service as ServiceName) === undefined) continue // Looked up, and thereby checked.
    seen.add(source)
    await openIncident(
      gate,
      SYSTEM,
      { service, because: `${source}: ${title}`.slice(0, TEXT), seenSince: firstAt },
      (step, id) => linkAlerts(step.tx, source, id),
    )
  }
}
