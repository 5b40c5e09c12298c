// Whose is the process that postmaster.pid names? Removing that file under a living server loses data, so it is removed
// only on proof.
// INVARIANT D1: postmaster.pid is removed only when /proc shows its process dead, a zombie, or another program, when nothing
// answers on the socket, and when no server process of this data directory is left.
import { readdir, readlink, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { readRegular } from '../sys/files.ts'

export interface PidFile {
  readonly pid: number
  readonly directory: string
  /** `ready`, `starting`, `stopping`, `standby`; absent while it is being written. */
  readonly status?: string
}

/** What /proc says of one pid. */
export type Seen =
  | { readonly state: 'dead' }
  | { readonly state: 'zombie' }
  /** Something lives there that /proc hides from us. */
  | { readonly state: 'hidden' }
  | {
      readonly state: 'alive'
      readonly uid: number
      readonly cwd?: string
      readonly argv: readonly string[]
    }

export type Verdict = 'ours' | 'stale' | 'unknown'

/** Total: any bytes give a value or undefined. */
export function parsePidFile(text: string): PidFile | undefined {
  const lines = text.split('\n')
  const pid = Number(lines[0])
  const directory = lines[1]
  if (!Number.isSafeInteger(pid) || pid <= 1 || directory === undefined || directory === '') return undefined
  const status = lines[7]?.trim()
  return { pid, directory, ...(status === undefined || status === '' ? {} : { status }) }
}

/** Pure: what may be believed of the process a pid file names. */
export function judge(seen: Seen, cluster: string, uid: number): Verdict {
  switch (seen.state) {
    case 'dead':
    case 'zombie':
      return 'stale'
    case 'hidden':
      return 'unknown'
    case 'alive': {
      if (seen.cwd === cluster) return seen.uid === uid ? 'ours' : 'unknown'
      // Any other directory: the number was given to another program since.
      if (seen.cwd !== undefined) return 'stale'
      return seen.argv.includes(cluster) || basename(seen.argv[0] ?? '').startsWith('postgres')
        ? 'unknown'
        : 'stale'
    }
  }
}

export async function seeProcess(pid: number): Promise<Seen> {
  const line = await text(`/proc/${pid}/stat`)
  if (line === undefined) return exists(pid) ? { state: 'hidden' } : { state: 'dead' }
  // The name stands in parentheses and may hold anything, spaces and parentheses too: the state follows the last one.
  const state = line.slice(line.lastIndexOf(')') + 2, line.lastIndexOf(')') + 3)
  if (state === 'Z' || state === 'X') return { state: 'zombie' }
  const owner = await stat(`/proc/${pid}`).catch(() => undefined)
  if (owner === undefined) return { state: 'dead' }
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => undefined)
  const argv = (await text(`/proc/${pid}/cmdline`))?.split('\0') ?? []
  return { state: 'alive', uid: owner.uid, argv, ...(cwd === undefined ? {} : { cwd }) }
}

/**
 * Pids of the living server processes of a data directory: each stands in it and bears the server's name. A shell that
 * somebody left there is none.
 */
export async function serverProcesses(cluster: string): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((n) => Number.isInteger(n) && n > 1)
  const found = await Promise.all(
    pids.map(async (pid) => {
      if ((await readlink(`/proc/${pid}/cwd`).catch(() => '')) !== cluster) return undefined
      const name = (await text(`/proc/${pid}/cmdline`))?.split('\0')[0] ?? ''
      return /(^|\/)postgres(:|$)/.test(name) ? pid : undefined
    }),
  )
  return found.filter((pid) => pid !== undefined)
}

async function text(path: string): Promise<string | undefined> {
  const file = await readRegular(path, 65_536).catch(() => undefined)
  return file?.bytes.toString('utf8')
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
