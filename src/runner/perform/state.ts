// Where an execution stands, for `report` and the gate: folded from its lines, nothing kept.

import type { Plan } from '../../plans/plan.ts'
import type { ExecutionState, JournalLine } from '../../seal/journal.ts'
import { type Moment, nextStep } from './next.ts'
import { type View } from './view.ts'

/** `plan` is absent when it is no longer here (a closed execution of long ago). */
export function executionState(
  view: View,
  plan: Plan | undefined,
  now: Moment,
  adminPath = false,
): ExecutionState {
  const refusal = view.lines.findLast(isRefusal)
  if (view.closed !== undefined)
    return { state: 'closed', outcome: view.closed.outcome, detail: view.closed.detail }
  if (view.accepted === undefined)
    return refusal?.body.kind === 'refused'
      ? { state: 'refused', code: refusal.body.code, detail: refusal.body.detail }
      : { state: 'unknown' }
  if (plan === undefined) return { state: 'stuck', why: 'plan_missing', detail: {} }
  const step = nextStep(plan, view, now, adminPath)
  switch (step.do) {
    case 'act':
    case 'probe':
    case 'conclude':
    case 'goOn':
      return { state: 'running', action: step.planned.id, direction: step.direction }
    case 'park':
      return { state: 'running', action: step.planned.id, direction: step.direction }
    case 'wait':
      return step.for === 'keep' ? awaitingKeep(view, now) : waiting(view, plan)
    case 'prove':
    case 'awaitKeep':
      return { state: 'proving' }
    case 'claim':
      return view.proofs.length > 0 && step.choice === 'keep'
        ? { state: 'proving' }
        : { state: 'running', action: '', direction: step.choice === 'keep' ? 'apply' : 'undo' }
    case 'diagnose':
    case 'before':
    case 'copy':
    case 'arm':
      return { state: 'running', action: step.do, direction: 'apply' }
    case 'readBack':
      return { state: 'running', action: step.do, direction: 'undo' }
    case 'close':
      // Kept is decided and only its last line is missing: nothing goes back any more.
      return step.outcome === 'kept'
        ? { state: 'proving' }
        : { state: 'running', action: step.do, direction: 'undo' }
    case 'end':
      return { state: 'unknown' }
  }
}

function awaitingKeep(view: View, now: Moment): ExecutionState {
  const deadline = view.armed?.deadlineUptime ?? now.uptime
  return {
    state: 'awaitingKeep',
    why: view.awaiting?.body.why ?? 'by_person',
    remainingMs: Math.max(0, deadline - now.uptime),
  }
}

/** A parked apply is *paused*; a parked undo is *stuck*. Both wait for a signed `continue`. */
function waiting(view: View, plan: Plan): ExecutionState {
  for (const { id } of plan.actions) {
    const undo = view.attempt(id, 'undo')
    if (undo?.parked !== undefined)
      return {
        state: 'stuck',
        why: undo.parked.why,
        detail: { action: id, attempt: undo.attempt, ...undo.parked.detail },
      }
  }
  for (const { id } of plan.actions) {
    const apply = view.attempt(id, 'apply')
    if (apply?.parked !== undefined)
      return {
        state: 'paused',
        action: id,
        attempt: apply.attempt,
        why: apply.parked.why,
        detail: apply.parked.detail,
      }
  }
  return { state: 'stuck', why: 'unknown', detail: {} }
}

function isRefusal(line: JournalLine): boolean {
  return line.body.kind === 'refused'
}
