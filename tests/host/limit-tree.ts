// The groups by which a room holds its processes together, for a test host: on a machine whose controllers are those of cgroup version 1 the host sees
// none of them, so they are bound into it. On any other machine nothing is bound.
import { readFileSync } from 'node:fs'
import type { HostOptions } from './host.ts'

type Bind = NonNullable<HostOptions['binds']>[number]

export function limitTree(): readonly Bind[] {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
  const places = ['memory', 'pids'].map((controller) => {
    const found = mounts
      .map((line) => line.split(' '))
      .find(([, , type, options]) => type === 'cgroup' && options?.split(',').includes(controller))?.[1]
    return found === undefined
      ? undefined
      : { from: found, to: `/limits/${controller}`, access: 'rw' as const }
  })
  return places.every((one) => one !== undefined) ? places.flatMap((one) => one ?? []) : []
}
