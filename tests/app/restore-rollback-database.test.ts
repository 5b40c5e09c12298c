// A restored database that was kept is taken back: both names once more, told by object ids, whoever of the two was live; where there was none, the
// restored one loses the name again; a runner that is killed at any place of it settles.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { one } from '../crash/share.ts'
import { clusterPort, startPostgres, type TestCluster } from '../runner-fixtures/postgres.ts'
import {
  approveKilledAt,
  approveTyped,
  layOut,
  order,
  sealRestore,
  sealRollback,
  signBackups,
} from './backup-story.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
let world: TestCluster
let data: string
const put = (text: string) => writeFileSync(join(data, 'orders.json'), text)
const get = () => readFileSync(join(data, 'orders.json'), 'utf8')
const PORT = clusterPort()
const rows = (...sql: readonly string[]) => world.sql('mirai', ...sql)
const databases = async () =>
  (
    await world.sql('postgres', "SELECT string_agg(datname, ' ') FROM pg_database WHERE datname ~ 'mirai'")
  ).split(' ')
const oid = () => world.sql('postgres', "SELECT oid FROM pg_database WHERE datname = 'mirai'")

beforeAll(async () => {
  world = await startPostgres({}, PORT)
  await world.sql('postgres', 'CREATE ROLE mirai LOGIN', 'CREATE DATABASE mirai OWNER mirai')
  await rows(
    'CREATE TABLE articles (id int PRIMARY KEY, title text NOT NULL)',
    'ALTER TABLE articles OWNER TO mirai',
    "INSERT INTO articles SELECT i, 'title ' || i FROM generate_series(1, 51) i",
  )
  scene = await openScene({ policy: 'policy: { standing: { per_hour: 1000 } }' })
  const to = join(scene.directory, 'copies')
  data = join(scene.directory, 'world', 'data')
  for (const one of [to, data]) mkdirSync(one)
  put('[{"id":"a1"}]')
  await scene.rewritePolicy((yaml) =>
    yaml.replace(
      '    configs:\n',
      [
        `    data: [{ dir: ${data}, format: json }]`,
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

async function done(sealed: { readonly body: ChangeView; readonly text: string }): Promise<ChangeView> {
  expect(sealed.body.state, sealed.text).toBe('awaiting_approval')
  await approveTyped(scene, sealed.body.id, 'app')
  return scene.until(sealed.body.id, 'closed', 'void')
}
async function restored(all = false): Promise<string> {
  const of = all ? ({ kind: 'full' } as const) : ({ kind: 'database', what: 'mirai' } as const)
  const laid = await layOut(scene, { ...of, from: 'last-known-good' })
  expect(laid.state, JSON.stringify(laid)).toBe('ready')
  const end = await done(await sealRestore(scene, laid.stage))
  expect(end.execution?.outcome).toBe('kept')
  return end.id
}

test('the emptied database was the right one after all: it comes back under its name, and back again', async () => {
  await rows('DELETE FROM articles', "INSERT INTO articles VALUES (900, 'new')")
  const before = await oid()
  const id = await restored()
  await rows("INSERT INTO articles VALUES (901, 'since')")
  const sealed = await sealRollback(scene, id)
  const { diff, steps } = sealed.body
  expect(diff).toContain(`database mirai <- evidence of ${id}`)
  expect(diff).toMatch(/mirai\/public\.articles: gone 52, changed 0, back 1/)
  expect(steps.flatMap(({ lines }) => lines)).toContainEqual(
    expect.stringMatching(/^exchange the names of database mirai and mirai_\S+, what stood there before/),
  )
  const back = await done(sealed)
  expect([
    back.execution?.outcome,
    await oid(),
    await rows('SELECT string_agg(title, $$ $$) FROM articles'),
  ]).toEqual(['kept', before, 'new'])
  expect(await layOut(scene, { kind: 'rollback', change: id })).toMatchObject({ code: 'restore.taken_back' })
  expect((await done(await sealRollback(scene, back.id))).execution?.outcome).toBe('kept')
  expect(await rows('SELECT count(*) FROM articles')).toBe('52')
})

test('somebody writes after the approval, or into what was put aside: the names stay, and the change is void', async () => {
  const id = await restored()
  const { beside } = await asideOf(id)
  for (const database of ['mirai', beside]) {
    const sealed = await sealRollback(scene, id)
    await world.sql(database, "INSERT INTO articles VALUES (1000, 'late')")
    const end = await done(sealed)
    expect([end.state, JSON.stringify(end).includes('restore.loss_grew')], database).toEqual(['void', true])
    await world.sql(database, 'DELETE FROM articles WHERE id = 1000')
  }
})

test('there was none before: taking it back takes the name away, and taking that back gives it again', async () => {
  await world.sql('postgres', 'DROP DATABASE mirai WITH (FORCE)')
  const id = await restored()
  const restoredOid = await oid()
  const sealed = await sealRollback(scene, id)
  expect(sealed.body.diff).toContain('nothing there afterwards: mirai')
  expect(sealed.body.diff).toMatch(/mirai\/public\.articles: gone 51, changed 0, back 0/)
  expect(sealed.body.undo.lines).toContainEqual(
    expect.stringMatching(/^give database mirai_\S+ the name mirai again$/),
  )
  const away = await done(sealed)
  expect([away.execution?.outcome, (await databases()).includes('mirai')]).toEqual(['kept', false])
  const again = await sealRollback(scene, away.id)
  expect(again.body.diff).toContain('nothing there now: mirai')
  expect((await done(again)).execution?.outcome).toBe('kept')
  expect(await oid()).toBe(restoredOid)
})

test.each(
  one(
    ['swap.before', 'swap.parted', 'swap.after', 'journal.outcome.before', 'journal.claim.after'],
    'a rollback',
  ),
)('killed at %s, it is the one or the other, whole, and under its name', async (point) => {
  await rows('DELETE FROM articles WHERE id > 10')
  const before = await oid()
  const id = await restored()
  const restoredOid = await oid()
  const end = await approveKilledAt(scene, (await sealRollback(scene, id)).body.id, point)
  const isKept = end.execution?.outcome === 'kept'
  expect(await oid(), `${point} ${end.execution?.outcome}`).toBe(isKept ? before : restoredOid)
  expect(await rows('SELECT count(*) FROM articles')).toBe(isKept ? '10' : '51')
})

test.each(['none', ...one(['exchange.after', 'swap.before', 'swap.after'], 'several parts')])(
  'a directory and a database together, killed at %s: both are as before, or both as they were',
  async (point) => {
    await rows('DELETE FROM articles WHERE id > 5')
    put(`[{"id":"${point}"}]`)
    const id = await restored(true)
    expect([get(), await rows('SELECT count(*) FROM articles')]).toEqual(['[{"id":"a1"}]', '51'])
    const sealed = await sealRollback(scene, id)
    expect(sealed.body.diff.match(/<- evidence of/g)).toHaveLength(2)
    const end = point === 'none' ? await done(sealed) : await approveKilledAt(scene, sealed.body.id, point)
    const isKept = end.execution?.outcome === 'kept'
    if (point === 'none') expect(isKept).toBe(true)
    expect(
      [get(), await rows('SELECT count(*) FROM articles')],
      `${point} ${end.execution?.outcome}`,
    ).toEqual(isKept ? [`[{"id":"${point}"}]`, '5'] : ['[{"id":"a1"}]', '51'])
  },
)

test('what was put aside was dropped: it is said', async () => {
  const id = await restored()
  const { beside } = await asideOf(id)
  await world.sql('postgres', `DROP DATABASE "${beside}" WITH (FORCE)`)
  expect(await layOut(scene, { kind: 'rollback', change: id })).toMatchObject({
    code: 'restore.evidence_gone',
    detail: { change: id, path: 'mirai' },
  })
})

async function asideOf(id: string): Promise<{ readonly beside: string }> {
  const found = await scene.sql(
    `select action->'action'->>'beside' as beside from change, jsonb_array_elements(document->'plan'->'actions') action
     where id = '${id}' and action->'action'->>'kind' = 'renameDatabase'`,
  )
  return { beside: String(found[0]?.['beside']) }
}
