// Why nothing is laid out: a place that is away is no bad backup, a name that was mistyped is said to be one, and what is no file in a copy is no good content.
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BackupsView } from '../../src/contract/backup.ts'
import { BACKUPS, layOut, order, sealRestore, signBackups, withBackup } from './backup-story.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
let data: string
let to: string
const articles = JSON.stringify(Array.from({ length: 51 }, (_, i) => ({ id: `a${i}`, title: `title ${i}` })))

beforeAll(async () => {
  scene = await openScene({ policy: 'policy: { standing: { per_hour: 1000 } }' })
  data = join(scene.directory, 'world', 'data')
  to = join(scene.directory, 'copies')
  for (const one of [data, to]) mkdirSync(one)
  writeFileSync(join(data, 'articles.json'), articles)
  writeFileSync(join(data, 'users.json'), '[]', { mode: 0o600 })
  mkdirSync(join(data, 'notes'))
  writeFileSync(join(data, 'notes', 'one.txt'), 'one')
  await scene.rewritePolicy(withBackup(data, to))
  await signBackups(scene)
})
afterAll(async () => {
  await scene?.end()
})

test('part of S37 and S43: a file with rules that is a link or a directory is no content, and the backup before it is laid out', async () => {
  const good = (await order(scene, 'backup')).copies[0]?.backup ?? ''
  const articlesNow = join(data, 'articles.json')
  rmSync(articlesNow)
  symlinkSync('/etc/hostname', articlesNow)
  const linked = (await order(scene, 'backup')).copies[0]
  expect(linked).toMatchObject({ bad: { fault: 'articles.json: not_file' } })
  expect(linked?.level).not.toBe('content')
  rmSync(articlesNow)
  mkdirSync(articlesNow)
  expect((await order(scene, 'backup')).copies[0]?.level).not.toBe('content')
  for (const wish of [
    { kind: 'full', from: 'last-known-good' },
    { kind: 'file', what: articlesNow, from: 'last-known-good' },
  ] as const) {
    const laid = await layOut(scene, wish)
    expect(laid.state, JSON.stringify(laid)).toBe('ready')
    const sealed = await sealRestore(scene, laid.stage)
    expect(sealed.body.diff).toContain(`<- ${good} local`)
    await scene.call('ops1', 'POST', `/changes/${sealed.body.id}/withdraw`, {})
  }
})

test('part of S38: one file is taken from the newest backup in which it is good, whatever is wrong beside it', async () => {
  rmSync(join(data, 'articles.json'), { recursive: true })
  writeFileSync(join(data, 'articles.json'), articles.replace('title 7', 'newer'))
  writeFileSync(join(data, 'beside.json'), '{')
  const newest = (await order(scene, 'backup')).copies[0]
  expect(newest).toMatchObject({ bad: { fault: expect.stringMatching(/^beside\.json: not_json/) } })
  rmSync(join(data, 'articles.json'))
  const what = join(data, 'articles.json')
  const laid = await layOut(scene, { kind: 'file', what, from: 'last-known-good' })
  expect(laid.state, JSON.stringify(laid)).toBe('ready')
  const sealed = await sealRestore(scene, laid.stage)
  expect(sealed.body.diff).toContain(`<- ${newest?.backup} local`)
  await scene.call('ops1', 'POST', `/changes/${sealed.body.id}/withdraw`, {})
  // All of it is another wish.
  const all = await layOut(scene, { kind: 'full', from: 'last-known-good' })
  const sealedAll = await sealRestore(scene, all.stage)
  expect(sealedAll.body.diff).not.toContain(`<- ${newest?.backup} local`)
  await scene.call('ops1', 'POST', `/changes/${sealedAll.body.id}/withdraw`, {})
})

test('a name that was mistyped is said to be one', async () => {
  const refusalOf = async (wish: Parameters<typeof layOut>[1]) => layOut(scene, wish)
  const from = 'last-known-good'
  expect(await refusalOf({ kind: 'file', what: join(data, 'artcles.json'), from })).toMatchObject({
    code: 'restore.item_unknown',
    detail: { what: join(data, 'artcles.json'), among: data },
  })
  for (const what of [`${data}/`, join(data, 'notes')])
    expect(await refusalOf({ kind: 'file', what, from }), what).toMatchObject({
      code: 'restore.not_file',
      detail: { what, type: 'directory' },
    })
  expect(await refusalOf({ kind: 'full', from: '20260101_000000Z' })).toMatchObject({
    code: 'backup.unknown',
    detail: { backup: '20260101_000000Z' },
  })
  expect(await refusalOf({ kind: 'full', from, copy: 'nope' })).toMatchObject({
    code: 'backup.unknown',
    detail: { backup: 'nope' },
  })
})

test('where the copies are away, that is said, and not that none of them is good', async () => {
  renameSync(to, `${to}.away`)
  expect(await layOut(scene, { kind: 'full', from: 'last-known-good' })).toMatchObject({
    code: 'backup.target_missing',
  })
  renameSync(`${to}.away`, to)
  expect(await layOut(scene, { kind: 'full', from: 'last-known-good' })).toMatchObject({ state: 'ready' })
  const { copies } = (await scene.call<BackupsView>('ops1', 'GET', BACKUPS)).body
  expect(copies.every(({ state }) => state === 'sound')).toBe(true)
})
