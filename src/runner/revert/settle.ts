// What the holder of a claim does: write the choice first, then finish it. Used by the keeper and at boot; the runner's own loop
// reads the same lines and goes on from them.
import type { ExecutionId } from '../../base/id.ts'
import type { JsonObject } from '../../base/json.ts'
import type { JournalBody } from '../../seal/journal.ts'
import type { Chain } from '../journal/journal.ts'
import { actionKey, mayHaveTakenEffect, type View, viewOf } from '../perform/view.ts'
import { type Armed, claim, disarm } from './armed.ts'
import { type RevertContext, revertAction } from './revert.ts'

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
  | { readonly state: 'busy' | 'gone'; readonly execution: ExecutionId }

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
    const done = view.attempt(action.id, 'undo')
    if (done?.outcome?.result === 'applied') continue
    const key = actionKey(
      execution,
      action.id,
      'undo',
      done?.outcome === undefined ? (done?.attempt ?? 1) : done.attempt + 1,
    )
    await chain.append(key, {
      kind: 'intent',
      action: {
        kind: 'undo',
        id: action.id,
        by,
        phase: c.phase,
        steps: action.undo.map((step) => ({ ...step })),
      },
    })
    const begun = c.clock.uptime()
    const { result, detail } = await revertAction(action, armed, c)
    const milliseconds = c.clock.uptime() - begun
    await chain.append(key, { kind: 'outcome', result, detail, milliseconds })
    if (result === 'failed') {
      await chain.append(key, { kind: 'parked', why: 'undo_failed', detail })
      return { state: 'stuck', execution, detail }
    }
  }
  const detail = { by, why: view.claim?.why ?? why, phase: c.phase, milliseconds: c.clock.uptime() - started }
  const hasWayBack = armed.actions.some(
    ({ id, undo }) => undo.length > 0 && mayHaveTakenEffect(view.attempt(id, 'apply')),
  )
  const untouched = !armed.actions.some(({ id }) => mayHaveTakenEffect(view.attempt(id, 'apply')))
  await end({
    kind: 'closed',
    outcome: hasWayBack ? 'rolled_back' : untouched ? 'nothing_done' : 'failed',
    detail,
  })
  await disarm(c.state, execution)
  return { state: hasWayBack || untouched ? 'reverted' : 'failed', execution }
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
