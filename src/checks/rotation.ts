// Whether the logs of a service are rotated, and whether the service writes where its log is. Pure.
import type { Judged } from './items.ts'

export interface LogFiles {
  readonly path: string
  /** The log itself; undefined where it is not there. */
  readonly log?: { readonly bytes: number; readonly mtimeMs: number; readonly oldestMs?: number }
  /** What rotation left, the newest first. */
  readonly rotated: readonly { readonly name: string; readonly bytes: number; readonly mtimeMs: number }[]
}

const DAY_MS = 86_400_000
/** A log of this size was not rotated by anybody's rule. */
const LARGE_BYTES = 1024 ** 3
/** Lines that are older than this should have been rotated away, where the log is not small. */
const OLD_MS = 35 * DAY_MS
const SMALL_BYTES = 10 * 1_048_576
/** Written to so long after the log itself: the service still writes to the rotated file. */
const STUCK_MS = 30 * 60_000

export function judgeRotation({ path, log, rotated }: LogFiles, now: number): Judged {
  const of = (state: Judged['state'], code: string, values: Judged['values'] = {}): Judged => ({
    part: path,
    state,
    code,
    values: { path, ...values },
    ...(log === undefined ? {} : { value: log.bytes }),
  })
  if (log === undefined) return of('no_data', 'check.rotation_no_log')
  const [newest] = rotated
  if (
    newest !== undefined &&
    !/\.(?:gz|zst|xz|bz2)$/.test(newest.name) &&
    log.bytes === 0 &&
    newest.mtimeMs - log.mtimeMs > STUCK_MS
  )
    return of('red', 'check.rotation_stuck', { rotated: newest.name })
  if (log.bytes > LARGE_BYTES) return of('red', 'check.rotation_large', { bytes: log.bytes })
  const ageMs = log.oldestMs === undefined ? 0 : now - log.oldestMs
  if (log.bytes > SMALL_BYTES && ageMs > OLD_MS)
    return of('red', 'check.rotation_old', { bytes: log.bytes, days: Math.floor(ageMs / DAY_MS) })
  return of('good', 'check.rotation', { bytes: log.bytes, files: rotated.length })
}
