// Children of a process with the time they started, from /proc: with the pid it names one process for good.
import { readdirSync } from 'node:fs'
import { kernelText } from '../sys/kernel-text.ts'

export interface ChildProcess {
  readonly pid: number
  /** Milliseconds since boot, to 10 ms. */
  readonly started: number
  /** The command line; nginx writes there what it is doing. */
  readonly title: string
}

/** The kernel counts in ticks for programs, 100 a second on every architecture of ours. */
const TICK_MS = 10

export function childrenOf(parent: number): readonly ChildProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = parseStat(kernelText(`/proc/${name}/stat`))
      if (stat === undefined || stat.parent !== parent || stat.state === 'Z') return []
      const title = kernelText(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim()
      return [{ pid: Number(name), started: stat.started, title }]
    })
}

/** /proc/PID/stat: the name in parentheses may hold anything, so fields are counted from its end. */
export function parseStat(
  text: string,
): { readonly state: string; readonly parent: number; readonly started: number } | undefined {
  const end = text.lastIndexOf(')')
  if (end === -1) return undefined
  const fields = text.slice(end + 2).split(' ')
  const [state, parent] = fields
  const ticks = Number(fields[19])
  if (state === undefined || parent === undefined || !Number.isFinite(ticks)) return undefined
  return { state, parent: Number(parent), started: ticks * TICK_MS }
}

/** nginx lets a worker end its connections; it takes no new ones. */
export function isShuttingDown(child: ChildProcess): boolean {
  return child.title.includes('is shutting down')
}
