// A second directory copy is made of the first snapshot, never of the live tree: one moment, one manifest, two copies. Beside, then verified, then
// renamed, as every snapshot is.
import { mkdirSync, renameSync } from 'node:fs'
import type { BackupId } from '../backup/level.ts'
import { SekishoError } from '../base/error.ts'
import { below, lookFor, telling } from '../tree/openat.ts'
import { removeTree } from '../tree/remove.ts'
import { syncFileSystem, syncOne } from '../tree/sync.ts'
import { yielding } from '../tree/yield.ts'
import { holdPlace, sweep } from './directory/layout.ts'
import type { SnapshotPorts } from './ports.ts'

const COPY_MS = 6 * 3_600_000

/** Throws backup.snapshot_exists, backup.not_copied, file.*. What stands in `daily` afterwards is read by whoever calls. */
export async function copySnapshot(
  from: string,
  to: string,
  id: BackupId,
  { process: run, killPoint }: SnapshotPorts,
  signal: AbortSignal,
): Promise<void> {
  const turns = yielding(signal)
  using held = await holdPlace(to, run, process.geteuid?.() ?? 0)
  const name = Buffer.from(id)
  if (lookFor(held.daily, name) !== undefined) throw new SekishoError('backup.snapshot_exists', { id })
  await sweep(held, turns)
  telling(held.partial, name, () => mkdirSync(below(held.partial, name), 0o700))
  try {
    const result = await run(
      [
        'cp',
        '-a',
        '--reflink=auto',
        '--no-target-directory',
        '--',
        `${from}/daily/${id}`,
        `/proc/self/fd/3/${id}`,
      ],
      { descriptors: [held.partial], timeoutMs: COPY_MS, signal },
    )
    if (result.code !== 0 || result.stderr !== '')
      throw new SekishoError('process.failed', {
        program: 'cp',
        why: result.stderr.trim().slice(0, 300) || String(result.code),
      })
    await syncFileSystem(run, held.root, to)
    killPoint('snapshot.rename.before')
    renameSync(below(held.partial, name), below(held.daily, name))
    syncOne(held.daily, to)
    syncOne(held.partial, to)
  } catch (cause) {
    await removeTree(held.partial, name, yielding()).catch(() => {})
    throw cause
  }
}
