// The machine itself refuses a restore: a mark against changes, a mount, a clock that jumped. Found before anything is stopped where it stands there by
// then; else what was taken back says the cause and what to do, on the card and in the record, and is never called a defect of ours.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { connectRunner } from '../../src/app/runner-client.ts'
import type { ChangeView } from '../../src/contract/change.ts'
import { approveTyped, layOut, order, sealRestore, signBackups, withBackup } from './backup-story.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
let data: string
let undo: string[][] = []
const does = (argv: readonly string[]) => execFileSync(argv[0] as string, argv.slice(1))
/** Done, and undone after the test. */
function make(argv: readonly string[], back: string[]): void {
  does(argv)
  undo.push(back)
}
const mark = (path: string) => make(['chattr', '+i', path], ['chattr', '-i', path])
const file = () => join(data, 'articles.json')
const wish = { kind: 'full', from: 'last-known-good' } as const

async function sealed() {
  const laid = await layOut(scene, wish)
  expect(laid.state, JSON.stringify(laid)).toBe('ready')
  return sealRestore(scene, laid.stage)
}
/** What is not ready is not sealed; how it stands is asked. */
async function blocked() {
  const refused = await sealed()
  expect(refused.status).not.toBe(200)
  const { changes } = (await scene.call<{ changes: { id: string }[] }>('ops1', 'GET', '/changes')).body
  const ids = changes.map(({ id }) => id).sort()
  return (await scene.call<ChangeView>('ops1', 'GET', `/changes/${ids.at(-1)}`)).body
}
const textOf = async (id: string, what: 'card' | 'record', language: string) => {
  const { body } = await scene.call<{ text?: string; markdown?: string }>(
    'ops1',
    'GET',
    `/changes/${id}/${what}?language=${language}`,
  )
  return body.text ?? body.markdown ?? ''
}

beforeAll(async () => {
  scene = await openScene({ policy: 'policy: { standing: { per_hour: 1000 } }' })
  data = join(scene.directory, 'world', 'data')
  const to = join(scene.directory, 'copies')
  for (const one of [data, to]) mkdirSync(one)
  writeFileSync(file(), JSON.stringify([{ id: 'a1', title: 'one' }]))
  writeFileSync(join(data, 'users.json'), '[]')
  await scene.rewritePolicy(withBackup(data, to))
  await signBackups(scene)
  await order(scene, 'backup')
  writeFileSync(file(), '[')
})
afterEach(() => {
  for (const one of undo.toReversed()) does(one)
  undo = []
})
afterAll(async () => {
  await scene?.end()
})

test('the place of the copies is read-only: the volume is named as one', async () => {
  const to = join(scene.directory, 'copies')
  make(['mount', '--bind', to, to], ['umount', '-l', to])
  does(['mount', '-o', 'remount,bind,ro', to])
  const { failures } = await order(scene, 'backup')
  expect(failures.at(-1)).toMatchObject({
    why: 'file.no_permission',
    detail: { why: 'EROFS', path: expect.stringContaining(to) },
  })
})

test('the place beside takes nothing: no defect of ours, and the place is named', async () => {
  const staging = join(scene.directory, 'world', '.sekisho-staging')
  mkdirSync(staging, { mode: 0o700 })
  mark(staging)
  const laid = await layOut(scene, wish)
  expect(laid).toMatchObject({
    state: 'failed',
    code: 'file.no_permission',
    detail: { why: 'EPERM', path: expect.stringMatching(`^${staging}/[0-9a-f]{32}$`) },
  })
})

test('marked after the card: taken back, and the cause stands on the card and in the record, with what to type', async () => {
  const { body } = await sealed()
  mark(data)
  expect((await approveTyped(scene, body.id, 'app')).status).toBe(200)
  const end = await scene.until(body.id, 'closed')
  expect(end.execution?.outcome).toBe('rolled_back')
  expect(readFileSync(file(), 'utf8')).toBe('[')
  expect(await textOf(body.id, 'card', 'en')).toMatch(/^Cause .*exchange with what was laid out/m)
  expect(await textOf(body.id, 'card', 'en')).toContain(`chattr -ia ${data}`)
  expect(await textOf(body.id, 'card', 'ja')).toMatch(/^原因 /m)
  expect(await textOf(body.id, 'record', 'en')).toMatch(/- cause: .*marked unchangeable/)
  expect(await textOf(body.id, 'record', 'ja')).toMatch(/- 原因: .*変更禁止の印/)
})

test('marked, or mounted upon, before the card: the trial finds it, and nothing is stopped for it', async () => {
  mark(data)
  const marked = await blocked()
  expect([marked.state, JSON.stringify(marked.checks)]).toEqual([
    'blocked',
    expect.stringContaining('file.immutable'),
  ])
  does(undo.pop() as string[])
  make(['mount', '--bind', data, data], ['umount', '-l', data])
  const mounted = await blocked()
  expect([mounted.state, JSON.stringify(mounted.checks)]).toEqual([
    'blocked',
    expect.stringContaining('backup.exchange_busy'),
  ])
})

test('the clock jumped after the card: what is void says to look at the clock first', async () => {
  const { body } = await sealed()
  const path = join(scene.directory, 'data', 'runner', 'mark.json')
  await scene.stopRunner()
  const now = JSON.parse(readFileSync(path, 'utf8')) as { at: number }
  writeFileSync(path, JSON.stringify({ ...now, at: now.at + 7_200_000 }))
  await scene.restartRunner()
  await approveTyped(scene, body.id, 'app')
  const { next } = await scene.until(body.id, 'void')
  expect(next[0]?.command).toBe('sekisho runner clock accept')
  await connectRunner(join(scene.directory, 'data', 'run', 'admin.sock')).ask('clockAccept', { by: 'ops1' })
})
