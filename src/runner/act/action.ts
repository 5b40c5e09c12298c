// The doors of this room: apply an action, probe it, undo it, probe the undo. Each kind of action has its row in kinds.ts.
import type { Action } from '../../plans/actions.ts'
import type { PlannedAction, UndoStep } from '../../plans/plan.ts'
import type { ActContext, ActResult, ProbeResult, Since } from './context.ts'
import { actsOf } from './kinds.ts'
import { applyBack, probeUnit, type UnitContext } from './unit.ts'

/** Does it. What goes wrong is an answer with facts; only bugs are thrown. */
export async function apply(action: Action, c: ActContext, timeoutMs: number): Promise<ActResult> {
  return actsOf(action).apply(action, c, timeoutMs)
}

/** Did it take effect? Changes nothing but what was left half done: that is as it was before, then. */
export async function probe(action: Action, c: ActContext, since: Since): Promise<ProbeResult> {
  return actsOf(action).probe(action, c, since)
}

/**
 * What takes an action back, given how the units stood before the first one. Who stopped a unit that did not run has nothing to start
 * again: damaged data is often why it is down, and its start would fail with the damage that is put back. Who started one that ran has
 * nothing to stop: it would be taken from its users. And one that did not run has nothing to read again.
 */
export function undoOf(
  { action, undo: steps }: Pick<PlannedAction, 'action' | 'undo'>,
  before: Readonly<Record<string, { readonly active: string }>> | undefined,
): readonly UndoStep[] {
  return steps.filter((step) => {
    if (step.kind !== 'unit') return true
    const known = before?.[step.unit]
    if (known === undefined) return true
    const isOwn = action.kind === 'unit' && action.unit === step.unit
    switch (step.verb) {
      case 'start':
        return !isOwn || action.verb !== 'stop' || RAN.has(known.active)
      case 'stop':
        return !isOwn || action.verb !== 'start' || !RAN.has(known.active)
      case 'reload':
        return RAN.has(known.active)
      case 'restart':
        return true
    }
  })
}
const RAN: ReadonlySet<string> = new Set(['active', 'reloading', 'refreshing'])

/**
 * Did this unit stand still before the first action? Telling it to take the old files in again may fail as it failed before: that is
 * how it was, and no undo that went wrong.
 */
export function wasDown(
  step: UndoStep,
  before: Readonly<Record<string, { readonly active: string }>> | undefined,
): boolean {
  const known = step.kind === 'unit' ? before?.[step.unit] : undefined
  return known !== undefined && !RAN.has(known.active)
}

/** The undo steps of one action, in order. May be run again after a kill. `mayFail`: what failed before the change, too. */
export async function undo(
  steps: readonly UndoStep[],
  of: Action,
  c: ActContext,
  timeoutMs: number,
  mayFail: (step: UndoStep) => boolean = () => false,
): Promise<ActResult> {
  const done: ActResult[] = []
  for (const step of steps) {
    const told = await undoStep(step, of, c, timeoutMs)
    const result: ActResult =
      told.result === 'failed' && mayFail(step)
        ? { result: 'applied', detail: { ...told.detail, asBefore: 'down' } }
        : told
    done.push(result)
    if (result.result === 'failed') break
  }
  const last = done.at(-1)
  const detail = { steps: done.map(({ result, detail }) => ({ result, detail })) }
  return { result: last?.result ?? 'applied', detail }
}

async function undoStep(step: UndoStep, of: Action, c: ActContext, timeoutMs: number): Promise<ActResult> {
  if (step.kind !== 'putBack') return applyBack(step, c, timeoutMs)
  const { putBack } = actsOf(of)
  return putBack === undefined
    ? { result: 'applied', detail: { nothing: 'no files' } }
    : putBack(of, c, timeoutMs)
}

/** Are the live files equal to the kept ones (bytes, owner, mode, ACL, attributes)? Units have nothing to compare. */
export async function probeUndone(action: Action, c: ActContext): Promise<ProbeResult> {
  const { probeUndone: look } = actsOf(action)
  return look === undefined ? { found: 'not_applied', detail: {} } : look(action, c)
}

/** Of a way back that is run or sent (`runsBack`): was it, since its intent? */
export async function probeBack(action: Action, c: ActContext, since: Since): Promise<ProbeResult> {
  const { probeBack: look } = actsOf(action)
  return look === undefined ? { found: 'unknown', detail: {} } : look(action, c, since)
}

/** Did the unit steps of an undo take effect since its intent? The files that they take in are asked for by probeUndone. */
export async function probeUndoUnits(
  steps: readonly UndoStep[],
  c: UnitContext,
  since: Since,
): Promise<ProbeResult> {
  const details: ProbeResult['detail'][] = []
  let isDone = true
  for (const step of steps) {
    if (step.kind === 'putBack') continue
    const { found, detail } = await probeUnit(step, c, since)
    details.push(detail)
    // Told and failed is not undone: nothing proves an undo afterwards, so it is told again and its answer counts.
    const runs = step.kind === 'daemonReload' || step.verb === 'stop' || detail['active'] === 'active'
    isDone &&= found === 'applied' && runs
  }
  return { found: isDone ? 'applied' : 'not_applied', detail: { units: details } }
}
