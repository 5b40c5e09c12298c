// Whatever the config playbook makes of random rules and wishes passes the inventory, and no other plan of the same changes does.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CHANGE, HOST, NOW, PROBE, policyOf, SERVICE, UNIT } from '../../../tests/runner-fixtures/scene.ts'
import type { DataDirectory } from '../../backup/set.ts'
import { decode } from '../../base/decode.ts'
import { sha256 } from '../../base/hash.ts'
import { fileTarget } from '../../base/id.ts'
import type { Json } from '../../base/json.ts'
import { after } from '../../base/time.ts'
import { plannedFiles } from '../../plans/actions.ts'
import { CONFIG_KINDS, isUnproven, kindRow } from '../../plans/config-kinds/registry.ts'
import { dataDirectoryOf } from '../../plans/data-directory.ts'
import type { FileState } from '../../plans/file-state.ts'
import { type Plan, plan as planDecoder } from '../../plans/plan.ts'
import { type CompiledPolicy, type ConfigFile, declaredFile, type Service } from '../../plans/policy.ts'
import { type ConfigFacts, type ConfigWish, type FileFacts, planConfig } from '../../playbook/config.ts'
import { judgeInventory } from './inventory.ts'

const KEYED = 'd'.repeat(64)
const REFERENCE = `${SERVICE}/TOKEN`

/** One declared file, what is wanted of it and how it was found. */
interface Row {
  readonly declared: ConfigFile
  readonly path: string
  readonly wanted: 'write' | 'delete' | 'link' | 'untouched'
  readonly found: FileState['kind']
  /** A link of its own name, or of its directory, on the way to the real file. */
  readonly link: 'none' | 'own' | 'directory'
  readonly inData: boolean
}
interface World {
  readonly rows: readonly Row[]
  readonly health: boolean
  readonly data: 'none' | 'all' | 'real'
  readonly down: boolean
  readonly inactive: readonly string[]
  readonly stopTimeoutMs: Readonly<Record<string, number>>
  readonly keep: boolean
  readonly window: boolean
}

const unitName = fc.constantFrom(undefined, UNIT, 'other.service', 'nginx.service', 'ssh.service')
const row = (i: number): fc.Arbitrary<Row> =>
  fc
    .record({
      kind: fc.constantFrom(...CONFIG_KINDS),
      activation: fc.constantFrom('none', 'reload', 'restart'),
      unit: unitName,
      keep: fc.constantFrom('proof', 'proof', 'proof', 'proof', 'person'),
      probe: fc.constantFrom(true, true, true, false),
      pattern: fc.boolean(),
      wanted: fc.constantFrom('write', 'write', 'delete', 'link', 'untouched'),
      found: fc.constantFrom('file', 'file', 'absent'),
      link: fc.constantFrom('none', 'none', 'own', 'directory'),
      inData: fc.boolean(),
    })
    .map(({ kind, activation, unit, keep, probe, pattern, ...more }): Row => {
      // Not in the order of the alphabet: the playbook sorts.
      const directory = `/etc/mirai/${9 - i}`
      const row = kindRow(kind)
      const declared: ConfigFile = {
        path: `${directory}/${pattern ? '*' : 'a'}.conf`,
        kind,
        secret: row.byKey === true,
        activation,
        ...(unit === undefined ? {} : { unit }),
        keep,
        ...(probe ? { probe: PROBE } : {}),
      }
      // Who owns it is said of files alone: a link of such a kind is refused (see inventory.test.ts).
      const wanted = row.owned !== undefined && more.wanted === 'link' ? 'write' : more.wanted
      return { declared, path: `${directory}/a.conf`, ...more, wanted }
    })
const world: fc.Arbitrary<World> = fc.record({
  rows: fc.integer({ min: 1, max: 4 }).chain((n) => fc.tuple(...Array.from({ length: n }, (_, i) => row(i)))),
  health: fc.boolean(),
  data: fc.constantFrom('none', 'none', 'all', 'real'),
  down: fc.boolean(),
  inactive: fc.subarray([UNIT, 'other.service', 'nginx.service', 'ssh.service']),
  stopTimeoutMs: fc.dictionary(
    fc.constantFrom(UNIT, 'other.service'),
    fc.integer({ min: 0, max: 4_000_000 }),
  ),
  keep: fc.constantFrom(false, false, false, true),
  window: fc.boolean(),
})

function rulesOf({ rows, health, data }: World): CompiledPolicy {
  const policy = policyOf()
  const directory = (dir: string): DataDirectory => ({
    name: 'data',
    dir,
    change: 'gate',
    format: 'json',
    secret: [],
    invariants: {},
  })
  return {
    ...policy,
    services: policy.services.map((one) => ({
      ...one,
      files: rows.map(({ declared }) => declared),
      ...(health ? { health: PROBE } : {}),
      ...(data === 'none' ? {} : { data: [directory(data === 'all' ? '/etc/mirai' : '/srv/data')] }),
    })),
  }
}

function factsOf(row: Row): FileFacts {
  const { path, link, inData } = row
  const root = inData ? '/srv/data' : '/srv/other'
  const real = link === 'none' ? path : `${root}${path}`
  const own = { mode: 0o644, uid: 33, gid: 34 }
  const state: FileState =
    row.found === 'absent'
      ? { kind: 'absent' }
      : row.declared.secret
        ? { kind: 'secret', keyed: 'c'.repeat(64), ...own }
        : { kind: 'file', digest: sha256('old'), size: 3, ...own }
  const slash = path.lastIndexOf('/')
  const links =
    link === 'none'
      ? []
      : link === 'own'
        ? [{ path, target: real }]
        : [{ path: path.slice(0, slash), target: `${root}${path.slice(0, slash)}` }]
  return { path, real, links, state, ...(link === 'own' ? { link: { uid: 5, gid: 6 } } : {}) }
}

function wishOf({ rows, keep, window }: World): ConfigWish {
  const wanted = rows.filter((one) => one.wanted !== 'untouched')
  const byKey = (one: Row) => kindRow(one.declared.kind).byKey === true
  return {
    change: CHANGE,
    revision: 3,
    files: wanted
      .filter((one) => !byKey(one))
      .map(({ path, wanted: kind }) =>
        kind === 'write'
          ? { kind, path, digest: sha256('new'), size: 3 }
          : kind === 'link'
            ? { kind, path, target: '/dev/null' }
            : { kind: 'delete', path },
      ),
    env: wanted.filter(byKey).map(({ path }) => ({
      path,
      set: [
        { key: 'PORT', to: { kind: 'text', value: '81' } },
        { key: 'TOKEN', to: { kind: 'secret', reference: REFERENCE, version: 1, keyed: KEYED } },
      ],
      unset: ['OLD'],
    })),
    ...(keep ? { keep: 'person' as const } : {}),
    ...(window ? { window: { from: NOW, until: after(NOW, 1000) } } : {}),
  }
}

function made(
  one: World,
): { readonly plan: Plan; readonly policy: CompiledPolicy; readonly service: Service } | undefined {
  const policy = rulesOf(one)
  const [service] = policy.services
  if (service === undefined) throw new TypeError('no service')
  const { stopTimeoutMs, down, inactive } = one
  const facts: ConfigFacts = { files: one.rows.map(factsOf), stopTimeoutMs, down, inactive }
  const answer = planConfig(policy, service, wishOf(one), facts)
  return answer.ok ? { plan: answer.plan, policy, service } : undefined
}

const judged = (plan: Plan, policy: CompiledPolicy) =>
  judgeInventory(plan, policy, (reference) => (reference === REFERENCE ? KEYED : undefined))

/** How many plans showed each of these, so that a search that finds nothing has searched. */
const seen = new Map<string, number>()
const see = (what: string, is: boolean) => seen.set(what, (seen.get(what) ?? 0) + (is ? 1 : 0))

test('each plan that the playbook makes passes, and each single change of it is refused', () => {
  fc.assert(
    fc.property(world, fc.nat(), (one, salt) => {
      const found = made(one)
      fc.pre(found !== undefined)
      const { plan, policy, service } = found as NonNullable<typeof found>
      expect(judged(plan, policy)).toEqual({ ok: true })
      const kinds = plan.actions.map(({ action }) => action.kind)
      see(
        'a deleted link',
        plannedFilesOf(plan).some(({ before, after }) => before.kind === 'link' && after?.kind === 'absent'),
      )
      see(
        'a file behind a link',
        plannedFilesOf(plan).some(({ links }) => links.length > 0),
      )
      see('an environment file', kinds.includes('editEnv'))
      see('a unit file', kinds.includes('daemonReload'))
      see(
        'a reload that is undone by a restart',
        plan.actions.some(
          ({ action: one }) =>
            one.kind === 'unit' &&
            one.verb === 'reload' &&
            plan.actions[0]?.undo.some(
              (step) => step.kind === 'unit' && step.unit === one.unit && step.verb === 'restart',
            ),
        ),
      )
      see('a service that is down', plan.startsFrom === 'down')
      see(
        'a backup',
        plan.pre.some(({ kind }) => kind === 'backup'),
      )
      see('a window', plan.window !== undefined)
      see('a keep by proof', plan.keep.by === 'proof')
      const others = otherPlans(plan, service, salt).filter(([, other]) => decode(planDecoder, other).ok)
      const accepted = others.filter(([, other]) => judged(other as unknown as Plan, policy).ok)
      expect(accepted.map(([what]) => what)).toEqual([])
      see('a refused change', others.length > 0)
    }),
    { numRuns: 60 },
  )
  for (const [what, times] of seen) expect(times > 0 ? 'seen' : what).toBe('seen')
})

const plannedFilesOf = (plan: Plan) => plan.actions.flatMap(({ action }) => plannedFiles(action))

/** Every plan that differs in one place that is the playbook's: what it says of the changed files themselves is what people approve. */
function otherPlans(plan: Plan, service: Service, salt: number): readonly [string, Json][] {
  const whole = plan as unknown as Json
  const others: [string, Json][] = []
  const add = (at: Path, value: Json | undefined) => others.push([at.join('.'), withValue(whole, at, value)])
  for (const at of leavesOf(whole)) {
    if (isOfTheChange(plan, service, at)) continue
    for (const value of otherValues(plan, service, at, salt + others.length)) add(at, value)
  }
  for (const list of ['actions', 'pre', 'proof', 'targets'] as const)
    plan[list].forEach((element, i) => {
      if (
        list === 'targets'
          ? isOfFarEnd(plan, service, String(element))
          : list === 'pre' && isBesides(plan, service, i)
      )
        return
      add([list, i], undefined)
    })
  plan.actions.forEach(({ undo }, i) => undo.forEach((_, n) => add(['actions', i, 'undo', n], undefined)))
  const step = { kind: 'unit', verb: 'restart', unit: UNIT }
  const last = plan.actions.length
  add(['actions', last], { id: String(last + 1), action: step, undo: [], timeoutMs: 190_000 })
  plan.actions.forEach(({ undo }, i) => add(['actions', i, 'undo', undo.length], step))
  add(['pre', plan.pre.length], { kind: 'unit', unit: UNIT, active: true })
  add(['proof', plan.proof.length], { kind: 'files' })
  if (plan.startsFrom === undefined) add(['startsFrom'], 'down')
  else add(['startsFrom'], undefined)
  return others
}

/** Free: the files themselves (judged by the rules for files), what is locked besides, and when. */
function isOfTheChange(plan: Plan, service: Service, at: Path): boolean {
  const [first, i, part] = at
  if (first === 'change' || first === 'revision' || first === 'window') return true
  if (first === 'targets') return isOfFarEnd(plan, service, String(plan.targets[i as number]))
  if (first === 'pre') return isBesides(plan, service, i as number)
  if (first !== 'actions' || part !== 'action' || at[3] === 'kind') return false
  return plannedFiles((plan.actions[i as number] as Plan['actions'][number]).action).length > 0
}

/** Where a link leads that is taken away or replaced: read by the gate, and not named by the plan. */
function isOfFarEnd(plan: Plan, service: Service, target: string): boolean {
  const named = plannedFilesOf(plan).flatMap(({ path, real, links }) =>
    links.length > 0 ? [path, real] : [path],
  )
  return (
    target.startsWith(`${HOST}/file:`) && !named.some((path) => fileTarget(service.host, path) === target)
  )
}

/** A backup that is asked for because of that far end. */
function isBesides(plan: Plan, service: Service, i: number): boolean {
  const names = plannedFilesOf(plan).flatMap(({ path, real }) => [path, real])
  return plan.pre[i]?.kind === 'backup' && dataDirectoryOf(service, ...names) === undefined
}

function otherValues(plan: Plan, service: Service, at: Path, turn: number): readonly Json[] {
  const value = valueAt(plan as unknown as Json, at)
  const path = at.join('.')
  if (path === 'keep.by') {
    const declared = plannedFilesOf(plan).flatMap(({ path: name }) => declaredFile(service, name) ?? [])
    const mustAsk = declared.some((file) => file.keep === 'person' || isUnproven(file))
    // A person may be asked besides; where the rules ask for one, the plan must.
    return value === 'person' && mustAsk ? ['proof'] : []
  }
  if (path.endsWith('timeoutMs')) {
    const { action } = plan.actions[at[1] as number] as Plan['actions'][number]
    const restarts = action.kind === 'unit' && action.verb === 'restart'
    return restarts ? [1, 99_999] : [(value as number) - 1, (value as number) + 1, 1]
  }
  if (typeof value === 'boolean') return [!value]
  if (typeof value === 'number') return [value + 1, Math.max(0, value - 1), 0].filter((one) => one !== value)
  // Two of the words, each time others: all of them at each place would take minutes.
  const words = WORDS.filter((one) => one !== value)
  return [0, 7].flatMap((n) => words[(turn + n) % words.length] ?? [])
}
const WORDS: readonly string[] = [
  'restart',
  'reload',
  'stop',
  'start',
  'other.service',
  'strange.service',
  UNIT,
  'putBack',
  'daemonReload',
  'files',
  'health',
  'digest',
  'service',
  'service/1',
  'data',
  '/etc/passwd',
  'other',
  'web2',
  `${HOST}/file:/etc/passwd`,
  '7',
]

type Path = readonly (string | number)[]
function leavesOf(value: Json, at: Path = []): Path[] {
  if (Array.isArray(value)) return value.flatMap((one: Json, i) => leavesOf(one, [...at, i]))
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([key, one]) => leavesOf(one, [...at, key]))
  return [at]
}
function valueAt(value: Json, at: Path): Json {
  return at.reduce<Json>((one, key) => (one as Readonly<Record<string | number, Json>>)[key] as Json, value)
}
/** `undefined` takes the place away; a place behind the end of a list adds to it. */
function withValue(value: Json, [head, ...rest]: Path, other: Json | undefined): Json {
  if (head === undefined) throw new TypeError('no place')
  const of = value as Readonly<Record<string | number, Json>>
  const inner = rest.length > 0 ? withValue(of[head] as Json, rest, other) : other
  if (!Array.isArray(value)) {
    const { [head]: _, ...more } = of
    return inner === undefined ? more : { ...more, [head]: inner }
  }
  const list = [...(value as readonly Json[])]
  list.splice(head as number, 1, ...(inner === undefined ? [] : [inner]))
  return list
}
