// A copy whose bytes are rotten is no last known good: it is passed over by name, the journal knows, and nothing of the attempt stays on the data's volume.
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BackupsView } from '../../src/contract/backup.ts'
import { approveTyped, BACKUPS, layOut, order, sealRestore, signBackups, withBackup } from './backup-story.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
let data: string
let to: string
const articles = (count: number) =>
  JSON.stringify(Array.from({ length: count }, (_, i) => ({ id: `a${i}`, title: `title ${i}` })))
const put = (text: string) => writeFileSync(join(data, 'articles.json'), text)
const descriptors = () => readdirSync(`/proc/${scene.runnerPid()}/fd`).length
const staged = () => readdirSync(join(scene.directory, 'world', '.sekisho-staging'))
const known = async () => (await scene.call<BackupsView>('ops1', 'GET', BACKUPS)).body

beforeAll(async () => {
  scene = await openScene({ policy: 'policy: { standing: { per_hour: 1000 } }' })
  data = join(scene.directory, 'world', 'data')
  to = join(scene.directory, 'copies')
  for (const one of [data, to]) mkdirSync(one)
  put(articles(51))
  writeFileSync(join(data, 'users.json'), '[]', { mode: 0o600 })
  for (const name of ['notes.txt', 'other.txt']) writeFileSync(join(data, name), `hello ${name}`)
  await scene.rewritePolicy(withBackup(data, to))
  await signBackups(scene)
})
afterAll(async () => {
  await scene?.end()
})

/** Of this snapshot alone: its own inode, so that no other shares the fault. */
function rot(backup: string, name: string): void {
  const file = join(to, 'daily', backup, 'data', name)
  const bytes = readFileSync(file)
  bytes[0] = (bytes[0] ?? 0) ^ 1
  const { mode } = statSync(file)
  rmSync(file)
  writeFileSync(file, bytes, { mode })
}

test('the newest copies are rotten where nothing judges content: they are passed over, the next good one is laid out', async () => {
  const good = (await order(scene, 'backup')).copies[0]?.backup ?? ''
  const rotten = (await order(scene, 'backup')).copies[0]?.backup ?? ''
  const gone = (await order(scene, 'backup')).copies[0]?.backup ?? ''
  rot(rotten, 'notes.txt')
  rmSync(join(to, 'daily', gone, 'data', 'other.txt'))
  const bare = (await order(scene, 'backup')).copies[0]?.backup ?? ''
  rmSync(join(to, 'daily', bare, 'data'), { recursive: true })
  const manifest = join(
    to,
    'daily',
    (await order(scene, 'backup')).copies[0]?.backup ?? '',
    'manifest.ndjson',
  )
  renameSync(manifest, `${manifest}-other`)
  symlinkSync(`${manifest}-other`, manifest)
  const lost = (await order(scene, 'backup')).copies[0]?.backup ?? ''
  rmSync(join(to, 'daily', lost, 'data', 'articles.json'))
  put(articles(5))

  const open = descriptors()
  const laid = await layOut(scene, { kind: 'full', from: 'last-known-good' })
  expect(laid.state, JSON.stringify(laid)).toBe('ready')
  expect(descriptors()).toBeLessThan(open + 10)
  const { copies } = await known()
  const stateOf = (id: string) => copies.find(({ backup }) => backup === id)?.state
  expect([lost, bare, gone, rotten, good].map(stateOf)).toEqual([
    'suspect',
    'suspect',
    'suspect',
    'suspect',
    'sound',
  ])
  // One directory: nothing of those that could not be brought back is left.
  expect(staged()).toEqual([laid.stage])

  const sealed = await sealRestore(scene, laid.stage)
  expect(sealed.body.diff).toContain(`<- ${good} local`)
  expect(sealed.body.diff).toContain(`passed over ${rotten} local: unreadable data: notes.txt: digest`)
  expect(sealed.body.diff).toContain(`passed over ${gone} local: unreadable data: other.txt: ENOENT`)
  expect(sealed.body.diff).toContain(`passed over ${lost} local: unreadable data: articles.json: ENOENT`)
  expect(sealed.body.diff).toContain('unreadable data: manifest.ndjson: ELOOP')
  const card = await scene.call<{ text: string }>(
    'ops1',
    'GET',
    `/changes/${sealed.body.id}/card?language=en`,
  )
  expect(card.body.text).toContain('notes.txt: its bytes are not what was sealed')
  expect(card.body.text).toContain('manifest.ndjson: a link stands in its place')
  expect((await approveTyped(scene, sealed.body.id, 'app')).status).toBe(200)
  expect((await scene.until(sealed.body.id, 'closed')).execution?.outcome).toBe('kept')
  expect(readFileSync(join(data, 'notes.txt'), 'utf8')).toBe('hello notes.txt')
  expect(readFileSync(join(data, 'articles.json'), 'utf8')).toBe(articles(51))
})

test('no copy can be brought back: it is said with the file, the second time too, and nothing is left behind', async () => {
  const before = staged()
  await scene.rewritePolicy((yaml) => yaml)
  for (const { backup, state } of (await known()).copies) if (state === 'sound') rot(backup, 'notes.txt')
  const first = await layOut(scene, { kind: 'full', from: 'last-known-good' })
  expect(first).toMatchObject({ state: 'failed', code: 'restore.no_good_backup' })
  expect(JSON.stringify(first)).toContain('notes.txt')
  const again = await layOut(scene, { kind: 'full', from: 'last-known-good' })
  expect(again).toMatchObject({ state: 'failed', code: 'restore.no_good_backup' })
  expect(staged()).toEqual(before)
})
