// What a killed load leaves of databases is gone with the next start; what a restore has kept as evidence goes after its month, with a line in the journal,
// and never while somebody holds the backup that it was made of.
import { execFileSync, spawn } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BackupId } from '../../src/backup/level.ts'
import { SekishoError } from '../../src/base/error.ts'
import type { ServiceName } from '../../src/base/id.ts'
import { noKillPoint } from '../../src/base/kill-point.ts'
import { clearStage } from '../../src/restore/clear-stage.ts'
import { stageRestore as layOutBeside } from '../../src/restore/stage-restore.ts'
import { Stages } from '../../src/restore/stages.ts'
import { openParts } from '../../src/runner/open.ts'
import type { RunnerParts } from '../../src/runner/parts.ts'
import { placeOf } from '../../src/runner/place.ts'
import { clusterPort, startPostgres, type TestCluster } from '../runner-fixtures/postgres.ts'
import { approveTyped, layOut, order, sealRestore, signBackups, withBackup } from './backup-story.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
let world: TestCluster
let data: string
let staging: string
const PORT = clusterPort()
const DAY = 86_400_000
const ARTICLES = JSON.stringify([{ id: 'a1', title: 'one', tags: [] }])
const put = (text: string) => writeFileSync(join(data, 'articles.json'), text)
const roles = () => world.sql('postgres', "SELECT count(*) FROM pg_roles WHERE rolname IN ('nobody', 'left')")

beforeAll(async () => {
  world = await startPostgres({}, PORT)
  await world.sql('postgres', 'CREATE ROLE mirai LOGIN', 'CREATE DATABASE mirai OWNER mirai')
  scene = await openScene({ policy: 'policy: { standing: { per_hour: 1000 } }', engine: true })
  data = join(scene.directory, 'world', 'data')
  staging = join(scene.directory, 'world', '.sekisho-staging')
  const to = join(scene.directory, 'copies')
  mkdirSync(data)
  mkdirSync(to)
  put(ARTICLES)
  writeFileSync(join(data, 'users.json'), '[]')
  await scene.rewritePolicy(withBackup(data, to))
  await signBackups(scene)
})
afterAll(async () => {
  await scene?.end()
  await world?.stop()
})

test('the loader’s role and the throw-away cluster of a killed load are gone when the runner has started', async () => {
  await scene.rewritePolicy((yaml) =>
    yaml.replace('    backup:', `    databases: [{ name: mirai, port: ${PORT} }]\n    backup:`),
  )
  await world.sql(
    'postgres',
    'CREATE ROLE nobody LOGIN',
    "COMMENT ON ROLE nobody IS 'sekisho loader'",
    'GRANT mirai TO nobody',
    'GRANT CONNECT ON DATABASE mirai TO nobody',
    // Somebody else's.
    'CREATE ROLE "left"',
    `COMMENT ON ROLE "left" IS 'sekisho loader of somebody'`,
  )
  await scene.stopRunner('SIGKILL')
  // Of this very process, and of one whose number somebody else has now.
  const clusters = join(scene.directory, 'data', 'clusters')
  for (const pid of [process.pid, 1]) {
    const place = join(clusters, `scratch-${pid}-abcdef`)
    for (const name of ['data', 'socket']) {
      mkdirSync(join(place, name), { recursive: true })
      writeFileSync(join(place, name, 'canary'), 'x')
      for (const path of [join(place, name, 'canary'), join(place, name)])
        chownSync(path, world.scratch.uid, world.scratch.gid)
    }
    execFileSync('chmod', ['0711', clusters, place])
  }
  expect(await roles()).toBe('2')
  await scene.restartRunner()
  expect(readdirSync(clusters)).toEqual([])
  expect(
    await world.sql('postgres', "SELECT rolname FROM pg_roles WHERE rolname IN ('nobody', 'left')"),
  ).toBe('left')
  await scene.rewritePolicy((yaml) => yaml.replace(/^ {4}databases: .*\n/m, ''))
})

test('one that somebody is logged in as stays', async () => {
  await scene.rewritePolicy((yaml) =>
    yaml.replace('    backup:', `    databases: [{ name: mirai, port: ${PORT} }]\n    backup:`),
  )
  await world.sql('postgres', 'CREATE ROLE nobody LOGIN', "COMMENT ON ROLE nobody IS 'sekisho loader'")
  const session = logIn()
  await session.ready
  await scene.restartRunner()
  expect(await world.sql('postgres', "SELECT count(*) FROM pg_roles WHERE rolname = 'nobody'")).toBe('1')
  await session.end()
  await scene.restartRunner()
  expect(await world.sql('postgres', "SELECT count(*) FROM pg_roles WHERE rolname = 'nobody'")).toBe('0')
  await scene.rewritePolicy((yaml) => yaml.replace(/^ {4}databases: .*\n/m, ''))
})

test('evidence stays for thirty days, and as long as its backup is held; then it goes with a line; what was never used goes at once', async () => {
  await order(scene, 'backup')
  put('[]')
  const used = await layOut(scene, { kind: 'full', from: 'last-known-good' })
  const sealed = await sealRestore(scene, used.stage)
  expect(sealed.status, sealed.text).toBe(200)
  await approveTyped(scene, sealed.body.id, 'app')
  expect((await scene.until(sealed.body.id, 'closed')).execution?.outcome).toBe('kept')
  const unused = await layOut(scene, { kind: 'full', from: 'last-known-good' })
  expect(unused.state).toBe('ready')
  await scene.stopRunner()
  const evidence = join(staging, used.stage)
  expect(existsSync(evidence)).toBe(true)
  expect(existsSync(join(staging, unused.stage))).toBe(true)

  const parts = await openParts(placeOf(join(scene.directory, 'data')), {
    data: join(scene.directory, 'data'),
    policy: join(scene.directory, 'etc', 'runner.json'),
    host: 'local',
    code: '',
    command: [],
    version: '0',
    systemctl: false,
    killPoint: noKillPoint,
    log: () => {},
  })
  const after = async (days: number, clear = clearStage) => {
    const clock = { ...parts.clock, now: () => parts.clock.now() + days * DAY }
    await new Stages({ ...parts, clock } as RunnerParts, layOutBeside, clear).sweep()
  }
  const cleared = () =>
    parts.journal.index.backups.flatMap(({ body }) =>
      body.event === 'cleared' ? [[body.stage, body.why]] : [],
    )
  // One that cannot be cleared (its database was dropped by hand) keeps the other from nothing.
  await after(1, (stage, of) =>
    stage.staged.stage === used.stage
      ? Promise.reject(new SekishoError('backup.db_moved', { database: 'mirai', found: 'none', wanted: '1' }))
      : clearStage(stage, of),
  )
  expect(existsSync(join(staging, unused.stage))).toBe(false)
  expect(existsSync(evidence)).toBe(true)
  expect(cleared()).toEqual([[unused.stage, 'unused']])
  await after(29)
  expect(existsSync(evidence)).toBe(true)

  const backup = parts.journal.index.backups.flatMap(({ body }) =>
    body.event === 'written' ? [body.backup] : [],
  )[0] as BackupId
  const hold = { kind: 'backup', service: 'app' as ServiceName, backup, by: 'INC-7' } as const
  await parts.journal.append('backup/app', { ...hold, event: 'held' })
  await after(31)
  expect(existsSync(evidence)).toBe(true)
  await parts.journal.append('backup/app', { ...hold, event: 'released' })
  await after(31)
  expect(existsSync(evidence)).toBe(false)
  expect(readdirSync(staging)).toEqual([])
  expect(cleared()).toEqual([
    [unused.stage, 'unused'],
    [used.stage, 'age'],
  ])
  await after(31)
  expect(cleared()).toHaveLength(2)
  expect(readFileSync(join(data, 'articles.json'), 'utf8')).toBe(ARTICLES)
})

function logIn() {
  const { uid, gid } = world.scratch
  const { bin } = world.programs
  const child = spawn(
    join(bin, 'psql'),
    ['-qAt', '-h', '/run/postgresql', '-p', String(PORT), '-U', 'nobody', '-d', 'postgres'],
    { uid, gid, env: { HOME: '/nonexistent' }, stdio: ['pipe', 'pipe', 'inherit'] },
  )
  child.stdin.write('SELECT 1;\n')
  return {
    ready: new Promise<void>((resolve) => child.stdout.once('data', () => resolve())),
    end: () =>
      new Promise<void>((resolve) => {
        child.once('exit', () => resolve())
        child.stdin.end()
      }),
  }
}
