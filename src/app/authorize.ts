// Asks `may` whether an actor may do an operation, before the operation begins its transaction.
import { failureOf, SekishoError } from '../base/error.ts'
import type { ActorId, ServiceName } from '../base/id.ts'
import type { Change } from '../change/change.ts'
import type { PermissionName } from '../contract/operations.ts'
import type { Actor } from '../identity/actor.ts'
import { may, type Subject } from '../identity/permission.ts'
import { type CompiledPolicy, type Service, serviceOf } from '../plans/policy.ts'
import type { Gate } from './gate.ts'

/** Throws the code of the rule that denies. Returns the rules in force, which the rest of the operation uses. */
export function allow(gate: Gate, actor: Actor, operation: PermissionName, subject: Subject): CompiledPolicy {
  const policy = gate.policy()
  const answer = may(actor, operation, subject, policy)
  if (answer.verdict === 'allow') return policy
  gate.log.info({ operation, code: answer.code, ...('id' in actor ? { actor: actor.id } : {}) }, 'denied')
  throw failureOf(answer)
}

export const subjectOf = (change: Change): Subject => ({
  kind: 'change',
  id: change.id,
  service: change.service,
  requester: change.requester,
  author: change.author,
  ...(change.editors === undefined ? {} : { editors: change.editors }),
})

export const WHOLE: Subject = { kind: 'whole' }

/** The actor that a ledger entry names. */
export function nameOf(actor: Actor): ActorId | 'system' {
  return actor.kind === 'timer' ? 'system' : actor.id
}

/** The values of a refusal of what only people administer. */
export function administering(actor: Actor, operation: PermissionName) {
  return { agent: nameOf(actor), operation, sponsor: 'sponsor' in actor ? actor.sponsor : '—' }
}

export const SYSTEM: Actor = { kind: 'timer', name: 'gate' }

/** Throws `service.unknown`. */
export function declaredService(policy: CompiledPolicy, name: string): Service {
  const service = serviceOf(policy, name as ServiceName) // Looked up, and thereby checked.
  if (service === undefined) throw new SekishoError('service.unknown', { service: name })
  return service
}
