// Who is to be told when: at once, after 15 minutes, 1 hour and 4 hours without an answer; a status every 30 minutes while users are hit; the
// review within 48 hours. Rules: what is due now, from what was told so far.
import type { ActorId } from '../base/id.ts'
import { after, type Instant, milliseconds } from '../base/time.ts'
import { type CompiledPolicy, holdsRole, type Role } from '../plans/policy.ts'
import { type Incident, isAcute, isOpen, type Told } from './incident.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** Until somebody acknowledges it. `everybody`: whoever is enrolled, whatever the service. */
const ESCALATION: readonly { readonly afterMs: number; readonly roles: readonly Role[] | 'everybody' }[] = [
  { afterMs: 0, roles: ['operator'] },
  { afterMs: 15 * MINUTE, roles: ['operator', 'approver'] },
  { afterMs: HOUR, roles: ['operator', 'approver', 'owner'] },
  { afterMs: 4 * HOUR, roles: 'everybody' },
]
const STATUS_MS = 30 * MINUTE
const REVIEW_MS = 48 * HOUR

/** What is to be told now: the newest step of an escalation, or a status, or a review that is late. */
export function dueNow(
  incident: Incident,
  policy: CompiledPolicy,
  now: Instant,
): readonly Omit<Told, 'at'>[] {
  if (!isOpen(incident)) return []
  if (incident.acknowledged === undefined) return escalation(incident, policy, now)
  const due: Omit<Told, 'at'>[] = []
  const statusAt = statusDueAt(incident)
  if (statusAt !== undefined && statusAt <= now)
    due.push({ why: 'status_due', step: 0, people: speakers(incident) })
  const { resolvedAt, state, told } = incident
  const isLate = resolvedAt !== undefined && after(resolvedAt, REVIEW_MS) <= now
  if (state === 'review_due' && isLate && !told.some(({ why }) => why === 'review_due'))
    due.push({ why: 'review_due', step: 0, people: speakers(incident) })
  return due
}

function escalation(incident: Incident, policy: CompiledPolicy, now: Instant): readonly Omit<Told, 'at'>[] {
  const age = milliseconds(now) - milliseconds(incident.openedAt)
  const step = ESCALATION.findLastIndex(({ afterMs }) => age >= afterMs)
  if (step < 0 || stepsTold(incident) >= step) return []
  const why = step === 0 ? 'opened' : 'unacknowledged'
  return [{ why, step, people: peopleOf(incident, policy, step) }]
}

/** When the next status is due, or a reminder of one that is late; absent where none is. */
export function statusDueAt(incident: Incident): Instant | undefined {
  const { acknowledged, notes, told } = incident
  if (acknowledged === undefined || !isAcute(incident)) return undefined
  const said = notes.findLast(({ status }) => status)?.at ?? acknowledged.at
  const reminded = told.findLast(({ why }) => why === 'status_due')?.at
  return after(reminded !== undefined && reminded > said ? reminded : said, STATUS_MS)
}

/** When the next step of the escalation is due. */
export function escalatesAt(incident: Incident): Instant | undefined {
  if (incident.acknowledged !== undefined || !isOpen(incident)) return undefined
  const next = ESCALATION[stepsTold(incident) + 1]
  return next === undefined ? undefined : after(incident.openedAt, next.afterMs)
}

/** The last step that was told; -1 where none was. */
function stepsTold({ told }: Incident): number {
  const steps = told.filter(({ why }) => why === 'opened' || why === 'unacknowledged')
  return Math.max(-1, ...steps.map(({ step }) => step))
}

/** Who is told when it is opened. */
export const toldAtOnce = (incident: Incident, policy: CompiledPolicy): Omit<Told, 'at'> => ({
  why: 'opened',
  step: 0,
  people: peopleOf(incident, policy, 0),
})

/** Where nobody has a role of a step, whoever has one of a later step is told. */
function peopleOf({ service }: Incident, policy: CompiledPolicy, step: number): readonly ActorId[] {
  for (const { roles } of ESCALATION.slice(step)) {
    const people = policy.people.filter((one) => roles === 'everybody' || holdsRole(one, roles, service))
    if (people.length > 0) return people.map(({ id }) => id)
  }
  return []
}

function speakers({ roles, acknowledged }: Incident): readonly ActorId[] {
  const speaks = roles.communication ?? roles.commander ?? acknowledged?.by
  return speaks === undefined ? [] : [speaks]
}
