// The hours in which a route is used, by the clock on the wall of their zone.
import { localParts } from '../base/local-parts.ts'
import type { Instant } from '../base/time.ts'
import type { Hours } from './rules.ts'

/** Hours over midnight belong to the day on which they begin. */
export function isInHours({ days, fromMinute, untilMinute, zone }: Hours, at: Instant): boolean {
  const part = localParts(at, zone)
  const minute = Number(part('hour')) * 60 + Number(part('minute'))
  const day = new Date(`${part('year')}-${part('month')}-${part('day')}T00:00:00Z`).getUTCDay()
  if (fromMinute < untilMinute) return days.includes(day) && fromMinute <= minute && minute < untilMinute
  if (minute >= fromMinute) return days.includes(day)
  return minute < untilMinute && days.includes((day + 6) % 7)
}
