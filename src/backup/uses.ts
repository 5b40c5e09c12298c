// How often an order used the standing signature for a work of the backups: runs that succeeded or are under way. One that failed used nothing.
import type { Instant } from '../base/time.ts'
import type { Asked, Work } from './events.ts'
import type { BackupLine } from './levels.ts'

export interface Use {
  readonly at: Instant
  readonly asked: Asked
}

/** Oldest first. What the runner began because it was late was ordered by nobody. Pure. */
export function usesOf(
  lines: readonly BackupLine[],
  service: string,
  work: Work,
  since: Instant,
): readonly Use[] {
  const uses: Use[] = []
  let running: Use | undefined
  for (const { at, body } of lines) {
    if (body.service !== service || (body.event !== 'started' && body.event !== 'ended')) continue
    if (body.work !== work) continue
    if (body.event === 'started') {
      if (running !== undefined) uses.push(running)
      running = { at, asked: body.asked }
    } else {
      if (body.ok && running !== undefined) uses.push(running)
      running = undefined
    }
  }
  return [...uses, ...(running === undefined ? [] : [running])]
    .filter((one) => one.asked !== 'late' && one.at > since)
    .sort((a, b) => (a.at < b.at ? -1 : 1))
}
