// Over what an owner's word reaches: the services that his role holds for, and the runner's memory only where it holds for all of them.
import type { ServiceName } from '../../base/id.ts'
import { type CompiledPolicy, holdsRole, type Person, type Role } from '../../plans/policy.ts'

/** What is known of a statement that is to be revoked; both unknown where the runner has never seen it. */
export interface Revoked {
  readonly signer: string | undefined
  readonly service: ServiceName | undefined
}

/** A signer takes back what he signed; an owner what was signed for a service of his. What nobody knows takes an owner of everything. */
export function mayRevoke(person: Person, role: Role, { signer, service }: Revoked): boolean {
  if (signer === person.id) return true
  if (role !== 'owner') return false
  return service === undefined ? ownsAll(person) : holdsRole(person, ['owner'], service)
}

/** The ledger is of every service, so only who owns all of them speaks about it. */
export function forkOwners(policy: CompiledPolicy): readonly Person[] {
  return policy.people.filter((one) => ownsAll(one) && one.keys.some(({ revoked }) => !revoked))
}

export function ownsAll({ roles, services }: Person): boolean {
  return roles.includes('owner') && services.length === 0
}
