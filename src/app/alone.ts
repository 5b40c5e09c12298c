// One person alone may approve after a pause (policy.alone). The pause begins when the runner has stored the envelope, and the runner counts it.
import { SekishoError } from '../base/error.ts'
import type { ActorId, ChangeId } from '../base/id.ts'
import { canonical } from '../base/json.ts'
import type { Instant } from '../base/time.ts'
import { liveAuthored } from '../change/authored.ts'
import type { Change } from '../change/change.ts'
import type { StoredChange } from '../change/store.ts'
import { eligible, waitsFor } from '../change/view.ts'
import type { Actor } from '../identity/actor.ts'
import { type CompiledPolicy, isSolo, personOf } from '../plans/policy.ts'
import { aloneFrom, alonePause, signsAlone, type Waiting } from '../seal/alone.ts'
import { approvingRole } from '../seal/enough.ts'
import { type Gate, now, plain } from './gate.ts'

/** Undefined where policy.alone does not cover this change, and where the runner does not answer. */
export async function waitingOf(
  gate: Gate,
  { envelope, envelopeDigest: digest, service, id }: Change,
  policy: CompiledPolicy,
): Promise<Waiting | undefined> {
  if (envelope === undefined || digest === undefined) return undefined
  if (isSolo(policy, service) && envelope.tier !== 3) return undefined
  if (alonePause(envelope, policy) === undefined) return undefined
  try {
    const known = await gate.runner.read({ kind: 'envelope', digest })
    if (known.stored !== undefined) return { stored: known.stored, rejected: known.rejected }
    await gate.runner.put('envelope', digest, Buffer.from(canonical(plain(envelope))))
    const { stored, rejected } = await gate.runner.read({ kind: 'envelope', digest })
    return { stored, rejected }
  } catch (error) {
    if (!(error instanceof SekishoError)) throw error
    gate.log.warn({ change: id, code: error.code }, 'the runner does not say since when it has an envelope')
    return undefined
  }
}

/**
 * Before anything is signed, a person is told what an approval of theirs waits for: the author's own signature
 * (approval.author_unsigned), or the pause after which they may approve their own change alone (approval.alone_later).
 */
export async function requireApprovable(
  gate: Gate,
  change: Change,
  person: ActorId,
  policy: CompiledPolicy,
): Promise<void> {
  const { envelope, author } = change
  if (envelope === undefined || (isSolo(policy, change.service) && envelope.tier !== 3)) return
  const who = personOf(policy, person)
  if (who === undefined || approvingRole(who, envelope, policy) === undefined) return
  const isOther = eligible(change, policy).includes(person)
  if (isOther && liveAuthored(change, now(gate)) !== undefined) return
  const from = aloneFrom(envelope, policy, await waitingOf(gate, change, policy))
  if (envelope.tier === 3 && from !== undefined) {
    if (now(gate) < from && hasSigned(change, person, now(gate)))
      throw new SekishoError('approval.second_later', { from, change: change.id })
    return
  }
  if (isOther) {
    if (from !== undefined && now(gate) >= from) return
    throw new SekishoError('approval.author_unsigned', { author, change: change.id })
  }
  if (from === undefined) throw new SekishoError('approval.own_change', { approver: person, author })
  if (now(gate) < from) throw new SekishoError('approval.alone_later', { from, change: change.id })
}

/** A live approval of this person stands already. */
export function hasSigned({ decisions }: Change, person: ActorId, at: Instant): boolean {
  return decisions.some((one) => one.live && one.type === 'approve' && one.by === person && one.expires >= at)
}

/** For each change: from when one person alone may approve it, where policy.alone covers it. */
export async function whenAlone(
  gate: Gate,
  waiting: readonly StoredChange[],
  policy: CompiledPolicy,
): Promise<ReadonlyMap<ChangeId, Instant>> {
  const all = waiting.map(async ({ change }) => {
    const from =
      change.envelope === undefined
        ? undefined
        : aloneFrom(change.envelope, policy, await waitingOf(gate, change, policy))
    return from === undefined ? [] : [[change.id, from] as const]
  })
  return new Map((await Promise.all(all)).flat())
}

/** May one person alone sign it now? `from`: of `whenAlone`. */
export function aloneOpen({ envelope }: Change, from: Instant | undefined, at: Instant): boolean {
  return envelope !== undefined && signsAlone(envelope, from, at)
}

/** This person has signed what cannot be undone once, and the second signature counts later. */
export function waitsForPause(
  change: Change,
  person: ActorId,
  from: Instant | undefined,
  at: Instant,
): boolean {
  return change.envelope?.tier === 3 && from !== undefined && at < from && hasSigned(change, person, at)
}

/** Changes that this person may approve alone later. */
export function mineLater(
  actor: Actor,
  waiting: readonly StoredChange[],
  policy: CompiledPolicy,
  alone: ReadonlyMap<ChangeId, Instant>,
  at: Instant,
): { id: ChangeId; from: Instant }[] {
  return waiting.flatMap(({ change }) => {
    const from = alone.get(change.id)
    const isMine = 'id' in actor && waitsFor(change, policy, at, true).includes(actor.id)
    if (from === undefined || from <= at || !isMine) return []
    const isLater =
      change.envelope?.tier === 3
        ? waitsForPause(change, actor.id, from, at)
        : !waitsFor(change, policy, at).includes(actor.id)
    return isLater ? [{ id: change.id, from }] : []
  })
}
