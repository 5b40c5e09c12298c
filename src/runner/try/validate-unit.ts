// Validates a change of a systemd unit or drop-in: our own reading first, then systemd-analyze in the sandbox, where any
// line that names a changed file is red (its exit is 0 on unknown keys and bad values).
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  closedBelow,
  type FileChange,
  type FileView,
  isUnder,
  resolvePath,
  withChanges,
} from '../../host/file-view.ts'
import { liveFiles, remembered } from '../../host/live-files.ts'
import { type ReadBack, readBacks } from '../../host/systemd-property.ts'
import {
  changedSettings,
  isUnitName,
  parseUnit,
  settingsInForce,
  unitFiles,
} from '../../host/systemd-unit.ts'
import { OverBudget, TrialBudget } from '../../sandbox/budget.ts'
import {
  type Availability,
  type NotChecked,
  type RunProcess,
  runInSandbox,
  type SandboxRun,
} from '../../sandbox/sandbox.ts'
import type { Mount } from '../../sandbox/sandbox-argv.ts'
import { giveInside, withIds } from '../../sandbox/sandbox-ids.ts'
import { fileError } from '../../sys/files.ts'
import { capped, overBudget, type Problem, problem, type Verdict } from './problem.ts'
import { stageTree } from './stage-tree.ts'

export interface UnitRequest {
  readonly changes: readonly FileChange[]
  /** `mirai.service`: the unit that the changed files make up. */
  readonly unit: string
  readonly sandbox: Availability
  readonly scratch: string
  readonly process: RunProcess
  readonly live?: FileView
  readonly budget?: TrialBudget
}

export interface UnitValidation {
  readonly verdict: Verdict
  readonly problems: readonly Problem[]
  readonly unit: string
  /** `Section.Key` of every setting whose value in force changes; never values. */
  readonly changed: readonly string[]
  readonly readBack: readonly ReadBack[]
  /** Changed settings that `systemctl show` does not tell: not proven by reading back. */
  readonly notReadable: readonly string[]
  readonly notChecked: readonly NotChecked[]
  readonly milliseconds: number
}

const TREE = '/etc/systemd'
/** Places the sandbox has by itself. */
const SYSTEM = ['/usr', '/bin', '/sbin', '/lib', '/lib64']

export async function validateUnit(request: UnitRequest): Promise<UnitValidation> {
  const started = performance.now()
  const budget = request.budget ?? new TrialBudget(() => performance.now())
  try {
    return await validateWithin(request, budget, started)
  } catch (error) {
    if (!(error instanceof OverBudget)) throw error
    return {
      verdict: 'red',
      problems: [overBudget(error)],
      unit: request.unit,
      changed: [],
      readBack: [],
      notReadable: [],
      notChecked: request.sandbox.available ? request.sandbox.notChecked : [],
      milliseconds: Math.round(performance.now() - started),
    }
  }
}

async function validateWithin(
  request: UnitRequest,
  budget: TrialBudget,
  started: number,
): Promise<UnitValidation> {
  const live = remembered(request.live ?? liveFiles, budget)
  const shadow = withChanges(live, request.changes)
  const before = settingsInForce(unitFiles(live, request.unit).map(({ text }) => text))
  const files = isUnitName(request.unit) ? unitFiles(shadow, request.unit) : []
  const after = settingsInForce(files.map(({ text }) => text))
  const changed = changedSettings(before, after)
  const { readable, unreadable } = readBacks(changed, after)
  const answer = (verdict: Verdict, problems: readonly Problem[]): UnitValidation => ({
    verdict,
    problems: capped(problems),
    unit: request.unit,
    changed,
    readBack: readable,
    notReadable: unreadable,
    notChecked: request.sandbox.available ? request.sandbox.notChecked : [],
    milliseconds: Math.round(performance.now() - started),
  })
  const own = [
    ...ownLines(request),
    ...notPart(request, live, files),
    ...ownChecks(after, shadow, files, { before, live }),
  ]
  if (own.some(({ level }) => level === 'red')) return answer('red', own)
  // Nothing is left of the unit: there is nothing to verify.
  if (files.length === 0) return answer('green', own)
  const run = await verify(request, shadow, after, budget)
  if (!run.ran) {
    const code = run.why === 'unavailable' ? 'sandbox.unavailable' : 'sandbox.failed'
    return answer('not_tried', [...own, problem(code, 'note', `${run.why}: ${run.detail}`)])
  }
  const said = readLines(run.text, request, files)
  if (run.exit !== 0 && said.every(({ level }) => level !== 'red'))
    said.push(problem('unit.failed', 'red', run.text || `systemd-analyze ended with ${run.exit}`))
  return answer(said.some(({ level }) => level === 'red') ? 'red' : 'green', [...own, ...said])
}

const FAULTS = {
  no_section: 'a setting stands before the first section',
  no_equals: 'the line is neither a section, a comment nor KEY=VALUE',
  bad_section: 'the name of the section is not valid',
  not_text: 'the line holds a zero byte',
} as const

function ownLines(request: UnitRequest): readonly Problem[] {
  if (!isUnitName(request.unit)) return [problem('unit.failed', 'red', 'not the name of a unit')]
  return request.changes.flatMap(({ path, after }) =>
    after.kind !== 'file'
      ? []
      : parseUnit(Buffer.from(after.bytes).toString('utf8')).faults.map(({ line, why }) =>
          problem('unit.line', 'red', FAULTS[why], { path, line }),
        ),
  )
}

/** A file that systemd does not take for this unit is not tested and changes nothing. */
function notPart(
  request: UnitRequest,
  live: FileView,
  files: readonly { path: string }[],
): readonly Problem[] {
  const before = unitFiles(live, request.unit)
  return request.changes
    .filter(({ path, after }) => {
      if (after.kind === 'link') return false
      return !(after.kind === 'absent' ? before : files).some((file) => file.path === path)
    })
    .map(({ path }) =>
      problem('unit.not_effective', 'red', `systemd does not read this file for ${request.unit}`, { path }),
    )
}

/** What `systemd-analyze verify` does not look at: users, groups, environment files. */
function ownChecks(
  after: ReadonlyMap<string, readonly string[]>,
  shadow: FileView,
  files: readonly { readonly path: string; readonly text: string }[],
  { before, live }: { readonly before: ReadonlyMap<string, readonly string[]>; readonly live: FileView },
): readonly Problem[] {
  const last = (setting: string) => after.get(setting)?.at(-1)
  const place = (key: string, value: string) => {
    for (const file of files.toReversed()) {
      const found = parseUnit(file.text).settings.findLast((each) => each.key === key && each.value === value)
      if (found !== undefined) return { path: file.path, line: found.line }
    }
    return {}
  }
  const problems: Problem[] = []
  const dynamic = /^(1|yes|y|true|t|on)$/i.test(last('Service.DynamicUser') ?? '')
  const accounts = [
    ['User', '/etc/passwd', 'unit.user_missing'],
    ['Group', '/etc/group', 'unit.group_missing'],
  ] as const
  for (const [key, database, code] of accounts) {
    const name = last(`Service.${key}`)
    if (name === undefined || dynamic || /^\d+$|%/.test(name)) continue
    if (!hasAccount(shadow, database, name)) problems.push(problem(code, 'red', name, place(key, name)))
  }
  for (const value of after.get('Service.EnvironmentFile') ?? []) {
    const path = value.replace(/^"|"$/g, '')
    if (path.startsWith('-') || /[%*?[]/.test(path)) continue
    const isNew = before.get('Service.EnvironmentFile')?.includes(value) !== true
    if (isNew && closedBelow(live, path) !== undefined)
      problems.push(
        problem('unit.environment_file_not_looked', 'note', path, place('EnvironmentFile', value)),
      )
    else if (resolvePath(shadow, path) === undefined)
      problems.push(problem('unit.environment_file_missing', 'red', path, place('EnvironmentFile', value)))
  }
  return problems
}

function hasAccount(view: FileView, database: string, name: string): boolean {
  const found = resolvePath(view, database)
  if (found?.look.kind !== 'file') return true
  const lines = Buffer.from(found.look.bytes).toString('utf8').split('\n')
  return lines.some((line) => line.startsWith(`${name}:`))
}

async function verify(
  request: UnitRequest,
  shadow: FileView,
  after: ReadonlyMap<string, readonly string[]>,
  budget: TrialBudget,
): Promise<SandboxRun> {
  const { sandbox } = request
  if (!sandbox.available) return { ran: false, why: 'unavailable', detail: sandbox.why, milliseconds: 0 }
  const { kind } = sandbox.sandbox
  return await withIds(async (baseUid) => {
    const into = await mkdtemp(join(request.scratch, 'unit-'))
    try {
      await chmod(into, 0o700)
      await giveInside(into, kind, baseUid, { uid: 0, gid: 0 })
      const tree = join(into, 'tree')
      await mkdir(tree)
      const needed = new Set(unitFiles(shadow, request.unit).map(({ path }) => path))
      const staged = await stageTree({
        view: shadow,
        tree: TREE,
        into: tree,
        kind,
        baseUid,
        instead: () => undefined,
        needed,
        budget,
      })
      if (!staged.ok)
        return { ran: false, why: 'start', detail: `${staged.why}: ${staged.path}`, milliseconds: 0 }
      const program = join(into, 'program')
      await writeFile(program, '', { mode: 0o755 })
      await chmod(program, 0o755)
      return await runInSandbox({
        sandbox: sandbox.sandbox,
        argv: [
          'systemd-analyze',
          'verify',
          '--man=no',
          '--generators=no',
          '--recursive-errors=no',
          request.unit,
        ],
        mounts: [{ kind: 'bind', from: tree, to: TREE }, ...programs(after, shadow, program)],
        scratch: request.scratch,
        baseUid,
        process: request.process,
        budget,
      })
    } catch (cause) {
      if (cause instanceof OverBudget) throw cause
      throw fileError(request.scratch, cause)
    } finally {
      await rm(into, { recursive: true, force: true })
    }
  })
}

/**
 * Programs outside /usr that exist: an empty executable stands in for each, so that a missing one is still found. In a directory that
 * others may not enter none is looked for.
 */
function programs(
  after: ReadonlyMap<string, readonly string[]>,
  shadow: FileView,
  from: string,
): readonly Mount[] {
  const paths = new Set<string>()
  for (const [setting, values] of after) {
    if (!setting.startsWith('Service.Exec')) continue
    for (const value of values) {
      const path = /^[@\-:+!]*(\/[^\s"'%\\]+)/.exec(value)?.[1]
      if (path !== undefined) paths.add(path)
    }
  }
  return [...paths].flatMap((path): readonly Mount[] => {
    if (closedBelow(shadow, path) !== undefined) return [{ kind: 'bind', from, to: path }]
    const found = resolvePath(shadow, path)
    if (found?.look.kind !== 'file' || (found.look.mode & 0o111) === 0) return []
    return SYSTEM.some((place) => isUnder(path, place)) ? [] : [{ kind: 'bind', from, to: path }]
  })
}

/** `PATH:LINE: words`, `UNIT: words`, or anything else that names the unit or a file of it. */
function readLines(
  text: string,
  request: UnitRequest,
  files: readonly { readonly path: string }[],
): Problem[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return lines.map((line) => {
    const place = /^(\/[^:]+):(\d+): (.*)$/.exec(line)
    const ours =
      line.includes(request.unit) ||
      files.some(({ path }) => line.includes(path)) ||
      request.changes.some(({ path }) => line.includes(path))
    if (place?.[1] === undefined || place[2] === undefined || place[3] === undefined)
      return problem(ours ? 'unit.failed' : 'unit.warning', ours ? 'red' : 'note', line)
    const unknown = /^Unknown (key|section|lvalue)/.test(place[3])
    const code = unknown ? 'unit.key_unknown' : 'unit.failed'
    return problem(ours ? code : 'unit.warning', ours ? 'red' : 'note', place[3], {
      path: place[1],
      line: Number(place[2]),
    })
  })
}
