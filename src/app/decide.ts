// Takes a signed decision: checks who sent it, who signed it, for which subject, and that its text is the one asked for. Refusals are recorded.
// INVARIANT I8: an agent or its token never submits a person's decision; `may` denies that before anything else is checked.

import { failureOf, type Refused, SekishoError } from '../base/error.ts'
import { ERRORS, type ErrorCode } from '../base/error-codes.ts'
import { type Digest, sha256 } from '../base/hash.ts'
import type { ChangeId } from '../base/id.ts'
import { verifySshSignature } from '../base/sign.ts'
import type { Instant } from '../base/time.ts'
import { liveAuthored } from '../change/authored.ts'
import { type Change, type Decision, next } from '../change/change.ts'
import { openedBy, unopened } from '../change/opened.ts'
import { loadChange, type StoredChange } from '../change/store.ts'
import { type Actor, actorOf } from '../identity/actor.ts'
import { may } from '../identity/permission.ts'
import { type CompiledPolicy, isSolo } from '../plans/policy.ts'
import { readSubject } from '../record/store.ts'
import { type Waiting } from '../seal/alone.ts'
import { enough, type Verified, verifyStatement } from '../seal/enough.ts'
import { parseStatement, type Signed, type StatementOf } from '../seal/statement.ts'
import { hasSigned, waitingOf } from './alone.ts'
import { allow, nameOf, subjectOf } from './authorize.ts'
import { settle } from './change-check.ts'
import { type Act, act, type Gate, now, plain } from './gate.ts'
import { must } from './must.ts'
import { recordRefusal } from './refusals.ts'
import { consumeRequest, requireAsked, signedBlob } from './signing-request.ts'
import { startWhenApproved } from './start.ts'
import { isDecision, OPERATION_OF, openExecution, requireWaivable } from './statement.ts'
import { takeAuthored } from './take-authored.ts'

export interface DecisionInput {
  readonly signed: Signed
  /** The text of the card as it was shown. */
  readonly shownText?: string | undefined
}

export async function decide(
  gate: Gate,
  actor: Actor,
  id: ChangeId,
  input: DecisionInput,
): Promise<StoredChange> {
  try {
    const taken = await take(gate, actor, id, input)
    return taken.change.state === 'approved' ? await startNow(gate, taken) : taken
  } catch (cause) {
    const error = naming(cause, id)
    if (error instanceof SekishoError && isRefusal(error.code))
      await recordRefusal(gate, nameOf(actor), id, {
        code: error.code,
        detail: plain(error.detail),
        statement: sha256(input.signed.text),
      })
    throw error
  }
}

/** Adds the change to the refusal, so that the next command can name it. The rules of statements do not have its id. */
function naming(error: unknown, change: ChangeId): unknown {
  if (!(error instanceof SekishoError) || !error.code.startsWith('statement.')) return error
  return error.detail['change'] === undefined
    ? failureOf({ code: error.code, detail: { ...error.detail, change } }, { cause: error })
    : error
}

/** An approval stands also when the start fails now: the sweeper tries again. */
async function startNow(gate: Gate, taken: StoredChange): Promise<StoredChange> {
  try {
    return (await startWhenApproved(gate, taken.change.id)).stored
  } catch (error) {
    if (!(error instanceof SekishoError) || !ERRORS[error.code].retry) throw error
    gate.log.warn({ change: taken.change.id, code: error.code }, 'an approved change could not start yet')
    return taken
  }
}

/** Errors that are recorded: refusals of a decision, and not a machine that gave no answer. */
function isRefusal(code: ErrorCode): boolean {
  return /^(statement|approval|agent|may|actor|change\.wrong_state|check|seal)/.test(code)
}

async function take(gate: Gate, actor: Actor, id: ChangeId, input: DecisionInput): Promise<StoredChange> {
  const { change } = await loadChange(gate.db, id)
  const { signed } = input
  const parsed = parseStatement(signed.text)
  if (!parsed.ok) {
    allow(gate, actor, 'change.approve', subjectOf(change))
    throw new SekishoError('statement.malformed', { at: parsed.at, why: parsed.why })
  }
  const { type } = parsed.value
  if (!isDecision(type)) throw new SekishoError('statement.wrong_type', { type, wanted: 'approve' })
  const policy = allow(gate, actor, OPERATION_OF[type], subjectOf(change))
  if (type === 'author') return takeAuthored(gate, id, policy, signed)
  const { verified } = must(verifyStatement(signed, policy, now(gate), verifySshSignature))
  signerMay(policy, verified, change)
  if (type === 'keep' || type === 'continue') return toRunner(gate, change, signed, verified)
  const waiting = type === 'approve' ? await waitingOf(gate, change, policy) : undefined
  // The runner ends the pause of policy.alone by itself, also when this gate is down.
  if (type === 'reject') await tellRejection(gate, change, signed)
  return act(gate, verified.person.id, async (step) => {
    const stored = await loadChange(step.tx, id)
    await consumeRequest(step, id, signed, verified)
    const { statement } = verified
    switch (statement.type) {
      case 'approve':
        return approve(step, stored, policy, { verified, waiting }, statement, input)
      case 'reject':
        return reject(step, stored, policy, verified, statement, signed)
      case 'waive':
        return waive(step, stored, verified, statement, signed)
      case 'keep':
      case 'continue':
      case 'standing':
      case 'revoke':
      case 'acceptFork':
      case 'glass':
      case 'glassReview':
        throw new SekishoError('statement.wrong_type', { type: statement.type, wanted: 'approve' })
    }
  })
}

/** The signer needs the permission, whoever sends the signature. */
function signerMay(policy: CompiledPolicy, { person, statement }: Verified, change: Change): void {
  const signer = actorOf(person.id, policy)
  if (signer === undefined || !isDecision(statement.type))
    throw new SekishoError('statement.unknown_person', { approver: person.id })
  const answer = may(signer, OPERATION_OF[statement.type], subjectOf(change), policy)
  if (answer.verdict === 'deny') throw failureOf(answer)
}

function decisionOf(
  policy: CompiledPolicy,
  change: Change,
  { person, key, statement, digest }: Verified,
  signed: Signed,
): Omit<Decision, 'type' | 'envelope' | 'live'> {
  return {
    by: person.id,
    role: statement.role,
    at: statement.at,
    expires: statement.expires,
    statement: digest,
    nonce: statement.nonce,
    signed,
    fingerprint: key.fingerprint,
    keyClass: key.class,
    solo: isSolo(policy, change.service),
    demo: key.demo,
  }
}

function decisionPayload(change: Change, decision: Decision) {
  return plain({
    revision: change.revision,
    envelope: decision.envelope,
    statement: decision.statement,
    approver: decision.by,
    role: decision.role,
    keyClass: decision.keyClass,
    fingerprint: decision.fingerprint,
    at: decision.at,
    ...(decision.reason === undefined ? {} : { reason: decision.reason }),
    solo: decision.solo,
    demo: decision.demo,
  })
}

async function approve(
  step: Act,
  stored: StoredChange,
  policy: CompiledPolicy,
  { verified, waiting }: { readonly verified: Verified; readonly waiting: Waiting | undefined },
  statement: StatementOf<'approve'>,
  input: DecisionInput,
): Promise<StoredChange> {
  const { change } = stored
  const { envelope, envelopeDigest } = change
  if (change.state !== 'awaiting_approval' || envelope === undefined || envelopeDigest === undefined)
    throw new SekishoError('change.wrong_state', { state: change.state, event: 'approve', change: change.id })
  if (input.shownText === undefined || sha256(input.shownText) !== statement.shown)
    throw new SekishoError('statement.shown_wrong', { change: change.id })
  const live = change.decisions.filter(
    (one) =>
      one.live &&
      one.type === 'approve' &&
      (envelope.tier === 3 || one.by !== statement.approver) &&
      one.expires >= step.at,
  )
  const authored = liveAuthored(change, step.at)
  const statements = [
    ...live.map(({ signed }) => signed),
    input.signed,
    ...(authored === undefined ? [] : [authored.signed]),
  ]
  const answer = enough(statements, envelope, envelopeDigest, policy, step.at, verifySshSignature, waiting)
  if (!answer.ok && !(INCOMPLETE.has(answer.code) || firstOfTwo(answer, stored, statement, step.at)))
    throw failureOf(answer)
  const decision: Decision = {
    ...decisionOf(policy, change, verified, input.signed),
    type: 'approve',
    envelope: envelopeDigest,
    shown: statement.shown,
    live: true,
    ...(answer.ok && answer.solo ? { solo: true } : {}),
  }
  const state = answer.ok ? must(next(change.state, 'approve')).state : change.state
  const blobs: Digest[] = [
    await step.blob('statement', signedBlob(input.signed)),
    await step.blob('card', input.shownText),
  ]
  const entries = (await readSubject(step.tx, change.id)).map(({ entry }) => entry)
  const left = unopened(change.diff, openedBy(entries, decision.by, change.diffDigest ?? ''))
  await step.record(
    'change.approved',
    change.id,
    {
      ...decisionPayload(change, decision),
      ...(statement.typed === undefined ? {} : { typed: statement.typed }),
      ...(left === undefined ? {} : { unopened: plain(left) }),
    },
    blobs,
  )
  // Two signatures of one person over one envelope count once, the newer one, but where one person alone signs twice.
  const others = change.decisions.map((one) =>
    one.live &&
    one.type === 'approve' &&
    (one.expires < step.at || (one.by === decision.by && envelope.tier !== 3))
      ? { ...one, live: false }
      : one,
  )
  return step.save(stored, { ...change, state, decisions: [...others, decision] })
}

/** The signature is sound, and others are missing. */
const INCOMPLETE: ReadonlySet<string> = new Set(['approval.not_enough', 'approval.second_missing'])

/** The first signature of this person over what cannot be undone: the second one counts after the pause. */
function firstOfTwo({ code }: Refused, { change }: StoredChange, by: StatementOf<'approve'>, at: Instant) {
  return code === 'approval.second_later' && !hasSigned(change, by.approver, at)
}

async function tellRejection(gate: Gate, change: Change, signed: Signed): Promise<void> {
  if ((await waitingOf(gate, change, gate.policy())) === undefined) return
  try {
    await giveToRunner(gate, signed)
  } catch (error) {
    if (!(error instanceof SekishoError)) throw error
    // The gate rejects it all the same, and nothing of it starts.
    gate.log.warn({ change: change.id, code: error.code }, 'the runner did not take a rejection')
  }
}

async function reject(
  step: Act,
  stored: StoredChange,
  policy: CompiledPolicy,
  verified: Verified,
  statement: StatementOf<'reject'>,
  signed: Signed,
): Promise<StoredChange> {
  const { change } = stored
  if (change.envelopeDigest !== statement.envelope)
    throw new SekishoError('statement.other_envelope', { change: change.id })
  const { state } = must(next(change.state, 'reject'), change.id)
  const decision: Decision = {
    ...decisionOf(policy, change, verified, signed),
    type: 'reject',
    envelope: statement.envelope,
    reason: statement.reason,
    live: true,
  }
  const blob = await step.blob('statement', signedBlob(signed))
  await step.record('change.rejected', change.id, decisionPayload(change, decision), [blob])
  return step.save(stored, { ...change, state, decisions: [...change.decisions, decision] })
}

async function waive(
  step: Act,
  stored: StoredChange,
  verified: Verified,
  statement: StatementOf<'waive'>,
  signed: Signed,
): Promise<StoredChange> {
  const { change } = stored
  requireWaivable(change)
  if (change.planDigest !== statement.plan)
    throw new SekishoError('statement.other_plan', { change: change.id })
  const waiver = {
    check: statement.check,
    by: statement.approver,
    reason: statement.reason,
    at: statement.at,
    expires: statement.expires,
    statement: verified.digest,
    signed,
  }
  const blob = await step.blob('statement', signedBlob(signed))
  await step.record(
    'change.waived',
    change.id,
    plain({
      revision: change.revision,
      check: statement.check,
      statement: verified.digest,
      approver: statement.approver,
      role: statement.role,
      fingerprint: verified.key.fingerprint,
      reason: statement.reason,
      at: statement.at,
      expires: statement.expires,
    }),
    [blob],
  )
  const waived: Change = {
    ...change,
    waivers: [...change.waivers.filter(({ check }) => check !== waiver.check), waiver],
  }
  if (change.state !== 'blocked' && change.state !== 'checking') return step.save(stored, waived)
  const state =
    change.state === 'checking' ? change.state : must(next(change.state, 'check'), change.id).state
  return settle(step, stored, { ...waived, state })
}

/** The runner answers keep and continue. The record says that they were given to it. */
async function toRunner(
  gate: Gate,
  change: Change,
  signed: Signed,
  verified: Verified,
): Promise<StoredChange> {
  const { statement } = verified
  const execution = openExecution(change)
  if ((statement.type !== 'keep' && statement.type !== 'continue') || statement.execution !== execution)
    throw new SekishoError('statement.other_change', { change: String(execution), wanted: change.id })
  // What the gate would refuse must not take effect at the runner first.
  await requireAsked(gate.db, now(gate), change.id, signed, verified)
  const { effect } = await giveToRunner(gate, signed)
  return act(gate, verified.person.id, async (step) => {
    await consumeRequest(step, change.id, signed, verified)
    const stored = await loadChange(step.tx, change.id)
    const blob = await step.blob('statement', signedBlob(signed))
    const payload = { execution, type: statement.type, statement: verified.digest, effect }
    await step.record('execution.statement', change.id, payload, [blob])
    await step.tell({
      change: change.id,
      kind: 'execution.statement',
      values: { type: statement.type, effect },
    })
    return stored
  })
}

/** The runner judges a signed statement by itself. The gate only sends it. */
export async function giveToRunner(gate: Gate, signed: Signed): Promise<{ readonly effect: string }> {
  return gate.runner.ask('statement', { signed })
}
