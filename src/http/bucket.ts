// A bucket of tokens: how often a door may be knocked at by who shows nothing of himself yet.
import type { Clock } from '../base/time.ts'

export interface Bucket {
  /** Undefined: go on. Else the whole seconds after which one more is let in. */
  take(): number | undefined
}

/** `perMinute` at once, and filled up again at that pace. */
export function bucket(perMinute: number, clock: Pick<Clock, 'uptime'>): Bucket {
  const everyMs = 60_000 / perMinute
  let left = perMinute
  let at = clock.uptime()
  return {
    take: () => {
      const now = clock.uptime()
      left = Math.min(perMinute, left + (now - at) / everyMs)
      at = now
      if (left < 1) return Math.max(1, Math.ceil(((1 - left) * everyMs) / 1000))
      left -= 1
      return undefined
    },
  }
}
