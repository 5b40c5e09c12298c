// N07: backups that a cron job of the guide's has made are read where they lie, never altered, levelled like ours and usable for a restore.
import { closeSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { BackupId } from '../../backup/level.ts'
import { shownPath } from '../../backup/manifest-path.ts'
import type { ServiceName } from '../../base/id.ts'
import type { Instant } from '../../base/time.ts'
import { run } from '../../sys/process.ts'
import { openTree } from '../../tree/openat.ts'
import { yielding } from '../../tree/yield.ts'
import { must, OWNERS, openScene, put, type Scene } from './fixtures/scene.ts'
import { importSnapshot } from './import.ts'
import { listSnapshots } from './list.ts'
import { restoreItem } from './restore-item.ts'
import { verifySnapshot } from './verify.ts'

const OLD = '20251101_020000' as BackupId

/** As the guide's own job leaves it. */
async function guideBackup(scene: Scene): Promise<string> {
  const snapshot = join(scene.to, 'daily', OLD)
  mkdirSync(join(snapshot, 'data', 'sub'), { recursive: true })
  mkdirSync(join(snapshot, 'db'))
  mkdirSync(join(snapshot, 'config', 'etc'), { recursive: true })
  put(join(snapshot, 'data', 'users.json'), '[{"id":1}]')
  put(join(snapshot, 'data', 'sub', 'a b'), 'a')
  put(join(snapshot, 'db', 'mirai.dump'), 'PGDMP')
  put(join(snapshot, 'config', 'etc', 'nginx.conf'), 'server {}')
  put(join(snapshot, 'notes.txt'), 'by hand')
  await must(['chown', '-R', '4711', join(snapshot, 'data')])
  await must([
    'sh',
    '-c',
    `cd '${snapshot}' && find . -type f -not -name notes.txt -not -name checksums.sha256 -print0 | xargs -0 sha256sum > checksums.sha256`,
  ])
  return snapshot
}

async function picture(path: string): Promise<string> {
  return await must([
    'sh',
    '-c',
    `find '${path}' -printf '%p %m %U %G %T@ %C@ %i %n %s\\n' | sort; find '${path}' -type f -print0 | sort -z | xargs -0 sha256sum`,
  ])
}

const request = (scene: Scene) => ({
  to: scene.to,
  id: OLD,
  service: 'mirai' as ServiceName,
  host: 'web1',
  version: '0.1.0',
  taken: '2025-10-31T17:00:00.000Z' as Instant,
  manifestPath: join(scene.base, 'imported.ndjson'),
  run,
  owners: OWNERS,
  items: [
    { name: 'data', kind: 'data' as const, root: 'data' },
    { name: 'db-mirai', kind: 'database' as const, root: 'db/mirai.dump' },
    { name: 'db-other', kind: 'database' as const, root: 'db/other.dump' },
    { name: 'config', kind: 'config' as const, root: 'config' },
  ],
})

test('read in place, verified against its own manifest, restored; not a byte or a time of it moves', async () => {
  await using scene = await openScene()
  const snapshot = await guideBackup(scene)
  const before = await picture(snapshot)
  const imported = await importSnapshot(request(scene))
  expect(imported).toMatchObject({ entries: 6, mismatched: [], unknown: ['notes.txt'] })
  const kept = join(scene.base, 'imported.ndjson')
  const out = openTree(scene.out)
  try {
    const { manifest } = imported
    const verified = await verifySnapshot({ to: scene.to, id: OLD, manifest, kept })
    expect(verified.problems).toEqual([])
    const into = { fd: out, name: Buffer.from('data') }
    const common = { run, owners: OWNERS, turns: yielding() }
    await restoreItem({ ...common, to: scene.to, id: OLD, manifest, item: 'data', into, kept })
    expect(readFileSync(join(scene.out, 'data', 'sub', 'a b'), 'utf8')).toBe('a')
    expect((await must(['stat', '-c', '%u', join(scene.out, 'data', 'users.json')])).trim()).toBe('4711')
    expect(await picture(snapshot)).toBe(before)
    expect(await listSnapshots(scene.to)).toEqual([{ id: OLD, why: 'no manifest' }])
    writeFileSync(join(snapshot, 'data', 'users.json'), '[{"id":2}]')
    writeFileSync(join(snapshot, 'data', 'more'), 'x')
    const damaged = await verifySnapshot({ to: scene.to, id: OLD, manifest, kept })
    expect(damaged.problems.map(({ path, kind }) => `${shownPath({ path })} ${kind}`)).toEqual([
      'data/more extra',
      'data/users.json digest',
    ])
  } finally {
    closeSync(out)
  }
})

test('a file that does not agree with the checksums beside it is named at once', async () => {
  await using scene = await openScene()
  const snapshot = await guideBackup(scene)
  writeFileSync(join(snapshot, 'data', 'users.json'), '[]')
  expect(await importSnapshot(request(scene))).toMatchObject({ mismatched: ['./data/users.json'] })
})
