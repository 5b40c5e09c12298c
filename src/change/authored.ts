// The author's own signature over the plan of a change: where another person must approve, the runner asks for it.
import type { Digest } from '../base/hash.ts'
import type { ActorId } from '../base/id.ts'
import type { Instant } from '../base/time.ts'
import { type CompiledPolicy, isSolo } from '../plans/policy.ts'
import type { Signed } from '../seal/statement.ts'
import type { Change } from './change.ts'

/** The author's own statement over a plan (statement-v1 §5). */
export interface Authored {
  readonly by: ActorId
  readonly plan: Digest
  readonly at: Instant
  readonly expires: Instant
  readonly statement: Digest
  readonly signed: Signed
  readonly fingerprint: string
  readonly demo: boolean
}

/** The author's statement, while it is of this plan and lives. */
export function liveAuthored(
  { authored, author, planDigest }: Pick<Change, 'authored' | 'author' | 'planDigest'>,
  now: Instant,
): Authored | undefined {
  const isOfThis = authored?.plan === planDigest && authored?.by === author
  return isOfThis && authored !== undefined && authored.expires >= now ? authored : undefined
}

/**
 * Where another person must approve, who wrote it decides who that may be: has the author said so under a signature? `at`: of what has
 * begun, when it began.
 */
export function authorshipOf(
  change: Pick<Change, 'authored' | 'author' | 'planDigest' | 'service' | 'standing'>,
  policy: CompiledPolicy,
  at: Instant,
): 'signed' | 'unsigned' | undefined {
  if (isSolo(policy, change.service) || change.standing !== undefined) return undefined
  return liveAuthored(change, at) === undefined ? 'unsigned' : 'signed'
}
