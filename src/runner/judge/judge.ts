// The judge (spine §4): may this order run on this host, by the runner's own files alone? Pure: everything it looks at is handed in,
// every refusal is a code with values, and the first rule that does not hold decides.
// INVARIANT I1: nothing runs without enough live, unexpired, unrevoked statements of distinct eligible people over exactly this envelope.
import { type Answer, refused } from '../../base/error.ts'
import type { Digest } from '../../base/hash.ts'
import { changeOf } from '../../base/id.ts'
import { type Instant, milliseconds } from '../../base/time.ts'
import type { Plan } from '../../plans/plan.ts'
import { enough } from '../../seal/enough.ts'
import type { Envelope } from '../../seal/envelope.ts'
import { overdueOf } from '../../seal/glass.ts'
import type { StandingUse } from '../../seal/journal.ts'
import { judgeBaseline } from './baseline.ts'
import { judgeCalendar } from './calendar.ts'
import { judgeChecks, judgeDown, judgeTried } from './checks.ts'
import { judgeEnvelope, unseal } from './envelope.ts'
import { judgeFences } from './fences.ts'
import type { JournalView, Judged, JudgeInput } from './input.ts'
import { judgeInventory } from './inventory.ts'
import { judgePre } from './pre.ts'
import { judgeStanding } from './standing.ts'

export function judge(input: JudgeInput): Answer<Judged> {
  const { order, policy, now, journal } = input
  if (journal.damage !== undefined) return refused('runner.journal_damaged', journal.damage)
  if (!input.clock.sound) return refused('runner.clock_unsound', { why: input.clock.why ?? 'unknown' })
  const opened = unseal(input)
  if (!opened.ok) return opened
  const { plan, envelope } = opened
  if (changeOf(order.execution) !== order.change)
    return refused('judge.envelope_differs', {
      part: 'execution',
      sealed: order.change,
      found: order.execution,
      change: order.change,
    })
  const approval = judgeApproval(input, plan, envelope)
  if (!approval.ok) return approval
  const waived = judgeChecks(input, plan, envelope, approval.authorKeys)
  if (!waived.ok) return waived
  const rest =
    firstRefusal(
      () => judgeOwed(envelope, journal, now),
      () => judgeEnvelope(order, plan, envelope, policy, now),
      () => judgeInventory(plan, policy, input.secret, { staged: input.staged, now }),
      () => judgeCalendar(envelope, policy, now, approval.roles),
      () => judgeNonces([...approval.consumed, ...waived.nonces], journal),
      () => judgeFences(order, plan, journal),
      () => judgeBaseline(plan, envelope, input.facts),
      () => judgeTried(input, envelope, waived.checks),
      () => judgeDown(input, plan),
      () => judgePre(plan, input.pre, waived.checks),
    ) ?? undefined
  if (rest !== undefined) return rest
  return {
    ok: true,
    plan,
    envelope,
    accepted: {
      kind: 'accepted',
      change: order.change,
      plan: order.plan,
      envelope: order.envelope,
      statements: [...approval.statements, ...envelope.waivers],
      nonces: [...approval.consumed, ...waived.nonces],
      policy: policy.version,
      fences: order.fences,
      approvers: approval.approvers,
      solo: approval.solo,
      demo: approval.demo,
      ...(approval.standing === undefined ? {} : { standing: approval.standing }),
    },
  }
}

interface Approval {
  readonly statements: readonly Digest[]
  /** Nonces that the accepting line uses up; a standing statement's nonce lives on. */
  readonly consumed: readonly string[]
  readonly approvers: readonly string[]
  readonly roles: readonly string[]
  readonly solo: boolean
  readonly demo: boolean
  /** Fingerprints of the keys with which the author has signed this plan; none where that was not asked for. */
  readonly authorKeys: readonly string[]
  readonly standing?: StandingUse
}

function judgeApproval(input: JudgeInput, plan: Plan, envelope: Envelope): Answer<Approval> {
  const { order, policy, now, verify, journal } = input
  if (envelope.class === 'standard') return judgeStanding(input, plan, envelope)
  const waiting = {
    stored: journal.stored.get(order.envelope),
    rejected: journal.rejected.has(order.envelope),
  }
  const approved = enough(order.statements, envelope, order.envelope, policy, now, verify, waiting)
  if (!approved.ok) return approved
  for (const statement of approved.statements)
    if (journal.revoked.has(statement))
      return refused('judge.statement_revoked', { statement, change: order.change })
  return {
    ok: true,
    statements: approved.statements,
    consumed: approved.nonces,
    approvers: approved.approvers,
    roles: policy.people.filter((one) => approved.approvers.includes(one.id)).flatMap((one) => one.roles),
    solo: approved.solo,
    demo: approved.demo,
    authorKeys: approved.authorKeys,
  }
}

/** Whoever owes the review of a break-glass for 72 hours asks for nothing more; the gate says so first, and need not be believed. */
function judgeOwed({ requester, lineage }: Envelope, { glasses }: JournalView, now: Instant): Answer<object> {
  const owed = glasses.filter(({ reviewed }) => reviewed === undefined)
  const late = overdueOf(owed, [requester, ...lineage], milliseconds(now))
  if (late === undefined) return { ok: true }
  const { person, glass, at } = late
  return refused('glass.review_overdue', { person, glass: glass.slice(0, 12), at })
}

/** INVARIANT S2: a nonce is used once; two statements of one order with the same nonce are a replay too. */
function judgeNonces(nonces: readonly string[], journal: JournalView): Answer<object> {
  const seen = new Set<string>()
  for (const nonce of nonces) {
    if (journal.nonces.has(nonce) || seen.has(nonce)) return refused('statement.nonce_used', { nonce })
    seen.add(nonce)
  }
  return { ok: true }
}

function firstRefusal(...rules: readonly (() => Answer<object>)[]) {
  for (const rule of rules) {
    const answer = rule()
    if (!answer.ok) return answer
  }
  return undefined
}
