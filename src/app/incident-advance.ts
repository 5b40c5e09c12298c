// The steps of an incident that the gate does itself, one a call: seal evidence, order the restart, look how it ended, look for causes. Each
// is decided by what is stored, and done twice has the effect of once. The clock does all but what asks for a person.
import { SekishoError } from '../base/error.ts'
import type { ChangeId, IncidentId } from '../base/id.ts'
import { after } from '../base/time.ts'
import type { Change } from '../change/change.ts'
import { listChanges, listStanding, loadChange } from '../change/store.ts'
import type { Actor } from '../identity/actor.ts'
import { type Incident, nextState } from '../incident/incident.ts'
import { type NextFacts, nextAction } from '../incident/next.ts'
import { isSealed } from '../incident/relapse.ts'
import { listIncidents, loadIncident, type StoredIncident } from '../incident/store.ts'
import { serviceOf } from '../plans/policy.ts'
import { nameOf } from './authorize.ts'
import { tryChange } from './change-check.ts'
import { createChange } from './change-create.ts'
import { sealAndStart } from './change-seal.ts'
import { type Gate, now } from './gate.ts'
import { madeSince, recoveryStates, suspectsLeft, wasRestarted } from './incident-changes.ts'
import { findCauses, sealSet } from './incident-evidence.ts'
import { noteEditedFiles } from './incident-files.ts'
import { readHealth, soakedAt, watchHealth } from './incident-soak.ts'
import { openFromSources } from './incident-sources.ts'
import { readable, writeIncident } from './incident-store.ts'
import { recoveredAgain, tellDue } from './incident-tell.ts'
import { isIsolationSigned } from './isolation-facts.ts'
import { must } from './must.ts'

/** A recovery that is not healthy yet is looked at again for so long. */
const PATIENCE_MS = 120_000

export async function factsFor(gate: Gate, incident: Incident): Promise<NextFacts> {
  const recoveries = await recoveryStates(gate.db, incident)
  const service = serviceOf(gate.policy(), incident.service)
  return {
    now: now(gate),
    recoveries,
    restartable: service?.unit !== undefined,
    suspects: await suspectsLeft(gate.db, incident),
    isolationSigned:
      incident.level !== 3 || isIsolationSigned(await listStanding(gate.db), service?.host ?? incident.host),
    soakedAt: soakedAt(gate, incident.id),
  }
}

/** `incident next`: does what the gate can do now, for the person who asks. */
export async function doNext(gate: Gate, actor: Actor, id: IncidentId): Promise<StoredIncident> {
  const stored = await readable(gate, actor, id, 'incident.act')
  return step(gate, actor, stored)
}

/** All open incidents, by the gate's clock. */
export async function advanceIncidents(gate: Gate): Promise<void> {
  await openFromSources(gate)
  for (const stored of await listIncidents(gate.db, false)) {
    try {
      await tellDue(gate, stored.incident)
      await joinEvidence(gate, stored.incident)
      await step(gate, undefined, await loadIncident(gate.db, stored.incident.id))
    } catch (error) {
      if (!(error instanceof SekishoError)) throw error
      gate.log.info({ incident: stored.incident.id, code: error.code }, 'an incident could not go on yet')
    }
  }
}

/** What the runner sealed without being asked by the gate: level 3, break-glass. */
async function joinEvidence(gate: Gate, { id, evidence }: Incident): Promise<void> {
  const { facts } = await gate.runner.read({ kind: 'evidence', incident: id })
  const known = new Set(evidence.map(({ set, at }) => `${set} ${at}`))
  const isOwn = ({ set }: { readonly set: string }) => set === 'level1' || set === 'after'
  for (const set of facts.sets.filter((one) => !isOwn(one) && !known.has(`${one.set} ${one.at}`)))
    await writeIncident(gate, 'system', id, (one) =>
      one.evidence.some((each) => each.set === set.set && each.at === set.at)
        ? undefined
        : { incident: { ...one, evidence: [...one.evidence, set] }, kind: 'evidence', payload: set },
    )
}

const underWay = new Map<IncidentId, Promise<StoredIncident>>()

/** One step at a time: a person and the clock do not collect the same evidence beside each other. */
async function step(
  gate: Gate,
  actor: Actor | undefined,
  { incident: { id } }: StoredIncident,
): Promise<StoredIncident> {
  const before = underWay.get(id)
  const work = (async () => {
    await before?.catch(() => undefined) // It has told its own caller.
    return stepOnce(gate, actor, await loadIncident(gate.db, id))
  })()
  underWay.set(id, work)
  try {
    return await work
  } finally {
    if (underWay.get(id) === work) underWay.delete(id)
  }
}

async function stepOnce(
  gate: Gate,
  actor: Actor | undefined,
  stored: StoredIncident,
): Promise<StoredIncident> {
  const linked = await linkRecoveries(gate, await noteEditedFiles(gate, stored))
  const { incident } = linked
  if (incident.state === 'monitoring') return watchHealth(gate, linked)
  const { what, kind } = nextAction(incident, await factsFor(gate, incident))
  if (kind !== 'does') return linked
  if (what === 'seal') return seal(gate, actor, incident)
  if (what !== 'restart') return look(gate, incident)
  // Only a person orders: the change is theirs.
  return actor === undefined ? linked : restart(gate, actor, incident)
}

/** At levels 1 and 2 what was made for the service since then, and is approved, was made for it. At level 3 a person says so. */
async function linkRecoveries(gate: Gate, stored: StoredIncident): Promise<StoredIncident> {
  const { incident } = stored
  const mitigates = ['containing', 'diagnosing', 'mitigating'].includes(incident.state)
  if (incident.level === 3 || !mitigates) return stored
  const [made] = await madeSince(gate.db, incident)
  if (made === undefined) return stored
  const { change, what } = made
  return writeIncident(gate, 'system', incident.id, (one, { at }) => {
    if (one.recoveries.some((each) => each.change === change)) return undefined
    return {
      incident: { ...one, state: mitigating(one), recoveries: [...one.recoveries, { change, what, at }] },
      kind: 'recovery',
      payload: made,
    }
  })
}

const mitigating = (incident: Incident) =>
  incident.state === 'mitigating' ? incident.state : must(nextState(incident, 'mitigate')).state

/** N12: what could not be had is a gap on the record, and the next step goes on. */
async function seal(gate: Gate, actor: Actor | undefined, incident: Incident): Promise<StoredIncident> {
  const set = await sealSet(gate, incident, 'level1', by(actor))
  return writeIncident(gate, by(actor), incident.id, (one) => {
    if (one.evidence.some((each) => each.set === set.set && each.at === set.at)) return undefined
    const sealed = { ...one, evidence: [...one.evidence, set] }
    // After a relapse it goes on where it was.
    const contained = nextState(sealed, 'contain')
    return {
      incident: { ...sealed, state: contained.ok ? contained.state : one.state },
      kind: 'evidence',
      payload: set,
    }
  })
}

const by = (actor: Actor | undefined) => (actor === undefined ? 'system' : nameOf(actor))

/**
 * The restart is an ordinary change: under a standing statement it starts at once, else people are asked. One that was made and not ordered yet is
 * gone on with.
 */
async function restart(gate: Gate, actor: Actor, incident: Incident): Promise<StoredIncident> {
  const change = await restartOf(gate, actor, incident)
  const stored = await writeIncident(gate, by(actor), incident.id, (one, { at }) => {
    if (one.recoveries.some((each) => each.change === change)) return undefined
    return {
      incident: {
        ...one,
        state: mitigating(one),
        recoveries: [...one.recoveries, { change, what: 'restart', at }],
      },
      kind: 'recovery',
      payload: { change, what: 'restart' },
    }
  })
  const tried = await triedByRunner(gate, actor, change)
  if (tried.state === 'ready') await sealAndStart(gate, actor, change)
  return stored
}

const RUNNER_AWAY: readonly string[] = ['runner.unreachable', 'runner.timeout']
/**
 * A runner that died is there again within a second or two; one that dies again and again waits for up to 10 s before each start (`LONGEST_PAUSE_MS` of
 * install/up). One that does not come is for a person.
 */
const AWAY = { tries: 20, everyMs: 1000 } as const

/** Nobody is asked to look at night because the runner was started again at that moment. */
async function triedByRunner(gate: Gate, actor: Actor, id: ChangeId): Promise<Change> {
  for (let left: number = AWAY.tries; ; left--) {
    const { change } = await tryChange(gate, actor, id)
    const isAway =
      change.state === 'blocked' &&
      change.checks.some(({ problems }) => problems.some(({ code }) => RUNNER_AWAY.includes(code)))
    if (!isAway || left === 0) return change
    await gate.clock.sleep(AWAY.everyMs)
  }
}

const UNTRIED = ['draft', 'planned', 'checking', 'ready'] as const

async function restartOf(gate: Gate, actor: Actor, incident: Incident): Promise<ChangeId> {
  const channel = `incident ${incident.id}`
  const open = await listChanges(gate.db, { service: incident.service, states: UNTRIED, limit: 50 })
  const made = open.find(({ change }) => change.instruction.channel === channel)
  if (made !== undefined) return made.change.id
  const { change } = await createChange(gate, actor, {
    pattern: 'service',
    service: incident.service,
    verb: 'restart',
    instruction: { text: incident.because, channel },
    notification: 'not_needed',
  })
  return change.id
}

/** How the recovery ended: approved and kept, and health as often as declared. Causes are looked for in the same step. */
async function look(gate: Gate, incident: Incident): Promise<StoredIncident> {
  if (incident.state === 'preserving' || incident.state === 'declared') return contained(gate, incident)
  const all = await recoveryStates(gate.db, incident)
  const current = all.findLast(({ failed }) => !failed)
  if (current === undefined) return diagnosed(gate, incident)
  if (current.end === 'not_kept') return failed(gate, incident, { change: current.change })
  if (incident.state !== 'recovering') {
    return writeIncident(gate, 'system', incident.id, (one) => {
      const from = { ...one, state: mitigating(one) }
      const { state } = must(nextState(from, 'recover', all))
      return {
        incident: { ...one, state },
        kind: 'recovering',
        payload: { change: current.change, approved: current.approved },
      }
    })
  }
  if (current.end === 'open') return { incident, version: 0 }
  // The record of an isolation may be behind: the runner says whether it stands.
  if (incident.level === 3 && (await isHostCutOff(gate))) return { incident, version: 0 }
  const health = await readHealth(gate, incident)
  if (health.verdict !== 'green') {
    const { change } = await loadChange(gate.db, current.change)
    const ended = change.executions.at(-1)?.endedAt
    const isOver = ended !== undefined && after(ended, PATIENCE_MS) < now(gate)
    return isOver || health.verdict === 'no_data'
      ? failed(gate, incident, { change: current.change, health })
      : { incident, version: 0 }
  }
  return recovered(gate, incident, current.change, health)
}

async function isHostCutOff(gate: Gate): Promise<boolean> {
  const { isolation } = await gate.runner.ask('status', {})
  return isolation !== undefined && isolation.state !== 'none'
}

async function recovered(gate: Gate, incident: Incident, change: ChangeId, health: object) {
  const looked = await withCauses(gate, incident, change)
  return writeIncident(gate, 'system', incident.id, async (one, step) => {
    if (one.state !== 'recovering') return undefined
    const { at } = step
    await recoveredAgain(step, one)
    const { state } = must(nextState(one, 'recovered'))
    return {
      incident: { ...lookedInto(one, looked), state, recoveredAt: at },
      kind: 'recovered',
      payload: { change, health, ...looked },
    }
  })
}

async function failed(gate: Gate, incident: Incident, payload: { change: string; health?: object }) {
  const looked = await withCauses(gate, incident)
  return writeIncident(gate, 'system', incident.id, (one) => {
    const recoveries = one.recoveries.map((each) =>
      each.change === payload.change ? { ...each, failed: true } : each,
    )
    const state = one.state === 'recovering' ? must(nextState(one, 'relapse')).state : one.state
    return {
      incident: { ...lookedInto(one, looked), recoveries, state },
      kind: 'not_recovered',
      payload: { ...payload, ...looked },
    }
  })
}

async function diagnosed(gate: Gate, incident: Incident): Promise<StoredIncident> {
  const looked = await withCauses(gate, incident)
  return writeIncident(gate, 'system', incident.id, (one) => {
    const answer = nextState(one, 'diagnose')
    return {
      incident: { ...lookedInto(one, looked), state: answer.ok ? answer.state : one.state },
      kind: 'causes',
      payload: looked,
    }
  })
}

/** Level 3, when the snapshot is there. */
function contained(gate: Gate, incident: Incident): Promise<StoredIncident> {
  return writeIncident(gate, 'system', incident.id, (one) => {
    const answer = nextState(one, 'contain')
    if (!answer.ok) return undefined
    return { incident: { ...one, state: answer.state }, kind: 'contained', payload: {} }
  })
}

/** `evidence`: what was sealed for it alone. What an incident has beside has entries of its own: one captured many times would fill this one. */
type Looked = Pick<Incident, 'causes' | 'evidence'>

/** Memory after a restart is the measure of what there was before it; where that cannot be had, the causes say so. */
async function withCauses(gate: Gate, incident: Incident, healed?: ChangeId): Promise<Looked> {
  const isRestarted = await wasRestarted(gate.db, incident)
  const after =
    isRestarted && !isSealed(incident, 'after')
      ? await sealSet(gate, incident, 'after', 'system').catch(() => undefined)
      : undefined
  const evidence = after === undefined ? [] : [after]
  const whole = { ...incident, evidence: [...incident.evidence, ...evidence] }
  return { evidence, causes: await findCauses(gate, whole, healed) }
}

/** What was sealed meanwhile stays: it is looked into for a while before it is written down. */
function lookedInto(one: Incident, { evidence, causes }: Looked): Incident {
  const isKnown = ({ set, at }: Incident['evidence'][number]) =>
    one.evidence.some((each) => each.set === set && each.at === at)
  return {
    ...one,
    evidence: [...one.evidence, ...evidence.filter((each) => !isKnown(each))],
    ...(causes === undefined ? {} : { causes }),
  }
}
