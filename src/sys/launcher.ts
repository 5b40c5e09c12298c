// A standing shell that forks on a large process's behalf: node copies its page tables for each program, the shell has next to none.
// Owns a few small `sh`, each started when the others work and anew after its end. Leaves to process.ts what it does not promise: see `launches`.
// INVARIANT L1: a lock is never taken through here. It belongs to the open descriptor, and the shell only opens the same file once more.
// INVARIANT L2: the shell dies with its owner (its commands end), and with the shell, when it is killed for a limit, its program.
// INVARIANT L3: when the shell ends under a call nobody knows how far the program came, and that is the answer (`LOST`): never a second start.
import { readFileSync, readlinkSync } from 'node:fs'
import type { Socket } from 'node:net'
import { constants } from 'node:os'
import type { Readable } from 'node:stream'
import type { Random } from '../base/time.ts'
import { killGroup, type ProcessResult, type RunOptions, run, start, startApart } from './process.ts'

/** Programs that end by themselves, leave nobody behind and have no exit code above 125 of their own. */
const PROGRAMS: ReadonlySet<string> = new Set([
  'cp',
  'getfacl',
  'getfattr',
  'journalctl',
  'lsattr',
  'sync',
  'systemctl',
  'systemd-run', // which only asks PID 1: nobody here waits for what it starts
])
const SHELL = ['/bin/sh'] as const
/** What comes while all of them work is forked by ourselves. */
const SHELLS_MAX = 4
const TEXT_LIMIT = 65_536
/** From 3 upwards, each one digit: a redirection of the shell takes no more. */
const DESCRIPTORS_MAX = 7
const NOT_EXECUTABLE = 126
const NOT_FOUND = 127
const SIGNALLED = 128

export interface Launcher {
  /** As `run` of process.ts, with its limits; by the shell where it can, else by a fork of our own. */
  readonly run: typeof run
  /** As `startApart` of process.ts. */
  readonly startApart: (argv: readonly string[]) => Promise<void>
  /** Each shell ends when its program has. */
  readonly close: () => void
  /** Of the shells that stand. */
  readonly pids: () => readonly number[]
}

export interface LauncherOptions {
  /** What marks the end of an output: nobody may guess it. */
  readonly random: Random
  readonly programs?: ReadonlySet<string>
}

export function openLauncher({ random, programs = PROGRAMS }: LauncherOptions): Launcher {
  let shells: readonly Shell[] = []
  const umask = umaskNow()
  const free = (): Shell | undefined => {
    shells = shells.filter((one) => !one.isOver())
    const idle = shells.find((one) => !one.isBusy())
    if (idle !== undefined || shells.length >= SHELLS_MAX) return idle
    const fresh = openShell(Buffer.from(random.bytes(16)).toString('hex'), umask)
    shells = [...shells, fresh]
    return fresh
  }
  function launched(argv: readonly string[], options: RunOptions = {}): Promise<ProcessResult> {
    const standing = launches(argv, options, programs) ? free() : undefined
    return standing?.call(argv, options, commandOf(argv, options)) ?? run(argv, options)
  }
  return {
    run: launched,
    startApart: async (argv) => {
      const apart = ['setsid', ...argv]
      const options: RunOptions = { silent: true }
      const asked = isText(apart)
        ? await free()?.call(apart, options, `${commandOf(apart, options)} &`)
        : undefined
      if (asked?.code !== 0) startApart(argv)
    },
    close: () => {
      for (const shell of shells) shell.close()
    },
    pids: () => shells.filter((one) => !one.isOver()).flatMap(({ pid }) => pid ?? []),
  }
}

/** Read, for to ask is to set it. A shell that comes later may not take over one that was set for a moment (runner/doors.ts). */
function umaskNow(): string {
  return /^Umask:\s*([0-7]{3,4})$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '077'
}

/** Is this a call that the shell can keep every promise of? */
function launches(argv: readonly string[], options: RunOptions, programs: ReadonlySet<string>): boolean {
  const {
    input,
    env,
    cwd,
    uid,
    gid,
    killOnOverflow,
    inheritTerminal,
    onError,
    onStarted,
    descriptors = [],
  } = options
  const isPlain = [input, env, cwd, uid, gid, killOnOverflow, inheritTerminal, onError, onStarted].every(
    (one) => one === undefined,
  )
  const isHanded =
    descriptors.length <= DESCRIPTORS_MAX && descriptors.every((one) => typeof one === 'number')
  return programs.has(argv[0] ?? '') && isPlain && isHanded && isText(argv)
}

function isText(argv: readonly string[]): boolean {
  return argv.every((one) => !one.includes('\0')) && argv.join(' ').length <= TEXT_LIMIT
}

/**
 * One line of shell, or more where a name holds a line feed; half of it is a syntax error and runs nothing. The shell stands in our own
 * /proc/PID, which is of this process and of none that gets its number later: there it finds our descriptors.
 */
function commandOf(argv: readonly string[], { descriptors = [], silent }: RunOptions): string {
  const handed = descriptors.map((one, i) => ` ${i + 3}<fd/${one}`).join('')
  const output = silent === true ? ' >/dev/null 2>&1' : ''
  return `(trap - TERM; exec </dev/null${output}${handed}; cd /; exec ${argv.map(quoted).join(' ')})`
}

/** Between single quotes a shell changes nothing; a single quote itself stands between double ones. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'"'"'`)}'`
}

interface Shell {
  readonly pid: number | undefined
  readonly isOver: () => boolean
  readonly isBusy: () => boolean
  readonly call: (argv: readonly string[], options: RunOptions, command: string) => Promise<ProcessResult>
  readonly close: () => void
}

interface Call {
  readonly out: Capture
  readonly err: Capture
  /** The output has its end, or the shell its own. */
  readonly look: () => void
  readonly lost: (notStarted: string) => void
}

function openShell(secret: string, umask: string): Shell {
  const child = start(SHELL, { env: {}, cwd: '/', stdio: ['pipe', 'pipe', 'pipe'], detached: true })
  let isOver = false
  let current: Call | undefined
  let calls = 0
  const hear = (stream: Readable | null, of: 'out' | 'err') => {
    stream?.on('error', () => {})
    stream?.on('data', (chunk: Buffer) => {
      current?.[of].take(chunk)
      current?.look()
    })
  }
  hear(child.stdout, 'out')
  hear(child.stderr, 'err')
  child.on('error', (error: NodeJS.ErrnoException) => {
    isOver = true
    current?.lost(error.code ?? 'UNKNOWN')
  })
  child.on('exit', () => {
    isOver = true
    // Somebody ended the shell alone: its program must not go on behind the back of whoever is told that it was lost.
    if (current !== undefined) killGroup(child)
  })
  // After `exit`, and when nobody holds the outputs any more: the program has ended too.
  child.on('close', () => current?.lost('LOST'))
  child.stdin?.on('error', () => {}) // EPIPE: `close` tells.
  // An idle shell keeps nobody alive; a call has its timer.
  child.unref()
  for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as Socket | null)?.unref()
  // A unit that is stopped has all its processes told: our owner goes on to its next boundary, and may need us until then.
  child.stdin?.write(`trap '' TERM\numask ${umask}\ncd /proc/${readlinkSync('/proc/self')} || exit\n`)

  return {
    pid: child.pid,
    isOver: () => isOver,
    isBusy: () => current !== undefined,
    close: () => child.stdin?.end(),
    call: (argv, options, command) => {
      const started = performance.now()
      const mark = `${secret}.${(calls += 1)}`
      return new Promise((resolve) => {
        const max = options.maxOutput ?? 65_536
        const out = capture(mark, max)
        const err = capture(mark, max)
        let timedOut = false
        let isKilled = false
        const kill = () => {
          isKilled = true
          isOver = true // also where its program ends at this very moment: no other call may meet a dying shell
          killGroup(child)
        }
        const timer = setTimeout(() => {
          timedOut = true
          kill()
        }, options.timeoutMs ?? 30_000)
        options.signal?.addEventListener('abort', kill, { once: true })
        const finish = (how: Pick<ProcessResult, 'code' | 'signal' | 'notStarted'>) => {
          current = undefined
          clearTimeout(timer)
          options.signal?.removeEventListener('abort', kill)
          const stdoutBytes = out.bytes()
          resolve({
            argv,
            ...how,
            timedOut,
            overflowed: out.overflowed() || err.overflowed(),
            stdout: stdoutBytes.toString('utf8'),
            stderr: err.bytes().toString('utf8'),
            stdoutBytes,
            extra: [],
            milliseconds: performance.now() - started,
          })
        }
        current = {
          out,
          err,
          look: () => {
            const end = out.end()
            if (end !== undefined && err.end() !== undefined) finish(endOf(end.code))
          },
          lost: (notStarted) => finish(isKilled ? { signal: 'SIGKILL' } : { notStarted }),
        }
        child.stdin?.write(`${command}\nprintf '%s %s\\n' ${mark} $?; printf '%s 0\\n' ${mark} >&2\n`)
      })
    },
  }
}

/** What `$?` says. A shell cannot tell a program that a signal ended from one that left with 128 and more: none of ours does. */
function endOf(code: number): Pick<ProcessResult, 'code' | 'signal' | 'notStarted'> {
  if (code < NOT_EXECUTABLE) return { code }
  if (code === NOT_FOUND) return { notStarted: 'ENOENT' }
  if (code === NOT_EXECUTABLE) return { notStarted: 'EACCES' }
  const signal = Object.entries(constants.signals).find(([, number]) => number === code - SIGNALLED)?.[0]
  return signal === undefined ? { code } : { signal }
}

/** Longer than any end: a secret of 32 digits, two numbers. */
const END_ROOM = 80

interface Capture {
  take(chunk: Buffer): void
  /** The mark and a code; nothing follows them until the next call. */
  end(): { readonly code: number; readonly size: number } | undefined
  overflowed(): boolean
  bytes(): Buffer
}

/** Keeps the first `max` bytes of one output, counts the rest, and sees its end. */
function capture(mark: string, max: number): Capture {
  const kept: Buffer[] = []
  let size = 0
  let tail = ''
  const end = () => {
    const at = tail.lastIndexOf(mark)
    const code = at === -1 ? undefined : /^ (\d{1,3})\n$/.exec(tail.slice(at + mark.length))?.[1]
    return code === undefined ? undefined : { code: Number(code), size: tail.length - at }
  }
  const own = () => size - (end()?.size ?? 0)
  return {
    take(chunk) {
      if (size < max + END_ROOM) kept.push(chunk.subarray(0, max + END_ROOM - size))
      size += chunk.length
      tail = (tail + chunk.subarray(-END_ROOM).toString('latin1')).slice(-END_ROOM)
    },
    end,
    overflowed: () => own() > max,
    bytes: () => Buffer.concat(kept).subarray(0, Math.min(max, own())),
  }
}
