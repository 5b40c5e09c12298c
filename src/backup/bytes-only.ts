// Of which data directories *content* says no more than that every byte is the sealed one: nothing in them was parsed.
import { atLeast, type KnownCopy } from './level.ts'
import type { DataDirectory } from './set.ts'

/** By name: those of `format: files`, and those in which no file was found that is parsed. Pure. */
export function bytesOnly(
  { level, records }: Pick<KnownCopy, 'level' | 'records'>,
  data: readonly Pick<DataDirectory, 'name' | 'format'>[] = [],
): readonly string[] {
  if (!atLeast(level, 'content')) return []
  // Of a copy whose content an older version judged, the journal has no counts.
  const parsed = records === undefined ? undefined : Object.keys(records)
  return data
    .filter(
      ({ name, format }) => format === 'files' || parsed?.some((key) => key.startsWith(`${name}/`)) === false,
    )
    .map(({ name }) => name)
}
