// A change as the doors show it. It is computed for each request and never stored.
import { decode } from '../base/decode.ts'
import type { ActorId } from '../base/id.ts'
import type { Instant } from '../base/time.ts'
import type { ActorView, ChangeLine, ChangeView, ExecutionView } from '../contract/change.ts'
import { actsOnly, PATTERNS } from '../plans/patterns.ts'
import { plan as planDecoder } from '../plans/plan.ts'
import { commandIn } from '../plans/playbooks/command.ts'
import { requestIn } from '../plans/playbooks/request.ts'
import {
  agentOf,
  approversOf,
  type CompiledPolicy,
  holdsRole,
  isSolo,
  personOf,
  ruleOfTier,
} from '../plans/policy.ts'
import { renderPlan, renderUndo } from '../plans/render.ts'
import { aloneFrom, signsAlone, type Waiting } from '../seal/alone.ts'
import { sealWords } from '../seal/envelope.ts'
import type { ExecutionState, JournalLine, Outcome } from '../seal/journal.ts'
import { isOwnWork } from '../seal/lineage.ts'
import { tierOf } from '../seal/tier.ts'
import { PLAN_WORDS } from '../words/plan.ts'
import { authorshipOf } from './authored.ts'
import { type Change, editorsOf, isLeftUndone, typable, type Who } from './change.ts'
import { checklist, needsOf } from './checklist.ts'
import { concernsOf } from './concerns.ts'
import { howKept } from './how-kept.ts'
import { disagreements, impactAfterTrial, writtenSince } from './impact.ts'
import { kindOf, kindsOf } from './kind-of.ts'
import { steps } from './progress.ts'
import { clockFirst, restoreAgain } from './restore-again.ts'
import { targetConflict } from './target-conflict.ts'
import { isUndoParked } from './why.ts'

export interface ViewContext {
  readonly policy: CompiledPolicy
  readonly now: Instant
  /** Codes of words/change.ts `wall`: how strong the wall is on this machine. */
  readonly wall: readonly string[]
  /** What the runner reports of the last execution, where it answered. */
  readonly report?: { readonly state: ExecutionState; readonly lines: readonly JournalLine[] }
  readonly standing?: ChangeView['standing']
  readonly standingEnded?: ChangeView['standingEnded']
  /** Since when the change waits for one person alone, where policy.alone allows that. */
  readonly waiting?: Waiting
}

export function changeView(stored: Change, context: ViewContext): ChangeView {
  const change = withReadablePlan(stored)
  const { policy, now } = context
  const { plan, envelope, envelopeDigest } = change
  const solo = isSolo(policy, change.service)
  const tier = plan === undefined ? 2 : tierOf(plan)
  const rule = ruleOfTier(policy, tier)
  const from = envelope === undefined ? undefined : aloneFrom(envelope, policy, context.waiting)
  const approvers = eligible(change, policy, signsAlone({ tier }, from, now))
  const impact = impactAfterTrial(change.impact, change.checks)
  const undoLines = plan === undefined ? [] : renderUndo(plan, PLAN_WORDS.en)
  const authorship = authorshipOf(change, policy, begunAt(change) ?? now)
  return {
    id: change.id,
    revision: change.revision,
    state: change.state,
    pattern: change.pattern,
    kind: kindOf(change, policy),
    ...kindsOf(change, policy),
    service: change.service,
    host: change.host,
    class: change.standing === undefined ? 'normal' : 'standard',
    tier,
    createdAt: change.createdAt,
    instruction: {
      ...change.instruction,
      byName: personOf(policy, change.instruction.by)?.name ?? change.instruction.by,
    },
    requester: actorView(change.requester, policy),
    author: actorView(change.author, policy),
    ...(change.takesBack === undefined ? {} : { takesBack: change.takesBack }),
    ...(change.summary === undefined ? {} : { summary: change.summary }),
    ...(change.reason === undefined ? {} : { reason: change.reason }),
    ...(change.explanation === undefined
      ? {}
      : {
          explanation: {
            ...change.explanation,
            by: agentOf(policy, change.author) === undefined ? 'person' : 'agent',
          },
        }),
    disagreements: [
      ...writtenSince(change),
      ...concernsOf(change, policy),
      ...disagreements(impact, change.explanation, change.service),
    ].map((one) => ({ code: one.code, detail: { ...one.detail } })),
    ...(change.planDigest === undefined ? {} : { plan: change.planDigest }),
    steps: planSteps(change, context),
    diff: change.diff,
    ...(change.diffDigest === undefined ? {} : { diffDigest: change.diffDigest }),
    impact: {
      ...impact,
      files: [...impact.files],
      units: [...impact.units],
      serverNames: [...impact.serverNames],
      listeners: [...impact.listeners],
    },
    undo: undoView(change.checks, undoLines),
    keep: plan?.keep ?? { by: 'proof', seconds: policy.rules.keepSeconds },
    ...(plan?.window === undefined ? {} : { window: plan.window }),
    ...(plan?.startsFrom === undefined ? {} : { startsFrom: plan.startsFrom }),
    ...(change.notification === undefined ? {} : { notification: change.notification }),
    checks: [...checklist(needsOf(change), change.checks, change.waivers, begunAt(change) ?? now)],
    ...(envelope === undefined || envelopeDigest === undefined
      ? {}
      : {
          envelope: {
            digest: envelopeDigest,
            ...sealWords(envelopeDigest),
            sealedAt: envelope.sealedAt,
            expires: envelope.expires,
          },
        }),
    needs: {
      count: change.standing !== undefined ? 0 : solo && tier !== 3 ? 1 : rule.approvals,
      roles: [...rule.roles],
      eligible: [...approvers],
    },
    ...(authorship === undefined ? {} : { authorship }),
    ...(from === undefined || change.state !== 'awaiting_approval' || (solo && tier !== 3)
      ? {}
      : { alone: { from, ...(tier === 3 ? { twice: true as const } : {}) } }),
    decisions: decisionViews(change, policy),
    solo,
    demo: change.decisions.some((one) => one.live && one.demo) || change.authored?.demo === true,
    ...(change.moved.length === 0
      ? {}
      : { moved: change.moved.map((one) => ({ ...one, detail: { ...one.detail } })) }),
    wall: [...context.wall, ...(authorship === undefined ? [] : [`wall.author_${authorship}`])],
    ...(context.standing === undefined ? {} : { standing: context.standing }),
    ...(context.standingEnded === undefined ? {} : { standingEnded: context.standingEnded }),
    ...executionView(change, context),
    next: nextSteps(change, policy, approvers, context),
  }
}

/** The same change as one line of `status`: what that line does not say is not computed. */
export function changeLineOf(change: Change, context: ViewContext): Omit<ChangeLine, 'version'> {
  const { milliseconds } = undoView(change.checks, [])
  const { execution } = executionView(change, context)
  const { steps: all = [], ...ran } = execution ?? {}
  const step = all.find(({ state }) => state === 'running')
  return {
    id: change.id,
    revision: change.revision,
    state: change.state,
    kind: kindOf(change, context.policy),
    service: change.service,
    createdAt: change.createdAt,
    ...(change.summary === undefined ? {} : { summary: change.summary }),
    instruction: { text: change.instruction.text },
    undo: milliseconds === undefined ? {} : { milliseconds },
    ...('id' in ran ? { execution: { ...ran, ...(step === undefined ? {} : { step: step.kind }) } } : {}),
  }
}

/** The undo: with its time where the trial was green, as failed where it was red. */
export function undoView(checks: Change['checks'], lines: readonly string[]): ChangeView['undo'] {
  const undo = checks.find((one) => one.check === 'undo')
  const ms = undo?.facts['milliseconds']
  return {
    tried: undo?.verdict === 'green',
    ...(undo?.verdict === 'red' ? { failed: true } : {}),
    ...(undo?.facts['extras'] === 'not_compared' ? { notCompared: true } : {}),
    ...(undo?.verdict === 'green' && typeof ms === 'number' ? { milliseconds: ms } : {}),
    loses: lines.length === 0 ? 'none' : 'nothing',
    lines: [...lines],
  }
}

/** A stored plan that does not parse is not shown. The change itself still is. */
function withReadablePlan(change: Change): Change {
  if (change.plan === undefined || decode(planDecoder, change.plan).ok) return change
  const { plan: _, ...rest } = change
  return rest
}

function planSteps(change: Change, context: ViewContext): ChangeView['steps'] {
  if (change.plan === undefined) return []
  if (context.report !== undefined) return [...steps(change.plan, context.report.lines)]
  return renderPlan(change.plan, PLAN_WORDS.en).map((one) => ({
    ...one,
    lines: [...one.lines],
    state: 'waiting' as const,
  }))
}

export function actorView(id: ActorId, policy: CompiledPolicy): ActorView {
  const agent = agentOf(policy, id)
  if (agent === undefined) return { id, name: personOf(policy, id)?.name ?? id, kind: 'person' }
  return {
    id,
    name: agent.name,
    kind: 'agent',
    ...(agent.model === undefined ? {} : { model: agent.model }),
    sponsor: agent.sponsor,
    sponsorName: personOf(policy, agent.sponsor)?.name ?? agent.sponsor,
  }
}

function decisionViews(change: Change, policy: CompiledPolicy): ChangeView['decisions'] {
  const name = (id: ActorId) => personOf(policy, id)?.name ?? id
  const waivers = change.waivers.map((one) => ({
    by: one.by,
    name: name(one.by),
    role: 'approver',
    type: 'waive' as const,
    at: one.at,
    reason: one.reason,
    keyClass: 'file' as const,
    demo: false,
    solo: isSolo(policy, change.service),
    live: true,
  }))
  const decisions = change.decisions.map((one) => ({
    by: one.by,
    name: name(one.by),
    role: one.role,
    type: one.type,
    at: one.at,
    ...(one.reason === undefined ? {} : { reason: one.reason }),
    keyClass: one.keyClass,
    demo: one.demo,
    solo: one.solo,
    live: one.live,
  }))
  return [...waivers, ...decisions]
}

/** Who could approve this now, by role and lineage, as seal/enough.ts decides. `alone`: the pause of policy.alone is over. */
export function eligible(change: Change, policy: CompiledPolicy, alone = false): readonly ActorId[] {
  const tier = change.plan === undefined ? 2 : tierOf(change.plan)
  const roles = ruleOfTier(policy, tier).roles
  const hands = editorsOf(change)
  return policy.people
    .filter((one) => holdsRole(one, roles, change.service) && one.keys.some((key) => !key.revoked))
    .filter(({ id }) => alone || isSolo(policy, change.service) || !isOwnWork(id, hands, policy))
    .map(({ id }) => id)
}

function executionView(change: Change, context: ViewContext): { execution?: ExecutionView } {
  const last = change.executions.at(-1)
  if (last === undefined) return {}
  const kept = last.outcome === 'kept' ? howKept(change.plan, context.report?.lines ?? []) : undefined
  return {
    execution: {
      id: last.id,
      state:
        context.report?.state ??
        (last.outcome === undefined
          ? { state: 'unknown' }
          : { state: 'closed', outcome: last.outcome as Outcome }),
      steps: planSteps(change, context),
      startedAt: last.startedAt,
      ...(last.endedAt === undefined ? {} : { endedAt: last.endedAt }),
      ...(last.outcome === undefined ? {} : { outcome: last.outcome }),
      ...(kept === undefined ? {} : { kept }),
      ...(last.because === undefined
        ? {}
        : { because: { code: last.because.code, detail: { ...last.because.detail } } }),
    },
  }
}

const OPERATES: readonly Who[] = ['operator']

function nextSteps(
  change: Change,
  policy: CompiledPolicy,
  approvers: readonly ActorId[],
  { report, now, waiting }: ViewContext,
): ChangeView['next'] {
  const running = report?.state
  const people = (who: readonly Who[]) => {
    if (who.includes('approver')) return [...approvers]
    if (who.some((one) => OPERATES.includes(one)))
      return policy.people
        .filter((one) => holdsRole(one, ['operator', 'approver', 'owner'], change.service))
        .map(({ id }) => id)
    return [change.author]
  }
  const again = change.state === 'blocked' || change.state === 'void' ? restoreAgain(change) : undefined
  const steps =
    again === undefined
      ? (targetConflict(change) ??
        whileUnsigned(change, policy, now, waiting) ??
        afterFault(change, running) ??
        afterLeft(change) ??
        afterKept(change) ??
        untried(change) ??
        typable(change.state, change.id))
      : again.map((command) => ({ command, who: ['author'] as const }))
  const before = clockFirst(change).map((command) => ({ command, who: OPERATES }))
  return [...before, ...steps].map(({ command, who }) => ({
    command,
    by: people(who),
    code: `next.${command.split(' ')[2] ?? 'show'}`,
  }))
}

/** Until the author has signed, an approval is refused: the author first, and one person alone where the pause is over. */
function whileUnsigned(change: Change, policy: CompiledPolicy, now: Instant, waiting: Waiting | undefined) {
  const { id, state, envelope } = change
  if (state !== 'awaiting_approval' || authorshipOf(change, policy, begunAt(change) ?? now) !== 'unsigned')
    return undefined
  const from = envelope === undefined ? undefined : aloneFrom(envelope, policy, waiting)
  const isOpen = envelope !== undefined && signsAlone(envelope, from, now)
  const rest = typable(state, id).filter((one) => isOpen || !one.command.includes(' approve '))
  return [{ command: `sekisho change sign ${id}`, who: ['author'] as const }, ...rest]
}

const OF_TRIAL: ReadonlySet<string> = new Set(['validation', 'trial', 'undo'])

/** What was not tried is not tried by a check of the rest. */
function untried({ id, state, pattern, checks }: Change) {
  if (state !== 'blocked' || !PATTERNS[pattern].isTried) return undefined
  const found = checks.filter(({ check }) => OF_TRIAL.has(check))
  const isTried = found.length > 0 && found.every(({ verdict }) => verdict === 'green' || verdict === 'red')
  if (isTried) return undefined
  return [{ command: `sekisho change try ${id}`, who: ['author'] as const }, ...typable(state, id)]
}

/** A change that is in effect can be taken back. A restart, a reload, and a command or call without a way back cannot. */
function afterKept({ id, state, pattern, plan, wishes, executions }: Change) {
  if (state !== 'closed' || executions.at(-1)?.outcome !== 'kept') return undefined
  const hasBack = plan !== undefined && (commandIn(plan)?.own.back ?? requestIn(plan)?.inverse) !== undefined
  if (actsOnly(pattern) && !hasBack && wishes.verb !== 'start' && wishes.verb !== 'stop') return undefined
  return [{ command: `sekisho change rollback ${id}`, who: ['operator'] as const }]
}

/** Where no undo waits for an answer, `continue` would be refused. The owner makes the runner look again. */
function afterFault({ state }: Change, running: ExecutionState | undefined) {
  if (state !== 'stuck' || running?.state !== 'stuck' || isUndoParked(running)) return undefined
  return [{ command: 'sekisho runner reconcile', who: OPERATES }]
}

function afterLeft(change: Change) {
  if (change.state !== 'failed' || !isLeftUndone(change)) return undefined
  return [{ command: `sekisho change rollback ${change.id}`, who: ['operator'] as const }]
}

const BEGUN: readonly Change['state'][] = [
  'executing',
  'verifying',
  'awaiting_keep',
  'paused',
  'rolling_back',
  'stuck',
  'lost',
  'succeeded',
  'rolled_back',
  'failed',
  'closed',
]

/** Once a change has begun, its checks are shown as they were at the start; their later age means nothing. */
function begunAt({ state, executions }: Change): Instant | undefined {
  return BEGUN.includes(state) ? executions.at(-1)?.startedAt : undefined
}

/** Whom a change waits for, for `status`. */
export function waitsFor(
  change: Change,
  policy: CompiledPolicy,
  now: Instant,
  alone = false,
): readonly ActorId[] {
  // An approval would be refused: it is the author's turn.
  if (change.state === 'awaiting_approval')
    return !alone && authorshipOf(change, policy, begunAt(change) ?? now) === 'unsigned'
      ? [change.author]
      : eligible(change, policy, alone)
  return change.state === 'awaiting_keep' ||
    change.state === 'paused' ||
    change.state === 'stuck' ||
    change.state === 'lost' ||
    change.state === 'failed'
    ? approversOf(policy, change.service).map(({ id }) => id)
    : []
}
