// What the kernel says of memory, and which paths of a service lie on file systems that can run full. Pure.
import type { Service } from '../plans/policy.ts'

export function pathsOf({ files, logs, data = [], backup }: Service): readonly string[] {
  return [
    ...data.map(({ dir }) => dir),
    ...(backup?.copies ?? []).flatMap(({ kind, to }) => (kind === 'directory' ? [to] : [])),
    ...[logs.error, logs.auth, logs.access].filter((path) => path !== undefined),
    ...files.map(({ path }) => path),
  ]
}

/** MemAvailable of /proc/meminfo (proc(5)): what a program can still get without swapping. */
export function memoryOf(text: string): { readonly total: number; readonly available: number } | undefined {
  const field = (name: string) => {
    const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]
    return found === undefined ? undefined : Number(found) * 1024
  }
  const total = field('MemTotal')
  const available = field('MemAvailable')
  return total === undefined || available === undefined ? undefined : { total, available }
}
