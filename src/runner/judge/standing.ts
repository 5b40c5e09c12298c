// A standing statement: the owner signed once that this unit may be restarted or reloaded, or these variables set to these values, or
// this command run with these bytes, so often an hour. It satisfies "a live statement covers this", until it is revoked, expires, the procedure changes, or the procedure misbehaves (spine §4.6).
import { type Answer, refused } from '../../base/error.ts'
import { type Digest, isDigest } from '../../base/hash.ts'
import { isServiceName, type ServiceName } from '../../base/id.ts'
import { after, type Instant, isInstant } from '../../base/time.ts'
import { kindRow } from '../../plans/config-kinds/registry.ts'
import type { Plan } from '../../plans/plan.ts'
import { commandNamed, isCommandPlan } from '../../plans/playbooks/command.ts'
import { configDifference } from '../../plans/playbooks/config.ts'
import { isServicePlan } from '../../plans/playbooks/service.ts'
import { type CompiledPolicy, declaredFile, holdsRole, type Service, serviceOf } from '../../plans/policy.ts'
import { type Verified, verifyStatement } from '../../seal/enough.ts'
import type { Envelope } from '../../seal/envelope.ts'
import { playbookDigest, playbookOf } from '../../seal/playbooks.ts'
import {
  CLEAN_RUNS,
  type CommandWork,
  commandOf,
  hasRun,
  type KeysWork,
  keysOf,
  outsideOf,
  type ReleaseWork,
  releaseOf,
} from '../../seal/standard.ts'
import type { StatementOf } from '../../seal/statement.ts'
import { isStandingWork } from '../../seal/tier.ts'
import type { JudgeInput } from './input.ts'

const HOUR = 3_600_000

/** A standing statement that the runner was given: whatever was signed for the same work before it is no order any more. */
export interface Replacing {
  readonly digest: Digest
  readonly service: ServiceName
  readonly verb: string
  readonly unit: string
  readonly signedAt: Instant
}
type Standing = StatementOf<'standing'>

/** What these do a rule of tier 2 answers for. */
const TIER2: ReadonlySet<string> = new Set(['keys', 'release', 'command'])

/** How it stands in the journal line that makes it known. */
export function standingEffect({ service, verb, unit, at }: Standing): string {
  return `${service} ${verb} ${unit} ${at}`
}

export function readStandingEffect(digest: Digest, effect: string): Replacing | undefined {
  const [service, verb, unit, signedAt, ...more] = effect.split(' ')
  if (!isServiceName(service) || verb === undefined || unit === undefined || more.length > 0) return undefined
  return isDigest(digest) && isInstant(signedAt) ? { digest, service, verb, unit, signedAt } : undefined
}

/** The one that was given last for the same work, where it is another one and not signed before this one. */
export function replacedBy(
  { service, verb, unit, at }: Standing,
  digest: Digest,
  known: readonly Replacing[],
): Replacing | undefined {
  const last = known.findLast((one) => one.service === service && one.verb === verb && one.unit === unit)
  return last === undefined || last.digest === digest || last.signedAt < at ? undefined : last
}

/** May this person, with this key and as this role, say so for the service at all? */
export function mayStand({ statement, person, key }: Verified, policy: CompiledPolicy): Answer<object> {
  if (statement.type !== 'standing')
    return refused('statement.wrong_type', { type: statement.type, wanted: 'standing' })
  const { service } = statement
  const no = (why: string): Answer<never> => refused('judge.standing_covers_not', { why, service })
  if (statement.role !== 'owner' || !holdsRole(person, ['owner'], service))
    return no('not signed by an owner')
  const isTier2 = TIER2.has(statement.verb)
  const { keys } = isTier2 ? policy.rules.tier2 : policy.rules.tier1
  if (!keys.includes(key.class)) return no(`a key of class ${key.class}`)
  if (policy.rules.level === 'enforce' && policy.rules.agentUser === 'shared' && key.class === 'file')
    return refused('approval.shared_file_key', { approver: person.id })
  const declared = serviceOf(policy, service)
  if (playbookOf(statement.verb) !== statement.playbook) return no(statement.verb)
  const unit = declared === undefined ? undefined : signedUnit(statement, declared)
  if (unit === undefined) return no(statement.playbook)
  if (statement.unit !== unit) return no(statement.unit)
  // A host is cut off with all that runs on it.
  const others = statement.playbook === 'isolate/1' ? policy.services.filter(({ host }) => host === unit) : []
  const foreign = others.find(({ name }) => !holdsRole(person, ['owner'], name))
  if (foreign !== undefined) return no(`not signed by an owner of ${foreign.name}`)
  if (statement.playbookDigest !== playbookDigest(statement.playbook))
    return refused('judge.standing_procedure_moved', {
      playbook: statement.playbook,
      service,
      verb: statement.verb,
    })
  return { ok: true }
}

type StandingWork =
  | { readonly verb: 'restart' | 'reload'; readonly unit: string }
  | { readonly verb: 'keys'; readonly unit: string; readonly keys: KeysWork }
  | { readonly verb: 'release'; readonly unit: string; readonly release: ReleaseWork }
  | { readonly verb: 'command'; readonly unit: string; readonly command: CommandWork }

function standingWork(plan: Plan): StandingWork | undefined {
  const action = plan.actions[0]?.action
  if (isStandingWork(plan) && action?.kind === 'unit')
    return action.verb === 'restart' || action.verb === 'reload'
      ? { verb: action.verb, unit: action.unit }
      : undefined
  const release = releaseOf(plan)
  if (release !== undefined) return { verb: 'release', unit: release.path, release }
  const command = commandOf(plan)
  if (command !== undefined) return { verb: 'command', unit: command.name, command }
  const keys = keysOf(plan)
  return keys === undefined ? undefined : { verb: 'keys', unit: keys.path, keys }
}

function isOwnPlan(plan: Plan, policy: CompiledPolicy, service: Service): boolean {
  // Of code the judge has made the plan again of what this runner staged itself, and compared (judge/inventory.ts).
  if (plan.pattern === 'code') return true
  if (plan.pattern === 'command') return isCommandPlan(plan, policy, service)
  return plan.pattern === 'service'
    ? isServicePlan(plan, policy, service)
    : configDifference(plan, policy, service) === undefined
}

/** What a statement of this playbook names as its work at this service; undefined where the service has nothing of the kind. */
function signedUnit(
  { playbook, limits, bytes, unit: named, runs = [] }: Standing,
  service: Service,
): string | undefined {
  const { name, host, unit, backup, code } = service
  switch (playbook) {
    case 'service/1':
      return unit
    case 'backup/1':
      return backup === undefined ? undefined : name
    case 'isolate/1':
      return host
    case 'code/1':
      return code?.repo.deploy === 'releases' ? code.repo.path : undefined
    case 'command/1':
      return bytes === undefined || new Set(runs).size < CLEAN_RUNS
        ? undefined
        : commandNamed(service, named)?.name
    case 'config/1': {
      if (limits === undefined || new Set(runs).size < CLEAN_RUNS) return undefined
      const file = declaredFile(service, limits.path)
      return file !== undefined && kindRow(file.kind).byKey === true ? limits.path : undefined
    }
  }
}

export function judgeStanding(input: JudgeInput, plan: Plan, envelope: Envelope) {
  const { order, policy, now, journal } = input
  const { service } = envelope
  const [signed, ...more] = order.statements
  const no = (why: string): Answer<never> => refused('judge.standing_covers_not', { why, service })
  if (signed === undefined || more.length > 0) return no('exactly one statement is needed')
  const answer = verifyStatement(signed, policy, now, input.verify)
  if (!answer.ok) return answer
  const { statement, digest, person, key } = answer.verified
  if (statement.type !== 'standing') return no(`a statement of type ${statement.type}`)
  const stands = mayStand(answer.verified, policy)
  if (!stands.ok) return stands
  const work = standingWork(plan)
  if (work === undefined)
    return no('not one restart or reload, nor declared variables or a declared command alone')
  if (statement.service !== service || plan.service !== service) return no('another service')
  // Nobody has read this plan: it is the playbook's own to the letter, or it is not what the owner signed for.
  const declared = serviceOf(policy, service)
  if (declared === undefined || !isOwnPlan(plan, policy, declared)) return no('not the playbook’s own plan')
  const { unit, verb } = work
  if (statement.unit !== unit) return no(unit)
  if (statement.verb !== verb) return no(verb)
  if (work.verb === 'keys') {
    const outside = statement.limits === undefined ? unit : outsideOf(statement.limits, work.keys)
    if (outside !== undefined) return no(outside)
  }
  if (work.verb === 'release' && !hasRun(work.release, input.ran ?? []))
    return no('bytes or commands that nobody approved before')
  if (work.verb === 'command' && statement.bytes !== work.command.bytes)
    return no('other bytes or words than those that ran clean')
  if (statement.playbook !== plan.playbook)
    return refused('judge.standing_procedure_moved', { playbook: plan.playbook, service, verb })
  if (replacedBy(statement, digest, journal.standings) !== undefined)
    return no('a newer one for the same work was signed')
  if (journal.revoked.has(digest))
    return refused('judge.statement_revoked', { statement: digest, change: order.change })
  const wentWrong = journal.uses.some(
    (use) => use.statements.includes(digest) && journal.misbehaved.has(use.execution),
  )
  if (wentWrong || journal.voided.has(digest)) return no('the procedure went wrong under it; sign again')
  // Counted by what is done, not by the paper: signing again gives no more starts, and the newest paper is the one that holds.
  const uses = journal.uses.filter(
    ({ standing }) =>
      standing?.unit === unit && standing.verb === verb && (standing.service ?? service) === service,
  )
  if (uses.some(({ standing }) => standing !== undefined && standing.signedAt > statement.at))
    return no('a newer one for the same work has been used')
  const limit = Math.min(statement.perHour, policy.rules.standingPerHour)
  const since = after(now, -HOUR)
  if (uses.filter((use) => use.at > since).length >= limit)
    return refused('judge.standing_limit', { limit, service })
  return {
    ok: true as const,
    statements: [digest],
    consumed: [],
    approvers: [person.id as string],
    // Nobody looked at this moment: what was signed once passes no freeze.
    roles: [],
    solo: false,
    demo: key.demo,
    authorKeys: [],
    standing: { unit, verb, signedAt: statement.at, ...(verb === 'command' ? { service } : {}) },
  }
}
