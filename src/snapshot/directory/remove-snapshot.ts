// Takes a snapshot away: first out of `daily` in one step, so that nobody ever meets half of one, then file by file in its own time.
import { renameSync } from 'node:fs'
import type { BackupId } from '../../backup/level.ts'
import { SekishoError } from '../../base/error.ts'
import { below, errorAt, lookFor, telling } from '../../tree/openat.ts'
import { removeTree } from '../../tree/remove.ts'
import { syncOne } from '../../tree/sync.ts'
import { yielding } from '../../tree/yield.ts'
import { holdPlace, sweep } from './layout.ts'
import type { Surroundings } from './request.ts'

export interface RemoveRequest extends Pick<Surroundings, 'run' | 'kill' | 'signal'> {
  readonly to: string
  readonly id: BackupId
  readonly owner?: number
}

/** A run that was cut off is finished by the same call, or by the next run's sweep. Throws backup.snapshot_missing, backup.under_way, file.*. */
export async function removeSnapshot(request: RemoveRequest): Promise<void> {
  const { to, id, kill, run, signal, owner = 0 } = request
  const turns = yielding(signal)
  using held = await holdPlace(to, run, owner)
  const name = Buffer.from(id)
  const isMoved = lookFor(held.removing, name) !== undefined
  if (lookFor(held.daily, name) === undefined && !isMoved)
    throw new SekishoError('backup.snapshot_missing', { id, to })
  try {
    await sweep(held, turns)
    if (lookFor(held.daily, name) === undefined) return
    telling(held.daily, name, () => renameSync(below(held.daily, name), below(held.removing, name)))
    syncOne(held.daily, to)
    syncOne(held.removing, to)
    kill('remove.rename.after')
    await removeTree(held.removing, name, turns)
    syncOne(held.removing, to)
    kill('remove.empty.after')
  } catch (cause) {
    throw errorAt(to, cause)
  }
}
