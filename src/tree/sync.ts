// What was written reaches the disk before anything says so: `sync -f` once for the whole file system, which also reports write-back errors that
// one fsync for each of a million files would cost hours to find. Node has no such call.
import { fsyncSync } from 'node:fs'
import { SekishoError } from '../base/error.ts'
import type { run } from '../sys/process.ts'
import { realPath } from './openat.ts'

/** A slow disk with much in memory takes long, and is not to be cut off for it. */
const LIMIT_MS = 30 * 60_000

/** Throws backup.sync_failed. It is never tried again: what a failed write-back has lost, the next call no longer says. */
export async function syncFileSystem(process: typeof run, fd: number, path: string): Promise<void> {
  const result = await process(['sync', '-f', '/proc/self/fd/3'], { descriptors: [fd], timeoutMs: LIMIT_MS })
  if (result.code === 0) return
  const why = result.notStarted ?? (result.timedOut ? 'timeout' : result.stderr.trim().slice(0, 300))
  throw new SekishoError('backup.sync_failed', { path, why: why || `exit ${result.code ?? result.signal}` })
}

/** Throws backup.sync_failed with the name that the descriptor has now, else `path`. */
export function syncOne(fd: number, path: string): void {
  try {
    fsyncSync(fd)
  } catch (cause) {
    throw new SekishoError(
      'backup.sync_failed',
      { path: realPath(fd) ?? path, why: (cause as NodeJS.ErrnoException).code ?? 'UNKNOWN' },
      { cause },
    )
  }
}
