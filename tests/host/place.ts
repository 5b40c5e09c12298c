// Where a set of test hosts lives on the machine: one tmpfs, one control network, a cgroup and a network namespace a host.
import { readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ProcessResult, type RunOptions, run } from '../../src/sys/process.ts'

export const CHECKOUT = join(import.meta.dirname, '../..')
export const LAUNCHER = join(import.meta.dirname, 'launcher.sh')
export const PREFIX = 'sekisho-host-'
/** Nothing of a set is joined to the machine's network, so all sets may use the same addresses. */
const NETWORK = '10.88.0'

export interface Place {
  readonly set: string
  readonly directory: string
  readonly lower: string
  readonly control: string
}

export interface HostPlace {
  readonly name: string
  readonly index: number
  readonly directory: string
  readonly cgroup: string
  readonly netns: string
  readonly address: string
}

/** The place of the set with this name. A set's name is short and plain: it becomes a directory and a namespace. */
export function placeOf(set: string): Place {
  if (!/^[a-z0-9-]{1,24}$/.test(set))
    throw new TypeError(`set name ${JSON.stringify(set)}: use a-z, 0-9 and -, at most 24`)
  const directory = join(tmpdir(), `${PREFIX}${set}`)
  return { set, directory, lower: join(directory, 'lower'), control: `sekisho-${set}` }
}

export function hostPlace(place: Place, index: number): HostPlace {
  const name = `h${index}`
  return {
    name,
    index,
    directory: join(place.directory, name),
    // Two runs in process namespaces of their own may have the same process ids, and so sets of one name; each has a volume of its own.
    cgroup: join(
      unifiedCgroup() ?? '/sys/fs/cgroup',
      `sekisho-${statSync(tmpdir()).dev}-${place.set}-${name}`,
    ),
    netns: `sekisho-${place.set}-${name}`,
    address: `${NETWORK}.${10 + index}`,
  }
}

export const controlAddress = `${NETWORK}.1`

/** Where cgroup2 is mounted; on a machine with both versions that is not /sys/fs/cgroup itself. */
export function unifiedCgroup(): string | undefined {
  for (const line of readFileSync('/proc/mounts', 'utf8').split('\n')) {
    const [, target, kind] = line.split(' ')
    if (kind === 'cgroup2') return target
  }
  return undefined
}

/** The pid of PID 1 of a host, as the machine counts, while that very process lives. */
export function hostPid(directory: string): number | undefined {
  try {
    const [pid, start] = readFileSync(join(directory, 'pid'), 'utf8').trim().split(' ')
    return pid !== undefined && start !== undefined && startOf(Number(pid)) === start
      ? Number(pid)
      : undefined
  } catch {
    return undefined
  }
}

/** When a process started, in clock ticks since boot: with the pid it names one process for good. Zombies are dead. */
export function startOf(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch {
    return undefined
  }
}

/** Runs a program of the machine that has to succeed. */
export async function must(argv: readonly string[], options: RunOptions = {}): Promise<ProcessResult> {
  const result = await run(argv, options)
  if (result.code !== 0) {
    const end =
      result.notStarted ?? (result.timedOut ? 'out of time' : `status ${result.code ?? result.signal}`)
    throw new Error(`${argv.join(' ')}: ${end}: ${result.stderr.trim()}`)
  }
  return result
}
