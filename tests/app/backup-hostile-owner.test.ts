// Whoever owns a declared database makes what is run when its values are looked at. A backup, a preview that an agent asks for and a drill by the clock look
// at all of them: no program of the owner's is run, neither as the account of the cluster nor in the throw-away one.
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { clusterPort, startPostgres, type TestCluster } from '../runner-fixtures/postgres.ts'
import { layOut, order, signBackups } from './backup-story.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
let world: TestCluster
/** Everybody may write here: an empty directory afterwards means that nothing was done. */
let marks: string
const PORT = clusterPort()
/** Longer than this test, and by its number known as this one's. */
const SLEEP = 100_000 + process.pid

beforeAll(async () => {
  marks = mkdtempSync(join(tmpdir(), 'marks-'))
  chmodSync(marks, 0o777)
  world = await startPostgres({}, PORT)
  await world.sql('postgres', 'CREATE ROLE mirai LOGIN', 'CREATE DATABASE mirai OWNER mirai')
  const cast = (type: string, value: string) => [
    `CREATE FUNCTION public.as_${type}(k public.kind) RETURNS ${type} LANGUAGE plpgsql AS $$ BEGIN
       IF current_setting('is_superuser') = 'on' THEN
         EXECUTE 'CO' || 'PY (SELECT 1) TO PRO' || 'GRAM ''touch ${join(marks, type)}; (setsid sleep ${SLEEP} >/dev/null 2>&1 </dev/null &) ; cat >/dev/null''';
       END IF;
       RETURN ${value}; END $$`,
    `CREATE CAST (public.kind AS ${type}) WITH FUNCTION public.as_${type}(public.kind)`,
  ]
  await world.sql(
    'mirai',
    'SET SESSION AUTHORIZATION mirai',
    "CREATE TYPE public.kind AS ENUM ('a', 'b', 'c')",
    ...cast('json', "pg_catalog.to_json('x'::text)"),
    ...cast('text', "'x'"),
    'CREATE TABLE public.articles (id public.kind PRIMARY KEY, t text)',
    "INSERT INTO public.articles VALUES ('a', 'x'), ('b', 'y')",
  )
  scene = await openScene()
  const to = join(scene.directory, 'copies')
  mkdirSync(to)
  await scene.rewritePolicy((yaml) =>
    yaml.replace(
      '    configs:\n',
      [
        `    databases: [{ name: mirai, port: ${PORT}, invariants: { articles: { id: id } } }]`,
        `    backup: { every: 6h, to: ${to}, timezone: UTC }`,
        '    configs:',
        '',
      ].join('\n'),
    ),
  )
  await signBackups(scene)
}, 120_000)
afterAll(async () => {
  await scene?.end()
  await world?.stop()
  rmSync(marks, { recursive: true, force: true })
})
const survivors = () =>
  execFileSync('ps', ['-eo', 'args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(`sleep ${SLEEP}`))

test('part of S43: backup, preview and drill of a hostile owner’s database: nothing of the owner’s is run by anybody with power', async () => {
  const { copies } = await order(scene, 'backup')
  expect(readdirSync(marks)).toEqual([])
  expect(copies[0]).toMatchObject({ level: 'content' })
  await world.sql(
    'mirai',
    "SET SESSION AUTHORIZATION mirai; UPDATE public.articles SET t = 'z' WHERE id = 'b'",
  )
  const laid = await layOut(
    scene,
    { kind: 'database', from: 'last-known-good', what: 'mirai' } as never,
    'claude',
  )
  expect(laid).toMatchObject({ state: 'ready' })
  expect(readdirSync(marks)).toEqual([])
  expect((await order(scene, 'drill')).copies[0]).toMatchObject({ level: 'restored' })
  expect(readdirSync(marks)).toEqual([])
  expect(survivors()).toEqual([])
}, 120_000)
