// Syncs what was written before it is reported as written: one `sync -f` for the whole file system, which also reports write-back errors.
// One fsync for each of a million files would take hours. Node has no call for syncfs.
import { fsyncSync } from 'node:fs'
import { SekishoError } from '../base/error.ts'
import type { run } from '../sys/process.ts'
import { realPath } from './openat.ts'

/** A slow disk with many dirty pages takes long. */
const LIMIT_MS = 30 * 60_000

/** Throws backup.sync_failed. Never retried: the kernel reports a failed write-back once, and the next call would succeed. */
export async function syncFileSystem(process: typeof run, fd: number, path: string): Promise<void> {
  const result = await process(['sync', '-f', '/proc/self/fd/3'], { descriptors: [fd], timeoutMs: LIMIT_MS })
  if (result.code === 0) return
  const why = result.notStarted ?? (result.timedOut ? 'timeout' : result.stderr.trim().slice(0, 300))
  throw new SekishoError('backup.sync_failed', { path, why: why || `exit ${result.code ?? result.signal}` })
}

/** Throws backup.sync_failed with the current path of the descriptor, else with `path`. */
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
