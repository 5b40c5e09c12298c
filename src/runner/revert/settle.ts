// What the holder of a claim does: write the choice first, then finish it. Used by the keeper and at boot; the runner's own loop
// reads the same lines and goes on from them.
import type { ExecutionId } from '../../base/id.ts'
import type { JsonObject } from '../../base/json.ts'
import type { JournalBody, JournalLine } from '../../seal/journal.ts'
import { failedOr, type ProbeResult } from '../act/context.ts'
import type { Chain } from '../journal/journal.ts'
import { type Attempt, actionKey, mayHaveTakenEffect, type View, viewOf } from '../perform/view.ts'
import { type Armed, type ArmedAction, claim, disarm } from './armed.ts'
import { probeReverted, type RevertContext, revertAction } from './revert.ts'

export interface SettleContext extends RevertContext {
  /** Directory of the runner's state, in which `armed/` lies. */
  readonly state: string
  readonly journal: (execution: ExecutionId) => Promise<Pick<Chain, 'lines' | 'append' | 'refresh'>>
}

export type Settled =
  /** `failed`: what was done has no way back (a restart). */
  | { readonly state: 'kept' | 'reverted' | 'failed'; readonly execution: ExecutionId }
  /** It could not be put back; it stays armed, and a person must look. */
  | { readonly state: 'stuck'; readonly execution: ExecutionId; readonly detail: JsonObject }
  /** `wait`: milliseconds until it is worth another try. */
  | { readonly state: 'busy'; readonly execution: ExecutionId; readonly wait?: number }
  | { readonly state: 'gone'; readonly execution: ExecutionId }

type By = Extract<JournalBody, { readonly kind: 'claim' }>['by']

/** Claims and finishes: the choice that stands in the journal, else revert. */
export async function settle(
  execution: ExecutionId,
  by: By,
  why: string,
  c: SettleContext,
): Promise<Settled> {
  const claimed = await claim(c.state, execution, c.run)
  if (claimed.kind !== 'held') return { state: claimed.kind, execution }
  try {
    return await finish(claimed.armed, by, why, c)
  } finally {
    await claimed.release()
  }
}

async function finish(armed: Armed, by: By, why: string, c: SettleContext): Promise<Settled> {
  const { execution } = armed
  const chain = await c.journal(execution)
  const view = await decided(chain, execution, by, why)
  const end = (body: JournalBody) => chain.append(execution, body)
  if (view.closed !== undefined) {
    await disarm(c.state, execution)
    const { outcome } = view.closed
    return { state: outcome === 'kept' || outcome === 'failed' ? outcome : 'reverted', execution }
  }
  if (view.claim?.choice === 'keep') {
    await end({ kind: 'closed', outcome: 'kept', detail: { by: view.claim.by } })
    await disarm(c.state, execution)
    return { state: 'kept', execution }
  }
  const started = c.clock.uptime()
  for (const action of armed.actions.toReversed()) {
    if (!mayHaveTakenEffect(view.attempt(action.id, 'apply'))) continue
    const stuck = await undoOne(action, armed, view.attempt(action.id, 'undo'), by, chain, c)
    if (stuck !== undefined) return { state: 'stuck', execution, detail: stuck }
  }
  const detail = { by, why: view.claim?.why ?? why, phase: c.phase, milliseconds: c.clock.uptime() - started }
  const hasWayBack = armed.actions.some(
    ({ id, undo }) => undo.length > 0 && mayHaveTakenEffect(view.attempt(id, 'apply')),
  )
  const untouched = !armed.actions.some(
    ({ id, asks }) => asks !== true && mayHaveTakenEffect(view.attempt(id, 'apply')),
  )
  await end({
    kind: 'closed',
    outcome: hasWayBack ? 'rolled_back' : untouched ? 'nothing_done' : 'failed',
    detail,
  })
  await disarm(c.state, execution)
  return { state: hasWayBack || untouched ? 'reverted' : 'failed', execution }
}

type Journalled = Pick<Chain, 'append'>

/** Answers facts where it could not be put back. */
async function undoOne(
  action: ArmedAction,
  armed: Armed,
  last: Attempt | undefined,
  by: By,
  chain: Journalled,
  c: SettleContext,
): Promise<JsonObject | undefined> {
  if (last?.outcome?.result === 'applied') return undefined
  const { execution } = armed
  const attempt = last?.attempt ?? 1
  const isOpen = last?.intent !== undefined && last.outcome === undefined
  if (
    isOpen &&
    (await settledBefore(action, last.intent, actionKey(execution, action.id, 'undo', attempt), chain, c))
  )
    return undefined
  const key = actionKey(execution, action.id, 'undo', last?.intent === undefined ? attempt : attempt + 1)
  const steps = action.undo.map((step) => ({ ...step }))
  await chain.append(key, {
    kind: 'intent',
    action: { kind: 'undo', id: action.id, by, phase: c.phase, steps },
  })
  const begun = c.clock.uptime()
  const { result: found, detail } = await revertAction(action, armed, c)
  const result = found === 'applied' ? 'applied' : 'failed'
  await chain.append(key, { kind: 'outcome', result, detail, milliseconds: c.clock.uptime() - begun })
  if (result !== 'failed') return undefined
  await chain.append(key, { kind: 'parked', why: 'undo_failed', detail })
  return detail
}

/** Whoever began it has died: what is found decides, and a unit that was told is not told again (INVARIANT I3). */
async function settledBefore(
  action: ArmedAction,
  intent: JournalLine,
  key: string,
  chain: Journalled,
  c: SettleContext,
): Promise<boolean> {
  const probed: ProbeResult =
    c.phase === 'boot'
      ? { found: 'not_applied', detail: { rebooted: true } }
      : await probeReverted(action, intent, c).catch((cause: unknown) => ({
          found: 'not_applied' as const,
          detail: failedOr(cause, action.files[0]?.path ?? '').detail,
        }))
  const isDone = probed.found === 'applied'
  await chain.append(key, { kind: 'probed', found: probed.found, detail: probed.detail })
  await chain.append(key, {
    kind: 'outcome',
    result: isDone ? 'applied' : 'not_applied',
    detail: { settled: probed.found },
    milliseconds: 0,
  })
  return isDone
}

/** The choice that stands; where none stands ours is written, unless somebody wrote in between: then it is looked at again. */
async function decided(
  chain: Pick<Chain, 'lines' | 'append' | 'refresh'>,
  execution: ExecutionId,
  by: By,
  why: string,
): Promise<View> {
  for (;;) {
    await chain.refresh()
    const { lines } = chain
    const view = viewOf(execution, lines)
    if (view.closed !== undefined || view.claim !== undefined) return view
    const line = await chain.append(execution, { kind: 'claim', choice: 'revert', by, why }, lines.length)
    if (line !== undefined) return viewOf(execution, chain.lines)
  }
}
