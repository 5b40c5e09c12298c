// The trial of the way there and back: the plan's own file actions, done by the runner's own acts on copies of the live files in a
// directory of ours, read, undone, and compared with the live files in bytes, owner, mode, ACL and attributes. Nothing is executed.
import { lstat, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SekishoError } from '../base/error.ts'
import type { JsonObject } from '../base/json.ts'
import { holdDirectory } from '../host/walk.ts'
import { type Action, plannedFiles } from '../plans/actions.ts'
import { type FileState, type PlannedFile, type TouchedFile } from '../plans/file-state.ts'
import { type Plan, type PlannedAction } from '../plans/plan.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import { OverBudget, type TrialBudget } from '../sandbox/budget.ts'
import type { Problem, TrialCheck } from '../seal/journal.ts'
import { privateDirectory } from '../sys/files.ts'
import { apply, probe, probeUndone, undo } from './act/action.ts'
import type { ActContext } from './act/context.ts'
import { keepCopies } from './act/copies.ts'
import { sameExtras } from './act/extras.ts'
import { actsOf } from './act/kinds.ts'
import { keyedBy, type RunnerParts, readContext } from './parts.ts'
import { overBudget } from './try/problem.ts'

type Verdict = TrialCheck['verdict']
const TRIAL = 'CHG-0000-0000/1'
/** What is tried on copies is files alone, and they take a moment. */
const TRIAL_MS = 30_000

export async function tryFiles(
  plan: Plan,
  parts: RunnerParts,
  budget: TrialBudget,
): Promise<readonly TrialCheck[]> {
  const started = parts.clock.uptime()
  await privateDirectory(join(parts.place.state, 'trials'))
  const shadow = await mkdtemp(join(parts.place.state, 'trials', 'trial-'))
  try {
    const trial = await thereAndBack(plan, shadow, parts, budget)
    const milliseconds = parts.clock.uptime() - started
    return [
      { check: 'trial', ...trial.there, facts: { ...trial.there.facts, milliseconds } },
      { check: 'undo', ...trial.back, facts: { ...trial.back.facts, milliseconds } },
    ]
  } finally {
    await rm(shadow, { recursive: true, force: true })
  }
}

interface Half {
  readonly verdict: Verdict
  readonly facts: JsonObject
  readonly problems: readonly Problem[]
}

async function thereAndBack(
  plan: Plan,
  shadow: string,
  parts: RunnerParts,
  budget: TrialBudget,
): Promise<{ readonly there: Half; readonly back: Half }> {
  const actions = plan.actions.filter(({ action }) => actsOf(action).movedTo !== undefined)
  // Only writing files can be tried on copies: where nothing is written nothing was tried.
  if (actions.length === 0) {
    const half = { verdict: 'not_tried', facts: {}, problems: [] } as const
    return { there: half, back: half }
  }
  const moved = actions.map((planned) => ({ ...planned, action: movedTo(shadow, planned.action) }))
  const c = contextOf(shadow, parts)
  const files = actions.flatMap(({ action }) => plannedFiles(action))
  try {
    for (const { real, before } of files) {
      // Three times: the copy, what is kept of it, what is written in its place.
      budget.write(
        real,
        3 * (before.kind === 'absent' ? 0 : ((await lstat(real).catch(() => undefined))?.size ?? 0)),
      )
      await copyLive(real, before, shadow, parts)
    }
    for (const one of files) await linkLike(one, shadow)
    await keepCopies(moved, c)
  } catch (error) {
    if (error instanceof OverBudget) {
      const half = { verdict: 'red', facts: {}, problems: [overBudget(error)] } as const
      return { there: half, back: half }
    }
    if (!(error instanceof SekishoError)) throw error
    const half = red('trial.copy', String(error.detail['path'] ?? ''), error.code)
    return { there: half, back: half }
  }
  const there = await everyOne(moved, async ({ action }) => {
    const done = await apply(action, c, TRIAL_MS)
    if (done.result === 'failed') return done.detail
    const { found, detail } = await probe(action, c, { boot: c.clock.boot(), uptime: c.clock.uptime() })
    return found === 'applied' ? undefined : detail
  })
  const undone = await everyOne(moved.toReversed(), async ({ action }) => {
    const done = await undo([{ kind: 'putBack' }], action, c, TRIAL_MS)
    if (done.result === 'failed') return done.detail
    const { found, detail } = await probeUndone(action, c)
    return found === 'not_applied' ? undefined : detail
  })
  const extras = await compareWithLive(files, shadow, parts)
  const names = files.map(({ real }) => real)
  return {
    there: halfOf(there, 'trial.apply', { files: names }),
    back: halfOf(undone ?? extras.different, 'trial.undo', { files: names, extras: extras.seen }),
  }
}

/** Undefined when all went well; else what the first one that did not said. */
async function everyOne(
  actions: readonly PlannedAction[],
  work: (planned: PlannedAction) => Promise<JsonObject | undefined>,
): Promise<JsonObject | undefined> {
  for (const planned of actions) {
    const fault = await work(planned)
    if (fault !== undefined) return { action: planned.id, ...fault }
  }
  return undefined
}

/** Bytes, owner, mode are compared by the probe; access lists and attributes here, with the live file itself. */
async function compareWithLive(
  files: readonly TouchedFile[],
  shadow: string,
  parts: RunnerParts,
): Promise<{ readonly seen: string; readonly different: JsonObject | undefined }> {
  let seen = 'equal'
  for (const { real, before } of files) {
    if (before.kind === 'absent' || before.kind === 'link') continue
    const same = await sameExtras(real, join(shadow, real), parts.process)
    if (same === 'different') return { seen: same, different: { path: real, extras: same } }
    if (same === 'not_compared') seen = same
  }
  return { seen, different: undefined }
}

function halfOf(fault: JsonObject | undefined, code: string, facts: JsonObject): Half {
  if (fault === undefined) return { verdict: 'green', facts, problems: [] }
  return { verdict: 'red', facts, problems: [{ code, text: JSON.stringify(fault).slice(0, 600) }] }
}

function red(code: string, path: string, text: string): Half {
  return { verdict: 'red', facts: {}, problems: [{ code, ...(path === '' ? {} : { path }), text }] }
}

/** As a copy, so that the live file is only read. */
async function copyLive(
  real: string,
  before: FileState,
  shadow: string,
  { process }: RunnerParts,
): Promise<void> {
  const to = join(shadow, real)
  if (before.kind === 'absent') {
    // Where the directory is missing too, the acts make it and their undo takes it away again.
    const there = await lstat(dirname(real)).catch(() => undefined)
    await mkdir(there === undefined ? dirname(dirname(to)) : dirname(to), { recursive: true, mode: 0o700 })
    return
  }
  await mkdir(dirname(to), { recursive: true, mode: 0o700 })
  await using source = await holdDirectory(real)
  await using target = await holdDirectory(to)
  const argv = [
    'cp',
    '--preserve=all',
    '--no-dereference',
    '--',
    `/proc/self/fd/3/${source.name}`,
    `/proc/self/fd/4/${target.name}`,
  ]
  const result = await process(argv, {
    descriptors: [source.handle.fd, target.handle.fd],
    timeoutMs: 30_000,
  })
  if (result.code !== 0)
    throw new SekishoError('file.unreadable', { path: real, why: result.stderr.trim().slice(0, 300) })
}

/** Where the declared name is led elsewhere, one link to the copy stands for the whole chain. */
async function linkLike({ path, real, links }: TouchedFile, shadow: string): Promise<void> {
  if (links.length === 0) return
  await mkdir(dirname(join(shadow, path)), { recursive: true, mode: 0o700 })
  await symlink(join(shadow, real), join(shadow, path))
}

/** The same action below another root. Targets of links stay what they are: nothing here follows them. */
function movedTo(shadow: string, action: Action): Action {
  const move = <File extends PlannedFile>(one: File): File => {
    const path = join(shadow, one.path)
    const real = join(shadow, one.real)
    return { ...one, path, real, links: one.links.length === 0 ? [] : [{ path, target: real }] }
  }
  return actsOf(action).movedTo?.(action, move) ?? action
}

function contextOf(shadow: string, parts: RunnerParts): ActContext {
  const policy = movedPolicy(shadow, parts.policies.current)
  return {
    ...readContext(parts, policy),
    execution: TRIAL as ActContext['execution'],
    copies: join(shadow, '.copies'),
    blob: (digest) => parts.objects.read('blob', digest),
    secret: (reference, version) => parts.secrets.value(reference, version),
    keyed: keyedBy(parts.keys),
    killPoint: () => {},
  }
}

/** A new link may lead to a declared file: where it would lead, that file stands under its own name. */
function movedPolicy(shadow: string, policy: CompiledPolicy): CompiledPolicy {
  return {
    ...policy,
    services: policy.services.map((service) => ({
      ...service,
      files: service.files.flatMap((file) => [{ ...file, path: join(shadow, file.path) }, file]),
    })),
  }
}
