// Validation and trial of one plan (spine §5): each kind of file by its own validator in the sandbox, then the actions and their undo
// on copies of the live files, so that the way back is proven before anybody is asked.

import { failureOf, SekishoError } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import { fileTarget } from '../base/id.ts'
import { isObject, type JsonObject } from '../base/json.ts'
import { instant } from '../base/time.ts'
import { type FileChange as ShadowChange } from '../host/file-view.ts'
import { liveFiles, ownAddresses } from '../host/live-files.ts'
import { listenersOfOthers } from '../host/nginx-listeners.ts'
import { secretFilesOf } from '../host/nginx-live.ts'
import { plannedFiles } from '../plans/actions.ts'
import { type ProgramValidator } from '../plans/config-kinds/kind.ts'
import { type ConfigKind, kindRow } from '../plans/config-kinds/registry.ts'
import { type FileChange } from '../plans/file-state.ts'
import { PATTERNS } from '../plans/patterns.ts'
import { isPictureOf } from '../plans/picture.ts'
import type { Plan } from '../plans/plan.ts'
import { stageOf } from '../plans/playbooks/data.ts'
import { migrationIn, toolMigrationIn } from '../plans/playbooks/schema.ts'
import { type ConfigFile, declaredFile, type Service, serviceOf } from '../plans/policy.ts'
import { tryRestore } from '../restore/try-restore.ts'
import { TrialBudget } from '../sandbox/budget.ts'
import { rehearse } from '../schema/rehearse.ts'
import { rehearseTool } from '../schema/tool-rehearse.ts'
import type { Problem, TrialCheck } from '../seal/journal.ts'
import { openRooms } from './code/build.ts'
import { mergedTrial, tryCode } from './code/try-code.ts'
import { tryCommand } from './command/try-command.ts'
import { tryFiles } from './file-trial.ts'
import { healthOf, readTargets } from './inventory.ts'
import { backupAsserted, backupCheck } from './judge/backup-check.ts'
import { judgeInventory } from './judge/inventory.ts'
import { isKnownWayBack } from './known-way-back.ts'
import { copiesAtHand, type RunnerParts, readContext } from './parts.ts'
import { tryRequest } from './request/try-request.ts'
import { toolFilesHands } from './tool-files.ts'
import { type Problem as Found } from './try/problem.ts'
import { validateNginx } from './try/validate-nginx.ts'
import { validateProgram } from './try/validate-program.ts'
import { validateReading } from './try/validate-reading.ts'
import { validateUnit } from './try/validate-unit.ts'
import { validateData } from './validate-data.ts'
import { isolationRefused, secretsOf, stagedOf } from './verbs/gather.ts'
import { withRestore } from './way-back-restore.ts'

type Verdict = TrialCheck['verdict']
interface Validated {
  readonly verdict: Verdict
  readonly facts: JsonObject
  readonly problems: readonly Problem[]
}

/** Every check of a trial; for a restart the checks of files are not needed and none is claimed. */
export async function tryPlan(plan: Plan, parts: RunnerParts): Promise<readonly TrialCheck[]> {
  await requireOwn(plan, parts)
  if (!PATTERNS[plan.pattern].isTried) return []
  const stage = stageOf(plan)
  if (plan.pattern === 'data' && stage !== undefined) return tryRestore(plan, stage, parts)
  if (plan.pattern === 'code' && stage !== undefined)
    return mergedTrial([
      ...(await trySite(plan, parts)),
      ...(await tryCode(plan, stage, parts)),
      ...(await downOf(plan, parts)),
    ])
  const service = serviceOf(parts.policies.current, plan.service)
  if (service === undefined)
    throw new SekishoError('judge.action_outside', { what: plan.service, service: plan.service })
  const migration = migrationIn(plan)
  if (plan.pattern === 'schema' && migration !== undefined) {
    const sqlOf = (digest: Digest) => parts.objects.read('blob', digest)
    // INVARIANT I15 here too: a plan that asserts no health is that of a way back, by this runner's own journal.
    if (migration.back === true && !(await isKnownWayBack(migration, parts)))
      throw new SekishoError('schema.not_back', { file: migration.up.name, database: migration.database })
    const rehearsed = await withRestore(await rehearse(migration, { parts, sqlOf }), service, parts)
    return [...rehearsed, ...(await backupOf(plan, service, parts))]
  }
  if (plan.pattern === 'request') {
    const rehearsed = await withRestore(await tryRequest(plan, service, parts), service, parts)
    return [...rehearsed, ...(await backupOf(plan, service, parts))]
  }
  if (plan.pattern === 'command') {
    const rehearsed = await withRestore(await tryCommand(plan, service, parts), service, parts)
    return [...rehearsed, ...(await backupOf(plan, service, parts))]
  }
  const byTool = toolMigrationIn(plan)
  if (plan.pattern === 'schema' && byTool !== undefined) {
    const ports = await openRooms(parts)
    return [
      ...(await rehearseTool(byTool, {
        parts,
        hands: { ports },
        shown: await toolFilesHands(byTool.port, byTool.database, parts),
      })),
      ...(await backupOf(plan, service, parts)),
    ]
  }
  const down = await downOf(plan, parts)
  const budget = new TrialBudget(() => parts.clock.uptime())
  const validated = withoutJudged(
    joined([await validate(plan, service, parts, budget), await validateData(plan, service, parts)]),
  )
  const rehearsed = await tryFiles(plan, parts, budget)
  return [
    { check: 'validation', ...validated },
    ...rehearsed,
    ...(await backupOf(plan, service, parts)),
    ...down,
  ]
}

/** Files of the site that change together with code: validated and taken back on copies as any others. */
async function trySite(plan: Plan, parts: RunnerParts): Promise<readonly TrialCheck[]> {
  const service = serviceOf(parts.policies.current, plan.service)
  if (service === undefined || plan.actions.every(({ action }) => plannedFiles(action).length === 0))
    return []
  const budget = new TrialBudget(() => parts.clock.uptime())
  const validated = await validate(plan, service, parts, budget)
  return [{ check: 'validation', ...validated }, ...(await tryFiles(plan, parts, budget))]
}

/** What a plan says of a service that is down is read here: the line in this journal is what the judge believes. */
async function downOf(plan: Plan, parts: RunnerParts): Promise<readonly TrialCheck[]> {
  if (plan.startsFrom !== 'down') return []
  const { change, service } = plan
  const found = await healthOf(plan, readContext(parts, parts.policies.current))
  if (found !== 'red') throw new SekishoError('judge.not_down', { service, found, change })
  // No measured value: it would be another one a minute later.
  return [{ check: 'health', verdict: 'red', facts: {}, problems: [] }]
}

/** Of a plan that changes data: its own journal is asked, and whether the copies are still there. */
async function backupOf(plan: Plan, { data }: Service, parts: RunnerParts): Promise<readonly TrialCheck[]> {
  const asserted = backupAsserted(plan)
  if (asserted === undefined) return []
  return [
    backupCheck(await copiesAtHand(plan.service, parts), asserted.level, instant(parts.clock.now()), data),
  ]
}

/**
 * Nobody has approved this plan yet: it may name only what is declared, as it stands now. Without this a crafted `real` path would
 * lead a trial out of its shadow.
 */
async function requireOwn(plan: Plan, parts: RunnerParts): Promise<void> {
  const policy = parts.policies.current
  if (plan.host !== parts.host)
    throw new SekishoError('judge.host_other', { host: plan.host, own: parts.host })
  const secrets = await secretsOf(plan, parts)
  const data = { staged: await stagedOf(plan, parts), now: instant(parts.clock.now()) }
  const secret = (reference: string, version: number) => secrets.get(`${reference} ${version}`)
  const declared = judgeInventory(plan, policy, secret, data)
  if (!declared.ok) throw failureOf(declared)
  const isolation = await isolationRefused(plan, readContext(parts, policy).isolation)
  if (isolation !== undefined) throw failureOf(isolation)
  const facts = await readTargets(plan, readContext(parts, policy))
  for (const { action } of plan.actions) {
    for (const one of plannedFiles(action)) {
      const target = fileTarget(plan.host, one.path)
      if (!isPictureOf(one, facts.get(target)))
        throw new SekishoError('judge.baseline_moved', { target, change: plan.change })
    }
  }
}

async function validate(
  plan: Plan,
  service: Service,
  parts: RunnerParts,
  budget: TrialBudget,
): Promise<Validated> {
  const kinds = new Map<ConfigKind, { file: ConfigFile; change: ShadowChange | undefined }[]>()
  for (const { action } of plan.actions) {
    for (const one of plannedFiles(action)) {
      const file = declaredFile(service, one.path)
      if (file === undefined)
        throw new SekishoError('judge.action_outside', { what: one.path, service: plan.service })
      const { after } = one
      const change = after === undefined ? undefined : await shadowOf({ ...one, after }, parts)
      kinds.set(file.kind, [...(kinds.get(file.kind) ?? []), { file, change }])
    }
  }
  const all: Validated[] = []
  /** Nothing reads these before they stand there: green means that no validator found a fault, and this says that none looked. */
  const unread: string[] = []
  for (const [kind, files] of kinds) {
    const changes = files.flatMap(({ change }) => change ?? [])
    const { validator } = kindRow(kind)
    const paths = files.map(({ file }) => file.path)
    switch (validator.by) {
      case 'nginx':
        all.push(await ofNginx(changes, parts, budget))
        break
      case 'systemd':
        for (const unit of new Set(files.map(({ file }) => file.unit ?? service.unit)))
          if (unit !== undefined) all.push(await ofUnit(unit, changes, parts, budget))
        break
      case 'program': {
        const validated = await ofProgram(validator, changes, parts, budget)
        if (validated === undefined) unread.push(...paths)
        else all.push(validated)
        break
      }
      case 'reading': {
        const read = validateReading({
          validator,
          files: files.map(({ file, change }) => ({ path: file.path, change })),
          live: liveFiles,
        })
        unread.push(...read.unread)
        if (read.verdict === 'unread') break
        const facts = { validator: validator.name, ownReading: [kind] }
        // First: where a program has read other files, the facts name that.
        all.unshift({ verdict: read.verdict, facts, problems: redsOf(read.problems) })
        break
      }
      case 'none':
        unread.push(...paths)
        break
    }
  }
  if (unread.length > 0) all.push({ verdict: 'green', facts: { noValidator: unread }, problems: [] })
  return joined(all)
}

/** What the rules of its data have judged was looked at. */
function withoutJudged({ facts, ...rest }: Validated): Validated {
  const { noValidator, ...others } = facts
  if (!Array.isArray(noValidator)) return { facts, ...rest }
  const data = Array.isArray(facts['data']) ? facts['data'].filter(isObject) : []
  const left = noValidator.filter((path) => !data.some((one) => one['path'] === path))
  return { ...rest, facts: left.length === 0 ? others : { ...others, noValidator: left } }
}

function joined(several: readonly (Validated | undefined)[]): Validated {
  const all = several.filter((one) => one !== undefined)
  return {
    verdict: worst(all.map(({ verdict }) => verdict)),
    facts: Object.assign({}, ...all.map(({ facts }) => facts)) as JsonObject,
    problems: all.flatMap(({ problems }) => problems),
  }
}

async function ofNginx(
  changes: readonly ShadowChange[],
  parts: RunnerParts,
  budget: TrialBudget,
): Promise<Validated> {
  const result = await validateNginx({
    changes,
    sandbox: await parts.sandbox(),
    scratch: parts.place.scratch,
    process: parts.process,
    hostAddresses: ownAddresses(),
    secrets: (shadow) => secretFilesOf(readContext(parts, parts.policies.current), shadow),
    live: liveFiles,
    taken: () => listenersOfOthers('nginx'),
    budget,
  })
  return {
    verdict: result.verdict,
    facts: {
      validator: 'nginx -t',
      ...(result.listeners === undefined ? {} : { listeners: result.listeners.map((one) => ({ ...one })) }),
      effective: result.effective.map((one) => ({ ...one })),
      unresolved: result.unresolved,
      serverNames: result.serverNames,
      notChecked: result.notChecked,
      notes: notesOf(result.problems),
      milliseconds: Math.round(result.milliseconds),
    },
    problems: redsOf(result.problems),
  }
}

async function ofUnit(
  unit: string,
  changes: readonly ShadowChange[],
  parts: RunnerParts,
  budget: TrialBudget,
): Promise<Validated> {
  const result = await validateUnit({
    changes,
    unit,
    sandbox: await parts.sandbox(),
    scratch: parts.place.scratch,
    process: parts.process,
    live: liveFiles,
    budget,
  })
  return {
    verdict: result.verdict,
    facts: {
      validator: 'systemd-analyze verify',
      unit,
      changed: result.changed,
      notReadable: result.notReadable,
      notChecked: result.notChecked,
      notes: notesOf(result.problems),
      milliseconds: Math.round(result.milliseconds),
    },
    problems: redsOf(result.problems),
  }
}

/** Undefined where the program is not installed: nobody has looked. */
async function ofProgram(
  validator: ProgramValidator,
  changes: readonly ShadowChange[],
  parts: RunnerParts,
  budget: TrialBudget,
): Promise<Validated | undefined> {
  const result = await validateProgram({
    validator,
    changes,
    sandbox: await parts.sandbox(),
    scratch: parts.place.scratch,
    process: parts.process,
    live: liveFiles,
    budget,
  })
  if (result.verdict === 'missing') return undefined
  return {
    verdict: result.verdict,
    facts: {
      validator: validator.name,
      notChecked: result.notChecked,
      notes: notesOf(result.problems),
      milliseconds: Math.round(result.milliseconds),
    },
    problems: redsOf(result.problems),
  }
}

async function shadowOf(one: FileChange, parts: RunnerParts): Promise<ShadowChange> {
  const { real, after } = one
  switch (after.kind) {
    case 'absent':
      return { path: real, after: { kind: 'absent' } }
    case 'link':
      return { path: real, after: { kind: 'link', target: after.target } }
    case 'file': {
      const { mode, uid, gid } = after
      return {
        path: real,
        after: { kind: 'file', bytes: await parts.objects.read('blob', after.digest), mode, uid, gid },
      }
    }
    case 'secret':
      throw new SekishoError('judge.action_outside', { what: one.path, service: 'secret' })
  }
}

/** Red beats not tried beats green. */
export function worst(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('red')) return 'red'
  return verdicts.includes('not_tried') ? 'not_tried' : 'green'
}

const toProblem = ({ code, path, line, text }: Found): Problem => ({
  code,
  ...(path === undefined ? {} : { path }),
  ...(line === undefined ? {} : { line }),
  text: text.toWellFormed(),
})
/** Problems are what stops; notes are facts for the card. Where nothing could be tried, the note says why. */
function redsOf(found: readonly Found[]): readonly Problem[] {
  return found.filter(({ level, code }) => level === 'red' || code.startsWith('sandbox.')).map(toProblem)
}
function notesOf(found: readonly Found[]): readonly JsonObject[] {
  return found.filter(({ level }) => level === 'note').map((one) => ({ ...toProblem(one) }))
}
