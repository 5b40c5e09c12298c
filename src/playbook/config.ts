// The config playbook: from what somebody wants of declared files, and the facts read of them, to one frozen plan.
// Values in, values out: the same wish on the same facts gives the same plan, byte for byte.
import { type Answer, refused } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import { byteOrder, type ChangeId, fileTarget, nginxTarget, type TargetId, unitTarget } from '../base/id.ts'
import type { Instant } from '../base/time.ts'
import { mask } from '../guard/mask.ts'
import { type EnvSetting } from '../plans/actions/edit-env.ts'
import { type UnitVerb } from '../plans/actions/unit.ts'
import { type Action } from '../plans/actions.ts'
import { isUnproven, kindRow } from '../plans/config-kinds/registry.ts'
import { BACKUP_LEVEL, dataDirectoryOf } from '../plans/data-directory.ts'
import type { FileChange, FileState, Link } from '../plans/file-state.ts'
import { ownNameOf } from '../plans/own-name.ts'
import type { Assertion, Plan, PlannedAction, UndoStep } from '../plans/plan.ts'
import { type CompiledPolicy, type ConfigFile, declaredFile, type Service } from '../plans/policy.ts'
import type { Proof } from '../plans/proofs.ts'
import { isWritable } from '../seal/env-value.ts'

export type FileWanted =
  | {
      readonly kind: 'write'
      readonly path: string
      readonly digest: Digest
      readonly size: number
      /** Of a file that comes back: the owner and mode it had. */
      readonly as?: { readonly mode: number; readonly uid: number; readonly gid: number }
    }
  | { readonly kind: 'delete'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }

export interface EnvWanted {
  readonly path: string
  readonly set: readonly EnvSetting[]
  readonly unset: readonly string[]
}

/** What was read of one declared path (plans/fingerprint.ts, kind `file`). */
export interface FileFacts {
  readonly path: string
  readonly real: string
  readonly links: readonly Link[]
  readonly state: FileState
  /** Whose the declared name is, where it is a link itself. */
  readonly link?: { readonly uid: number; readonly gid: number }
}

export interface ConfigWish {
  readonly change: ChangeId
  readonly revision: number
  readonly files: readonly FileWanted[]
  readonly env: readonly EnvWanted[]
  readonly keep?: 'proof' | 'person'
  readonly window?: { readonly from: Instant; readonly until: Instant }
}

export interface ConfigFacts {
  readonly files: readonly FileFacts[]
  /** How long each unit may take to stop, by name, in ms. */
  readonly stopTimeoutMs: Readonly<Record<string, number>>
  /** The declared health of the service was read as red. */
  readonly down?: boolean
  /** Units that do not run now. */
  readonly inactive?: readonly string[]
}

/** Names whose values nobody should read: such a value goes by `secret put`, never through plan and ledger. */
const LOOKS_SECRET =
  /(^|_)(PASSWORD|PASSWD|PASS|SECRET|TOKEN|CREDENTIALS?|PRIVATE|API_?KEY|ACCESS_?KEY|SECRET_?KEY|DATABASE_URL|DSN)($|_)/i

/** Where nginx says `[emerg]`, unless the service declares its own error log. */
export const NGINX_ERROR_LOG = '/var/log/nginx/error.log'
const UNIT_STABLE_MS = 2000
/** What is written inside of declared data changes data: asked anew at the start (S06). */
const BACKED_UP: Assertion = { kind: 'backup', level: BACKUP_LEVEL }
const FILES_TIMEOUT_MS = 30_000
const RELOAD_TIMEOUT_MS = 60_000
/** Start time-out of systemd (90 s) and a margin, on top of the unit's own stop time-out. */
const START_MARGIN_MS = 100_000
const DEFAULT_STOP_MS = 90_000

export function planConfig(
  policy: CompiledPolicy,
  service: Service,
  wish: ConfigWish,
  facts: ConfigFacts,
): Answer<{ readonly plan: Plan }> {
  const paths = [...wish.files.map(({ path }) => path), ...wish.env.map(({ path }) => path)]
  if (paths.length === 0) return refused('plan.nothing_to_do', { service: service.name })
  if (new Set(paths).size !== paths.length) return refused('plan.path_twice', { paths })
  const declared: ConfigFile[] = []
  for (const path of paths) {
    const file = declaredFile(service, path)
    if (file === undefined)
      return refused('plan.path_not_declared', {
        path,
        service: service.name,
        declared: service.files.map((one) => one.path),
        missing: paths.filter((one) => declaredFile(service, one) === undefined),
      })
    declared.push(file)
  }
  for (const { path } of wish.files)
    if (declaredFile(service, path)?.secret === true) return refused('plan.secret_by_key_only', { path })
  for (const { path } of wish.env)
    if (!isByKey(declaredFile(service, path))) return refused('plan.not_dotenv', { path })
  const open = wish.env
    .flatMap(({ set }) => set)
    .find(({ key, to }) => to.kind === 'text' && (LOOKS_SECRET.test(key) || mask(to.value) !== to.value))
  if (open !== undefined) return refused('plan.looks_secret', { key: open.key, service: service.name })
  const unwritable = wish.env
    .flatMap(({ set }) => set)
    .find(({ to }) => to.kind === 'text' && !isWritable(to.value))
  if (unwritable !== undefined) return refused('plan.value_not_writable', { key: unwritable.key })

  const changes: FileChange[] = []
  for (const wanted of [...wish.files].sort((a, b) => byteOrder(a.path, b.path))) {
    const read = facts.files.find((one) => one.path === wanted.path)
    if (read === undefined) return refused('plan.not_read', { path: wanted.path })
    const change = fileChange(wanted, read, declaredFile(service, wanted.path))
    if (!change.ok) return change
    changes.push(change.change)
  }
  if (
    wish.env.length === 0 &&
    changes.every(({ before, after }) => JSON.stringify(before) === JSON.stringify(after))
  )
    return refused('plan.already_so', { paths })

  const reals = facts.files.filter(({ path }) => paths.includes(path)).map(({ real }) => real)
  const data = dataDirectoryOf(service, ...paths, ...reals)
  if (data?.change === 'api-only')
    return refused('plan.data_api_only', { dir: data.dir, service: service.name })

  const isDown = facts.down === true && service.health !== undefined
  // What does not run reads nothing again: a repair starts it.
  const activations = activationsOf(declared, service).map(({ unit, verb }) => ({
    unit,
    verb: isDown && facts.inactive?.includes(unit) === true ? ('restart' as const) : verb,
  }))
  const isReread = declared.some(({ kind }) => kindRow(kind).unitFile)
  const activationSteps: UndoStep[] = [
    ...(isReread ? [{ kind: 'daemonReload' } as const] : []),
    ...activations.map(
      ({ unit, verb }) => ({ kind: 'unit', unit, verb: undoneBy(unit, declared, service) ?? verb }) as const,
    ),
  ]
  const writes: Action[] = []
  if (changes.length > 0) writes.push({ kind: 'replaceFiles', files: changes })
  for (const wanted of wish.env) {
    const read = facts.files.find((one) => one.path === wanted.path)
    if (read === undefined) return refused('plan.not_read', { path: wanted.path })
    if (wanted.set.length + wanted.unset.length === 0)
      return refused('plan.nothing_to_do', { service: service.name })
    writes.push({
      kind: 'editEnv',
      path: read.path,
      real: read.real,
      links: read.links,
      before: read.state,
      set: wanted.set,
      unset: wanted.unset,
    })
  }
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
    push({ kind: 'unit', unit, verb }, [], unitTimeout(verb, unit, facts.stopTimeoutMs))

  const keepByPerson =
    wish.keep === 'person' || declared.some((file) => file.keep === 'person' || isUnproven(file))
  return {
    ok: true,
    plan: {
      v: 1,
      change: wish.change,
      revision: wish.revision,
      host: service.host,
      service: service.name,
      pattern: 'config',
      playbook: 'config/1',
      targets: targetsOf(service.host, facts.files, paths, declared, activations),
      actions,
      pre: [...assertions(service, activations, isDown), ...(data === undefined ? [] : [BACKED_UP])],
      proof: proofs(service, declared, wish, activations),
      diagnostics: false,
      keep: { by: keepByPerson ? 'person' : 'proof', seconds: policy.rules.keepSeconds },
      ...(wish.window === undefined ? {} : { window: wish.window }),
      ...(isDown ? { startsFrom: 'down' } : {}),
    },
  }
}

const NEW_FILE = { mode: 0o644, uid: 0, gid: 0 }

function fileChange(
  wanted: FileWanted,
  read: FileFacts,
  declared: ConfigFile | undefined,
): Answer<{ readonly change: FileChange }> {
  const { path, real, links, state: before } = read
  const { mode: fresh, ...anew } = (wanted.kind === 'write' ? wanted.as : undefined) ?? NEW_FILE
  const owner = before.kind === 'absent' ? anew : { uid: before.uid, gid: before.gid }
  const mode = before.kind === 'file' ? before.mode : before.kind === 'absent' ? fresh : NEW_FILE.mode
  const owned = declared === undefined ? undefined : kindRow(declared.kind).owned
  switch (wanted.kind) {
    case 'write':
      return {
        ok: true,
        change: {
          path,
          real,
          links,
          before,
          after: { kind: 'file', digest: wanted.digest, size: wanted.size, mode, ...owner, ...owned },
        },
      }
    case 'delete': {
      // What is deleted is the declared name; where that is a link, the link and not the file behind it, which may be gone already.
      const own = inPlaceOf(read)
      if (own.before.kind === 'absent') return refused('plan.already_so', { paths: [path] })
      return { ok: true, change: { path, ...own, after: { kind: 'absent' } } }
    }
    case 'link':
      return {
        ok: true,
        change: {
          path,
          ...inPlaceOf(read),
          after: { kind: 'link', target: wanted.target, uid: 0, gid: 0 },
        },
      }
  }
}

/** The declared name itself: a link where it is one, else the file; the links of its directories are only followed. */
function inPlaceOf({
  path,
  real,
  links,
  state,
  link,
}: FileFacts): Pick<FileChange, 'real' | 'links' | 'before'> {
  const own = ownNameOf(path, links)
  return own?.target === undefined || link === undefined
    ? { real, links, before: state }
    : { real: own.path, links: [], before: { kind: 'link', target: own.target, ...link } }
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
  return Math.min((stopTimeoutMs[unit] ?? DEFAULT_STOP_MS) + START_MARGIN_MS, 3_600_000)
}

function targetsOf(
  host: string,
  files: readonly FileFacts[],
  paths: readonly string[],
  declared: readonly ConfigFile[],
  activations: readonly Activated[],
): readonly TargetId[] {
  const targets = new Set<TargetId>()
  for (const path of paths) targets.add(fileTarget(host, path))
  // Two declared names of one real file are one target too.
  for (const { path, real } of files)
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
  wish: ConfigWish,
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
    if (kindRow(file.kind).shown.by === 'probe') list.push({ kind: 'probe', path: pathOf(file, wish) })
  if (service.health !== undefined) list.push({ kind: 'health' })
  return list
}

function isByKey(file: ConfigFile | undefined): boolean {
  return file !== undefined && kindRow(file.kind).byKey === true
}

function pathOf(file: ConfigFile, wish: ConfigWish): string {
  const all = [...wish.files.map(({ path }) => path), ...wish.env.map(({ path }) => path)]
  return all.find((path) => path === file.path) ?? file.path
}

/** The name on the card: what kind of configuration this is. */
export function configKind(service: Service, paths: readonly string[]): string {
  const kinds = new Set(paths.map((path) => declaredFile(service, path)?.kind ?? 'file'))
  return kinds.size === 1 ? ([...kinds][0] as string) : 'several'
}
