// Wall time of a zone to an instant. Where the clock is set back and a time happens twice, the first one is meant; where it is set
// forward and a time does not happen, the moment of the change.
import { type Instant, instant } from '../base/time.ts'
import type { WrittenTime } from './values.ts'

const DAY = 86_400_000

/** `end` asks for the end of what was written: of a bare date, the midnight after it. */
export function toInstant(written: WrittenTime, zone: string, end: boolean): Instant {
  switch (written.kind) {
    case 'instant':
      return instant(Date.parse(written.text))
    case 'wall':
      return instant(fromWall(Date.parse(`${withSeconds(written.text)}Z`), zone))
    case 'date':
      return instant(fromWall(Date.parse(`${written.text}T00:00:00Z`) + (end ? DAY : 0), zone))
  }
}

function withSeconds(text: string): string {
  return text.length === 16 ? `${text}:00` : text
}

/** `wall` is the wall clock read as if it were UTC. */
function fromWall(wall: number, zone: string): number {
  const before = wall - offset(wall - DAY, zone)
  const after = wall - offset(wall + DAY, zone)
  const candidates = [before, after].filter((at) => at + offset(at, zone) === wall)
  return candidates.length > 0 ? Math.min(...candidates) : Math.max(before, after)
}

/** Milliseconds that this zone's wall clock is ahead of UTC at an instant. */
function offset(at: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(at)
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value ?? 0)
  const wall = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  )
  return wall - Math.floor(at / 1000) * 1000
}
