// What a verification has read of the copies, as lines.
import type { BackupsView } from '../contract/backup.ts'
import { BACKUP_READ } from '../words/backup-read.ts'
import type { Terminal } from './terminal.ts'

/** What a verification that began at `since` has read, and how old the readings of the other copies are. */
interface WhatWasRead {
  readonly now: number
  readonly damaged: number
  readonly of: number
  /** Copies that were not read now: how many were never read again, and the times of the first and last reading of the others. */
  readonly before: {
    readonly count: number
    readonly never: number
    readonly oldest?: string
    readonly youngest?: string
  }
}

export function whatWasRead({ copies }: Pick<BackupsView, 'copies'>, since: string): WhatWasRead {
  const readable = copies.filter(({ state }) => state === 'sound' || state === 'suspect')
  const now = readable.filter(({ read = '' }) => read >= since)
  const others = readable.filter(({ read = '' }) => read < since)
  const times = others.flatMap(({ read }) => read ?? []).sort()
  const [oldest, youngest] = [times[0], times.at(-1)]
  return {
    now: now.length,
    damaged: now.filter(({ state }) => state === 'suspect').length,
    of: readable.length,
    before: {
      count: others.length,
      never: others.length - times.length,
      ...(oldest === undefined ? {} : { oldest }),
      ...(youngest === undefined ? {} : { youngest }),
    },
  }
}

export function readLines(
  { now: count, of, damaged, before }: WhatWasRead,
  { at, service }: Pick<BackupsView, 'at' | 'service'>,
  terminal: Pick<Terminal, 'language'>,
): readonly string[] {
  const words = BACKUP_READ[terminal.language]
  const since = (when: string) => Math.max(0, Date.parse(at) - Date.parse(when))
  const ages =
    before.oldest === undefined
      ? undefined
      : { oldestMs: since(before.oldest), youngestMs: since(before.youngest ?? before.oldest) }
  return [
    words.now(count, of, damaged),
    ...(before.count === 0
      ? []
      : [
          words.before(before.count, before.never, ages),
          `    sekisho backup verify --all --service ${service}`,
        ]),
  ]
}
