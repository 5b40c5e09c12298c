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
import { aloneFrom, approvingRole, type Waiting } from '../seal/enough.ts'
import { type Gate, now, plain } from './gate.ts'

/** Undefined where policy.alone does not cover this change, and where the runner does not answer. */
export async function waitingOf(
  gate: Gate,
  { envelope, envelopeDigest: digest, service, id }: Change,
  policy: CompiledPolicy,
): Promise<Waiting | undefined> {
  if (envelope === undefined || digest === undefined || isSolo(policy, service)) return undefined
  if (policy.rules.alone?.tiers.includes(envelope.tier) !== true || envelope.class !== 'normal')
    return undefined
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
  if (envelope === undefined || isSolo(policy, change.service)) return
  const who = personOf(policy, person)
  if (who === undefined || approvingRole(who, envelope, policy) === undefined) return
  const isOther = eligible(change, policy).includes(person)
  if (isOther && liveAuthored(change, now(gate)) !== undefined) return
  const from = aloneFrom(envelope, policy, await waitingOf(gate, change, policy))
  if (isOther) {
    if (from !== undefined && now(gate) >= from) return
    throw new SekishoError('approval.author_unsigned', { author, change: change.id })
  }
  if (from === undefined) throw new SekishoError('approval.own_change', { approver: person, author })
  if (now(gate) < from) throw new SekishoError('approval.alone_later', { from, change: change.id })
}

/** For each change: from when one person alone may approve it, where policy.alone covers it. */
export async function whenAlone(
  gate: Gate,
  waiting: readonly StoredChange[],
  policy: CompiledPolicy,
): Promise<ReadonlyMap<ChangeId, Instant>> {
  if (policy.rules.alone === undefined) return new Map()
  const all = waiting.map(async ({ change }) => {
    const from =
      change.envelope === undefined
        ? undefined
        : aloneFrom(change.envelope, policy, await waitingOf(gate, change, policy))
    return from === undefined ? [] : [[change.id, from] as const]
  })
  return new Map((await Promise.all(all)).flat())
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
    return from === undefined || from <= at || !isMine || waitsFor(change, policy, at).includes(actor.id)
      ? []
      : [{ id: change.id, from }]
  })
}
