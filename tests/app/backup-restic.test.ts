// The whole path with a copy in a repository, on a real runner and a real restic: made, read, drilled; secrets brought back from it alone.
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectRunner } from '../../src/app/runner-client.ts'
import type { ServiceName } from '../../src/base/id.ts'
import { run } from '../../src/sys/process.ts'
import { clusterPort, startPostgres, type TestCluster } from '../runner-fixtures/postgres.ts'
import { quicken } from '../runner-fixtures/quick-repository.ts'
import { approveTyped, layOut, order, sealRestore, signBackups, waitFor, withBackup } from './backup-story.ts'
import { seeProcesses } from './processes-seen.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
let data: string
let to: string
let repository: string
let dotenv: string

/** In the password of the repository, users.json, and a dotenv file that is declared secret. */
const CANARIES = Array.from({ length: 20 }, (_, i) => `CANARY-${i}-${'k3yT0lkB'.repeat(2)}`)
const PASSWORD = CANARIES[0] ?? ''
/** Of a role: the cluster keeps it as a SCRAM verifier, which is as good as the password to whoever has it. */
const ROLE_PASSWORD = 'CANARY-role-k3yT0lkBk3yT0lkB'
let world: TestCluster
let verifier = ''
const PORT = clusterPort()
const users = JSON.stringify(CANARIES.slice(1, 18).map((hash, i) => ({ id: `u${i}`, hash })))
const articles = JSON.stringify(
  Array.from({ length: 51 }, (_, i) => ({ id: `a${i}`, title: `title ${i}`, tags: [] })),
)

const secret = async (key: string, value: string) => {
  const admin = connectRunner(join(scene.directory, 'data', 'run', 'admin.sock'))
  const base64 = Buffer.from(value).toString('base64')
  return admin.ask('secret', { service: 'app' as ServiceName, key, base64 })
}
const policy = (yaml: string) =>
  withBackup(
    data,
    to,
  )(yaml)
    .replace('    backup:', `    databases: [{ name: mirai, port: ${PORT} }]\n    backup:`)
    .replace(
      `{ name: local, to: ${to} }`,
      `{ name: local, to: ${to} }, { name: far, kind: restic, to: ${repository}, credential: far }`,
    )
    .replace('    configs:\n', `    configs:\n      - { path: ${dotenv}, kind: dotenv, activation: none }\n`)
const runnerPlace = (...names: string[]) => join(scene.directory, 'data', 'runner', ...names)

beforeAll(async () => {
  world = await startPostgres({ log_statement: 'none', password_encryption: 'scram-sha-256' }, PORT)
  await world.sql(
    'postgres',
    `CREATE ROLE mirai LOGIN PASSWORD '${ROLE_PASSWORD}'`,
    'CREATE DATABASE mirai OWNER mirai',
  )
  await world.sql('mirai', 'CREATE TABLE articles (id int PRIMARY KEY)', 'INSERT INTO articles VALUES (1)')
  verifier = await world.sql('postgres', "SELECT rolpassword FROM pg_authid WHERE rolname = 'mirai'")
  scene = await openScene({ policy: 'policy: { standing: { per_hour: 1000 } }' })
  data = join(scene.directory, 'world', 'data')
  to = join(scene.directory, 'copies')
  repository = join(scene.directory, 'repository')
  dotenv = join(scene.directory, 'world', '.env')
  for (const path of [data, to, repository]) mkdirSync(path)
  writeFileSync(dotenv, `PORT=80\nTOKEN=${CANARIES[18]}\nKEY=${CANARIES[19]}\n`, { mode: 0o600 })
  writeFileSync(join(data, 'articles.json'), articles)
  writeFileSync(join(data, 'users.json'), users, { mode: 0o600 })
  await scene.rewritePolicy(policy)
  await signBackups(scene)
})
afterAll(async () => {
  await scene?.end()
  await world?.stop()
})

const failuresOf = (now: Awaited<ReturnType<typeof order>>) =>
  now.failures.map(({ why, copy }) => [why, copy])

test('without what opens the repository the first copy is made all the same, and the sentence says what is missing', async () => {
  const now = await order(scene, 'backup')
  expect(failuresOf(now)).toEqual([['backup.credential_missing', 'far']])
  expect(now.copies.map(({ copy, level }) => [copy, level])).toEqual([['local', 'content']])
  expect(readdirSync(repository)).toEqual([])
  expect(readdirSync(runnerPlace('restic'))).not.toContain('sekisho-secrets')
})

test('part of S06: a repository’s copy is written, read whole and judged; its canaries stand nowhere else', async () => {
  await secret('backup/far', PASSWORD)
  const end = seeProcesses(/\/(?:restic|ssh|cp|perl|pg_dump|pg_dumpall|psql)$/)
  const now = await order(scene, 'backup')
  const seen = await end()
  expect(failuresOf(now).slice(1)).toEqual([])
  const [id] = now.copies.map(({ backup }) => backup)
  const both = now.copies.filter(({ backup }) => backup === id)
  expect(both.map(({ copy, kind, level, state, place }) => [copy, kind, level, state, place])).toEqual([
    ['far', 'restic', 'content', 'sound', 'same-disk'],
    ['local', 'directory', 'content', 'sound', 'same-disk'],
  ])
  expect(new Set(both.map(({ manifest }) => manifest)).size).toBe(1)
  expect(now.places.map(({ copy, place, counts, seen }) => [copy, place, counts, seen['unlink']])).toEqual([
    ['local', 'same-disk', false, 'refused'],
    ['far', 'same-disk', false, 'refused'],
  ])

  // Arguments and environment of everything that ran; positive control: what is no secret is in them.
  const ran = seen.join('\n')
  expect(ran).toContain('--read-data')
  expect(ran).toContain('RESTIC_PASSWORD_FILE=')
  expect(ran).toContain('--globals-only')
  for (const canary of [...CANARIES, ROLE_PASSWORD, verifier])
    expect(ran.includes(canary), canary).toBe(false)
  // Files, journal, store, log: only in the data itself, and where secrets are kept.
  // The gate takes what the runner has journalled over in its own time.
  const rows = await waitFor('the store to know of the backup', async () => {
    const now = await rowsOf(scene)
    return id !== undefined && now.includes(id) ? now : undefined
  })
  const stored = `${rows}\n${scene.logged.join('\n')}`
  for (const canary of [...CANARIES, ROLE_PASSWORD, verifier])
    for (const form of [canary, Buffer.from(canary).toString('hex'), Buffer.from(canary).toString('base64')])
      expect(stored.includes(form), canary).toBe(false)
  const found = (word: string) => filesWith(word, scene.directory)
  expect(found(CANARIES[3] ?? '')).toEqual([join(data, 'users.json')])
  expect(found(CANARIES[19] ?? '')).toEqual([dotenv])
  expect(found(PASSWORD)).toEqual([runnerPlace('secrets', 'app', 'backup@far', '1')])
  // Positive control: this form of the verifier is what a search would find.
  expect(verifier).toMatch(/^SCRAM-SHA-256\$4096:/)
  for (const part of [ROLE_PASSWORD, verifier, verifier.split(':').at(-1) ?? ''])
    expect(found(part)).toEqual([])
  expect(readdirSync(runnerPlace('restic')).sort()).toEqual(['cache', 'run'])
  expect(readdirSync(runnerPlace('restic', 'run'))).toEqual([])
  // Made as a user's is; from here on it is opened some thirty times.
  quicken(repository, PASSWORD)
})

test('roles and their passwords: a keyed hash in the directory copy, bytes in the repository alone, exactly what the cluster says', async () => {
  const backup = (await order(scene, 'backup')).copies[0]?.backup ?? ''
  const lines = readFileSync(join(to, 'daily', backup, 'manifest.ndjson'), 'utf8').split('\n')
  const header = JSON.parse(lines[0] ?? '') as { items: { name: string; kind: string; root: string }[] }
  expect(header.items.find(({ kind }) => kind === 'globals')).toMatchObject({
    name: `globals:${PORT}`,
    root: `db/globals-${PORT}.sql`,
  })
  const entry = lines.find(
    (line) => line.includes(`"item":"globals:${PORT}"`) && line.includes('"type":"secret"'),
  )
  expect(entry).toMatch(/"keyed":"[0-9a-f]{64}"/)
  expect(readdirSync(join(to, 'daily', backup, 'db'))).toEqual(['mirai.dump'])
  const out = join(scene.directory, 'by-hand')
  const password = join(scene.directory, 'by-hand-password')
  writeFileSync(password, PASSWORD, { mode: 0o600 })
  const restored = await run(
    [
      'restic',
      '-r',
      repository,
      '--password-file',
      password,
      '--no-cache',
      'restore',
      'latest',
      '--target',
      out,
    ],
    { timeoutMs: 60_000 },
  )
  expect(restored.code, restored.stderr).toBe(0)
  const [file = ''] = filesIn(out).filter((path) => path.endsWith(`globals-${PORT}.sql`))
  expect(readFileSync(file, 'utf8')).toContain(`PASSWORD '${verifier}'`)
  rmSync(out, { recursive: true })
  rmSync(password)
})

test('a drill takes the target that was not tried for longest, and brings secrets back as well', async () => {
  const drilled = [await order(scene, 'drill'), await order(scene, 'drill')].map(
    ({ drills }) => drills.at(-1)?.copy,
  )
  expect(new Set(drilled)).toEqual(new Set(['far', 'local']))
  expect(readdirSync(runnerPlace('drills'))).toEqual([])
})

test('part of N07: the directory copies are gone: all comes back from the repository, the secrets too, in one exchange', async () => {
  renameSync(join(to, 'daily'), join(to, 'lost'))
  writeFileSync(join(data, 'articles.json'), '[]')
  writeFileSync(join(data, 'users.json'), '[]', { mode: 0o644 })
  const laid = await layOut(scene, { kind: 'full', from: 'last-known-good' })
  expect(laid).toMatchObject({ state: 'ready' })
  // Of what was brought here only the manifest is kept for the trial.
  const place = runnerPlace('fetched', laid.stage)
  const [copy = '', ...others] = readdirSync(place)
  const fetched = join(place, copy)
  expect([others, copy.endsWith('-far'), readdirSync(fetched)]).toEqual([[], true, ['daily']])
  expect(filesWith(CANARIES[3] ?? '', fetched)).toEqual([])
  const sealed = await sealRestore(scene, laid.stage)
  expect(sealed.status, sealed.text).toBe(200)
  expect(sealed.body.diff).toContain('~ users.json')
  expect(sealed.body.diff).toContain(`? mirai needs a person: globals:${PORT}\n`)
  const card = await scene.call<{ text: string }>(
    'ops1',
    'GET',
    `/changes/${sealed.body.id}/card?language=ja`,
  )
  expect(card.body.text.replace(/\s/g, '')).toContain('ロールとそのパスワードは読み込みません')
  await approveTyped(scene, sealed.body.id, 'app')
  expect((await scene.until(sealed.body.id, 'closed')).execution?.outcome).toBe('kept')
  expect(readFileSync(join(data, 'articles.json'), 'utf8')).toBe(articles)
  expect(readFileSync(join(data, 'users.json'), 'utf8')).toBe(users)
  expect(statSync(join(data, 'users.json')).mode & 0o777).toBe(0o600)
  expect(await world.sql('postgres', "SELECT rolpassword FROM pg_authid WHERE rolname = 'mirai'")).toBe(
    verifier,
  )
  renameSync(join(to, 'lost'), join(to, 'daily'))
})

test('a runner that was killed leaves no bytes of secrets or data behind the next one’s start', async () => {
  await scene.stopRunner('SIGKILL')
  const left = [
    runnerPlace('restic', 'sekisho-secrets'),
    runnerPlace('restic', 'run', 'x'),
    runnerPlace('drills', 'fetched-x'),
    runnerPlace('fetched', 'f'.repeat(32)),
  ]
  for (const path of left) {
    mkdirSync(path, { recursive: true })
    writeFileSync(join(path, 'canary'), CANARIES[5] ?? '')
  }
  await scene.restartRunner()
  for (const path of left) expect(existsSync(path), path).toBe(false)
})

test('a flipped byte in the repository is found and named, and the directory copy stays sound', async () => {
  await order(scene, 'backup')
  for (const pack of filesIn(join(repository, 'data'))) {
    const bytes = readFileSync(pack)
    bytes[40] = (bytes[40] ?? 0) ^ 1
    chmodSync(pack, 0o600)
    writeFileSync(pack, bytes)
  }
  const now = await order(scene, 'verify')
  const states = (name: string) =>
    new Set(now.copies.filter(({ copy }) => copy === name).map(({ state }) => state))
  expect(states('far')).toEqual(new Set(['suspect']))
  expect(states('local')).toEqual(new Set(['sound']))
})

test('a repository that is gone is not made anew, and takes nothing from the other copies', async () => {
  rmSync(repository, { recursive: true })
  mkdirSync(repository)
  const before = (await order(scene, 'verify')).failures.length
  const now = await order(scene, 'backup')
  expect(failuresOf(now).slice(before)).toEqual([['backup.repository_missing', 'far']])
  expect(now.copies[0]).toMatchObject({ copy: 'local', level: 'content' })
  rmSync(repository, { recursive: true })
  expect(failuresOf(await order(scene, 'backup')).at(-1)).toEqual(['backup.target_missing', 'far'])
})

/** Every row of every table, as text. */
async function rowsOf(from: Scene): Promise<string> {
  const tables = await from.sql(
    "select table_name from information_schema.tables where table_schema = 'public'",
  )
  const rows = await Promise.all(
    tables.map((one) => from.sql(`select t::text as row from "${String(one['table_name'])}" t`)),
  )
  return rows
    .flat()
    .map(({ row }) => String(row))
    .join('\n')
}

function filesWith(word: string, below: string): readonly string[] {
  try {
    return execFileSync('grep', ['-rlaF', '--', word, below], { encoding: 'utf8' }).trim().split('\n').sort()
  } catch {
    return []
  }
}

function filesIn(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name))
}
