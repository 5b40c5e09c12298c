// Runs one program on unapproved files without letting it touch the machine (spine §5): what runs here reads a shadow,
// writes to scratch that dies with it, has no network, and only its exit and capped text come out.
// INVARIANT T1: `ran` is said only when bubblewrap reported the program's own exit on the status descriptor; every other
// end is an infrastructure error and never a verdict on the files.
import { closeSync, constants, openSync, readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileError, passableDirectory } from '../sys/files.ts'
import type { ProcessResult, RunOptions } from '../sys/process.ts'
import { OverBudget, type TrialBudget } from './budget.ts'
import { findLimiter, type Limiter, openLimit, type RunLimits, runLimits } from './limit.ts'
import {
  LIMITS,
  type Limits,
  type Mount,
  type ProcKind,
  type Sandbox,
  type SandboxKind,
  sandboxArgv,
} from './sandbox-argv.ts'
import { withIds } from './sandbox-ids.ts'
import { type Architecture, seccompProgram } from './seccomp.ts'

/** How programs are started: sys/process `run`, handed in. */
export type RunProcess = (argv: readonly string[], options?: RunOptions) => Promise<ProcessResult>

export interface SandboxRequest {
  readonly sandbox: Sandbox
  readonly argv: readonly string[]
  /** On top of the system's /usr and a few files of /etc; in this order. */
  readonly mounts?: readonly Mount[]
  /** Names answered besides those of the machine's own /etc/hosts. */
  readonly names?: readonly string[]
  readonly limits?: Partial<Limits>
  /** A directory of ours (`openScratch`); what is made in it is removed again. */
  readonly scratch: string
  /** First of the 65,536 ids; another one for each parallel run (see `withIds`). */
  readonly baseUid: number
  readonly asPid1?: boolean
  readonly timeoutMs?: number
  readonly maxText?: number
  readonly process: RunProcess
  /** Of the trial that this run is a part of: its time is the longest that this run may take. */
  readonly budget?: TrialBudget
  /** What all of its processes may take together, and by what it is held (for tests). */
  readonly together?: RunLimits
  readonly limiter?: Limiter
}

/** `limit`: the program was ended by a limit of the sandbox, which says nothing about the files either. */
export type NotRan = 'unavailable' | 'timeout' | 'overflow' | 'start' | 'limit'

export type SandboxRun =
  | {
      readonly ran: true
      readonly exit: number
      readonly stdout: string
      /** What it wrote on stderr. */
      readonly text: string
      readonly milliseconds: number
    }
  | {
      readonly ran: false
      readonly why: NotRan
      readonly detail: string
      readonly milliseconds: number
    }

/** Answers for every name that only the live network knows (RFC 5737: never a real host). */
const PRIVATE_ADDRESS = '192.0.2.1'
const DEFAULT_TIMEOUT_MS = 20_000
const DEFAULT_TEXT = 65_536
const DESCRIPTORS_KNOWN = 5
/** Of this process: each has a name of its own. */
let runs = 0

/**
 * Makes the scratch directory, passable for the ids inside, and removes what a killed run left in it. For the start of the one process that uses it.
 */
export async function openScratch(path: string): Promise<void> {
  await passableDirectory(path)
  for (const name of await readdir(path))
    if (/^(box|nginx|program|unit)-/.test(name)) await rm(join(path, name), { recursive: true, force: true })
}

let limiter: Promise<Limiter> | undefined

/** What bounds the programs inside together; looked for once in the life of this process. */
export function limiterHere(): Promise<Limiter> {
  limiter ??= findLimiter()
  return limiter
}

/** Throws SekishoError file.* when the scratch directory cannot be written, OverBudget when the run took more than it may. */
export async function runInSandbox(request: SandboxRequest): Promise<SandboxRun> {
  const architecture = machine()
  if (architecture === undefined) return unavailable(`no call filter for ${process.arch}`)
  const opened: number[] = []
  let box: string | undefined
  const limit = await openLimit(
    request.limiter ?? (await limiterHere()),
    request.together ?? runLimits(),
    String(++runs),
  )
  const ending = new AbortController()
  let closed = false
  try {
    box = await mkdtemp(join(request.scratch, 'box-'))
    const hosts = await sharedFile(box, 'hosts', hostsText(request.names ?? []))
    const nameSwitch = await sharedFile(box, 'nsswitch.conf', nameSwitchText())
    await writeFile(join(box, 'filter'), seccompProgram(architecture), { mode: 0o600 })
    await chmod(box, 0o711)
    const filter = openSync(join(box, 'filter'), 'r')
    opened.push(filter)
    const rest = coverInherited(opened)
    const own = request.timeoutMs ?? DEFAULT_TIMEOUT_MS
    const timeLeft = request.budget?.timeLeft() ?? own
    const result = await request.process(
      [
        ...limit.enter,
        ...sandboxArgv({
          sandbox: request.sandbox,
          argv: request.argv,
          mounts: request.mounts ?? [],
          hosts,
          nameSwitch,
          limits: limitsFor(request.sandbox.kind, request.limits, rest.length),
          baseUid: request.baseUid,
          asPid1: request.asPid1 ?? true,
          ...(request.sandbox.kind === 'mapped' && (await isClosed(request.scratch))
            ? { closed: resolve(request.scratch) }
            : {}),
        }),
      ],
      {
        cwd: '/',
        timeoutMs: Math.min(own, timeLeft),
        maxOutput: request.maxText ?? DEFAULT_TEXT,
        killOnOverflow: true,
        descriptors: [filter, 'pipe', ...rest],
        signal: ending.signal,
        onStarted: (pid) => limit.started(pid, () => ending.abort()),
      },
    )
    closed = true
    const over = await limit.close()
    if (over !== undefined) throw over
    if (result.timedOut && timeLeft < own) request.budget?.timeLeft()
    return verdict(result)
  } catch (cause) {
    throw cause instanceof OverBudget ? cause : fileError(request.scratch, cause)
  } finally {
    if (!closed) await limit.close()
    for (const descriptor of opened) closeSync(descriptor)
    if (box !== undefined) await rm(box, { recursive: true, force: true })
  }
}

function verdict(result: ProcessResult): SandboxRun {
  const milliseconds = result.milliseconds
  const failed = (why: NotRan, detail: string): SandboxRun => ({
    ran: false,
    why,
    detail,
    milliseconds,
  })
  if (result.notStarted !== undefined) return failed('unavailable', `${result.argv[0]}: ${result.notStarted}`)
  if (result.timedOut) return failed('timeout', 'the program did not end in time')
  if (result.overflowed) return failed('overflow', 'the program wrote more text than is read')
  const exit = exitOf(result.extra[0] ?? '')
  const words = plainText(result.stderr).slice(0, 2000)
  // 127 of the outer programs: unshare, sh or bwrap is not there.
  if (exit === undefined) return failed(result.code === 127 ? 'unavailable' : 'start', words)
  if (NOT_EXECUTED.test(result.stderr)) return failed('unavailable', words)
  if (LIMIT_SIGNALS.includes(exit - 128)) return failed('limit', `ended by signal ${exit - 128}`)
  return { ran: true, exit, stdout: result.stdout, text: plainText(result.stderr), milliseconds }
}

/** The program itself is missing: prlimit (or setpriv) says so in its place. */
const NOT_EXECUTED = /^(?:prlimit|setpriv): failed to execute /
/** SIGKILL, SIGXCPU, SIGXFSZ. */
const LIMIT_SIGNALS = [9, 24, 25]

/** `{"exit-code":N}` as bubblewrap writes it, on a line of its own behind the line with the child's id. */
export function exitOf(status: string): number | undefined {
  const found = /^\{\s*"exit-code"\s*:\s*(\d{1,3})\s*\}\s*$/m.exec(status)
  return found?.[1] === undefined ? undefined : Number(found[1])
}

/** Without control and bidirectional characters, so that nothing a program says can move a cursor or hide a word. */
export function plainText(text: string): string {
  return text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function unavailable(detail: string): SandboxRun {
  return { ran: false, why: 'unavailable', detail, milliseconds: 0 }
}

/** The one for which there is a call filter. */
export function machine(): Architecture | undefined {
  if (process.arch === 'x64') return 'x86_64'
  if (process.arch === 'arm64') return 'aarch64'
  return undefined
}

/**
 * RLIMIT_NPROC counts every process of the id; where the id is the caller's own, 64 would stop the caller. Descriptors
 * that had to be covered do not count against the program.
 */
function limitsFor(kind: SandboxKind, limits: Partial<Limits> | undefined, covered: number): Limits {
  const all = { ...LIMITS, ...(kind === 'mapped' ? {} : { processes: 4096 }), ...limits }
  return { ...all, files: all.files.replace(/^\d+/, (soft) => String(Number(soft) + covered)) }
}

/** Can somebody else not pass through one of the directories down to this one? The ids inside are somebody else. */
export async function isClosed(path: string): Promise<boolean> {
  for (let current = path; current !== '/'; current = dirname(current))
    if (((await stat(current)).mode & 0o001) === 0) return true
  return false
}

async function sharedFile(directory: string, name: string, text: string): Promise<string> {
  const path = join(directory, name)
  await writeFile(path, text)
  await chmod(path, 0o644)
  return path
}

function hostsText(names: readonly string[]): string {
  const own = readOr('/etc/hosts', '127.0.0.1 localhost\n')
  return `${own}\n${names.map((name) => `${PRIVATE_ADDRESS} ${name}\n`).join('')}`
}

/** The machine's own order of looking up users, but names only from the private hosts file. */
function nameSwitchText(): string {
  const lines = readOr('/etc/nsswitch.conf', 'passwd: files\ngroup: files\n').split('\n')
  return `${lines.filter((line) => !/^\s*hosts\s*:/.test(line)).join('\n')}\nhosts: files\n`
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return otherwise
  }
}

/**
 * Descriptors that we were started with and that would reach the program (node hands them on): each is covered with
 * /dev/null in the child. Those node opened itself close by themselves.
 */
export function coverInherited(opened: number[]): readonly number[] {
  const inherited = inheritedDescriptors()
  const last = Math.max(DESCRIPTORS_KNOWN - 1, ...inherited)
  if (last < DESCRIPTORS_KNOWN) return []
  const nothing = openSync('/dev/null', constants.O_RDWR)
  opened.push(nothing)
  return Array.from({ length: last - DESCRIPTORS_KNOWN + 1 }, () => nothing)
}

const CLOSE_ON_EXEC = 0o2000000

function inheritedDescriptors(): readonly number[] {
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((descriptor) => {
      const flags = /^flags:\s*([0-7]+)/m.exec(readOr(`/proc/self/fdinfo/${descriptor}`, ''))?.[1]
      return descriptor > 2 && flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0
    })
}

export type Availability =
  | { readonly available: true; readonly sandbox: Sandbox; readonly notChecked: readonly NotChecked[] }
  | { readonly available: false; readonly why: string }

/** What a weaker sandbox cannot say anything about. */
export type NotChecked = 'user' | 'owners' | 'listeners'

/** Tries the walls this machine can put up, strongest first, with a program that does nothing. Ask once and keep it. */
export async function sandboxAvailable(options: {
  readonly process: RunProcess
  readonly scratch: string
  /** Effective user id of who will start programs. */
  readonly uid: number
  /** Only these are tried (for tests and for an operator who rules one out). */
  readonly kinds?: readonly SandboxKind[]
}): Promise<Availability> {
  const kinds: readonly SandboxKind[] =
    options.kinds ?? (options.uid === 0 ? ['mapped', 'root-one-id'] : ['one-id'])
  const reasons: string[] = []
  for (const kind of kinds) {
    for (const proc of procKinds(options.uid)) {
      const sandbox: Sandbox = { kind, proc }
      const run = await withIds((baseUid) =>
        runOrSay({
          sandbox,
          argv: ['true'],
          scratch: options.scratch,
          baseUid,
          process: options.process,
          timeoutMs: 10_000,
        }),
      )
      if (run.ran && run.exit === 0) return { available: true, sandbox, notChecked: notChecked(sandbox) }
      reasons.push(`${kind}/${proc}: ${run.ran ? `exit ${run.exit} ${run.text}` : run.detail}`.trim())
    }
  }
  return { available: false, why: reasons.join('; ').slice(0, 2000) }
}

/** What stops the looking for one kind of walls is a reason among others. */
async function runOrSay(request: SandboxRequest): Promise<SandboxRun> {
  try {
    return await runInSandbox(request)
  } catch (error) {
    if (!(error instanceof OverBudget)) throw error
    return { ran: false, why: 'limit', detail: error.message, milliseconds: 0 }
  }
}

function procKinds(uid: number): readonly ProcKind[] {
  return uid === 0 ? ['own', 'fresh', 'none'] : ['own', 'none']
}

function notChecked(sandbox: Sandbox): readonly NotChecked[] {
  return [
    ...(sandbox.kind === 'mapped' ? [] : (['user', 'owners'] as const)),
    ...(sandbox.proc === 'none' ? (['listeners'] as const) : []),
  ]
}
