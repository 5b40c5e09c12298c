// Hands the judge everything it looks at: the stored texts, waivers, facts read now, secrets, the journal's memory.

import { type Answer, type Refused, refused, SekishoError } from '../../base/error.ts'
import { verifySshSignature } from '../../base/sign.ts'
import { instant } from '../../base/time.ts'
import type { IsolationPort } from '../../host/context.ts'
import { secretsIn } from '../../plans/actions.ts'
import type { CodeStaged } from '../../plans/code.ts'
import { type Plan, plannedBlobs } from '../../plans/plan.ts'
import { stageOf } from '../../plans/playbooks/data.ts'
import type { CompiledPolicy } from '../../plans/policy.ts'
import type { Staged } from '../../plans/restore.ts'
import { glassesOf } from '../../seal/glass.ts'
import type { JournalLine } from '../../seal/journal.ts'
import { type ReleaseWork, releaseOf } from '../../seal/standard.ts'
import type { Signed } from '../../seal/statement.ts'
import { readPre, readTargets } from '../inventory.ts'
import { unseal } from '../judge/envelope.ts'
import type { JournalView, JudgeInput, RunOrder } from '../judge/input.ts'
import { judgeInventory } from '../judge/inventory.ts'
import { type Replacing, readStandingEffect } from '../judge/standing.ts'
import { copiesAtHand, type RunnerParts, readContext } from '../parts.ts'
import { planAt } from '../plan-at.ts'

/** Throws runner.object_missing for what the gate has not put. */
export async function gather(
  order: RunOrder,
  policy: CompiledPolicy,
  clock: JudgeInput['clock'],
  parts: RunnerParts,
): Promise<Answer<{ readonly input: JudgeInput }>> {
  const planText = (await parts.objects.read('plan', order.plan)).toString('utf8')
  const envelopeText = (await parts.objects.read('envelope', order.envelope)).toString('utf8')
  const opened = unseal({ order, planText, envelopeText })
  if (!opened.ok) return opened
  const { plan, envelope } = opened
  if (plan.host !== parts.host) return refused('judge.host_other', { host: plan.host, own: parts.host })
  const waivers: Signed[] = []
  for (const digest of envelope.waivers) waivers.push(await parts.objects.statement(digest))
  const blobs = await requireBlobs(plan, parts)
  if (!blobs.ok) return blobs
  const context = readContext(parts, policy)
  const isolation = await isolationRefused(plan, context.isolation)
  if (isolation !== undefined) return isolation
  const secrets = await secretsOf(plan, parts)
  const secret = (reference: string, version: number) => secrets.get(`${reference} ${version}`)
  // Of a plan that names what is not declared for it nothing is looked at; the judge comes to the same refusal in its own order.
  const staged = await stagedOf(plan, parts)
  const now = instant(parts.clock.now())
  const { ok: inside } = judgeInventory(plan, policy, secret, { staged, now })
  return {
    ok: true,
    input: {
      order,
      planText,
      envelopeText,
      waivers,
      policy,
      now,
      clock,
      journal: journalView(parts),
      facts: inside ? await readTargets(plan, context) : new Map(),
      pre: inside
        ? await readPre(plan, context, await copiesAtHand(plan.service, parts))
        : { units: new Map() },
      secret,
      staged,
      ...(releaseOf(plan) === undefined ? {} : { ran: await releasesRun(plan.service, parts) }),
      verify: verifySshSignature,
    },
  }
}

/** Who approves for one service of a host cannot end an isolation that was begun for another one. Throws isolation.unreadable. */
export async function isolationRefused(
  plan: Pick<Plan, 'pattern' | 'service'>,
  isolation: Pick<IsolationPort, 'service'> | undefined,
): Promise<Refused | undefined> {
  if (plan.pattern !== 'isolation') return undefined
  const service = await isolation?.service()
  return service === undefined || service === plan.service
    ? undefined
    : refused('isolation.other_service', { service, own: plan.service })
}

/** From this runner's own journal and the plans that it keeps: what ran under a standing statement was approved before that. */
async function releasesRun(service: Plan['service'], { journal, objects }: RunnerParts) {
  const found: ReleaseWork[] = []
  for (const [execution, { outcome }] of journal.index.closed) {
    const accepted = outcome === 'kept' ? journal.index.accepted.get(execution) : undefined
    if (accepted === undefined || accepted.standing !== undefined) continue
    const plan = await planAt(accepted.plan, objects)
    const work = plan?.service === service ? releaseOf(plan) : undefined
    if (work !== undefined) found.push(work)
  }
  return found
}

/** Undefined where it is gone, or was never laid out here. */
export async function stagedOf(plan: Plan, parts: RunnerParts): Promise<Staged | CodeStaged | undefined> {
  const stage = stageOf(plan)
  if (stage === undefined) return undefined
  const { index } = parts.journal
  const loaded = plan.pattern === 'code' ? parts.code.load(stage, index) : parts.stages.load(stage, index)
  const found = await loaded.catch((error: unknown) => {
    if (error instanceof SekishoError) return undefined
    throw error
  })
  return found?.staged
}

export function journalView({ journal }: RunnerParts): JournalView {
  const { index, rest } = journal
  return {
    damage: journal.damage,
    nonces: index.nonces,
    fences: index.fences,
    revoked: index.revoked,
    stored: index.stored,
    rejected: index.rejected,
    trials: index.trials,
    uses: index.uses,
    misbehaved: index.misbehaved,
    voided: index.voided,
    standings: standingsIn(rest),
    glasses: glassesOf(index.glass),
    holder: (target) => index.holder(target),
  }
}

/** Standing statements that were given to this runner, in order. */
export function standingsIn(lines: readonly JournalLine[]): readonly Replacing[] {
  return lines.flatMap(({ body }) => {
    if (body.kind !== 'statement' || body.type !== 'standing') return []
    return readStandingEffect(body.digest, body.effect) ?? []
  })
}

/** New bytes lie in the runner's own store before anything is accepted (spine §8). */
async function requireBlobs(plan: Plan, { objects }: RunnerParts): Promise<Answer<object>> {
  for (const { path, digest, size } of plannedBlobs(plan)) {
    const { length } = await objects.read('blob', digest)
    if (length !== size)
      return refused('judge.plan_malformed', { at: path, why: `size ${size}, its bytes are ${length}` })
  }
  return { ok: true }
}

/** Keyed hashes of the secrets that a plan names, by `reference version`. */
export async function secretsOf(plan: Plan, { secrets }: RunnerParts): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (const { action } of plan.actions) {
    for (const { reference, version } of secretsIn(action)) {
      const keyed = await secrets.keyedOf(reference, version)
      if (keyed !== undefined) found.set(`${reference} ${version}`, keyed)
    }
  }
  return found
}
