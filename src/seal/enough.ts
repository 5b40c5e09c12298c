// Are these signed statements enough for this envelope? One pure function, used by `may` in the gate and by the judge in the runner.
import { type Answer, refused } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import type { ActorId } from '../base/id.ts'
import { type Instant, milliseconds } from '../base/time.ts'
import {
  agentOf,
  type CompiledPolicy,
  holdsRole,
  isSolo,
  type KeyClass,
  type Person,
  type PersonKey,
  personOf,
  type Role,
  ruleOfTier,
  type TierRule,
} from '../plans/policy.ts'
import { aloneFrom, signedTwice, type Waiting } from './alone.ts'
import type { Envelope } from './envelope.ts'
import { isOwnWork, judgeLineage } from './lineage.ts'
import {
  type AuthorStatement,
  NAMESPACE,
  type PersonStatement,
  parseStatement,
  type Signed,
  type Statement,
  statementDigest,
} from './statement.ts'

/** What verifying an SSH signature answers (base/sign.ts): the public key that signed, as `type base64`. */
export type VerifySignature = (
  signature: string,
  message: Uint8Array,
  namespace: string,
) => { readonly ok: true; readonly fingerprint: string } | { readonly ok: false; readonly why: string }

/** A statement whose signature is sound and whose key belongs to the person it names. */
export interface Verified {
  readonly statement: PersonStatement
  readonly digest: Digest
  readonly person: Person
  readonly key: PersonKey
}

/** The author's own statement over a plan, by a key of this person or agent. */
export interface VerifiedAuthor {
  readonly statement: AuthorStatement
  readonly digest: Digest
  readonly key: PersonKey
}

/** The clock of a signer may be this far ahead (spine §3). */
export const SKEW_MS = 60_000

/** The longest life of an author's statement, of an approval and of the order of both (spine §3). */
export const LONGEST_LIFE_MS = 7 * 86_400_000

/**
 * Parses and verifies one statement of a person against the policy: canonical text, SSH signature in our namespace, the key enrolled
 * for the named person and not revoked, the role held, within its lifetime. Keys of agents count for nothing here.
 */
export function verifyStatement(
  signed: Signed,
  policy: CompiledPolicy,
  now: Instant,
  verify: VerifySignature,
): Answer<{ readonly verified: Verified }> {
  const parsed = parseStatement(signed.text)
  if (!parsed.ok) return refused('statement.malformed', { at: parsed.at, why: parsed.why })
  const statement = parsed.value
  if (statement.type === 'author')
    return refused('statement.wrong_type', { type: statement.type, wanted: 'approve' })
  const person = personOf(policy, statement.approver)
  const signer = keyOf(signed, statement, policy, verify, person?.keys)
  if (!signer.ok) return signer
  if (person === undefined) return refused('statement.unknown_person', { approver: statement.approver })
  if (!person.roles.includes(statement.role))
    return refused('statement.role_not_held', { approver: statement.approver, role: statement.role })
  const lived = lifetime(statement, now)
  if (lived !== undefined) return lived
  return {
    ok: true,
    verified: { statement, digest: statementDigest(statement), person, key: signer.key },
  }
}

/** The same of an author's statement: by a key of the agent of this name, or of the person. */
export function verifyAuthor(
  signed: Signed,
  policy: CompiledPolicy,
  now: Instant,
  verify: VerifySignature,
): Answer<{ readonly verified: VerifiedAuthor }> {
  const parsed = parseStatement(signed.text)
  if (!parsed.ok) return refused('statement.malformed', { at: parsed.at, why: parsed.why })
  const statement = parsed.value
  if (statement.type !== 'author')
    return refused('statement.wrong_type', { type: statement.type, wanted: 'author' })
  const signer = keyOf(signed, statement, policy, verify, authorKeys(statement.approver, policy))
  if (!signer.ok) return signer
  const lived = lifetime(statement, now)
  if (lived !== undefined) return lived
  if (milliseconds(statement.expires) - milliseconds(statement.at) > LONGEST_LIFE_MS)
    return refused('statement.lives_too_long', { expires: statement.expires })
  return { ok: true, verified: { statement, digest: statementDigest(statement), key: signer.key } }
}

/** Either of them: whoever signed it, by a key that may. */
export function verifySigned(
  signed: Signed,
  policy: CompiledPolicy,
  now: Instant,
  verify: VerifySignature,
): Answer<{ readonly verified: Verified | VerifiedAuthor }> {
  return isAuthored(signed)
    ? verifyAuthor(signed, policy, now, verify)
    : verifyStatement(signed, policy, now, verify)
}

/** Keys with which this agent or person signs what they wrote; undefined where there is neither. */
export function authorKeys(author: ActorId, policy: CompiledPolicy): readonly PersonKey[] | undefined {
  const agent = agentOf(policy, author)
  return agent === undefined ? personOf(policy, author)?.keys : (agent.keys ?? [])
}

/** The key that signed, where it is one of `keys` and revoked under no name. */
function keyOf(
  signed: Signed,
  { approver }: Statement,
  policy: CompiledPolicy,
  verify: VerifySignature,
  keys: readonly PersonKey[] | undefined,
): Answer<{ readonly key: PersonKey }> {
  const signature = verify(signed.signature, new TextEncoder().encode(signed.text), NAMESPACE)
  if (!signature.ok) return refused('statement.signature_wrong', { approver, why: signature.why })
  if (keys === undefined) return refused('statement.unknown_person', { approver })
  const { fingerprint } = signature
  const key = keys.find((one) => one.fingerprint === fingerprint)
  if (key === undefined) return refused('statement.foreign_key', { approver, key: fingerprint })
  // Revoked under one name is revoked under every name.
  const revoked = [...policy.people, ...policy.agents].some((who) =>
    who.keys?.some((one) => one.revoked && one.fingerprint === fingerprint),
  )
  return revoked ? refused('statement.key_revoked', { approver, key: fingerprint }) : { ok: true, key }
}

function lifetime(statement: Statement, now: Instant) {
  const at = milliseconds(now)
  if (milliseconds(statement.at) > at + SKEW_MS)
    return refused('statement.from_the_future', { at: statement.at, now })
  if (at > milliseconds(statement.expires))
    return refused('statement.expired', { expires: statement.expires, now })
  return undefined
}

/** The longest life of an approval: 24 h, or to the end of a sealed window, never more than 7 days; an hour of tier 3 (spine §3). */
export function approvalLifeMs(envelope: Envelope, policy: CompiledPolicy, at: Instant): number {
  if (envelope.tier === 3) return Math.min(policy.rules.approvalSeconds * 1000, IRREVERSIBLE_LIFE_MS)
  const byRule = Math.min(policy.rules.approvalSeconds * 1000, 86_400_000)
  const byWindow = envelope.window === undefined ? 0 : milliseconds(envelope.window.until) - milliseconds(at)
  return Math.min(Math.max(byRule, byWindow), LONGEST_LIFE_MS)
}

/** An approval of tier 3 lives an hour at most (spine §3). */
const IRREVERSIBLE_LIFE_MS = 3_600_000
export interface Enough {
  readonly approvers: readonly ActorId[]
  readonly keys: readonly {
    readonly person: ActorId
    readonly fingerprint: string
    readonly class: KeyClass
  }[]
  readonly statements: readonly Digest[]
  readonly nonces: readonly string[]
  /** Only one person can approve on this service, or one alone has after the pause: stamped 単独承認. */
  readonly solo: boolean
  readonly demo: boolean
  /** The author has signed this plan. Where `solo` is not set, always. */
  readonly authorSigned: boolean
  /** Fingerprints of the keys with which the author has signed it. */
  readonly authorKeys: readonly string[]
}

export function tierRule(policy: CompiledPolicy, { tier }: Pick<Envelope, 'tier'>): TierRule {
  return ruleOfTier(policy, tier)
}

/** One person alone is the rule there; what cannot be undone takes two, always. */
function isSoloFor(policy: CompiledPolicy, { service, tier }: Pick<Envelope, 'service' | 'tier'>): boolean {
  return tier !== 3 && isSolo(policy, service)
}

/**
 * Enough valid approvals of distinct eligible persons over exactly this envelope, and where another person must approve the author's
 * own statement over its plan: whom the gate names as the author decides who may approve. The first statement that does not count
 * refuses the whole set: a forged statement beside good ones is an attack, not noise. Where that is not enough and the policy says so,
 * one person alone is, with what was signed after the pause.
 */
export function enough(
  statements: readonly Signed[],
  envelope: Envelope,
  envelopeDigest: Digest,
  policy: CompiledPolicy,
  now: Instant,
  verify: VerifySignature,
  waiting?: Waiting,
): Answer<Enough> {
  const counted = (alone: boolean) =>
    count(statements, { envelope, envelopeDigest, policy, now, verify, alone })
  const together = counted(false)
  if (together.ok) return together
  const isOwn = together.code === 'approval.own_change'
  const from = aloneFrom(envelope, policy, waiting)
  if (from === undefined || !(isOwn || BENDABLE.has(together.code))) return together
  const alone = counted(true)
  if (!alone.ok) return alone
  if (envelope.tier === 3) return signedTwice(alone, from, envelope.change, now)
  if (alone.signedAt.every((at) => at >= from) && now >= from) return alone
  return isOwn ? refused('approval.alone_later', { from, change: envelope.change }) : together
}

/** What one person alone may approve without after the pause. */
const BENDABLE: ReadonlySet<string> = new Set([
  'approval.not_enough',
  'approval.author_unsigned',
  'approval.same_group',
])

interface Counting {
  readonly envelope: Envelope
  readonly envelopeDigest: Digest
  readonly policy: CompiledPolicy
  readonly now: Instant
  readonly verify: VerifySignature
  /** One person is enough, and may be the author. */
  readonly alone: boolean
}

type Counted = Enough & {
  /** Of each approval that counts; two of one person are two where both are counted. */
  readonly signedAt: readonly Instant[]
}

function count(statements: readonly Signed[], counting: Counting): Answer<Counted> {
  const { envelope, policy, now, verify } = counting
  const rule = tierRule(policy, envelope)
  const counted = new Map<ActorId, Verified>()
  /** Each approval by its nonce: the same statement twice is one signature. */
  const each = new Map<string, Verified>()
  const authored: VerifiedAuthor[] = []
  for (const signed of statements) {
    if (isAuthored(signed)) {
      const author = countAuthor(signed, counting)
      if (!author.ok) return author
      authored.push(author.verified)
      continue
    }
    const one = verifyStatement(signed, policy, now, verify)
    if (!one.ok) return one
    const { verified } = one
    const counts = countsFor(verified, counting, rule)
    if (!counts.ok) return counts
    counted.set(verified.person.id, verified)
    each.set(verified.statement.nonce, verified)
  }
  const solo = isSoloFor(policy, envelope)
  // What was sealed was read by whoever approved: fewer than that are never enough.
  const needed = counting.alone ? 1 : Math.max(solo ? 1 : rule.approvals, envelope.approvals.count)
  const all = [...counted.values()]
  if (!solo && !counting.alone) {
    if (authored.length === 0)
      return refused('approval.author_unsigned', { author: envelope.author, change: envelope.change })
    // One key under two names is one person, who approves what they wrote.
    const own = all.find(({ key }) => authored.some((one) => one.key.fingerprint === key.fingerprint))
    if (own !== undefined)
      return refused('approval.own_change', { approver: own.person.id, author: envelope.author })
  }
  // One key under two names is one person.
  const have = new Set(all.map(({ key }) => key.fingerprint)).size
  if (have < needed) return refused('approval.not_enough', { have, need: needed })
  if (envelope.tier === 3 && !counting.alone) {
    const same = oneGroup(all.map(({ person }) => person))
    if (same !== undefined) return refused('approval.same_group', { group: same, change: envelope.change })
  }
  const used = counting.alone && envelope.tier === 3 ? [...each.values()] : all
  return {
    ok: true,
    approvers: all.map(({ person }) => person.id),
    keys: all.map(({ person, key }) => ({
      person: person.id,
      fingerprint: key.fingerprint,
      class: key.class,
    })),
    statements: [...used, ...authored].map(({ digest }) => digest),
    nonces: [...used, ...authored].map(({ statement }) => statement.nonce),
    solo: solo || counting.alone,
    demo: [...used, ...authored].some(({ key }) => key.demo),
    authorSigned: authored.length > 0,
    authorKeys: authored.map(({ key }) => key.fingerprint),
    signedAt: used.map(({ statement }) => statement.at),
  }
}

/** The group in which all of them are; undefined where they are of several. Who is in no group is a group of their own. */
function oneGroup(people: readonly Person[]): string | undefined {
  const [first, ...others] = people.map(({ group }) => group)
  return first !== undefined && others.every((one) => one === first) ? first : undefined
}

function isAuthored({ text }: Signed): boolean {
  const parsed = parseStatement(text)
  return parsed.ok && parsed.value.type === 'author'
}

/** A sound statement of exactly this author over exactly this plan. */
function countAuthor(
  signed: Signed,
  { envelope, policy, now, verify }: Counting,
): Answer<{ readonly verified: VerifiedAuthor }> {
  const one = verifyAuthor(signed, policy, now, verify)
  if (!one.ok) return one
  const { change, plan, approver } = one.verified.statement
  if (change !== envelope.change)
    return refused('statement.other_change', { change, wanted: envelope.change })
  if (plan !== envelope.plan) return refused('statement.other_plan', { change })
  if (approver !== envelope.author)
    return refused('statement.other_author', { approver, author: envelope.author, change })
  return one
}

/** What exchanges data, and what cannot be undone: the target stands in the signed statement, typed by a person. */
export function needsTyped({ playbook, tier }: Pick<Envelope, 'playbook' | 'tier'>): boolean {
  return playbook === 'data/1' || tier === 3
}

function countsFor(
  { statement, person, key }: Verified,
  { envelope, envelopeDigest, policy, alone }: Counting,
  rule: TierRule,
): Answer<object> {
  const approver = person.id
  if (statement.type !== 'approve')
    return refused('statement.wrong_type', { type: statement.type, wanted: 'approve' })
  if (statement.change !== envelope.change)
    return refused('statement.other_change', { change: statement.change, wanted: envelope.change })
  if (statement.envelope !== envelopeDigest)
    return refused('statement.other_envelope', { change: envelope.change })
  if (
    milliseconds(statement.expires) - milliseconds(statement.at) >
    approvalLifeMs(envelope, policy, statement.at)
  )
    return refused('statement.lives_too_long', { expires: statement.expires })
  // INVARIANT S4: whoever lets data be exchanged has typed which service's (features S07).
  if (needsTyped(envelope) && statement.typed !== envelope.service)
    return refused('approval.not_typed', { service: envelope.service, typed: statement.typed ?? '' })
  if (!holdsRole(person, rule.roles, envelope.service) || !rule.roles.includes(statement.role))
    return refused('approval.role_missing', { approver, roles: rule.roles })
  if (!rule.keys.includes(key.class))
    return refused('approval.key_class', { approver, class: key.class, allowed: rule.keys })
  if (policy.rules.level === 'enforce' && policy.rules.agentUser === 'shared' && key.class === 'file')
    return refused('approval.shared_file_key', { approver })
  return separate(approver, envelope, policy, alone)
}

/**
 * Whoever the envelope names is of the policy. Nobody approves who is in the lineage of a hand that is in the change, with two
 * exceptions: the sponsor of an agent's untouched change (domain.md §6.2), and one person alone: solo mode, where the one person's own
 * signature over a plan whose trial is green is the rule (spine §11), or after the pause of policy.alone.
 */
function separate(
  approver: ActorId,
  envelope: Envelope,
  policy: CompiledPolicy,
  alone: boolean,
): Answer<object> {
  if (policy.agents.some((one) => one.id === approver))
    return refused('agent.never_approves', { agent: approver })
  const named = judgeLineage(envelope, policy)
  if (!named.ok) return named
  if (alone || isSoloFor(policy, envelope)) return { ok: true }
  return isOwnWork(approver, envelope.editors, policy)
    ? refused('approval.own_change', { approver, author: envelope.author })
    : { ok: true }
}

/** A role under which this person may approve this envelope, or undefined. */
export function approvingRole(person: Person, envelope: Envelope, policy: CompiledPolicy): Role | undefined {
  const rule = tierRule(policy, envelope)
  return rule.roles.find((one) => holdsRole(person, [one], envelope.service))
}
