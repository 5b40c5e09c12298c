// A restore that is rehearsed before anybody needs it: the newest copy that counts is laid out beside, compared with what was sealed, its databases loaded and
// asked, and the time taken. Nothing of the service is touched, and nothing of it stays.
import { ageMs, countsAs } from '../backup/backed-up.ts'
import { atLeast, type KnownCopy, type Level } from '../backup/level.ts'
import { newestFirst } from '../backup/levels.ts'
import { SekishoError } from '../base/error.ts'
import { type Instant, instant } from '../base/time.ts'
import { withFetched } from './restic/work.ts'
import { withScratch } from './scratch.ts'
import type { WorkContext } from './work.ts'
import { restoreAll } from './work-drill.ts'

export type RestoreContext = Pick<WorkContext, 'parts' | 'service' | 'signal'>

/** What was brought back, and how long that took. */
export interface RehearsedRestore {
  readonly backup: string
  readonly copy: string
  /** The moment that it goes back to: what was written since is lost. */
  readonly taken: Instant
  readonly ageMs: number
  readonly ms: number
  readonly bytes: number
  readonly entries: number
  /** Secrets of which the copy holds no bytes: they stay as they are. */
  readonly without: number
  /** Copies that could not be brought back, and were passed over. */
  readonly notRead: readonly string[]
}

/** Each costs a restore. */
const CANDIDATES = 3

/** Undefined where no copy is known to be good. Throws what kept the newest from being brought back, where no other could be either. */
export async function rehearseRestore(
  known: readonly KnownCopy[],
  level: Level,
  context: RestoreContext,
): Promise<RehearsedRestore | undefined> {
  const good = known.filter((one) => one.state === 'sound' && atLeast(one.level, level)).sort(newestFirst)
  // What survives the disk comes first; where it cannot be reached now, the way back is the one beside it.
  const candidates = [...good.filter((one) => countsAs(one, level)), ...good].filter(
    (one, i, all) => all.indexOf(one) === i,
  )
  const notRead: string[] = []
  let first: SekishoError | undefined
  for (const copy of candidates.slice(0, CANDIDATES)) {
    try {
      return { ...(await restored(copy, context)), notRead }
    } catch (cause) {
      if (!(cause instanceof SekishoError)) throw cause
      first ??= cause
      notRead.push(`${copy.backup} (${copy.copy})`)
    }
  }
  if (first !== undefined) throw first
  return undefined
}

async function restored(
  copy: KnownCopy,
  context: RestoreContext,
): Promise<Omit<RehearsedRestore, 'notRead'>> {
  const { parts, service } = context
  const started = parts.clock.uptime()
  const restore = (readable: KnownCopy) =>
    withScratch(parts, `${service.name}-way-back-${copy.backup}`, copy.bytes * 2, (place) =>
      restoreAll(readable, place, { ...context, progress: () => {} }),
    )
  const {
    bytes,
    entries,
    without = 0,
  } = copy.kind === 'directory' ? await restore(copy) : await withFetched(copy, context, restore)
  return {
    backup: copy.backup,
    copy: copy.copy,
    taken: copy.taken,
    ageMs: Math.max(0, ageMs(copy, instant(parts.clock.now()))),
    ms: Math.max(1, Math.round(parts.clock.uptime() - started)),
    bytes,
    entries,
    without,
  }
}
