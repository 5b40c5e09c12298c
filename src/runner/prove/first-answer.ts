// When a service answers again after it was restarted. It is asked in quick succession from the end of the restart on, beside what the plan does next: the proof of its
// health asks only when all of that is done, and what the record tells would be the time of the plan and not that of the service.
import { glanceAtHealth, type HealthContext } from '../../host/health.ts'
import type { Health } from '../../plans/policy.ts'

const EVERY_MS = 50
/** Once it has answered: whether it goes on doing so. */
const AGAIN_MS = 250
/** Longer, and the proof of its health says when. */
const WITHIN_MS = 120_000

export interface FirstAnswer {
  /** Milliseconds since boot: the first good answer after which every look was good until now. Undefined where nobody looks any more. */
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
    while (clock.uptime() < until) {
      const seen = await glanceAtHealth(health, { clock, signal: either })
      if (either.aborted) return
      if (seen.verdict !== 'green') at = undefined
      else at ??= Math.ceil(clock.uptime())
      await clock.sleep(at === undefined ? EVERY_MS : AGAIN_MS, either)
      if (either.aborted) return
    }
    at = undefined
  }
  // What cannot be asked was not seen.
  void watch().catch(() => {
    at = undefined
  })
  return { at: () => at, stop: () => ending.abort() }
}
