// May this host be isolated now? Root asks at the admin door; what covers it is the statement that an owner of all services of the host signed once
// and that this runner keeps itself. Pure.
import { type Answer, refused } from '../../base/error.ts'
import type { Digest } from '../../base/hash.ts'
import type { ServiceName } from '../../base/id.ts'
import { after, type Instant } from '../../base/time.ts'
import type { CompiledPolicy } from '../../plans/policy.ts'
import { type VerifySignature, verifyStatement } from '../../seal/enough.ts'
import type { Signed } from '../../seal/statement.ts'
import { mayStand } from './standing.ts'

const HOUR = 3_600_000

export interface IsolateOrder {
  readonly host: string
  readonly policy: CompiledPolicy
  readonly now: Instant
  /** The last standing statement for the isolation of this host that the runner was given and that was not revoked. */
  readonly signed: Signed | undefined
  /** When isolations of this host were asked for. */
  readonly asked: readonly Instant[]
  readonly verify: VerifySignature
}

export function judgeIsolate(
  order: IsolateOrder,
): Answer<{ readonly statement: Digest; readonly service: ServiceName }> {
  const { host, policy, now, signed } = order
  const no = (why: 'none' | 'other'): Answer<never> =>
    refused('isolation.not_signed', { host, why, service: aService(host, policy) })
  if (signed === undefined) return no('none')
  const answer = verifyStatement(signed, policy, now, order.verify)
  if (!answer.ok) return answer
  const { statement, digest } = answer.verified
  if (statement.type !== 'standing' || statement.playbook !== 'isolate/1' || statement.unit !== host)
    return no('other')
  const stands = mayStand(answer.verified, policy)
  if (!stands.ok) return stands
  const limit = Math.min(statement.perHour, policy.rules.standingPerHour)
  const since = after(now, -HOUR)
  if (order.asked.filter((at) => at > since).length >= limit)
    return refused('judge.standing_limit', { limit, service: statement.service })
  return { ok: true, statement: digest, service: statement.service }
}

function aService(host: string, { services }: CompiledPolicy): string {
  return services.find((one) => one.host === host)?.name ?? 'SERVICE'
}
