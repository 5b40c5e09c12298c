// Plan and envelope as stored: read totally, hashed anew, and compared part by part with each other, the order and the policy.
import { decode } from '../../base/decode.ts'
import { type Answer, type Refused, refused } from '../../base/error.ts'
import { byteOrder } from '../../base/id.ts'
import { type Json, JsonError, parseCanonical } from '../../base/json.ts'
import { type Instant, milliseconds } from '../../base/time.ts'
import { baselineDigest } from '../../plans/fingerprint.ts'
import { type Plan, plan as planDecoder, planDigest } from '../../plans/plan.ts'
import { type CompiledPolicy, decidingPart, isSolo } from '../../plans/policy.ts'
import { tierRule } from '../../seal/enough.ts'
import { type Envelope, envelope as envelopeDecoder, envelopeDigest } from '../../seal/envelope.ts'
import { judgeLineage } from '../../seal/lineage.ts'
import { tierOf } from '../../seal/tier.ts'
import type { RunOrder } from './input.ts'

export interface Unsealed {
  readonly plan: Plan
  readonly envelope: Envelope
}

export function unseal(input: {
  readonly order: RunOrder
  readonly planText: string
  readonly envelopeText: string
}): Answer<Unsealed> {
  const { order } = input
  const { change } = order
  const plan = readText(input.planText, planDecoder, 'judge.plan_malformed', change)
  if (!plan.ok) return plan
  const envelope = readText(input.envelopeText, envelopeDecoder, 'judge.envelope_malformed', change)
  if (!envelope.ok) return envelope
  if (planDigest(plan.value) !== order.plan) return refused('judge.digest_wrong', { what: 'plan' })
  if (envelopeDigest(envelope.value) !== order.envelope)
    return refused('judge.digest_wrong', { what: 'envelope' })
  return { ok: true, plan: plan.value, envelope: envelope.value }
}

function readText<T>(
  text: string,
  decoder: (value: unknown, at: string) => T,
  code: 'judge.plan_malformed' | 'judge.envelope_malformed',
  change: string,
): Answer<{ readonly value: T }> {
  let value: Json
  try {
    value = parseCanonical(text)
  } catch (error) {
    if (error instanceof JsonError)
      return refused(code, { at: error.at, why: error.message.slice(0, 200), change })
    throw error
  }
  const read = decode(decoder, value)
  return read.ok ? { ok: true, value: read.value } : refused(code, { at: read.at, why: read.why, change })
}

/** Each part of the envelope that the plan, the order or the policy also says must say the same. */
export function judgeEnvelope(
  order: RunOrder,
  plan: Plan,
  envelope: Envelope,
  policy: CompiledPolicy,
  now: Instant,
): Answer<object> {
  const tier = tierOf(plan)
  const rule = tierRule(policy, { ...envelope, tier })
  const needed = envelope.class === 'standard' ? 0 : isSolo(policy, envelope.service) ? 1 : rule.approvals
  const parts: readonly (readonly [string, Json, Json])[] = [
    ['change', envelope.change, order.change],
    ['change of the plan', envelope.change, plan.change],
    ['revision', envelope.revision, plan.revision],
    ['host', envelope.host, plan.host],
    ['service', envelope.service, plan.service],
    ['plan', envelope.plan, order.plan],
    ['tier', envelope.tier, tier],
    ['playbook', envelope.playbook, plan.playbook],
    ['window', (envelope.window ?? null) as Json, (plan.window ?? null) as Json],
    ['targets', envelope.baseline.map(({ target }) => target), [...new Set(plan.targets)].sort(byteOrder)],
  ]
  for (const [part, sealed, found] of parts)
    if (JSON.stringify(sealed) !== JSON.stringify(found)) return differs(part, sealed, found, order)
  const named = judgeLineage(envelope, policy)
  if (!named.ok) return named
  if (envelope.approvals.count < needed) return differs('approvals', envelope.approvals.count, needed, order)
  const deciding = decidingPart(policy, envelope.service)
  if (deciding !== envelope.policy)
    return refused('judge.policy_moved', { sealed: envelope.policy, found: deciding, change: order.change })
  if (milliseconds(now) > milliseconds(envelope.expires))
    return refused('judge.envelope_expired', { expires: envelope.expires, change: order.change })
  const baseline = envelope.evidence.find((one) => one.check === 'baseline')
  if (baseline !== undefined && baseline.digest !== baselineDigest(envelope.baseline))
    return differs('baseline', baseline.digest, baselineDigest(envelope.baseline), order)
  return { ok: true }
}

function differs(part: string, sealed: Json, found: Json, order: RunOrder): Refused {
  const short = (value: Json) => (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 500)
  return refused('judge.envelope_differs', {
    part,
    sealed: short(sealed),
    found: short(found),
    change: order.change,
  })
}
