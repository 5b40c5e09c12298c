// The keeper: wakes at the deadline and puts back what nobody has kept, without runner, gate or network.
import type { ExecutionId } from '../../base/id.ts'
import type { run } from '../../sys/process.ts'
import { start } from '../../sys/process.ts'
import { executionFile } from '../place.ts'
import { type Armed, readArmed } from './armed.ts'
import { type SettleContext, type Settled, settle } from './settle.ts'

const SLICE_MS = 1000
const BUSY_MS = 300

/** Waits for the deadline (which may be moved, paused or taken away meanwhile), then settles. */
export async function keepWatch(
  execution: ExecutionId,
  by: 'timer' | 'keeper',
  c: SettleContext,
): Promise<Settled> {
  for (;;) {
    const armed = await readArmed(c.state, execution)
    if (armed === undefined) return { state: 'gone', execution }
    const left = remainingMs(armed, c.clock)
    if (left > 0) {
      await c.clock.sleep(Math.min(left, SLICE_MS))
      continue
    }
    const settled = await settle(execution, by, 'deadline', c)
    if (settled.state !== 'busy') return settled
    // The runner decides, or works; should it die, its lock falls to us.
    await c.clock.sleep(BUSY_MS)
  }
}

/** Until the deadline; another boot than the armed one is due now. Paused never comes by itself. */
export function remainingMs(armed: Armed, clock: { boot(): string; uptime(): number }): number {
  if (armed.paused && !armed.adminPath) return Number.POSITIVE_INFINITY
  if (armed.deadline.boot !== clock.boot()) return 0
  return Math.max(0, armed.deadline.uptime - clock.uptime())
}

export interface Waker {
  readonly run: typeof run
  readonly systemctl: boolean
  /** Program and first arguments; `--execution ID` is added. */
  readonly command: readonly string[]
}

function timerUnit(execution: ExecutionId): string {
  return `sekisho-keeper-${executionFile(execution)}`
}

/**
 * Sees to it that a keeper wakes in `ms`: a transient timer (with AccuracySec, else it fires 11–13 s late), or a detached process
 * where there is no systemd. The keeper compares the deadline itself, so being early or doubled does no harm.
 */
export async function wakeKeeper(
  execution: ExecutionId,
  ms: number,
  waker: Waker,
): Promise<'timer' | 'keeper'> {
  const argv = [...waker.command, '--execution', execution]
  if (!waker.systemctl) return startKeeper(argv)
  await sleepKeeper(execution, waker)
  const result = await waker.run([
    'systemd-run',
    '--quiet',
    '--collect',
    `--unit=${timerUnit(execution)}`,
    `--description=Sekisho: keeper of ${execution}`,
    `--on-active=${Math.max(1, Math.round(ms))}ms`,
    '--timer-property=AccuracySec=100ms',
    '--property=TimeoutStartSec=infinity',
    '--',
    ...argv,
    '--by',
    'timer',
  ])
  return result.code === 0 ? 'timer' : startKeeper(argv)
}

/** Lives on when we die; with our own unit it would be stopped, and then the boot unit is what is left. */
function startKeeper(argv: readonly string[]): 'keeper' {
  const stdio: 'ignore'[] = ['ignore', 'ignore', 'ignore']
  const child = start([...argv, '--by', 'keeper'], { env: {}, cwd: '/', stdio, detached: true })
  child.on('error', () => {}) // not started: the runner itself watches the deadline, and the boot unit comes after it
  child.unref()
  return 'keeper'
}

/** Takes the timer away; a keeper that runs already ends by itself when nothing is armed. */
export async function sleepKeeper(execution: ExecutionId, waker: Waker): Promise<void> {
  if (!waker.systemctl) return
  await waker.run(['systemctl', 'stop', `${timerUnit(execution)}.timer`])
  await waker.run([
    'systemctl',
    'reset-failed',
    `${timerUnit(execution)}.timer`,
    `${timerUnit(execution)}.service`,
  ])
}
