// Buckets of tokens: how often somebody may knock at a door who shows nothing of himself yet.
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

/** After this time without a knock a bucket is full again, and need not be kept. */
const FULL_MS = 60_000

/** A bucket for each key: who empties one leaves the others full. */
export function buckets(
  perMinute: number,
  clock: Pick<Clock, 'uptime'>,
): { take(key: string): number | undefined } {
  const kept = new Map<string, { readonly bucket: Bucket; at: number }>()
  return {
    take: (key) => {
      const now = clock.uptime()
      // In the order of their last knock.
      for (const [one, { at }] of kept) {
        if (now - at < FULL_MS) break
        kept.delete(one)
      }
      const found = kept.get(key) ?? { bucket: bucket(perMinute, clock), at: now }
      kept.delete(key)
      kept.set(key, { ...found, at: now })
      return found.bucket.take()
    },
  }
}
