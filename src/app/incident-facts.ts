// Open incidents and emergency acts without a review, for `status` and `doctor`: a line each, with the one thing to type.
import { milliseconds } from '../base/time.ts'
import type { DoctorFact } from '../contract/gate.ts'
import { type Incident, isAcute } from '../incident/incident.ts'
import { nextAction } from '../incident/next.ts'
import { OPEN_INCIDENTS } from '../incident/store.ts'
import type { Gate } from './gate.ts'
import { factsFor } from './incident-advance.ts'
import { OWED_REVIEWS, owedOf } from './joined-glass.ts'

/** A review is due within two days. */
const REVIEW_MS = 48 * 3_600_000

/** Parts of a larger statement. */
export const INCIDENT_PARTS = { incidents: OPEN_INCIDENTS, owed: OWED_REVIEWS }

interface IncidentParts {
  readonly incidents: readonly Incident[]
  readonly owed: unknown
}

/** `found`: what the parts gave. */
export async function incidentFacts(gate: Gate, found: IncidentParts): Promise<readonly DoctorFact[]> {
  const ageOf = (at: Parameters<typeof milliseconds>[0]) => gate.clock.now() - milliseconds(at)
  const facts = await Promise.all(
    found.incidents.map(async (incident): Promise<DoctorFact> => {
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
  const owed = owedOf(found.owed).map(
    ({ glass, person, reason, at }): DoctorFact => ({
      name: 'incident',
      state: ageOf(at) > REVIEW_MS ? 'bad' : 'warn',
      code: 'doctor.glass_owed',
      values: { glass, person, reason, ageMs: ageOf(at) },
    }),
  )
  return [...facts, ...owed]
}
