// The content of a service's live data, read now by the rules in force and compared with the last good backup: for the daily and the weekly check.
import { backupsOf, baselineBefore } from '../backup/levels.ts'
import { SekishoError } from '../base/error.ts'
import { instant } from '../base/time.ts'
import type { Service } from '../plans/policy.ts'
import type { DamagedNow } from '../plans/restore.ts'
import type { ContentFacts } from '../seal/protocol.ts'
import { childOf } from '../snapshot/content.ts'
import { databaseItem } from '../snapshot/set-of.ts'
import { judgeLive } from './judge-live.ts'
import type { RestorePorts } from './ports.ts'

/** Whoever asks waits for it. */
const LONGEST_MS = 60_000
const SHOWN = 20

/** Throws backup.content_not_read where it takes too long. */
export async function liveContent(service: Service, parts: RestorePorts): Promise<ContentFacts> {
  const { name, data = [], databases = [] } = service
  const before = baselineBefore(backupsOf(name, parts.journal.index.backups), {
    taken: instant(parts.clock.now()),
  })
  const signal = AbortSignal.timeout(LONGEST_MS)
  const damaged: DamagedNow[] = []
  const notRead: DamagedNow[] = []
  const questions: DamagedNow[] = []
  let judged = 0
  let changedMs = 0
  for (const directory of data) {
    const found = await judgeLive(directory, before, childOf(parts, signal)).catch((cause: unknown) => {
      if (!signal.aborted) throw cause
      throw new SekishoError('backup.content_not_read', { path: directory.dir, why: 'time' }, { cause })
    })
    for (const one of found.damaged) (isNotRead(one) ? notRead : damaged).push(one)
    questions.push(...found.questions)
    judged += found.judged
    changedMs = Math.max(changedMs, found.changedMs)
  }
  return {
    judged,
    damagedCount: damaged.length,
    damaged: damaged.slice(0, SHOWN),
    notReadCount: notRead.length,
    notRead: notRead.slice(0, SHOWN),
    questionCount: questions.length,
    questions: questions.slice(0, SHOWN),
    notJudged: [
      ...data.flatMap((one) => (one.format === 'json' ? [] : [one.name])),
      ...databases.map(databaseItem),
    ],
    ...(changedMs === 0 ? {} : { changedAt: instant(changedMs) }),
  }
}

function isNotRead({ why }: DamagedNow): boolean {
  return why.startsWith('not_read')
}
