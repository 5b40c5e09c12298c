// Wall time of a zone to an instant. Where the clock is set back and a time happens twice, the first one is meant; where it is set
// forward and a time does not happen, the moment of the change.
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
