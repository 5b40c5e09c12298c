// May this work of playbook backup/1 be begun? An order names service and work and nothing else; what covers it is the statement that an owner
// signed once and that this runner keeps itself (backup.md §0). Pure.
import type { Asked, Work } from '../../backup/events.ts'
import type { BackupLine } from '../../backup/levels.ts'
import { usesOf } from '../../backup/uses.ts'
import { type Answer, refused } from '../../base/error.ts'
import type { Digest } from '../../base/hash.ts'
import type { ServiceName } from '../../base/id.ts'
import { after, type Instant, milliseconds } from '../../base/time.ts'
import { type CompiledPolicy, serviceOf } from '../../plans/policy.ts'
import { type VerifySignature, verifyStatement } from '../../seal/enough.ts'
import type { Signed } from '../../seal/statement.ts'
import { mayStand } from './standing.ts'

const HOUR = 3_600_000

export interface BackupOrder {
  readonly service: ServiceName
  readonly work: Work
  readonly asked: Asked
  readonly policy: CompiledPolicy
  readonly now: Instant
  /** The journal can be written, and the clock was not put forward or back. */
  readonly sound: Answer<object>
  /** The last standing statement for this service's backups that the runner was given. */
  readonly signed: Signed | undefined
  readonly revoked: ReadonlySet<Digest>
  readonly lines: readonly BackupLine[]
  readonly verify: VerifySignature
}

export function judgeBackup(order: BackupOrder): Answer<{ readonly statement: Digest }> {
  const { service, work, policy, now, signed } = order
  if (serviceOf(policy, service)?.backup === undefined) return refused('backup.not_declared', { service })
  if (!order.sound.ok) return order.sound
  const no = (why: string): Answer<never> => refused('backup.not_signed', { service, why })
  if (signed === undefined) return no('no statement')
  const answer = verifyStatement(signed, policy, now, order.verify)
  if (!answer.ok) return answer
  const { statement, digest } = answer.verified
  if (statement.type !== 'standing' || statement.playbook !== 'backup/1' || statement.service !== service)
    return no('a statement for something else')
  const stands = mayStand(answer.verified, policy)
  if (!stands.ok) return stands
  if (order.revoked.has(digest)) return no('the statement was revoked')
  const cap = policy.rules.standingPerHour
  const full = whatIsFull(order, Math.min(statement.perHour, cap))
  if (full !== undefined) return refused('backup.too_often', { service, work, cap, ...full })
  return { ok: true, statement: digest }
}

/**
 * What was signed is never passed, by nobody. Within it agents have at most one half, so that a person who needs it at night finds the other; of one an hour
 * they may have it, for else they could ask for none. `forMs`: until the next one is possible.
 */
function whatIsFull(
  { service, work, asked, now, lines }: BackupOrder,
  limit: number,
): { readonly limit: number; readonly of: 'all' | 'agents'; readonly forMs: number } | undefined {
  // What the runner begins because it is late was not ordered by anybody, and is spaced by its own rule.
  if (asked === 'late') return undefined
  const since = after(now, -HOUR)
  const begun = usesOf(lines, service, work, since)
  const isFull = (counted: typeof begun, most: number, of: 'all' | 'agents') => {
    if (counted.length < most) return undefined
    const next = counted.map(({ at }) => at).sort()[counted.length - most]
    return {
      limit: most,
      of,
      forMs: next === undefined ? HOUR : milliseconds(next) + HOUR - milliseconds(now),
    }
  }
  const full = isFull(begun, limit, 'all')
  if (full !== undefined || asked !== 'agent') return full
  return isFull(
    begun.filter((one) => one.asked === 'agent'),
    Math.max(1, Math.floor(limit / 2)),
    'agents',
  )
}
