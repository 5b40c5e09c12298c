// A disk that is not mounted and a runner that is told to end say nothing of the copies: they are whole, and the way back is there.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BackupsView, PruningView } from '../../src/contract/backup.ts'
import { ERROR_WORDS, reader } from '../../src/words/errors.ts'
import { LANGUAGES } from '../../src/words/words.ts'
import {
  approveTyped,
  BACKUPS,
  layOut,
  order,
  sealRestore,
  signBackups,
  waitFor,
  withBackup,
} from './backup-story.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
let data: string
let to: string
const ARTICLES = JSON.stringify(
  Array.from({ length: 20 }, (_, i) => ({ id: `a${i}`, title: `t${i}`, tags: [] })),
)
const put = (text: string) => writeFileSync(join(data, 'articles.json'), text)

beforeAll(async () => {
  scene = await openScene({ policy: 'policy: { standing: { per_hour: 1000 } }' })
  data = join(scene.directory, 'world', 'data')
  to = join(scene.directory, 'copies')
  for (const one of [data, to]) mkdirSync(one)
  put(ARTICLES)
  await scene.rewritePolicy(withBackup(data, to))
  await signBackups(scene)
})
afterAll(async () => {
  await scene?.end()
})

const states = ({ copies }: BackupsView) => copies.map(({ state, level }) => `${state} ${level}`)

test('a target that is away is said to be away: no copy becomes suspect, and the way back is there when it is', async () => {
  await order(scene, 'backup')
  renameSync(to, `${to}-away`)
  // What is left of a disk that is not mounted: the empty mount point.
  mkdirSync(to)
  const away = await order(scene, 'verify')
  expect(away.failures.at(-1)).toMatchObject({ work: 'verify', why: 'backup.target_missing' })
  expect(states(away)).toEqual(['sound content'])
  const refused = await order(scene, 'backup')
  expect(refused.failures.at(-1)).toMatchObject({ work: 'backup', why: 'backup.target_missing' })
  expect(readdirSync(to)).toEqual([])
  rmdirSync(to)
  renameSync(`${to}-away`, to)
  const back = await order(scene, 'verify')
  expect(states(back)).toEqual(['sound content'])
})

test('a copy under suspicion is read again when there is no other, and what is whole is brought back', async () => {
  // One snapshot's directory is away for a moment, and is looked for.
  const [{ backup } = { backup: '' }] = (await order(scene, 'verify')).copies
  const snapshot = join(to, 'daily', backup)
  renameSync(snapshot, join(scene.directory, 'elsewhere'))
  expect(states(await order(scene, 'verify'))).toEqual(['suspect content'])
  renameSync(join(scene.directory, 'elsewhere'), snapshot)
  put('[')
  const laid = await layOut(scene, { kind: 'full', from: 'last-known-good' })
  expect(laid.state, JSON.stringify(laid)).toBe('ready')
  const sealed = await sealRestore(scene, laid.stage)
  await approveTyped(scene, sealed.body.id, 'app')
  expect((await scene.until(sealed.body.id, 'closed')).execution?.outcome).toBe('kept')
  expect(readFileSync(join(data, 'articles.json'), 'utf8')).toBe(ARTICLES)
})

test('a runner that is told to end while a copy is read again leaves a copy that was written and not read, and no failed one', async () => {
  execFileSync('sh', [
    '-ec',
    `mkdir -p ${data}/big; for i in $(seq 1 16); do head -c 25000000 /dev/urandom > ${data}/big/f$i; done`,
  ])
  await scene.call('ops1', 'POST', BACKUPS, { work: 'backup' })
  const seen = await waitFor('it is read again', async () => {
    const { body } = await scene.call<BackupsView>('ops1', 'GET', BACKUPS)
    return body.running === undefined || ['verifying', 'content'].includes(body.running.step)
      ? body
      : undefined
  })
  const id = seen.running?.backup
  await scene.restartRunner()
  const after = await waitFor('the runner is back', async () => {
    const found = await scene.call<BackupsView>('ops1', 'GET', BACKUPS)
    return found.status === 200 && found.body.running === undefined ? found.body : undefined
  })
  expect(id).toBeDefined()
  expect(after.copies.find(({ backup }) => backup === id)).toMatchObject({ state: 'sound' })
  rmSync(join(data, 'big'), { recursive: true })
  const verified = await order(scene, 'verify')
  expect(verified.copies.find(({ backup }) => backup === id)).toMatchObject({
    state: 'sound',
    level: 'content',
  })
})

test('a data directory that is called as an item of ours is backed up as any other', async () => {
  const config = join(scene.directory, 'world', 'config')
  mkdirSync(config)
  writeFileSync(join(config, 'a.json'), '{}')
  await scene.rewritePolicy((yaml) =>
    yaml.replace('    backup:', `      - dir: ${config}\n        format: json\n    backup:`),
  )
  const { copies, failures } = await order(scene, 'backup')
  expect(failures.filter(({ work, at }) => work === 'backup' && at > (copies[0]?.taken ?? ''))).toEqual([])
  expect(copies[0]).toMatchObject({ state: 'sound', level: 'content' })
  expect(readFileSync(join(to, 'daily', copies[0]?.backup ?? '', 'data', 'config-2', 'a.json'), 'utf8')).toBe(
    '{}',
  )
})

test('what a prune would take away is shown before, and why nothing is', async () => {
  put(ARTICLES)
  await order(scene, 'backup')
  const view = async () => (await scene.call<PruningView>('claude', 'GET', `${BACKUPS}/pruning`)).body
  const { copies } = await order(scene, 'verify')
  expect(await view()).toEqual({
    service: 'app',
    kept: copies.length,
    inAll: { copies: 0, bytes: 0 },
    goes: [],
  })
  put('[')
  await order(scene, 'backup')
  expect(await view()).toMatchObject({ blocked: 'newest_below_content', goes: [] })
  put(ARTICLES)
})

test('what bears the name of a secret, or is another name of it, is in no copy in clear', async () => {
  const secret = join(data, 'users.json')
  writeFileSync(secret, '[{"id":"u1","hash":"CANARY-OF-NAMES"}]', { mode: 0o600 })
  linkSync(secret, join(data, 'a-first.txt'))
  for (const beside of ['users.json.before_restore', 'users.json~', '.users.json.swp'])
    copyFileSync(secret, join(data, beside))
  writeFileSync(join(data, 'plain.txt'), 'IN-THE-OPEN')
  const { copies } = await order(scene, 'backup')
  const snapshot = join(to, 'daily', copies[0]?.backup ?? '')
  const found = (word: string) => spawnSync('grep', ['-rlF', word, snapshot], { encoding: 'utf8' }).stdout
  expect(found('IN-THE-OPEN')).toContain('plain.txt')
  expect(found('CANARY-OF-NAMES')).toBe('')
  // Brought back from this copy alone, the service would lack them: it is not called restored without saying so.
  const drilled = await order(scene, 'drill')
  const copy = drilled.copies.find(({ level }) => level === 'restored')
  expect(copy).toMatchObject({ backup: copies[0]?.backup, without: 5 })
})

test('the disk was replaced by an empty one: the line that is named makes its place, and the next backup is made', async () => {
  renameSync(to, `${to}-broken`)
  mkdirSync(to)
  const failure = (await order(scene, 'backup')).failures.at(-1)
  expect(failure).toMatchObject({ why: 'backup.target_missing' })
  const said = LANGUAGES.map((language) => {
    const { next = [] } = ERROR_WORDS['backup.target_missing'][language](reader(failure?.detail ?? {}))
    return /mkdir -m 0755 -p \S+/.exec(next.join('\n'))?.[0]
  })
  expect(said).toEqual(LANGUAGES.map(() => `mkdir -m 0755 -p ${to}/daily`))
  execFileSync('sh', ['-c', said[0] ?? ''])
  const [made] = (await order(scene, 'backup')).copies
  expect(made).toMatchObject({ state: 'sound', level: 'content' })
})
