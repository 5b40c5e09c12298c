// The work `verify`: copies that were not read for longest are read again, every byte; a file that several share is read once.
import { atLeast, type KnownCopy } from '../backup/level.ts'
import { rulesDigest, underRules } from '../backup/rules-digest.ts'
import { SekishoError } from '../base/error.ts'
import { openReadInodes } from './directory/read-inodes.ts'
import { readBackContent, readBackDigest } from './read-back.ts'
import type { CheckedRepositories } from './restic/work.ts'
import type { WorkContext } from './work.ts'

/** In one run; the next one goes on. */
const AT_ONCE = 10

/** Every copy where that is asked for, but for what was read already since it began; else the few whose turn it is. */
export function copiesToRead(context: Pick<WorkContext, 'known' | 'service' | 'all'>): readonly KnownCopy[] {
  const { known, service, all } = context
  const { copies, readingAll } = known()
  const stale = staleNewest(context)
  const due = copies
    .filter(({ state }) => state === 'sound' || state === 'suspect')
    .sort(
      (a, b) =>
        Number(isAnswered(b, service)) - Number(isAnswered(a, service)) ||
        Number(b.backup === stale) - Number(a.backup === stale) ||
        byLastRead(a, b),
    )
  if (due.length === 0) throw new SekishoError('backup.nothing_sound', { service: service.name })
  if (all === undefined) return due.slice(0, AT_ONCE)
  return due.filter(({ read = '' }) => readingAll === undefined || read < readingAll)
}

export async function workVerify(context: WorkContext): Promise<void> {
  const due = copiesToRead(context)
  const read = openReadInodes()
  const checked: CheckedRepositories = new Map()
  // A server or a disk that is away says nothing of the other copies: they are read, and then it is said.
  let failed: unknown
  for (const [i, copy] of due.entries())
    try {
      context.progress({ copyNumber: i + 1, copyCount: due.length })
      if (await readBackDigest(copy, context, read, checked)) await readBackContent(copy, context)
    } catch (cause) {
      if (!(cause instanceof SekishoError) || context.signal.aborted) throw cause
      failed ??= cause
    }
  if (failed !== undefined) throw failed
}

/** The newest backup, where the rules have changed since it was judged. */
function staleNewest({ known, service }: Pick<WorkContext, 'known' | 'service'>): string | undefined {
  const [newest] = underRules(
    known().copies.filter(({ state }) => state === 'sound'),
    rulesDigest(service),
  )
  return newest?.isStale === true ? newest.backup : undefined
}

/** Its size was in question and is accepted since: whoever answered waits to see it count. */
function isAnswered({ backup, level, why }: KnownCopy, { backup: rules }: WorkContext['service']): boolean {
  return (
    why?.endsWith('.question') === true &&
    !atLeast(level, 'content') &&
    rules?.accepted?.includes(backup) === true
  )
}

/** Never read stands first, then the longest ago; of two alike the newer, which is what would be used. */
function byLastRead(a: KnownCopy, b: KnownCopy): number {
  const [left, right] = [a.read ?? '', b.read ?? '']
  return left < right ? -1 : left > right ? 1 : a.taken < b.taken ? 1 : -1
}
