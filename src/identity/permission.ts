// The one function that decides who may do what, for every door: command line, API, timers. Deny wins, and each answer names its rule.
// The runner decides again by itself, from signatures and its own policy.
import type { ErrorCode } from '../base/error-codes.ts'
import type { Detail, DetailOf } from '../base/error-values.ts'
import type { ActorId, ChangeId, ServiceName } from '../base/id.ts'
import { GRANTS, type PermissionName } from '../contract/operations.ts'
import {
  agentOf,
  approversOf,
  type CompiledPolicy,
  holdsRole,
  isSolo,
  type Person,
  personOf,
  type Role,
} from '../plans/policy.ts'
import { isInside, isOwnWork } from '../seal/lineage.ts'
import type { Actor } from './actor.ts'

/** What is acted on. */
export type Subject =
  | {
      readonly kind: 'change'
      /** For what the refusal says to type. */
      readonly id?: ChangeId
      readonly service: ServiceName
      readonly requester: ActorId
      /** The last editor. */
      readonly author: ActorId
      /** Everybody whose hand is in this revision or an earlier one, where it is known. */
      readonly editors?: readonly ActorId[]
    }
  | { readonly kind: 'service'; readonly service: ServiceName }
  /** A restore that is being laid out. */
  | { readonly kind: 'stage'; readonly service: ServiceName; readonly by: ActorId }
  | { readonly kind: 'token'; readonly of: ActorId }
  /** The installation: its rules, people, ledger, status. */
  | { readonly kind: 'whole' }

export type Permission =
  | { readonly verdict: 'allow' }
  | { readonly verdict: 'deny'; readonly code: ErrorCode; readonly detail: Detail }

interface Request {
  readonly actor: Actor
  readonly operation: PermissionName
  readonly subject: Subject
  readonly policy: CompiledPolicy
}

/** A rule denies by answering with what its sentence needs. */
type RuleOf<Code extends ErrorCode> = {
  readonly [One in Code]: {
    readonly code: One
    readonly denies: (request: Request) => DetailOf<One> | undefined
  }
}[Code]
type Rule = RuleOf<
  | 'actor.unknown'
  | 'agent.never_administers'
  | 'agent.never_approves'
  | 'agent.paused'
  | 'approval.own_change'
  | 'approval.own_waiver'
  | 'may.not_yours'
  | 'may.role_missing'
  | 'statement.other_author'
  | 'timer.never'
  | 'token.other_person'
>

/** INVARIANT I8 rests on the first rules: whatever stands in roles or grants, an agent is never the one who decides. */
export const RULES: readonly Rule[] = [
  { code: 'actor.unknown', denies: isUnknown },
  { code: 'agent.never_approves', denies: agentDecides },
  { code: 'agent.never_administers', denies: agentAdministers },
  { code: 'agent.paused', denies: agentIsPaused },
  { code: 'timer.never', denies: timerOverreaches },
  { code: 'may.not_yours', denies: agentTouchesOthers },
  { code: 'may.role_missing', denies: lacksRole },
  { code: 'token.other_person', denies: tokenOfAnother },
  { code: 'statement.other_author', denies: signsForAuthor },
  { code: 'approval.own_change', denies: approvesOwn },
  { code: 'approval.own_waiver', denies: waivesOwn },
]

/** INVARIANT A1: what no row of GRANTS allows is denied, and what one of RULES denies no row allows. */
export function may(
  actor: Actor,
  operation: PermissionName,
  subject: Subject,
  policy: CompiledPolicy,
): Permission {
  const request = { actor, operation, subject, policy }
  for (const { code, denies } of RULES) {
    const detail = denies(request)
    if (detail !== undefined) return { verdict: 'deny', code, detail }
  }
  return { verdict: 'allow' }
}

// --- everybody ----------------------------------------------------------------------------------------------------------

function isUnknown({ actor, policy }: Request): DetailOf<'actor.unknown'> | undefined {
  if (actor.kind === 'timer') return undefined
  const known =
    actor.kind === 'agent'
      ? agentOf(policy, actor.id)?.sponsor === actor.sponsor && personOf(policy, actor.sponsor) !== undefined
      : personOf(policy, actor.id) !== undefined && agentOf(policy, actor.id) === undefined
  return known ? undefined : { actor: actor.id }
}

// --- agents -------------------------------------------------------------------------------------------------------------

function agentDecides({
  actor,
  operation,
  subject,
  policy,
}: Request): DetailOf<'agent.never_approves'> | undefined {
  if (actor.kind !== 'agent' || GRANTS[operation].decides !== true) return undefined
  return {
    agent: actor.id,
    operation,
    approvers: approverNames(subject, policy),
    ...(subject.kind === 'change' && subject.id !== undefined ? { change: subject.id } : {}),
  }
}

function approverNames(subject: Subject, policy: CompiledPolicy): readonly ActorId[] {
  if (subject.kind === 'change' || subject.kind === 'service')
    return approversOf(policy, subject.service).map(({ id }) => id)
  return policy.people.filter(({ roles }) => roles.includes('owner')).map(({ id }) => id)
}

function agentAdministers({ actor, operation }: Request): DetailOf<'agent.never_administers'> | undefined {
  return actor.kind === 'agent' && GRANTS[operation].agent === 'never'
    ? { agent: actor.id, operation, sponsor: actor.sponsor }
    : undefined
}

/** A paused agent may still see why. */
function agentIsPaused({ actor, operation, policy }: Request): DetailOf<'agent.paused'> | undefined {
  if (actor.kind !== 'agent' || agentOf(policy, actor.id)?.paused !== true) return undefined
  const looks = operation === 'status.read' || operation === 'change.read' || operation === 'record.read'
  return looks ? undefined : { agent: actor.id, sponsor: actor.sponsor }
}

function agentTouchesOthers({ actor, operation, subject }: Request): DetailOf<'may.not_yours'> | undefined {
  if (actor.kind !== 'agent' || GRANTS[operation].agent !== 'own') return undefined
  const own =
    subject.kind === 'change'
      ? subject.author === actor.id
      : subject.kind === 'stage'
        ? subject.by === actor.id
        : subject.kind === 'token' && subject.of === actor.id
  return own ? undefined : { actor: actor.id, operation }
}

// --- timers -------------------------------------------------------------------------------------------------------------

function timerOverreaches({ actor, operation }: Request): DetailOf<'timer.never'> | undefined {
  return actor.kind === 'timer' && !GRANTS[operation].timer ? { timer: actor.name, operation } : undefined
}

// --- people -------------------------------------------------------------------------------------------------------------

function lacksRole({ actor, operation, subject, policy }: Request): DetailOf<'may.role_missing'> | undefined {
  if (actor.kind !== 'person') return undefined
  const person = personOf(policy, actor.id)
  const { roles, ownRoles = [] } = GRANTS[operation]
  if (person === undefined) return { actor: actor.id, operation, roles, has: [] }
  if (holds(person, roles, subject)) return undefined
  if (isOwn(actor.id, subject, policy) && holds(person, ownRoles, subject)) return undefined
  return { actor: actor.id, operation, roles, has: person.roles }
}

function holds(person: Person, roles: readonly Role[], subject: Subject): boolean {
  switch (subject.kind) {
    case 'change':
    case 'service':
    case 'stage':
      return holdsRole(person, roles, subject.service)
    case 'token':
      return person.roles.some((one) => roles.includes(one))
    case 'whole': {
      // Who owns one service does not own the rules of all.
      const whole = person.services.length === 0 || !roles.every((one) => one === 'owner')
      return whole && person.roles.some((one) => roles.includes(one))
    }
  }
}

/** Own is what I asked for, wrote, or answer for as a sponsor. */
function isOwn(id: ActorId, subject: Subject, policy: CompiledPolicy): boolean {
  switch (subject.kind) {
    case 'change':
      return [subject.author, subject.requester].some(
        (one) => one === id || agentOf(policy, one)?.sponsor === id,
      )
    case 'stage':
      return subject.by === id || agentOf(policy, subject.by)?.sponsor === id
    case 'token':
      return subject.of === id || agentOf(policy, subject.of)?.sponsor === id
    case 'service':
    case 'whole':
      return false
  }
}

/** Nobody but the person gets a person's token, whatever the role; an owner may end any. */
function tokenOfAnother({
  actor,
  operation,
  subject,
  policy,
}: Request): DetailOf<'token.other_person'> | undefined {
  if (operation !== 'token.issue' || actor.kind !== 'person' || subject.kind !== 'token') return undefined
  const other = subject.of !== actor.id && agentOf(policy, subject.of) === undefined
  return other ? { actor: actor.id, of: subject.of } : undefined
}

/** Who wrote a plan is said by its author alone, whatever the role. */
function signsForAuthor({
  actor,
  operation,
  subject,
}: Request): DetailOf<'statement.other_author'> | undefined {
  if (operation !== 'change.author' || actor.kind !== 'person') return undefined
  const author = subject.kind === 'change' ? subject.author : undefined
  return author === actor.id
    ? undefined
    : {
        approver: actor.id,
        author: author ?? '',
        ...(subject.kind === 'change' && subject.id !== undefined ? { change: subject.id } : {}),
      }
}

/**
 * Nobody approves what they or an agent of theirs wrote. Two ways out: the sponsor of an agent's untouched change (domain.md §6.2),
 * and solo mode, where nobody else is there (spine §11). Where policy.alone lets one person
 * approve after a pause, the envelope's tier and the runner's clock decide (seal/enough.ts).
 */
function approvesOwn({
  actor,
  operation,
  subject,
  policy,
}: Request): DetailOf<'approval.own_change'> | undefined {
  if (operation !== 'change.approve' || actor.kind !== 'person' || subject.kind !== 'change') return undefined
  if (isSolo(policy, subject.service) || policy.rules.alone !== undefined) return undefined
  const own = isOwnWork(actor.id, handsOf(subject), policy)
  return own ? { approver: actor.id, author: subject.author } : undefined
}

/** To do without a check takes a person outside the author's lineage; the sponsor is inside it (domain.md §3). */
function waivesOwn({
  actor,
  operation,
  subject,
  policy,
}: Request): DetailOf<'approval.own_waiver'> | undefined {
  if (operation !== 'change.waive' || actor.kind !== 'person' || subject.kind !== 'change') return undefined
  if (isSolo(policy, subject.service)) return undefined
  const inside = isInside(actor.id, handsOf(subject), policy)
  return inside ? { approver: actor.id, author: subject.author } : undefined
}

function handsOf(subject: Extract<Subject, { readonly kind: 'change' }>): readonly ActorId[] {
  return [...new Set([subject.author, ...(subject.editors ?? [])])]
}
