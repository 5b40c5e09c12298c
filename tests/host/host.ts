// Test hosts as tests use them: real systemd, nginx with TLS and the reference service, in a handle of plain verbs.
// A call never throws for what a program in the host did: look at its code.

import { environment } from '../../src/sys/config.ts'
import { PATH, type ProcessResult, run } from '../../src/sys/process.ts'
import { type Bind, boot, crash, type Disk, inside, newDisk, reboot } from './boot.ts'
import { CHECKOUT, type HostPlace, hostPid, placeOf } from './place.ts'
import { up } from './set.ts'

export { CA_PATH, SERVER_NAMES } from './lower.ts'

/** The checkout inside a host, read-only, with its node_modules. */
export const CHECKOUT_IN_HOST = '/opt/sekisho-checkout'
export const SEKISHO = `${CHECKOUT_IN_HOST}/bin/sekisho`
export const MIRAI_UNIT = 'mirai-knowledge-system.service'
/** Our own node inside a host, at a place that a service may use. */
export const NODE_IN_HOST = '/usr/local/bin/node'

export interface HostOptions {
  /** Beside the checkout and node, which every host has. */
  readonly binds?: readonly Bind[]
  readonly disks?: readonly Disk[]
  /** Default true: each host starts on a new disk. */
  readonly fresh?: boolean
  /** Default: the set of this worker, which goes down with the run. */
  readonly set?: string
  /** Default: the test run, else this process. */
  readonly owner?: number
}

export interface ExecOptions {
  /** Default root. */
  readonly user?: string
  readonly input?: string | Uint8Array
  /** Default 60 s. */
  readonly timeoutMs?: number
  /** Added to the clean environment. */
  readonly env?: Readonly<Record<string, string>>
  readonly maxOutput?: number
}

export interface Outcome {
  /** Exit code; 128 + n for a signal is the shell's habit and not ours: then it is -1 and `ended` says why. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  readonly ended?: string
}

export interface Host {
  readonly name: string
  readonly address: string
  /** PID 1 of the host as the machine counts; changes with each boot. */
  readonly pid: number
  readonly netns: string
  readonly directory: string
  exec(argv: readonly string[], options?: ExecOptions): Promise<Outcome>
  /** As exec, but anything else than exit 0 throws with what the program said. Returns stdout. */
  ok(argv: readonly string[], options?: ExecOptions): Promise<string>
  /** The argv by which a program of the machine starts one in the host: for children that live on. */
  argv(argv: readonly string[], options?: Pick<ExecOptions, 'user' | 'env'>): readonly string[]
  /** Writes through what is there (owner and links stay); a new file is root's with this mode, default 0644. */
  put(path: string, bytes: string | Uint8Array, mode?: number): Promise<void>
  read(path: string): Promise<Buffer>
  /** A new disk and a boot. */
  reset(): Promise<void>
  /** SIGKILL of PID 1 and all below; the disk stays as the page cache has it. */
  crash(): Promise<void>
  /** A crash in which everything unsynced on this XFS disk is lost. `boot` comes next. */
  powerCut(mountPoint: string): Promise<void>
  boot(): Promise<void>
  /** Orderly, by systemctl. */
  reboot(): Promise<void>
}

/** The set of this worker and the owner of the run; elsewhere this process is its own. No two files that run at a time share a set. */
function thisRun(): { readonly set: string; readonly owner: number } {
  const owner = Number(environment['SEKISHO_TEST_OWNER'] ?? process.pid)
  const run = environment['SEKISHO_TEST_RUN'] ?? `run-${owner}`
  return { set: `${run}-${environment['VITEST_POOL_ID'] ?? 1}`, owner }
}

/** Hosts h1…hN, up and clean. A worker's first call builds its set; later calls reuse what fits. */
export async function hosts(count: number, options: HostOptions = {}): Promise<readonly Host[]> {
  const mine = thisRun()
  const places = await up(options.set ?? mine.set, {
    count,
    owner: options.owner ?? mine.owner,
    binds: [...ALWAYS, ...(options.binds ?? [])],
    disks: options.disks ?? [],
    ...(options.fresh === undefined ? {} : { fresh: options.fresh }),
  })
  return places.map(handle)
}

/** One host, for the many tests that need just that. */
export async function oneHost(options: HostOptions = {}): Promise<Host> {
  const [host] = await hosts(1, options)
  if (host === undefined) throw new Error('no host came up')
  return host
}

export const ALWAYS: readonly Bind[] = [
  { from: CHECKOUT, to: CHECKOUT_IN_HOST },
  { from: process.execPath, to: NODE_IN_HOST },
]

/** Runs a program of the machine in the control network of the set: it reaches each host by address. */
export function inControlNetwork(
  argv: readonly string[],
  options: ExecOptions & { set?: string } = {},
): Promise<Outcome> {
  const place = placeOf(options.set ?? thisRun().set)
  return outcome(['ip', 'netns', 'exec', place.control, ...argv], options)
}

export function handle(place: HostPlace): Host {
  const pid = () => {
    const found = hostPid(place.directory)
    if (found === undefined) throw new Error(`${place.name} is not up`)
    return found
  }
  const argvFor = (argv: readonly string[], options: Pick<ExecOptions, 'user' | 'env'> = {}) => {
    const extra = Object.entries(options.env ?? {}).map(([key, value]) => `${key}=${value}`)
    return inside(pid(), extra.length === 0 ? argv : ['env', ...extra, ...argv], options.user)
  }
  const exec = (argv: readonly string[], options: ExecOptions = {}) =>
    outcome(argvFor(argv, options), options)
  const ok = async (argv: readonly string[], options: ExecOptions = {}) => {
    const result = await exec(argv, options)
    if (result.code !== 0)
      throw new Error(
        `${place.name}: ${argv.join(' ')}: ${result.ended ?? `exit ${result.code}`}\n${result.stdout}${result.stderr}`,
      )
    return result.stdout
  }
  return {
    name: place.name,
    address: place.address,
    netns: place.netns,
    directory: place.directory,
    get pid() {
      return pid()
    },
    exec,
    ok,
    argv: argvFor,
    async put(path, bytes, mode) {
      const script =
        '[ -e "$1" ] || { umask 077; : >"$1"; chmod 644 "$1"; }; cat >"$1" && { [ -z "$2" ] || chmod "$2" "$1"; }'
      await ok(['sh', '-c', script, 'put', path, mode === undefined ? '' : mode.toString(8)], {
        input: bytes,
      })
    },
    async read(path) {
      const result = await run(argvFor(['cat', '--', path]), { maxOutput: 64 * 1024 * 1024 })
      if (result.code !== 0) throw new Error(`${place.name}: ${result.stderr.trim()}`)
      return Buffer.from(result.stdoutBytes)
    },
    async reset() {
      await crash(place)
      await newDisk(place)
      await boot(place)
    },
    crash: () => crash(place),
    async powerCut(mountPoint) {
      await ok(['xfs_io', '-x', '-c', 'shutdown', mountPoint])
      await crash(place)
    },
    async boot() {
      await boot(place)
    },
    async reboot() {
      await reboot(place)
    },
  }
}

async function outcome(argv: readonly string[], options: ExecOptions): Promise<Outcome> {
  const result = await run(argv, {
    timeoutMs: options.timeoutMs ?? 60_000,
    maxOutput: options.maxOutput ?? 16 * 1024 * 1024,
    env: { PATH },
    ...(options.input === undefined ? {} : { input: options.input }),
  })
  const { stdout, stderr } = result
  if (result.code !== undefined && !result.timedOut) return { code: result.code, stdout, stderr }
  return { code: -1, stdout, stderr, ended: why(result) }
}

function why(result: ProcessResult): string {
  if (result.timedOut) return `out of time after ${Math.round(result.milliseconds)} ms`
  return result.notStarted ?? result.signal ?? 'unknown'
}
