// What a room takes of the disk. The free space of the volume is asked often, which costs nothing; the room itself is counted only when that has fallen by enough
// to matter, and now and then, for somebody else may free space at the same time.
import { type BigIntStats, lstatSync, readdirSync, statfsSync } from 'node:fs'
import { join } from 'node:path'

const LOOK_MS = 100
const COUNT_MS = 5_000
const BLOCK = 512n

export interface Usage {
  readonly bytes: number
  readonly files: number
}

/** Of everything below a directory, links not followed. What goes away while it is counted is not counted. */
export function usageOf(path: string): Usage {
  let bytes = 0n
  let files = 0
  const pending = [path]
  const seen = new Set<bigint>()
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    let names: string[]
    try {
      names = readdirSync(at)
    } catch {
      continue
    }
    for (const name of names) {
      const stat = lookAt(join(at, name))
      if (stat === undefined) continue
      files += 1
      if (stat.isDirectory()) pending.push(join(at, name))
      if (stat.nlink > 1n && !stat.isDirectory()) {
        if (seen.has(stat.ino)) continue
        seen.add(stat.ino)
      }
      bytes += stat.blocks * BLOCK
    }
  }
  return { bytes: Number(bytes), files }
}

function lookAt(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

export interface DiskLimits {
  readonly diskBytes: number
  readonly files: number
}

/** Calls `over` once, with what is over. `stop` ends the watching. */
export function watchDisk(
  path: string,
  limits: DiskLimits,
  over: (what: 'disk' | 'files') => void,
): { stop(): 'disk' | 'files' | undefined } {
  const before = usageOf(path)
  let reference = freeOf(path)
  let counted = performance.now()
  let said: 'disk' | 'files' | undefined
  const count = () => {
    counted = performance.now()
    reference = freeOf(path)
    const now = usageOf(path)
    if (now.bytes - before.bytes > limits.diskBytes) said ??= 'disk'
    else if (now.files - before.files > limits.files) said ??= 'files'
    if (said !== undefined) over(said)
  }
  const timer = setInterval(() => {
    if (said !== undefined) return
    const free = freeOf(path)
    const moved =
      reference.bytes - free.bytes > limits.diskBytes / 4 || reference.files - free.files > limits.files / 4
    if (moved || performance.now() - counted > COUNT_MS) count()
  }, LOOK_MS)
  return {
    stop: () => {
      clearInterval(timer)
      return said
    },
  }
}

function freeOf(path: string): Usage {
  const { bavail, bsize, ffree } = statfsSync(path)
  return { bytes: bavail * bsize, files: ffree }
}
