import { chmod, chown, lstat, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { renderCard } from '../../src/change/card.ts'
import { Client } from '../../src/cli/client.ts'
import type { Ask } from '../../src/cli/gate-socket.ts'
import { readSealed } from '../../src/cli/sealed.ts'
import type { ChangeView } from '../../src/contract/change.ts'
import { modeOf, openScene, type Scene } from './scene.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene({ files: 3 })
})
afterAll(async () => {
  await scene?.end()
})

const writing = (content: string) => ({
  files: [{ kind: 'write', path: scene.file, base64: Buffer.from(content).toString('base64') }],
})

async function made(wish: object): Promise<string> {
  const { body, text, status } = await scene.call<ChangeView>('dev', 'POST', '/changes', {
    pattern: 'config',
    service: 'app',
    instruction: { text: 'x' },
    impact: 'a',
    risk: 'b',
    ...wish,
  })
  if (status !== 200) throw new Error(text)
  return body.id
}

async function kept(id: string, approver: 'ops1' | 'ops2'): Promise<void> {
  await scene.attempt('ops1', id)
  await scene.seal('ops1', id)
  await readAsApprover(id)
  expect((await scene.approve(approver, id)).status).toBe(200)
  expect((await scene.until(id, 'closed', 'void')).execution?.outcome).toBe('kept')
}

test('a deletion that was kept is taken back with bytes, owner and mode as before', {
  timeout: 120_000,
}, async () => {
  const path = scene.file.replace('app.conf', 'app1.conf')
  await writeFile(path, 'limit = 11\n')
  await chmod(path, 0o640)
  if (process.getuid?.() === 0) await chown(path, 33, 33)
  const before = [await readFile(path, 'utf8'), await modeOf(path)]
  const id = await made({ files: [{ kind: 'delete', path }] })
  await kept(id, 'ops1')
  await expect(readFile(path)).rejects.toMatchObject({ code: 'ENOENT' })
  const back = await scene.call<ChangeView>('dev', 'POST', `/changes/${id}/rollback`, {})
  expect(back.status).toBe(200)
  await kept(back.body.id, 'ops1')
  expect([await readFile(path, 'utf8'), await modeOf(path)]).toEqual(before)
  // What was kept and taken back since says so, and does not offer to take it back once more.
  const [first, second] = await Promise.all(
    [id, back.body.id].map(
      async (one) => (await scene.call<ChangeView>('dev', 'GET', `/changes/${one}`)).body,
    ),
  )
  expect(first?.takenBackBy).toBe(back.body.id)
  expect(first?.next.map(({ code }) => code)).not.toContain('next.rollback')
  expect(second?.takenBackBy).toBeUndefined()
  expect(second?.execution?.kept).toBe('proven')
})

/** As the approver's program reads it: everything recomputed, and refused where the gate says something else. */
async function readAsApprover(id: string): Promise<string> {
  const ask: Ask = async (address) => {
    const { status, body } = await scene.call(
      'ops1',
      'GET',
      new URL(address).pathname.slice('/api/v1'.length),
    )
    return Response.json(body, { status })
  }
  const client = new Client({ url: 'http://gate', language: 'en', ask, start: 'sekisho up', key: () => 'k' })
  return (await readSealed(client, id)).diff
}

test('a site that was added with its link is taken back whole, comes back, and its link alone can be removed', {
  timeout: 120_000,
}, async () => {
  const [site, link] = [1, 2].map((n) => scene.file.replace('app.conf', `app${n}.conf`)) as [string, string]
  const base64 = Buffer.from('limit = 12\n').toString('base64')
  for (const one of [site, link]) await rm(one, { force: true })
  const add = [
    { kind: 'write', path: site, base64 },
    { kind: 'link', path: link, target: site },
  ]
  const id = await made({ files: add })
  await kept(id, 'ops1')
  expect(await readlink(link)).toBe(site)

  const back = await scene.call<ChangeView>('dev', 'POST', `/changes/${id}/rollback`, {})
  expect(back.status).toBe(200)
  await kept(back.body.id, 'ops1')
  for (const one of [site, link]) await expect(lstat(one)).rejects.toMatchObject({ code: 'ENOENT' })
  const again = await scene.call<ChangeView>('dev', 'POST', `/changes/${back.body.id}/rollback`, {})
  await kept(again.body.id, 'ops1')
  expect(await readFile(link, 'utf8')).toBe('limit = 12\n')

  const removed = await made({ files: [{ kind: 'delete', path: link }] })
  await scene.attempt('ops1', removed)
  await scene.seal('ops1', removed)
  expect(await readAsApprover(removed)).toBe(`--- ${link}\n+++ /dev/null\n-link ${site}\n`)
  const view = (await scene.call<ChangeView>('ops1', 'GET', `/changes/${removed}`)).body
  for (const [language, said] of [
    ['en', 'the link is removed (the file it leads to stays)'],
    ['ja', 'リンクを削除（リンク先のファイルはそのまま）'],
  ] as const) {
    const card = renderCard(view, { language, width: 400, zone: 'UTC' })
    expect(card).toContain(said)
    expect(card).toContain(`- link ${site}`)
    expect(card).not.toContain('limit =')
  }
  expect((await scene.approve('ops1', removed)).status).toBe(200)
  expect((await scene.until(removed, 'closed', 'void')).execution?.outcome).toBe('kept')
  await expect(lstat(link)).rejects.toMatchObject({ code: 'ENOENT' })
  expect(await readFile(site, 'utf8')).toBe('limit = 12\n')
})

test('a change that has ended shows its checks as they stood when it began, however old they are', {
  timeout: 120_000,
}, async () => {
  const id = await made(writing('limit = 29\n'))
  await kept(id, 'ops1')
  const [row] = await scene.sql('select document from change where id = $1', [id])
  const document = row?.['document'] as { checks: object[]; executions: object[] }
  const old = {
    ...document,
    checks: document.checks.map((one) => ({ ...one, expires: '2020-01-01T00:05:00.000Z' })),
    executions: document.executions.map((one) => ({ ...one, startedAt: '2020-01-01T00:00:00.000Z' })),
  }
  await scene.sql('update change set document = $2 where id = $1', [id, JSON.stringify(old)])
  const { body } = await scene.call<ChangeView>('ops1', 'GET', `/changes/${id}`)
  const said = Object.fromEntries(body.checks.map(({ check, verdict }) => [check, verdict]))
  // Nothing says whether this service is well, so nobody was asked.
  expect(said).toMatchObject({ baseline: 'green', conflict: 'green', health: 'not_applicable' })
})

test('two who revise at once: one is told to look again, and no edit is put away under another name', {
  timeout: 120_000,
}, async () => {
  for (let i = 0; i < 8; i++) {
    const id = await made(writing('limit = 30\n'))
    const edit = writing(`limit = ${40 + i}\n`)
    const [edited, decided] = await Promise.all([
      scene.call<{ code: string }>('ops1', 'POST', `/changes/${id}/revise`, edit),
      scene.call<{ code: string }>('dev', 'POST', `/changes/${id}/revise`, { notification: 'needed' }),
    ])
    for (const { status, body } of [edited, decided]) if (status !== 200) expect(body.code).toBe('store.busy')
    const { body } = await scene.call<ChangeView>('dev', 'GET', `/changes/${id}`)
    const diff = await scene.call('dev', 'GET', `/changes/${id}/diff`)
    // Whoever is named as the author wrote what stands there.
    expect(diff.text).toContain(body.author.id === 'ops1' ? `+limit = ${40 + i}` : '+limit = 30')
    expect(body.author.id).toBe(edited.status === 200 ? 'ops1' : 'dev')
  }
})

test('what was written since goes back too, and the card of the way back says so', {
  timeout: 120_000,
}, async () => {
  const first = await made(writing('limit = 41\n'))
  await kept(first, 'ops1')
  const alone = await scene.call<ChangeView>('dev', 'POST', `/changes/${first}/rollback`, {})
  expect(alone.body.disagreements).toEqual([])
  const second = await made(writing('limit = 41\nmore = 1\n'))
  await kept(second, 'ops1')
  const back = await scene.call<ChangeView>('dev', 'POST', `/changes/${first}/rollback`, {})
  expect(back.body.disagreements).toEqual([{ code: 'disagreement.since', detail: { value: scene.file } }])
  for (const language of ['ja', 'en'] as const)
    expect(renderCard(back.body, { language, width: 400, zone: 'UTC' })).toMatch(
      language === 'ja' ? /app\.conf はそのあとにも変わっています/ : /app\.conf has changed since/,
    )
})
