// Wall time of a zone to an instant. Where the clock is set back and a time happens twice, the first one is meant; where it is set
// forward and a time does not happen, the moment of the change.
import { localParts } from './local-parts.ts'

const DAY = 86_400_000

/** `wall` is the wall clock read as if it were UTC; so is the answer milliseconds since 1970. */
export function fromWall(wall: number, zone: string): number {
  const before = wall - offset(wall - DAY, zone)
  const after = wall - offset(wall + DAY, zone)
  const candidates = [before, after].filter((at) => at + offset(at, zone) === wall)
  return candidates.length > 0 ? Math.min(...candidates) : Math.max(before, after)
}

/** Milliseconds that this zone's wall clock is ahead of UTC at an instant. */
function offset(at: number, zone: string): number {
  const parts = localParts(at, zone)
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts(type))
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
