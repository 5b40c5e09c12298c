// What people sign and give to the runner while an execution is open, or about its memory: keep, continue, revoke, acceptFork; and
// a standing statement, so that the older one ends with the signature and not with the first use.
// INVARIANT I8: an agent is never one of them; a statement counts only from an enrolled person with the role, once.
import { type Decoder, decode } from '../../base/decode.ts'
import { failureOf, SekishoError } from '../../base/error.ts'
import { type Digest, isDigest } from '../../base/hash.ts'
import type { ActorId, ServiceName } from '../../base/id.ts'
import { parseCanonical } from '../../base/json.ts'
import { verifySshSignature } from '../../base/sign.ts'
import { instant } from '../../base/time.ts'
import { plan as planDecoder } from '../../plans/plan.ts'
import {
  type CompiledPolicy,
  holdsRole,
  type PersonKey,
  type Role,
  type Rules,
  ruleOfTier,
} from '../../plans/policy.ts'
import { type Verified, verifySigned, verifyStatement } from '../../seal/enough.ts'
import { envelope as envelopeDecoder } from '../../seal/envelope.ts'
import { parseStatement, type Signed, type Statement, type StatementOf } from '../../seal/statement.ts'
import { tierOf } from '../../seal/tier.ts'
import { keepStanding } from '../backup/jobs.ts'
import type { BreakGlass } from '../glass.ts'
import { forkOwners, mayRevoke, type Revoked } from '../judge/owner-scope.ts'
import { mayStand, replacedBy, standingEffect } from '../judge/standing.ts'
import type { RunnerParts } from '../parts.ts'
import { executionState } from '../perform/state.ts'
import { actionKey, viewOf } from '../perform/view.ts'
import { isAdminPath } from './execution-hands.ts'
import type { Executions } from './executions.ts'
import { standingsIn } from './gather.ts'
import { mayBeStandard } from './standard.ts'

/** Who may speak to an open execution. */
const SPEAKS: readonly Role[] = ['operator', 'approver', 'owner']

export class Statements {
  readonly #parts: RunnerParts
  readonly #executions: Executions
  readonly #glass: BreakGlass
  #tail: Promise<unknown> = Promise.resolve()
  constructor(parts: RunnerParts, executions: Executions, glass: BreakGlass) {
    this.#parts = parts
    this.#executions = executions
    this.#glass = glass
  }

  /** One after the other: two with the same nonce must not pass each other. */
  take(signed: Signed): Promise<{ readonly accepted: true; readonly effect: string }> {
    const next = this.#tail.then(() => this.#take(signed))
    this.#tail = next.catch(() => {})
    return next
  }

  async #take(signed: Signed): Promise<{ readonly accepted: true; readonly effect: string }> {
    const policy = this.#parts.policies.current
    const answer = verifyStatement(signed, policy, instant(this.#parts.clock.now()), verifySshSignature)
    if (!answer.ok) throw failureOf(answer)
    const { verified } = answer
    const { statement, digest } = verified
    const { index } = this.#parts.journal
    const given = standingsIn(this.#parts.journal.rest).find((one) => one.digest === digest)
    // The gate may ask again after its own trouble: what is written down is answered, and not written twice.
    if (given !== undefined && !index.revoked.has(digest)) return { accepted: true, effect: digest }
    if (index.nonces.has(statement.nonce))
      throw new SekishoError('statement.nonce_used', { nonce: statement.nonce })
    if (index.revoked.has(digest))
      throw new SekishoError('judge.statement_revoked', {
        statement: digest,
        change: 'change' in statement ? statement.change : 'ID',
      })
    if (policy.agents.some(({ id }) => id === statement.approver))
      throw new SekishoError('agent.never_approves', { agent: statement.approver })
    switch (statement.type) {
      case 'keep':
        return { accepted: true, effect: await this.#keep(statement, verified) }
      case 'continue':
        return { accepted: true, effect: await this.#goOn(statement, verified) }
      case 'revoke':
        return { accepted: true, effect: await this.#revoke(statement, verified) }
      case 'acceptFork':
        return { accepted: true, effect: await this.#acceptFork(statement, verified, policy) }
      case 'standing':
        return { accepted: true, effect: await this.#standing(signed, statement, verified, policy) }
      case 'reject':
        return { accepted: true, effect: await this.#reject(statement, verified) }
      case 'glass':
        requireOwnKey(verified.person.id, verified.key, policy.rules)
        return { accepted: true, effect: await this.#glass.open(statement, verified) }
      case 'glassReview':
        requireOwnKey(verified.person.id, verified.key, policy.rules)
        return { accepted: true, effect: await this.#glass.review(statement, verified) }
      case 'approve':
      case 'waive':
        throw new SekishoError('statement.wrong_type', { type: statement.type, wanted: 'keep, continue' })
    }
  }

  /** Whoever may speak about the service ends the pause after which one person alone could approve. */
  async #reject(statement: StatementOf<'reject'>, verified: Verified): Promise<string> {
    const { envelope } = statement
    const service = await this.#serviceOf(statement)
    if (service === undefined)
      throw new SekishoError('runner.object_missing', { kind: 'envelope', digest: envelope })
    if (!holdsRole(verified.person, SPEAKS, service))
      throw new SekishoError('approval.role_missing', { approver: verified.person.id, roles: SPEAKS })
    await this.#parts.journal.append('statement', lineOf(verified, envelope))
    return envelope
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
    { person, key, statement }: Verified,
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
    // To keep what was not proven decides no less than to approve it: the key must be one that may.
    const { rules } = policies.current
    const allowed = ruleOfTier(this.#parts.policies.current, tierOf(plan)).keys
    requireOwnKey(person.id, key, rules)
    if (!allowed.includes(key.class))
      throw new SekishoError('approval.key_class', { approver: person.id, class: key.class, allowed })
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

  /** From this line on nothing that was signed before it for the same work starts anything. */
  async #standing(
    signed: Signed,
    statement: StatementOf<'standing'>,
    verified: Verified,
    policy: CompiledPolicy,
  ): Promise<string> {
    const stands = mayStand(verified, policy)
    if (!stands.ok) throw failureOf(stands)
    const { journal } = this.#parts
    if (statement.verb === 'keys' || statement.verb === 'command') {
      const clean = await mayBeStandard(statement, journal.index, (one) => this.#executions.planOf(one))
      if (!clean.ok) throw failureOf(clean)
    }
    if (replacedBy(statement, verified.digest, standingsIn(journal.rest)) !== undefined)
      throw new SekishoError('judge.standing_covers_not', {
        why: 'a newer one for the same work was signed',
        service: statement.service,
      })
    await keepStanding(signed, verified.digest, this.#parts)
    await journal.append('statement', lineOf(verified, standingEffect(statement)))
    return verified.digest
  }

  /** Given to the runner directly, the gate cannot withhold it. */
  async #revoke(statement: StatementOf<'revoke'>, verified: Verified): Promise<string> {
    if (!mayRevoke(verified.person, statement.role, await this.#known(statement.statement)))
      throw new SekishoError('approval.role_missing', { approver: verified.person.id, roles: ['owner'] })
    await this.#parts.journal.append('statement', lineOf(verified, statement.statement))
    return statement.statement
  }

  /** Who signed it and for which service, as far as this runner has it. */
  async #known(digest: Digest): Promise<Revoked> {
    const nothing = { signer: undefined, service: undefined }
    const signed = await this.#parts.objects.statement(digest).catch(() => undefined)
    const parsed = signed === undefined ? undefined : parseStatement(signed.text)
    if (signed === undefined || parsed === undefined || !parsed.ok) return nothing
    const now = instant(this.#parts.clock.now())
    const answer = verifySigned(signed, this.#parts.policies.current, now, verifySshSignature)
    return {
      signer: answer.ok ? answer.verified.statement.approver : undefined,
      service: await this.#serviceOf(parsed.value),
    }
  }

  async #serviceOf(statement: Statement): Promise<ServiceName | undefined> {
    switch (statement.type) {
      case 'standing':
        return statement.service
      case 'approve':
      case 'reject':
        return (await this.#object('envelope', statement.envelope, envelopeDecoder))?.service
      case 'waive':
      case 'author':
        return (await this.#object('plan', statement.plan, planDecoder))?.service
      case 'keep':
      case 'continue':
        return (await this.#executions.planOf(statement.execution))?.service
      case 'revoke':
      case 'acceptFork':
      case 'glass':
      case 'glassReview':
        return undefined
    }
  }

  async #object<T>(kind: 'envelope' | 'plan', digest: Digest, decoder: Decoder<T>): Promise<T | undefined> {
    const bytes = await this.#parts.objects.read(kind, digest).catch(() => undefined)
    if (bytes === undefined) return undefined
    const read = decode(decoder, parseCanonical(bytes.toString('utf8')))
    return read.ok ? read.value : undefined
  }

  /** Two owners, or the only one there is (spine §11). */
  async #acceptFork(
    statement: StatementOf<'acceptFork'>,
    verified: Verified,
    policy: CompiledPolicy,
  ): Promise<string> {
    const { size, root } = statement
    if (!isDigest(root)) throw new SekishoError('ledger.checkpoint_invalid', { next: size, root })
    const owners = forkOwners(policy)
    if (statement.role !== 'owner' || !owners.some(({ id }) => id === verified.person.id))
      throw new SekishoError('approval.role_missing', { approver: verified.person.id, roles: ['owner'] })
    requireOwnKey(verified.person.id, verified.key, policy.rules)
    const effect = `${size} ${root}`
    const others = this.#parts.journal.rest.flatMap(({ body }) =>
      body.kind === 'statement' && body.type === 'acceptFork' && body.effect === effect ? [body.person] : [],
    )
    await this.#parts.journal.append('statement', lineOf(verified, effect))
    const people = owners.filter(({ id }) => id === verified.person.id || others.includes(id))
    if (owners.length > 1 && people.length < 2) return 'one more person'
    await this.#parts.signer.startAt(size, root)
    return effect
  }
}

/** Where agents read what lies in the account, a key in a file is anybody's there (spine §1). */
function requireOwnKey(approver: ActorId, { class: of }: Pick<PersonKey, 'class'>, rules: Rules): void {
  if (rules.level === 'enforce' && rules.agentUser === 'shared' && of === 'file')
    throw new SekishoError('approval.shared_file_key', { approver })
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
