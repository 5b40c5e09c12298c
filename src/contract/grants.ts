// The grants that many operations share. A row that grants less or more writes its own.
import type { Role } from '../plans/policy.ts'
import type { Grant } from './operation.ts'

export const EVERYBODY: readonly Role[] = ['viewer', 'requester', 'approver', 'operator', 'owner', 'auditor']
export const ASKING: readonly Role[] = ['requester', 'approver', 'operator', 'owner']
export const CARING: readonly Role[] = ['approver', 'operator', 'owner']
export const DECIDING: readonly Role[] = ['approver', 'owner']
const OWNER: readonly Role[] = ['owner']

export const READS: Grant = { roles: EVERYBODY, agent: 'any', timer: true }
/** A new change, or what one is made of: it passes the gate like any other. */
export const PROPOSES: Grant = { roles: ASKING, agent: 'any', timer: false }
/** Work on a change that decides nothing. */
export const WORKS: Grant = { roles: CARING, ownRoles: ['requester'], agent: 'own', timer: false }
export const DECIDES: Grant = { roles: DECIDING, agent: 'never', timer: false, decides: true }
/** What people who care for a service do and no agent does. */
export const CARES: Grant = { roles: CARING, agent: 'never', timer: false }
export const RULES: Grant = { roles: OWNER, agent: 'never', timer: false }
