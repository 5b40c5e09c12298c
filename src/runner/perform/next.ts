// What comes next in an execution, from its lines alone: the state machine of spine §6 and §7 as one pure function. The loop does it,
// writes the line, and asks again; a restart asks the same question of the same lines.
// INVARIANT I3: an action is begun again only when a probe found "not applied" or a signed `continue` says so.
import type { Digest } from '../../base/hash.ts'
import type { JsonObject } from '../../base/json.ts'
import { runsBack } from '../../plans/actions.ts'
import type { Plan, PlannedAction } from '../../plans/plan.ts'
import type { Proof } from '../../plans/proofs.ts'
import type { Direction, Outcome } from '../../seal/journal.ts'
import { type Attempt, touched, type View } from './view.ts'

export interface Moment {
  readonly boot: string
  readonly uptime: number
}

interface OfAction {
  readonly planned: PlannedAction
  readonly direction: Direction
  readonly attempt: number
}

export type Step =
  | { readonly do: 'diagnose' }
  /** Everything that was true at the start is looked at once more, then what the proof compares with is written down. */
  | { readonly do: 'before' }
  | { readonly do: 'copy' }
  | { readonly do: 'arm'; readonly milliseconds: number }
  /** A signed `continue` takes effect. */
  | ({ readonly do: 'goOn'; readonly choice: 'retry' | 'skip'; readonly statement: Digest } & OfAction)
  | ({ readonly do: 'act' } & OfAction)
  /** Intent without outcome: look, never repeat blindly. */
  | ({ readonly do: 'probe'; readonly since: Moment } & OfAction)
  | ({
      readonly do: 'conclude'
      readonly result: 'applied' | 'not_applied' | 'failed' | 'skipped'
      readonly detail: JsonObject
    } & OfAction)
  | ({
      readonly do: 'park'
      readonly why: 'uncertain' | 'undo_failed'
      readonly detail: JsonObject
    } & OfAction)
  | { readonly do: 'prove'; readonly number: number; readonly proof: Proof; readonly before: JsonObject }
  | {
      readonly do: 'awaitKeep'
      readonly why: 'not_proven' | 'admin_path' | 'by_person'
      readonly seconds: number
    }
  | {
      readonly do: 'claim'
      readonly choice: 'keep' | 'revert'
      readonly why: string
    }
  | { readonly do: 'readBack'; readonly planned: readonly PlannedAction[]; readonly why: string }
  | { readonly do: 'close'; readonly outcome: Outcome; readonly detail: JsonObject }
  /** Nothing to do until a person speaks or the deadline comes. */
  | { readonly do: 'wait'; readonly for: 'keep' | 'person'; readonly until?: number }
  | { readonly do: 'end' }

/** How often an action is begun anew because a probe found that it had not taken effect. */
export const MAX_ATTEMPTS = 5
/** On top of the time-outs of all actions, until the first arming ends. */
const SLACK_MS = 30_000

export function nextStep(plan: Plan, view: View, now: Moment, adminPath = false): Step {
  if (view.closed !== undefined || view.accepted === undefined) return { do: 'end' }
  if (view.claim?.choice === 'keep') return { do: 'close', outcome: 'kept', detail: { by: view.claim.by } }
  if (view.claim?.choice === 'revert') return revertStep(plan, view, view.claim.why)
  const answered = goOnStep(plan, view, 'apply')
  if (answered !== undefined) return answered
  const stopsDeadline = !adminPath && (paused(plan, view) || view.resumed)
  if (isLate(view, now) && !stopsDeadline) return { do: 'claim', choice: 'revert', why: 'deadline' }
  if (view.stop !== undefined) return stopStep(plan, view)
  if (view.kept) return { do: 'claim', choice: 'keep', why: 'person' }
  return forwardStep(plan, view, adminPath)
}

/** Has the armed deadline passed? Another boot means that the time was not watched. */
function isLate(view: View, now: Moment): boolean {
  const { armed } = view
  if (armed === undefined) return false
  return armed.deadlineBoot !== now.boot || now.uptime >= armed.deadlineUptime
}

export function paused(plan: Plan, view: View): boolean {
  return plan.actions.some(({ id }) => view.attempt(id, 'apply')?.parked !== undefined)
}

function stopStep(plan: Plan, view: View): Step {
  const begun = plan.actions.some(({ id }) => view.attempt(id, 'apply')?.intent !== undefined)
  const by = view.stop?.by ?? ''
  return begun
    ? { do: 'claim', choice: 'revert', why: 'asked' }
    : { do: 'close', outcome: 'aborted', detail: { by } }
}

function forwardStep(plan: Plan, view: View, adminPath: boolean): Step {
  if (plan.diagnostics && !view.diagnosed) return { do: 'diagnose' }
  if (view.before === undefined) return { do: 'before' }
  if (!view.copied) return { do: 'copy' }
  // While a person was asked the deadline stood still; it begins anew when the answer is there.
  if (view.armed === undefined || view.resumed) {
    const all = plan.actions.reduce((sum, { timeoutMs }) => sum + timeoutMs, SLACK_MS)
    return { do: 'arm', milliseconds: all + plan.keep.seconds * 1000 }
  }
  for (const planned of plan.actions) {
    const step = applyStep(planned, view)
    if (step !== undefined) return step
  }
  if (!view.armedForProof) return { do: 'arm', milliseconds: plan.keep.seconds * 1000 }
  return proofStep(plan, view, view.before.facts, adminPath)
}

function goOnStep(plan: Plan, view: View, direction: Direction): Step | undefined {
  for (const planned of plan.actions) {
    const attempt = view.attempt(planned.id, direction)
    if (attempt?.parked !== undefined && attempt.answer !== undefined)
      return { do: 'goOn', planned, direction, attempt: attempt.attempt, ...attempt.answer }
  }
  return undefined
}

/** Undefined when this action is behind us. */
function applyStep(planned: PlannedAction, view: View): Step | undefined {
  const attempt = view.attempt(planned.id, 'apply')
  const of = { planned, direction: 'apply', attempt: attempt?.attempt ?? 1 } as const
  if (attempt?.parked !== undefined) return { do: 'wait', for: 'person' }
  if (attempt?.continued === 'retry') return { do: 'act', ...of, attempt: of.attempt + 1 }
  if (attempt?.outcome !== undefined) {
    switch (attempt.outcome.result) {
      case 'applied':
      case 'skipped':
        return undefined
      case 'failed':
        return { do: 'claim', choice: 'revert', why: 'action_failed' }
      case 'not_applied':
        return of.attempt < MAX_ATTEMPTS
          ? { do: 'act', ...of, attempt: of.attempt + 1 }
          : { do: 'claim', choice: 'revert', why: 'attempts' }
    }
  }
  if (attempt?.continued === 'skip') return { do: 'conclude', ...of, result: 'skipped', detail: {} }
  if (attempt?.intent === undefined) return { do: 'act', ...of }
  if (attempt.probed === undefined) return { do: 'probe', ...of, since: momentOf(attempt.intent) }
  const detail = { settled: attempt.probed.found, found: attempt.probed.detail }
  switch (attempt.probed.found) {
    case 'applied':
    case 'not_applied':
      return { do: 'conclude', ...of, result: attempt.probed.found, detail }
    case 'mixed': // some of a set new, some old: the old is put back (spine §6)
      return { do: 'conclude', ...of, result: 'failed', detail }
    case 'unknown':
      return { do: 'park', ...of, why: 'uncertain', detail: attempt.probed.detail }
  }
}

function proofStep(plan: Plan, view: View, before: JsonObject, adminPath: boolean): Step {
  if (view.proofs.some(({ verdict, proof }) => verdict === 'red' && !mayStayRed(plan, proof)))
    return { do: 'claim', choice: 'revert', why: 'proof_red' }
  const proof = plan.proof[view.proofs.length]
  if (proof !== undefined) return { do: 'prove', number: view.proofs.length + 1, proof, before }
  const proven = view.proofs.every(({ verdict }) => verdict === 'green')
  if (proven && plan.keep.by === 'proof') return { do: 'claim', choice: 'keep', why: 'proven' }
  if (view.awaiting === undefined)
    return {
      do: 'awaitKeep',
      why: !proven ? 'not_proven' : adminPath ? 'admin_path' : 'by_person',
      seconds: plan.keep.seconds,
    }
  return {
    do: 'wait',
    for: 'keep',
    ...(view.armed === undefined ? {} : { until: view.armed.deadlineUptime }),
  }
}

/** What was down before and is down still is no worse than it was: a person keeps it in time, or it goes back. */
function mayStayRed({ startsFrom }: Plan, { kind }: JsonObject): boolean {
  return startsFrom === 'down' && (kind === 'health' || kind === 'probe')
}

function revertStep(plan: Plan, view: View, why: string): Step {
  const answered = goOnStep(plan, view, 'undo')
  if (answered !== undefined) return answered
  const open = plan.actions.find(({ id }) => isOpen(view.attempt(id, 'apply')))
  if (open !== undefined) return settleForUndo(open, view)
  const toUndo = touched(plan, view)
  if (toUndo.length === 0)
    return { do: 'close', outcome: why === 'asked' ? 'aborted' : 'nothing_done', detail: { why } }
  for (const planned of toUndo) {
    const step = undoStep(planned, view)
    if (step !== undefined) return step
  }
  const readBack = toUndo.filter(({ id }) => view.attempt(id, 'undo')?.outcome?.result === 'applied')
  return { do: 'readBack', planned: readBack, why }
}

function isOpen(attempt: Attempt | undefined): boolean {
  return attempt?.intent !== undefined && attempt.outcome === undefined
}

/** Before an undo the action must have ended, one way or the other: a job of systemd may still be under way. */
function settleForUndo(planned: PlannedAction, view: View): Step {
  const attempt = view.attempt(planned.id, 'apply')
  const of = { planned, direction: 'apply', attempt: attempt?.attempt ?? 1 } as const
  if (attempt?.intent !== undefined && attempt.probed === undefined)
    return { do: 'probe', ...of, since: momentOf(attempt.intent) }
  const found = attempt?.probed?.found ?? 'unknown'
  return {
    do: 'conclude',
    ...of,
    // Whatever may have happened is undone.
    result: found === 'applied' || found === 'not_applied' ? found : 'failed',
    detail: { settled: found },
  }
}

function undoStep(planned: PlannedAction, view: View): Step | undefined {
  const attempt = view.attempt(planned.id, 'undo')
  const of = { planned, direction: 'undo', attempt: attempt?.attempt ?? 1 } as const
  if (attempt?.parked !== undefined) return { do: 'wait', for: 'person' }
  if (attempt?.continued === 'retry') return { do: 'act', ...of, attempt: of.attempt + 1 }
  if (attempt?.continued === 'skip' && attempt.outcome?.result !== 'skipped')
    return { do: 'conclude', ...of, result: 'skipped', detail: {} }
  if (attempt?.outcome !== undefined) {
    switch (attempt.outcome.result) {
      case 'applied':
      case 'skipped':
        return undefined
      case 'not_applied':
        return of.attempt < MAX_ATTEMPTS
          ? { do: 'act', ...of, attempt: of.attempt + 1 }
          : { do: 'park', ...of, why: 'undo_failed', detail: attempt.outcome.detail }
      case 'failed':
        return { do: 'park', ...of, why: 'undo_failed', detail: attempt.outcome.detail }
    }
  }
  if (attempt?.intent === undefined) return { do: 'act', ...of }
  if (attempt.probed === undefined) return { do: 'probe', ...of, since: momentOf(attempt.intent) }
  const { found, detail } = attempt.probed
  // What is run or sent to take back is begun again only where it was not begun (INVARIANT I3).
  if (runsBack(planned.action) && found === 'unknown') return { do: 'park', ...of, why: 'uncertain', detail }
  if (runsBack(planned.action) && found === 'mixed')
    return { do: 'conclude', ...of, result: 'failed', detail: { settled: found, found: detail } }
  // Any other putting back is written to be run twice, so whatever was found short of "undone" is simply done again.
  return {
    do: 'conclude',
    ...of,
    result: found === 'applied' ? 'applied' : 'not_applied',
    detail: { settled: found },
  }
}

function momentOf(line: { readonly boot: string; readonly uptime: number }): Moment {
  return { boot: line.boot, uptime: line.uptime }
}
