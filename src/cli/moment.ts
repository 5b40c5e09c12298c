// Reads a moment: `2026-11-25`, `2026-11-25 22:00`, with or without a zone, or how long ago: `3d`, `12h`.
import { type Instant, instant, parseDuration } from '../base/time.ts'

const DAY_MS = 86_400_000
const DATE = /^\d{4}-\d\d-\d\d$/

/**
 * Undefined where it is no moment. Without a zone it is the time of this machine. `end`: a date alone means its last
 * millisecond, not its first.
 */
export function typedMoment(typed: string, now: number, end: boolean): Instant | undefined {
  const ago = parseDuration(typed)
  if (ago !== undefined) return instant(now - ago)
  const at = Date.parse(DATE.test(typed) ? `${typed}T00:00:00` : typed.replace(' ', 'T'))
  if (Number.isNaN(at) || !/^\d{4}-\d\d-\d\d/.test(typed)) return undefined
  // Where clocks are put forward or back, the next day begins 23 to 25 hours later.
  return instant(DATE.test(typed) && end ? startOfDay(at + DAY_MS * 1.25) - 1 : at)
}

function startOfDay(at: number): number {
  const day = new Date(at)
  day.setHours(0, 0, 0, 0)
  return day.getTime()
}
