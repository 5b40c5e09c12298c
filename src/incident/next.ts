// The one thing to do next in an incident. Rules: what the gate does itself, what a person types, what is waited for.
import type { ChangeId } from '../base/id.ts'
import type { Instant } from '../base/time.ts'
import type { ChangeState } from '../contract/change.ts'
import type { NextAction } from '../contract/incident.ts'
import { type Incident, isPreserved, type Recovery, type RecoveryFacts, type Suspect } from './incident.ts'
import { isToSealAgain, isUntried } from './relapse.ts'

/** How long health must stay green before it counts as over. */
export const SOAK_MS = 600_000

export interface RecoveryState extends RecoveryFacts {
  readonly what: Recovery['what']
  readonly state: ChangeState
  readonly end: 'open' | 'kept' | 'not_kept'
  /** It was tried, and the service was not healthy after it. */
  readonly failed: boolean
}
export interface NextFacts {
  readonly now: Instant
  readonly recoveries: readonly RecoveryState[]
  /** The service has a unit that can be restarted. */
  readonly restartable: boolean
  /** Suspects that were not taken back yet, the newest first. */
  readonly suspects: readonly Pick<Suspect, 'change' | 'outcome' | 'back'>[]
  /** An owner has signed that the host may be cut off. */
  readonly isolationSigned: boolean
  /** When health has been green for long enough, as far as it was looked at. */
  readonly soakedAt: Instant
}

const type = (what: NextAction['what'], line: string, change?: ChangeId): NextAction => ({
  what,
  kind: 'type',
  type: line,
  ...(change === undefined ? {} : { change }),
})
const does = (what: NextAction['what']): NextAction => ({ what, kind: 'does' })

export function nextAction(incident: Incident, facts: NextFacts): NextAction {
  const { id, state, level } = incident
  switch (state) {
    case 'declared':
    case 'preserving':
      return level === 3 ? isolate(incident, facts) : does('seal')
    case 'containing':
    case 'diagnosing':
    case 'mitigating':
      return mitigation(incident, facts)
    case 'recovering':
      // Health on a host that is cut off says nothing of its users.
      return isCutOff(incident) ? type('reconnect', `sekisho incident reconnect ${id}`) : does('look')
    case 'monitoring': {
      if (isCutOff(incident)) return type('reconnect', `sekisho incident reconnect ${id}`)
      const until = facts.soakedAt
      return until > facts.now
        ? { what: 'soak', kind: 'waits', until, type: `sekisho incident close ${id} --cause "…"` }
        : type('close', `sekisho incident close ${id} --cause "…"`)
    }
    case 'resolved':
    case 'review_due':
      if (isCutOff(incident)) return type('reconnect', `sekisho incident reconnect ${id}`)
      return type('review', `sekisho incident close ${id} --cause "…" --action "WHO: WHAT"`)
    case 'closed':
      return { what: 'report', kind: 'over', type: `sekisho incident report ${id}` }
    case 'false_alarm':
      return { what: 'nothing', kind: 'over' }
  }
}

/** A change under way is followed to its end before anything else is begun. */
function mitigation(incident: Incident, facts: NextFacts): NextAction {
  const { id, level, service } = incident
  if (isToSealAgain(incident)) return does('seal')
  if (isToIsolate(incident)) return isolation(incident, facts)
  const current = facts.recoveries.findLast(({ failed }) => !failed)
  if (current !== undefined) return following(current)
  if (isCutOff(incident)) return whileCutOff(incident)
  if (level === 1 && facts.restartable && facts.recoveries.every(({ what }) => what === 'undo'))
    return does('restart')
  if (level === 1 && incident.causes === undefined) return does('look')
  const suspect = facts.suspects.find(({ back }) => back?.kind !== 'none')
  if (level === 2) return type('restore', `sekisho restore full --last-known-good --service ${service}`)
  if (level === 1 && suspect !== undefined)
    return type('recovery', takeBackLine(suspect, service), suspect.change)
  // It helped once: nobody has tried it since it came back.
  if (level === 1 && facts.restartable && isUntried(incident)) return does('restart')
  return type('recover_change', `sekisho incident recover ${id} CHANGE`)
}

function takeBackLine(
  { change, outcome, back }: NextFacts['suspects'][number],
  service: Incident['service'],
): string {
  if (outcome === 'open') return `sekisho change abort ${change}`
  return back?.kind === 'values'
    ? `sekisho do config --service ${service} --instruction "rollback ${change}" ${back.options}`
    : `sekisho change rollback ${change}`
}

/** What there is to see is kept before the way back is offered. */
function whileCutOff({ id, evidence }: Incident): NextAction {
  return evidence.some(({ set }) => set === 'capture')
    ? type('reconnect', `sekisho incident reconnect ${id}`)
    : type('capture', `sudo sekisho incident capture ${id}`)
}

const UNTRIED: readonly ChangeState[] = ['draft', 'planned', 'checking', 'ready']
const RUNNING: readonly ChangeState[] = ['approved', 'scheduled', 'executing', 'verifying', 'rolling_back']

function following({ change, state, end, what }: RecoveryState): NextAction {
  if (end !== 'open') return does('look')
  // A gate that died on the way goes on with the change that it has made.
  if (what === 'restart' && UNTRIED.includes(state)) return does('restart')
  if (state === 'awaiting_approval') return type('change_waits', `sekisho change approve ${change}`, change)
  if (RUNNING.includes(state))
    return { what: 'change_runs', kind: 'waits', change, type: `sekisho change wait ${change}` }
  return type('change_waits', `sekisho change show ${change}`, change)
}

function isolate(incident: Incident, facts: NextFacts): NextAction {
  return isToIsolate(incident) ? isolation(incident, facts) : does('look')
}

/** The runner cuts nothing off without the signature: it comes first. */
function isolation(incident: Incident, { isolationSigned }: NextFacts): NextAction {
  return isolationSigned
    ? type('isolate', isolateLine(incident))
    : type('sign_isolation', `sekisho standing sign ${incident.service} isolate`)
}

/** It was never cut off, or nobody kept it. */
const isToIsolate = (incident: Incident): boolean =>
  incident.level === 3 && (!isPreserved(incident) || incident.isolation?.event === 'undone')

const isolateLine = ({ id }: Incident) => `sudo --preserve-env=SSH_CONNECTION sekisho incident isolate ${id}`

/** The host answers nobody but its administrator, as far as the runner has said. */
export const isCutOff = ({ isolation }: Pick<Incident, 'isolation'>): boolean =>
  isolation?.event === 'applied' || isolation?.event === 'kept'
