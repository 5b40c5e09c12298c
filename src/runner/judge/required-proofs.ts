// What the config playbook always looks at, and a plan may not leave out: an approver signs the plan that the gate wrote, and what shows
// whether it is in effect must not be the gate's choice (spine §7). Health is a needed check: waived by a statement, never by silence.
import { atLeast } from '../../backup/level.ts'
import { type Refused, refused } from '../../base/error.ts'
import { isUnproven, kindRow } from '../../plans/config-kinds/registry.ts'
import { BACKUP_LEVEL, dataDirectoryOf } from '../../plans/data-directory.ts'
import type { Plan, PlannedAction } from '../../plans/plan.ts'
import { SERVICE_STABLE_MS } from '../../plans/playbooks/service.ts'
import { type ConfigFile, declaredFile, type Service } from '../../plans/policy.ts'
import type { Proof } from '../../plans/proofs.ts'

/** In the order in which the playbook does and looks. */
export type RequiredProof =
  | 'health_before'
  | 'backup'
  | 'activation'
  | 'files'
  | 'nginx'
  | 'unit'
  | 'restarted'
  | 'answers'
  | 'probe'
  | 'health'
  | 'person'

/** Undefined where nothing is left out. `paths`: what the plan writes, as declared; `reals`: where that lies. */
export function missingProof(
  plan: Plan,
  service: Service,
  paths: readonly string[],
  reals: readonly string[],
): Refused | undefined {
  const { pre, proof, startsFrom } = plan
  const missing = (what: RequiredProof, of: string) =>
    refused('judge.look_missing', { what, of, change: plan.change })
  const files = paths.flatMap((path) => declaredFile(service, path) ?? [])
  const asserted = pre.some(({ kind }) => kind === 'health')
  // Down is what this runner reads itself (judgeDown, judgePre); here only the form of such a plan is looked at.
  if (startsFrom === 'down' && (service.health === undefined || asserted))
    return refused('judge.action_outside', { what: 'startsFrom: down', service: plan.service })
  if (service.health !== undefined && startsFrom === undefined && !asserted)
    return missing('health_before', service.name)
  const data = dataDirectoryOf(service, ...paths, ...reals)
  if (data?.change === 'api-only')
    return refused('judge.action_outside', { what: data.dir, service: plan.service })
  if (data !== undefined && !pre.some((one) => one.kind === 'backup' && atLeast(one.level, BACKUP_LEVEL)))
    return missing('backup', data.dir)
  for (const file of files) {
    const unit = file.unit ?? service.unit
    if (!isActivated(plan, file, unit)) return missing('activation', unit ?? file.path)
    const first = plan.actions.find(isWrite)
    if (first !== undefined && !isTakenInAgain(first, file, unit))
      return refused('judge.undo_incomplete', { action: first.id })
    if (file.activation === 'restart' && !proof.some((one) => showsRestart(one, unit)))
      return missing('restarted', unit ?? file.path)
  }
  if (!proof.some(({ kind }) => kind === 'files')) return missing('files', paths.join(', '))
  for (const file of files) {
    const look = ofKind(file, service, proof)
    if (look !== undefined) return missing(look, file.path)
  }
  if (service.health !== undefined && !proof.some(({ kind }) => kind === 'health'))
    return missing('health', service.name)
  const unproven = files.find(isUnproven)
  return unproven !== undefined && plan.keep.by !== 'person' ? missing('person', unproven.path) : undefined
}

/** What is declared to make the file effective comes after the last write: a service that never read it again proves nothing. */
function isActivated({ actions }: Plan, { activation }: ConfigFile, unit: string | undefined): boolean {
  if (activation === 'none') return true
  const written = actions.findLastIndex(
    ({ action }) => action.kind === 'replaceFiles' || action.kind === 'editEnv',
  )
  return actions
    .slice(written + 1)
    .some(
      ({ action }) =>
        action.kind === 'unit' &&
        action.unit === unit &&
        (action.verb === activation || action.verb === 'restart'),
    )
}

/** The way back goes backwards, so what makes the old files effective again stands with the first write, after they are put back. */
function isTakenInAgain(
  { undo }: PlannedAction,
  { kind, activation }: ConfigFile,
  unit: string | undefined,
): boolean {
  const reread = undo.findIndex((step) => step.kind === 'daemonReload')
  const { unitFile, undone = activation } = kindRow(kind)
  if (unitFile && reread < 0) return false
  if (activation === 'none') return true
  return undo.some(
    (step, i) =>
      step.kind === 'unit' &&
      step.unit === unit &&
      (step.verb === undone || step.verb === 'restart') &&
      (!unitFile || i > reread),
  )
}

function isWrite({ action }: PlannedAction): boolean {
  return action.kind === 'replaceFiles' || action.kind === 'editEnv'
}

function showsRestart(proof: Proof, unit: string | undefined): boolean {
  switch (proof.kind) {
    case 'running':
      return proof.unit === unit && proof.active && proof.newer && proof.stableMs >= SERVICE_STABLE_MS
    case 'unit':
      return proof.unit === unit && proof.restarted && proof.stableMs >= SERVICE_STABLE_MS
    case 'files':
    case 'nginx':
    case 'answers':
    case 'health':
    case 'probe':
    case 'restored':
      return false
  }
}

function ofKind(file: ConfigFile, service: Service, proof: readonly Proof[]): RequiredProof | undefined {
  const { shown } = kindRow(file.kind)
  switch (shown.by) {
    case 'nginx':
      return proof.some((one) => one.kind === 'nginx' && one.stableMs >= shown.stableMs) ? undefined : 'nginx'
    case 'unit':
      return service.files.every(({ unit }) => (unit ?? service.unit) === undefined) ||
        proof.some(({ kind }) => kind === 'unit')
        ? undefined
        : 'unit'
    case 'answers':
      return proof.some(
        (one) =>
          one.kind === 'answers' &&
          one.unit === (file.unit ?? service.unit) &&
          one.greeting === shown.greeting &&
          one.stableMs >= SERVICE_STABLE_MS,
      )
        ? undefined
        : 'answers'
    // The proof `files` is asked for in any case.
    case 'place':
      return undefined
    case 'probe':
      return proof.some((one) => one.kind === 'probe' && declaredFile(service, one.path) === file)
        ? undefined
        : 'probe'
  }
}
