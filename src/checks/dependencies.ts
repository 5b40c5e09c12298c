// Which checks may be red together: an item whose cause is bad too has the same finding's cause, and makes no notice of its own.
import { after, type Instant } from '../base/time.ts'
import { isBad } from './engine.ts'
import { type CheckId, type CheckState, itemOf, scopeOf } from './result.ts'

/** Item: the items that it follows from, nearest cause first. `host/` where the cause is the machine's. */
export const FOLLOWS: Readonly<Record<string, readonly string[]>> = {
  api: ['service', 'certificate', 'data', 'host/memory', 'host/disk', 'host/clock'],
  service: ['data', 'host/disk', 'host/memory'],
  errors: ['service', 'api', 'data', 'host/disk', 'host/memory'],
  backup: ['data', 'host/disk', 'host/inodes', 'host/clock'],
  integrity: ['data'],
  restored: ['backup', 'integrity', 'data'],
  certificate: ['host/clock'],
  rotation: ['host/disk'],
}

/** Whatever the process sekisho-watch looks at is late when it is silent. */
export const WATCH_SILENT = 'host/watch' as CheckId

export interface Standing {
  readonly check: CheckId
  readonly state: CheckState
  /** Since when it stands so. */
  readonly since: Instant
}

/** That users cannot be served is told by itself where its cause has been red for longer than this: a full disk of yesterday explains no new outage. */
const EXPLAINS_MS = 3_600_000
const SERVES = ['service', 'api']

/** The bad check that this one follows from; undefined where it stands for itself. */
export function causeOf({ check, state, since }: Standing, all: readonly Standing[]): CheckId | undefined {
  const find = (is: (one: Standing) => boolean) => {
    for (const one of all) if (is(one)) return one
    return undefined
  }
  if (state === 'late' && check !== WATCH_SILENT) {
    const silent = find((one) => one.check === WATCH_SILENT && isBad(one.state))
    if (silent !== undefined) return silent.check
  }
  const isNews = SERVES.includes(itemOf(check))
  for (const cause of FOLLOWS[itemOf(check)] ?? []) {
    const wanted = cause.startsWith('host/') ? cause : `${scopeOf(check)}/${cause}`
    const found = find(
      (one) =>
        one.check !== check &&
        // What has no data, or is late, is no cause that was seen.
        one.state === 'red' &&
        (!isNews || cause === 'service' || one.since >= after(since, -EXPLAINS_MS)) &&
        (one.check === wanted || one.check.startsWith(`${wanted}:`)),
    )
    if (found !== undefined) return found.check
  }
  return undefined
}
