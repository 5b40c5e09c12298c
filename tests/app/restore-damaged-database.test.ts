// The live database is damaged, and that is why it is restored: what cannot be read of it is said on the card, and hinders nothing.
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { approveTyped, layOut, order, sealRestore } from './backup-story.ts'
import { type DatabaseScene, openDatabaseScene } from './database-story.ts'

let story: DatabaseScene
beforeAll(async () => {
  story = await openDatabaseScene()
  await story.world.sql('postgres', "ALTER DATABASE mirai SET work_mem TO '5MB'")
  expect((await order(story.scene, 'backup')).copies[0]).toMatchObject({ level: 'content' })
})
afterAll(() => story?.end())

const oid = () => story.world.sql('postgres', "SELECT oid FROM pg_database WHERE datname = 'mirai'")
const isOpen = (number: string) =>
  story.world.sql('postgres', `SELECT datallowconn FROM pg_database WHERE oid = ${number}`)

/** Another one of its name and with its files, of which the server has read nothing yet. */
async function unread(): Promise<string> {
  const { world } = story
  await world.sql(
    'postgres',
    'ALTER DATABASE mirai RENAME TO source',
    'CREATE DATABASE mirai TEMPLATE source STRATEGY file_copy OWNER mirai',
    'DROP DATABASE source',
    "ALTER DATABASE mirai SET work_mem TO '5MB'",
  )
  return join(world.directory, 'data/base', await oid())
}

async function prepared() {
  const laid = await layOut(story.scene, { kind: 'full', from: 'last-known-good' })
  expect(laid.state, JSON.stringify(laid)).toBe('ready')
  const sealed = await sealRestore(story.scene, laid.stage)
  expect(sealed.body.state, sealed.text).toBe('awaiting_approval')
  return sealed.body
}

async function restored(id: string): Promise<void> {
  await approveTyped(story.scene, id, 'app')
  const end = await story.scene.until(id, 'closed', 'void')
  expect(end.execution?.outcome, JSON.stringify(end.execution)).toBe('kept')
  expect(await story.rows('SELECT count(*) FROM articles')).toBe('51')
  expect(await story.rows('SELECT count(*) FROM nokey')).toBe('100')
}

const cardOf = async (id: string, language: 'ja' | 'en') =>
  (await story.scene.call<{ text: string }>('ops1', 'GET', `/changes/${id}/card?language=${language}`)).body
    .text

test('part of S43: a page of one table is damaged: the table is named, the others are compared, and all of it comes back', async () => {
  await story.rows("INSERT INTO nokey VALUES ('new')")
  const at = await unread()
  const file = await story.world.sql('mirai', "SELECT pg_relation_filenode('articles')")
  const fd = openSync(join(at, file), 'r+')
  writeSync(fd, Buffer.alloc(4096, 0xff))
  closeSync(fd)
  await expect(story.rows('SELECT count(*) FROM articles')).rejects.toThrow()
  const damaged = await oid()
  const { id, diff } = await prepared()
  expect(diff).toContain('mirai/public.articles: gone 0, changed 0, back 51, not readable now\n')
  expect(diff).toContain('mirai/public.nokey: gone 1, changed 0, back 0\n')
  expect((await cardOf(id, 'en')).replaceAll(/\s+/g, ' ')).toContain(
    'mirai/public.articles: what is there now cannot be read, and what would be lost cannot be listed; 51 come back',
  )
  expect((await cardOf(id, 'ja')).replaceAll(/\s+/g, '')).toContain(
    '今のものは壊れていて読めないので、何がなくなるかは一覧にできません。',
  )
  await restored(id)
  // What was damaged is kept.
  expect(await isOpen(damaged)).toBe('t')
})

test.each(['pg_filenode.map', '.'])(
  'part of S43: nobody can enter the live database: the whole of it is said not to be readable (%s is gone)',
  async (gone) => {
    rmSync(join(await unread(), gone), { recursive: true })
    const { id, diff } = await prepared()
    expect(diff).toContain('mirai/whole database: gone 0, changed 0, back 151, not readable now\n')
    await restored(id)
  },
)

test('part of S43: it lets nobody in, and does not until it is evidence', async () => {
  const closed = await oid()
  await story.world.sql('postgres', 'ALTER DATABASE mirai ALLOW_CONNECTIONS false')
  const { id, diff } = await prepared()
  expect(diff).toContain('mirai/whole database: gone 0, changed 0, back 151, not readable now\n')
  expect(await isOpen(closed)).toBe('f')
  await restored(id)
  expect(await isOpen(closed)).toBe('t')
})

test('part of S43: what could not be read then and can be read now is another state: nothing is exchanged', async () => {
  const closed = await oid()
  await story.world.sql('postgres', 'ALTER DATABASE mirai ALLOW_CONNECTIONS false')
  const { id } = await prepared()
  await story.world.sql('postgres', 'ALTER DATABASE mirai ALLOW_CONNECTIONS true')
  await approveTyped(story.scene, id, 'app')
  const end = await story.scene.until(id, 'closed', 'void')
  expect(end.execution?.outcome).not.toBe('kept')
  expect(JSON.stringify(end)).toContain('restore.loss_grew')
  expect(await oid()).toBe(closed)
})
