// Who may do what, as one table over all operations. A row that is missing does not compile; what no row allows is denied.

import type { Role } from '../plans/policy.ts'
import type { OperationName } from '../seal/operations.ts'

export interface Grant {
  /** Roles that may, on any subject of their services. */
  readonly roles: readonly Role[]
  /** Roles that may on their own alone: what they or their agent made, their own token. */
  readonly ownRoles?: readonly Role[]
  /** `own`: what this agent made itself. */
  readonly agent: 'never' | 'own' | 'any'
  /** The gate's own clock. */
  readonly timer: boolean
  /** A person's signed decision (domain.md §7.1): nothing an agent, a token or a timer could carry. */
  readonly decides?: true
}

const EVERYBODY: readonly Role[] = ['viewer', 'requester', 'approver', 'operator', 'owner', 'auditor']
const ASKING: readonly Role[] = ['requester', 'approver', 'operator', 'owner']
const CARING: readonly Role[] = ['approver', 'operator', 'owner']
const DECIDING: readonly Role[] = ['approver', 'owner']
const OWNER: readonly Role[] = ['owner']

const read: Grant = { roles: EVERYBODY, agent: 'any', timer: true }
/** Work on a change that decides nothing. */
const work: Grant = { roles: CARING, ownRoles: ['requester'], agent: 'own', timer: false }
const decision: Grant = { roles: DECIDING, agent: 'never', timer: false, decides: true }
const rules: Grant = { roles: OWNER, agent: 'never', timer: false }

export const GRANTS: Readonly<Record<OperationName, Grant>> = {
  'change.create': { roles: ASKING, agent: 'any', timer: false },
  'change.read': read,
  // The sweeper looks again whether what was sealed still holds.
  'change.check': { ...work, timer: true },
  'change.try': work,
  'change.seal': work,
  'change.revise': work,
  'change.approve': decision,
  'change.reject': decision,
  'change.waive': decision,
  // Asks that what was approved be used; the runner looks at the approvals itself.
  'change.run': { ...work, timer: true },
  'change.keep': { ...decision, roles: CARING },
  'change.continue': { ...decision, roles: CARING },
  // The safe direction, and yet a person's: what is stopped half-way is not undone by who started it.
  'change.abort': { roles: CARING, agent: 'never', timer: false },
  'change.withdraw': { roles: DECIDING, ownRoles: ['requester', 'operator'], agent: 'own', timer: false },
  // Opens a new change that passes the gate like any other.
  'change.rollback': { roles: ASKING, agent: 'any', timer: false },
  'record.read': read,
  'ledger.read': read,
  'standing.sign': { ...rules, decides: true },
  'standing.revoke': { roles: CARING, agent: 'never', timer: false },
  'service.read': read,
  'policy.read': read,
  'config.apply': rules,
  'person.edit': rules,
  'key.edit': rules,
  'agent.edit': rules,
  'secret.put': { roles: ['operator', 'owner'], agent: 'never', timer: false },
  // For oneself after a login, for one's own agent; an owner for any agent (rule token.other_person).
  'token.issue': { roles: OWNER, ownRoles: EVERYBODY, agent: 'never', timer: false },
  'token.revoke': { roles: OWNER, ownRoles: EVERYBODY, agent: 'own', timer: false },
  'status.read': read,
  'fork.accept': { ...rules, decides: true },
  'clock.accept': rules,
  // After repeated refusals an agent waits for a person, whoever that is in the house; no agent lets itself or another go on.
  'agent.resume': { roles: CARING, agent: 'never', timer: false },
  'backup.read': read,
  // Only ever more copies, or a look at them. The runner asks for the owner's standing signature.
  'backup.run': { roles: ASKING, agent: 'any', timer: true },
  // Takes away what the rules let go (domain.md §7.8).
  'backup.prune': { roles: CARING, agent: 'never', timer: true },
  // Laid out beside: nothing of the service is touched, and the change that uses it passes the gate like any other.
  'restore.stage': { roles: ASKING, agent: 'any', timer: false },
  // Only what lies beside goes; whoever has begun it may begin it anew.
  'restore.cancel': { roles: CARING, ownRoles: ['requester'], agent: 'own', timer: false },
}
