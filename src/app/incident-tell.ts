// Tells people of an incident when it is due (incident/timers.ts), and writes down who was told.
import type { Incident } from '../incident/incident.ts'
import { dueNow } from '../incident/timers.ts'
import { type Gate, now } from './gate.ts'
import { writeIncident } from './incident-store.ts'

export async function tellDue(gate: Gate, incident: Incident): Promise<void> {
  const policy = gate.policy()
  if (dueNow(incident, policy, now(gate)).length === 0) return
  await writeIncident(gate, 'system', incident.id, async (one, step) => {
    const due = dueNow(one, policy, step.at)
    if (due.length === 0) return undefined
    for (const { why, people } of due)
      await step.tell({ kind: 'incident.told', values: { incident: one.id, why, people: [...people] } })
    const told = due.map((each) => ({ ...each, at: step.at }))
    return { incident: { ...one, told: [...one.told, ...told] }, kind: 'told', payload: { told: due } }
  })
}
