// How operations work on an incident: asked who may, loaded, changed, and saved with exactly one entry of the ledger (INVARIANT I6).

import { SekishoError } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import type { ActorId, IncidentId } from '../base/id.ts'
import { isIncidentId } from '../base/id.ts'
import type { JsonObject } from '../base/json.ts'
import type { PermissionName } from '../contract/operations.ts'
import type { Actor } from '../identity/actor.ts'
import type { Incident } from '../incident/incident.ts'
import { loadIncident, type StoredIncident, saveIncident } from '../incident/store.ts'
import { allow, nameOf } from './authorize.ts'
import { type Act, act, type Gate, plain } from './gate.ts'

/** What was typed as the id of an incident. Throws incident.unknown. */
export function incidentIdOf(id: string): IncidentId {
  if (!isIncidentId(id)) throw new SekishoError('incident.unknown', { incident: id })
  return id
}

/** What an operation makes of an incident, and the entry that says so. Undefined: nothing changed. */
export interface Step {
  readonly incident: Incident
  /** Without the prefix `incident.`. */
  readonly kind: string
  readonly payload: object
}

/** Throws the code of the rule that denies. */
export async function readable(
  gate: Gate,
  actor: Actor,
  id: IncidentId,
  operation: PermissionName,
): Promise<StoredIncident> {
  const stored = await loadIncident(gate.db, id)
  allow(gate, actor, operation, { kind: 'service', service: stored.incident.service })
  return stored
}

/** One change of an incident by somebody who may. */
export async function changeIncident(
  gate: Gate,
  actor: Actor,
  id: IncidentId,
  operation: PermissionName,
  work: (incident: Incident, step: Act) => Promise<Step | undefined> | Step | undefined,
): Promise<StoredIncident> {
  await readable(gate, actor, id, operation)
  return writeIncident(gate, nameOf(actor), id, work)
}

/** The same without asking who may: the gate's own steps. */
export function writeIncident(
  gate: Gate,
  by: ActorId | 'system',
  id: IncidentId,
  work: (incident: Incident, step: Act) => Promise<Step | undefined> | Step | undefined,
): Promise<StoredIncident> {
  return act(gate, by, async (step) => {
    const stored = await loadIncident(step.tx, id)
    const done = await work(stored.incident, step)
    return done === undefined ? stored : saveStep(step, stored, done)
  })
}

/** Saves with its entry, inside of a transaction that does more. */
export async function saveStep(
  step: Act,
  stored: StoredIncident,
  { incident, kind, payload }: Step,
  blobs?: readonly Digest[],
): Promise<StoredIncident> {
  await step.record(`incident.${kind}`, incident.id, entryOf(incident, payload), blobs)
  return saveIncident(step.tx, incident, stored.version, step.at)
}

/** The state stands in every entry: it is a fold of the ledger. */
export function entryOf({ state, level }: Incident, payload: object): JsonObject {
  return plain({ ...payload, state, level })
}
