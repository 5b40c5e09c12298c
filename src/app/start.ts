// Starts an approved change: what was sealed is read again; locks, grant and the start are one transaction.
// INVARIANT I1: nothing starts without live approvals over exactly the sealed envelope; the runner judges this again itself.
// INVARIANT I4: all targets are taken as a set or none; the fence of each rises with every start.

import { decode } from '../base/decode.ts'
import { type Answer, failureOf, type Refused, refused, SekishoError } from '../base/error.ts'
import { ERRORS, type ErrorCode } from '../base/error-codes.ts'
import type { Detail } from '../base/error-values.ts'
import { type ChangeId, executionId, type TargetId } from '../base/id.ts'
import type { JsonObject } from '../base/json.ts'
import { verifySshSignature } from '../base/sign.ts'
import { type Change, killDecisions, liveApprovals, type Moved, next } from '../change/change.ts'
import { nameOfTarget } from '../change/sealing.ts'
import { listChanges, listStanding, loadChange, type Standing, type StoredChange } from '../change/store.ts'
import type { Actor } from '../identity/actor.ts'
import { plan as planDecoder, planDigest } from '../plans/plan.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import { volumeWithoutRoom } from '../plans/room.ts'
import type { Order } from '../run/order.ts'
import { insertExecution, takeTargets } from '../run/store.ts'
import { type Waiting } from '../seal/alone.ts'
import { enough } from '../seal/enough.ts'
import { type Envelope, envelope as envelopeDecoder, envelopeDigest } from '../seal/envelope.ts'
import type { RunnerStatus } from '../seal/runner-status.ts'
import type { Signed } from '../seal/statement.ts'
import { waitingOf } from './alone.ts'
import { allow, SYSTEM, subjectOf } from './authorize.ts'
import { baselineDrift } from './baseline-drift.ts'
import { readTargets, type TargetRead } from './collect.ts'
import { demoteStanding } from './demote.ts'
import { type Act, act, type Gate, now, plain } from './gate.ts'
import { must } from './must.ts'
import { againstTakingBack } from './run-back.ts'
import { divergence, notTheSigned } from './signed-head.ts'
import { isUsedUp, perHourOf } from './standing-uses.ts'
import { usersNotTold } from './users-told.ts'
import { windowCheck } from './window-check.ts'

/** How many changes are read to find who changed a target. */
const RECENT = 50

export interface Started {
  readonly stored: StoredChange
  /** Why it did not start yet. The sweeper tries again. */
  readonly waiting?: { readonly code: ErrorCode; readonly detail: Detail }
}

/** `change run`: starts now, or returns why not yet. */
export async function runChange(gate: Gate, actor: Actor, id: ChangeId): Promise<StoredChange> {
  const { change } = await loadChange(gate.db, id)
  allow(gate, actor, 'change.run', subjectOf(change))
  if (change.state !== 'approved')
    throw new SekishoError('change.wrong_state', { state: change.state, event: 'start', change: id })
  const { stored, waiting } = await startWhenApproved(gate, id)
  if (waiting !== undefined) throw failureOf(waiting)
  return stored
}

/** Starts, voids, or leaves it approved with the reason. Many callers at once lead to one start. */
export async function startWhenApproved(gate: Gate, id: ChangeId): Promise<Started> {
  const begun = await loadChange(gate.db, id)
  const { change } = begun
  if (change.state !== 'approved' || change.plan === undefined || change.envelope === undefined)
    return { stored: begun }
  const policy = allow(gate, SYSTEM, 'change.run', subjectOf(change))
  const window = windowCheck(policy, change, now(gate))
  const opens = change.wishes.window?.from
  if (window.verdict !== 'green' || (opens !== undefined && opens > now(gate)))
    return {
      stored: begun,
      waiting: {
        code: 'run.outside_window',
        detail: { change: id, why: window.problems.map(({ text }) => text).concat(opens ?? []) },
      },
    }
  const runner = await requireSignedLedger(gate)
  const untold = await usersNotTold(gate, change, policy)
  if (untold !== undefined) return { stored: begun, waiting: untold }
  const unreadable = unreadablePart(change)
  // Without room the runner would refuse, and the approval would be used up. So the change waits here.
  const short = unreadable === undefined ? volumeWithoutRoom(change.plan, runner.diskFree) : undefined
  if (short !== undefined)
    return { stored: begun, waiting: { code: 'runner.low_space', detail: { ...short } } }
  const moved =
    unreadable === undefined
      ? await movedNow(gate, change, change.envelope, change.plan.targets, policy)
      : [unreadable]
  const waiting = await waitingOf(gate, change, policy)
  const started = await act(gate, 'system', async (step) => {
    const stored = await loadChange(step.tx, id)
    if (stored.change.state !== 'approved' || stored.change.envelopeDigest !== change.envelopeDigest)
      return { stored }
    if (moved.length > 0) {
      if (stored.change.standing !== undefined) await demoteStanding(step, stored.change.standing, 'void')
      return { stored: await voidChange(step, stored, moved) }
    }
    return begin(step, stored, policy, waiting)
  })
  const last = started.stored.change.executions.at(-1)
  if (started.stored.change.state === 'executing' && last !== undefined) {
    // The row is the grant. If this call fails, the sweeper hands it over again.
    await gate.startExecution(last.id).catch((error: unknown) => {
      gate.log.error({ execution: last.id, why: String(error) }, 'the engine did not take an execution')
    })
  }
  return started
}

/**
 * INVARIANT I7: a database that does not extend the head that the runner signed last starts nothing until a person has accepted the fork
 * (spine §9). Throws runner.signed_head_ahead, runner.signed_head_differs.
 */
async function requireSignedLedger(gate: Gate): Promise<RunnerStatus> {
  const status = await gate.runner.ask('status', {})
  const other = await divergence(gate.db, status.signer)
  if (other !== undefined) throw notTheSigned(other)
  return status
}

/** Rows may be written by anybody with access to the database: a row without a valid plan or envelope voids its change alone. */
function unreadablePart({ id, plan, envelope }: Change): Moved | undefined {
  const read = decode(planDecoder, plan)
  if (!read.ok) return broken(refused('judge.plan_malformed', { at: read.at, why: read.why, change: id }))
  const sealed = decode(envelopeDecoder, envelope)
  if (!sealed.ok)
    return broken(refused('judge.envelope_malformed', { at: sealed.at, why: sealed.why, change: id }))
  return undefined
}

/** A target that the runner refuses to read has changed, with the reason. A target without an answer is read again later. */
async function movedNow(
  gate: Gate,
  change: Change,
  envelope: Envelope,
  targets: readonly TargetId[],
  policy: CompiledPolicy,
): Promise<readonly Moved[]> {
  const refusals = new Map<string, Moved>()
  const reads = await Promise.all(
    targets.map((target) =>
      readTargets(gate, [target]).catch((error: unknown): TargetRead[] => {
        if (!(error instanceof SekishoError) || ERRORS[error.code].retry) throw error
        const what = nameOfTarget(target)
        refusals.set(what, refusal(what, error.code, error.detail))
        return []
      }),
    ),
  )
  const moved = await baselineDrift(change, envelope, reads.flat(), policy, now(gate), async () =>
    (await listChanges(gate.db, { limit: RECENT })).map((one) => one.change),
  )
  return moved.map((one) => (one.code === 'moved.unreadable' ? (refusals.get(one.what) ?? one) : one))
}

/** Inside the transaction: everything that decides is computed again from the rows. */
async function begin(
  step: Act,
  stored: StoredChange,
  policy: CompiledPolicy,
  waiting: Waiting | undefined,
): Promise<Started> {
  const { change } = stored
  const { plan, envelope, envelopeDigest: digest } = change
  if (plan === undefined || envelope === undefined || digest === undefined) return { stored }
  if (envelopeDigest(envelope) !== digest || planDigest(plan) !== envelope.plan)
    return {
      stored: await voidChange(step, stored, [broken(refused('judge.digest_wrong', { what: 'envelope' }))]),
    }
  // Two rollbacks of one run: the first that was kept has taken it back. Its target is held until then. Nor is one taken back that is no more the last.
  const undone = isRunBack(change) ? await againstTakingBack(step.tx, change.takesBack) : undefined
  if (undone !== undefined) return { stored: await voidChange(step, stored, [broken(undone)]) }
  const standing = await standingOf(step, change)
  if (isOver(step, change)) return { stored: await expireChange(step, stored) }
  const approved = isApproved(step, change, policy, standing, waiting)
  if (!approved.ok) return { stored: await voidChange(step, stored, [broken(approved)]) }
  // Used up since the seal: the runner would refuse. A new seal asks people.
  if (standing !== undefined && (await isUsedUp(step.tx, standing, policy, step.at))) {
    const limit = perHourOf(standing, policy)
    const usedUp = refused('judge.standing_limit', { limit, service: change.service })
    return { stored: await voidChange(step, stored, [broken(usedUp)]) }
  }
  const execution = executionId(change.id, change.executions.length + 1)
  const taken = await takeTargets(step.tx, plan.targets, execution, step.at)
  if (!taken.ok)
    return {
      stored,
      waiting: { code: 'run.target_held', detail: { change: change.id, target: taken.target, by: taken.by } },
    }
  const order: Order = {
    execution,
    change: change.id,
    host: change.host,
    plan: envelope.plan,
    envelope: digest,
    ...(standing === undefined ? {} : { standing: standing.digest }),
    fences: taken.fences,
  }
  await insertExecution(step.tx, order, step.at)
  const decisions = liveApprovals(change)
  await step.record(
    'execution.started',
    change.id,
    plain({
      execution,
      envelope: digest,
      statements: [...decisions, ...(change.authored === undefined ? [] : [change.authored])].map(
        ({ statement }) => statement,
      ),
      ...(standing === undefined
        ? {}
        : { standing: standing.digest, standingBy: { by: standing.person, at: standing.at } }),
      fences: taken.fences,
    }),
  )
  const scheduled = must(next(change.state, 'schedule')).state
  const state = must(next(scheduled, 'start')).state
  const executions = [...change.executions, { id: execution, startedAt: step.at }]
  return { stored: await step.save(stored, { ...change, state, executions }) }
}

/** The rollback of a declared command or call. */
const isRunBack = (change: Change): change is Change & { readonly takesBack: ChangeId } =>
  (change.pattern === 'command' || change.pattern === 'request') && change.takesBack !== undefined

const broken = ({ code, detail }: Refused): Moved => refusal('approval', code, detail)

/** `why` is the code. A value named `why` in its sentence is stored as `because`. */
export function refusal(what: string, code: string, detail: Detail | JsonObject): Moved {
  const because = detail['why'] === undefined ? {} : { because: detail['why'] }
  return { what, code: 'moved.refused', detail: plain({ ...detail, ...because, why: code }) }
}

async function standingOf(step: Act, change: Change): Promise<Standing | undefined> {
  if (change.standing === undefined) return undefined
  return (await listStanding(step.tx)).find(({ digest }) => digest === change.standing)
}

/** The seal, or one of the approvals, has expired. */
function isOver(step: Act, change: Change): boolean {
  if (change.envelope !== undefined && step.at > change.envelope.expires) return true
  const signed = [...liveApprovals(change), ...(change.authored === undefined ? [] : [change.authored])]
  return change.standing === undefined && signed.some(({ expires }) => expires < step.at)
}

function isApproved(
  step: Act,
  change: Change,
  policy: CompiledPolicy,
  standing: Standing | undefined,
  waiting: Waiting | undefined,
): Answer<object> {
  const { envelope, envelopeDigest: digest } = change
  if (envelope === undefined || digest === undefined)
    return refused('seal.not_planned', { change: change.id })
  if (envelope.class === 'standard')
    return standing?.state === 'live'
      ? { ok: true }
      : refused('judge.standing_covers_not', { why: standing?.state ?? 'none', service: change.service })
  return enough(signedOf(change), envelope, digest, policy, step.at, verifySshSignature, waiting)
}

/** What is sent to the runner: the approvals, or the standing statement. */
export function orderStatements(change: Change, standing: Standing | undefined): readonly Signed[] {
  return standing === undefined ? signedOf(change) : [standing.signed]
}

/** The approvals, and what the author has signed. */
function signedOf(change: Change): readonly Signed[] {
  const { authored } = change
  return [
    ...liveApprovals(change).map(({ signed }) => signed),
    ...(authored === undefined ? [] : [authored.signed]),
  ]
}

/** The seal does not hold any more: decisions are kept and count no more, and the reason is stored. */
export async function voidChange(
  step: Act,
  stored: StoredChange,
  moved: readonly Moved[],
): Promise<StoredChange> {
  const { change } = stored
  const { state } = must(next(change.state, 'void'))
  await step.record(
    'change.void',
    change.id,
    plain({ revision: change.revision, envelope: change.envelopeDigest ?? '', moved }),
  )
  return step.save(stored, { ...change, state, moved, decisions: killDecisions(change.decisions) })
}

export async function expireChange(step: Act, stored: StoredChange): Promise<StoredChange> {
  const { change } = stored
  const { state } = must(next(change.state, 'expire'))
  await step.record('change.expired', change.id, { revision: change.revision })
  return step.save(stored, { ...change, state, decisions: killDecisions(change.decisions) })
}
