// A service that writes by rename puts a file of its own where something was restored, the moment it starts. What stood there before lies beside all the
// same: the restore is kept, goes back by itself, and is taken back like any other.
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BackupsView, StageWish } from '../../src/contract/backup.ts'
import type { ChangeView } from '../../src/contract/change.ts'
import { one } from '../crash/share.ts'
import {
  approveKilledAt,
  approveTyped,
  BACKUPS,
  layOut,
  order,
  sealRestore,
  sealRollback,
  signBackups,
  withBackup,
} from './backup-story.ts'
import { openScene, type Scene } from './scene.ts'
import { commandLine } from './wrong-world.ts'

let scene: Scene
let data: string
let server: Server
let health: (() => number) | undefined
let starting: (() => void) | undefined
const GOOD = JSON.stringify([{ id: 'a1', title: 'one' }])
const TODAY = JSON.stringify([{ id: 'a1', title: 'today' }])
const file = () => join(data, 'articles.json')
const get = () => readFileSync(file(), 'utf8')

/** As an atomic writer does. */
function write(text: string): void {
  writeFileSync(`${file()}.new`, text)
  renameSync(`${file()}.new`, file())
}
const rewrite = () => write(get())

/** The service is asked how it is only when it was started, with what was exchanged: by then it has read its file, and written it anew. */
function writesAtStart(): void {
  const before = statSync(file()).ino
  starting = () => {
    const now = statSync(file(), { throwIfNoEntry: false })?.ino
    if (now === undefined || now === before) return
    starting = undefined
    rewrite()
  }
}

const staging = () => join(scene.directory, 'world', '.sekisho-staging')
/** What lies beside for a stage. */
const besideOf = (stage: string) => {
  const place = join(staging(), stage, 'tree')
  const [name = ''] = readdirSync(place).filter((one) => !one.endsWith('.original'))
  return join(place, name)
}

beforeAll(async () => {
  server = createServer((_, response) => {
    starting?.()
    response.writeHead(health?.() ?? 200).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  scene = await openScene({ policy: 'policy: { standing: { per_hour: 1000 } }' })
  data = join(scene.directory, 'world', 'data')
  const to = join(scene.directory, 'copies')
  for (const one of [data, to]) mkdirSync(one)
  write(GOOD)
  writeFileSync(join(data, 'users.json'), '[]')
  const backup = withBackup(data, to)
  const checked = `    health: { url: 'http://127.0.0.1:${port}/', good: 1, of: 1 }\n    data:\n`
  await scene.rewritePolicy((yaml) => backup(yaml).replace('    data:\n', checked))
  await signBackups(scene)
  expect((await order(scene, 'backup')).copies[0]).toMatchObject({ level: 'content' })
})
afterAll(async () => {
  server?.close()
  await scene?.end()
})

async function sealed() {
  const laid = await layOut(scene, { kind: 'file', from: 'last-known-good', what: file() })
  expect(laid.state, JSON.stringify(laid)).toBe('ready')
  const change = await sealRestore(scene, laid.stage)
  return { ...change.body, stage: laid.stage, text: change.text }
}
async function ends(id: string, ...states: readonly ChangeView['state'][]): Promise<ChangeView> {
  const approved = await approveTyped(scene, id, 'app')
  expect(approved.status, approved.text).toBe(200)
  return scene.until(id, ...(states.length === 0 ? (['closed', 'void', 'stuck'] as const) : states))
}

test.each([false, true])(
  'it is kept and taken back, and so is what took it back (written anew before: %s)',
  async (before) => {
    write(TODAY)
    const { id } = await sealed()
    if (before) rewrite()
    writesAtStart()
    const kept = await ends(id)
    expect([kept.execution?.outcome, get()]).toEqual(['kept', GOOD])

    const back = await sealRollback(scene, id)
    if (before) rewrite()
    writesAtStart()
    const first = await ends(back.body.id)
    expect([first.execution?.outcome, get()]).toEqual(['kept', TODAY])

    const again = await sealRollback(scene, back.body.id)
    writesAtStart()
    expect((await ends(again.body.id)).execution?.outcome).toBe('kept')
    expect(get()).toBe(GOOD)
  },
)

test.each([false, true])(
  'the service is not well with it: what stood there before comes back (written anew before: %s)',
  async (before) => {
    write(TODAY)
    const { id } = await sealed()
    if (before) rewrite()
    const inode = statSync(file()).ino
    writesAtStart()
    health = () => 500
    const end = await ends(id)
    health = undefined
    expect([end.state, end.execution?.outcome, get(), statSync(file()).ino]).toEqual([
      'closed',
      'rolled_back',
      TODAY,
      inode,
    ])

    // And of what takes back a restore.
    const { id: kept } = await sealed()
    expect((await ends(kept)).execution?.outcome).toBe('kept')
    const back = await sealRollback(scene, kept)
    const stood = statSync(file()).ino
    writesAtStart()
    health = () => 500
    const undone = await ends(back.body.id)
    health = undefined
    expect([undone.execution?.outcome, get(), statSync(file()).ino]).toEqual(['rolled_back', GOOD, stood])
    // It can be taken back as before.
    expect((await ends((await sealRollback(scene, kept)).body.id)).execution?.outcome).toBe('kept')
    expect(get()).toBe(TODAY)
  },
)

/** While a restore is stuck: what was laid out for changes that were withdrawn is cleared away, and what is not names the changes to answer. */
async function withdrawnTakeNoPlace(stuck: string, itsStage: string): Promise<void> {
  const from = (await scene.call<BackupsView>('ops1', 'GET', BACKUPS)).body.copies[0]?.backup ?? ''
  const wishes: readonly StageWish[] = [
    { kind: 'full', from },
    { kind: 'full', from, copy: 'local' },
    { kind: 'full', from, mix: true },
    { kind: 'full', from: 'last-known-good' },
    { kind: 'full', from: 'last-known-good', mix: true },
  ]
  const made: { readonly id: string; readonly stage: string }[] = []
  for (const [i, wish] of wishes.entries()) {
    const laid = await layOut(scene, wish)
    expect(laid.state, `${i} ${JSON.stringify(laid)}`).toBe('ready')
    const change = await sealRestore(scene, laid.stage)
    expect(change.status, change.text).not.toBe(500)
    const { id } = (await scene.call<{ changes: ChangeView[] }>('ops1', 'GET', '/changes?limit=1')).body
      .changes[0] as ChangeView
    made.push({ id, stage: laid.stage })
    if (i < 2) expect((await scene.call('ops1', 'POST', `/changes/${id}/withdraw`)).status).toBe(200)
  }
  const beside = readdirSync(staging())
  for (const { stage } of made.slice(0, 2)) expect(beside).not.toContain(stage)
  for (const stage of [itsStage, ...made.slice(2).map((one) => one.stage)]) expect(beside).toContain(stage)

  const last = await layOut(scene, wishes[0] as StageWish)
  expect(last.state).toBe('ready')
  const refused = await scene.call<{ code: string; detail: Record<string, string> }>(
    'ops1',
    'POST',
    '/services/app/stages',
    wishes[1],
  )
  expect(refused.body).toMatchObject({ code: 'restore.too_many' })
  expect(refused.text).toContain(stuck)
  for (const { id } of made.slice(2)) expect(refused.text).toContain(id)
  for (const { id } of made.slice(2)) await scene.call('ops1', 'POST', `/changes/${id}/withdraw`)
}

test('what could not be taken back was left as it is: the reason is said, and once what stood there before lies beside again it is taken back', async () => {
  write(TODAY)
  const { id, stage } = await sealed()
  writesAtStart()
  const taken = join(staging(), 'taken')
  let beside = ''
  health = () => {
    // Somebody moves what was put aside.
    if (get() === GOOD && statSync(taken, { throwIfNoEntry: false }) === undefined)
      renameSync((beside = besideOf(stage)), taken)
    return 500
  }
  const held = await ends(id)
  health = undefined
  expect(held.state, JSON.stringify(held.execution?.state)).toBe('stuck')
  expect(JSON.stringify(held.execution?.state)).toContain('restore.foreign')
  await withdrawnTakeNoPlace(id, stage)
  const cli = await commandLine(scene, 'ops1')
  try {
    for (const [language, said] of [
      ['en', 'it could not be undone'],
      ['ja', '元に戻せませんでした'],
    ] as const) {
      const waited = await cli.type(language, 'change', 'wait', id)
      const all = `${waited.out}${waited.err}`.replaceAll(/\s+/g, ' ')
      expect(waited.exit).toBe(3)
      expect(all).toContain(said)
      expect(all).toContain(file())
      expect(all).toContain(`sekisho change continue ${id} retry`)
      expect(all).toContain(`sekisho change continue ${id} skip`)
      expect(all).not.toContain('|')
    }
    const skip = await (await commandLine(scene, 'ops2')).type(
      'en',
      'change',
      'continue',
      id,
      'skip',
      '--yes',
      '--key',
      join(scene.directory, 'ops2.key'),
    )
    expect(`${skip.out}${skip.err}`).toContain(`sekisho change rollback ${id}`)
    const left = await scene.call<ChangeView>('ops1', 'GET', `/changes/${id}`)
    expect(left.body.next.map(({ command }) => command)).toEqual([`sekisho change rollback ${id}`])
  } finally {
    await cli.close()
  }
  await scene.until(id, 'failed', 'closed')
  const refused = await layOut(scene, { kind: 'rollback', change: id })
  expect(refused).toMatchObject({ state: 'failed', code: 'restore.evidence_gone' })
  renameSync(taken, beside)
  expect((await ends((await sealRollback(scene, id)).body.id)).execution?.outcome).toBe('kept')
  expect(get()).toBe(TODAY)
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
    'written anew',
  ),
)('killed at %s, it ends as kept, or with what stood there before', async (point) => {
  write(TODAY)
  const { id } = await sealed()
  rewrite()
  writesAtStart()
  const end = await approveKilledAt(scene, id, point)
  expect(get()).toBe(end.execution?.outcome === 'kept' ? GOOD : TODAY)
  expect(['kept', 'rolled_back', 'nothing_done']).toContain(end.execution?.outcome)
})
