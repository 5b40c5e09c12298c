// Tells people of an incident when it is due (incident/timers.ts), and writes down who was told. Each is a notice of its own, so that an
// acknowledged one does not keep the next step of the escalation away.
import type { IncidentId } from '../base/id.ts'
import type { Incident, Told } from '../incident/incident.ts'
import { dueNow } from '../incident/timers.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import { incidentNotice } from '../words/incident-notice.ts'
import { type Act, type Gate, now } from './gate.ts'
import { writeIncident } from './incident-store.ts'
import { acknowledgeTopic, raiseNotice, resolveNotice } from './notices.ts'

export async function tellDue(gate: Gate, incident: Incident): Promise<void> {
  const policy = gate.policy()
  if (dueNow(incident, policy, now(gate)).length === 0) return
  await writeIncident(gate, 'system', incident.id, async (one, step) => {
    const due = dueNow(one, policy, step.at)
    if (due.length === 0) return undefined
    for (const each of due) await raise(step, one, each)
    const told = due.map((each) => ({ ...each, at: step.at }))
    return {
      incident: { ...one, told: [...one.told, ...told] },
      kind: 'told',
      payload: { told: due.map((each) => recorded(each, policy)) },
    }
  })
}

/** How many channels there were: without one nobody is reached, whoever was meant. */
export const recorded = (told: Omit<Told, 'at'>, { notify }: Pick<CompiledPolicy, 'notify'>) => ({
  ...told,
  channels: notify?.channels.length ?? 0,
})

/** One notice. */
export async function raise(step: Act, incident: Incident, due: Omit<Told, 'at'>): Promise<void> {
  const { id, level, service, because, openedAt, seenSince } = incident
  const { why, step: number, people } = due
  await raiseNotice(step, {
    kind: 'incident',
    topic: topicOf(id, due),
    // Somebody answers for it already: the others are informed.
    severity:
      incident.acknowledged === undefined || why === 'relapsed'
        ? 'red'
        : why === 'opened'
          ? 'info'
          : 'warning',
    service,
    subject: id,
    text: incidentNotice({
      id,
      level,
      service,
      because,
      since: seenSince ?? openedAt,
      why,
      step: number,
      people,
    }),
  })
}

/** A status that is due again is told again. */
function topicOf(id: IncidentId, { why, step }: Pick<Told, 'why' | 'step'>): string {
  return why === 'opened' ? `incident:${id}` : `incident:${id}/${why}/${step}`
}

/** Somebody answers for it: what was told of the escalation is told no further. */
export async function answered(step: Act, incident: Incident, by: string): Promise<void> {
  for (const topic of topics(incident)) await acknowledgeTopic(step, topic, by)
}

/** It is over, and who was told of it is told so. */
export async function over(step: Act, incident: Incident): Promise<void> {
  for (const topic of topics(incident)) await resolveNotice(step, topic)
}

/** It has recovered again, or is looked at by somebody. */
export async function recoveredAgain(step: Act, { id }: Incident): Promise<void> {
  await resolveNotice(step, topicOf(id, { why: 'relapsed', step: 0 }))
}

/** A status that was written ends the reminder of it. */
export async function statusWritten(step: Act, { id }: Incident): Promise<void> {
  await resolveNotice(step, topicOf(id, { why: 'status_due', step: 0 }))
}

const topics = ({ id, told }: Incident) => [...new Set(told.map((one) => topicOf(id, one)))]
