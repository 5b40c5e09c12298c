// A database goes the whole way: dumped, judged, drilled in a cluster that is thrown away, destroyed, and brought back under its name.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { instant } from '../../src/base/time.ts'
import { clearStage } from '../../src/restore/clear-stage.ts'
import { stagedDatabaseId } from '../../src/restore/stage-database.ts'
import type { StoredStage } from '../../src/restore/stage-store.ts'
import type { RunnerParts } from '../../src/runner/parts.ts'
import { systemClock } from '../../src/sys/clock.ts'
import { clusterPort, startPostgres, type TestCluster } from '../runner-fixtures/postgres.ts'
import { approveTyped, layOut, order, sealRestore, signBackups } from './backup-story.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
let world: TestCluster
const PORT = clusterPort()
const rows = (sql: string) => world.sql('mirai', sql)

beforeAll(async () => {
  world = await startPostgres({}, PORT)
  await world.sql('postgres', 'CREATE ROLE mirai LOGIN', 'CREATE DATABASE mirai OWNER mirai')
  await world.sql(
    'mirai',
    'CREATE TABLE articles (id int PRIMARY KEY, title text NOT NULL)',
    'ALTER TABLE articles OWNER TO mirai',
    "INSERT INTO articles SELECT i, 'title ' || i FROM generate_series(1, 51) i",
  )
  scene = await openScene()
  const to = join(scene.directory, 'copies')
  mkdirSync(to)
  await scene.rewritePolicy((yaml) =>
    yaml.replace(
      '    configs:\n',
      [
        `    databases: [{ name: mirai, port: ${PORT}, invariants: { articles: { id: id, minRecords: 1 } } }]`,
        `    backup: { every: 6h, to: ${to}, timezone: UTC, drill: { query: 'select 1 from articles limit 1' } }`,
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
})

test('part of S43: the newest dumps hold the damage; the last good one is loaded beside, the loss is exact, names are exchanged', async () => {
  const first = await order(scene, 'backup')
  expect(first.failures).toEqual([])
  expect(first.copies[0]).toMatchObject({ level: 'content' })
  await rows('DELETE FROM articles')
  expect((await order(scene, 'backup')).copies[0]?.level).toBe('digest')
  await rows("INSERT INTO articles VALUES (7, 'written since'), (900, 'new')")
  const oid = await world.sql('postgres', "SELECT oid FROM pg_database WHERE datname = 'mirai'")

  const laid = await layOut(scene, { kind: 'database', from: first.copies[0]?.backup ?? '', what: 'mirai' })
  expect(laid).toMatchObject({ state: 'ready' })
  const sealed = await sealRestore(scene, laid.stage)
  expect(sealed.status, sealed.text).toBe(200)
  expect(sealed.body.diff).toMatch(/mirai\/public\.articles: gone 1, changed 1, back 50/)
  await approveTyped(scene, sealed.body.id, 'app')
  const done = await scene.until(sealed.body.id, 'closed')
  expect(done.execution?.outcome).toBe('kept')
  expect(await rows('SELECT count(*), max(title) FILTER (WHERE id = 7) FROM articles')).toBe('51|title 7')
  expect(await world.sql('postgres', "SELECT oid FROM pg_database WHERE datname = 'mirai'")).not.toBe(oid)
  expect(await world.sql('mirai', "SELECT tableowner FROM pg_tables WHERE tablename = 'articles'")).toBe(
    'mirai',
  )
})

test('a drill loads the dump apart, counts every table and asks the declared question', async () => {
  const now = await order(scene, 'drill')
  expect(now.failures.filter(({ work }) => work === 'drill')).toEqual([])
  expect(now.copies.some(({ level }) => level === 'restored')).toBe(true)
})

test('somebody writes after the approval: the names stay, and the change is void', async () => {
  const { copies } = await order(scene, 'backup')
  const laid = await layOut(scene, { kind: 'database', from: copies[0]?.backup ?? '', what: 'mirai' })
  const sealed = await sealRestore(scene, laid.stage)
  await rows("INSERT INTO articles VALUES (1000, 'in between')")
  await approveTyped(scene, sealed.body.id, 'app')
  await scene.until(sealed.body.id, 'void')
  expect(await rows('SELECT title FROM articles WHERE id = 1000')).toBe('in between')
})

test('a second restore from the same backup stands beside what the first one kept; after a month the kept one is removed', async () => {
  const { copies } = await order(scene, 'backup')
  const from = copies[0]?.backup ?? ''
  const restore = async () => {
    await rows('DELETE FROM articles WHERE id < 10')
    const laid = await layOut(scene, { kind: 'database', from, what: 'mirai' })
    expect(laid).toMatchObject({ state: 'ready' })
    const sealed = await sealRestore(scene, laid.stage)
    await approveTyped(scene, sealed.body.id, 'app')
    const done = await scene.until(sealed.body.id, 'closed', 'void')
    expect(done.execution?.outcome).toBe('kept')
    return laid.stage
  }
  const oidOf = async (name: string) =>
    Number(
      await world.sql(
        'postgres',
        `SELECT coalesce(max(oid::bigint), 0) FROM pg_database WHERE datname = '${name}'`,
      ),
    )
  await restore()
  const liveOid = await oidOf('mirai')
  const stage = await restore()
  const beside = `mirai_${stagedDatabaseId(from, stage)}`
  expect(await oidOf(beside)).toBe(liveOid)

  const pair = { live: 'mirai', beside, liveOid, besideOid: await oidOf('mirai') }
  const stored = {
    staged: { stage, wish: { kind: 'database' }, at: instant(systemClock.now()), parts: [] },
    swaps: [{ port: PORT, pair }],
    exchanges: [],
  } as unknown as StoredStage
  const clear = (days: number) =>
    clearStage(stored, {
      clock: { ...systemClock, now: () => systemClock.now() + days * 86_400_000 },
    } as unknown as RunnerParts)
  expect(await clear(29)).toBe(false)
  expect(await oidOf(beside)).toBe(liveOid)
  expect(await clear(31)).toBe(true)
  expect(await oidOf(beside)).toBe(0)
  expect(await oidOf('mirai')).toBe(pair.besideOid)
})
