// The hands of one execution: its own plan, the policy version with which it started, the trial that was sealed for it.

import { decode } from '../../base/decode.ts'
import { type Answer, refused } from '../../base/error.ts'
import { isDigest } from '../../base/hash.ts'
import type { ExecutionId } from '../../base/id.ts'
import { parseCanonical } from '../../base/json.ts'
import { verifySshSignature } from '../../base/sign.ts'
import { instant, milliseconds } from '../../base/time.ts'
import { plannedFiles } from '../../plans/actions.ts'
import type { Plan } from '../../plans/plan.ts'
import { type CompiledPolicy, declaredFile, serviceOf } from '../../plans/policy.ts'
import { restoreHands } from '../../restore/try-restore.ts'
import type { CheckName } from '../../seal/checks.ts'
import { verifySigned } from '../../seal/enough.ts'
import { type Envelope, envelope as envelopeDecoder } from '../../seal/envelope.ts'
import { parseStatement } from '../../seal/statement.ts'
import type { LeaseHands } from '../act/context.ts'
import { openRooms } from '../code/build.ts'
import { codeHands } from '../code/hands.ts'
import { commitStaged } from '../code/kept.ts'
import { readPre, readTargets } from '../inventory.ts'
import type { Body } from '../journal/index.ts'
import type { Chain } from '../journal/journal.ts'
import { judgeBaseline } from '../judge/baseline.ts'
import { judgeCalendar } from '../judge/calendar.ts'
import { judgePre } from '../judge/pre.ts'
import type { Leases } from '../lease/leases.ts'
import { copiesAtHand, keyedBy, type RunnerParts, readContext } from '../parts.ts'
import type { Hands } from '../perform/hands.ts'
import { realHands } from '../perform/real-hands.ts'
import { copiesOf } from '../place.ts'
import type { TrialFacts } from '../prove/context.ts'
import { Redactor, redactEnd, redactJson } from '../redact.ts'
import { trialFactsOf } from '../trial-facts.ts'
import { secretValues } from './read.ts'

export interface Carried {
  readonly execution: ExecutionId
  readonly chain: Chain
  readonly plan: Plan
  readonly accepted: Body<'accepted'>
  readonly policy: CompiledPolicy
}

export async function handsFor(carried: Carried, parts: RunnerParts, leases: Leases): Promise<Hands> {
  const { execution, chain, plan, accepted, policy } = carried
  const context = readContext(parts, policy, new AbortController().signal)
  const service = serviceOf(policy, plan.service)
  const check = async () => {
    const envelope = await envelopeOf(accepted, parts)
    if (envelope === undefined)
      return refused('runner.object_missing', { kind: 'envelope', digest: accepted.envelope })
    const live = await stillLive(envelope, carried, parts)
    if (!live.ok) return live
    const baseline = judgeBaseline(plan, envelope, await readTargets(plan, context))
    if (!baseline.ok) return baseline
    const without = new Set(await waived(envelope.waivers, parts))
    return judgePre(plan, await readPre(plan, context, await copiesAtHand(plan.service, parts)), without)
  }
  const trial = await trialOf(accepted, parts)
  return realHands(execution, {
    plan,
    act: {
      ...context,
      execution,
      copies: copiesOf(parts.place, execution),
      blob: (digest) => parts.objects.read('blob', digest),
      secret: (reference, version) => parts.secrets.value(reference, version),
      redactEnd: async (lead, end) => redactEnd(lead, end, await secretValues(parts)),
      keyed: keyedBy(parts.keys),
      ...(service === undefined ? {} : { restore: restoreHands(service, parts) }),
      code: codeHands(plan, parts, (record, execution) =>
        commitStaged(record, { execution, plan, accepted }, parts),
      ),
      tools: {
        ports: () => openRooms(parts),
        ...(trial?.status === undefined ? {} : { status: trial.status }),
      },
      ...(trial?.losses === undefined ? {} : { losses: trial.losses }),
      lease: leaseHands(plan, execution, leases),
      killPoint: parts.killPoint,
    },
    state: parts.place.state,
    adminPath: isAdminPath(plan, policy),
    waker: parts.waker,
    check,
    releaseReserve: () => parts.journal.reserve.release(),
    keepText: async (bytes) => {
      const redactor = new Redactor(await secretValues(parts))
      const clean = Buffer.concat([redactor.push(bytes), redactor.end()])
      return { digest: await parts.objects.keep(clean), size: clean.length }
    },
    clean: async (detail) => redactJson(detail, await secretValues(parts)),
    trial,
    lines: () => chain.lines,
  })
}

/** At most for as long as every action and its way back may take: no step of a change outlives it. */
function leaseHands(plan: Plan, execution: ExecutionId, leases: Leases): LeaseHands {
  const longestMs = plan.actions.reduce((sum, { timeoutMs }) => sum + timeoutMs, 0) * 2
  const order = { service: plan.service, execution, seconds: Math.ceil(longestMs / 1000) }
  return {
    hold: (action) => leases.hold({ ...order, action }),
    release: () => leases.release(order),
  }
}

/**
 * INVARIANT I1: what was accepted a while ago, by a runner that died before its first act, begins only while it is still covered. The
 * statements are held against the rules of now (a key revoked since never counts), the calendar against those it was accepted under.
 */
async function stillLive(
  envelope: Envelope,
  { accepted, policy }: Carried,
  parts: RunnerParts,
): Promise<Answer<object>> {
  const { change } = accepted
  const now = instant(parts.clock.now())
  const clock = await parts.mark.check()
  if (!clock.sound) return refused('runner.clock_unsound', { why: clock.why ?? 'unknown' })
  if (milliseconds(now) > milliseconds(envelope.expires))
    return refused('judge.envelope_expired', { expires: envelope.expires, change })
  for (const digest of accepted.statements) {
    if (parts.journal.index.revoked.has(digest))
      return refused('judge.statement_revoked', { statement: digest, change })
    const signed = await parts.objects.statement(digest)
    const verified = verifySigned(signed, parts.policies.current, now, verifySshSignature)
    if (!verified.ok) return verified
  }
  const passing =
    accepted.standing === undefined
      ? policy.people.filter(({ id }) => accepted.approvers.includes(id)).flatMap(({ roles }) => roles)
      : []
  return judgeCalendar(envelope, policy, now, passing)
}

async function envelopeOf(accepted: Body<'accepted'>, parts: RunnerParts) {
  const bytes = await parts.objects.read('envelope', accepted.envelope).catch(() => undefined)
  if (bytes === undefined) return undefined
  const read = decode(envelopeDecoder, parseCanonical(bytes.toString('utf8')))
  return read.ok ? read.value : undefined
}

async function waived(digests: readonly string[], parts: RunnerParts): Promise<readonly CheckName[]> {
  const checks: CheckName[] = []
  for (const digest of digests) {
    if (!isDigest(digest)) continue
    const parsed = parseStatement((await parts.objects.statement(digest)).text)
    if (parsed.ok && parsed.value.type === 'waive') checks.push(parsed.value.check)
  }
  return checks
}

/** What only the trial knows, from the very trial that was sealed. */
async function trialOf(accepted: Body<'accepted'>, parts: RunnerParts): Promise<TrialFacts | undefined> {
  const envelope = await envelopeOf(accepted, parts)
  const evidence = envelope?.evidence.find(({ check }) => check === 'validation')
  const trial = evidence === undefined ? undefined : parts.journal.index.trials.get(evidence.digest)
  return trial === undefined ? undefined : trialFactsOf(trial)
}

/** A file that the policy lets only a person keep: the administrator's own way in (spine §7). */
export function isAdminPath(plan: Plan, policy: CompiledPolicy): boolean {
  const service = serviceOf(policy, plan.service)
  if (service === undefined) return false
  const paths = plan.actions.flatMap(({ action }) => plannedFiles(action).map(({ path }) => path))
  return paths.some((path) => declaredFile(service, path)?.keep === 'person')
}
