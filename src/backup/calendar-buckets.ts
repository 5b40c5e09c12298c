// The day, ISO week and month of an instant on the wall of a zone: what retention counts.
import { type Instant, milliseconds } from '../base/time.ts'

export interface Buckets {
  /** `2026-11-25` */
  readonly day: string
  /** `2026-W48`: the week that holds its Thursday, in the year of that Thursday (ISO 8601). */
  readonly week: string
  /** `2026-11` */
  readonly month: string
}

const DAY = 86_400_000

/** One for a whole run: the time zone's tables are read once. Throws RangeError for a zone that does not exist. */
export function bucketsOf(zone: string): (at: Instant) => Buckets {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  })
  return (at) => {
    const parts = format.formatToParts(milliseconds(at))
    const part = (type: string) => Number(parts.find((one) => one.type === type)?.value)
    const [year, month, day] = [part('year'), part('month'), part('day')]
    const date = `${four(year)}-${two(month)}-${two(day)}`
    return { day: date, week: isoWeek(year, month, day), month: date.slice(0, 7) }
  }
}

function isoWeek(year: number, month: number, day: number): string {
  const date = Date.UTC(year, month - 1, day)
  const weekday = (new Date(date).getUTCDay() + 6) % 7
  const thursday = new Date(date + (3 - weekday) * DAY)
  const first = Date.UTC(thursday.getUTCFullYear(), 0, 1)
  const week = 1 + Math.floor((thursday.getTime() - first) / (7 * DAY))
  return `${four(thursday.getUTCFullYear())}-W${two(week)}`
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}

function four(number: number): string {
  return String(number).padStart(4, '0')
}
