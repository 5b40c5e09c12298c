// How full this machine is: its memory, and the file systems that services, their logs, data and copies lie on.
import { readFile, stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { VolumeFacts } from '../checks/items.ts'
import { memoryOf, pathsOf } from '../checks/machine.ts'
import type { CompiledPolicy } from '../plans/policy.ts'

/** One a file system, by the first path that was asked for; a path that is not there stands for its nearest parent. */
export async function readVolumes(policy: CompiledPolicy, own: string): Promise<readonly VolumeFacts[]> {
  const found = new Map<number, { volume: VolumeFacts; services: Set<string>; isShared: boolean }>()
  const wanted = [
    ...['/', own].map((path) => ({ path, service: undefined })),
    ...policy.services.flatMap((service) =>
      pathsOf(service).map((path) => ({ path, service: service.name })),
    ),
  ]
  for (const { path, service } of wanted) {
    const seen = await volumeOf(path)
    if (seen === undefined) continue
    const known = found.get(seen.device) ?? { volume: seen.volume, services: new Set(), isShared: false }
    if (service === undefined) known.isShared = true
    else known.services.add(service)
    found.set(seen.device, known)
  }
  return [...found.values()].map(({ volume, services, isShared }) => ({
    ...volume,
    services: isShared ? [] : [...services],
  }))
}

/** Used of what somebody who is not root may use, as `df` reckons it. */
async function volumeOf(path: string) {
  for (let at = path; ; at = dirname(at)) {
    const seen = await stat(at).catch(() => undefined)
    const found = seen === undefined ? undefined : await statfs(at).catch(() => undefined)
    if (seen !== undefined && found !== undefined) {
      const used = (found.blocks - found.bfree) * found.bsize
      return {
        device: seen.dev,
        volume: {
          path: at,
          used,
          total: used + found.bavail * found.bsize,
          inodes: found.files,
          inodesUsed: found.files - found.ffree,
          services: [],
        },
      }
    }
    if (at === '/') return undefined
  }
}

export async function readMemory(): Promise<
  { readonly total: number; readonly available: number } | undefined
> {
  return memoryOf(await readFile('/proc/meminfo', 'utf8').catch(() => ''))
}
