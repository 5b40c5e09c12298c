// How much the programs of one sandbox run may take together, as the limits of a single process (prlimit) do not say it: 64 processes may each
// take the memory of one. Strongest first: a group of cgroup2, groups of cgroup v1, and where neither is to be had a watcher that measures
// and ends the run. Which one is in force is a fact that `doctor` prints.
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  statfsSync,
} from 'node:fs'
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { kernelText } from '../sys/kernel-text.ts'
import { OverBudget } from './budget.ts'

/** Where groups for single runs are made; nothing for the watcher. */
export type Limiter =
  | { readonly kind: 'cgroup2'; readonly parent: string }
  | { readonly kind: 'cgroup1'; readonly memory: string; readonly pids: string }
  | { readonly kind: 'watcher' }

type Groups = Exclude<Limiter, { readonly kind: 'watcher' }>

export interface RunLimits {
  readonly memoryBytes: number
  readonly processes: number
  /** Of what is written to its scratch places, which are memory too. */
  readonly scratchBytes: number
}

/** A quarter of the machine, at least 256 MiB (systemd-analyze takes 30) and at most 1 GiB. */
export function runLimits(machineBytes: number = totalmem()): RunLimits {
  const memoryBytes = Math.min(1_073_741_824, Math.max(268_435_456, Math.floor(machineBytes / 4)))
  return { memoryBytes, processes: 128, scratchBytes: 134_217_728 }
}

/** One run under its limits. */
export interface OpenLimit {
  /** What stands before the program's argv: the first process enters the group before anything else runs. */
  readonly enter: readonly string[]
  /** The run has begun: `end` ends it. */
  started(pid: number, end: () => void): void
  /** After the end: takes the group away. What was over its limit, where something was. */
  close(): Promise<OverBudget | undefined>
}

const ENTER = 'for group in $1; do echo $$ >"$group/cgroup.procs" || exit 125; done; shift; exec "$@"'
/** The unit of an installation has its own part of the tree (`Delegate=`, src/install/up/units.ts). */
const UNIT = 'sekisho-runner.service'
const LOOK_MS = 100
const CLOSE_TRIES = 50

/** Tries what this machine has, once in the life of a process. `own`: the text of /proc/self/cgroup, `mounts`: of /proc/self/mounts. */
export async function findLimiter(
  own: string = kernelText('/proc/self/cgroup'),
  mounts: string = kernelText('/proc/self/mounts'),
): Promise<Limiter> {
  for (const limiter of [await delegated(own, mounts), versionOne(own, mounts)]) {
    if (limiter === undefined) continue
    // Whether it takes a limit is seen by setting one.
    const opened = await openGroups(limiter, runLimits(), 'probe').catch(() => undefined)
    if (opened === undefined) continue
    await opened.close()
    return limiter
  }
  return { kind: 'watcher' }
}

/** Below the runner's own unit, where memory and pids can be handed on. The unit's processes must stand in a group of their own for that. */
async function delegated(own: string, mounts: string): Promise<Groups | undefined> {
  const root = /^\S+ (\S+) cgroup2 /m.exec(mounts)?.[1]
  const path = /^0::(.*)$/m.exec(own)?.[1]
  if (root === undefined || path === undefined) return undefined
  const here = join(root, path)
  const parent = basename(here) === UNIT ? here : dirname(here)
  if (basename(parent) !== UNIT) return undefined
  try {
    const has = (await readFile(join(parent, 'cgroup.controllers'), 'utf8')).trim().split(' ')
    if (!has.includes('memory') || !has.includes('pids')) return undefined
    if (here === parent) {
      const leaf = join(parent, 'runner')
      await mkdir(leaf, { recursive: true })
      for (const pid of (await readFile(join(parent, 'cgroup.procs'), 'utf8')).split('\n'))
        if (pid !== '') await writeFile(join(leaf, 'cgroup.procs'), pid).catch(() => {})
    }
    await writeFile(join(parent, 'cgroup.subtree_control'), '+memory +pids')
    return { kind: 'cgroup2', parent }
  } catch {
    return undefined
  }
}

/** Below the groups that we are in: version 1 lets a group have processes and groups at once. */
function versionOne(own: string, mounts: string): Groups | undefined {
  const place = (controller: string): string | undefined => {
    const root = mounts
      .split('\n')
      .map((line) => line.split(' '))
      .find(([, , type, options]) => type === 'cgroup' && options?.split(',').includes(controller))?.[1]
    const path = new RegExp(`^\\d+:(?:[^:]*,)?${controller}(?:,[^:]*)?:(.*)$`, 'm').exec(own)?.[1]
    return root === undefined || path === undefined ? undefined : join(root, path)
  }
  const memory = place('memory')
  const pids = place('pids')
  return memory === undefined || pids === undefined ? undefined : { kind: 'cgroup1', memory, pids }
}

/** `name` is of this run alone. Throws what the file system says where no group can be made any more. */
export async function openLimit(limiter: Limiter, limits: RunLimits, name: string): Promise<OpenLimit> {
  return limiter.kind === 'watcher' ? watch(limits) : openGroups(limiter, limits, name)
}

async function openGroups(limiter: Groups, limits: RunLimits, name: string): Promise<OpenLimit> {
  const group = `${groupPrefix()}${process.pid}-${name}`
  const two = limiter.kind === 'cgroup2'
  const memory = join(two ? limiter.parent : limiter.memory, group)
  const pids = two ? memory : join(limiter.pids, group)
  const groups = [...new Set([memory, pids])]
  const remove = async () => {
    for (const one of groups) await removeGroup(one)
  }
  try {
    for (const one of groups) await mkdir(one)
    if (two) {
      await writeFile(join(memory, 'memory.max'), String(limits.memoryBytes))
      await writeFile(join(memory, 'memory.oom.group'), '1').catch(() => {})
      // Else it would be swapped out instead of ended.
      await writeFile(join(memory, 'memory.swap.max'), '0').catch(() => {})
    } else {
      await writeFile(join(memory, 'memory.limit_in_bytes'), String(limits.memoryBytes))
      await writeFile(join(memory, 'memory.memsw.limit_in_bytes'), String(limits.memoryBytes)).catch(() => {})
    }
    await writeFile(join(pids, 'pids.max'), String(limits.processes))
  } catch (cause) {
    await remove()
    throw cause
  }
  return {
    enter: ['sh', '-c', ENTER, 'sh', groups.join(' ')],
    started: () => {},
    close: async () => {
      const oom = kernelText(join(memory, two ? 'memory.events' : 'memory.oom_control'))
      const forks = kernelText(join(pids, 'pids.events'))
      await remove()
      if (/^oom_kill [1-9]/m.test(oom)) return new OverBudget('memory', limits.memoryBytes)
      return /^max [1-9]/m.test(forks) ? new OverBudget('processes', limits.processes) : undefined
    },
  }
}

/** Process ids count within their own namespace: another one may have the same ones beside us. */
function groupPrefix(): string {
  return `sekisho-trial-${/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0'}-`
}

/** Groups of runners that are not there any more. Each bears the id of the process that made it. */
export function groupsLeft(limiter: Limiter): readonly string[] {
  if (limiter.kind === 'watcher') return []
  const parents = limiter.kind === 'cgroup2' ? [limiter.parent] : [limiter.memory, limiter.pids]
  const prefix = groupPrefix()
  return [...new Set(parents)].flatMap((parent) =>
    readdirSync(parent)
      .filter((name) => name.startsWith(prefix))
      .filter((name) => !existsSync(`/proc/${name.slice(prefix.length).split('-')[0]}`))
      .map((name) => join(parent, name)),
  )
}

/** For the start of the one process that makes groups here. */
export async function sweepGroups(limiter: Limiter): Promise<void> {
  for (const group of groupsLeft(limiter)) await removeGroup(group)
}

/** What is left in it ends first. A group that stays is empty and bears a name that nobody uses again. */
async function removeGroup(group: string): Promise<void> {
  for (let i = 0; i < CLOSE_TRIES; i++) {
    try {
      await rmdir(group)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY') return
      for (const pid of kernelText(join(group, 'cgroup.procs'))
        .split('\n')
        .filter((line) => Number(line) > 1))
        try {
          process.kill(Number(pid), 'SIGKILL')
        } catch {
          // It has ended meanwhile.
        }
      await pause(10)
    }
  }
}

/** Between two looks a program may take more: the limits of each process (prlimit) bound that. */
function watch(limits: RunLimits): OpenLimit {
  let over: OverBudget | undefined
  let before: OverBudget | undefined
  let timer: NodeJS.Timeout | undefined
  return {
    enter: [],
    started: (pid, end) => {
      timer = setInterval(() => {
        // Two looks in a row: while bubblewrap builds its root, one look may count what is not the program's.
        const now = overLimit(pid, limits)
        if (now?.what === before?.what) over ??= now
        before = now
        if (over !== undefined) end()
      }, LOOK_MS)
    },
    close: async () => {
      clearInterval(timer)
      return over
    },
  }
}

function overLimit(pid: number, limits: RunLimits): OverBudget | undefined {
  const processes = processesBelow(pid)
  if (processes.length > limits.processes) return new OverBudget('processes', limits.processes)
  const memory = processes.reduce((sum, one) => sum + one.residentBytes, 0)
  // A page that several share was counted for each; only now is the slower, exact number worth its time.
  if (memory > limits.memoryBytes && sharedOut(processes) > limits.memoryBytes)
    return new OverBudget('memory', limits.memoryBytes)
  const inside = processes.at(-1)?.pid
  if (inside !== undefined && scratchOf(inside) > limits.scratchBytes)
    return new OverBudget('scratch', limits.scratchBytes)
  return undefined
}

interface Seen {
  readonly pid: number
  readonly residentBytes: number
}

/** It and all that come from it: nobody leaves, for orphans go to the first process of their own namespace. */
function processesBelow(root: number): readonly Seen[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const text = kernelText(`/proc/${name}/stat`)
    const parent = Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1])
    children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const found: Seen[] = []
  const pending = [root]
  for (let pid = pending.pop(); pid !== undefined; pid = pending.pop())
    for (const child of children.get(pid) ?? []) {
      found.push({ pid: child, residentBytes: kibibytes(`/proc/${child}/status`, 'VmRSS') ?? 0 })
      pending.push(child)
    }
  return found
}

function sharedOut(processes: readonly Seen[]): number {
  return processes.reduce(
    (sum, { pid, residentBytes }) => sum + (kibibytes(`/proc/${pid}/smaps_rollup`, 'Pss') ?? residentBytes),
    0,
  )
}

/** The value of `Name:   123 kB` in bytes. */
function kibibytes(path: string, name: string): number | undefined {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(kernelText(path))?.[1]
  return found === undefined ? undefined : Number(found) * 1024
}

const TMPFS_MAGIC = 0x01021994

/**
 * Of every tmpfs that this process sees and we do not: those of its own sandbox. Before bubblewrap has changed its root it still sees those of the machine.
 * Each place is opened once and asked through that descriptor: bubblewrap changes its root meanwhile, and the same path then leads to a disk.
 */
export function scratchOf(pid: number): number {
  const ours = new Set(temporaryPlaces('self').map(({ device }) => device))
  const theirs = new Map(temporaryPlaces(pid).map(({ device, bytes }) => [device, bytes]))
  let total = 0
  for (const [device, bytes] of theirs) if (!ours.has(device)) total += bytes
  return total
}

function temporaryPlaces(
  pid: number | 'self',
): readonly { readonly device: number; readonly bytes: number }[] {
  return kernelText(`/proc/${pid}/mounts`)
    .split('\n')
    .flatMap((line) => {
      const [, at, type] = line.split(' ')
      if (type !== 'tmpfs' || at === undefined) return []
      const seen = statTmpfs(`/proc/${pid}/root${at}`)
      return seen === undefined ? [] : [seen]
    })
}

/** Undefined where it is no tmpfs (any more), or the process has ended. */
function statTmpfs(path: string): { readonly device: number; readonly bytes: number } | undefined {
  let handle: number
  try {
    handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch {
    return undefined
  }
  try {
    const { type, blocks, bfree, bsize } = statfsSync(`/proc/self/fd/${handle}`)
    if (type !== TMPFS_MAGIC) return undefined
    return { device: fstatSync(handle).dev, bytes: (blocks - bfree) * bsize }
  } catch {
    return undefined
  } finally {
    closeSync(handle)
  }
}
