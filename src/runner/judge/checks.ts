// The required checks (seal/checks.ts): what this runner collects counts only from its own journal and while it is fresh, or with a
// signed waiver; what the gate collects must be sealed and is labelled gate-asserted.
import { type Answer, refused } from '../../base/error.ts'
import type { Digest } from '../../base/hash.ts'
import { type Instant, milliseconds } from '../../base/time.ts'
import { baselineDigest } from '../../plans/fingerprint.ts'
import type { Plan } from '../../plans/plan.ts'
import { holdsRole, isSolo } from '../../plans/policy.ts'
import { CHECKS, type CheckName, type CheckRow, isNeeded, type SealedEvidence } from '../../seal/checks.ts'
import { tierRule, type Verified, verifyStatement } from '../../seal/enough.ts'
import type { Envelope } from '../../seal/envelope.ts'
import { isInside } from '../../seal/lineage.ts'
import type { JudgeInput } from './input.ts'

export interface Waived {
  readonly checks: ReadonlySet<CheckName>
  readonly nonces: readonly string[]
}

/** `authorKeys`: fingerprints of the keys with which the author has signed the plan. */
export function judgeChecks(
  input: JudgeInput,
  plan: Plan,
  envelope: Envelope,
  authorKeys: readonly string[],
): Answer<Waived> {
  const waived = judgeWaivers(input, plan, envelope, authorKeys)
  if (!waived.ok) return waived
  for (const row of CHECKS) {
    if (!isNeeded(row, plan) || row.bound === 'pre' || waived.checks.has(row.name)) continue
    const fault = judgeEvidence(row, input, envelope)
    if (!fault.ok) return fault
  }
  return waived
}

function judgeEvidence(row: CheckRow, input: JudgeInput, envelope: Envelope): Answer<object> {
  const { change } = input.order
  const check = row.name
  const sealed = envelope.evidence.filter((one) => one.check === check)
  const [evidence] = sealed
  if (evidence === undefined || sealed.length > 1) return refused('judge.evidence_missing', { check, change })
  if (evidence.collector !== row.collector) return refused('judge.evidence_unknown', { check, change })
  if (isStale(evidence, input.now))
    return refused('judge.evidence_stale', { check, expires: evidence.expires, change })
  // The baseline's evidence is the fingerprints themselves (judgeEnvelope), read again now (judgeBaseline).
  if (row.collector === 'gate' || check === 'baseline') return { ok: true }
  const trial = input.journal.trials.get(evidence.digest)
  const answer = trial?.checks.find((one) => one.check === check)
  if (trial === undefined || answer === undefined || trial.plan !== input.order.plan)
    return refused('judge.evidence_unknown', { check, change })
  if (milliseconds(input.now) > milliseconds(trial.expires))
    return refused('judge.evidence_stale', { check, expires: trial.expires, change })
  if (answer.verdict !== 'green')
    return refused('judge.evidence_red', { check, verdict: answer.verdict, change })
  return { ok: true }
}

/** INVARIANT I15: no gate drops the assertion of health; this runner has read the service as down when it tried this plan. */
export function judgeDown({ journal, now, order }: JudgeInput, plan: Plan): Answer<object> {
  const { change } = order
  if (plan.startsFrom !== 'down') return { ok: true }
  const trials = [...journal.trials.values()].filter((one) => one.plan === order.plan)
  const red = trials.filter(({ checks }) =>
    checks.some(({ check, verdict }) => check === 'health' && verdict === 'red'),
  )
  if (red.length === 0) return refused('judge.evidence_missing', { check: 'health', change })
  const [{ expires } = { expires: now }] = red.toSorted(
    (a, b) => milliseconds(b.expires) - milliseconds(a.expires),
  )
  return milliseconds(now) > milliseconds(expires)
    ? refused('judge.evidence_stale', { check: 'health', expires, change })
    : { ok: true }
}

/** Green on other files than those that are sealed says nothing of these. */
export function judgeTried(
  { journal }: JudgeInput,
  { change, baseline, evidence }: Envelope,
  waived: ReadonlySet<CheckName>,
): Answer<object> {
  const sealed = baselineDigest(baseline)
  for (const { check, digest } of evidence) {
    const trial = waived.has(check) ? undefined : journal.trials.get(digest)
    if (trial !== undefined && trial.baseline !== sealed) return refused('judge.trial_moved', { change })
  }
  return { ok: true }
}

function isStale(evidence: SealedEvidence, now: Instant): boolean {
  return milliseconds(now) > milliseconds(evidence.expires)
}

/** Every waiver that the envelope names must be here, sound, for this plan, and by somebody who may approve this. */
function judgeWaivers(
  input: JudgeInput,
  plan: Plan,
  envelope: Envelope,
  authorKeys: readonly string[],
): Answer<Waived> {
  const checks = new Set<CheckName>()
  const nonces: string[] = []
  const left = new Set<Digest>(envelope.waivers)
  for (const signed of input.waivers) {
    const verified = verifyStatement(signed, input.policy, input.now, input.verify)
    if (!verified.ok) return verified
    const { statement, digest } = verified.verified
    if (!left.delete(digest)) continue
    const fault = waiverFault(verified.verified, input, plan, envelope, authorKeys)
    if (fault !== undefined || statement.type !== 'waive')
      return refused('judge.waiver_wrong', {
        check: statement.type === 'waive' ? statement.check : statement.type,
        why: fault ?? 'not a waiver',
        change: input.order.change,
      })
    checks.add(statement.check)
    nonces.push(statement.nonce)
  }
  const [missing] = left
  if (missing !== undefined)
    return refused('judge.waiver_wrong', {
      check: missing,
      why: 'the signed statement is not here',
      change: input.order.change,
    })
  return { ok: true, checks, nonces }
}

function waiverFault(
  { statement, digest, person, key }: Verified,
  input: JudgeInput,
  plan: Plan,
  envelope: Envelope,
  authorKeys: readonly string[],
): string | undefined {
  const { policy, order, journal } = input
  if (statement.type !== 'waive') return 'not a waiver'
  const row = CHECKS.find((one) => one.name === statement.check)
  const rule = tierRule(policy, envelope)
  if (row === undefined || !row.waivable || !isNeeded(row, plan)) return 'this check cannot be waived'
  if (statement.change !== order.change || statement.plan !== order.plan) return 'it is for another plan'
  if (journal.revoked.has(digest)) return 'it was revoked'
  if (!holdsRole(person, rule.roles, envelope.service) || !rule.roles.includes(statement.role))
    return 'the role may not waive'
  if (!rule.keys.includes(key.class)) return 'the class of the key does not count'
  if (policy.rules.level === 'enforce' && policy.rules.agentUser === 'shared' && key.class === 'file')
    return 'the key lies where the agent reads'
  // To do without a check takes somebody from outside.
  if (isSolo(policy, envelope.service)) return undefined
  const hands = [envelope.author, ...envelope.editors]
  if (isInside(person.id, hands, policy)) return 'the author may not waive'
  // The gate alone says who the author is, until the author has signed: also where one person alone approves (policy.alone).
  if (authorKeys.length === 0) return 'the author has not signed the plan'
  // One key under two names is one person.
  if (authorKeys.includes(key.fingerprint)) return 'it was signed with a key of the author'
  return undefined
}
