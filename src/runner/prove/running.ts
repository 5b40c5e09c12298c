// Is the service running as planned? No job left, the wanted state, a newer invocation where a restart is planned, no restart loop.
import type { JsonObject } from '../../base/json.ts'
import { readUnitState, type UnitState } from '../../host/unit-facts.ts'
import { type Proof } from '../../plans/proofs.ts'
import { isReloaded, suspendedMs } from '../act/unit.ts'
import { green, notProven, type Progress, type ProofContext, type Proven, red, toldAt } from './context.ts'

type RunningProof = Omit<Extract<Proof, { readonly kind: 'running' }>, 'kind'>

const LOOK_EVERY_MS = 250
const SETTLE_MS = 15_000
/** So many new invocations while we watch are a loop. */
const LOOP = 2

export async function proveRunning(
  proof: RunningProof,
  c: ProofContext,
  progress: Progress,
): Promise<Proven> {
  if (!c.systemctl) return notProven('no_systemd', { unit: proof.unit })
  const before = c.before.units[proof.unit]?.invocation
  const end = c.clock.uptime() + proof.stableMs + SETTLE_MS
  const invocations = new Set<string>()
  let first: UnitState | undefined
  let since: number | undefined
  for (;;) {
    const state = await readUnitState(proof.unit, { run: c.run })
    const now = c.clock.uptime()
    if (state.invocation !== '') invocations.add(state.invocation)
    const holds = isAsPlanned(state, proof, before)
    if (!holds || first === undefined || !isSameRun(first, state)) {
      first = holds ? state : undefined
      since = holds ? now : undefined
    }
    const stableMs = since === undefined ? 0 : now - since
    const facts: JsonObject = { ...stateFacts(state), stableMs, invocations: invocations.size }
    progress(facts)
    if (invocations.size > LOOP + (before !== undefined && invocations.has(before) ? 1 : 0))
      return red('restart_loop', facts)
    if (!state.job && state.active === 'failed' && proof.active) return red('failed', facts)
    if (since !== undefined && stableMs >= proof.stableMs) return reloadCounted(state, c, facts)
    const why = whyNot(state, proof, before)
    // The verb has ended and PID 1 has no job: a restart that has not come does not come any more.
    if (why === 'not_restarted' || (now >= end && why !== '')) return red(why, facts)
    if (now >= end) return red('not_stable', facts)
    if (c.signal.aborted) return notProven('aborted', facts)
    // Not past the moment at which it has been stable for long enough.
    const left = since === undefined ? LOOK_EVERY_MS : proof.stableMs - stableMs
    await c.clock.sleep(Math.min(left, LOOK_EVERY_MS))
  }
}

function isAsPlanned(state: UnitState, proof: RunningProof, before: string | undefined): boolean {
  return whyNot(state, proof, before) === ''
}

/** The first thing that is not as planned, in a word; empty when all is. */
export function whyNot(state: UnitState, proof: RunningProof, before: string | undefined): string {
  if (state.job) return 'job_left'
  if (!proof.active) return state.active === 'inactive' || state.active === 'failed' ? '' : 'still_active'
  if (!state.loaded) return 'not_loaded'
  if (state.active !== 'active') return 'not_active'
  return proof.newer && state.invocation === before ? 'not_restarted' : ''
}

function isSameRun(a: UnitState, b: UnitState): boolean {
  return a.invocation === b.invocation && a.restarts === b.restarts && a.mainPid === b.mainPid
}

/** A planned reload must be seen: PID 1 notes every change of a unit's state. */
function reloadCounted(state: UnitState, c: ProofContext, facts: JsonObject): Proven {
  const planned = c.plan.actions.some(
    ({ action }) => action.kind === 'unit' && action.verb === 'reload' && action.unit === state.unit,
  )
  if (!planned) return green(facts)
  const told = toldAt(state.unit, c) - suspendedMs(c)
  return state.changedAt >= told && isReloaded(state)
    ? green({ ...facts, reloaded: true })
    : red('not_reloaded', { ...facts, reloaded: false })
}

export function stateFacts(state: UnitState): JsonObject {
  const { unit, active, sub, invocation, mainPid, restarts, result, job } = state
  return { unit, active, sub, invocation, mainPid, restarts, result, job }
}
