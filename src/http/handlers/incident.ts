// What concerns incidents.
import {
  acknowledge,
  closeIncident,
  dismiss,
  giveRole,
  handOver,
  openIncident,
  recoverBy,
  skipEvidence,
  writeNote,
} from '../../app/incident.ts'
import { doNext } from '../../app/incident-advance.ts'
import { evidenceOf, verifyEvidence } from '../../app/incident-evidence.ts'
import { reportOf } from '../../app/incident-report.ts'
import { incidentIdOf, readable } from '../../app/incident-store.ts'
import { incidentsFound, incidentView } from '../../app/incident-view.ts'
import type { INCIDENT_OPERATIONS } from '../../contract/operations/incident.ts'
import type { Handlers } from '../handler.ts'

export const INCIDENT_HANDLERS: Handlers<typeof INCIDENT_OPERATIONS> = {
  incidentOpen: async ({ gate, actor, input }) => incidentView(gate, await openIncident(gate, actor, input)),
  incidentList: ({ gate, actor, input: { all } }) => incidentsFound(gate, actor, all === 'true'),
  incidentShow: async ({ gate, actor, input: { incident } }) =>
    incidentView(gate, await readable(gate, actor, incidentIdOf(incident), 'incident.read')),
  incidentNext: async ({ gate, actor, input: { incident } }) =>
    incidentView(gate, await doNext(gate, actor, incidentIdOf(incident))),
  incidentNote: async ({ gate, actor, input: { incident, ...note } }) =>
    incidentView(gate, await writeNote(gate, actor, incidentIdOf(incident), note)),
  incidentAcknowledge: async ({ gate, actor, input: { incident } }) =>
    incidentView(gate, await acknowledge(gate, actor, incidentIdOf(incident))),
  incidentRole: async ({ gate, actor, input: { incident, role, person } }) =>
    incidentView(gate, await giveRole(gate, actor, incidentIdOf(incident), role, person)),
  incidentHandover: async ({ gate, actor, input: { incident, to, note } }) =>
    incidentView(gate, await handOver(gate, actor, incidentIdOf(incident), to, note)),
  incidentSkip: async ({ gate, actor, input: { incident, reason } }) =>
    incidentView(gate, await skipEvidence(gate, actor, incidentIdOf(incident), reason)),
  incidentRecover: async ({ gate, actor, input: { incident, change } }) =>
    incidentView(gate, await recoverBy(gate, actor, incidentIdOf(incident), change)),
  incidentDismiss: async ({ gate, actor, input: { incident, reason } }) =>
    incidentView(gate, await dismiss(gate, actor, incidentIdOf(incident), reason)),
  incidentClose: async ({ gate, actor, input: { incident, ...wish } }) =>
    incidentView(gate, await closeIncident(gate, actor, incidentIdOf(incident), wish)),
  incidentVerify: ({ gate, actor, input: { incident } }) =>
    verifyEvidence(gate, actor, incidentIdOf(incident)),
  incidentEvidence: ({ gate, actor, input: { incident, item } }) =>
    evidenceOf(gate, actor, incidentIdOf(incident), item),
  incidentReport: ({ gate, actor, language, input: { incident, language: asked } }) =>
    reportOf(gate, actor, incidentIdOf(incident), asked ?? language),
}
