// Whether a declared file is as the gate last knew it: as first seen, or as the last kept change left it. Pure.

import type { Digest } from '../base/hash.ts'
import type { ChangeId, TargetId } from '../base/id.ts'
import { canonical, type Json } from '../base/json.ts'
import type { Instant } from '../base/time.ts'
import type { Change } from '../change/change.ts'
import { plannedFiles } from '../plans/actions.ts'
import type { TargetFacts } from '../plans/fingerprint.ts'

export interface KnownFile {
  readonly path: string
  readonly service: string
  /** Fingerprint of the file as the gate last knew it. */
  readonly baseline: Digest
  /** The change that left it so; absent where it is as it was first seen. */
  readonly change?: ChangeId
  /** When it was last compared. */
  readonly at: Instant
  /** It differs from the baseline, and no change made it so. `since`: when that was first seen. */
  readonly edited?: { readonly since: Instant; readonly fingerprint: Digest }
}

export interface SeenFile {
  readonly path: string
  readonly service: string
  readonly target: TargetId
  readonly facts: TargetFacts
  readonly fingerprint: Digest
  /** When it was read. */
  readonly at: Instant
}

/** `changes`: those that ran lately, read after the file was. While one of them runs on the file nothing is judged. */
export function judgeFile(
  known: KnownFile | undefined,
  seen: SeenFile,
  changes: readonly Change[],
): KnownFile {
  const { path, service, fingerprint, at } = seen
  if (known === undefined) return { path, service, baseline: fingerprint, at }
  const { edited, ...rest } = known
  if (fingerprint === known.baseline) return { ...rest, at }
  const touching = changes.filter(({ plan }) => plan?.targets.includes(seen.target) === true)
  if (touching.some((one) => ranDuring(one, at))) return known
  const kept = touching.filter((one) => keptSince(one, known.at))
  const left = kept.find((one) => wasLeftBy(one, seen))
  if (left !== undefined) return { path, service, baseline: fingerprint, at, change: left.id }
  return {
    ...rest,
    at,
    edited: edited?.fingerprint === fingerprint ? edited : { since: at, fingerprint },
  }
}

/** Open, or ended only after the file was read: what was read may be half of it. */
function ranDuring({ executions }: Change, at: Instant): boolean {
  return executions.some(({ endedAt }) => endedAt === undefined || endedAt >= at)
}

function keptSince({ executions }: Change, since: Instant): boolean {
  return executions.some(
    ({ outcome, endedAt }) => outcome === 'kept' && endedAt !== undefined && endedAt >= since,
  )
}

/** Of a file with secrets the gate does not know what the change wrote: the change itself has compared it. */
function wasLeftBy({ plan }: Change, { path, facts }: SeenFile): boolean {
  return (plan?.actions ?? []).some(({ action }) => {
    const file = plannedFiles(action).find((one) => one.path === path)
    if (file === undefined || file.after === undefined) return file !== undefined
    return (
      facts.kind === 'file' &&
      canonical(file.after as unknown as Json) === canonical(facts.state as unknown as Json)
    )
  })
}
