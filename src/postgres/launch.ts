// A PostgreSQL program under an account that is not ours: no privilege left, no environment of ours, no network where it needs none,
// its output streamed, its end told whole. It dies with us.
import type { ChildProcess } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { killGroup, PATH, start } from '../sys/process.ts'
import { scrubError } from './scrub-errors.ts'
import type { Account, Limits } from './types.ts'

export interface LaunchOptions extends Limits {
  /** Absent: the argv itself gives up what we are (a sandbox). */
  readonly as?: Account
  /** A descriptor to read from, `pipe` to write to it, else nothing is there to read. */
  readonly stdin?: number | 'pipe'
  /** A descriptor to write to; else it is read here. */
  readonly stdout?: number
  readonly env?: Readonly<Record<string, string>>
  /** It speaks to nobody but by files and sockets with a path. */
  readonly offline?: boolean
  /** What it gets when we die. A server must be let to clean up behind itself. */
  readonly deathSignal?: 'KILL' | 'QUIT'
  /** More descriptors for it, from 3 upwards. */
  readonly descriptors?: readonly number[]
  readonly apart?: Apart
}

/**
 * An account that may be hostile cannot get at a program that runs with its rights: as its real group is one that nobody else has, no other process
 * of the account may trace it or look at what it has open (ptrace(2)). Such a program gets no signal when we die: it must read its input to the end.
 */
export interface Apart {
  /** Of nobody: what belongs to it can be reached by this program alone. */
  readonly group: number
  /** No file that it writes grows beyond this. */
  readonly fileBytes: number
}

/** How a program ended. Believed only whole: code, what it said, and nothing that came between. */
export interface Ended {
  readonly code?: number
  readonly signal?: string
  readonly notStarted?: string
  readonly timedOut: boolean
  readonly aborted: boolean
  /** Its first 16 KiB. They may hold what stands in rows: `failureOf` says what may be told. */
  readonly stderr: string
}

export interface Launched {
  readonly child: ChildProcess
  readonly stdin: Writable | null
  readonly stdout: Readable | null
  readonly done: Promise<Ended>
  stop(): void
}

const STDERR_BYTES = 16_384
/** Nothing of a person's files is read: no password, no service, no start-up file. */
const NOBODY = {
  HOME: '/nonexistent',
  PGPASSFILE: '/nonexistent/none',
  PGSERVICEFILE: '/nonexistent/none',
  PGSYSCONFDIR: '/nonexistent',
  PSQLRC: '/nonexistent/none',
}

/** The argv that gives up all that we are and become the account; as it is where we are that account already. */
export function underAccount(
  as: Account,
  argv: readonly string[],
  {
    offline = false,
    deathSignal = 'KILL',
    apart,
  }: Pick<LaunchOptions, 'offline' | 'deathSignal' | 'apart'> = {},
): readonly string[] {
  const bounded =
    apart === undefined ? [] : ['prlimit', `--fsize=${apart.fileBytes}:${apart.fileBytes}`, '--']
  if (process.getuid?.() !== 0) return [...bounded, ...argv]
  const groups =
    apart === undefined
      ? ['--clear-groups', `--regid=${as.gid}`]
      : [`--groups=${apart.group}`, `--rgid=${apart.group}`, `--egid=${as.gid}`]
  const drop = [...groups, '--no-new-privs', '--bounding-set=-all', '--inh-caps=-all']
  // What reads or runs a dump may be large: it is ended before us when memory is short.
  const out = offline ? ['choom', '-n', '500', '--', 'unshare', '--net', '--'] : []
  return [
    ...out,
    ...bounded,
    'setpriv',
    `--reuid=${as.uid}`,
    ...drop,
    `--pdeathsig=${deathSignal}`,
    '--',
    ...argv,
  ]
}

/** Starts a program. Never throws for what it did: `done` tells. Whoever calls reads stdout to its end or stops it. */
export function launch(argv: readonly string[], options: LaunchOptions): Launched {
  const child = start(options.as === undefined ? argv : underAccount(options.as, argv, options), {
    env: { PATH, ...NOBODY, ...options.env },
    cwd: '/',
    detached: true,
    stdio: [options.stdin ?? 'ignore', options.stdout ?? 'pipe', 'pipe', ...(options.descriptors ?? [])],
  })
  let timedOut = false
  let aborted = false
  const stop = () => killGroup(child)
  const abort = () => {
    aborted = true
    stop()
  }
  const timer = setTimeout(() => {
    timedOut = true
    stop()
  }, options.timeoutMs)
  if (options.signal?.aborted === true) abort()
  options.signal?.addEventListener('abort', abort, { once: true })
  child.stdin?.on('error', () => {}) // It did not read all of its input: its exit code tells.

  const said: Buffer[] = []
  let size = 0
  child.stderr?.on('data', (chunk: Buffer) => {
    if (size < STDERR_BYTES) said.push(chunk.subarray(0, STDERR_BYTES - size))
    size += chunk.length
  })
  const done = new Promise<Ended>((resolve) => {
    const finish = (more: Pick<Ended, 'code' | 'signal' | 'notStarted'>) => {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', abort)
      resolve({ ...more, timedOut, aborted, stderr: Buffer.concat(said).toString('utf8').trim() })
    }
    child.on('error', (error: NodeJS.ErrnoException) => finish({ notStarted: error.code ?? 'UNKNOWN' }))
    child.on('close', (code, signal) =>
      finish({ ...(code === null ? {} : { code }), ...(signal === null ? {} : { signal }) }),
    )
  })
  return { child, stdin: child.stdin, stdout: child.stdout, done, stop }
}

/**
 * What a server says to everybody who enters a database whose locale has another version on this machine now, in its own language, before any setting of a
 * session: three lines, of which the last one names the command; one line where the library has no version. Nothing has failed by it.
 */
const OLD_COLLATION =
  /^[^\n]*\n[^\n]*\n[^\n]*ALTER DATABASE [^\n]* REFRESH COLLATION VERSION[^\n]*\n?|^\S+: +database "[^"\n]*" has no actual collation version, but a version was recorded\n?/gm

/** Undefined when it did what it should and had nothing to say; else why not, in one line. */
export function failureOf(ended: Ended, told: (stderr: string) => string = scrubError): string | undefined {
  if (ended.notStarted !== undefined) return `could not be started: ${ended.notStarted}`
  if (ended.timedOut) return 'it did not end in time'
  if (ended.aborted) return 'it was stopped'
  const said = ended.stderr.replace(OLD_COLLATION, '')
  if (ended.code === 0 && said === '') return undefined
  const end = ended.signal === undefined ? `exit ${ended.code}` : `ended by ${ended.signal}`
  return `${told(said)} (${end})`.trim()
}

/** The same of a program that has seen no row, as one that makes or starts an empty cluster: in its own words. */
export function failureOfEmpty(ended: Ended): string | undefined {
  return failureOf(ended, (stderr) =>
    stderr
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
      .join(' / ')
      .slice(0, 400),
  )
}

/** All of a program's output, at most `max` bytes; more ends it. */
export async function readAll(
  launched: Launched,
  max: number,
): Promise<{ text: string; ended: Ended; over: boolean }> {
  const chunks: Buffer[] = []
  let size = 0
  let over = false
  for await (const chunk of launched.stdout ?? []) {
    const bytes = chunk as Buffer
    size += bytes.length
    if (size > max) {
      over = true
      launched.stop()
      break
    }
    chunks.push(bytes)
  }
  return { text: Buffer.concat(chunks).toString('utf8'), ended: await launched.done, over }
}
