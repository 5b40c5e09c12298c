// What the gate does again and again (checkpoint heartbeat, sweeper, expiry), as plain timers inside the slot's holder.
// Not the engine's scheduled workflows: every tick of those is a stored workflow with its steps, about six writes that must be
// pruned, and a tick missed while the gate was down would be made up. These jobs look at the state and do what is due, so a
// missed tick loses nothing, running twice does nothing twice, and the slot already makes sure that one gate runs them.
import type { Clock } from '../base/time.ts'
import type { Log } from '../db/log.ts'

/** `run` looks at the state and does what is due; it may be run twice. */
export interface Job {
  readonly name: string
  readonly everyMs: number
  readonly run: () => Promise<void>
}

/** Runs every job at once and then at its interval, never twice at the same time. A failure is told; the next tick tries again. */
export function startSchedule(
  jobs: readonly Job[],
  clock: Clock,
  log: Log,
): { readonly stop: () => Promise<void> } {
  const over = new AbortController()
  const loops = jobs.map((job) => repeat(job, clock, log, over.signal))
  return {
    stop: async () => {
      over.abort()
      await Promise.all(loops)
    },
  }
}

async function repeat(job: Job, clock: Clock, log: Log, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await job.run()
    } catch (error) {
      log.warn(
        { job: job.name, why: String(error) },
        'a scheduled job failed; it is tried again at its next time',
      )
    }
    try {
      await clock.sleep(job.everyMs, signal)
    } catch {
      return // Stopped while it waited.
    }
  }
}
