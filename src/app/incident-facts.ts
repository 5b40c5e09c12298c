// Open incidents and emergency acts without a review, for `status` and `doctor`: a line each, with the one thing to type.
import { milliseconds } from '../base/time.ts'
import type { DoctorFact } from '../contract/gate.ts'
import { isAcute } from '../incident/incident.ts'
import { nextAction } from '../incident/next.ts'
import { listIncidents } from '../incident/store.ts'
import type { Gate } from './gate.ts'
import { factsFor } from './incident-advance.ts'
import { owedReviews } from './joined-glass.ts'

/** A review is due within two days. */
const REVIEW_MS = 48 * 3_600_000

export async function incidentFacts(gate: Gate): Promise<readonly DoctorFact[]> {
  const open = await listIncidents(gate.db, false)
  const ageOf = (at: Parameters<typeof milliseconds>[0]) => gate.clock.now() - milliseconds(at)
  const facts = await Promise.all(
    open.map(async ({ incident }): Promise<DoctorFact> => {
      const { id, level, service, state, roles, openedAt } = incident
      const next = nextAction(incident, await factsFor(gate, incident))
      return {
        name: 'incident',
        state: isAcute(incident) && incident.recoveredAt === undefined ? 'bad' : 'warn',
        code: 'doctor.incident_open',
        values: {
          incident: id,
          level,
          service,
          state,
          commander: roles.commander ?? '',
          ageMs: ageOf(openedAt),
          type: next.kind === 'waits' ? `sekisho incident show ${id}` : (next.type ?? ''),
        },
      }
    }),
  )
  const owed = (await owedReviews(gate)).map(
    ({ glass, person, reason, at }): DoctorFact => ({
      name: 'incident',
      state: ageOf(at) > REVIEW_MS ? 'bad' : 'warn',
      code: 'doctor.glass_owed',
      values: { glass, person, reason, ageMs: ageOf(at) },
    }),
  )
  return [...facts, ...owed]
}
