// From a wish to a plan: facts are read through the runner first, then one pure function makes the plan of them.
// The gate reads only what the runner tells it; bytes of secret files never come this way.
import { decode } from '../base/decode.ts'
import { type Answer, failureOf, refused, SekishoError } from '../base/error.ts'
import { type ErrorCode } from '../base/error-codes.ts'
import type { Detail } from '../base/error-values.ts'
import { type Digest, sha256 } from '../base/hash.ts'
import { type ChangeId, fileTarget, isIncidentId } from '../base/id.ts'
import type { Impact, Wishes } from '../change/change.ts'
import { diffText } from '../change/diff.ts'
import { impactOf } from '../change/impact.ts'
import type { EnvWish, NewChange } from '../contract/change.ts'
import type { EnvSetting } from '../plans/actions/edit-env.ts'
import type { WishedCommand } from '../plans/actions/exec.ts'
import type { WishedRequest } from '../plans/actions/request.ts'
import { type CodeStaged, codeStaged, isCodeStaged } from '../plans/code.ts'
import { kindRow } from '../plans/config-kinds/registry.ts'
import { fileState } from '../plans/file-state.ts'
import type { Pattern } from '../plans/patterns.ts'
import { type Plan } from '../plans/plan.ts'
import { type CodeConfig, codePlan, configOf, isSiteFile } from '../plans/playbooks/code.ts'
import { dataPlan } from '../plans/playbooks/data.ts'
import { migratedDatabase, schemaPlan } from '../plans/playbooks/schema.ts'
import { type CompiledPolicy, type ConfigFile, declaredFile, type Service } from '../plans/policy.ts'
import { type Staged, staged } from '../plans/restore.ts'
import { type EnvWanted, type FileFacts, planConfig } from '../playbook/config.ts'
import { planService } from '../playbook/service.ts'
import type { ImpactFacts, UnitFacts } from '../seal/protocol.ts'
import { type CommitTexts, commitMessage } from './code-message.ts'
import { readMigrations, readSides } from './code-sides.ts'
import type { Gate } from './gate.ts'
import { openPorts } from './open-ports.ts'
import { type CommandRead, planCommand, readCommand } from './plan-command.ts'
import { differences } from './plan-diffs.ts'
import { planReconnect, withPorts } from './plan-isolation.ts'
import { doneBy, migrationOf, readSchema, type SchemaRead } from './plan-migration.ts'
import { planRequest, referencesOf } from './plan-request.ts'

/** New bytes by digest, as they came with the wish. */
export type Contents = ReadonlyMap<Digest, Uint8Array>

/** Wishes as they are kept: bytes go to the blobs, digests stay. Throws input.invalid, input.too_large. */
export function wishesOf(
  input: Pick<
    NewChange,
    'files' | 'env' | 'verb' | 'stage' | 'migration' | 'request' | 'command' | 'incident' | 'keep' | 'window'
  >,
  service: Service,
): { readonly wishes: Wishes; readonly contents: Contents } {
  const contents = new Map<Digest, Uint8Array>()
  const files = (input.files ?? []).map((wish) => {
    if (wish.kind !== 'write') return wish
    const bytes = Buffer.from(wish.base64, 'base64')
    if (bytes.toString('base64').replace(/=+$/, '') !== wish.base64.replace(/=+$/, ''))
      throw new SekishoError('input.invalid', { field: 'files', why: `${wish.path}: base64` })
    if (bytes.length > MAX_FILE)
      throw new SekishoError('input.too_large', { what: wish.path, limit: '1 MiB' })
    const digest = sha256(bytes)
    contents.set(digest, bytes)
    return { kind: 'write', path: wish.path, digest, size: bytes.length } as const
  })
  const wishes: Wishes = {
    files,
    env: input.env === undefined ? [] : [{ ...input.env, path: envPath(input.env, service) }],
    ...(input.verb === undefined ? {} : { verb: input.verb }),
    ...(input.stage === undefined ? {} : { stage: input.stage }),
    ...(input.migration === undefined ? {} : { migration: migrationOf(input.migration, service, contents) }),
    ...(input.request === undefined ? {} : { request: input.request as WishedRequest }),
    ...(input.command === undefined ? {} : { command: input.command as WishedCommand }),
    ...(isIncidentId(input.incident) ? { incident: input.incident } : {}),
    ...(input.keep === undefined ? {} : { keep: input.keep }),
    ...(input.window === undefined ? {} : { window: input.window as NonNullable<Wishes['window']> }), // Both are instants: the contract has read them.
  }
  return { wishes, contents }
}

const MAX_FILE = 1_048_576

/** May be left out where the service declares one dotenv file. */
function envPath(env: EnvWish, service: Service): string {
  if (env.path !== undefined) return env.path
  const [only, ...others] = service.files.filter(({ kind }) => kindRow(kind).byKey)
  if (only === undefined || others.length > 0)
    throw new SekishoError('input.invalid', {
      field: 'env.path',
      why: `dotenv: ${service.files.filter(({ kind }) => kindRow(kind).byKey).length}`,
    })
  return only.path
}

/** What was read of the world for one change. */
export interface Gathered {
  readonly files: readonly FileFacts[]
  readonly impact: readonly ImpactFacts[]
  readonly stopTimeoutMs: Readonly<Record<string, number>>
  /** How the units stand, by name. */
  readonly units?: ReadonlyMap<string, UnitFacts>
  /** The declared health of the service is red. */
  readonly down?: boolean
  /** Bytes that stand there now, by path; absent for secret files and where nothing is. */
  readonly before: ReadonlyMap<string, Uint8Array>
  /** Names of variables that a dotenv file has now, by path. */
  readonly keys: ReadonlyMap<string, readonly string[]>
  /** Of a restore, or a change of code: what the runner has prepared. */
  readonly staged?: Staged | CodeStaged
  /** Of a change of code: both sides of its files, by digest. */
  readonly sides?: ReadonlyMap<string, Uint8Array>
  /** Of migrations that come with code: their SQL. */
  readonly migrations?: Contents
  /** Of a change of a schema. */
  readonly schema?: SchemaRead
  /** Of a declared command. */
  readonly command?: CommandRead
  /** Of the end of an isolation: what can be reached from outside again. */
  readonly openPorts?: readonly string[]
  /** Version and keyed hash of each secret that is wished for, by reference: never a value. */
  readonly secrets: ReadonlyMap<string, { readonly version: number; readonly keyed: string }>
}

export async function gather(gate: Gate, service: Service, wishes: Wishes): Promise<Gathered> {
  const paths = [
    ...wishes.files.map(({ path }) => path),
    ...wishes.env.flatMap(({ path }) => (path === undefined ? [] : [path])),
  ]
  const declared = paths.map((path) => declaredFile(service, path))
  // An undeclared path is never asked of the runner: the playbook refuses it with its sentence.
  const known = paths.filter((_, i) => declared[i] !== undefined)
  const units = unitsOf(service, declared)
  const [files, impact, unitFacts, down] = await Promise.all([
    Promise.all(known.map((path) => readFile(gate, service, path))),
    Promise.all(known.map(async (path) => (await gate.runner.read({ kind: 'impact', path })).facts)),
    Promise.all(units.map(async (unit) => (await gate.runner.read({ kind: 'unit', unit })).facts)),
    known.length > 0 && isDown(gate, service),
  ])
  const before = new Map<string, Uint8Array>()
  const keys = new Map<string, readonly string[]>()
  for (const { path, state } of files) {
    if (state.kind === 'file') {
      const bytes = await gate.runner.bytes(path)
      if (sha256(bytes) !== state.digest)
        throw new SekishoError('file.unreadable', { path, why: 'it changed while it was read' })
      before.set(path, bytes)
    }
    if (wishes.env.some((one) => one.path === path)) {
      const env = await gate.runner.read({ kind: 'env', path })
      keys.set(
        path,
        env.keys.map(({ key }) => key),
      )
    }
  }
  const secrets = new Map<string, { version: number; keyed: string }>()
  for (const reference of referencesOf(service, wishes)) {
    const { version, keyed } = await gate.runner.read({ kind: 'secret', reference })
    secrets.set(reference, { version, keyed })
  }
  return {
    files,
    impact,
    secrets,
    ...(wishes.incident === undefined ? {} : { openPorts: await openPorts() }),
    ...(wishes.stage === undefined ? {} : await readPrepared(gate, service, wishes.stage)),
    ...(wishes.migration === undefined ? {} : { schema: await readSchema(gate, service, wishes.migration) }),
    ...(wishes.command === undefined ? {} : { command: await readCommand(gate, service, wishes.command) }),
    stopTimeoutMs: Object.fromEntries(unitFacts.map(({ unit, stopTimeoutMs }) => [unit, stopTimeoutMs])),
    units: new Map(unitFacts.map((facts) => [facts.unit, facts])),
    down,
    before,
    keys,
  }
}

/** One request where the service answers well; as many as are declared before it is called down. */
async function isDown(gate: Gate, { name, health }: Service): Promise<boolean> {
  if (health === undefined) return false
  const glance = await gate.runner.read({ kind: 'health', service: name, glance: true })
  if (glance.facts.verdict !== 'red') return false
  return (await gate.runner.read({ kind: 'health', service: name })).facts.verdict === 'red'
}

async function readPrepared(gate: Gate, service: Service, stage: string) {
  const prepared = await readStaged(gate, service, stage)
  if (!isCodeStaged(prepared)) return { staged: prepared }
  const sides = await readSides(gate, prepared)
  return { staged: prepared, sides, migrations: await readMigrations(gate, prepared, sides) }
}

/** Throws restore.stage_gone, and what it failed with. The runner's facts are read as a stranger's. */
async function readStaged(gate: Gate, service: Service, stage: string): Promise<Staged | CodeStaged> {
  const { facts } = await gate.runner.read({ kind: 'stage', stage })
  if (facts.state === 'failed')
    throw failureOf({ code: facts.code as ErrorCode, detail: facts.detail as Detail })
  if (facts.state === 'working')
    throw new SekishoError('restore.not_ready', { stage, step: facts.progress.step })
  if (facts.state === 'gone') throw new SekishoError('restore.stage_gone', { stage })
  const read = isCodeStaged(facts.staged) ? decode(codeStaged, facts.staged) : decode(staged, facts.staged)
  if (!read.ok) throw new SekishoError('runner.protocol', { why: `stage: ${read.at} ${read.why}` })
  if (read.value.service !== service.name) throw new SekishoError('restore.stage_gone', { stage })
  return read.value
}

async function readFile(gate: Gate, service: Service, path: string): Promise<FileFacts> {
  const { facts } = await gate.runner.read({ kind: 'target', target: fileTarget(service.host, path) })
  if (facts.kind !== 'file')
    throw new SekishoError('runner.protocol', { why: `${path} was read as ${facts.kind}` })
  // Read as a stranger's value, like everything from outside; and in the order of fields in which plans are written.
  const state = decode(fileState, facts.state)
  if (!state.ok) throw new SekishoError('runner.protocol', { why: `${path}: ${state.at} ${state.why}` })
  return {
    path: facts.path,
    real: facts.real,
    links: facts.links,
    state: state.value,
    ...(facts.link === undefined ? {} : { link: { uid: facts.link.uid, gid: facts.link.gid } }),
  }
}

function unitsOf(service: Service, declared: readonly (ConfigFile | undefined)[]): readonly string[] {
  const units = declared.flatMap((file) => {
    const unit = file?.unit ?? service.unit
    return file === undefined || file.activation === 'none' || unit === undefined ? [] : [unit]
  })
  if (declared.length === 0 && service.unit !== undefined) units.push(service.unit)
  return [...new Set(units)]
}

export interface Planned {
  readonly plan: Plan
  readonly diff: string
  readonly impact: Impact
}

export function makePlan(
  policy: CompiledPolicy,
  service: Service,
  of: {
    readonly id: ChangeId
    readonly revision: number
    readonly pattern: Pattern
    readonly wishes: Wishes
    /** What people wrote of it: of a change of code it goes into the commit. */
    readonly texts?: CommitTexts
  },
  gathered: Gathered,
  contents: Contents,
): Answer<Planned> {
  const { wishes } = of
  const common = {
    change: of.id,
    revision: of.revision,
    ...(wishes.window === undefined ? {} : { window: wishes.window }),
  }
  if (of.pattern === 'service') {
    const stop = service.unit === undefined ? undefined : gathered.stopTimeoutMs[service.unit]
    const wish = { ...common, verb: wishes.verb ?? 'restart' }
    const unit = service.unit === undefined ? undefined : gathered.units?.get(service.unit)
    const answer = planService(policy, service, wish, {
      ...(stop === undefined ? {} : { stopTimeoutMs: stop }),
      ...(unit === undefined ? {} : { unit }),
    })
    return answer.ok ? finished(answer.plan, gathered, contents) : answer
  }
  if (of.pattern === 'code') {
    const { staged: prepared } = gathered
    if (prepared === undefined || !isCodeStaged(prepared))
      throw new SekishoError('deploy.stage_gone', { stage: wishes.stage ?? '' })
    const site = siteOf(policy, service, { ...common, files: wishes.files }, gathered)
    if (!site.ok) return site
    const plan = codePlan(policy, service, {
      ...common,
      ...(site.config === undefined ? {} : { config: site.config }),
      staged: prepared,
      message: commitMessage(policy.language, prepared, of.texts ?? {}),
    })
    if (plan === undefined) throw new SekishoError('deploy.not_declared', { service: service.name })
    return finished(plan, gathered, contents)
  }
  if (of.pattern === 'request')
    return finished(
      planRequest(policy, service, { ...common, wish: wishes.request }, gathered.secrets),
      gathered,
      contents,
    )
  if (of.pattern === 'command') {
    const plan = planCommand(policy, service, { ...common, wish: wishes.command }, gathered.command)
    return finished(plan, gathered, contents)
  }
  if (of.pattern === 'isolation') {
    const plan = planReconnect(policy, service, common, wishes)
    return withPorts(finished(plan, gathered, contents), gathered)
  }
  if (of.pattern === 'data') {
    if (gathered.staged === undefined || isCodeStaged(gathered.staged))
      throw new SekishoError('restore.stage_gone', { stage: wishes.stage ?? '' })
    const plan = dataPlan(policy, service, { ...common, staged: gathered.staged })
    return finished(plan, gathered, contents)
  }
  if (of.pattern === 'schema') {
    const { migration } = wishes
    const database = migration === undefined ? undefined : migratedDatabase(service, migration.database)
    if (migration === undefined || database === undefined || gathered.schema === undefined)
      throw new SekishoError('schema.not_declared', {
        service: service.name,
        database: migration?.database ?? '',
        declared: [],
      })
    const plan = schemaPlan(policy, service, database, {
      ...common,
      database: migration.database,
      does: doneBy(migration, service.name, gathered.schema),
      catalogue: gathered.schema.catalogue,
    })
    return finished(plan, gathered, contents)
  }
  const env = wishes.env.map((one) => envWanted(one, gathered.secrets))
  const wish = {
    ...common,
    files: wishes.files,
    env,
    ...(wishes.keep === undefined ? {} : { keep: wishes.keep }),
  }
  const inactive = [...(gathered.units?.values() ?? [])].flatMap(({ unit, active }) =>
    RUNS.has(active) ? [] : [unit],
  )
  const answer = planConfig(policy, service, wish, { ...gathered, inactive })
  return answer.ok ? finished(answer.plan, gathered, contents) : answer
}

/** Files of the site that change with code; nothing else of the configuration does. */
function siteOf(
  policy: CompiledPolicy,
  service: Service,
  wish: Pick<Parameters<typeof planConfig>[2], 'change' | 'revision' | 'files'>,
  gathered: Gathered,
): Answer<{ readonly config?: CodeConfig }> {
  if (wish.files.length === 0) return { ok: true }
  const answer = planConfig(policy, service, { ...wish, env: [] }, gathered)
  if (!answer.ok) return answer
  const other = wish.files.find(({ path }) => !isSiteFile(declaredFile(service, path)))
  if (other !== undefined) return refused('deploy.config_other', { path: other.path })
  const config = configOf(answer.plan)
  return { ok: true, ...(config === undefined ? {} : { config }) }
}

const RUNS: ReadonlySet<string> = new Set(['active', 'reloading', 'refreshing'])

function envWanted(wish: EnvWish, secrets: Gathered['secrets']): EnvWanted {
  const set: EnvSetting[] = wish.set.map(({ key, value }) => ({ key, to: { kind: 'text', value } }))
  for (const { key, reference } of wish.secret) {
    const known = secrets.get(reference)
    if (known === undefined) throw new SekishoError('judge.secret_missing', { reference, version: 1 })
    set.push({ key, to: { kind: 'secret', reference, ...known } })
  }
  return { path: wish.path ?? '', set, unset: wish.unset }
}

function finished(plan: Plan, gathered: Gathered, contents: Contents): Answer<Planned> {
  const impact = impactOf(plan, gathered.impact, gathered.stopTimeoutMs)
  return { ok: true, plan, impact, diff: diffText(differences(plan, gathered, contents)) }
}
