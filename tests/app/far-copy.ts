// A copy on another disk, for tests on a machine that has one disk.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { BackupEvent } from '../../src/backup/events.ts'
import { backupId } from '../../src/backup/level.ts'
import { sha256 } from '../../src/base/hash.ts'
import type { ServiceName } from '../../src/base/id.ts'
import { after, instant } from '../../src/base/time.ts'
import type { BackupsView } from '../../src/contract/backup.ts'
import { Journal } from '../../src/runner/journal/journal.ts'
import { systemClock } from '../../src/sys/clock.ts'
import { BACKUPS, waitFor } from './backup-story.ts'
import type { Scene } from './scene.ts'

/** A copy on another disk, as the runner would have written it down: there is only one disk where this runs. */
export async function knowsFarCopy(scene: Scene, ageMs: number, level?: 'digest' | 'content'): Promise<void> {
  const taken = after(instant(systemClock.now()), -ageMs)
  const backup = backupId(taken)
  const one = { kind: 'backup', service: 'app' as ServiceName, backup, copy: 'far' } as const
  // Whether it is there is looked at, not what it holds.
  const where = join(scene.directory, 'far', backup)
  mkdirSync(where, { recursive: true })
  const lines: BackupEvent[] = [
    {
      ...one,
      event: 'written',
      engine: 'directory',
      to: '/elsewhere',
      where,
      place: 'other-disk',
      taken,
      manifest: sha256(backup),
      bytes: 10,
      entries: 1,
    },
    ...(level === undefined
      ? []
      : [{ ...one, event: 'level', level, read: { bytes: 10, entries: 1 }, ms: 1 } as const]),
  ]
  await scene.stopRunner()
  const journal = await Journal.open(join(scene.directory, 'data', 'runner', 'journal'), {
    clock: systemClock,
    killPoint: () => {},
  })
  // By the same rules as the real backup before was judged by.
  const rules = journal.index.backups.findLast(
    ({ body }) => body.event === 'level' && body.level === 'content',
  )?.body
  for (const line of lines)
    await journal.append(
      'backup/app',
      line.event === 'level' && rules?.event === 'level' && rules.rules !== undefined
        ? { ...line, rules: rules.rules }
        : line,
    )
  await scene.restartRunner()
  await waitFor('the runner', async () => {
    const now = await scene.call<BackupsView>('ops1', 'GET', BACKUPS)
    return now.status === 200 && now.body.running === undefined ? true : undefined
  })
}
