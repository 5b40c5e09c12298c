// E2 of the guide: the database is dumped as text, and the written procedure drops it, makes it anew and loads it with the tool for another format. Here the copy is read
// and loaded beside before anybody is asked, so it is red while the old data stands; with a sound dump beside it the restore goes through.
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BackupsView } from '../../src/contract/backup.ts'
import type { ChangeView } from '../../src/contract/change.ts'
import { clusterPort, startPostgres, type TestCluster } from '../runner-fixtures/postgres.ts'
import { approveTyped, BACKUPS, layOut, order, sealRestore, signBackups, waitFor } from './backup-story.ts'
import { openScene, type Scene } from './scene.ts'

const PORT = clusterPort()
const TEXT = '20261101_030000'
let scene: Scene
let world: TestCluster
const base = mkdtempSync(join(tmpdir(), 'sekisho-text-dump-'))
const to = join(base, 'copies')
const rows = (database = 'mirai') => world.sql(database, 'SELECT count(*) FROM articles')
const tool = (name: string, ...argv: string[]) =>
  spawnSync('runuser', [
    '-u',
    world.cluster.as.name,
    '--',
    join(world.programs.bin, name),
    '-h',
    world.cluster.socket,
    '-p',
    String(PORT),
    ...argv,
  ])

beforeAll(async () => {
  world = await startPostgres({}, PORT)
  await world.sql('postgres', 'CREATE ROLE mirai LOGIN', 'CREATE DATABASE mirai OWNER mirai')
  await world.sql(
    'mirai',
    'CREATE TABLE articles (id int PRIMARY KEY, title text NOT NULL)',
    'ALTER TABLE articles OWNER TO mirai',
    "INSERT INTO articles SELECT i, 'title ' || i FROM generate_series(1, 51) i",
  )
  // As cron keeps it: the guide's layout, the dump a text under the name of a dump.
  chmodSync(base, 0o755)
  mkdirSync(join(base, 'open'))
  chmodSync(join(base, 'open'), 0o777)
  const daily = join(to, 'daily', TEXT)
  mkdirSync(join(daily, 'db'), { recursive: true })
  expect(tool('pg_dump', '--format=plain', `--file=${base}/open/text`, 'mirai').status).toBe(0)
  execFileSync('cp', [`${base}/open/text`, join(daily, 'db', 'mirai.dump')])
  execFileSync('sh', ['-ec', 'sha256sum db/mirai.dump > checksums.sha256'], { cwd: daily })
  execFileSync('touch', ['-d', '2 hours ago', daily])
  scene = await openScene({ policy: 'policy: { standing: { per_hour: 1000 } }' })
  await scene.rewritePolicy((yaml) =>
    yaml.replace(
      '    configs:\n',
      [
        `    databases: [{ name: mirai, port: ${PORT}, invariants: { articles: { id: id, minRecords: 1 } } }]`,
        `    backup: { every: 6h, to: ${to}, timezone: UTC }`,
        '    configs:',
        '',
      ].join('\n'),
    ),
  )
  await signBackups(scene)
})
afterAll(async () => {
  await scene?.end()
  await world?.stop()
  rmSync(base, { recursive: true, force: true })
})

test('E2 N01 a text dump is refused by name before anybody is asked, and the old data stands; the sound dump comes back', async () => {
  // Control: by the written procedure the data is gone.
  await world.sql('postgres', 'CREATE DATABASE victim TEMPLATE mirai OWNER mirai')
  expect(await rows('victim')).toBe('51')
  await world.sql('postgres', 'DROP DATABASE victim', 'CREATE DATABASE victim OWNER mirai')
  expect(tool('pg_restore', '-d', 'victim', `${base}/open/text`).status).toBe(1)
  expect(await world.sql('victim', "SELECT to_regclass('public.articles') IS NULL")).toBe('t')

  // It is named as a file that nothing can be restored from; whoever asks for it is refused before anybody is asked to approve.
  await order(scene, 'backup')
  const { body } = await scene.call<BackupsView>('ops1', 'GET', BACKUPS)
  expect(body.found).toContainEqual({ copy: 'local', name: `daily/${TEXT}/db/mirai.dump`, what: 'dump' })
  expect(body.copies.map(({ backup }) => backup)).not.toContain(TEXT)
  for (const code of ['restore.not_read_yet', 'backup.unknown']) {
    expect(await layOut(scene, { kind: 'full', from: TEXT })).toMatchObject({ state: 'failed', code })
    expect(await rows()).toBe('51')
    if (code === 'restore.not_read_yet') await order(scene, 'verify')
  }

  // The sound dump is loaded beside, drilled and compared while the old data stands; only then the names change.
  expect((await order(scene, 'drill')).copies[0]).toMatchObject({ level: 'restored' })
  await world.sql('mirai', 'DELETE FROM articles WHERE id > 10')
  const laid = await layOut(scene, { kind: 'full', from: 'last-known-good' })
  expect(laid.state, JSON.stringify(laid)).toBe('ready')
  const sealed = await sealRestore(scene, laid.stage)
  expect(sealed.body.checks.find(({ check }) => check === 'trial')).toMatchObject({
    verdict: 'green',
    facts: { entries: 51, back: 41 },
  })
  expect(await rows()).toBe('10')
  await approveTyped(scene, sealed.body.id, 'app')
  await waitFor('the restore to be kept', async () => {
    const { state } = (await scene.call<ChangeView>('ops1', 'GET', `/changes/${sealed.body.id}`)).body
    return state === 'succeeded' || state === 'closed' ? true : undefined
  })
  expect(await rows()).toBe('51')
  await waitFor('its keepers to end', async () =>
    spawnSync('pgrep', ['-f', `sekisho-keeper .*${scene.directory}`]).status === 1 ? true : undefined,
  )
})
