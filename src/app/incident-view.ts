// An incident as the doors show it: how it stands, what is known, and the one thing to do next.
import type { IncidentView } from '../contract/incident.ts'
import type { Actor } from '../identity/actor.ts'
import type { Incident, Suspect } from '../incident/incident.ts'
import { nextAction } from '../incident/next.ts'
import { listIncidents, type StoredIncident } from '../incident/store.ts'
import { escalatesAt, statusDueAt } from '../incident/timers.ts'
import { alertsOf } from './alert-store.ts'
import { allow, WHOLE } from './authorize.ts'
import type { Gate } from './gate.ts'
import { factsFor } from './incident-advance.ts'
import { deliveriesOf } from './notice-attempts.ts'

export async function incidentsFound(gate: Gate, actor: Actor, all: boolean) {
  allow(gate, actor, 'incident.read', WHOLE)
  const found = await listIncidents(gate.db, all)
  return { incidents: await Promise.all(found.map(({ incident }) => lineOf(gate, incident))) }
}

async function lineOf(gate: Gate, incident: Incident) {
  const { id, level, state, service, because, openedAt, acknowledged } = incident
  const next = nextAction(incident, await factsFor(gate, incident))
  return { id, level, state, service, because, openedAt, acknowledged: acknowledged !== undefined, next }
}

export async function incidentView(
  gate: Gate,
  { incident, joined }: Pick<StoredIncident, 'incident'> & { readonly joined?: boolean },
): Promise<IncidentView> {
  const facts = await factsFor(gate, incident)
  const alerts = await alertsOf(gate.db, incident.id)
  const { id, level, state, service, because, openedAt, acknowledged } = incident
  const status = statusDueAt(incident)
  const escalation = escalatesAt(incident)
  const { openedBy, seenSince, roles, suspects, suspectsLeftOut, causes, notes, held, edited } = incident
  return {
    id,
    level,
    state,
    service,
    because,
    openedAt,
    acknowledged: acknowledged !== undefined,
    next: nextAction(incident, facts),
    ...(joined === undefined ? {} : { joined }),
    openedBy,
    ...(seenSince === undefined ? {} : { seenSince }),
    sources: [...(incident.sources ?? [])],
    ...(alerts.count === 0 ? {} : { alerts }),
    reached: {
      channels: gate.policy().notify?.channels.length ?? 0,
      deliveries: await deliveriesOf(gate.db, id),
    },
    ...(incident.isolation === undefined ? {} : { isolation: incident.isolation }),
    roles,
    ...(acknowledged === undefined ? {} : { acknowledgedBy: acknowledged }),
    evidence: incident.evidence.map((set) => ({
      set: set.set,
      at: set.at,
      items: set.items.map(({ item, name, digest, size }) => ({ item, name, digest, size })),
      gaps: [...set.gaps],
      milliseconds: set.milliseconds,
      by: set.by,
    })),
    // Of a break-in no change is suspected for its time alone.
    suspects: (level === 3 ? [] : suspects).map(({ back, ...one }) => ({ ...one, ...backView(back) })),
    ...(suspectsLeftOut === undefined || level === 3 ? {} : { suspectsLeftOut }),
    recoveries: incident.recoveries.map(({ change, what, at, failed }) => ({
      change,
      what,
      at,
      ...(failed === undefined ? {} : { failed }),
      state: facts.recoveries.find((one) => one.change === change)?.state ?? '',
    })),
    ...(held === undefined ? {} : { held: { ...held, detail: { ...held.detail } } }),
    ...(causes === undefined
      ? {}
      : {
          causes: {
            causes: causes.causes.map((one) => ({ ...one, values: { ...one.values } })),
            ...(causes.seen === undefined
              ? {}
              : { seen: causes.seen.map((one) => ({ ...one, values: { ...one.values } })) }),
            notLooked: causes.notLooked.map((one) => ({ ...one, values: { ...one.values } })),
            clear: [...causes.clear],
          },
        }),
    notes: [...notes],
    ...(edited === undefined || edited.length === 0 ? {} : { edited: [...edited] }),
    ...(incident.recoveredAt === undefined ? {} : { recoveredAt: incident.recoveredAt }),
    ...(incident.resolvedAt === undefined ? {} : { resolvedAt: incident.resolvedAt }),
    ...(incident.review === undefined
      ? {}
      : { review: { ...incident.review, actions: [...incident.review.actions] } }),
    ...(incident.closedAt === undefined ? {} : { closedAt: incident.closedAt }),
    ...(status === undefined ? {} : { statusDueAt: status }),
    ...(escalation === undefined ? {} : { escalatesAt: escalation }),
  }
}

const backView = (back: Suspect['back']) =>
  back === undefined ? {} : { back: back.kind === 'values' ? { ...back, keys: [...back.keys] } : { ...back } }
