// Seals a change: computes one digest over everything that is approved, from facts read just before.
import { SekishoError } from '../base/error.ts'
import type { ChangeId } from '../base/id.ts'
import { canonical } from '../base/json.ts'
import { type Change, explanationMissing, next } from '../change/change.ts'
import { isOutdated } from '../change/outdated.ts'
import { makeEnvelope } from '../change/sealing.ts'
import { listStanding, loadChange, type Standing, type StoredChange } from '../change/store.ts'
import type { Actor } from '../identity/actor.ts'
import { baselineDigest } from '../plans/fingerprint.ts'
import { type CompiledPolicy, personOf } from '../plans/policy.ts'
import { frozenBy } from '../seal/calendar.ts'
import { envelopeDigest } from '../seal/envelope.ts'
import { waitingOf } from './alone.ts'
import { allow, nameOf, subjectOf } from './authorize.ts'
import { baselineOf, readTargets } from './collect.ts'
import { type Act, act, type Gate, plain } from './gate.ts'
import { must } from './must.ts'
import { isInside, ranBefore, standingWork } from './standard.ts'
import { isUsedUp } from './standing-uses.ts'
import { startWhenApproved } from './start.ts'

/** Seals the change. With a standing statement that covers it, the change starts at once. */
export async function sealAndStart(gate: Gate, actor: Actor, id: ChangeId): Promise<StoredChange> {
  const sealed = await sealChange(gate, actor, id)
  // Where the policy has a pause (policy.alone), it begins now.
  if (sealed.change.state === 'awaiting_approval') await waitingOf(gate, sealed.change, gate.policy())
  return sealed.change.state === 'approved' ? (await startWhenApproved(gate, id)).stored : sealed
}

export async function sealChange(gate: Gate, actor: Actor, id: ChangeId): Promise<StoredChange> {
  const begun = (await loadChange(gate.db, id)).change
  const policy = allow(gate, actor, 'change.seal', subjectOf(begun))
  const { plan } = begun
  if (plan === undefined) throw new SekishoError('seal.not_planned', { change: id })
  if (explanationMissing(begun))
    throw new SekishoError('seal.explanation_missing', { change: id, author: begun.author })
  must(next(begun.state, 'seal'), id)
  const baseline = baselineOf(await readTargets(gate, plan.targets))
  const checked = begun.checks.find(({ check }) => check === 'baseline')
  if (checked !== undefined && checked.evidence !== baselineDigest(baseline))
    throw new SekishoError('seal.checks_open', { change: id, checks: ['baseline'] })
  const moved = begun.checks.filter(
    ({ verdict, on }) => verdict === 'green' && on !== undefined && on !== baselineDigest(baseline),
  )
  if (moved.length > 0)
    throw new SekishoError('seal.checks_open', { change: id, checks: moved.map(({ check }) => check) })
  return act(gate, nameOf(actor), async (step) => {
    const stored = await loadChange(step.tx, id)
    const { state } = must(next(stored.change.state, 'seal'), id)
    const standing = await coveringStanding(step, stored.change, policy)
    // A statement that covered an earlier seal does not cover this one.
    const { standing: _, ...unsealed } = stored.change
    const change: Change = standing === undefined ? unsealed : { ...unsealed, standing: standing.digest }
    const { envelope } = must(makeEnvelope(change, baseline, policy, step.at))
    const digest = envelopeDigest(envelope)
    const blob = await step.blob('envelope', canonical(plain(envelope)))
    await step.record(
      'change.sealed',
      id,
      plain({
        revision: change.revision,
        envelope: digest,
        envelopeBlob: blob,
        tier: envelope.tier,
        class: envelope.class,
        parts: { notification: envelope.notification, plan: envelope.plan, policy: envelope.policy },
      }),
      [blob],
    )
    const sealed = await step.save(stored, { ...change, state, envelope, envelopeDigest: digest, moved: [] })
    if (standing === undefined) return sealed
    // A live standing statement covers it (spine §4.6): nobody is asked again. The runner judges the statement by itself.
    return step.save(sealed, { ...sealed.change, state: must(next(state, 'approve')).state })
  })
}

/**
 * The live standing statement that covers exactly this work, signed with a key that still counts. A statement whose uses of this hour are
 * used up covers nothing, and people are asked.
 */
export async function coveringStanding(
  step: Pick<Act, 'tx' | 'at'>,
  change: Change,
  policy: CompiledPolicy,
): Promise<Standing | undefined> {
  const { plan } = change
  if (plan === undefined) return undefined
  const work = standingWork(plan)
  if (work === undefined) return undefined
  const { unit, verb } = work
  const covering = (await listStanding(step.tx)).find(
    (one) =>
      one.state === 'live' &&
      one.service === change.service &&
      one.unit === unit &&
      one.verb === verb &&
      isInside(one, plan) &&
      !isOutdated(one) &&
      personOf(policy, one.person)?.keys.some(
        (key) => key.fingerprint === one.fingerprint && !key.revoked,
      ) === true,
  )
  if (covering !== undefined && !(await ranBefore(step.tx, change.service, plan))) return undefined
  // During a freeze only a change that a person approves now may pass.
  if (frozenBy(policy.rules, change.service, step.at, []) !== undefined) return undefined
  if (covering === undefined || (await isUsedUp(step.tx, covering, policy, step.at))) return undefined
  return covering
}
