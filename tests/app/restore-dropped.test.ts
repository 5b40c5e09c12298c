// Somebody has dropped the database (E2). It is loaded beside and gets the name; the way back gives it its own name again; a runner that is killed at any
// place of it settles; and when its time is over nothing of it is left.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findCluster } from '../../src/postgres/cluster.ts'
import { NO_DATABASE, probeSwap, swapDatabases } from '../../src/postgres/swap.ts'
import { one } from '../crash/share.ts'
import { clusterPort, startPostgres, type TestCluster } from '../runner-fixtures/postgres.ts'
import { approveKilledAt, approveTyped, layOut, order, sealRestore, signBackups } from './backup-story.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
let world: TestCluster
const PORT = clusterPort()
const databases = () =>
  world.sql(
    'postgres',
    "SELECT coalesce(string_agg(datname, ' ' ORDER BY datname), '') FROM pg_database WHERE datname ~ 'mirai'",
  )
const wish = { kind: 'full', from: 'last-known-good' } as const
const drop = () => world.sql('postgres', 'DROP DATABASE mirai WITH (FORCE)')

beforeAll(async () => {
  world = await startPostgres({}, PORT)
  await world.sql(
    'postgres',
    'CREATE ROLE mirai LOGIN',
    'CREATE DATABASE mirai OWNER mirai',
    "COMMENT ON DATABASE mirai IS 'of the news'",
  )
  await world.sql(
    'mirai',
    'CREATE TABLE articles (id int PRIMARY KEY, title text NOT NULL)',
    'ALTER TABLE articles OWNER TO mirai',
    "INSERT INTO articles SELECT i, 'title ' || i FROM generate_series(1, 51) i",
  )
  scene = await openScene({ policy: 'policy: { standing: { per_hour: 1000 } }' })
  const to = join(scene.directory, 'copies')
  mkdirSync(to)
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
  expect((await order(scene, 'backup')).copies[0]).toMatchObject({ level: 'content' })
})
afterAll(async () => {
  await scene?.end()
  await world?.stop()
})

async function prepared() {
  const laid = await layOut(scene, wish)
  expect(laid.state, JSON.stringify(laid)).toBe('ready')
  const sealed = await sealRestore(scene, laid.stage)
  expect(sealed.body.state, sealed.text).toBe('awaiting_approval')
  return sealed.body
}

test('part of S43: the database was dropped: it comes back under its name, and plan, lists and way back say that there was none', async () => {
  await drop()
  const { id, diff, steps, undo } = await prepared()
  expect(diff).toContain('nothing there now: mirai')
  expect(diff).toMatch(/mirai\/public\.articles: gone 0, changed 0, back 51/)
  expect(
    steps
      .flatMap(({ lines }) => lines)
      .some((line) => line.startsWith('give the name of database mirai, which is not there')),
  ).toBe(true)
  expect(undo.lines.some((line) => line.startsWith('give database mirai the name mirai_'))).toBe(true)
  expect(await databases()).toMatch(/^mirai_\S+$/)
  await approveTyped(scene, id, 'app')
  expect((await scene.until(id, 'closed', 'void')).execution?.outcome).toBe('kept')
  expect(await databases()).toBe('mirai')
  expect(await world.sql('mirai', 'SELECT count(*) FROM articles')).toBe('51')
  expect(await world.sql('mirai', "SELECT tableowner FROM pg_tables WHERE tablename = 'articles'")).toBe(
    'mirai',
  )
})

test('part of S43: somebody has made a database of that name after the approval: it is not replaced', async () => {
  await drop()
  const { id } = await prepared()
  await world.sql('postgres', 'CREATE DATABASE mirai')
  await world.sql('mirai', 'CREATE TABLE theirs (id int)')
  await approveTyped(scene, id, 'app')
  const end = await scene.until(id, 'closed', 'void')
  expect(end.execution?.outcome).not.toBe('kept')
  expect(await world.sql('mirai', 'SELECT count(*) FROM theirs')).toBe('0')
})

test.each(one(['swap.before', 'swap.after', 'journal.outcome.before', 'journal.claim.after'], 'dropped'))(
  'part of S43: killed at %s, it has the name and all its rows, or there is none as before',
  async (point) => {
    await drop()
    const { id } = await prepared()
    const end = await approveKilledAt(scene, id, point)
    const isKept = end.execution?.outcome === 'kept'
    expect((await databases()).split(' ').includes('mirai'), `${point} ${end.execution?.outcome}`).toBe(
      isKept,
    )
    if (isKept) expect(await world.sql('mirai', 'SELECT count(*) FROM articles')).toBe('51')
    else await world.sql('postgres', 'CREATE DATABASE mirai')
  },
)

test('the name is given and taken again, told by object ids; who is connected is put out, and comes in again', async () => {
  await world.sql('postgres', 'CREATE DATABASE loaded', 'DROP DATABASE IF EXISTS named')
  const limits = { timeoutMs: 60_000 }
  const cluster = await findCluster({ port: PORT }, limits)
  const besideOid = Number(
    await world.sql('postgres', "SELECT oid FROM pg_database WHERE datname = 'loaded'"),
  )
  const pair = { live: 'named', beside: 'loaded', liveOid: NO_DATABASE, besideOid }
  expect(await probeSwap(cluster, pair, limits)).toEqual({ state: 'not_applied', open: true })
  const back = await swapDatabases(cluster, pair, limits)
  expect(await probeSwap(cluster, pair, limits)).toEqual({ state: 'applied', open: true })
  expect(await world.sql('named', 'SELECT current_database()')).toBe('named')
  await swapDatabases(cluster, back, limits)
  expect(await probeSwap(cluster, pair, limits)).toEqual({ state: 'not_applied', open: true })
  await world.sql('postgres', 'CREATE DATABASE named')
  await expect(swapDatabases(cluster, pair, limits)).rejects.toMatchObject({ code: 'backup.db_moved' })
  expect((await probeSwap(cluster, pair, limits)).state).toBe('mixed')
})
