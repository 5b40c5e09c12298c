// The one plan that the code playbook makes of what was staged. The gate makes it, and the judge makes it again of what this runner built, tested and
// rehearsed itself, and compares.
import { byteOrder, type ChangeId, codeTarget, unitTarget } from '../../base/id.ts'
import { canonical, type Json } from '../../base/json.ts'
import type { Instant } from '../../base/time.ts'
import { replacedBy } from '../actions.ts'
import type { CodeStaged } from '../code.ts'
import type { CodeRules } from '../code-rules.ts'
import type { CodeSchema } from '../code-schema.ts'
import { kindRow } from '../config-kinds/registry.ts'
import { BACKUP_LEVEL } from '../data-directory.ts'
import type { Assertion, Plan, PlannedAction } from '../plan.ts'
import { type CompiledPolicy, type ConfigFile, declaredFile, type Service } from '../policy.ts'
import type { Proof } from '../proofs.ts'
import { type ConfigWork, configPlan } from './config.ts'
import {
  type Migrated,
  maintenanceTurns,
  migrateAction,
  migratedDatabase,
  migrateTimeoutMs,
  schemaTargets,
  toolAction,
} from './schema.ts'
import { SERVICE_STABLE_MS, serviceTimeoutMs } from './service.ts'

export interface CodeWork {
  readonly change: ChangeId
  readonly revision: number
  readonly staged: CodeStaged
  /** Of the commit: what people wrote, in the form of the guide. */
  readonly message: string
  /** Files of the site that change with it. */
  readonly config?: CodeConfig
  readonly window?: { readonly from: Instant; readonly until: Instant }
}

export type CodeConfig = Pick<ConfigWork, 'files' | 'reals'>

/** Reads the whole release once more: a large one takes its time. */
const PLACE_TIMEOUT_MS = 900_000
const COMMIT_TIMEOUT_MS = 120_000

/**
 * Undefined where the service has no code or no unit, or takes no change of that schema. The schema changes first, then the new code is placed with the
 * configuration of its site, the service starts with it, the smoke test runs, the commit is made beside. The way back goes the other way, and the old code
 * starts when all is back. What takes code back takes the schema back behind it.
 */
export function codePlan(
  policy: Pick<CompiledPolicy, 'rules'>,
  service: Service,
  { change, revision, staged, message, config, window }: CodeWork,
): Plan | undefined {
  const { unit, code, host } = service
  if (unit === undefined || code === undefined) return undefined
  const database = staged.schema === undefined ? undefined : migratedDatabase(service, staged.schema.database)
  if (staged.schema !== undefined && (database === undefined || !isAsDeclared(database, staged.schema)))
    return undefined
  const site =
    config === undefined ? undefined : configPlan(policy, service, siteWork(change, revision, config))
  const isWrite = ({ action }: PlannedAction) => action.kind === 'replaceFiles'
  const restart = { kind: 'unit', verb: 'restart', unit } as const
  const place: Step = { action: placing(staged), undo: [{ kind: 'putBack' }], timeoutMs: PLACE_TIMEOUT_MS }
  const migrations = database === undefined ? [] : migrationSteps(database, staged)
  const [first = place, ...others] = staged.back === true ? [place, ...migrations] : [...migrations, place]
  const { on, off } = database === undefined ? NO_TURNS : maintenanceTurns(service)
  const steps: readonly Step[] = [
    ...on,
    // Undo goes backwards: the old code starts when old code and old schema are there.
    { ...first, undo: [...first.undo, restart] },
    ...others,
    ...(site?.actions.filter(isWrite) ?? []),
    { action: restart, undo: [], timeoutMs: serviceTimeoutMs('restart') },
    ...(site?.actions.filter((one) => !isWrite(one)) ?? []),
    ...smoke(code, staged, unit),
    { action: committing(code, staged, message), undo: [], timeoutMs: COMMIT_TIMEOUT_MS },
    ...off,
  ]
  const targets = new Set([
    codeTarget(host, code.repo.path),
    unitTarget(host, unit),
    ...(database === undefined ? [] : schemaTargets(service, database)),
    ...(site?.targets ?? []),
  ])
  return {
    v: 1,
    change,
    revision,
    host,
    service: service.name,
    pattern: 'code',
    playbook: 'code/1',
    targets: [...targets].sort(byteOrder),
    actions: steps.map(({ action, undo, timeoutMs }, i) => ({ id: String(i + 1), action, undo, timeoutMs })),
    pre: preOf(service, staged, database !== undefined, site?.pre ?? []),
    proof: proofOf(staged, service, unit, site?.proof ?? []),
    diagnostics: true,
    keep: { by: site?.keep.by ?? 'proof', seconds: policy.rules.keepSeconds },
    ...(window === undefined ? {} : { window }),
  }
}

type Step = Omit<PlannedAction, 'id'>
const NO_TURNS: ReturnType<typeof maintenanceTurns> = { on: [], off: [] }

/** The rules may have changed since it was staged: a database has files or a tool, and the tool one directory. */
function isAsDeclared({ migrations }: Migrated, { pairs, turn }: CodeSchema): boolean {
  return turn === undefined
    ? migrations.tool === undefined
    : pairs.length === 0 && migrations.tool?.directory === turn.directory
}

function migrationSteps(database: Migrated, { stage, schema, back }: CodeStaged): readonly Step[] {
  const { pairs = [], turn } = schema ?? {}
  const actions = [
    ...pairs.map((pair) => migrateAction(database, { ...pair, ...(back === undefined ? {} : { back }) })),
    ...(turn === undefined ? [] : [toolAction(database, { ...turn, stage }, turn.catalogue)]),
  ]
  return actions.map((action) => ({
    action,
    undo: [{ kind: 'putBack' }],
    timeoutMs: migrateTimeoutMs(database),
  }))
}

function siteWork(change: ChangeId, revision: number, { files, reals }: CodeConfig): ConfigWork {
  return {
    change,
    revision,
    files,
    env: [],
    reals,
    stopTimeoutMs: {},
    down: false,
    inactive: [],
    keepByPerson: false,
  }
}

/** Files of the site that change with the code: nothing of what the unit of the service reads. */
export function isSiteFile(file: ConfigFile | undefined): file is ConfigFile {
  return file !== undefined && kindRow(file.kind).target === 'nginx'
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

/** What goes back is no worse for a service that is sick: that may be why (S36). */
function preOf(
  { health, backup, data = [], databases = [] }: Service,
  { back }: CodeStaged,
  migrates: boolean,
  ofSite: readonly Assertion[],
): readonly Assertion[] {
  const hasData = backup !== undefined && data.length + databases.length > 0
  return [
    ...(health === undefined || back === true ? [] : [{ kind: 'health' } as const]),
    ...(hasData || migrates ? [{ kind: 'backup', level: BACKUP_LEVEL } as const] : []),
    ...ofSite.filter(({ kind }) => kind === 'unit'),
  ]
}

function proofOf(
  { path, release, schema }: CodeStaged,
  { health }: Service,
  unit: string,
  ofSite: readonly Proof[],
): readonly Proof[] {
  return [
    ...(schema === undefined
      ? []
      : [{ kind: 'schema', port: schema.port, database: schema.database } as const]),
    ...ofSite.filter(({ kind }) => kind !== 'health'),
    { kind: 'deployed', path: release?.link ?? path },
    { kind: 'running', unit, active: true, newer: true, stableMs: SERVICE_STABLE_MS },
    ...(health === undefined ? [] : [{ kind: 'health' } as const]),
  ]
}

/** What the plan itself says of files of the site. Undefined where it names none. */
export function configOf({ actions }: Pick<Plan, 'actions'>): CodeConfig | undefined {
  const files = actions.flatMap(({ action }) => replacedBy(action))
  if (files.length === 0) return undefined
  return {
    files: files.toSorted((a, b) => byteOrder(a.path, b.path)),
    reals: files.filter(({ links }) => links.length > 0).map(({ path, real }) => ({ path, real })),
  }
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
  const config = configOf(plan)
  if (config?.files.some(({ path }) => !isSiteFile(declaredFile(service, path))) === true) return false
  const own = codePlan(policy, service, {
    change,
    revision,
    staged,
    message,
    ...(config === undefined ? {} : { config }),
    ...(window === undefined ? {} : { window }),
  })
  return own !== undefined && canonical(own as unknown as Json) === canonical(plan as unknown as Json)
}
