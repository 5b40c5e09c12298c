// Opens an incident, or joins the open one of the service, inside of a transaction: for a person, or for what was seen by itself.
import type { ActorId, ChangeId } from '../base/id.ts'
import type { Instant } from '../base/time.ts'
import type { Level } from '../contract/incident.ts'
import { type Incident, nextState, type Source } from '../incident/incident.ts'
import { relapsed } from '../incident/relapse.ts'
import {
  incidentOfSource,
  insertIncident,
  nextIncidentId,
  openIncidentOf,
  type StoredIncident,
} from '../incident/store.ts'
import { toldAtOnce } from '../incident/timers.ts'
import type { CompiledPolicy, Service } from '../plans/policy.ts'
import { openFindings } from './check-store.ts'
import type { Act } from './gate.ts'
import { suspectsOf } from './incident-changes.ts'
import { entryOf, saveStep } from './incident-store.ts'
import { raise, recorded } from './incident-tell.ts'
import { must } from './must.ts'
import { readWatch } from './watch.ts'

export interface Opening {
  readonly service: Service
  readonly because: string
  readonly level?: Level
  readonly seenSince?: Instant
  readonly by: ActorId | 'system'
  /** Whoever opens it at a keyboard answers for it. */
  readonly commander?: ActorId
  /** What was seen, where nobody opens it. */
  readonly source?: Omit<Source, 'at'>
  /** `false`: what was seen does not say that users are hit. */
  readonly isHit?: boolean
  /** A change that was taken back by itself, as its plan says. */
  readonly undone?: ChangeId
}
export type Opened = StoredIncident & { readonly joined: boolean }

/** What one source has opened or joined once, it opens and joins no more. */
export async function openWithin(step: Act, policy: CompiledPolicy, opening: Opening): Promise<Opened> {
  const { service, because, by, source } = opening
  const before = await knownSource(step, opening)
  if (before !== undefined) return { ...before, joined: true }
  const open = await openIncidentOf(step.tx, service.name)
  if (open !== undefined) return { ...(await join(step, policy, open, opening)), joined: true }
  const seen = (await readWatch(step.tx)).health[service.name]
  const finding = (await openFindings(step.tx)).find(({ check }) => check === `${service.name}/api`)
  const found = finding !== undefined && finding.worst === 'red' ? [finding.openedAt] : []
  const known = [...(seen?.verdict === 'red' ? [seen.since] : []), ...found]
  const seenSince = opening.seenSince ?? known.toSorted()[0]
  const { suspects, suspectsLeftOut } = await suspectsOf(step.tx, service, step.at)
  const listed = { suspects, ...(suspectsLeftOut === 0 ? {} : { suspectsLeftOut }) }
  const { commander, undone, level = 1 } = opening
  const incident: Incident = {
    id: await nextIncidentId(step.tx, Number(step.at.slice(0, 4))),
    level,
    state: 'declared',
    service: service.name,
    host: service.host,
    openedAt: step.at,
    openedBy: by,
    because,
    ...(seenSince === undefined ? {} : { seenSince }),
    ...(source === undefined ? {} : { sources: [{ ...source, at: step.at }] }),
    roles: commander === undefined ? {} : { commander },
    ...(commander === undefined ? {} : { acknowledged: { by: commander, at: step.at } }),
    evidence: [],
    ...listed,
    recoveries: undone === undefined ? [] : [{ change: undone, what: 'undo', at: step.at }],
    notes: [],
    told: [],
  }
  const told = toldAtOnce(incident, policy)
  const whole = { ...incident, told: [{ ...told, at: step.at }] }
  const { host, roles } = incident
  await step.record(
    'incident.opened',
    incident.id,
    entryOf(incident, {
      service: service.name,
      host,
      because,
      roles,
      ...listed,
      told: [recorded(told, policy)],
      ...(seenSince === undefined ? {} : { seenSince }),
      ...(source === undefined ? {} : { source }),
      ...(undone === undefined ? {} : { undone }),
    }),
  )
  await raise(step, incident, told)
  return { ...(await insertIncident(step.tx, whole, step.at)), joined: false }
}

/** Alerts of a source come again in a later incident; a finding and a failed change are of one incident alone. */
function knownSource(step: Act, { source, service }: Opening): Promise<StoredIncident | undefined> {
  if (source === undefined) return Promise.resolve(undefined)
  return incidentOfSource(step.tx, source, source.kind === 'alert' ? service.name : undefined)
}

/** A higher level raises it; a lower one changes nothing. */
const OVER: readonly Incident['state'][] = ['monitoring', 'resolved', 'review_due']

async function join(
  step: Act,
  policy: CompiledPolicy,
  stored: StoredIncident,
  opening: Opening,
): Promise<StoredIncident> {
  const { level: wished, because, by, source } = opening
  const { incident } = stored
  const level = wished !== undefined && wished > incident.level ? wished : incident.level
  const notes =
    by === 'system' ? incident.notes : [...incident.notes, { text: because, by, at: step.at, status: false }]
  const sources =
    source === undefined ? incident.sources : [...(incident.sources ?? []), { ...source, at: step.at }]
  // Whoever joins may know when it began. What the gate itself sees later than that did not begin it.
  const { seenSince: since } = opening
  const isLater = by === 'system' && since !== undefined && since >= (incident.seenSince ?? incident.openedAt)
  const seenSince = since === undefined || isLater ? {} : { seenSince: since }
  const next = { ...incident, level, notes, ...seenSince, ...(sources === undefined ? {} : { sources }) }
  const payload = { because, ...seenSince, ...(source === undefined ? {} : { source }) }
  const isOver = OVER.includes(incident.state) && opening.isHit !== false
  if (!isOver) return saveStep(step, stored, { incident: next, kind: 'joined', payload })
  // It was thought to be over, and users are hit again.
  const told = { ...toldAtOnce(incident, policy), why: 'relapsed' as const }
  await raise(step, incident, told)
  const { state } = must(nextState(incident, 'relapse'))
  return saveStep(step, stored, {
    incident: relapsed({ ...next, told: [...incident.told, { ...told, at: step.at }] }, state, step.at),
    kind: 'joined',
    payload: { ...payload, told: [recorded(told, policy)] },
  })
}
