// The one caller of child_process: argv arrays, no shell, a limit on time and output, the whole group killed.
import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'

export interface RunOptions {
  readonly input?: string | Uint8Array
  /** A descriptor in the place of `input`: what can be read from it, from where it stands. */
  readonly inputFrom?: number
  /** The whole environment of the child. Nothing is inherited but what stands here; PATH has a default. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly uid?: number
  readonly gid?: number
  /** Default 30 s; then SIGKILL to the group. */
  readonly timeoutMs?: number
  /** Bytes kept of each stream; the rest is counted and dropped. Default 64 KiB. */
  readonly maxOutput?: number
  /** Kill the group when a stream passes maxOutput. Default false. */
  readonly killOnOverflow?: boolean
  /** More descriptors for the child, from 3 upwards: a number hands one on, 'pipe' reads it into `extra`. */
  readonly descriptors?: readonly (number | 'pipe')[]
  readonly signal?: AbortSignal
  /** What it says on stderr, as it says it: who hears it may end it by `signal`. */
  readonly onError?: (chunk: Uint8Array) => void
  /** The process stands, and will be ended by `signal`. */
  readonly onStarted?: (pid: number) => void
  /** Only its exit counts: it gets no pipes, which take longer than many a small program. */
  readonly silent?: boolean
  /** Stay in our session, so that the program can ask a person at /dev/tty. Default: a session of its own. */
  readonly inheritTerminal?: boolean
}

export interface ProcessResult {
  readonly argv: readonly string[]
  /** Exit code; absent when it was ended by a signal or never started. */
  readonly code?: number
  readonly signal?: string
  /** `ENOENT`, `EACCES` … when it could not be started; `LOST` when the launcher ended under it (launcher.ts). */
  readonly notStarted?: string
  readonly timedOut: boolean
  readonly overflowed: boolean
  readonly stdout: string
  readonly stderr: string
  readonly stdoutBytes: Uint8Array
  /** Text read from the descriptors opened as 'pipe', in order. */
  readonly extra: readonly string[]
  readonly milliseconds: number
}

export const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const BASE_ENVIRONMENT = { PATH, LC_ALL: 'C.UTF-8' }
/** After `exit` a daemonised grandchild may keep the pipes open; we stop reading after this. */
const GRACE_MS = 200

/** Runs a program to its end. Never throws for what the program did: look at code, signal, notStarted, timedOut. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<ProcessResult> {
  const [program, ...args] = argv
  if (program === undefined) throw new TypeError('argv is empty')
  const started = performance.now()
  const maxOutput = options.maxOutput ?? 65_536
  const extras = options.descriptors ?? []
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: options.silent
        ? ['ignore', 'ignore', 'ignore', ...extras]
        : [options.inputFrom ?? 'pipe', 'pipe', 'pipe', ...extras],
      env: { ...BASE_ENVIRONMENT, ...options.env },
      detached: options.inheritTerminal !== true,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.uid === undefined ? {} : { uid: options.uid }),
      ...(options.gid === undefined ? {} : { gid: options.gid }),
    })
    let timedOut = false
    let overflowed = false
    let notStarted: string | undefined
    const kill = () => (options.inheritTerminal === true ? child.kill('SIGKILL') : killGroup(child))
    const overflow = () => {
      overflowed = true
      if (options.killOnOverflow) kill()
    }
    const out = collect(child.stdout, maxOutput, overflow)
    const err = collect(child.stderr, maxOutput, overflow)
    if (options.onError !== undefined) child.stderr?.on('data', options.onError)
    const more = extras.flatMap((kind, i) =>
      kind === 'pipe' ? [collect(child.stdio[i + 3] as Readable, maxOutput, overflow)] : [],
    )
    const timer = setTimeout(() => {
      timedOut = true
      kill()
    }, options.timeoutMs ?? 30_000)
    options.signal?.addEventListener('abort', kill, { once: true })
    if (child.pid !== undefined) options.onStarted?.(child.pid)

    let settled = false
    const finish = (code: number | null, signal: NodeJS.Signals | null) => {
      if (settled) return
      settled = true
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', kill)
      child.stdout?.destroy()
      child.stderr?.destroy()
      const stdoutBytes = out()
      resolve({
        argv,
        ...(code === null ? {} : { code }),
        ...(signal === null ? {} : { signal }),
        ...(notStarted === undefined ? {} : { notStarted }),
        timedOut,
        overflowed,
        stdout: stdoutBytes.toString('utf8'),
        stderr: err().toString('utf8'),
        stdoutBytes,
        extra: more.map((read) => read().toString('utf8')),
        milliseconds: performance.now() - started,
      })
    }
    child.on('error', (error: NodeJS.ErrnoException) => {
      notStarted = error.code ?? 'UNKNOWN'
      finish(null, null)
    })
    child.on('close', finish)
    child.on('exit', (code, signal) => {
      setTimeout(() => finish(code, signal), GRACE_MS).unref()
    })
    child.stdin?.on('error', () => {}) // EPIPE: the program did not read all of its input; its exit code tells.
    child.stdin?.end(options.input ?? '')
  })
}

function collect(stream: Readable | null, max: number, onOverflow: () => void): () => Buffer {
  const chunks: Buffer[] = []
  let size = 0
  stream?.on('error', () => {})
  stream?.on('data', (chunk: Buffer) => {
    if (size < max) chunks.push(chunk.subarray(0, max - size))
    size += chunk.length
    if (size > max) onOverflow()
  })
  return () => Buffer.concat(chunks)
}

/** A child that was started `detached`, and all that it has started. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // The group is gone already.
  }
}

export interface StartOptions {
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly uid?: number
  readonly gid?: number
  /** stdin, stdout, stderr and further descriptors as spawn takes them. */
  readonly stdio: ('ignore' | 'pipe' | 'inherit' | 'ipc' | number)[]
  readonly detached?: boolean
}

/** Starts a program that lives on beside us (the parts of `sekisho up`). The caller owns its end. */
export function start(argv: readonly string[], options: StartOptions): ChildProcess {
  const [program, ...args] = argv
  if (program === undefined) throw new TypeError('argv is empty')
  return spawn(program, args, {
    stdio: options.stdio,
    env: { ...BASE_ENVIRONMENT, ...options.env },
    detached: options.detached ?? false,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  })
}

/** Starts a program in a session of its own, with no input and no output, that outlives us. One that cannot be started is not told. */
export function startApart(argv: readonly string[]): void {
  const child = start(argv, { env: {}, cwd: '/', stdio: ['ignore', 'ignore', 'ignore'], detached: true })
  child.on('error', () => {})
  child.unref()
}
