// Who counts as one author, by the policy alone: an agent and whoever it works for, up to a person. What an envelope says of it is
// compared with the policy and never believed.
import { type Answer, refused } from '../base/error.ts'
import { type ActorId, byteOrder } from '../base/id.ts'
import { agentOf, type CompiledPolicy, personOf } from '../plans/policy.ts'
import type { Envelope } from './envelope.ts'

/** From an actor up to the person it works for, the actor first. It ends early where the policy leads to nobody or in a circle. */
function chainOf(id: ActorId, policy: CompiledPolicy): readonly ActorId[] {
  const chain = [id]
  for (
    let agent = agentOf(policy, id);
    agent !== undefined && !chain.includes(agent.sponsor);
    agent = agentOf(policy, agent.sponsor)
  )
    chain.push(agent.sponsor)
  return chain
}

/** Everybody who counts as one with this name, in byte order: an agent and whoever it works for, a person alone. */
export function lineageOf(id: ActorId, policy: CompiledPolicy): readonly ActorId[] {
  return [...chainOf(id, policy)].sort(byteOrder)
}

/** A person of the policy, or an agent that works for one. */
function isKnown(id: ActorId, policy: CompiledPolicy): boolean {
  const last = chainOf(id, policy).at(-1) ?? id
  return agentOf(policy, last) === undefined && personOf(policy, last) !== undefined
}

/** Is this person one of these hands, or does one of them work for this person? */
export function isInside(id: ActorId, hands: readonly ActorId[], policy: CompiledPolicy): boolean {
  return hands.some((one) => chainOf(one, policy).includes(id))
}

/**
 * May this person not approve what these hands wrote? Who is one of them may not. Who answers for an agent among them may only where no
 * other hand is in it: the sponsor of an untouched change (domain.md §6.2).
 */
export function isOwnWork(approver: ActorId, hands: readonly ActorId[], policy: CompiledPolicy): boolean {
  if (hands.includes(approver)) return true
  const theirs = hands.filter((one) => chainOf(one, policy).includes(approver))
  return theirs.length > 0 && theirs.length < hands.length
}

export type AuthorPart = 'author' | 'requester' | 'sponsor' | 'editors' | 'lineage'

/** Everybody whom the envelope names is of the policy, and it says of the author's lineage what the policy says. */
export function judgeLineage(envelope: Envelope, policy: CompiledPolicy): Answer<object> {
  const { author, requester, sponsor, editors, lineage, change } = envelope
  const named: readonly (readonly [AuthorPart, ActorId])[] = [
    ['author', author],
    ['requester', requester],
    ...(sponsor === undefined ? [] : [['sponsor', sponsor] as const]),
    ...editors.map((one) => ['editors', one] as const),
  ]
  for (const [part, actor] of named)
    if (!isKnown(actor, policy)) return refused('approval.unknown_author', { part, actor, change })
  const sponsors = (one: ActorId | undefined) => (one === undefined ? [] : [one])
  const parts: readonly (readonly [AuthorPart, readonly ActorId[], readonly ActorId[]])[] = [
    ['sponsor', sponsors(sponsor), sponsors(agentOf(policy, author)?.sponsor)],
    ['lineage', lineage, lineageOf(author, policy)],
    // Each once, in byte order, and the author among them.
    ['editors', editors, [...new Set([author, ...editors])].sort(byteOrder)],
  ]
  for (const [part, sealed, found] of parts)
    if (JSON.stringify(sealed) !== JSON.stringify(found))
      return refused('approval.lineage_wrong', { part, sealed: listed(sealed), found: listed(found), change })
  return { ok: true }
}

function listed(names: readonly ActorId[]): string {
  return names.length === 0 ? '–' : names.join(', ').slice(0, 500)
}
