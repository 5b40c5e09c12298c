// Makes the exact text that a person is asked to sign. It is given out once and is valid for at most 15 minutes.
import { SekishoError } from '../base/error.ts'
import { isDigest } from '../base/hash.ts'
import type { ActorId, ChangeId, ExecutionId } from '../base/id.ts'
import { after, type Instant, milliseconds, randomHex } from '../base/time.ts'
import type { Change } from '../change/change.ts'
import { needsOf, waivable } from '../change/checklist.ts'
import { loadChange, saveSigningRequest } from '../change/store.ts'
import type { PermissionName } from '../contract/operations.ts'
import { write } from '../db/tx.ts'
import type { Actor } from '../identity/actor.ts'
import { type CompiledPolicy, holdsRole, personOf, type Role, ruleOfTier } from '../plans/policy.ts'
import { CHECKS, checkRow, isNeeded } from '../seal/checks.ts'
import { approvalLifeMs, approvingRole, LONGEST_LIFE_MS } from '../seal/enough.ts'
import type { ExecutionState } from '../seal/journal.ts'
import { type AuthorStatement, type Statement, type StatementType, statementText } from '../seal/statement.ts'
import { tierOf } from '../seal/tier.ts'
import { requireApprovable } from './alone.ts'
import { allow, nameOf, subjectOf } from './authorize.ts'
import { type Gate, now } from './gate.ts'

/** A rule of the gate (spine §3): a text must be signed soon after it was given out. */
export const SIGNING_LIFE_MS = 15 * 60_000
const DAY_MS = 86_400_000

export interface StatementWish {
  readonly type: 'author' | 'approve' | 'reject' | 'waive' | 'keep' | 'continue'
  readonly shown?: string | undefined
  readonly reason?: string | undefined
  readonly check?: string | undefined
  readonly choice?: 'retry' | 'skip' | undefined
  readonly typed?: string | undefined
}

export const OPERATION_OF: Readonly<Record<StatementWish['type'], PermissionName>> = {
  author: 'change.author',
  approve: 'change.approve',
  reject: 'change.reject',
  waive: 'change.waive',
  keep: 'change.keep',
  continue: 'change.continue',
}

export interface ToSign {
  readonly text: string
  readonly expires: Instant
}

export async function askStatement(
  gate: Gate,
  actor: Actor,
  id: ChangeId,
  wish: StatementWish,
): Promise<ToSign> {
  const { change } = await loadChange(gate.db, id)
  const policy = allow(gate, actor, OPERATION_OF[wish.type], subjectOf(change))
  if (wish.type === 'author') return giveOut(gate, id, change.author, authorStatement(gate, change))
  if (actor.kind !== 'person')
    throw new SekishoError('agent.never_approves', { agent: nameOf(actor), operation: wish.type, change: id })
  if (wish.type === 'approve') await requireApprovable(gate, change, actor.id, policy)
  const statement = await statementOf(gate, change, actor.id, { ...wish, type: wish.type }, policy)
  return giveOut(gate, id, actor.id, statement)
}

/** Stores the text that was given out: only that text is taken back. */
export async function giveOut(
  gate: Gate,
  subject: string,
  person: ActorId,
  statement: Statement,
): Promise<ToSign> {
  const text = statementText(statement)
  const expires = after(now(gate), SIGNING_LIFE_MS)
  await write(gate.db, (tx) =>
    saveSigningRequest(tx, { nonce: statement.nonce, subject, person, text, expires }),
  )
  return { text, expires }
}

/** Over the plan as it is now: the next revision is another one, and is signed anew. */
function authorStatement(gate: Gate, change: Change): AuthorStatement {
  requireAuthorable(change)
  if (change.planDigest === undefined) throw new SekishoError('seal.not_planned', { change: change.id })
  const at = now(gate)
  return {
    v: 1,
    type: 'author',
    approver: change.author,
    role: 'author',
    nonce: randomHex(gate.random, 16),
    at,
    expires: after(at, LONGEST_LIFE_MS),
    change: change.id,
    plan: change.planDigest,
  }
}

/** Until somebody has approved it: what has begun, or has ended, needs no author any more. */
export function requireAuthorable({ state, id }: Change): void {
  const open: readonly Change['state'][] = ['planned', 'checking', 'blocked', 'ready', 'awaiting_approval']
  if (!open.includes(state))
    throw new SekishoError('change.wrong_state', { state, event: 'author', change: id })
}

async function statementOf(
  gate: Gate,
  change: Change,
  person: ActorId,
  wish: StatementWish & { readonly type: Exclude<StatementWish['type'], 'author'> },
  policy: CompiledPolicy,
): Promise<Statement> {
  const at = now(gate)
  const common = {
    v: 1,
    approver: person,
    role: roleFor(change, person, policy),
    nonce: randomHex(gate.random, 16),
    at,
  } as const
  switch (wish.type) {
    case 'approve': {
      const { envelope, envelopeDigest } = sealed(change, 'approve')
      if (!isDigest(wish.shown)) throw new SekishoError('input.invalid', { field: 'shown', why: 'SHA-256' })
      const life = approvalLifeMs(envelope, policy, at)
      const until = Math.min(milliseconds(at) + life, milliseconds(envelope.expires))
      return {
        ...common,
        type: 'approve',
        change: change.id,
        envelope: envelopeDigest,
        shown: wish.shown,
        ...(wish.typed === undefined ? {} : { typed: wish.typed }),
        expires: after(at, until - milliseconds(at)),
      }
    }
    case 'reject': {
      const { envelopeDigest } = sealed(change, 'reject')
      if (wish.reason === undefined || wish.reason.trim() === '')
        throw new SekishoError('input.invalid', { field: 'reason', why: 'reason' })
      const expires = after(at, SIGNING_LIFE_MS)
      return {
        ...common,
        type: 'reject',
        change: change.id,
        envelope: envelopeDigest,
        reason: wish.reason,
        expires,
      }
    }
    case 'waive': {
      const { check, reason = '' } = wish
      requireWaivable(change)
      if (check === undefined || !waivable(check) || !isNeeded(checkRow(check), needsOf(change)))
        throw new SekishoError('check.not_waivable', {
          check: check ?? '',
          waivable: CHECKS.filter((row) => row.waivable && isNeeded(row, needsOf(change))).map(
            ({ name }) => name,
          ),
        })
      if (reason.trim() === '') throw new SekishoError('input.invalid', { field: 'reason', why: 'reason' })
      if (change.planDigest === undefined) throw new SekishoError('seal.not_planned', { change: change.id })
      const expires = after(at, DAY_MS)
      return { ...common, type: 'waive', change: change.id, plan: change.planDigest, check, reason, expires }
    }
    case 'keep':
      return {
        ...common,
        type: 'keep',
        execution: openExecution(change),
        expires: after(at, SIGNING_LIFE_MS),
      }
    case 'continue': {
      const execution = openExecution(change)
      const { state } = await gate.runner.ask('report', { execution, from: 0 })
      const { action, attempt } = parkedIn(state, execution)
      const choice = wish.choice ?? 'retry'
      return {
        ...common,
        type: 'continue',
        execution,
        action,
        attempt,
        choice,
        expires: after(at, SIGNING_LIFE_MS),
      }
    }
  }
}

/** A waiver is part of the seal: after the seal a further one would have no effect. */
export function requireWaivable({ state, id }: Change): void {
  if (state !== 'planned' && state !== 'checking' && state !== 'blocked' && state !== 'ready')
    throw new SekishoError('change.wrong_state', { state, event: 'waive', change: id })
}

/** The action that waits for an answer: a parked action (paused), or a parked undo (stuck). */
function parkedIn(state: ExecutionState, execution: ExecutionId) {
  if (state.state === 'paused') return state
  const { action, attempt } = state.state === 'stuck' ? state.detail : {}
  if (typeof action === 'string' && typeof attempt === 'number') return { action, attempt }
  throw new SekishoError('execution.not_paused', { execution, state: state.state })
}

function sealed(change: Change, event: string) {
  const { envelope, envelopeDigest, state } = change
  if (state !== 'awaiting_approval' || envelope === undefined || envelopeDigest === undefined)
    throw new SekishoError('change.wrong_state', { state, event, change: change.id })
  return { envelope, envelopeDigest }
}

export function openExecution(change: Change) {
  const last = change.executions.at(-1)
  if (last === undefined || last.endedAt !== undefined)
    throw new SekishoError('execution.unknown', { change: change.id })
  return last.id
}

/** The role in which this person signs: one that the tier's rule asks for, else one that may decide at all. */
function roleFor(change: Change, id: ActorId, policy: CompiledPolicy): Role {
  const person = personOf(policy, id)
  if (person === undefined) throw new SekishoError('actor.unknown', { actor: id })
  const byEnvelope =
    change.envelope === undefined ? undefined : approvingRole(person, change.envelope, policy)
  if (byEnvelope !== undefined) return byEnvelope
  const tier = change.plan === undefined ? 2 : tierOf(change.plan)
  const rule = ruleOfTier(policy, tier)
  const wanted: readonly Role[] = [...rule.roles, 'owner', 'approver', 'operator']
  const role = wanted.find((one) => holdsRole(person, [one], change.service))
  if (role === undefined) throw new SekishoError('approval.role_missing', { approver: id, roles: rule.roles })
  return role
}

/** Types that are about a change. */
export function isDecision(type: StatementType): type is StatementWish['type'] {
  return Object.hasOwn(OPERATION_OF, type)
}
