// When a service answers again after it was restarted. It is asked in quick succession from the end of the restart on, beside what the plan does next: the proof of its
// health asks only when all of that is done, and what the record tells would be the time of the plan and not that of the service.
import { glanceAtHealth, type HealthContext } from '../../host/health.ts'
import type { Health } from '../../plans/policy.ts'

const EVERY_MS = 50
/** Longer, and the proof of its health says when. */
const WITHIN_MS = 120_000

export interface FirstAnswer {
  /** Milliseconds since boot, once it was seen. */
  readonly at: () => number | undefined
  readonly stop: () => void
}

export function watchFirstAnswer(
  health: Health,
  { clock, signal }: Pick<HealthContext, 'clock' | 'signal'>,
): FirstAnswer {
  const ending = new AbortController()
  const either = signal === undefined ? ending.signal : AbortSignal.any([signal, ending.signal])
  let at: number | undefined
  const until = clock.uptime() + WITHIN_MS
  const watch = async () => {
    while (!either.aborted && clock.uptime() < until) {
      const seen = await glanceAtHealth(health, { clock, signal: either })
      if (either.aborted) return
      if (seen.verdict === 'green') {
        at = Math.ceil(clock.uptime())
        return
      }
      await clock.sleep(EVERY_MS, either)
    }
  }
  // What cannot be asked was not seen.
  void watch().catch(() => {})
  return { at: () => at, stop: () => ending.abort() }
}
