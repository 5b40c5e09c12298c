// The one plan that the config playbook makes of a set of file changes. The gate makes it. The judge makes it again from the changes that
// the plan names and from its own rules, and compares: the gate does not choose what is done, proven and taken back around the changes.
import {
  byteOrder,
  type ChangeId,
  fileTarget,
  nginxTarget,
  type TargetId,
  unitTarget,
} from '../../base/id.ts'
import { canonical, isObject, type Json } from '../../base/json.ts'
import type { Instant } from '../../base/time.ts'
import type { EditEnv } from '../actions/edit-env.ts'
import type { UnitVerb } from '../actions/unit.ts'
import { type Action, plannedFiles, replacedBy } from '../actions.ts'
import { isUnproven, kindRow } from '../config-kinds/registry.ts'
import { BACKUP_LEVEL, dataDirectoryOf } from '../data-directory.ts'
import type { FileChange } from '../file-state.ts'
import type { Assertion, Plan, PlannedAction, UndoStep } from '../plan.ts'
import { type CompiledPolicy, type ConfigFile, declaredFile, type Service } from '../policy.ts'
import type { Proof } from '../proofs.ts'

export interface ConfigWork {
  readonly change: ChangeId
  readonly revision: number
  /** In byte order of their paths. */
  readonly files: readonly FileChange[]
  readonly env: readonly EditEnv[]
  /** Where each path leads: two declared names of one real file are one target. */
  readonly reals: readonly { readonly path: string; readonly real: string }[]
  /** How long each unit may take to stop, by name, in ms. */
  readonly stopTimeoutMs: Readonly<Record<string, number>>
  /** The declared health of the service was read as red. */
  readonly down: boolean
  /** Units that do not run now. */
  readonly inactive: readonly string[]
  /** A person asked to keep it themselves. */
  readonly keepByPerson: boolean
  readonly window?: { readonly from: Instant; readonly until: Instant }
}

/** Where nginx says `[emerg]`. */
const NGINX_ERROR_LOG = '/var/log/nginx/error.log'
const UNIT_STABLE_MS = 2000
/** What is written inside of declared data changes data: asked anew at the start (S06). */
const BACKED_UP: Assertion = { kind: 'backup', level: BACKUP_LEVEL }
const FILES_TIMEOUT_MS = 30_000
const RELOAD_TIMEOUT_MS = 60_000
/** Start time-out of systemd (90 s) and a margin, on top of the unit's own stop time-out. */
const START_MARGIN_MS = 100_000
const DEFAULT_STOP_MS = 90_000
const LONGEST_MS = 3_600_000

export function configPlan(
  policy: { readonly rules: Pick<CompiledPolicy['rules'], 'keepSeconds'> },
  service: Service,
  work: ConfigWork,
): Plan {
  const changed = [...work.files, ...work.env]
  const paths = changed.map(({ path }) => path)
  const declared = paths.flatMap((path) => declaredFile(service, path) ?? [])
  // Of a deleted link the place where it lies and the place where it leads.
  const reals = [...changed, ...work.reals].map(({ real }) => real)
  const data = dataDirectoryOf(service, ...paths, ...reals)
  const isDown = work.down && service.health !== undefined
  // What does not run reads nothing again: a repair starts it.
  const activations = activationsOf(declared, service).map(({ unit, verb }) => ({
    unit,
    verb: isDown && work.inactive.includes(unit) ? ('restart' as const) : verb,
  }))
  const isReread = declared.some(({ kind }) => kindRow(kind).unitFile)
  const activationSteps: UndoStep[] = [
    ...(isReread ? [{ kind: 'daemonReload' } as const] : []),
    ...activations.map(
      ({ unit, verb }) => ({ kind: 'unit', unit, verb: undoneBy(unit, declared, service) ?? verb }) as const,
    ),
  ]
  const writes: Action[] = [
    ...(work.files.length === 0 ? [] : [{ kind: 'replaceFiles', files: work.files } as const]),
    ...work.env,
  ]
  // Undo goes backwards, so whatever makes the old files effective again hangs on the first write: it runs when all are back.
  const actions: PlannedAction[] = []
  const push = (action: Action, undo: readonly UndoStep[], timeoutMs: number) =>
    actions.push({ id: String(actions.length + 1), action, undo, timeoutMs })
  writes.forEach((action, i) => {
    push(
      action,
      i === 0 ? [{ kind: 'putBack' }, ...activationSteps] : [{ kind: 'putBack' }],
      FILES_TIMEOUT_MS,
    )
  })
  if (isReread) push({ kind: 'daemonReload' }, [], RELOAD_TIMEOUT_MS)
  for (const { unit, verb } of activations)
    push({ kind: 'unit', unit, verb }, [], unitTimeout(verb, unit, work.stopTimeoutMs))

  const keepByPerson =
    work.keepByPerson || declared.some((file) => file.keep === 'person' || isUnproven(file))
  return {
    v: 1,
    change: work.change,
    revision: work.revision,
    host: service.host,
    service: service.name,
    pattern: 'config',
    playbook: 'config/1',
    targets: targetsOf(service.host, work.reals, paths, declared, activations),
    actions,
    pre: [...assertions(service, activations, isDown), ...(data === undefined ? [] : [BACKED_UP])],
    proof: proofs(service, declared, activations),
    diagnostics: false,
    keep: { by: keepByPerson ? 'person' : 'proof', seconds: policy.rules.keepSeconds },
    ...(work.window === undefined ? {} : { window: work.window }),
    ...(isDown ? { startsFrom: 'down' } : {}),
  }
}

interface Activated {
  readonly unit: string
  readonly verb: UnitVerb
}

/** A restart of a unit covers its reload. Order: nginx last, so that what it proxies to is up before. */
function activationsOf(declared: readonly ConfigFile[], service: Service): readonly Activated[] {
  const verbs = new Map<string, UnitVerb>()
  for (const file of declared) {
    const unit = file.unit ?? service.unit
    if (file.activation === 'none' || unit === undefined) continue
    if (verbs.get(unit) !== 'restart') verbs.set(unit, file.activation)
  }
  return [...verbs]
    .map(([unit, verb]) => ({ unit, verb }))
    .sort(
      (a, b) =>
        Number(a.unit === 'nginx.service') - Number(b.unit === 'nginx.service') || byteOrder(a.unit, b.unit),
    )
}

/** What makes the old files effective again, where that is not what makes the new ones so. */
function undoneBy(unit: string, declared: readonly ConfigFile[], service: Service): UnitVerb | undefined {
  return declared
    .filter((file) => (file.unit ?? service.unit) === unit)
    .map(({ kind }) => kindRow(kind).undone)
    .find((verb) => verb !== undefined)
}

function unitTimeout(verb: UnitVerb, unit: string, stopTimeoutMs: Readonly<Record<string, number>>): number {
  if (verb === 'reload') return RELOAD_TIMEOUT_MS
  return Math.min((stopTimeoutMs[unit] ?? DEFAULT_STOP_MS) + START_MARGIN_MS, LONGEST_MS)
}

function targetsOf(
  host: string,
  reals: ConfigWork['reals'],
  paths: readonly string[],
  declared: readonly ConfigFile[],
  activations: readonly Activated[],
): readonly TargetId[] {
  const targets = new Set<TargetId>()
  for (const path of paths) targets.add(fileTarget(host, path))
  // Two declared names of one real file are one target too.
  for (const { path, real } of reals)
    if (paths.includes(path) && real !== path) targets.add(fileTarget(host, real))
  if (declared.some(({ kind }) => kindRow(kind).target === 'nginx')) targets.add(nginxTarget(host))
  for (const { unit } of activations) targets.add(unitTarget(host, unit))
  return [...targets].sort(byteOrder)
}

function assertions(
  service: Service,
  activations: readonly Activated[],
  isDown: boolean,
): readonly Assertion[] {
  return [
    ...activations
      .filter(({ verb }) => verb === 'reload')
      .map(({ unit }) => ({ kind: 'unit', unit, active: true }) as const),
    ...(service.health === undefined || isDown ? [] : [{ kind: 'health' } as const]),
  ]
}

function proofs(
  service: Service,
  declared: readonly ConfigFile[],
  activations: readonly Activated[],
): readonly Proof[] {
  const list: Proof[] = [{ kind: 'files' }]
  const verbOf = (unit: string) => activations.find((one) => one.unit === unit)?.verb
  for (const { kind, unit } of declared) {
    const { shown } = kindRow(kind)
    if (shown.by !== 'nginx' || list.some((one) => one.kind === 'nginx')) continue
    const of = unit ?? kindRow(kind).unit ?? ''
    list.push({ kind: 'nginx', unit: of, errorLog: NGINX_ERROR_LOG, stableMs: shown.stableMs })
  }
  const settings = declared.find(({ kind }) => kindRow(kind).shown.by === 'unit')
  const unit = settings?.unit ?? service.unit
  if (settings !== undefined && unit !== undefined)
    list.push({ kind: 'unit', unit, restarted: verbOf(unit) === 'restart', stableMs: UNIT_STABLE_MS })
  for (const { unit: restarted, verb } of activations)
    if (verb === 'restart' && restarted !== settings?.unit)
      list.push({ kind: 'running', unit: restarted, active: true, newer: true, stableMs: UNIT_STABLE_MS })
  for (const { kind, unit: declaredUnit } of declared) {
    const { shown } = kindRow(kind)
    const of = declaredUnit ?? service.unit
    if (shown.by !== 'answers' || of === undefined) continue
    if (list.some((one) => one.kind === 'answers' && one.unit === of)) continue
    list.push({ kind: 'answers', unit: of, greeting: shown.greeting, stableMs: UNIT_STABLE_MS })
  }
  // Only a declared probe of the application shows that such a file is in effect (spine §7).
  for (const file of declared)
    if (kindRow(file.kind).shown.by === 'probe') list.push({ kind: 'probe', path: file.path })
  if (service.health !== undefined) list.push({ kind: 'health' })
  return list
}

/**
 * Undefined where this is exactly the plan that the playbook makes of the changes that it names; else the first place that differs:
 * `actions.1.undo`, `proof nginx`. Allowed besides are more locked targets and a question for a backup; the order of the proofs is free.
 */
export function configDifference(
  plan: Plan,
  policy: { readonly rules: Pick<CompiledPolicy['rules'], 'keepSeconds'> },
  service: Service,
): string | undefined {
  const own = configPlan(policy, service, workOf(plan))
  const missing = own.targets.find((target) => !plan.targets.includes(target))
  if (missing !== undefined) return `targets ${missing}`
  const proof = differentProof(own.proof, plan.proof)
  if (proof !== undefined) return `proof ${proof.kind}`
  const asks = own.pre.some(({ kind }) => kind === 'backup')
  const pre = asks ? plan.pre : plan.pre.filter(({ kind }) => kind !== 'backup')
  const same = { ...plan, targets: own.targets, proof: own.proof, pre }
  return firstDifference(own as unknown as Json, same as unknown as Json)
}

/** What the plan says of the changes themselves, of the units' time-outs, and of what was found. */
function workOf({ change, revision, actions, keep, window, startsFrom }: Plan): ConfigWork {
  const files = actions.flatMap(({ action }) => replacedBy(action))
  const units = actions.flatMap(({ action, timeoutMs }) =>
    action.kind === 'unit' ? [{ ...action, timeoutMs }] : [],
  )
  return {
    change,
    revision,
    files: files.toSorted((a, b) => byteOrder(a.path, b.path)),
    env: actions.flatMap(({ action }) => (action.kind === 'editEnv' ? [action] : [])),
    reals: actions
      .flatMap(({ action }) => plannedFiles(action))
      .filter(({ links }) => links.length > 0)
      .map(({ path, real }) => ({ path, real })),
    // Facts of the host decide this time-out alone: it must stand between the shortest and the longest that the playbook can give.
    stopTimeoutMs: Object.fromEntries(
      units.flatMap(({ unit, timeoutMs }) =>
        timeoutMs < START_MARGIN_MS ? [] : [[unit, timeoutMs - START_MARGIN_MS]],
      ),
    ),
    down: startsFrom === 'down',
    inactive: units.filter(({ verb }) => verb === 'restart').map(({ unit }) => unit),
    keepByPerson: keep.by === 'person',
    ...(window === undefined ? {} : { window }),
  }
}

/** The first proof that only one of the two lists holds, or that one holds more often. */
function differentProof(own: readonly Proof[], others: readonly Proof[]): Proof | undefined {
  const left = [...others]
  for (const proof of own) {
    const at = left.findIndex((one) => canonical({ ...one }) === canonical({ ...proof }))
    if (at < 0) return proof
    left.splice(at, 1)
  }
  return left[0]
}

/** The place of the first value that is not the same, lists counted from 1 like the ids of actions. */
function firstDifference(own: Json, other: Json, at = ''): string | undefined {
  if (canonical(own) === canonical(other)) return undefined
  const both = Array.isArray(own) && Array.isArray(other) && own.length === other.length
  if (!both && !(isObject(own) && isObject(other))) return at
  const a = own as Readonly<Record<string, Json>>
  const b = other as Readonly<Record<string, Json>>
  for (const key of [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()) {
    const [left, right] = [a[key], b[key]]
    const name = both ? String(Number(key) + 1) : key
    const inside = at === '' ? name : `${at}.${name}`
    if (left === undefined || right === undefined) return inside
    const found = firstDifference(left, right, inside)
    if (found !== undefined) return found
  }
  return at
}
