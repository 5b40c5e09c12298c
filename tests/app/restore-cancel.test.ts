// A restore that is being laid out is one person's hour and one disk's room: whoever comes sees whose it is and ends it by one line, in the middle of
// whatever is done, and nothing of it is left. One service does not wait for another's, and no person for an agent's.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { connectRunner } from '../../src/app/runner-client.ts'
import type { ServiceName } from '../../src/base/id.ts'
import type { BackupsView, StageView, StageWish } from '../../src/contract/backup.ts'
import { clusterPort, startPostgres, type TestCluster } from '../runner-fixtures/postgres.ts'
import { quickRepository } from '../runner-fixtures/quick-repository.ts'
import { BACKUPS, order, signBackups, waitFor, withBackup } from './backup-story.ts'
import { openScene, type Scene, type Who } from './scene.ts'
import { commandLine, ownNamespace } from './wrong-world.ts'

const namespace = ownNamespace()
const PORT = clusterPort()
const PASSWORD = 'the password of the repository'
const ARTICLES = JSON.stringify([{ id: 'a1', title: 'one' }])

let scene: Scene
let world: TestCluster
let shop: string
const place = (...names: string[]) => join(scene.directory, ...names)
const runnerPlace = (...names: string[]) => place('data', 'runner', ...names)
/** While it is there, restic brings a copy back and then does not end. */
const hangs = () => place('restic-hangs')

beforeAll(async () => {
  world = await startPostgres({}, PORT)
  await world.sql('postgres', 'CREATE ROLE mirai LOGIN', 'CREATE DATABASE mirai OWNER mirai')
  // Each row of it takes as long as stands beside it, when its index is made.
  await world.sql(
    'mirai',
    'CREATE FUNCTION slow(ms int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$BEGIN PERFORM pg_sleep(ms / 1000.0); RETURN ms; END$$',
    'CREATE TABLE articles (id int PRIMARY KEY, ms int)',
    'INSERT INTO articles VALUES (1, 4000)',
    'CREATE INDEX slowly ON articles (slow(ms))',
    'ALTER TABLE articles OWNER TO mirai',
    'ALTER FUNCTION slow OWNER TO mirai',
  )
  scene = await openScene({ policy: 'policy: { standing: { per_hour: 1000 } }', runner: namespace.runner })
  const [data, to, repository] = [place('world', 'data'), place('copies'), place('repository')]
  shop = place('world', 'shop')
  for (const path of [data, to, shop, place('shop-copies')]) mkdirSync(path)
  await quickRepository(repository, PASSWORD)
  writeFileSync(join(data, 'articles.json'), ARTICLES)
  writeFileSync(join(data, 'users.json'), '[]', { mode: 0o600 })
  writeFileSync(join(shop, 'orders.json'), '[]')
  const restic = place('restic')
  writeFileSync(
    restic,
    `#!/bin/sh\ncase " $* " in *" restore "*) restic.real "$@"; code=$?; while [ -e ${hangs()} ]; do sleep 0.1; done; exit $code;; esac\nexec restic.real "$@"\n`,
  )
  chmodSync(restic, 0o755)
  await namespace.inside(scene, 'mv', '/usr/bin/restic', '/usr/bin/restic.real')
  await namespace.inside(scene, 'cp', '-p', restic, '/usr/bin/restic')
  await scene.rewritePolicy((yaml) =>
    withBackup(
      data,
      to,
    )(yaml)
      .replace('    backup:', `    databases: [{ name: mirai, port: ${PORT} }]\n    backup:`)
      .replace(
        `{ name: local, to: ${to} }`,
        `{ name: local, to: ${to} }, { name: far, kind: restic, to: ${repository}, credential: far }`,
      )
      .replace(
        'people:',
        `  shop:\n    host: local\n    data: [{ dir: ${shop}, format: json }]\n    backup: { every: 6h, to: ${place('shop-copies')}, timezone: UTC }\npeople:`,
      ),
  )
  const admin = connectRunner(place('data', 'run', 'admin.sock'))
  const base64 = Buffer.from(PASSWORD).toString('base64')
  await admin.ask('secret', { service: 'app' as ServiceName, key: 'backup/far', base64 })
  for (const service of ['app', 'shop']) {
    await signBackups(scene, 1000, service)
    const { failures, copies } = await order(scene, 'backup', 'ops1', service)
    expect([failures, copies[0]?.level]).toEqual([[], 'content'])
  }
})
afterAll(async () => {
  await scene?.end()
  await world?.stop()
  namespace.end()
})
afterEach(() => rmSync(hangs(), { force: true }))

const FAR: StageWish = { kind: 'file', from: 'last-known-good', copy: 'far', what: '' }
const farFile = (): StageWish => ({ ...FAR, what: place('world', 'data', 'articles.json') })
const WHOLE: StageWish = { kind: 'full', from: 'last-known-good' }
const begin = (service: string, wish: StageWish, who: Who = 'ops1') =>
  scene.call<{ stage: string; code: string; detail?: string }>(
    who,
    'POST',
    `/services/${service}/stages`,
    wish,
  )
const look = async (service: string, stage: string) =>
  (await scene.call<StageView>('ops1', 'GET', `/services/${service}/stages/${stage}`)).body
const settled = (service: string, stage: string) =>
  waitFor('the lay-out to end', async () => {
    const now = await look(service, stage)
    return now.state === 'working' ? undefined : now
  })
const cancel = (who: Who, service = 'app') =>
  scene.call<{ stage: string; by: string; code: string }>(
    who,
    'POST',
    `/services/${service}/stages/cancel`,
    {},
  )

/** As one line, wherever the terminal has broken it. */
const flat = (text: string) => text.replaceAll(/\n {2,}/g, ' ')
const namesIn = (path: string) => (existsSync(path) ? readdirSync(path) : [])
const databases = () =>
  world.sql('postgres', "SELECT count(*) FROM pg_database WHERE datname ~ '^(sekisho_loading|mirai_)'")
const loading = () =>
  world.sql('postgres', "SELECT count(*) FROM pg_database WHERE datname ~ '^sekisho_loading'")
const roles = () => world.sql('postgres', "SELECT count(*) FROM pg_roles WHERE rolname = 'nobody'")
/** What this lay-out has made, wherever it would lie. */
async function leftOf(stage: string) {
  // The gate's own clock may have ordered a work of the backups, which makes dumps and clusters too.
  await waitFor('other works to end', async () => {
    const now = await scene.call<BackupsView>('ops1', 'GET', BACKUPS)
    return now.body.running === undefined ? true : undefined
  })
  return [
    ...namesIn(place('world', '.sekisho-staging')).filter((name) => name === stage),
    ...namesIn(runnerPlace('fetched')).filter((name) => name === stage),
    ...namesIn(runnerPlace('stages')).filter((name) => name.startsWith(stage)),
    ...namesIn(runnerPlace('restic', 'run')),
    ...namesIn(runnerPlace('dumps')),
    ...namesIn(place('data', 'clusters')),
    ...((await databases()) === '0' ? [] : ['a database']),
    ...((await roles()) === '0' ? [] : ['a role']),
  ]
}
/** The bytes that restic has brought lie there, and it goes on. */
const untilFetched = (stage: string) =>
  waitFor('restic to bring it', async () => {
    const at = runnerPlace('fetched', stage)
    const found = namesIn(at).flatMap((copy) =>
      namesIn(join(at, copy, 'daily')).flatMap((name) => namesIn(join(at, copy, 'daily', name))),
    )
    return found.includes('data') ? true : undefined
  })
const untilLoading = () =>
  waitFor('the database to be loaded', async () => ((await loading()) === '1' ? true : undefined))

test('Ctrl-C ends nothing and says so; the next one sees whose it is; one line ends it in the middle of a fetch, and nothing is left', async () => {
  const [one, two] = [await commandLine(scene, 'ops1'), await commandLine(scene, 'ops2')]
  try {
    writeFileSync(hangs(), '')
    const file = place('world', 'data', 'articles.json')
    const words = ['restore', 'file', file, '--last-known-good', '--copy', 'far', '--service', 'app']
    const interrupt = new AbortController()
    const first = one.typeUntil(interrupt.signal, 'ja', ...words)
    const stage = await waitFor('it to begin', async () => namesIn(runnerPlace('fetched'))[0])
    await untilFetched(stage)
    interrupt.abort()
    const left = await first
    expect(left.exit).toBe(130)
    expect(left.err).toBe(
      '用意は続いています。同じコマンドでまた見られます。取りやめる: sekisho restore cancel --service app\n',
    )
    // Somebody else wants something else of the same service.
    const refused = await two.type('en', 'restore', 'full', '--last-known-good', '--service', 'app')
    expect(refused.exit, refused.err).toBe(75)
    expect(flat(refused.err)).toContain(`Another restore of app is being laid out: ${file}`)
    expect(flat(refused.err)).toMatch(/begun by ops1 just now \(bringing the copy here\)/)
    expect(refused.err).toContain('sekisho restore cancel --service app')
    expect((await two.type('ja', 'restore', 'full', '--last-known-good', '--service', 'app')).err).toMatch(
      /たった今、ops1 が始めました（写しを取り寄せています）/,
    )
    // The same line joins it, and learns that it was cancelled.
    const before = one.answered.length
    const joined = one.type('ja', ...words)
    await waitFor('it to join', async () =>
      one.answered.slice(before).includes(`GET /services/app/stages/${stage}`) ? true : undefined,
    )
    expect((await cancel('claude')).body.code).toBe('may.not_yours')
    expect((await cancel('dev')).body.code).toBe('may.role_missing')
    const ended = await two.type('ja', 'restore', 'cancel', '--service', 'app')
    expect([ended.exit, ended.out]).toEqual([
      0,
      '取りやめました。作りかけたものは、すべて片づけました。サービスには触れていません。\n',
    ])
    expect(ended.err).toContain(file)
    expect(ended.err).toContain('ops1')
    expect(await leftOf(stage)).toEqual([])
    const told = await joined
    expect([told.exit, told.err.split('\n')[0]]).toEqual([2, '✗ 復元の用意は ops2 が取りやめました'])
    expect(resticsHere()).toEqual([])

    const none = await two.type('en', 'restore', 'cancel', '--service', 'app')
    expect([none.exit, none.err.split('\n')[0]]).toEqual([1, '✗ No restore of app is being laid out now'])
    await recorded(stage)
  } finally {
    await one.close()
    await two.close()
  }
})

/** Who has ended it stands in the runner's journal, and on the record. */
async function recorded(stage: string) {
  const journal = readFileSync(runnerPlace('journal', 'runner.jsonl'), 'utf8')
  const line = journal.split('\n').find((one) => one.includes('"cleared"') && one.includes(stage))
  expect(JSON.parse(line ?? '{}').body).toMatchObject({ event: 'cleared', why: 'cancelled', by: 'ops2' })
  const [entry] = await scene.sql(
    "select body::json ->> 'actor' as actor, body::json -> 'payload' ->> 'begunBy' as begun from ledger where body::json ->> 'kind' = 'restore.cancelled'",
  )
  expect(entry).toEqual({ actor: 'ops2', begun: 'ops1' })
}

/** Programs that bring something back for this runner. */
function resticsHere(): readonly string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false
    try {
      const argv = readFileSync(`/proc/${name}/cmdline`, 'latin1')
      return argv.includes('restic') && argv.includes(runnerPlace('fetched'))
    } catch {
      return false
    }
  })
}

test('cancelled in the middle of a load: the database that was being made is gone, and the live one is as it was', async () => {
  for (const where of ['apart', 'beside'] as const) {
    // Where equal bytes were loaded apart once, that is not done again in the life of a runner.
    if (where === 'apart') {
      await scene.stopRunner()
      await scene.restartRunner()
    }
    const { body } = await begin('app', { ...WHOLE, copy: 'local' })
    if (where === 'beside') await untilLoading()
    else
      await waitFor('a load', async () => (namesIn(place('data', 'clusters')).length > 0 ? true : undefined))
    expect((await cancel('ops2')).status).toBe(200)
    const end = await settled('app', body.stage)
    expect(end, where).toMatchObject({ state: 'failed', code: 'restore.cancelled', detail: { by: 'ops2' } })
    expect(await leftOf(body.stage), where).toEqual([])
    if (where === 'apart') await settled('app', (await begin('app', { ...WHOLE, copy: 'local' })).body.stage)
  }
  expect(await world.sql('mirai', 'SELECT count(*) FROM articles')).toBe('1')
})

test('the runner is killed while it clears away: the next one finishes it', async () => {
  for (const wait of [0, 5, 40]) {
    const { body } = await begin('app', { ...WHOLE, copy: 'local' })
    await untilLoading()
    const asked = cancel('ops1')
    await new Promise((resolve) => setTimeout(resolve, wait))
    await scene.stopRunner('SIGKILL')
    await asked
    await scene.restartRunner()
    await waitFor('the rest to be cleared', async () =>
      namesIn(runnerPlace('stages')).some((name) => name.endsWith('.begun.json')) ? undefined : true,
    )
    expect(await leftOf(body.stage), String(wait)).toEqual([])
    expect((await look('app', body.stage)).state).toBe('gone')
  }
})

test('while one service is laid out another’s emergency begins and ends; an agent’s begins beside none and gives way', async () => {
  writeFileSync(hangs(), '')
  const app = (await begin('app', farFile())).body.stage
  await untilFetched(app)
  const other = await begin('shop', WHOLE, 'ops2')
  expect(other.status, other.text).toBe(200)
  expect((await settled('shop', other.body.stage)).state).toBe('ready')
  expect((await look('app', app)).state).toBe('working')

  const byAgent = await begin('shop', { ...WHOLE, copy: 'local' }, 'claude')
  expect(byAgent.body.code).toBe('restore.busy')
  expect(byAgent.text).toContain('app')
  await cancel('ops1')
  await settled('app', app)

  const agents = (await begin('app', farFile(), 'claude')).body.stage
  await untilFetched(agents)
  const person = await begin('shop', WHOLE, 'ops1')
  expect(person.status, person.text).toBe(200)
  expect(await settled('app', agents)).toMatchObject({ code: 'restore.cancelled', detail: { by: 'ops1' } })
  expect(await leftOf(agents)).toEqual([])
  expect((await settled('shop', person.body.stage)).state).toBe('ready')

  // Its own it may end itself.
  const own = (await begin('app', farFile(), 'claude')).body.stage
  await untilFetched(own)
  expect((await cancel('claude')).body).toMatchObject({ stage: own, by: 'claude' })
  expect(await settled('app', own)).toMatchObject({ code: 'restore.cancelled', detail: { by: 'claude' } })
})
