// What a runner that was killed has left in its state, taken away when the next one begins: bytes of secrets and of data lie nowhere without a work.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { SnapshotPorts } from '../ports.ts'
import { removeIn, sweepRestic } from './access.ts'

/** Called before the first work. */
export async function sweepState({ place, stages }: Pick<SnapshotPorts, 'place' | 'stages'>): Promise<void> {
  await sweepRestic(place.state)
  const live = new Set(await stages.list())
  for (const [parent, isKept] of [
    [join(place.state, 'drills'), () => false],
    [join(place.state, 'dumps'), () => false],
    [join(place.state, 'fetched'), (name: string) => live.has(name)],
  ] as const)
    for (const name of await readdir(parent).catch(() => [] as string[]))
      if (!isKept(name)) await removeIn(parent, name)
}
