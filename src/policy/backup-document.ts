// The words of sekisho.yaml about data: what a service's data is, what makes it good, and how copies of it are kept.
import { isBackupId } from '../backup/level.ts'
import { FIELD_TYPES } from '../backup/set.ts'
import { type Field, fields, list, named, orText, type Place, type Reading } from './reading.ts'
import { choice, duration, formed, plainPath, text, whole, zone } from './values.ts'

const MINUTE = 60_000
const DAY = 86_400_000
const YEAR = 366 * DAY

const column = text(200)
const percent = whole(0, 1_000_000)
export const invariants = fields({
  id: column,
  require: list(column, 200),
  types: named(choice(FIELD_TYPES), (name) => name.length <= 200),
  minRecords: whole(0, Number.MAX_SAFE_INTEGER),
  shrink: whole(0, 100),
  growth: percent,
})
export type InvariantsDocument = NonNullable<ReturnType<typeof invariants>>

/** A path below a data directory, such as `users.json` or `2026/articles.json`. */
export const isPathBelow = (name: string) =>
  /^[^/\0\n][^\0\n]{0,199}$/.test(name) && name.split('/').every((one) => !['', '.', '..'].includes(one))
/** `articles`, or `public.articles`. */
export const isTable = (name: string) => /^[A-Za-z_][\w$]{0,62}(\.[A-Za-z_][\w$]{0,62})?$/.test(name)

const copyName = formed((value, place, reading) =>
  /^[a-z0-9][a-z0-9_-]{0,30}$/.test(value) ? value : reading.wrong(place, 'value.name', { value }),
)
/** A directory here, or what restic calls a repository. A password in it would stand in every listing of processes. */
const repository = formed((value, place, reading) => {
  if (value.startsWith('/')) return plainPath(place, reading)
  if (!/^(sftp|rest):\S+$/.test(value)) return reading.wrong(place, 'backup.repository', { value })
  return /\/\/[^/@\s]*:[^/@\s]*@/.test(value) ? reading.wrong(place, 'value.url_password') : value
})

const backupId = formed((value, place, reading) =>
  isBackupId(value) ? value : reading.wrong(place, 'backup.id', { value }),
)

const copy = fields(
  {
    name: copyName,
    kind: choice(['directory', 'restic']),
    to: repository,
    credential: copyName,
  },
  { required: ['name', 'to'] },
)

const longBackup = fields(
  {
    every: duration(MINUTE, YEAR),
    /** One directory copy, for whoever has no more. */
    to: plainPath,
    copies: list(copy, 10, {}),
    keep: fields({ daily: whole(0, 3650), weekly: whole(0, 520), monthly: whole(0, 240) }),
    timezone: zone,
    drill: fields({ every: duration(MINUTE, YEAR), query: text(4096) }, { later: ['smoke'] }),
    accepted: list(backupId, 100),
    rpo: duration(1, YEAR),
    rto: duration(1, YEAR),
  },
  {},
)
export type BackupDocument = NonNullable<ReturnType<typeof longBackup>>
const shortBackup: Field<BackupDocument> = (place: Place, reading: Reading) => {
  const at = { ...place, path: `${place.path}.to` }
  reading.remember(at)
  const to = plainPath(at, reading)
  return to === undefined ? undefined : { to }
}
/** `backup: /backup/mirai`, or the long form. */
export const backup = orText<BackupDocument>(longBackup, shortBackup)
