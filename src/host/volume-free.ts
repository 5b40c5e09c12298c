// How much is free on the volume of a path that may not be there yet.
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'

export interface VolumeFree {
  readonly path: string
  readonly bytes: number
}

export async function freeOf(path: string): Promise<VolumeFree | undefined> {
  for (let at = path; ; at = dirname(at)) {
    const found = await statfs(at).catch(() => undefined)
    if (found !== undefined) return { path: at, bytes: Number(found.bavail) * Number(found.bsize) }
    if (at === '/') return undefined
  }
}
