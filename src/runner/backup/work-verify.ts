// The work `verify`: copies that were not read for longest are read again, every byte; a file that several share is read once.
import type { KnownCopy } from '../../backup/level.ts'
import { SekishoError } from '../../base/error.ts'
import type { ReadInode } from './directory/verify.ts'
import type { WorkContext } from './jobs.ts'
import { earnContent, earnDigest } from './work-backup.ts'

/** In one run; the next one goes on. */
const AT_ONCE = 10

export async function workVerify(context: WorkContext): Promise<void> {
  const { known, service } = context
  const due = known()
    .copies.filter(({ state, kind }) => (state === 'sound' || state === 'suspect') && kind === 'directory')
    .sort(byLastRead)
    .slice(0, AT_ONCE)
  if (due.length === 0) throw new SekishoError('backup.nothing_sound', { service: service.name })
  const read = new Map<string, ReadInode>()
  for (const copy of due) if (await earnDigest(copy, context, read)) await earnContent(copy, context)
}

/** Never read stands first, then the longest ago; of two alike the newer, which is what would be used. */
function byLastRead(a: KnownCopy, b: KnownCopy): number {
  const [left, right] = [a.earned.digest ?? '', b.earned.digest ?? '']
  return left < right ? -1 : left > right ? 1 : a.taken < b.taken ? 1 : -1
}
