// Opens incidents, and what people do in one: acknowledge, roles, notes, handover, recovery, dismissal and closing.

import type { z } from 'zod'
import { SekishoError } from '../base/error.ts'
import type { ActorId, ChangeId, IncidentId } from '../base/id.ts'
import { isChangeId } from '../base/id.ts'
import type { Instant } from '../base/time.ts'
import { loadChange } from '../change/store.ts'
import type { closeWish, IncidentRole, incidentWish, noteWish } from '../contract/incident.ts'
import type { Actor } from '../identity/actor.ts'
import { type Incident, nextState } from '../incident/incident.ts'
import { isCutOff } from '../incident/next.ts'
import type { StoredIncident } from '../incident/store.ts'
import { personOf } from '../plans/policy.ts'
import { allow, declaredService, nameOf } from './authorize.ts'
import { act, type Gate } from './gate.ts'
import { endOf, kindOf, recoveryStates } from './incident-changes.ts'
import { noteEditedFiles } from './incident-files.ts'
import { type Opened, openWithin } from './incident-open.ts'
import { type HealthSeen, healthNow, soakedAt, type Watched, watchedOf } from './incident-soak.ts'
import { changeIncident, readable, type Step } from './incident-store.ts'
import { answered, over, statusWritten } from './incident-tell.ts'
import { withdrawRestarts } from './incident-unneeded.ts'
import { must } from './must.ts'

type Wish = z.infer<typeof incidentWish>

/** Opens an incident, or joins the open one of the service, with the words of whoever joins as a note. */
export function openIncident(gate: Gate, actor: Actor, wish: Wish): Promise<Opened> {
  const service = declaredService(gate.policy(), wish.service)
  const policy = allow(gate, actor, 'incident.open', { kind: 'service', service: service.name })
  const { level, because = '—' } = wish
  const by = nameOf(actor)
  return act(gate, by, (step) =>
    openWithin(step, policy, {
      service,
      because,
      by,
      ...(level === undefined ? {} : { level }),
      ...(wish.seenSince === undefined ? {} : { seenSince: wish.seenSince as Instant }),
      ...(actor.kind === 'person' ? { commander: actor.id } : {}),
    }),
  )
}

export function acknowledge(gate: Gate, actor: Actor, id: IncidentId): Promise<StoredIncident> {
  return changeIncident(gate, actor, id, 'incident.act', async (incident, step) => {
    const by = personHere(actor)
    if (incident.acknowledged !== undefined) return undefined
    const roles =
      incident.roles.commander === undefined ? { ...incident.roles, commander: by } : incident.roles
    await answered(step, incident, by)
    const acknowledged = { by, at: step.at }
    return { incident: { ...incident, acknowledged, roles }, kind: 'acknowledged', payload: { by, roles } }
  })
}

export function writeNote(
  gate: Gate,
  actor: Actor,
  id: IncidentId,
  { text, status = false }: z.infer<typeof noteWish>,
): Promise<StoredIncident> {
  return changeIncident(gate, actor, id, 'incident.note', async (incident, step) => {
    const by = nameOf(actor)
    if (by === 'system') return undefined
    if (status) await statusWritten(step, incident)
    const notes = [...incident.notes, { text, by, at: step.at, status }]
    return { incident: { ...incident, notes }, kind: 'noted', payload: { text, status } }
  })
}

export function giveRole(
  gate: Gate,
  actor: Actor,
  id: IncidentId,
  role: IncidentRole,
  person: string,
): Promise<StoredIncident> {
  return changeIncident(gate, actor, id, 'incident.act', (incident) => {
    const roles = { ...incident.roles, [role]: enrolled(gate, person) }
    return { incident: { ...incident, roles }, kind: 'role', payload: { role, person } }
  })
}

/** The commander hands over with a note; the new one answers for it from then on. */
export function handOver(
  gate: Gate,
  actor: Actor,
  id: IncidentId,
  to: string,
  note: string,
): Promise<StoredIncident> {
  return changeIncident(gate, actor, id, 'incident.act', (incident, step) => {
    const person = enrolled(gate, to)
    const from = incident.roles.commander ?? personHere(actor)
    const notes = [...incident.notes, { text: note, by: personHere(actor), at: step.at, status: false }]
    const roles = { ...incident.roles, commander: person }
    return { incident: { ...incident, roles, notes }, kind: 'handover', payload: { from, to: person, note } }
  })
}

/** The commander's recorded decision not to wait for evidence (domain.md §3). */
export function skipEvidence(
  gate: Gate,
  actor: Actor,
  id: IncidentId,
  reason: string,
): Promise<StoredIncident> {
  return changeIncident(gate, actor, id, 'incident.act', (incident, step) => {
    const skipped = { ...incident, evidenceSkipped: { by: personHere(actor), at: step.at, reason } }
    const { state } = must(nextState(skipped, 'contain'))
    return { incident: { ...skipped, state }, kind: 'evidence_skipped', payload: { reason } }
  })
}

/** S48: the change begins the recovery only where it is approved. Throws incident.recovery_unapproved. */
export async function recoverBy(
  gate: Gate,
  actor: Actor,
  id: IncidentId,
  given: string,
): Promise<StoredIncident> {
  if (!isChangeId(given)) throw new SekishoError('change.unknown', { change: given as ChangeId })
  const { change } = await loadChange(gate.db, given)
  return changeIncident(gate, actor, id, 'incident.act', async (incident, step) => {
    if (change.createdAt < incident.openedAt)
      throw new SekishoError('incident.recovery_earlier', { incident: id, change: given })
    if (change.service !== incident.service)
      throw new SekishoError('incident.other_service', {
        incident: id,
        change: given,
        service: change.service,
      })
    // The gate may have seen it already: asked again, nothing changes.
    const isUnderWay = incident.state === 'recovering' || incident.state === 'monitoring'
    const last = incident.recoveries.at(-1)
    if (isUnderWay && last?.change === given && last.failed !== true) return undefined
    const known = incident.recoveries.filter((one) => one.change !== given)
    const linked = {
      ...incident,
      recoveries: [...known, { change: given, what: kindOf(change), at: step.at }],
    }
    const mitigating =
      linked.state === 'mitigating' ? linked : { ...linked, state: must(nextState(linked, 'mitigate')).state }
    const all = await recoveryStates(step.tx, mitigating)
    const own = all.filter((one) => one.change === given)
    const { state } = must(nextState(mitigating, 'recover', own))
    return {
      incident: { ...mitigating, state },
      kind: 'recovering',
      payload: { change: given, approved: own[0]?.approved, end: endOf(change) },
    }
  })
}

export function dismiss(gate: Gate, actor: Actor, id: IncidentId, reason: string): Promise<StoredIncident> {
  return changeIncident(gate, actor, id, 'incident.act', async (incident, step) => {
    const { state } = must(nextState(incident, 'dismiss'))
    await over(step, incident)
    const withdrawn = await withdrawRestarts(step, incident)
    return {
      incident: { ...incident, state, closedAt: step.at },
      kind: 'dismissed',
      payload: { reason, ...(withdrawn.length === 0 ? {} : { withdrawn }) },
    }
  })
}

/** Resolved when health stayed green; closed when its cause is known and what follows has an owner. */
export async function closeIncident(
  gate: Gate,
  actor: Actor,
  id: IncidentId,
  wish: z.infer<typeof closeWish>,
): Promise<StoredIncident> {
  const { incident: before } = await noteEditedFiles(gate, await readable(gate, actor, id, 'incident.act'))
  const health = before.state === 'monitoring' ? await healthNow(gate, before) : undefined
  return changeIncident(gate, actor, id, 'incident.act', async (incident, step) => {
    if (isCutOff(incident)) throw new SekishoError('incident.cut_off', { incident: id })
    const looked = health === undefined ? undefined : { health, watched: watchedOf(gate, id) }
    const isWatched = incident.state === 'monitoring'
    const resolved = isWatched ? resolve(incident, wish, looked, soakedAt(gate, id), step.at) : incident
    if (resolved.state !== 'resolved' && resolved.state !== 'review_due')
      return { incident: must(refuseClose(incident)), kind: 'closed', payload: {} }
    await over(step, incident)
    const withdrawn = await withdrawRestarts(step, incident)
    const done = close(resolved, wish, isWatched ? looked : undefined, personHere(actor), step.at)
    return withdrawn.length === 0 ? done : { ...done, payload: { ...done.payload, withdrawn } }
  })
}

/** Only to name the state that refuses. */
function refuseClose(incident: Incident) {
  const answer = nextState(incident, 'close')
  return answer.ok ? { ok: true as const, ...incident } : answer
}

interface LookedAt {
  readonly health: HealthSeen
  readonly watched: Watched | undefined
}

/** With a reason the time is not waited for; a service that is red is resolved by no reason. */
function resolve(
  incident: Incident,
  { withoutSoak }: z.infer<typeof closeWish>,
  looked: LookedAt | undefined,
  until: Instant,
  at: Instant,
): Incident {
  const { verdict = 'no_data' } = looked?.health ?? {}
  if (verdict === 'red' || (verdict === 'no_data' && withoutSoak === undefined))
    throw new SekishoError('incident.not_green', {
      incident: incident.id,
      service: incident.service,
      verdict,
    })
  if (until > at && withoutSoak === undefined)
    throw new SekishoError('incident.soak', { incident: incident.id, until })
  const { state } = must(nextState(incident, 'resolve'))
  return { ...incident, state, resolvedAt: at }
}

function close(
  resolved: Incident,
  { cause, actions = [], withoutSoak }: z.infer<typeof closeWish>,
  looked: LookedAt | undefined,
  by: ActorId,
  at: Instant,
): Step {
  const soak = { ...(withoutSoak === undefined ? {} : { withoutSoak }), ...looked }
  const due = resolved.state === 'resolved' ? must(nextState(resolved, 'review')).state : resolved.state
  if (cause === undefined)
    return {
      incident: { ...resolved, state: due },
      kind: 'resolved',
      payload: { ...soak, resolvedAt: resolved.resolvedAt },
    }
  const { state } = must(nextState({ ...resolved, state: due }, 'close'))
  const review = { cause, by, at, actions }
  return {
    incident: { ...resolved, state, review, closedAt: at },
    kind: 'closed',
    payload: { ...soak, cause, actions, resolvedAt: resolved.resolvedAt },
  }
}

function enrolled(gate: Gate, person: string): ActorId {
  const found = personOf(gate.policy(), person as ActorId)
  if (found === undefined) throw new SekishoError('incident.no_person', { person })
  return found.id
}

/** `incident.act` is granted to people alone. */
function personHere(actor: Actor): ActorId {
  if (actor.kind !== 'person') throw new SekishoError('actor.unknown', { actor: nameOf(actor) })
  return actor.id
}
