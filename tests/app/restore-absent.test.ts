// The disasters of the guide's first page: the data directory is gone, it was emptied, a file is gone, a secret of it is gone. What comes back is moved to
// where nothing stands, and replaces nothing; the way back moves it away again; a runner killed at any place of it settles.
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
import type { ChangeView } from '../../src/contract/change.ts'
import { one } from '../crash/share.ts'
import {
  approveKilledAt,
  approveTyped,
  layOut,
  order,
  sealRestore,
  signBackups,
  withBackup,
} from './backup-story.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
let data: string
let to: string
let repository: string
const USERS = '[{"id":"u1","hash":"CANARY-u1"}]'
const articles = (count: number) =>
  JSON.stringify(Array.from({ length: count }, (_, i) => ({ id: `a${i}`, title: `title ${i}` })))
const at = (...names: string[]) => join(data, ...names)
function fill(): void {
  mkdirSync(at('notes'), { recursive: true })
  writeFileSync(at('articles.json'), articles(51))
  writeFileSync(at('users.json'), USERS, { mode: 0o600 })
  writeFileSync(at('notes', 'deep.txt'), 'deep')
}
function empty(): void {
  for (const name of readdirSync(data)) rmSync(at(name), { recursive: true })
}
const wish = (over: object = {}) =>
  ({ kind: 'full', from: 'last-known-good', ...over }) as Parameters<typeof layOut>[1]

/** Laid out, tried and sealed, with what its card says in either language. */
async function prepared(over: object = {}) {
  const laid = await layOut(scene, wish(over))
  expect(laid.state, JSON.stringify(laid)).toBe('ready')
  const sealed = await sealRestore(scene, laid.stage)
  expect(sealed.status, sealed.text).toBe(200)
  expect(sealed.body.state, JSON.stringify(sealed.body.checks)).toBe('awaiting_approval')
  const card = async (language: string) =>
    (
      await scene.call<{ text: string }>(
        'ops1',
        'GET',
        `/changes/${sealed.body.id}/card?language=${language}`,
      )
    ).body.text
  return {
    id: sealed.body.id,
    stage: laid.stage,
    diff: sealed.body.diff,
    steps: sealed.body.steps.flatMap(({ lines }) => lines),
    undo: sealed.body.undo.lines,
    en: await card('en'),
    ja: await card('ja'),
  }
}
async function done(id: string): Promise<ChangeView> {
  const approved = await approveTyped(scene, id, 'app')
  expect(approved.status, approved.text).toBe(200)
  return scene.until(id, 'closed', 'void')
}

beforeAll(async () => {
  scene = await openScene({ policy: 'policy: { standing: { per_hour: 1000 } }' })
  data = join(scene.directory, 'world', 'data')
  to = join(scene.directory, 'copies')
  repository = join(scene.directory, 'repository')
  for (const one of [data, to, repository]) mkdirSync(one)
  fill()
  await scene.rewritePolicy(withBackup(data, to))
  await signBackups(scene)
  expect((await order(scene, 'backup')).copies[0]).toMatchObject({ level: 'content' })
})
afterAll(async () => {
  await scene?.end()
})

test('part of S42 and S43: the data directory is gone: it comes back where nothing stands, and plan, card and way back say so', async () => {
  const { mode } = statSync(data)
  rmSync(data, { recursive: true })
  const { id, stage, diff, steps, undo, en, ja } = await prepared()
  expect(diff).toContain(`nothing there now: ${data}`)
  expect(diff).toContain('! data damaged now: absent')
  expect(diff).toContain('data/articles.json: gone 0, changed 0, back 51')
  expect(
    steps.some((line) => line.startsWith('move what was laid out') && line.includes('nothing is replaced')),
  ).toBe(true)
  expect(undo).toContain(`move ${data} away again (nothing stood there)`)
  // The only copy is a directory: nobody has the secret, and it is said instead of refused.
  expect(diff).toContain('= users.json stays missing')
  expect(en).toContain('is not there now: what comes back replaces nothing')
  expect(en).toContain('moved away again, so that nothing stands there: tried')
  expect(en).toContain('put it there by hand afterwards')
  expect(ja).toContain('そこに置くだけで、何も置き換えません')
  expect(ja).toContain('あとで手で置いてください')
  expect(existsSync(data)).toBe(false)

  expect((await done(id)).execution?.outcome).toBe('kept')
  expect(readFileSync(at('articles.json'), 'utf8')).toBe(articles(51))
  expect(readFileSync(at('notes', 'deep.txt'), 'utf8')).toBe('deep')
  expect(statSync(data).mode).toBe(mode)
  expect(existsSync(at('users.json'))).toBe(false)
  expect(readdirSync(join(scene.directory, 'world', '.sekisho-staging', stage))).toEqual([])
  writeFileSync(at('users.json'), USERS, { mode: 0o600 })
})

test('part of S43: somebody has made the directory anew after the approval: nothing of theirs is replaced', async () => {
  renameSync(data, `${data}.away`)
  const { id } = await prepared()
  mkdirSync(data)
  const end = await done(id)
  expect([end.state, end.execution?.outcome]).not.toContain('kept')
  expect(readdirSync(data)).toEqual([])
  rmSync(data, { recursive: true })
  renameSync(`${data}.away`, data)
})

test('part of S43: the directory above is gone too: it is said, and nothing is made by itself', async () => {
  const world = join(scene.directory, 'world')
  // The declared file lies there as well.
  renameSync(world, `${world}.away`)
  const laid = await layOut(scene, wish())
  expect(laid).toMatchObject({ state: 'failed', code: 'restore.parent_missing' })
  renameSync(`${world}.away`, world)
})

test('part of S38 and N07: a file that is gone comes back alone, with its owner and mode; salvage has nothing to save and brings the copy’s', async () => {
  chmodSync(at('articles.json'), 0o640)
  await order(scene, 'backup')
  for (const kind of ['file', 'salvage']) {
    rmSync(at('articles.json'))
    const { id, diff, undo } = await prepared({ kind, what: at('articles.json') })
    expect(diff).toContain(`nothing there now: ${at('articles.json')}`)
    expect(undo).toContain(`move ${at('articles.json')} away again (nothing stood there)`)
    expect((await done(id)).execution?.outcome, kind).toBe('kept')
    expect(readFileSync(at('articles.json'), 'utf8')).toBe(articles(51))
    expect(statSync(at('articles.json')).mode & 0o777).toBe(0o640)
  }
})

test.each(
  one(
    [
      'exchange.before',
      'exchange.after',
      'journal.outcome.before',
      'journal.proof.before',
      'journal.claim.after',
    ],
    'absent',
  ),
)(
  'part of S43: killed at %s, a restore to where nothing stands ends as kept with all of it, or with nothing there as before',
  async (point) => {
    renameSync(data, `${data}.away`)
    const { id } = await prepared()
    const end = await approveKilledAt(scene, id, point)
    const isKept = end.execution?.outcome === 'kept'
    expect(existsSync(data), `${point} ${end.execution?.outcome}`).toBe(isKept)
    if (isKept) expect(readFileSync(at('articles.json'), 'utf8')).toBe(articles(51))
    else expect(end.execution?.outcome).toMatch(/rolled_back|aborted|nothing_done/)
    rmSync(data, { recursive: true, force: true })
    renameSync(`${data}.away`, data)
  },
)

test('part of S42: everything in it was deleted, and a repository holds the secret of the same backup: it comes from there', async () => {
  const admin = connectRunner(join(scene.directory, 'data', 'run', 'admin.sock'))
  await admin.ask('secret', {
    service: 'app' as ServiceName,
    key: 'backup/far',
    base64: Buffer.from('password of the repository').toString('base64'),
  })
  await scene.rewritePolicy((yaml) =>
    yaml.replace(
      `{ name: local, to: ${to} }`,
      `{ name: local, to: ${to} }, { name: far, kind: restic, to: ${repository}, credential: far }`,
    ),
  )
  await signBackups(scene)
  const now = await order(scene, 'backup')
  const newest = now.copies[0]?.backup
  expect(
    now.copies
      .filter(({ backup }) => backup === newest)
      .map(({ copy }) => copy)
      .sort(),
  ).toEqual(['far', 'local'])

  empty()
  const whole = await prepared()
  expect(whole.diff).toContain(`<- ${newest} far`)
  expect(whole.diff).toContain(`passed over ${newest} local: absent data: users.json: secret`)
  expect(whole.en).toContain('the bytes of the secret are not in it')
  expect((await done(whole.id)).execution?.outcome).toBe('kept')
  expect(readFileSync(at('users.json'), 'utf8')).toBe(USERS)
  expect(statSync(at('users.json')).mode & 0o777).toBe(0o600)

  // The secret alone.
  rmSync(at('users.json'))
  const one = await prepared({ kind: 'file', what: at('users.json') })
  expect(one.diff).toContain(`nothing there now: ${at('users.json')}`)
  expect(JSON.stringify([one, scene.logged])).not.toContain('CANARY')
  expect((await done(one.id)).execution?.outcome).toBe('kept')
  expect(readFileSync(at('users.json'), 'utf8')).toBe(USERS)
  // From a copy that does not hold it, it is said.
  const refused = await layOut(scene, wish({ kind: 'file', what: at('users.json'), copy: 'local' }))
  expect(refused).toMatchObject({ state: 'failed', code: 'restore.secret_missing' })
})

test('part of S42: the repository that holds the secret is away: the data comes back from the other copy, and the secret is said to be missing', async () => {
  renameSync(repository, `${repository}.away`)
  empty()
  const { id, diff } = await prepared()
  expect(diff).toMatch(/<- \S+ local/)
  expect(diff).toContain('= users.json stays missing')
  expect((await done(id)).execution?.outcome).toBe('kept')
  expect(readFileSync(at('articles.json'), 'utf8')).toBe(articles(51))
  expect(existsSync(at('users.json'))).toBe(false)

  // A damaged one that nobody else has stays, and the card says what that may mean.
  writeFileSync(at('users.json'), USERS.slice(0, 15), { mode: 0o600 })
  const damaged = await prepared()
  expect(damaged.diff).toContain('= users.json stays (secret')
  expect(damaged.en).toContain('users.json stays damaged as it is')
  expect(damaged.ja).toContain('users.json は壊れたまま残ります')
  renameSync(`${repository}.away`, repository)
})

test('part of S42 and N07: a secret that is damaged is no secret to be kept, where the repository’s copy of the same backup holds it whole', async () => {
  writeFileSync(at('users.json'), USERS.slice(0, 15), { mode: 0o600 })
  const { id, diff, en } = await prepared()
  expect(diff).toMatch(/<- \S+ far/)
  expect(diff).toContain('! data/users.json damaged now: not_json')
  expect(diff).not.toContain('= users.json')
  expect(en).not.toContain('CANARY')
  expect((await done(id)).execution?.outcome).toBe('kept')
  expect(readFileSync(at('users.json'), 'utf8')).toBe(USERS)
})
