// Who acts: a person, an agent with the person it works for, or the gate's own clock. An agent and its sponsor count as one author.
import type { ActorId } from '../base/id.ts'
import { agentOf, type CompiledPolicy, personOf } from '../plans/policy.ts'
import { lineageOf } from '../seal/lineage.ts'

export type Actor =
  | { readonly kind: 'person'; readonly id: ActorId }
  | { readonly kind: 'agent'; readonly id: ActorId; readonly sponsor: ActorId }
  /** The gate itself: expiry, revalidation, schedules. */
  | { readonly kind: 'timer'; readonly name: string }

/** The actor of a name in this policy; undefined for a name that nobody has (any more). */
export function actorOf(id: ActorId, policy: CompiledPolicy): Actor | undefined {
  const agent = agentOf(policy, id)
  if (agent !== undefined) return { kind: 'agent', id, sponsor: agent.sponsor }
  return personOf(policy, id) === undefined ? undefined : { kind: 'person', id }
}

export function sameLineage(a: ActorId, b: ActorId, policy: CompiledPolicy): boolean {
  const other = lineageOf(b, policy)
  return lineageOf(a, policy).some((one) => other.includes(one))
}
