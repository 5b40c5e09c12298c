// The moment that the name of a copy means.
import type { BackupId } from '../backup/level.ts'
import { SekishoError } from '../base/error.ts'
import { type Instant, instant } from '../base/time.ts'
import { fromWall } from '../base/wall-time.ts'

/** The guide's names are local time; one with a `Z` is not. */
export function takenAt(id: BackupId, zone: string): Instant {
  const [, year, month, day, hour, minute, second] = /^(....)(..)(..)_(..)(..)(..)/.exec(id) ?? []
  const wall = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  if (Number.isNaN(wall)) throw new SekishoError('backup.unknown', { backup: id, service: '' })
  return instant(id.endsWith('Z') ? wall : fromWall(wall, zone))
}
