// What stands in the way of a database's copy: rows that a load stumbles over, owners, room, and thousands of tables.
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BackupsView } from '../../src/contract/backup.ts'
import { layOut, order, sealRestore } from './backup-story.ts'
import { type DatabaseScene, openDatabaseScene } from './database-story.ts'
import type { Scene } from './scene.ts'

let there: DatabaseScene
let scene: Scene
const rows = (...sql: readonly string[]) => there.rows(...sql)
const newest = ({ copies }: BackupsView) => copies[0]?.backup ?? ''

beforeAll(async () => {
  there = await openDatabaseScene()
  scene = there.scene
})
afterAll(() => there?.end())

test('what stands in a row is in no sentence, journal, record or list, whatever a load says of it', async () => {
  const canary = 'CANARY-HASH-9'
  // What held when the row was written does not hold where it is loaded.
  await rows(
    'CREATE FUNCTION fine(t text) RETURNS bool LANGUAGE sql IMMUTABLE AS $$ SELECT true $$',
    'ALTER FUNCTION fine(text) OWNER TO mirai',
    'CREATE TABLE people (id int, hash text, CHECK (public.fine(hash)))',
    'ALTER TABLE people OWNER TO mirai',
    `INSERT INTO people VALUES (1, '${canary}')`,
    'CREATE OR REPLACE FUNCTION fine(t text) RETURNS bool LANGUAGE sql IMMUTABLE AS $$ SELECT false $$',
  )
  const now = await order(scene, 'backup')
  const drilled = await order(scene, 'drill')
  const laid = await layOut(scene, { kind: 'full', from: newest(now) })
  expect(laid).toMatchObject({ state: 'failed' })
  await rows('DROP TABLE people')
  for (const said of [now, drilled, laid]) expect(JSON.stringify(said)).not.toContain(canary)
  const listed = await scene.call('ops1', 'GET', '/services/app/backups')
  expect(listed.text).not.toContain(canary)
  const inRecord = await scene.sql('select count(*)::int as n from ledger where body::text like $1', [
    `%${canary}%`,
  ])
  expect(inRecord).toEqual([{ n: 0 }])
  // Nothing of the installation's own state holds it: the copies do.
  const found = execFileSync('sh', [
    '-c',
    `grep -rlF ${canary} "$1" || true`,
    'sh',
    join(scene.directory, 'data'),
  ])
  expect(found.toString()).toBe('')
})

test('what only an administrator may bring back is said by the drill, and is not called restored', async () => {
  await order(scene, 'backup')
  await there.world.sql('postgres', 'ALTER DATABASE mirai OWNER TO postgres')
  const backup = newest(await order(scene, 'backup'))
  const { copies, failures } = await order(scene, 'drill')
  expect(copies.find((one) => one.backup === backup)).toMatchObject({ level: 'content', state: 'sound' })
  const said = failures.find((one) => one.backup === backup)
  expect(said).toMatchObject({ work: 'drill', why: 'backup.db_needs_person' })
  expect(said?.detail?.['found']).toContain('owner postgres is a superuser')
  await there.world.sql('postgres', 'ALTER DATABASE mirai OWNER TO mirai')
  const again = newest(await order(scene, 'backup'))
  const drilled = await order(scene, 'drill')
  expect(drilled.copies.find((one) => one.backup === again)).toMatchObject({ level: 'restored' })
})

test('where a dump cannot be loaded now, the other copies are made all the same, and none is called bad', async () => {
  const second = join(scene.directory, 'second')
  mkdirSync(second)
  await scene.rewritePolicy((yaml) =>
    yaml.replace(
      `to: ${there.to}, timezone`,
      `copies: [{ name: local, to: ${there.to} }, { name: second, to: ${second} }], timezone`,
    ),
  )
  const clusters = join(scene.directory, 'data', 'clusters')
  rmSync(clusters, { recursive: true, force: true })
  writeFileSync(clusters, '')
  await rows("INSERT INTO nokey VALUES ('another')")
  const now = await order(scene, 'backup')
  const made = now.copies.filter(({ backup }) => backup === newest(now))
  expect(made.map(({ copy, state, level }) => `${copy} ${state} ${level}`).toSorted()).toEqual([
    'local sound digest',
    'second sound digest',
  ])
  expect(now.failures.filter(({ backup }) => backup === newest(now))).toMatchObject([{ work: 'backup' }])
  rmSync(clusters)
  await order(scene, 'verify')
  const read = (await order(scene, 'verify')).copies.filter(({ backup }) => backup === newest(now))
  expect(read.map(({ level }) => level)).toEqual(['content', 'content'])
})

test('a database of more tables than a screen has lines is backed up, laid out and shown', async () => {
  const make =
    'CREATE TABLE t%1$s (id int PRIMARY KEY); ALTER TABLE t%1$s OWNER TO mirai; INSERT INTO t%1$s VALUES (1)'
  await rows(`DO $$ BEGIN FOR i IN 1..1100 LOOP EXECUTE format('${make}', i); END LOOP; END $$`)
  const now = await order(scene, 'backup')
  expect(now.failures.filter(({ backup }) => backup === newest(now))).toEqual([])
  expect(now.copies[0]).toMatchObject({ level: 'content' })
  await rows("DO $$ BEGIN FOR i IN 1..300 LOOP EXECUTE format('DELETE FROM t%s', i); END LOOP; END $$")
  const laid = await layOut(scene, { kind: 'full', from: newest(now) })
  expect(laid).toMatchObject({ state: 'ready' })
  const { status, body, text } = await sealRestore(scene, laid.stage)
  expect(status, text).toBe(200)
  expect(body.diff).toContain('mirai/100 more tables: gone 0, changed 0, back 100')
  expect(body.diff).toContain('mirai/804 tables as they are: gone 0, changed 0, back 0')
  expect(body.diff.match(/^mirai\/public/gm)).toHaveLength(200)
})
