// The holder: a process of its own that outlives the runner. It puts the table back within a second when somebody takes it away, keeps the isolation
// when the administrator has logged in anew, and undoes it when nobody has in time.
import type { run } from '../sys/process.ts'
import { type SettleParts, settleIsolation } from './settle.ts'

const LOOK_MS = 400
/** What cannot be done now (no room, a lock of a stopped process) is tried again. */
const AGAIN_MS = 1000
export const HOLDER_UNIT = 'sekisho-isolation.service'

/** Returns when there is no isolation any more. */
export async function holdIsolation(
  parts: SettleParts,
  log: (sentence: string, values?: { readonly why: string }) => void,
): Promise<void> {
  let said = ''
  for (;;) {
    let wait = LOOK_MS
    try {
      const { record, did } = await settleIsolation(parts)
      const isOver = record === undefined || record.phase === 'undone' || record.phase === 'ended'
      if (isOver && did === 'nothing') return
      said = ''
    } catch (error) {
      const why = String(error).slice(0, 300)
      if (why !== said) log('the isolation cannot be looked after', { why })
      said = why
      wait = AGAIN_MS
    }
    await parts.clock.sleep(wait)
  }
}

export interface HolderStart {
  readonly run: typeof run
  readonly startApart: (argv: readonly string[]) => Promise<void>
  readonly systemctl: boolean
  /** Program and arguments that become the holder. */
  readonly command: readonly string[]
}

/**
 * Sees to it that a holder stands: a unit of PID 1, which starts it again whatever ends it, or a detached process where there is no systemd.
 * One that stands already is left alone.
 */
export async function startHolder({
  run: process,
  startApart,
  systemctl,
  command,
}: HolderStart): Promise<void> {
  if (!systemctl) return startApart(command)
  const active = await process(['systemctl', 'is-active', '--quiet', HOLDER_UNIT])
  if (active.code === 0) return
  const started = await process([
    'systemd-run',
    '--quiet',
    '--collect',
    '--no-block',
    `--unit=${HOLDER_UNIT}`,
    '--description=Sekisho: holds the isolation of this host',
    '--property=Restart=always',
    '--property=RestartSec=100ms',
    // It ends by itself only when there is nothing to hold.
    '--property=RestartPreventExitStatus=0',
    '--property=StartLimitIntervalSec=0',
    '--property=OOMScoreAdjust=-900',
    '--',
    ...command,
  ])
  if (started.code !== 0) await startApart(command)
}
