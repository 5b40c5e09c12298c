// What is written in the rules as a time, as an instant: base/wall-time.ts says what a time means that happens twice or never.
import { type Instant, instant } from '../base/time.ts'
import { fromWall } from '../base/wall-time.ts'
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
