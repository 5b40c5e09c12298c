// A private directory for one use of it: a trial and a staging may work at the same time. What a process left that was killed is taken away by the next start and
// by the next use; what a process holds that lives is left alone.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { privateDirectory } from '../sys/files.ts'

/** Those of the runner, in its state: dumps of databases, and copies of files that a trial runs. */
export const OWN_PLACES = { clones: 'clones', tool: 'tool-files', command: 'command-files' } as const

/** At the start of the runner: a dump of production's rows does not wait for the next clone. */
export async function sweepOwnPlaces({
  place,
}: {
  readonly place: { readonly state: string }
}): Promise<void> {
  for (const name of Object.values(OWN_PLACES)) {
    const parent = join(place.state, name)
    if (existsSync(parent)) sweep(parent)
  }
}

export async function withOwnPlace<T>(parent: string, work: (path: string) => Promise<T>): Promise<T> {
  await privateDirectory(parent)
  sweep(parent)
  const path = mkdtempSync(join(parent, `${holder(process.pid) ?? process.pid}-`))
  try {
    return await work(path)
  } finally {
    rmSync(path, { recursive: true, force: true })
  }
}

/** Whatever bears no name of a process that lives: earlier releases gave them other names. */
function sweep(parent: string): void {
  for (const name of readdirSync(parent)) {
    const [, of, pid] = /^((\d+)\.\d+)-/.exec(name) ?? []
    if (pid !== undefined && of === holder(Number(pid))) continue
    rmSync(join(parent, name), { recursive: true, force: true })
  }
}

/** A process by its number and its start, for numbers are given again. Undefined where there is none. */
function holder(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name of the program stands in brackets and may hold anything; the start is the 20th word behind it.
    const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    return started === undefined ? undefined : `${pid}.${started}`
  } catch {
    return undefined
  }
}
