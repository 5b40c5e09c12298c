// How long the runner keeps what it kept before a change. The rules are here, and nothing else takes these files away:
// a copy goes half a year after its execution has ended, and only when the file has newer copies; the objects of such an execution
// (not its plan, which a restore that is taken back reads) are no longer held against the quota.
// INVARIANT R1: nothing of an execution that is not closed goes, and nothing at all while the clock is not sound.
import type { ExecutionId } from '../base/id.ts'
import { type Instant, milliseconds } from '../base/time.ts'

export const KEPT_DAYS = 180
/** Of each file, whatever their age: a person puts an old version back from them by hand. */
export const KEPT_NEWEST = 5
const DAY_MS = 86_400_000

export interface KeptCopies {
  readonly execution: ExecutionId
  /** Absent while it is open. */
  readonly closedAt?: Instant
  readonly files: readonly { readonly path: string; readonly copy: string }[]
}

export interface RetiredCopy {
  readonly execution: ExecutionId
  readonly path: string
  readonly copy: string
}

export function isRetired(closedAt: Instant | undefined, now: Instant): boolean {
  return closedAt !== undefined && milliseconds(now) - milliseconds(closedAt) >= KEPT_DAYS * DAY_MS
}

/** `executions` in the order in which they were accepted. */
export function retiredCopies(executions: readonly KeptCopies[], now: Instant): readonly RetiredCopy[] {
  const newer = new Map<string, number>()
  const retired: RetiredCopy[] = []
  for (const { execution, closedAt, files } of executions.toReversed())
    for (const { path, copy } of files) {
      const count = newer.get(path) ?? 0
      newer.set(path, count + 1)
      if (count >= KEPT_NEWEST && isRetired(closedAt, now)) retired.push({ execution, path, copy })
    }
  return retired.toReversed()
}
