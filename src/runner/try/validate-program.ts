// Validates a change of files that one program reads, as the row of their kind says it (plans/config-kinds): its configuration is staged
// as it would stand, the program reads that in the sandbox, and what it says is read line by line. A new kind of this form needs no code.
import { generateKeyPairSync } from 'node:crypto'
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type FileChange,
  type FileView,
  isPrivate,
  isUnder,
  resolvePath,
  withChanges,
} from '../../host/file-view.ts'
import { liveFiles, remembered } from '../../host/live-files.ts'
import type { ProgramValidator } from '../../plans/config-kinds/kind.ts'
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
import { holdsPrivateKey, stageTree } from './stage-tree.ts'

export interface ProgramRequest {
  readonly validator: ProgramValidator
  readonly changes: readonly FileChange[]
  readonly sandbox: Availability
  readonly scratch: string
  readonly process: RunProcess
  readonly live?: FileView
  readonly budget?: TrialBudget
}

export interface ProgramValidation {
  /** `missing`: the program is not on this machine, so nobody has looked. */
  readonly verdict: Verdict | 'missing'
  readonly problems: readonly Problem[]
  readonly notChecked: readonly NotChecked[]
  readonly milliseconds: number
}

const PROGRAMS = ['/usr/sbin', '/usr/bin']

export async function validateProgram(request: ProgramRequest): Promise<ProgramValidation> {
  const started = performance.now()
  const budget = request.budget ?? new TrialBudget(() => performance.now())
  const answer = (verdict: ProgramValidation['verdict'], problems: readonly Problem[]) => ({
    verdict,
    problems: capped(problems),
    notChecked: request.sandbox.available ? request.sandbox.notChecked : [],
    milliseconds: Math.round(performance.now() - started),
  })
  const live = remembered(request.live ?? liveFiles, budget)
  if (PROGRAMS.every((place) => resolvePath(live, `${place}/${request.validator.program}`) === undefined))
    return answer('missing', [])
  try {
    const shadow = withChanges(live, request.changes)
    const run = await read(request, shadow, budget)
    if (!run.ran) {
      const code = run.why === 'unavailable' ? 'sandbox.unavailable' : 'sandbox.failed'
      return answer('not_tried', [problem(code, 'note', `${run.why}: ${run.detail}`)])
    }
    const problems = problemsIn(run, request, shadow)
    // What stood there before and is said of other files is no fault of this change, where each file is read by itself.
    const others = request.validator.readAlone ? problems.filter((one) => !isOurs(one, request)) : []
    const before = others.length === 0 ? undefined : await read(request, live, budget)
    const known = before?.ran === true ? problemsIn(before, request, live) : []
    const all = problems.map((one) => (known.some((old) => isSame(old, one)) ? asNote(one) : one))
    return answer(all.some(({ level }) => level === 'red') ? 'red' : 'green', all)
  } catch (error) {
    if (!(error instanceof OverBudget)) throw error
    return answer('red', [overBudget(error)])
  }
}

const isOurs = ({ path }: Problem, { changes }: ProgramRequest) => changes.some((one) => one.path === path)
const isSame = (a: Problem, b: Problem) => a.path === b.path && a.text === b.text
const asNote = (one: Problem): Problem => ({ ...one, code: 'program.warning', level: 'note' })

function problemsIn(
  run: SandboxRun & { readonly ran: true },
  request: ProgramRequest,
  shadow: FileView,
): readonly Problem[] {
  const { validator, changes } = request
  // sshd ends its lines with a carriage return, which is shown as `\\u000d` in what the sandbox hands out.
  const lines = `${run.stdout}\n${run.text}`.split('\n').map((line) => line.replace(/\\u000d$/, ''))
  const said = lines.flatMap((line) => {
    const found = validator.fault.exec(line)?.groups
    const path = found?.['path'] === undefined ? undefined : pathOf(found['path'], validator, shadow)
    if (found === undefined || path === undefined) return []
    const remark = validator.remark?.test(line) === true
    const number = found['line'] === undefined ? {} : { line: Number(found['line']) }
    // The words of a file that others may not read stay there: of such a file only the place is told, but for what the change itself brings.
    const look = shadow.look(path)
    const isClosed = look !== undefined && isPrivate(look) && !changes.some((one) => one.path === path)
    const text = isClosed ? validator.program : (found['text'] ?? '')
    return [
      problem(remark ? 'program.warning' : 'program.failed', remark ? 'note' : 'red', text, {
        path,
        ...number,
      }),
    ]
  })
  if (said.some(({ level }) => level === 'red')) return said
  const seen = new Set(
    lines.flatMap((line) => {
      const path = validator.seen.exec(line)?.groups?.['path']
      return path === undefined ? [] : (pathOf(path, validator, shadow) ?? [])
    }),
  )
  // A program that has read no file at all has looked at nothing, whatever else its exit may mean.
  if (run.exit !== 0 && (validator.exitDecides || seen.size === 0)) {
    // Debug text tells the settings of each file, closed ones too.
    const words = run.text.split('\n').filter((line) => !/^debug\d*:/.test(line))
    const text = words.join('\n').trim() || `${validator.program} ended with ${run.exit}`
    return [...said, problem('program.failed', 'red', text)]
  }
  const silent = changes.filter(({ path, after }) => after.kind === 'file' && !seen.has(path))
  return [
    ...said,
    ...silent.map(({ path }) => problem('program.not_effective', 'red', validator.program, { path })),
  ]
}

/** A program that goes into the directory names its files without it. */
function pathOf(name: string, { reads }: ProgramValidator, view: FileView): string | undefined {
  if (name.startsWith('/')) return reads.some((place) => isUnder(name, place)) ? name : undefined
  return reads.map((place) => `${place}/${name}`).find((path) => view.look(path) !== undefined)
}

async function read(request: ProgramRequest, view: FileView, budget: TrialBudget): Promise<SandboxRun> {
  const { sandbox, validator, changes } = request
  if (!sandbox.available) return { ran: false, why: 'unavailable', detail: sandbox.why, milliseconds: 0 }
  const { kind } = sandbox.sandbox
  const ours = new Set(changes.map(({ path }) => path))
  return await withIds(async (baseUid) => {
    const into = await mkdtemp(join(request.scratch, 'program-'))
    const notStaged = (path: string, why: string): SandboxRun => ({
      ran: false,
      why: 'start',
      detail: `${why}: ${path}`,
      milliseconds: 0,
    })
    try {
      await chmod(into, 0o700)
      await giveInside(into, kind, baseUid, { uid: 0, gid: 0 })
      const mounts: Mount[] = (validator.places ?? []).map((to) => ({ kind: 'directory', to }))
      for (const [i, place] of validator.reads.entries()) {
        const look = view.look(place)
        if (look === undefined) continue
        // Bound over its own path; behind a link the real path would be another.
        if (look.kind !== 'file' && look.kind !== 'directory') return notStaged(place, look.kind)
        const to = join(into, String(i))
        if (look.kind === 'directory') await mkdir(to)
        const staged = await stageTree({
          view,
          tree: place,
          into: to,
          kind,
          baseUid,
          // A host key is needed and never copied. What the change itself brings is read as it is.
          instead: (path, { bytes }) =>
            ours.has(path) ? bytes : holdsPrivateKey(bytes) ? throwAwayKey() : undefined,
          needed: EVERYTHING,
          budget,
        })
        if (!staged.ok) return notStaged(staged.path, staged.why)
        mounts.push({ kind: 'bind', from: to, to: place })
      }
      return await runInSandbox({
        sandbox: sandbox.sandbox,
        argv: validator.argv,
        mounts,
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

/** Rules that are closed to others (sudoers) are what is to be read here. */
const EVERYTHING: Pick<ReadonlySet<string>, 'has'> = { has: () => true }

let key: Uint8Array | undefined

/** Of the life of this process, and of no use anywhere. */
function throwAwayKey(): Uint8Array {
  key ??= Buffer.from(
    generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey.export({
      type: 'sec1',
      format: 'pem',
    }),
  )
  return key
}
