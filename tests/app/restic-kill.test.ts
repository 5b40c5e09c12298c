// restic, or the runner above it, is killed in the middle of a copy: the repository stays sound, the next backup goes on, and a snapshot that nobody
// told of becomes the copy of the backup that it is of, or is gone. What the repository lists and what the journal knows are one to one.
import { execFileSync } from 'node:child_process'
import { createHash, randomInt } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectRunner } from '../../src/app/runner-client.ts'
import type { ServiceName } from '../../src/base/id.ts'
import type { BackupsView } from '../../src/contract/backup.ts'
import { quickRepository } from '../runner-fixtures/quick-repository.ts'
import { BACKUPS, order, signBackups, waitFor, withBackup } from './backup-story.ts'
import { openScene, type Scene } from './scene.ts'

const KILLS = process.env['SEKISHO_CAMPAIGN'] === 'whole' ? 10 : 1
const SEED = Number(process.env['SEKISHO_SEED'] ?? randomInt(1_000_000))
const PASSWORD = 'the password of the repository'
const MEGABYTES = 4

let state = SEED
/** Numerical Recipes' generator: enough to be replayed. */
const random = (below: number) => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return (state >>> 8) % below
}

let scene: Scene
let data: string
let to: string
let repository: string

beforeAll(async () => {
  console.log(`SEKISHO_SEED=${SEED}`)
  scene = await openScene({ policy: 'policy: { standing: { per_hour: 1000 } }' })
  data = join(scene.directory, 'world', 'data')
  to = join(scene.directory, 'copies')
  repository = join(scene.directory, 'repository')
  for (const path of [data, to]) mkdirSync(path)
  await quickRepository(repository, PASSWORD)
  writeFileSync(join(scene.directory, 'password'), PASSWORD, { mode: 0o600 })
  writeFileSync(join(data, 'users.json'), '[{"id":"u1","hash":"secret"}]', { mode: 0o600 })
  writeFileSync(join(data, 'articles.json'), '[{"id":"a1","title":"t"}]')
  await scene.rewritePolicy((yaml) =>
    withBackup(
      data,
      to,
    )(yaml).replace(
      `{ name: local, to: ${to} }`,
      `{ name: local, to: ${to} }, { name: far, kind: restic, to: ${repository}, credential: far }`,
    ),
  )
  const admin = connectRunner(join(scene.directory, 'data', 'run', 'admin.sock'))
  const base64 = Buffer.from(PASSWORD).toString('base64')
  await admin.ask('secret', { service: 'app' as ServiceName, key: 'backup/far', base64 })
  await signBackups(scene)
  await order(scene, 'backup')
})
afterAll(async () => {
  await scene?.end()
})

/** New bytes each time, so that restic has something to do. */
function change(salt: number): void {
  const bytes = createHash('shake256', { outputLength: 1_000_000 }).update(`${SEED} ${salt}`).digest()
  for (let i = 0; i < MEGABYTES; i++) {
    bytes.writeUInt32LE(i)
    writeFileSync(
      join(data, `blob${i}`),
      createHash('sha512').update(bytes).digest('hex') + bytes.toString('latin1'),
      'latin1',
    )
  }
}

/** The restic that copies for this runner, or did until it was killed: nobody else's has our repository's file in its environment. */
function copying(): number | undefined {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      if (!readlinkSync(`/proc/${name}/exe`).endsWith('/restic')) continue
      const argv = readFileSync(`/proc/${name}/cmdline`, 'latin1').split('\0')
      if (!argv.includes('backup') || !argv.includes('--no-scan')) continue
      if (readFileSync(`/proc/${name}/environ`, 'latin1').includes(scene.directory)) return Number(name)
    } catch {
      // It has ended.
    }
  }
  return undefined
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const known = () =>
  waitFor('the runner', async () => {
    const answer = await scene.call<BackupsView>('ops1', 'GET', BACKUPS)
    return answer.status === 200 && answer.body.running === undefined ? answer.body : undefined
  })
async function begin(): Promise<number> {
  // The gate's own clock may have ordered something else a moment ago.
  const ordered = await waitFor('the work before', async () => {
    const answer = await scene.call<{ code?: string }>('ops1', 'POST', BACKUPS, { work: 'backup' })
    return answer.body.code === 'backup.busy' ? undefined : answer
  })
  if (ordered.status !== 200) throw new Error(ordered.text)
  return waitFor('restic', () => Promise.resolve(copying()))
}

function kill(pid: number): void {
  try {
    if (copying() === pid) process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

function restic(...args: string[]): string {
  return execFileSync('restic', ['-r', repository, '--no-cache', ...args], {
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      HOME: scene.directory,
      RESTIC_PASSWORD_FILE: join(scene.directory, 'password'),
    },
  })
}
const listed = () =>
  (JSON.parse(restic('snapshots', '--json', '--no-lock', '--tag', 'sekisho:app')) as { id: string }[])
    .map(({ id }) => id)
    .sort()
const told = ({ copies }: BackupsView) => {
  const far = copies.filter(({ copy }) => copy === 'far')
  expect(new Set(far.map(({ backup }) => backup)).size, 'no backup is counted twice').toBe(far.length)
  return far.length
}

/** The next one is made, read whole and judged, and nothing is there that is not known. */
async function nextIsSound(what: string): Promise<void> {
  const after = await order(scene, 'backup')
  const [newest] = after.copies
  const both = after.copies.filter(({ backup }) => backup === newest?.backup)
  expect(
    both.map(({ copy, level, state: how }) => [copy, level, how]),
    `${what} ${JSON.stringify(after.failures.at(-1))}`,
  ).toEqual([
    ['far', 'content', 'sound'],
    ['local', 'content', 'sound'],
  ])
  expect(listed().length, what).toBe(told(after))
}

test('restic is killed: the copy has failed by name, the first one stands, the next backup goes on', async () => {
  let failures = 0
  for (let i = 0; i < KILLS; i++) {
    change(i)
    const last = (await known()).failures.at(-1)?.at
    const pid = await begin()
    await sleep(random(900))
    kill(pid)
    const after = await known()
    const [newest] = after.copies.filter(({ copy }) => copy === 'local')
    expect(newest).toMatchObject({ level: 'content', state: 'sound' })
    const failed = after.failures.at(-1)
    // It may have been done the moment before.
    if (failed?.at === last) expect(after.copies[0]).toMatchObject({ copy: 'far', level: 'content' })
    else {
      expect(failed, String(i)).toMatchObject({ copy: 'far', why: 'backup.repository_failed' })
      failures += 1
    }
    await nextIsSound(`${i}`)
  }
  console.log(JSON.stringify({ kills: KILLS, failures }))
})

test('the runner is killed while restic runs: what restic finishes alone becomes that backup’s copy, what it does not is gone', async () => {
  const seen = { adopted: 0, gone: 0 }
  for (let i = 0; i < KILLS; i++) {
    change(1000 + i)
    const before = await known()
    const pid = await begin()
    await sleep(random(900))
    await scene.stopRunner('SIGKILL')
    // Either it ends alone first, or the next runner comes while it still reads, and takes the bytes of secrets from under it.
    const isAlone = i % 2 === 0
    if (isAlone) await waitFor('restic to end', () => Promise.resolve(copying() === pid ? undefined : true))
    await scene.restartRunner()
    await waitFor('restic to end', () => Promise.resolve(copying() === pid ? undefined : true))
    const cut = (await known()).copies.find(
      ({ copy, backup }) => copy === 'local' && !before.copies.some((one) => one.backup === backup),
    )
    await nextIsSound(`${i} ${isAlone}`)
    const copies = (await known()).copies.filter(
      ({ backup, copy }) => backup === cut?.backup && copy === 'far',
    )
    expect(copies.length).toBeLessThanOrEqual(1)
    seen[copies.length === 1 ? 'adopted' : 'gone'] += 1
    if (isAlone) expect(copies, String(i)).toMatchObject([{ state: 'sound' }])
  }
  console.log(JSON.stringify(seen))
  // An adopted one is read like any other, and earns what it holds.
  const after = await order(scene, 'verify')
  for (const one of after.copies) expect(one, one.backup).toMatchObject({ state: 'sound' })
  for (const one of after.copies) expect(['digest', 'content', 'restored']).toContain(one.level)
  expect(restic('check', '--read-data')).toContain('no errors were found')
})
