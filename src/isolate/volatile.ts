// What is gone when a host is cut off or its processes end: sockets, processes, logins, routes, neighbours. Taken before the isolation, within two
// seconds; what does not come in time is named as a gap and holds nothing up.
import { readdirSync } from 'node:fs'
import { linkOr } from '../host/nginx-listeners.ts'
import { kernelText } from '../sys/kernel-text.ts'
import type { ProcessResult, run } from '../sys/process.ts'

export interface VolatileItem {
  readonly name: string
  /** A program with its arguments, or places below /proc. */
  readonly source: string
  readonly bytes: Buffer
}
export interface VolatileSnapshot {
  readonly items: readonly VolatileItem[]
  readonly gaps: readonly { readonly name: string; readonly why: 'late' | 'failed' | 'cut' }[]
  readonly milliseconds: number
}

const BUDGET_MS = 1500
/** Processes that were not read by then are left out, and said to be. */
const PROCESSES_MS = 1000
const PROGRAM_BYTES = 4_194_304

const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  sockets: [
    'ss',
    '--no-header',
    '--all',
    '--numeric',
    '--processes',
    '--extended',
    '--tcp',
    '--udp',
    '--raw',
  ],
  'sockets-unix': ['ss', '--no-header', '--all', '--numeric', '--processes', '--unix'],
  logins: ['who', '--all', '--ips'],
  sessions: ['loginctl', 'list-sessions', '--no-legend', '--no-pager'],
  routes: ['ip', '-details', 'route', 'show', 'table', 'all'],
  'routes-ipv6': ['ip', '-6', '-details', 'route', 'show', 'table', 'all'],
  neighbours: ['ip', 'neighbour', 'show'],
  addresses: ['ip', '-details', 'address', 'show'],
}

/** Texts of the kernel, below /proc, that need no program: they are there where `ss` and `ip` are not. */
const KERNEL: Readonly<Record<string, readonly string[]>> = {
  'kernel-sockets': ['tcp', 'tcp6', 'udp', 'udp6', 'raw', 'raw6', 'unix', 'packet'].map(
    (table) => `net/${table}`,
  ),
  'kernel-routes': ['net/route', 'net/ipv6_route', 'net/arp'],
  mounts: ['self/mounts'],
  modules: ['modules'],
}

export async function takeVolatile(process: typeof run, now: () => number): Promise<VolatileSnapshot> {
  const began = now()
  const ending = AbortSignal.timeout(BUDGET_MS)
  const programs = Object.entries(PROGRAMS).map(async ([name, argv]) => {
    const result = await process(argv, { timeoutMs: BUDGET_MS, maxOutput: PROGRAM_BYTES, signal: ending })
    return { name, source: argv.join(' '), result }
  })
  // The programs are started, then the kernel is read while they work.
  const processes = processLines(() => now() - began > PROCESSES_MS)
  const items: VolatileItem[] = [
    { name: 'processes', source: '/proc/PID', bytes: Buffer.from(processes.lines) },
  ]
  for (const [name, paths] of Object.entries(KERNEL)) {
    const texts = paths.map((path) => `== ${path}\n${kernelText(`/proc/${path}`)}`)
    items.push({ name, source: `/proc: ${paths.join(' ')}`, bytes: Buffer.from(texts.join('\n')) })
  }
  const gaps: VolatileSnapshot['gaps'][number][] = processes.isWhole
    ? []
    : [{ name: 'processes', why: 'cut' }]
  for (const { name, source, result } of await Promise.all(programs)) {
    if (result.code === 0 || result.stdoutBytes.length > 0)
      items.push({ name, source, bytes: Buffer.from(result.stdoutBytes) })
    const why = gapOf(result)
    if (why !== undefined) gaps.push({ name, why })
  }
  const byName = (a: { readonly name: string }, b: { readonly name: string }) => (a.name < b.name ? -1 : 1)
  return {
    items: items.toSorted(byName),
    gaps: gaps.toSorted(byName),
    milliseconds: Math.round(now() - began),
  }
}

function gapOf(result: ProcessResult): VolatileSnapshot['gaps'][number]['why'] | undefined {
  if (result.timedOut || (result.signal !== undefined && result.notStarted === undefined)) return 'late'
  if (result.code !== 0) return 'failed'
  return result.overflowed ? 'cut' : undefined
}

/** One line a process, as JSON: names and command lines of others are data here. */
function processLines(isLate: () => boolean): { readonly lines: string; readonly isWhole: boolean } {
  const lines: string[] = []
  let isWhole = true
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (isLate()) {
      isWhole = false
      break
    }
    const status = kernelText(`/proc/${pid}/status`)
    if (status === '') continue
    const of = (key: string) => new RegExp(`^${key}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? ''
    lines.push(
      JSON.stringify({
        pid: Number(pid),
        parent: Number(of('PPid')),
        user: of('Uid').split('\t')[0],
        state: of('State'),
        name: of('Name'),
        command: kernelText(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim(),
        program: linkOr(`/proc/${pid}/exe`),
        directory: linkOr(`/proc/${pid}/cwd`),
        stat: kernelText(`/proc/${pid}/stat`).trim(),
        group: kernelText(`/proc/${pid}/cgroup`).trim(),
      }),
    )
  }
  return { lines: `${lines.join('\n')}\n`, isWhole }
}
