// Orders the runner to prepare a restore beside its target. Nothing of the service is touched; the result becomes the plan of a change.
import { decode } from '../base/decode.ts'
import { failureOf, SekishoError } from '../base/error.ts'
import { type ActorId, isChangeId } from '../base/id.ts'
import { type Change, isLeftUndone } from '../change/change.ts'
import { type ChangeFilter, listChanges, loadChange } from '../change/store.ts'
import type { StageCancelled, StageView, StageWish } from '../contract/backup.ts'
import type { Actor } from '../identity/actor.ts'
import type { CodeWish } from '../plans/code.ts'
import { stageOf as planStage } from '../plans/playbooks/data.ts'
import type { Service } from '../plans/policy.ts'
import { type EvidenceWish, restoreWish, whatOf } from '../plans/restore.ts'
import type { StageWish as RunnerWish } from '../seal/protocol.ts'
import { allow, declaredService, nameOf, subjectOf } from './authorize.ts'
import { act, type Gate, plain } from './gate.ts'

/** Throws input.invalid, backup.*, restore.*. */
export async function layOut(
  gate: Gate,
  actor: Actor,
  name: string,
  wish: StageWish,
): Promise<{ readonly stage: string }> {
  const service = declaredService(gate.policy(), name)
  allow(gate, actor, 'restore.stage', { kind: 'service', service: service.name })
  const asked = await wishOf(gate, actor, service, wish)
  const { open, over } = await changesWithStage(gate, service)
  try {
    return await gate.runner.ask('stage', {
      service: service.name,
      wish: asked,
      ...(over.length === 0 ? {} : { over }),
      ...askedBy(actor),
    })
  } catch (error) {
    if (!(error instanceof SekishoError) || error.code !== 'restore.too_many') throw error
    const stuck = open.filter(({ state }) => state === 'stuck').map(({ id }) => id)
    const waiting = open.filter(({ state }) => state !== 'stuck').map(({ id }) => id)
    const named = { stuck: stuck.join(' '), waiting: waiting.slice(0, NAMED).join(' ') }
    throw failureOf({ code: error.code, detail: { ...error.detail, ...named } }, { cause: error })
  }
}

/** As the runner takes it: a bundle lies there already, under its digest (`putBundle`). */
async function wishOf(gate: Gate, actor: Actor, service: Service, wish: StageWish): Promise<RunnerWish> {
  if (wish.kind === 'code') return wish as CodeWish
  const asked = wish.kind === 'rollback' ? await takingBack(gate, actor, service, wish.change) : wish
  if (asked.kind === 'code') return asked
  const read = decode(restoreWish, asked)
  if (!read.ok) throw new SekishoError('input.invalid', { field: read.at, why: read.why })
  return read.value
}

const NAMED = 3
const LOOKED_AT = 200

/** Open restores of a service, and stages whose changes were all withdrawn or rejected. */
async function changesWithStage(
  { db }: Gate,
  { name }: Service,
): Promise<{ readonly open: readonly Change[]; readonly over: readonly string[] }> {
  const withStage = async (filter: Pick<ChangeFilter, 'states' | 'notStates'>) =>
    (await listChanges(db, { service: name, lately: true, limit: LOOKED_AT, ...filter }))
      .map(({ change }) => change)
      .filter(({ wishes }) => wishes.stage !== undefined)
  const all = await withStage({ notStates: ['withdrawn', 'rejected'] })
  const held = new Set(all.map(({ wishes }) => wishes.stage))
  const over = (await withStage({ states: ['withdrawn', 'rejected'] })).flatMap(({ wishes: { stage } }) =>
    stage === undefined || held.has(stage) ? [] : [stage],
  )
  return {
    open: all.filter(({ state }) => state !== 'closed' && state !== 'expired' && state !== 'void'),
    over: [...new Set(over)],
  }
}

/**
 * Cancels the stage that is being prepared for the service. Answers when the cancel was ordered; removing the files may take longer.
 * Throws restore.none_under_way, and what the runner refuses with.
 */
export async function cancelStage(gate: Gate, actor: Actor, name: string): Promise<StageCancelled> {
  const service = declaredService(gate.policy(), name)
  allow(gate, actor, 'backup.read', { kind: 'service', service: service.name })
  const { underWay } = await gate.runner.read({ kind: 'stages', service: service.name })
  if (underWay === undefined) throw new SekishoError('restore.none_under_way', { service: service.name })
  const { stage, by, wish, since } = underWay
  // `may` looks up the service.
  allow(gate, actor, 'restore.cancel', { kind: 'stage', service: service.name, by: by as ActorId })
  await gate.runner.ask('cancelStage', { service: service.name, stage, ...askedBy(actor) })
  await act(gate, nameOf(actor), (step) =>
    step.record('restore.cancelled', `backup:${service.name}`, plain({ stage, wish, begunBy: by, since })),
  )
  const what = wish.kind === 'code' ? wish.commit.slice(0, 12) : whatOf(wish)
  return { stage, by, kind: wish.kind, since, ...(what === undefined ? {} : { what }) }
}

function askedBy(actor: Actor): { readonly by: string; readonly agent?: true } {
  return { by: nameOf(actor), ...(actor.kind === 'agent' ? { agent: true } : {}) }
}

/** Of a restore its evidence; of code the commit that was deployed before. */
async function takingBack(
  gate: Gate,
  actor: Actor,
  service: Service,
  of: string,
): Promise<EvidenceWish | CodeWish> {
  if (!isChangeId(of)) throw new SekishoError('input.invalid', { field: 'change', why: of })
  const { change } = await loadChange(gate.db, of)
  allow(gate, actor, 'change.rollback', subjectOf(change))
  if (change.service !== service.name)
    throw new SekishoError('input.invalid', { field: 'change', why: change.service })
  assertEnded(change)
  const made = change.plan?.actions.flatMap(({ action }) => (action.kind === 'commit' ? [action] : []))[0]
  if (made !== undefined) return { kind: 'code', commit: made.deployed, takesBack: change.id }
  const stage = change.plan === undefined ? undefined : planStage(change.plan)
  if (stage === undefined) throw new SekishoError('input.invalid', { field: 'change', why: change.pattern })
  return { kind: 'rollback', change: change.id, stage }
}

/**
 * Only a change that was kept can be taken back, or a restore that a person left as it is: both keep what stood there before. Throws
 * change.nothing_to_restore.
 */
export function assertEnded(change: Change): void {
  const { id, state, executions } = change
  const isKept = state === 'closed' && executions.at(-1)?.outcome === 'kept'
  if (!isKept && !isLeftUndone(change))
    throw new SekishoError('change.nothing_to_restore', { change: id, state })
}

export async function stageOf(gate: Gate, actor: Actor, name: string, stage: string): Promise<StageView> {
  const service = declaredService(gate.policy(), name)
  allow(gate, actor, 'backup.read', { kind: 'service', service: service.name })
  const { facts } = await gate.runner.read({ kind: 'stage', stage })
  if (facts.state === 'ready' && facts.staged.service !== service.name) return { state: 'gone' }
  // The card shows what the stage was made from. Here it is enough that the stage is ready.
  return facts.state === 'ready'
    ? { state: 'ready', stage, expires: facts.staged.expires }
    : facts.state === 'failed'
      ? { state: 'failed', code: facts.code, detail: { ...facts.detail } }
      : facts.state === 'working'
        ? { state: 'working', progress: { ...facts.progress } }
        : { state: 'gone' }
}
