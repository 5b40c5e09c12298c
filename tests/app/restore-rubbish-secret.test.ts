// A secret with rules is judged by them before it is offered, as any other file: one that was damaged when it was copied does not come back over what a
// person has. What is said of it names the file and the fault, and nothing that stands in it.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectRunner } from '../../src/app/runner-client.ts'
import type { ServiceName } from '../../src/base/id.ts'
import type { ChangeView } from '../../src/contract/change.ts'
import { approveTyped, layOut, order, sealRestore, signBackups, withBackup } from './backup-story.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
let data: string
const at = (name: string) => join(data, name)
const USERS = '[{"id":"u1","hash":"CANARY-u1"}]'
/** Its last record was cut off when it was copied. */
const CUT = '[{"id":"u1","hash":"CANARY-u1"},{"id":"CANARY-u2"'
const articles = (count: number) =>
  JSON.stringify(Array.from({ length: count }, (_, i) => ({ id: `a${i}`, title: `title ${i}` })))
let older: string
let newest: string

beforeAll(async () => {
  scene = await openScene({ policy: 'policy: { standing: { per_hour: 1000 } }' })
  data = join(scene.directory, 'world', 'data')
  const [to, repository] = [join(scene.directory, 'copies'), join(scene.directory, 'repository')]
  for (const path of [data, to, repository]) mkdirSync(path)
  await scene.rewritePolicy((yaml) =>
    withBackup(
      data,
      to,
    )(yaml)
      .replace(
        '          articles.json:',
        '          users.json: { id: id, minRecords: 1 }\n          articles.json:',
      )
      .replace(
        `{ name: local, to: ${to} }`,
        `{ name: local, to: ${to} }, { name: far, kind: restic, to: ${repository}, credential: far }`,
      ),
  )
  const admin = connectRunner(join(scene.directory, 'data', 'run', 'admin.sock'))
  const base64 = Buffer.from('password of the repository').toString('base64')
  await admin.ask('secret', { service: 'app' as ServiceName, key: 'backup/far', base64 })
  await signBackups(scene)
  writeFileSync(at('articles.json'), articles(51))
  writeFileSync(at('users.json'), USERS, { mode: 0o600 })
  older = (await order(scene, 'backup')).copies[0]?.backup ?? ''
  writeFileSync(at('articles.json'), articles(52))
  writeFileSync(at('users.json'), CUT, { mode: 0o600 })
  newest = (await order(scene, 'backup')).copies[0]?.backup ?? ''
  expect(newest > older).toBe(true)
})
afterAll(async () => {
  await scene?.end()
})

async function prepared(wish: Parameters<typeof layOut>[1]): Promise<ChangeView> {
  const laid = await layOut(scene, wish)
  expect(laid.state, JSON.stringify(laid)).toBe('ready')
  const sealed = await sealRestore(scene, laid.stage)
  expect(sealed.status, sealed.text).toBe(200)
  expect(sealed.text).not.toContain('CANARY')
  return sealed.body
}

test('part of S38: a repository’s copy whose secret is cut off is passed over by name; the one before it comes back whole', async () => {
  rmSync(at('users.json'))
  const sealed = await prepared({ kind: 'full', from: 'last-known-good', copy: 'far' })
  expect(sealed.diff).toContain(`<- ${older} far`)
  expect(sealed.diff).toContain(`passed over ${newest} far: rubbish data: users.json: not_json`)
})

test('part of S38: the same of the secret alone: the newest that holds its rules', async () => {
  const refused = await layOut(scene, { kind: 'file', from: newest, copy: 'far', what: at('users.json') })
  expect(refused).toMatchObject({ state: 'failed', code: 'restore.no_good_backup' })
  expect(JSON.stringify(refused)).toContain('users.json: not_json')
  expect(JSON.stringify(refused)).not.toContain('CANARY')
  const sealed = await prepared({ kind: 'file', from: 'last-known-good', what: at('users.json') })
  expect(sealed.diff).toContain(`<- ${older} far`)
  await approveTyped(scene, sealed.id, 'app')
  expect((await scene.until(sealed.id, 'closed', 'void')).execution?.outcome).toBe('kept')
  expect(readFileSync(at('users.json'), 'utf8')).toBe(USERS)
})

test('part of S42: no copy of the newest backup holds a good one: the rest of it comes back, and the one that is there stays', async () => {
  writeFileSync(at('articles.json'), 'cut off')
  const sealed = await prepared({ kind: 'full', from: 'last-known-good' })
  expect(sealed.diff).toContain(`<- ${newest} local`)
  await approveTyped(scene, sealed.id, 'app')
  expect((await scene.until(sealed.id, 'closed', 'void')).execution?.outcome).toBe('kept')
  expect(readFileSync(at('articles.json'), 'utf8')).toBe(articles(52))
  expect(readFileSync(at('users.json'), 'utf8')).toBe(USERS)

  // The one that is there is damaged too: it stays, and the card says so.
  writeFileSync(at('users.json'), CUT, { mode: 0o600 })
  const again = await prepared({ kind: 'full', from: 'last-known-good' })
  expect(again.diff).toContain(`<- ${newest} local`)
  expect(again.diff).toContain('= users.json stays')
  expect(again.diff).toContain('! data/users.json damaged now: not_json')
})
