// The loop of one execution: ask the lines what comes next, do it, write it down, ask again. Nothing is remembered besides the journal,
// so a killed runner goes on where the lines end (spine §6, §7).
// INVARIANT I5: the intent is durable before the effect, the outcome durable before anybody hears of it.

import { SekishoError } from '../../base/error.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Clock } from '../../base/time.ts'
import { actionSummary, canBeCompared, runsBack } from '../../plans/actions.ts'
import type { UndoStep } from '../../plans/plan.ts'
import type { JournalBody } from '../../seal/journal.ts'
import type { ActResult, ProbeResult } from '../act/context.ts'
import type { Chain } from '../journal/journal.ts'
import type { ClaimLock, Hands } from './hands.ts'
import { nextStep, type Step } from './next.ts'
import { actionKey, touched, type View, viewOf } from './view.ts'
import type { Wake } from './wake.ts'

export interface PerformDeps {
  readonly chain: Chain
  readonly hands: Hands
  readonly clock: Clock
  /** Rings when a person or an order has written a line, or when the runner stops. */
  readonly wake: Wake
  /** The runner ends: stop at the next boundary and leave the rest to the next start. */
  readonly stopping: () => boolean
  readonly log: (sentence: string, values: JsonObject) => void
}

/** A claim that another process holds is looked at again after this. */
const CLAIM_AGAIN_MS = 500
/** Even without a ring the lines are read again this often: the keeper may have written. */
const LOOK_AGAIN_MS = 10_000

/** Goes on until the execution is closed or the runner stops. */
export async function perform(deps: PerformDeps): Promise<void> {
  const { chain, hands, clock } = deps
  let lock: ClaimLock | undefined
  try {
    for (;;) {
      if (deps.stopping()) return
      chain.hold()
      const view = viewOf(hands.execution, chain.lines)
      if (view.closed === undefined && view.claim !== undefined && lock === undefined) {
        lock = await hands.claim()
        if (lock === undefined) await waitFor(deps, CLAIM_AGAIN_MS)
        await chain.refresh()
        continue
      }
      const step = nextStep(hands.plan, view, { boot: clock.boot(), uptime: clock.uptime() }, hands.adminPath)
      if (step.do === 'end') {
        // Also when a former life died between the closing line and this.
        if (view.closed !== undefined) await hands.disarm()
        return
      }
      if (step.do === 'wait') {
        const left = step.until === undefined ? LOOK_AGAIN_MS : step.until - clock.uptime()
        await waitFor(deps, Math.max(1, Math.min(left, LOOK_AGAIN_MS)))
        await chain.refresh()
        continue
      }
      if (step.do === 'claim') {
        lock ??= await hands.claim()
        if (lock === undefined) {
          await waitFor(deps, CLAIM_AGAIN_MS)
          await chain.refresh()
          continue
        }
      }
      await carryOut(step, view, deps)
    }
  } finally {
    await chain.letGo()
    await lock?.release()
  }
}

type Work = Exclude<Step, { readonly do: 'end' | 'wait' }>

async function carryOut(step: Work, view: View, deps: PerformDeps): Promise<void> {
  const { chain, hands, clock } = deps
  const seen = view.lines.length
  const { execution } = hands
  /** Undefined: somebody else wrote in between, and the lines must be asked anew. */
  const write = (body: JournalBody, key: string = execution, expected = seen) =>
    chain.append(key, body, expected)

  switch (step.do) {
    case 'diagnose': {
      const seenNow = await meanwhile(chain, () => hands.diagnose())
      await write({ kind: 'diagnostics', ...seenNow })
      return
    }
    case 'before': {
      const holds = await hands.check()
      if (!holds.ok) {
        await write({
          kind: 'closed',
          outcome: 'nothing_done',
          detail: { code: holds.code, ...holds.detail },
        })
        return
      }
      await write({ kind: 'before', facts: await hands.before() })
      return
    }
    case 'copy':
      await copy(deps, write)
      return
    case 'arm': {
      const deadline = { boot: clock.boot(), uptime: clock.uptime() + step.milliseconds }
      await hands.arm(deadline)
      await write({
        kind: 'armed',
        deadlineBoot: deadline.boot,
        deadlineUptime: deadline.uptime,
        adminPath: hands.adminPath,
      })
      return
    }
    case 'act': {
      const key = actionKey(execution, step.planned.id, step.direction, step.attempt)
      const intent = await write({ kind: 'intent', action: summary(step) }, key)
      if (intent === undefined) return
      const started = clock.uptime()
      const work = () => (step.direction === 'apply' ? hands.apply(step.planned) : hands.undo(step.planned))
      const result = await meanwhile(chain, work).catch((error: unknown) => failure(error, deps))
      // An intent without an outcome is probed next, as after a kill.
      if (result.result === 'uncertain') return
      await chain.append(key, {
        kind: 'outcome',
        result: result.result,
        detail: result.detail,
        milliseconds: clock.uptime() - started,
      })
      return
    }
    case 'probe': {
      const key = actionKey(execution, step.planned.id, step.direction, step.attempt)
      const probing = () =>
        step.direction === 'apply' ? hands.probe(step.planned, step.since) : probeUndo(step, hands)
      const { found, detail } = await meanwhile(chain, probing).catch((error: unknown) => ({
        found: 'unknown' as const,
        detail: failure(error, deps).detail,
      }))
      await write({ kind: 'probed', found, detail }, key)
      return
    }
    case 'conclude': {
      const key = actionKey(execution, step.planned.id, step.direction, step.attempt)
      await write({ kind: 'outcome', result: step.result, detail: step.detail, milliseconds: 0 }, key)
      return
    }
    case 'park': {
      const key = actionKey(execution, step.planned.id, step.direction, step.attempt)
      if (step.direction === 'apply' && !hands.adminPath) await hands.pauseDeadline()
      await write({ kind: 'parked', why: step.why, detail: step.detail }, key)
      return
    }
    case 'goOn': {
      const key = actionKey(execution, step.planned.id, step.direction, step.attempt)
      await write({ kind: 'continued', choice: step.choice, statement: step.statement }, key)
      return
    }
    case 'prove': {
      const started = clock.uptime()
      const proving = () => hands.prove(step.proof, step.before)
      const result = await meanwhile(chain, proving).catch((error: unknown) => ({
        // A proof that could not be had proves nothing; a person decides.
        verdict: 'not_proven' as const,
        facts: failure(error, deps).detail,
      }))
      await write(
        {
          kind: 'proof',
          proof: { ...step.proof },
          verdict: result.verdict,
          facts: result.facts,
          milliseconds: clock.uptime() - started,
        },
        `${execution}/proof/${step.number}`,
      )
      return
    }
    case 'awaitKeep':
      await write({ kind: 'awaitingKeep', why: step.why, seconds: step.seconds })
      return
    case 'claim': {
      const by = step.why === 'person' || step.why === 'asked' ? 'person' : 'runner'
      await write({ kind: 'claim', choice: step.choice, by, why: step.why })
      return
    }
    case 'readBack':
      await readBack(step, view, deps)
      return
    case 'close':
      await write({ kind: 'closed', outcome: step.outcome, detail: step.detail })
      return
  }
}

/**
 * What may hang: the journal's lock is kept for its outcome, and given back by itself while it takes long (INVARIANT R3): at the deadline
 * the keeper writes, and puts back.
 */
async function meanwhile<T>(chain: Chain, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } finally {
    chain.hold()
  }
}

/** The old files being back does not say that the service has taken them in again: its unit is asked too. */
async function probeUndo(
  { planned, since }: Extract<Step, { readonly do: 'probe' }>,
  hands: Hands,
): Promise<ProbeResult> {
  if (runsBack(planned.action)) return hands.probeBack(planned, since)
  const files = await hands.probeUndone(planned)
  if (files.found !== 'applied' || planned.undo.every(({ kind }) => kind === 'putBack')) return files
  const units = await hands.probeUndoUnits(planned, since)
  return units.found === 'applied' ? units : { found: 'mixed', detail: units.detail }
}

type Write = (body: JournalBody, key?: string, expected?: number) => Promise<unknown>

async function copy({ hands }: PerformDeps, write: Write): Promise<void> {
  try {
    await write({ kind: 'copies', files: await hands.keepCopies() })
  } catch (error) {
    // Without verified copies there is no way back, so nothing is begun.
    if (!(error instanceof SekishoError)) throw error
    await write({ kind: 'closed', outcome: 'nothing_done', detail: { code: error.code, ...error.detail } })
  }
}

/**
 * INVARIANT I10: an undo is told as done only when what stands there was read back and is equal to what was before. Where no action
 * has a way back nothing was taken back, and where a person left an undo undone not everything was: the closing line says so.
 */
async function readBack(
  step: Extract<Step, { readonly do: 'readBack' }>,
  view: View,
  deps: PerformDeps,
): Promise<void> {
  const { chain, hands } = deps
  const { execution } = hands
  for (const planned of step.planned) {
    if (!canBeCompared(planned.action)) continue
    const found = await hands.probeUndone(planned).catch((error: unknown) => ({
      found: 'unknown' as const,
      detail: failure(error, deps).detail,
    }))
    if (found.found === 'applied') continue
    const attempt = view.attempt(planned.id, 'undo')?.attempt ?? 1
    await chain.append(
      actionKey(execution, planned.id, 'undo', attempt),
      { kind: 'parked', why: 'undo_failed', detail: { found: found.found, ...found.detail } },
      view.lines.length,
    )
    return
  }
  const undone = step.planned.map(({ id }) => id)
  const withWayBack = touched(hands.plan, view).filter(({ undo }) => undo.length > 0)
  const isLeft = ({ id }: { readonly id: string }) => view.attempt(id, 'undo')?.outcome?.result === 'skipped'
  const left = withWayBack.filter(isLeft).map(({ id }) => id)
  await chain.append(
    execution,
    withWayBack.length > 0 && left.length === 0
      ? { kind: 'closed', outcome: 'rolled_back', detail: { why: step.why, undone } }
      : {
          kind: 'closed',
          outcome: 'failed',
          detail:
            left.length > 0 ? { why: 'undo_skipped', left, undone } : { why: step.why, ...lastSeen(view) },
        },
    view.lines.length,
  )
}

/** How the unit stood when it was last looked at: what a person is told where there is no way back. */
function lastSeen({ lines }: View): JsonObject {
  const looks = lines.map(({ body }) =>
    body.kind === 'proof' ? body.facts : body.kind === 'outcome' ? body.detail : {},
  )
  const { active, sub = '', unit = '' } = looks.findLast((facts) => 'active' in facts) ?? {}
  return active === undefined ? {} : { unit, active, sub }
}

function failure(error: unknown, deps: PerformDeps): ActResult {
  if (error instanceof SekishoError) {
    const { code } = error
    return { result: 'failed', detail: { code, ...error.detail } }
  }
  const message = error instanceof Error ? error.message : String(error)
  deps.log('an act broke', { execution: deps.hands.execution, message })
  return { result: 'failed', detail: { code: 'bug', message: message.slice(0, 500) } }
}

function summary(step: Extract<Step, { readonly do: 'act' }>): JsonObject {
  const { action, undo } = step.planned
  if (step.direction === 'undo') return { kind: 'undo', of: action.kind, steps: undo.map(stepSummary) }
  return actionSummary(action, undo.length)
}

function stepSummary(step: UndoStep): JsonObject {
  return step.kind === 'unit' ? { kind: step.kind, verb: step.verb, unit: step.unit } : { kind: step.kind }
}

async function waitFor({ chain, wake, clock }: PerformDeps, ms: number): Promise<void> {
  await chain.letGo()
  const stop = new AbortController()
  await Promise.race([wake.next(), clock.sleep(ms, stop.signal).catch(() => {})])
  stop.abort()
}
