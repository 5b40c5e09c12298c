// Everything in a repository, read. `check` alone passes with a flipped byte in the data, and a part of the data proves nothing whole
// (backup.md §4, trap 3): only all of it counts.
import { type Access, longMs } from './access.ts'
import { attempt, failure, isNotReached } from './call.ts'
import { listRepository } from './keep.ts'

/** Ids of this service's snapshots in a repository that is whole, or `bad`. Throws backup.repository_*, backup.aborted. */
export async function checkAll(access: Access, bytes: number): Promise<ReadonlySet<string> | 'bad'> {
  const ids = await listRepository(access)
  const result = await attempt(access, ['check', '--read-data', '--quiet'], {
    timeoutMs: longMs(access, bytes * Math.max(1, ids.size)),
  })
  if (result.code === 0) return ids
  // Nobody there is no damage.
  const why = failure(access, result)
  if (isNotReached(why)) throw why
  return 'bad'
}
