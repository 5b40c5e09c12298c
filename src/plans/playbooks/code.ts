// The one plan that the code playbook makes of what was staged. The gate makes it, and the judge makes it again of what this runner built, tested and
// rehearsed itself, and compares.
import { byteOrder, type ChangeId, codeTarget, unitTarget } from '../../base/id.ts'
import { canonical, type Json } from '../../base/json.ts'
import type { Instant } from '../../base/time.ts'
import type { CodeStaged } from '../code.ts'
import type { CodeRules } from '../code-rules.ts'
import { BACKUP_LEVEL } from '../data-directory.ts'
import type { Assertion, Plan, PlannedAction } from '../plan.ts'
import type { CompiledPolicy, Service } from '../policy.ts'
import type { Proof } from '../proofs.ts'
import { SERVICE_STABLE_MS, serviceTimeoutMs } from './service.ts'

export interface CodeWork {
  readonly change: ChangeId
  readonly revision: number
  readonly staged: CodeStaged
  /** Of the commit: what people wrote, in the form of the guide. */
  readonly message: string
  readonly window?: { readonly from: Instant; readonly until: Instant }
}

/** Reads the whole release once more: a large one takes its time. */
const PLACE_TIMEOUT_MS = 900_000
const COMMIT_TIMEOUT_MS = 120_000

/**
 * Undefined where the service has no code or no unit. The new code is placed, the service starts with it, the smoke test runs, the commit is made
 * beside; the way back is the old code and one more start.
 */
export function codePlan(
  policy: Pick<CompiledPolicy, 'rules'>,
  service: Service,
  { change, revision, staged, message, window }: CodeWork,
): Plan | undefined {
  const { unit, code, host } = service
  if (unit === undefined || code === undefined) return undefined
  const steps: readonly Omit<PlannedAction, 'id'>[] = [
    {
      action: placing(staged),
      undo: [{ kind: 'putBack' }, { kind: 'unit', verb: 'restart', unit }],
      timeoutMs: PLACE_TIMEOUT_MS,
    },
    { action: { kind: 'unit', verb: 'restart', unit }, undo: [], timeoutMs: serviceTimeoutMs('restart') },
    ...smoke(code, staged, unit),
    { action: committing(code, staged, message), undo: [], timeoutMs: COMMIT_TIMEOUT_MS },
  ]
  return {
    v: 1,
    change,
    revision,
    host,
    service: service.name,
    pattern: 'code',
    playbook: 'code/1',
    targets: [codeTarget(host, code.repo.path), unitTarget(host, unit)].sort(byteOrder),
    actions: steps.map((one, i) => ({ id: String(i + 1), ...one })),
    pre: preOf(service),
    proof: proofOf(staged, service, unit),
    diagnostics: true,
    keep: { by: 'proof', seconds: policy.rules.keepSeconds },
    ...(window === undefined ? {} : { window }),
  }
}

function placing({ stage, path, commit, release, artefact }: CodeStaged): PlannedAction['action'] {
  const common = { stage, commit, artefact: artefact.digest, entries: artefact.entries }
  if (release === undefined) return { kind: 'placeTree', path, ...common }
  const { link, path: built, leads } = release
  return {
    kind: 'layRelease',
    link,
    release: built,
    ...common,
    ...(leads === undefined ? { before: 'absent' } : {}),
  }
}

function smoke(
  { smoke: rule }: CodeRules,
  staged: CodeStaged,
  unit: string,
): readonly Omit<PlannedAction, 'id'>[] {
  if (rule === undefined) return []
  const directory = staged.release?.path ?? staged.path
  return [
    {
      action: { kind: 'exec', name: 'smoke', argv: rule.argv, directory, unit },
      undo: [],
      timeoutMs: Math.min(rule.withinMs, 3_600_000),
    },
  ]
}

function committing(
  { repo }: CodeRules,
  { stage, path, commit, before }: CodeStaged,
  message: string,
): PlannedAction['action'] {
  const { branch, push } = repo
  return {
    kind: 'commit',
    stage,
    path,
    branch,
    commit,
    deployed: before.commit,
    message,
    ...(push === undefined ? {} : { push: push.url }),
  }
}

function preOf({ health, backup, data = [], databases = [] }: Service): readonly Assertion[] {
  const hasData = backup !== undefined && data.length + databases.length > 0
  return [
    ...(health === undefined ? [] : [{ kind: 'health' } as const]),
    ...(hasData ? [{ kind: 'backup', level: BACKUP_LEVEL } as const] : []),
  ]
}

function proofOf({ path, release }: CodeStaged, { health }: Service, unit: string): readonly Proof[] {
  return [
    { kind: 'deployed', path: release?.link ?? path },
    { kind: 'running', unit, active: true, newer: true, stableMs: SERVICE_STABLE_MS },
    ...(health === undefined ? [] : [{ kind: 'health' } as const]),
  ]
}

/** Is this exactly the plan that the playbook makes of what this runner staged? */
export function isCodePlan(
  plan: Plan,
  policy: CompiledPolicy,
  service: Service,
  staged: CodeStaged,
): boolean {
  const { change, revision, window } = plan
  const message =
    plan.actions.flatMap(({ action }) => (action.kind === 'commit' ? [action.message] : []))[0] ?? ''
  const own = codePlan(policy, service, {
    change,
    revision,
    staged,
    message,
    ...(window === undefined ? {} : { window }),
  })
  return own !== undefined && canonical(own as unknown as Json) === canonical(plan as unknown as Json)
}
