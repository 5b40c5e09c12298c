// Unit verbs and daemon-reload. The effect of systemctl is a job of PID 1 that outlives a killed client: no transient unit
// around it, and nothing is concluded while the unit still has a job.
import type { JsonObject } from '../../base/json.ts'
import { NO_LIMIT, readUnitState, showProperties, type UnitState } from '../../host/unit-facts.ts'
import { type UnitVerb } from '../../plans/actions/unit.ts'
import { type Action } from '../../plans/actions.ts'
import { type ActContext, type ActResult, applied, failed, type ProbeResult, type Since } from './context.ts'

export type UnitAction = Extract<Action, { readonly kind: 'unit' | 'daemonReload' }>

const MARGIN_MS = 5_000
const LOOK_EVERY_MS = 100

/**
 * How long a verb may rightly take: a hung service is killed by PID 1 only after its own stop time-out, and a start has its
 * own limit too. The planner puts this into the plan; it is printed on the card.
 */
export function unitTimeoutMs(
  verb: UnitVerb,
  state: Pick<UnitState, 'startTimeoutMs' | 'stopTimeoutMs'>,
): number {
  const stop = verb === 'stop' || verb === 'restart' ? bounded(state.stopTimeoutMs) : 0
  const start = verb === 'stop' ? 0 : bounded(state.startTimeoutMs)
  // systemd sends SIGTERM, waits, sends SIGKILL, and may wait as long again.
  return Math.min(3_600_000, 2 * stop + start + MARGIN_MS)
}
const bounded = (ms: number) => (ms === NO_LIMIT ? 300_000 : ms)

/** What a unit verb needs of its surroundings: less than a whole execution, so that a keeper has it too. */
export type UnitContext = Pick<ActContext, 'run' | 'clock' | 'signal' | 'systemctl' | 'killPoint'>

export async function applyUnit(action: UnitAction, c: UnitContext, timeoutMs: number): Promise<ActResult> {
  if (!c.systemctl) return failed('no_systemd')
  const argv =
    action.kind === 'daemonReload'
      ? ['systemctl', '--no-ask-password', 'daemon-reload']
      : ['systemctl', '--no-ask-password', '--no-pager', action.verb, '--', action.unit]
  const from = c.clock.uptime() - suspendedMs(c)
  const end = c.clock.uptime() + timeoutMs
  c.killPoint('unit.call.before')
  if (action.kind === 'unit' && action.verb === 'start') await forgetFailures(action.unit, c)
  let result = await c.run(argv, { timeoutMs, signal: c.signal })
  if (action.kind === 'unit' && action.verb === 'restart' && result.code !== 0) {
    // PID 1 stopped it and would not start it: the start alone is what is left to do.
    const { active, startedAt } = await readUnitState(action.unit, c)
    if (active === 'failed' && startedAt < from) {
      await forgetFailures(action.unit, c)
      const start = ['systemctl', '--no-ask-password', '--no-pager', 'start', '--', action.unit]
      result = await c.run(start, { timeoutMs: Math.max(end - c.clock.uptime(), 1000), signal: c.signal })
    }
  }
  c.killPoint('unit.call.after')
  const said: JsonObject = {
    exit: result.code ?? -1,
    said: result.stderr.trim().slice(0, 1000),
    milliseconds: Math.round(result.milliseconds),
  }
  if (action.kind === 'daemonReload') return result.code === 0 ? applied(said) : failed('systemctl', said)
  const state = await settled(action.unit, c, Math.max(end - c.clock.uptime(), 1000))
  const detail: JsonObject = { unit: action.unit, verb: action.verb, ...said, ...facts(state) }
  if (result.timedOut) return failed(state.job ? 'still_working' : 'timeout', detail)
  return result.code === 0 ? applied(detail) : failed('systemctl', detail)
}

/**
 * The same on the way back. A unit that the change has brought down cannot read again: it is started with what was put back. One that
 * did not run before is not told at all (`undoOf`).
 */
export async function applyBack(action: UnitAction, c: UnitContext, timeoutMs: number): Promise<ActResult> {
  if (!c.systemctl || action.kind !== 'unit' || action.verb !== 'reload')
    return applyUnit(action, c, timeoutMs)
  const { active } = await settled(action.unit, c, timeoutMs)
  const isDown = active === 'inactive' || active === 'failed'
  return applyUnit(isDown ? { ...action, verb: 'start' } : action, c, timeoutMs)
}

/**
 * A unit that fell over its damaged files until PID 1 gave up (systemd.unit(5), StartLimitIntervalSec) is not started by anybody for as
 * long, however good the files are now: its count begins anew. Of a unit that did not fail it changes nothing.
 */
async function forgetFailures(unit: string, c: UnitContext): Promise<void> {
  await c.run(['systemctl', '--no-ask-password', '--no-pager', 'reset-failed', '--', unit], {
    timeoutMs: MARGIN_MS,
    signal: c.signal,
  })
}

/** Waits until PID 1 has no job for the unit, at most `limitMs`; the state then says whether it still has one. */
export async function settled(
  unit: string,
  c: Pick<ActContext, 'run' | 'clock' | 'signal'>,
  limitMs: number,
): Promise<UnitState> {
  const end = c.clock.uptime() + limitMs
  for (;;) {
    // The signal ends actions; the question what has happened is asked all the same.
    const state = await readUnitState(unit, { run: c.run })
    const between = ['activating', 'deactivating', 'reloading', 'refreshing'].includes(state.active)
    const waits = state.job || (between && state.sub !== 'auto-restart')
    if (!waits || c.clock.uptime() >= end) return state
    await c.clock.sleep(LOOK_EVERY_MS)
  }
}

function facts(state: UnitState): JsonObject {
  return {
    active: state.active,
    sub: state.sub,
    invocation: state.invocation,
    mainPid: state.mainPid,
    job: state.job,
    result: state.result,
  }
}

/** Did the verb take effect since the intent? Never changes anything. */
export async function probeUnit(action: UnitAction, c: UnitContext, since: Since): Promise<ProbeResult> {
  if (!c.systemctl) return { found: 'unknown', detail: { why: 'no_systemd' } }
  const rebooted = since.boot !== c.clock.boot()
  const from = rebooted ? 0 : since.uptime - suspendedMs(c)
  if (action.kind === 'daemonReload') {
    const shown = await showProperties(undefined, ['UnitsLoadTimestampMonotonic'], c)
    const at = Number(shown.get('UnitsLoadTimestampMonotonic') ?? 0) / 1000
    return { found: rebooted || at >= from ? 'applied' : 'not_applied', detail: { rebooted } }
  }
  const state = await settled(action.unit, c, unitTimeoutMs(action.verb, await readUnitState(action.unit, c)))
  const found = verbFound(action.verb, state, from)
  // What failed is told as if we had been there when it did.
  const told: JsonObject = found === 'mixed' ? { why: 'systemctl', unit: action.unit, verb: action.verb } : {}
  return { found, detail: { rebooted, ...facts(state), ...told } }
}

/** `from`: the time of the intent in milliseconds of CLOCK_MONOTONIC; 0 when the host has booted since. */
export function verbFound(verb: UnitVerb, state: UnitState, from: number): ProbeResult['found'] {
  if (state.job) return 'unknown'
  if (!state.loaded) return 'unknown'
  switch (verb) {
    case 'start':
      if (state.active === 'active') return 'applied'
      // Started since and failed: the verb did what it does.
      return state.startedAt >= from && state.startedAt > 0 ? 'applied' : 'not_applied'
    case 'stop':
      return state.active === 'inactive' || state.active === 'failed' ? 'applied' : 'not_applied'
    case 'restart':
      if (state.startedAt > 0 && state.startedAt >= from) return 'applied'
      // Stopped by the restart and not started again: half of it.
      return state.stoppedAt > 0 && state.stoppedAt >= from ? 'unknown' : 'not_applied'
    case 'reload':
      // PID 1 notes every change of state: active → reloading → active. No change since means that no reload began.
      if (state.active !== 'active') return 'unknown'
      if (state.changedAt < from) return 'not_applied'
      // It began and PID 1 says that it failed: the unit runs on with what it had read before.
      return isReloaded(state) ? 'applied' : 'mixed'
  }
}

/** How its last reload ended. A systemd that does not say it yet is believed by the state of the unit alone. */
export function isReloaded({ reloadResult }: Pick<UnitState, 'reloadResult'>): boolean {
  return reloadResult === 'success' || reloadResult === ''
}

/** CLOCK_BOOTTIME (our uptime) counts sleep, CLOCK_MONOTONIC (systemd's stamps, hrtime) does not. */
export function suspendedMs(c: Pick<ActContext, 'clock'>): number {
  const difference = c.clock.uptime() - Number(process.hrtime.bigint() / 1_000_000n)
  return Math.abs(difference) < 1000 ? 0 : difference
}
