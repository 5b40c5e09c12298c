// Which declared data a path lies in: what is changed there is a change of data, however it is written.
import type { Level } from '../backup/level.ts'
import type { DataDirectory } from '../backup/set.ts'
import type { Service } from './policy.ts'

/** How deeply a backup must have been read before data is changed (domain §5: *≤ 24 h* counts only from content). */
export const BACKUP_LEVEL: Level = 'content'

/** The path itself or anything below, as names: links are followed by whoever hands the path in. */
export function isAtOrBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory === '/' ? '' : directory}/`)
}

/** By any of its names: as it is declared, and where it really lies. */
export function dataDirectoryOf(
  service: Pick<Service, 'data'>,
  ...paths: readonly string[]
): DataDirectory | undefined {
  return service.data?.find(({ dir }) => paths.some((path) => isAtOrBelow(path, dir)))
}
