// Makes the envelope of a change, and compares a sealed envelope with the facts of now.
import { type Answer, refused } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import { byteOrder, type TargetId } from '../base/id.ts'
import { after, type Instant, milliseconds } from '../base/time.ts'
import { planDigest } from '../plans/plan.ts'
import { agentOf, type CompiledPolicy, decidingPart, isSolo, ruleOfTier } from '../plans/policy.ts'
import { type Envelope } from '../seal/envelope.ts'
import { judgeLineage, lineageOf } from '../seal/lineage.ts'
import { tierOf } from '../seal/tier.ts'
import { type Change, editorsOf, explanationMissing, type Moved } from './change.ts'
import { blockedBy, checklist, earliestExpiry, needsOf, sealedEvidence } from './checklist.ts'

export interface Baseline {
  readonly target: TargetId
  readonly digest: Digest
}

/** Makes the envelope. Refused while a step that must come before is missing (S14, S16). */
export function makeEnvelope(
  change: Change,
  baseline: readonly Baseline[],
  policy: CompiledPolicy,
  now: Instant,
): Answer<{ readonly envelope: Envelope }> {
  const { plan, diffDigest } = change
  if (plan === undefined || diffDigest === undefined)
    return refused('seal.not_planned', { change: change.id })
  if (explanationMissing(change))
    return refused('seal.explanation_missing', { change: change.id, author: change.author })
  const blocked = blockedBy(checklist(needsOf(change), change.checks, change.waivers, now))
  if (blocked.length > 0) return refused('seal.checks_open', { change: change.id, checks: blocked })
  if (change.notification === undefined) return refused('seal.notification_undecided', { change: change.id })
  const tier = tierOf(plan)
  const rule = ruleOfTier(policy, tier)
  const evidence = sealedEvidence(needsOf(change), change.checks)
  const longest = change.wishes.window?.until ?? after(now, policy.rules.approvalSeconds * 1000)
  const sponsor = agentOf(policy, change.author)?.sponsor
  const envelope: Envelope = {
    v: 1,
    change: change.id,
    revision: change.revision,
    host: change.host,
    service: change.service,
    class: change.standing === undefined ? 'normal' : 'standard',
    tier,
    plan: planDigest(plan),
    diff: diffDigest,
    baseline: [...baseline].sort((a, b) => byteOrder(a.target, b.target)),
    evidence,
    waivers: change.waivers.map(({ statement }) => statement).sort(),
    policy: decidingPart(policy, change.service),
    playbook: plan.playbook,
    approvals: {
      count:
        change.standing !== undefined ? 0 : tier !== 3 && isSolo(policy, change.service) ? 1 : rule.approvals,
      roles: rule.roles,
    },
    requester: change.requester,
    author: change.author,
    ...(sponsor === undefined ? {} : { sponsor }),
    lineage: lineageOf(change.author, policy),
    editors: [...editorsOf(change)].sort(byteOrder),
    instruction: change.instruction.digest,
    notification: change.notification,
    ...(plan.window === undefined ? {} : { window: plan.window }),
    sealedAt: now,
    expires: earliestExpiry(evidence, longest),
  }
  // The runner would refuse this: a person or agent in the envelope is not in the rules any more.
  const named = judgeLineage(envelope, policy)
  return named.ok ? { ok: true, envelope } : named
}

/** Facts that were read just now, to compare with the seal. */
export interface Present {
  readonly baseline: readonly (Baseline & { readonly at?: Instant; readonly by?: string })[]
  readonly policy: CompiledPolicy
  readonly now: Instant
}

/** The name of a target for people: its path or its unit. */
export const nameOfTarget = (target: string) =>
  target.slice(target.indexOf('/') + 1).replace(/^(file|unit):/, '')

/** What differs from the seal, with a code each. Empty: the seal still holds. */
export function movedSince(envelope: Envelope, present: Present): readonly Moved[] {
  const moved: Moved[] = []
  for (const { target, digest } of envelope.baseline) {
    const now = present.baseline.find((one) => one.target === target)
    const what = nameOfTarget(target)
    if (now === undefined) moved.push({ what, code: 'moved.unreadable', detail: {} })
    else if (now.digest !== digest)
      moved.push({
        what,
        code: 'moved.target',
        ...(now.at === undefined ? {} : { at: now.at }),
        ...(now.by === undefined ? {} : { by: now.by }),
        detail: { sealed: digest.slice(0, 12), now: now.digest.slice(0, 12) },
      })
  }
  if (decidingPart(present.policy, envelope.service) !== envelope.policy)
    moved.push({ what: 'policy', code: 'moved.policy', detail: {} })
  for (const { check, expires } of envelope.evidence)
    if (milliseconds(expires) < milliseconds(present.now))
      moved.push({ what: check, code: 'moved.evidence_expired', at: expires, detail: {} })
  return moved
}
