// What people sign and give to the runner while an execution is open, or about its memory: keep, continue, revoke, acceptFork.
// INVARIANT I8: an agent is never one of them; a statement counts only from an enrolled person with the role, once.
import { SekishoError } from '../../base/error.ts'
import { type Digest, isDigest } from '../../base/hash.ts'
import { instant } from '../../base/time.ts'
import { type Verified, verifyStatement } from '../../seal/enough.ts'
import { type CompiledPolicy, holdsRole, type Role } from '../../seal/policy.ts'
import type { Signed, StatementOf } from '../../seal/statement.ts'
import { type RunnerParts, verifySignature } from '../parts.ts'
import { executionState } from '../perform/state.ts'
import { actionKey, viewOf } from '../perform/view.ts'
import { isAdminPath } from './execution-hands.ts'
import type { Executions } from './executions.ts'

/** Who may speak to an open execution. */
const SPEAKS: readonly Role[] = ['operator', 'approver', 'owner']

export class People {
  readonly #parts: RunnerParts
  readonly #executions: Executions
  #tail: Promise<unknown> = Promise.resolve()
  constructor(parts: RunnerParts, executions: Executions) {
    this.#parts = parts
    this.#executions = executions
  }

  /** One after the other: two with the same nonce must not pass each other. */
  take(signed: Signed): Promise<{ readonly accepted: true; readonly effect: string }> {
    const next = this.#tail.then(() => this.#take(signed))
    this.#tail = next.catch(() => {})
    return next
  }

  async #take(signed: Signed): Promise<{ readonly accepted: true; readonly effect: string }> {
    const policy = this.#parts.policies.current
    const answer = verifyStatement(signed, policy, instant(this.#parts.clock.now()), verifySignature)
    if (!answer.ok) throw new SekishoError(answer.code, answer.detail)
    const { verified } = answer
    const { statement, digest } = verified
    const { index } = this.#parts.journal
    if (index.nonces.has(statement.nonce))
      throw new SekishoError('statement.nonce_used', { nonce: statement.nonce })
    if (index.revoked.has(digest))
      throw new SekishoError('judge.statement_revoked', { statement: digest, change: '' })
    if (policy.agents.some(({ id }) => id === statement.approver))
      throw new SekishoError('agent.never_approves', { agent: statement.approver })
    switch (statement.type) {
      case 'keep':
        return { accepted: true, effect: await this.#keep(statement, verified) }
      case 'continue':
        return { accepted: true, effect: await this.#goOn(statement, verified) }
      case 'revoke':
        return { accepted: true, effect: await this.#revoke(statement, verified, policy) }
      case 'acceptFork':
        return { accepted: true, effect: await this.#acceptFork(statement, verified, policy) }
      case 'approve':
      case 'reject':
      case 'waive':
      case 'standing':
        throw new SekishoError('statement.wrong_type', { type: statement.type, wanted: 'keep, continue' })
    }
  }

  async #keep(statement: StatementOf<'keep'>, verified: Verified): Promise<string> {
    const { execution } = statement
    await this.#open(execution, verified, ['awaitingKeep'])
    await this.#executions.tell(execution, execution, lineOf(verified, 'keep'))
    return 'keep'
  }

  async #goOn(statement: StatementOf<'continue'>, verified: Verified): Promise<string> {
    const { execution, action, attempt, choice } = statement
    const state = await this.#open(execution, verified, ['paused', 'stuck'])
    const view = viewOf(execution, this.#parts.journal.known(execution)?.lines ?? [])
    const direction = state === 'stuck' ? 'undo' : 'apply'
    const parked = view.attempt(action, direction)
    if (parked?.parked === undefined || parked.attempt !== attempt)
      throw new SekishoError('runner.not_waiting', { execution, state: `${state} ${action}/${attempt}` })
    await this.#executions.tell(
      execution,
      actionKey(execution, action, direction, attempt),
      lineOf(verified, choice),
    )
    return choice
  }

  /** The person must hold a role for the service, and the execution must wait for exactly this. */
  async #open(
    execution: StatementOf<'keep'>['execution'],
    { person, statement }: Verified,
    wanted: readonly string[],
  ): Promise<string> {
    const { journal, clock, policies } = this.#parts
    const plan = await this.#executions.planOf(execution)
    const chain = journal.known(execution)
    const accepted = journal.index.accepted.get(execution)
    if (plan === undefined || chain === undefined || accepted === undefined)
      throw new SekishoError('runner.execution_unknown', { execution })
    if (!holdsRole(person, SPEAKS, plan.service) || !SPEAKS.includes(statement.role))
      throw new SekishoError('approval.role_missing', { approver: person.id, roles: SPEAKS })
    await chain.refresh()
    const { state } = executionState(
      viewOf(execution, chain.lines),
      plan,
      { boot: clock.boot(), uptime: clock.uptime() },
      isAdminPath(plan, await policies.version(accepted.policy)),
    )
    if (!wanted.includes(state)) throw new SekishoError('runner.not_waiting', { execution, state })
    return state
  }

  /** A signer takes back what he signed; an owner takes back anything. Given to the runner directly, the gate cannot withhold it. */
  async #revoke(
    statement: StatementOf<'revoke'>,
    verified: Verified,
    policy: CompiledPolicy,
  ): Promise<string> {
    const own = await this.#signerOf(statement.statement)
    const owner = policy.people.some(
      ({ id, roles }) => id === verified.person.id && roles.includes('owner') && statement.role === 'owner',
    )
    // What the runner has not seen yet can only be taken back by an owner: nobody else is known to have signed it.
    if (!owner && own !== verified.person.id)
      throw new SekishoError('approval.role_missing', { approver: verified.person.id, roles: ['owner'] })
    await this.#parts.journal.append('statement', lineOf(verified, statement.statement))
    return statement.statement
  }

  async #signerOf(digest: Digest): Promise<string | undefined> {
    const signed = await this.#parts.objects.statement(digest).catch(() => undefined)
    if (signed === undefined) return undefined
    const answer = verifyStatement(
      signed,
      this.#parts.policies.current,
      instant(this.#parts.clock.now()),
      verifySignature,
    )
    return answer.ok ? answer.verified.person.id : undefined
  }

  /** Two owners, or the only one there is (spine §11). */
  async #acceptFork(
    statement: StatementOf<'acceptFork'>,
    verified: Verified,
    policy: CompiledPolicy,
  ): Promise<string> {
    const { size, root } = statement
    if (!isDigest(root)) throw new SekishoError('ledger.checkpoint_invalid', { root })
    const owners = policy.people.filter(
      ({ roles, keys }) => roles.includes('owner') && keys.some(({ revoked }) => !revoked),
    )
    if (statement.role !== 'owner')
      throw new SekishoError('approval.role_missing', { approver: verified.person.id, roles: ['owner'] })
    const effect = `${size} ${root}`
    const others = this.#parts.journal.rest.flatMap(({ body }) =>
      body.kind === 'statement' && body.type === 'acceptFork' && body.effect === effect ? [body.person] : [],
    )
    await this.#parts.journal.append('statement', lineOf(verified, effect))
    const people = new Set([...others, verified.person.id])
    if (owners.length > 1 && people.size < 2) return 'one more person'
    await this.#parts.signer.startAt(size, root)
    return effect
  }
}

function lineOf({ statement, digest, person }: Verified, effect: string) {
  return {
    kind: 'statement',
    type: statement.type,
    digest,
    effect,
    person: person.id,
    nonce: statement.nonce,
  } as const
}
