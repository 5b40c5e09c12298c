// How full this machine is: its memory, and the file systems that a service and its copies lie on.
import { readFile, stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Service } from '../plans/policy.ts'
import type { MachineFacts } from '../seal/protocol.ts'

/** One row a file system, by the first path that was asked for; a path that is not there stands for its nearest parent. */
export async function readMachine(service: Service, state: string): Promise<MachineFacts> {
  const volumes = new Map<number, MachineFacts['volumes'][number]>()
  for (const path of ['/', state, ...pathsOf(service)]) {
    const found = await volumeOf(path)
    if (found !== undefined && !volumes.has(found.device)) volumes.set(found.device, found.volume)
  }
  const memory = memoryOf(await readFile('/proc/meminfo', 'utf8').catch(() => ''))
  return { volumes: [...volumes.values()], ...(memory === undefined ? {} : { memory }) }
}

/** Where the declared parts of a service lie. */
export function pathsOf({ files, logs, data = [], backup }: Service): readonly string[] {
  return [
    ...data.map(({ dir }) => dir),
    ...(backup?.copies ?? []).flatMap(({ kind, to }) => (kind === 'directory' ? [to] : [])),
    ...[logs.error, logs.auth, logs.access].filter((path) => path !== undefined),
    ...files.map(({ path }) => path),
  ]
}

/** Used of what somebody who is not root may use, as `df` reckons it. */
async function volumeOf(path: string) {
  for (let at = path; ; at = dirname(at)) {
    const seen = await stat(at).catch(() => undefined)
    const found = seen === undefined ? undefined : await statfs(at).catch(() => undefined)
    if (seen !== undefined && found !== undefined) {
      const used = (found.blocks - found.bfree) * found.bsize
      return { device: seen.dev, volume: { path: at, used, total: used + found.bavail * found.bsize } }
    }
    if (at === '/') return undefined
  }
}

/** MemAvailable of /proc/meminfo (proc(5)): what a program can still get without swapping. */
export function memoryOf(text: string): MachineFacts['memory'] {
  const field = (name: string) => {
    const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]
    return found === undefined ? undefined : Number(found) * 1024
  }
  const total = field('MemTotal')
  const available = field('MemAvailable')
  return total === undefined || available === undefined ? undefined : { total, available }
}
