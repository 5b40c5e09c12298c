// What is said of the copy of a database, and what is brought back of it, is what its sealed bytes hold: not what stands under its name, nor what was
// counted when it was made.
import { chmodSync, copyFileSync, rmSync } from 'node:fs'
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
const dumpOf = (backup: string) => join(there.to, 'daily', backup, 'db', 'mirai.dump')
const databases = () =>
  there.world.sql('postgres', "SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database")

beforeAll(async () => {
  there = await openDatabaseScene()
  scene = there.scene
})
afterAll(() => there?.end())

test('part of S06: a copy on the disk of its own database is no backup, and says what it shares it with', async () => {
  const { copies, places } = await order(scene, 'backup')
  expect(copies[0]).toMatchObject({ place: 'same-disk', counts: false })
  expect(places[0]?.seen).toMatchObject({ with: join(there.world.directory, 'data'), unlink: 'refused' })
})

/** Another dump of as many rows, in the place of the sealed one. */
async function forge(backup: string, from: string): Promise<() => void> {
  const kept = join(scene.directory, 'kept.dump')
  copyFileSync(dumpOf(backup), kept)
  const put = (bytes: string) => {
    rmSync(dumpOf(backup), { force: true })
    copyFileSync(bytes, dumpOf(backup))
    chmodSync(dumpOf(backup), 0o400)
  }
  put(dumpOf(from))
  return () => put(kept)
}

test('part of S43 and N07: a dump that is not the sealed one is laid out by nobody, is drilled by nobody, and is told of', async () => {
  const first = newest(await order(scene, 'backup'))
  await rows("UPDATE articles SET title = 'FORGED ' || id")
  const second = newest(await order(scene, 'backup'))
  const back = await forge(first, second)
  const before = await databases()
  expect(await layOut(scene, { kind: 'full', from: first })).toMatchObject({ state: 'failed' })
  expect(await layOut(scene, { kind: 'database', from: first, what: 'mirai' })).toMatchObject({
    state: 'failed',
  })
  expect(await databases()).toBe(before)
  const { copies } = await order(scene, 'verify')
  expect(copies.find(({ backup }) => backup === first)).toMatchObject({ state: 'suspect' })
  back()
  await order(scene, 'verify')
  const laid = await layOut(scene, { kind: 'full', from: first })
  expect(laid).toMatchObject({ state: 'ready' })
  expect((await sealRestore(scene, laid.stage)).status).toBe(200)
})

test('part of S43: rows of a table without a key, and what is no row, stand among what is lost', async () => {
  const backup = newest(await order(scene, 'backup'))
  const cardOf = async (language: string) => {
    const { stage } = await layOut(scene, { kind: 'full', from: backup })
    const sealed = await sealRestore(scene, stage)
    expect(sealed.status, sealed.text).toBe(200)
    const path = `/changes/${sealed.body.id}/card?language=${language}`
    const { body } = await scene.call<{ text: string }>('ops1', 'GET', path)
    return { card: body.text, diff: sealed.body.diff }
  }
  expect((await cardOf('en')).card).toContain('nothing that is there now is lost')
  await rows(
    "UPDATE nokey SET v = 'precious new work ' || v",
    'CREATE FUNCTION only_live() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
  )
  const { card, diff } = await cardOf('en')
  expect(diff).toContain('mirai/public.nokey: gone 100, changed 0, back 100')
  expect(card).toContain('mirai/public.nokey: 100 gone, 0 changed back, 100 come back')
  expect(card).toContain('mirai, definitions (columns, functions, views, indexes): 0 gone, 1 changed back')
  expect(card).not.toContain('nothing that is there now is lost')
  expect((await cardOf('ja')).card).toContain('mirai の定義（列、関数、ビュー、索引など）')
  await rows('DROP FUNCTION only_live()')
})

test('part of E7 and S43: a table that is emptied is no content, whatever its rules leave out; nor are rows that break them; the last good one is older', async () => {
  const good = newest(await order(scene, 'backup'))
  await rows('DELETE FROM articles')
  const emptied = await order(scene, 'backup')
  expect(emptied.copies[0]).toMatchObject({ level: 'digest' })
  await rows('INSERT INTO articles SELECT i, NULL FROM generate_series(1, 51) i')
  const broken = await order(scene, 'backup')
  expect(broken.copies[0]).toMatchObject({ level: 'digest' })
  expect(JSON.stringify(broken.copies[0])).toContain('missing_field')

  const laid = await layOut(scene, { kind: 'full', from: 'last-known-good' })
  expect(laid).toMatchObject({ state: 'ready' })
  const { body } = await sealRestore(scene, laid.stage)
  expect(body.diff).toContain(`database mirai <- ${good} `)
  expect(body.diff).toMatch(
    new RegExp(`passed over ${newest(broken)} local: rubbish .*public.articles: missing_field`),
  )
  expect(body.diff).toMatch(
    new RegExp(`passed over ${newest(emptied)} local: rubbish .*public.articles: emptied`),
  )
  expect(body.diff).toContain('mirai/public.articles: gone 51, changed 0, back 51')
  // What was called good once is judged again when it is drilled, and by the rules of now.
  await rows("UPDATE articles SET title = 'title ' || id")
})

test('part of S43: a fifth of the rows missing is a question; a dump that cannot be loaded is no content, and the next one is taken', async () => {
  const good = newest(await order(scene, 'backup'))
  await rows('DELETE FROM articles WHERE id > 35')
  const less = await order(scene, 'backup')
  expect(less.copies[0]).toMatchObject({ level: 'digest' })
  expect(JSON.stringify(less.copies[0])).toContain('shrunk')
  await rows(
    'INSERT INTO articles SELECT i, $$again$$ FROM generate_series(36, 51) i',
    'CREATE FUNCTION holds(t text) RETURNS bool LANGUAGE sql IMMUTABLE AS $$ SELECT true $$',
    'ALTER FUNCTION holds(text) OWNER TO mirai',
    'ALTER TABLE nokey ADD CONSTRAINT c CHECK (public.holds(v))',
    'CREATE OR REPLACE FUNCTION holds(t text) RETURNS bool LANGUAGE sql IMMUTABLE AS $$ SELECT false $$',
  )
  const unloaded = await order(scene, 'backup')
  expect(unloaded.copies[0]).toMatchObject({ level: 'digest', state: 'sound' })
  const laid = await layOut(scene, { kind: 'full', from: 'last-known-good' })
  expect(laid).toMatchObject({ state: 'ready' })
  const { body } = await sealRestore(scene, laid.stage)
  expect(body.diff).toContain(`database mirai <- ${good} `)
  expect(body.diff).toMatch(
    new RegExp(`passed over ${newest(unloaded)} local: unreadable .*violates check constraint "c"`),
  )
  await rows('ALTER TABLE nokey DROP CONSTRAINT c', 'DROP FUNCTION holds(text)')
})

test('keys of a table without rules, and of one that is called secret, are counted and stand nowhere', async () => {
  const canary = 'CANARY-TOKEN-2'
  const backup = newest(await order(scene, 'backup'))
  await rows(
    `INSERT INTO tokens VALUES ('${canary}-a')`,
    `INSERT INTO sessions VALUES ('${canary}-b')`,
    "INSERT INTO articles VALUES (4711, 'shown')",
  )
  const laid = await layOut(scene, { kind: 'full', from: backup })
  const { status, body, text } = await sealRestore(scene, laid.stage)
  expect(status, text).toBe(200)
  for (const table of ['tokens', 'sessions', 'articles'])
    expect(body.diff).toContain(`mirai/public.${table}: gone 1, changed 0, back 0`)
  expect(JSON.stringify(laid)).not.toContain(canary)
  const inRecord = await scene.sql('select count(*)::int as n from ledger where body::text like $1', [
    `%${canary}%`,
  ])
  expect(inRecord).toEqual([{ n: 0 }])
  await rows('DELETE FROM tokens', 'DELETE FROM sessions', 'DELETE FROM articles WHERE id = 4711')
})
