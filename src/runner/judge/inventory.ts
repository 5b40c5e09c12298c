// A plan must be the one that its playbook makes by the runner's own rules, of changes that are declared for its service.
import { type Answer, type Refused, refused } from '../../base/error.ts'
import type { Instant } from '../../base/time.ts'
import { type Action, plannedFiles, secretsIn } from '../../plans/actions.ts'
import { type CodeStaged, isCodeStaged } from '../../plans/code.ts'
import { kindRow } from '../../plans/config-kinds/registry.ts'
import { dataDirectoryOf } from '../../plans/data-directory.ts'
import type { FileState } from '../../plans/file-state.ts'
import type { Plan } from '../../plans/plan.ts'
import { isCommandPlan } from '../../plans/playbooks/command.ts'
import { configDifference } from '../../plans/playbooks/config.ts'
import { isIsolationPlan } from '../../plans/playbooks/isolation.ts'
import { isRequestPlan } from '../../plans/playbooks/request.ts'
import { isSchemaPlan } from '../../plans/playbooks/schema.ts'
import { isServicePlan } from '../../plans/playbooks/service.ts'
import {
  type CompiledPolicy,
  type ConfigFile,
  declaredFile,
  type Service,
  serviceOf,
} from '../../plans/policy.ts'
import type { Staged } from '../../plans/restore.ts'
import { judgeCode } from './code.ts'
import { judgeData } from './data.ts'

type SecretOf = (reference: string, version: number) => string | undefined

/** INVARIANT I13: a plan holds no step that its playbook does not make, on the way back neither. */
export function judgeInventory(
  plan: Plan,
  policy: CompiledPolicy,
  secret: SecretOf,
  data?: { readonly staged: Staged | CodeStaged | undefined; readonly now: Instant },
): Answer<object> {
  const service = serviceOf(policy, plan.service)
  if (service === undefined) return outside(plan, plan.service)
  if (service.host !== plan.host) return refused('judge.host_other', { host: plan.host, own: service.host })
  if (plan.pattern === 'data' || plan.pattern === 'code') {
    if (data === undefined) return outside(plan, plan.playbook)
    const { staged, now } = data
    const code = staged !== undefined && isCodeStaged(staged) ? staged : undefined
    const restore = staged === undefined || isCodeStaged(staged) ? undefined : staged
    return plan.pattern === 'code'
      ? (judgeSite(plan, service, secret) ?? judgeCode(plan, policy, service, code, now))
      : judgeData(plan, policy, service, restore, now)
  }
  if (plan.pattern === 'request')
    return (
      judgeSecrets(plan, secret) ??
      (isRequestPlan(plan, policy, service) ? { ok: true } : notOwn(plan, plan.playbook))
    )
  if (plan.pattern === 'command')
    return isCommandPlan(plan, policy, service) ? { ok: true } : notOwn(plan, plan.playbook)
  if (plan.pattern === 'schema')
    return isSchemaPlan(plan, policy, service) ? { ok: true } : notOwn(plan, plan.playbook)
  const instants = plan.window !== undefined && plan.window.from > plan.window.until
  if (instants) return outside(plan, 'window')
  if (plan.pattern === 'isolation')
    return isIsolationPlan(plan, policy, service) ? { ok: true } : notOwn(plan, plan.playbook)
  if (plan.pattern === 'service')
    return isServicePlan(plan, policy, service) ? { ok: true } : notOwn(plan, plan.playbook)
  return judgeFiles(plan, service, secret) ?? judgeConfig(plan, policy, service)
}

/** Of a change of code only files of the site, by the rules of any other. */
function judgeSite(plan: Plan, service: Service, secret: SecretOf): Refused | undefined {
  const hasFiles = plan.actions.some(({ action }) => plannedFiles(action).length > 0)
  return hasFiles ? judgeFiles(plan, service, secret) : undefined
}

/** What the plan names by itself: which files, with which content, owner and secrets. */
function judgeFiles(plan: Plan, service: Service, secret: SecretOf): Refused | undefined {
  const files = plan.actions.flatMap(({ action }) => plannedFiles(action).map((file) => ({ action, file })))
  if (files.length === 0) return outside(plan, 'no file')
  for (const { action, file } of files) {
    const { path, before, after } = file
    const declared = declaredFile(service, path)
    if (declared === undefined || !fits(declared, action, before.kind)) return outside(plan, path)
    // A secret's bytes are no blob: whole files are replaced by what was read by everybody who approved.
    if (after?.kind === 'secret') return outside(plan, path)
    if (after !== undefined && !isOwnedAs(declared, after)) return outside(plan, path)
  }
  const reals = files.map(({ file }) => file.real)
  if (new Set(reals).size < reals.length) return outside(plan, 'one file twice')
  const data = dataDirectoryOf(service, ...files.map(({ file }) => file.path), ...reals)
  if (data?.change === 'api-only') return outside(plan, data.dir)
  return judgeSecrets(plan, secret)
}

/** Whatever stands around these changes is what the playbook makes: no step, proof or way back more, less or other. */
function judgeConfig(plan: Plan, policy: CompiledPolicy, service: Service): Answer<object> {
  const at = configDifference(plan, policy, service)
  if (at === undefined) return { ok: true }
  return notOwn(plan, at)
}

/** Secret files are edited by key only, and only they: whole replacement would need their bytes. */
function fits(declared: ConfigFile, action: Action, before: string): boolean {
  if (action.kind === 'editEnv')
    return kindRow(declared.kind).byKey === true && (before === 'secret' || before === 'absent')
  return !declared.secret && before !== 'secret'
}

/** The program ignores a file of somebody else, and of a link nobody says whose it is. */
function isOwnedAs({ kind }: ConfigFile, after: FileState): boolean {
  const { owned } = kindRow(kind)
  if (owned === undefined || after.kind === 'absent') return true
  if (after.kind !== 'file') return false
  return after.mode === owned.mode && after.uid === owned.uid && after.gid === owned.gid
}

function judgeSecrets(plan: Plan, secret: SecretOf): Refused | undefined {
  for (const { reference, version, keyed } of plan.actions.flatMap(({ action }) => secretsIn(action))) {
    // A secret was put for one service; written into a file of another it would be theirs to read.
    if (!reference.startsWith(`${plan.service}/`)) return outside(plan, reference)
    if (secret(reference, version) !== keyed) return refused('judge.secret_missing', { reference, version })
  }
  return undefined
}

export function isDeclaredUnit(unit: string, service: Service): boolean {
  return unit === service.unit || service.files.some((one) => one.unit === unit)
}

function notOwn(plan: Plan, what: string): Refused {
  const { playbook, service, change } = plan
  return refused('judge.action_outside', { what, service, playbook, change })
}

function outside(plan: Plan, what: string): Refused {
  return refused('judge.action_outside', { what, service: plan.service })
}
