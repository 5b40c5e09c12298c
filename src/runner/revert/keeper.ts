// The keeper: wakes at the deadline and puts back what nobody has kept, without runner, gate or network.
import { SekishoError } from '../../base/error.ts'
import type { ExecutionId } from '../../base/id.ts'
import type { run } from '../../sys/process.ts'
import { executionFile } from '../place.ts'
import { type Armed, readArmed } from './armed.ts'
import { type SettleContext, type Settled, settle } from './settle.ts'

const SLICE_MS = 1000
const BUSY_MS = 300
const NO_ROOM_MS = 2000
/** A keeper takes a moment to start, and waits for the rest of its time by the clock. */
const EARLY_SECONDS = 1

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
    // A tool needs a room, and only the runner has one: it takes it back as soon as it lives.
    if (armed.actions.some(({ waits }) => waits === true)) {
      await c.clock.sleep(NO_ROOM_MS)
      continue
    }
    const settled = await settle(execution, by, 'deadline', c).catch((error: unknown): Settled => {
      // A runner that was stopped between two lines holds the journal: it dies or goes on one day, and we are there then.
      if (error instanceof SekishoError && error.code === 'runner.journal_held')
        return { state: 'busy', execution }
      // Without room for its journal nothing may be put back: it is tried again until there is.
      if (error instanceof SekishoError && error.code === 'file.no_space')
        return { state: 'busy', execution, wait: NO_ROOM_MS }
      throw error
    })
    if (settled.state !== 'busy') return settled
    // The runner decides, or works; should it die, its lock falls to us.
    await c.clock.sleep(settled.wait ?? BUSY_MS)
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
  /** Starts what lives on when we die. Not started: the runner itself watches the deadline, and the boot unit comes after it. */
  readonly startApart: (argv: readonly string[]) => Promise<void>
  readonly systemctl: boolean
  /** Program and first arguments; `--execution ID` is added. */
  readonly command: readonly string[]
}

export interface Waking {
  /** Of the deadline, in milliseconds since boot. */
  readonly uptime: number
  readonly inMs: number
  /** The armed record, durable already. */
  readonly armed: string
}

/** One for each deadline: an older one that wakes finds it moved. */
function timerUnit(execution: ExecutionId, deadline: string): string {
  return `sekisho-keeper-${executionFile(execution)}-${deadline}`
}

/**
 * Sees to it that a keeper wakes at the deadline: a transient timer (with AccuracySec, else it fires 11–13 s late), or a detached process
 * where there is no systemd. The keeper compares the deadline itself, so being early or doubled does no harm.
 */
export async function wakeKeeper(
  execution: ExecutionId,
  waking: Waking,
  waker: Waker,
): Promise<'timer' | 'keeper'> {
  const argv = [...waker.command, '--execution', execution]
  if (!waker.systemctl) return startKeeper(argv, waking, waker)
  const result = await waker.run([
    'systemd-run',
    '--quiet',
    '--collect',
    `--unit=${timerUnit(execution, String(Math.round(waking.uptime)))}`,
    `--description=Sekisho: keeper of ${execution}`,
    `--on-active=${Math.max(1, Math.round(waking.inMs))}ms`,
    '--timer-property=AccuracySec=100ms',
    '--property=TimeoutStartSec=infinity',
    '--',
    ...argv,
    '--by',
    'timer',
  ])
  return result.code === 0 ? 'timer' : startKeeper(argv, waking, waker)
}

/**
 * Waits in the least there is, so that an armed change does not cost a second runner's memory and start: until the host has been up
 * for $1 seconds, as long as the file $2 is there; then it becomes the keeper. Nothing is put into this text.
 */
const SLEEPER =
  'until=$1 armed=$2; shift 2; while read -r up idle </proc/uptime && [ "${up%.*}" -lt "$until" ]; do [ -e "$armed" ] || exit 0; sleep 1 || break; done; exec "$@"'

/** Lives on when we die; with our own unit it would be stopped, and then the boot unit is what is left. */
async function startKeeper(
  argv: readonly string[],
  { uptime, armed }: Waking,
  { startApart }: Waker,
): Promise<'keeper'> {
  const seconds = String(Math.floor(uptime / 1000) - EARLY_SECONDS)
  await startApart(['/bin/sh', '-c', SLEEPER, 'sekisho-keeper', seconds, armed, ...argv, '--by', 'keeper'])
  return 'keeper'
}

/** Takes the timers away; a keeper that runs already ends by itself when nothing is armed. */
export async function sleepKeeper(execution: ExecutionId, waker: Waker): Promise<void> {
  if (!waker.systemctl) return
  await waker.run(['systemctl', 'stop', `${timerUnit(execution, '*')}.timer`])
}
