// When an archive was made, as its own name says it: `backup-2026-11-01.tar.gz`, `app_20261101_0300.tgz`.
import type { BackupId } from './level.ts'

const MOMENT =
  /(?<!\d)(\d{4})[-_.]?(\d{2})[-_.]?(\d{2})(?:[T_. -]?(\d{2})[-_.:h]?(\d{2})(?:[-_.:m]?(\d{2}))?(Z)?)?(?!\d)/g

/** As the id of a backup: local time where no `Z` follows, 00:00 where there is only a date. The last moment in the path counts. */
export function momentIn(path: string): BackupId | undefined {
  const [last] = [...path.matchAll(MOMENT)]
    .map(([, ...parts]) => idOf(parts))
    .filter((id) => id !== undefined)
    .reverse()
  return last
}

function idOf([year, month, day, hour = '00', minute = '00', second = '00', zone = '']: readonly (
  | string
  | undefined
)[]): BackupId | undefined {
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}`
  const at = Date.parse(`${iso}Z`)
  // The 30th of February becomes the 2nd of March.
  if (Number.isNaN(at) || !new Date(at).toISOString().startsWith(iso)) return undefined
  return `${year}${month}${day}_${hour}${minute}${second}${zone}` as BackupId
}

/** The next name, for two archives of one moment. */
export function nextId(id: BackupId): BackupId {
  const [, year, month, day, hour, minute, second, zone = ''] =
    /^(....)(..)(..)_(..)(..)(..)(Z?)$/.exec(id) ?? []
  const next = new Date(Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) + 1000)
  const [date = '', time = ''] = next.toISOString().split('T')
  return `${date.replaceAll('-', '')}_${time.slice(0, 8).replaceAll(':', '')}${zone}` as BackupId
}
