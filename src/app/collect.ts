// The collectors of the checks: probes that say what they found, when, how long it is valid, and who looked. Nobody ticks a box.

import { SekishoError } from '../base/error.ts'
import { labelledDigest, sha256 } from '../base/hash.ts'
import { fileTarget, type TargetId } from '../base/id.ts'
import { canonical, isObject, type JsonObject } from '../base/json.ts'
import { after } from '../base/time.ts'
import type { Change, CheckResult } from '../change/change.ts'
import type { Baseline } from '../change/sealing.ts'
import { isWayBack } from '../change/way-back.ts'
import { plannedFiles } from '../plans/actions.ts'
import { baselineDigest, type TargetFacts } from '../plans/fingerprint.ts'
import { isPictureOf } from '../plans/picture.ts'
import { type Plan, planDigest, plannedBlobs } from '../plans/plan.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import type { Executor } from '../record/store.ts'
import { holdersOf } from '../run/store.ts'
import { type CheckName, checkRow, isNeeded } from '../seal/checks.ts'
import type { Problem } from '../seal/journal.ts'
import type { TrialAnswer } from '../seal/protocol.ts'
import { type Gate, now, plain } from './gate.ts'
import { windowCheck } from './window-check.ts'

export interface TargetRead {
  readonly target: TargetId
  readonly digest: Baseline['digest']
  readonly facts: TargetFacts
}

/** Reads every target of a plan now. */
export function readTargets(gate: Gate, targets: readonly TargetId[]): Promise<TargetRead[]> {
  return Promise.all(
    targets.map(async (target) => {
      const answer = await gate.runner.read({ kind: 'target', target })
      return { target, digest: answer.fingerprint, facts: answer.facts }
    }),
  )
}

export function baselineOf(reads: readonly TargetRead[]): readonly Baseline[] {
  return reads.map(({ target, digest }) => ({ target, digest }))
}

/** A check that could not be collected is unknown, with the reason: it blocks and never passes in silence. */
async function collected(
  gate: Gate,
  check: CheckName,
  probe: () => Promise<{
    readonly verdict: CheckResult['verdict']
    readonly facts: JsonObject
    readonly problems?: readonly Problem[]
    readonly evidence?: CheckResult['evidence']
  }>,
): Promise<CheckResult> {
  const row = checkRow(check)
  const at = now(gate)
  const base = { check, collector: row.collector, at, expires: after(at, row.validMs) }
  try {
    const found = await probe()
    const problems = found.problems ?? []
    const evidence =
      found.evidence ??
      labelledDigest('sekisho-check-v1', { check, at, facts: found.facts, problems: plain(problems) })
    return { ...base, verdict: found.verdict, facts: found.facts, problems, evidence }
  } catch (error) {
    if (!(error instanceof SekishoError)) throw error
    const problems = [{ code: error.code, text: error.message.slice(0, 500) }]
    const facts = plain(error.detail)
    const evidence = labelledDigest('sekisho-check-v1', { check, at, facts, problems })
    return { ...base, verdict: 'unknown', facts, problems, evidence }
  }
}

export async function collectChecks(
  gate: Gate,
  policy: CompiledPolicy,
  change: Change,
  plan: Plan,
): Promise<readonly CheckResult[]> {
  const needs = (check: CheckName) => isNeeded(checkRow(check), plan)
  const probes: Promise<CheckResult>[] = [
    collected(gate, 'baseline', () => baselineCheck(gate, plan)),
    collected(gate, 'conflict', () => conflictCheck(gate.db, plan)),
    collected(gate, 'window', async () => windowCheck(policy, change, now(gate))),
    collected(gate, 'notification', async () => notificationCheck(change, policy)),
  ]
  if (needs('health')) probes.push(collected(gate, 'health', () => healthCheck(gate, policy, change)))
  return Promise.all(probes)
}

/** Targets are as the plan takes them to be. */
async function baselineCheck(gate: Gate, plan: Plan) {
  const reads = await readTargets(gate, plan.targets)
  const baseline = baselineOf(reads)
  const problems: Problem[] = []
  for (const { action } of plan.actions) {
    for (const file of plannedFiles(action)) {
      const read = reads.find(({ target }) => target === fileTarget(plan.host, file.path))?.facts
      if (!isPictureOf(file, read))
        problems.push({ code: 'baseline.moved', path: file.path, text: file.path })
    }
  }
  return {
    verdict: problems.length === 0 ? ('green' as const) : ('red' as const),
    facts: { targets: baseline.map(({ target, digest }) => ({ target, digest })), files: fileDigests(reads) },
    problems,
    evidence: baselineDigest(baseline),
  }
}

/** Digests of the files behind nginx and unit targets, and entries of a catalogue: what a later voiding can name. */
function fileDigests(reads: readonly TargetRead[]): JsonObject {
  return Object.fromEntries(
    reads.flatMap(({ target, facts }) =>
      facts.kind === 'schema' || facts.kind === 'command'
        ? [[target, Object.fromEntries(facts.entries.map(({ at, is }) => [at, is]))]]
        : facts.kind !== 'nginx' && facts.kind !== 'unit'
          ? []
          : [[target, Object.fromEntries(facts.files.map(({ path, digest }) => [path, digest]))]],
    ),
  )
}

/** Digests by path as they were when the baseline of this target was checked. */
export function filesOf(change: Change, target: TargetId): readonly (readonly [string, string])[] {
  const all = change.checks.find(({ check }) => check === 'baseline')?.facts['files']
  const one = isObject(all) ? all[target] : undefined
  return isObject(one) ? Object.entries(one).map(([path, digest]) => [path, String(digest)] as const) : []
}

/** No other execution is inside on one of the targets. */
async function conflictCheck(db: Executor, plan: Plan) {
  const holders = await holdersOf(db, plan.targets)
  return {
    verdict: holders.length === 0 ? ('green' as const) : ('red' as const),
    facts: { targets: plan.targets.length },
    problems: holders.map(({ target, execution }) => ({
      code: 'conflict.held',
      text: `${target} ${execution}`,
    })),
  }
}

/** Decided, and where users must be told before, there is a way to them. That they were told is asked at the start (users-told.ts). */
function notificationCheck(change: Change, policy: CompiledPolicy) {
  const { notification } = change
  if (notification === undefined)
    return {
      verdict: 'unknown' as const,
      facts: {},
      problems: [{ code: 'notification.undecided', text: 'notification' }],
    }
  const channels = policy.notify?.users ?? []
  const isMute = notification === 'needed' && channels.length === 0 && !isWayBack(change)
  return {
    verdict: isMute ? ('red' as const) : ('green' as const),
    facts: { notification, ...(notification === 'needed' ? { channels } : {}) },
    problems: isMute ? [{ code: 'notification.no_channel', text: 'notify.users' }] : [],
  }
}

async function healthCheck(gate: Gate, policy: CompiledPolicy, change: Change) {
  const declared = policy.services.find(({ name }) => name === change.service)?.health
  if (declared === undefined) return { verdict: 'green' as const, facts: { declared: false } }
  const { facts } = await gate.runner.read({ kind: 'health', service: change.service })
  const bad = facts.attempts.find(({ ok }) => !ok)
  return {
    verdict: facts.verdict === 'no_data' ? ('unknown' as const) : facts.verdict,
    facts: {
      declared: true,
      attempts: facts.attempts.length,
      green: facts.attempts.filter(({ ok }) => ok).length,
      ...(facts.attempts[0]?.status === undefined ? {} : { status: facts.attempts[0].status }),
    },
    problems:
      facts.verdict === 'green' || bad === undefined
        ? []
        : [{ code: 'health.red', text: bad.why ?? String(bad.status ?? '') }],
  }
}

/** Validation and trial in the runner's shadow. The plan and the new bytes go there first, under their digests. */
export async function tryPlan(
  gate: Gate,
  plan: Plan,
  contents: (digest: string) => Promise<Uint8Array>,
): Promise<readonly CheckResult[]> {
  await putPlan(gate, plan, contents)
  const answer: TrialAnswer = await gate.runner.ask('try', { plan: planDigest(plan) })
  return answer.checks.map((one) => ({
    check: one.check,
    verdict: one.verdict,
    collector: 'runner',
    facts: one.facts,
    problems: one.problems,
    at: answer.at,
    expires: answer.expires,
    evidence: answer.evidence,
    on: answer.baseline,
  }))
}

export async function putPlan(
  gate: Gate,
  plan: Plan,
  contents: (digest: string) => Promise<Uint8Array>,
): Promise<void> {
  for (const { digest } of plannedBlobs(plan)) {
    const bytes = await contents(digest)
    await gate.runner.put('blob', sha256(bytes), bytes)
  }
  await gate.runner.put('plan', planDigest(plan), Buffer.from(canonical(plain(plan))))
}
