// Whether health stays green after a recovery: looked at again and again until the incident is resolved. A gap in the looks is not measured, and
// the time begins anew after it. The looks are of this gate's life alone; their count and begin go onto the record when it is resolved.
import { SekishoError } from '../base/error.ts'
import type { IncidentId } from '../base/id.ts'
import { after, type Instant, milliseconds } from '../base/time.ts'
import { type Incident, nextState } from '../incident/incident.ts'
import { SOAK_MS } from '../incident/next.ts'
import { relapsed } from '../incident/relapse.ts'
import type { StoredIncident } from '../incident/store.ts'
import { toldAtOnce } from '../incident/timers.ts'
import { type Gate, now } from './gate.ts'
import { writeIncident } from './incident-store.ts'
import { raise, recorded } from './incident-tell.ts'
import { must } from './must.ts'

/** Between two looks. */
const LOOK_MS = 20_000
/** Looks that lie further apart say nothing of the time between them. */
const GAP_MS = 90_000

/** Green looks without a gap. */
export interface Watched {
  readonly since: Instant
  readonly last: Instant
  readonly looks: number
}
const WATCHED = new WeakMap<Gate, Map<IncidentId, Watched>>()

export function watchedOf(gate: Gate, id: IncidentId): Watched | undefined {
  const found = WATCHED.get(gate)?.get(id)
  return found === undefined || milliseconds(now(gate)) - milliseconds(found.last) > GAP_MS
    ? undefined
    : found
}

/** When health has been green for long enough, as far as it was looked at. */
export const soakedAt = (gate: Gate, id: IncidentId): Instant =>
  after(watchedOf(gate, id)?.since ?? now(gate), SOAK_MS)

export interface HealthSeen {
  readonly verdict: 'green' | 'red' | 'no_data'
  readonly good: number
  readonly of: number
}

/** Throws runner.*. */
export async function readHealth(gate: Gate, { service }: Pick<Incident, 'service'>): Promise<HealthSeen> {
  const { facts } = await gate.runner.read({ kind: 'health', service })
  const { verdict, attempts } = facts
  return { verdict, good: attempts.filter(({ ok }) => ok).length, of: attempts.length }
}

/** The same for a person who says why nothing is waited for: what cannot be asked has no data. */
export const healthNow = (gate: Gate, incident: Incident): Promise<HealthSeen> =>
  readHealth(gate, incident).catch((error: unknown) => {
    if (error instanceof SekishoError) return { verdict: 'no_data', good: 0, of: 0 }
    throw error
  })

/** The clock's part while an incident is watched. Throws runner.*. */
export async function watchHealth(gate: Gate, stored: StoredIncident): Promise<StoredIncident> {
  const { incident } = stored
  const known = watchedOf(gate, incident.id)
  if (known !== undefined && milliseconds(now(gate)) - milliseconds(known.last) < LOOK_MS) return stored
  const health = await readHealth(gate, incident)
  if (health.verdict === 'red') return relapse(gate, incident, health)
  if (health.verdict === 'green') {
    const at = now(gate)
    const seen = WATCHED.get(gate) ?? new Map<IncidentId, Watched>()
    WATCHED.set(gate, seen)
    seen.set(incident.id, { since: known?.since ?? at, last: at, looks: (known?.looks ?? 0) + 1 })
  }
  return stored
}

function relapse(gate: Gate, incident: Incident, health: HealthSeen): Promise<StoredIncident> {
  WATCHED.get(gate)?.delete(incident.id)
  return writeIncident(gate, 'system', incident.id, async (one, step) => {
    if (one.state !== 'monitoring') return undefined
    const { state } = must(nextState(one, 'relapse'))
    const told = { ...toldAtOnce(one, gate.policy()), why: 'relapsed' as const }
    await raise(step, one, told)
    return {
      incident: relapsed({ ...one, told: [...one.told, { ...told, at: step.at }] }, state, step.at),
      kind: 'relapsed',
      payload: { health, told: [recorded(told, gate.policy())] },
    }
  })
}
