// Everything a plan names must be declared for its service in the runner's own policy, and every write must carry its way back.
import { type Answer, type Refused, refused } from '../../base/error.ts'
import { fileTarget, nginxTarget, type TargetId, unitTarget } from '../../base/id.ts'
import type { Instant } from '../../base/time.ts'
import { type UnitVerb } from '../../plans/actions/unit.ts'
import { type Action } from '../../plans/actions.ts'
import { kindRow } from '../../plans/config-kinds/registry.ts'
import { type FileState } from '../../plans/file-state.ts'
import { type Plan, type PlannedAction } from '../../plans/plan.ts'
import { isServicePlan } from '../../plans/playbooks/service.ts'
import {
  type CompiledPolicy,
  type ConfigFile,
  declaredFile,
  type Service,
  serviceOf,
} from '../../plans/policy.ts'
import type { Proof } from '../../plans/proofs.ts'
import type { Staged } from '../../plans/restore.ts'
import { judgeData } from './data.ts'
import { missingProof } from './required-proofs.ts'

/** Where nginx says `[emerg]` unless the service declares another place. */
const NGINX_ERROR_LOG = '/var/log/nginx/error.log'

type SecretOf = (reference: string, version: number) => string | undefined

/** INVARIANT I13: a plan holds no step that its playbook does not make, on the way back neither. */
export function judgeInventory(
  plan: Plan,
  policy: CompiledPolicy,
  secret: SecretOf,
  data?: { readonly staged: Staged | undefined; readonly now: Instant },
): Answer<object> {
  const service = serviceOf(policy, plan.service)
  if (service === undefined) return outside(plan, plan.service)
  if (service.host !== plan.host) return refused('judge.host_other', { host: plan.host, own: service.host })
  if (plan.pattern === 'data')
    return data === undefined
      ? outside(plan, plan.playbook)
      : judgeData(plan, policy, service, data.staged, data.now)
  const needed = new Set<TargetId>()
  if (plan.actions.length === 0) return outside(plan, 'no action')
  for (const [i, planned] of plan.actions.entries()) {
    if (planned.id !== String(i + 1)) return outside(plan, `action ${planned.id}`)
    const fault = judgeAction(planned, plan, service, needed, secret)
    if (fault !== undefined) return fault
  }
  const reals = realsOf(plan)
  if (new Set(reals).size < reals.length) return outside(plan, 'one file twice')
  if (plan.proof.length === 0) return outside(plan, 'no proof')
  for (const proof of plan.proof) {
    const fault = judgeProof(proof, plan, service)
    if (fault !== undefined) return fault
  }
  for (const assertion of plan.pre)
    if (assertion.kind === 'unit' && !isDeclaredUnit(assertion.unit, service))
      return outside(plan, assertion.unit)
  for (const target of needed) if (!plan.targets.includes(target)) return outside(plan, target)
  const keepsByPerson = filesOf(plan).some((path) => declaredFile(service, path)?.keep === 'person')
  if (keepsByPerson && plan.keep.by !== 'person') return outside(plan, 'keep: proof')
  if (plan.keep.seconds !== policy.rules.keepSeconds) return outside(plan, `keep: ${plan.keep.seconds} s`)
  if (plan.pattern === 'config' ? plan.playbook !== 'config/1' : plan.playbook !== 'service/1')
    return outside(plan, plan.playbook)
  if (plan.pattern === 'service' && !isServicePlan(plan, policy, service))
    return outside(plan, 'a plan that is not the service playbook’s own')
  const missing = plan.pattern === 'config' ? missingProof(plan, service, filesOf(plan), reals) : undefined
  if (missing !== undefined) return missing
  const instants = plan.window !== undefined && plan.window.from > plan.window.until
  return instants ? outside(plan, 'window') : { ok: true }
}

function judgeAction(
  { id, action, undo }: PlannedAction,
  plan: Plan,
  service: Service,
  needed: Set<TargetId>,
  secret: SecretOf,
): Refused | undefined {
  for (const step of undo) {
    if (step.kind !== 'unit') continue
    if (!isDeclaredUnit(step.unit, service)) return outside(plan, step.unit)
    if (plan.pattern === 'config' && !isActivation(step.verb)) return outside(plan, `undo: ${step.verb}`)
  }
  switch (action.kind) {
    case 'replaceFiles':
    case 'editEnv': {
      const changes = action.kind === 'editEnv' ? [action] : action.files
      if (changes.length === 0) return outside(plan, `action ${id}`)
      if (undo[0]?.kind !== 'putBack') return refused('judge.undo_incomplete', { action: id })
      for (const one of changes) {
        const { path, real, links, before } = one
        const declared = declaredFile(service, path)
        if (declared === undefined) return outside(plan, path)
        if (!fits(declared, action, before.kind)) return outside(plan, path)
        // A secret's bytes are no blob: whole files are replaced by what was read by everybody who approved.
        if ('after' in one && one.after.kind === 'secret') return outside(plan, path)
        if ('after' in one && !isOwnedAs(declared, one.after)) return outside(plan, path)
        needed.add(fileTarget(plan.host, path))
        // INVARIANT I4: two declared names of one real file are one target.
        if (links.length > 0 && real !== path) needed.add(fileTarget(plan.host, real))
        if (kindRow(declared.kind).target === 'nginx') needed.add(nginxTarget(plan.host))
      }
      return action.kind === 'editEnv' ? judgeSecrets(action, plan, secret) : undefined
    }
    case 'unit':
      if (!isDeclaredUnit(action.unit, service)) return outside(plan, action.unit)
      if (plan.pattern === 'config' && !isActivation(action.verb)) return outside(plan, action.verb)
      if (plan.pattern === 'config' && undo.length > 0) return outside(plan, `undo of action ${id}`)
      needed.add(unitTarget(plan.host, action.unit))
      return undefined
    case 'daemonReload':
      return undo.length > 0 ? outside(plan, `undo of action ${id}`) : undefined
    case 'assertLoss':
    case 'exchange':
    case 'renameDatabase':
      return outside(plan, action.kind)
  }
}

/** What makes a changed file effective, in either direction. The way back hangs on the write. */
function isActivation(verb: UnitVerb): boolean {
  return verb === 'restart' || verb === 'reload'
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

function judgeSecrets(
  action: Extract<Action, { readonly kind: 'editEnv' }>,
  plan: Plan,
  secret: SecretOf,
): Refused | undefined {
  for (const { to } of action.set) {
    if (to.kind !== 'secret') continue
    // A secret was put for one service; written into a file of another it would be theirs to read.
    if (!to.reference.startsWith(`${plan.service}/`)) return outside(plan, to.reference)
    if (secret(to.reference, to.version) !== to.keyed)
      return refused('judge.secret_missing', { reference: to.reference, version: to.version })
  }
  return undefined
}

function judgeProof(proof: Proof, plan: Plan, service: Service): Refused | undefined {
  switch (proof.kind) {
    case 'files':
    case 'health':
      return undefined
    case 'nginx':
      if (!isDeclaredUnit(proof.unit, service)) return outside(plan, proof.unit)
      return proof.errorLog === NGINX_ERROR_LOG || proof.errorLog === service.logs.error
        ? undefined
        : outside(plan, proof.errorLog)
    case 'unit':
    case 'running':
    case 'answers':
      return isDeclaredUnit(proof.unit, service) ? undefined : outside(plan, proof.unit)
    case 'probe':
      return declaredFile(service, proof.path) === undefined ? outside(plan, proof.path) : undefined
    case 'restored':
      return outside(plan, proof.what)
  }
}

export function isDeclaredUnit(unit: string, service: Service): boolean {
  return unit === service.unit || service.files.some((one) => one.unit === unit)
}

function realsOf(plan: Plan): readonly string[] {
  return plan.actions.flatMap(({ action }) => {
    if (action.kind === 'replaceFiles') return action.files.map(({ real }) => real)
    return action.kind === 'editEnv' ? [action.real] : []
  })
}

function filesOf(plan: Plan): readonly string[] {
  return plan.actions.flatMap(({ action }) => {
    switch (action.kind) {
      case 'replaceFiles':
        return action.files.map(({ path }) => path)
      case 'editEnv':
        return [action.path]
      case 'unit':
      case 'daemonReload':
      case 'assertLoss':
      case 'exchange':
      case 'renameDatabase':
        return []
    }
  })
}

function outside(plan: Plan, what: string): Refused {
  return refused('judge.action_outside', { what, service: plan.service })
}
