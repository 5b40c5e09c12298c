// Data that is declared "through the API": nothing else may write it, and a declared call changes it once, with its way back and its record.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { decide } from '../../src/guard/decide.ts'
import { compile } from '../../src/guard/policy.ts'
import { readGuardPolicy } from '../../src/guard/read-policy.ts'
import { approveTyped } from './backup-story.ts'
import { openRequestStory, type RequestStory, retitle, TOKEN } from './request-story.ts'

let story: RequestStory
beforeAll(async () => {
  story = await openRequestStory()
}, 120_000)
afterAll(() => story?.end())

const RETITLE = retitle('Tokyo', 'Kyoto')

async function run(request: object): Promise<ChangeView> {
  const made = await story.create(request)
  if (made.status !== 200) throw new Error(made.text)
  return approved(made.body.id)
}

async function approved(id: string): Promise<ChangeView> {
  const { scene } = story
  const tried = await scene.call<ChangeView>('ops1', 'POST', `/changes/${id}/try`)
  // The service has no unit that could be started in a room: not rehearsed, which blocks until a person waives it.
  expect(tried.body.state, tried.text).toBe('blocked')
  expect(
    tried.body.checks.filter(({ verdict }) => verdict === 'not_tried').map(({ check }) => check),
  ).toEqual(['trial', 'undo'])
  const card = await scene.call<{ text: string }>('ops1', 'GET', `/changes/${id}/card?language=en`)
  expect(card.body.text).toContain('not rehearsed')
  // Method, address and every byte of both ways stand there.
  expect(card.body.text).toMatch(/send PUT http:\S+\/articles\/7 once/)
  expect(card.body.text.match(/\+ PUT http:\S+\/articles\/7\n\s+\+ \{"title":"/g)).toHaveLength(2)
  for (const check of ['trial', 'undo']) await scene.waive('ops2', id, check)
  const sealed = await scene.seal('ops1', id)
  if (sealed.status !== 200) throw new Error(sealed.text)
  await approveTyped(scene, id, undefined, 'ops2')
  return scene.until(id, 'closed', 'void', 'stuck', 'failed', 'paused')
}

test('part of S04: declared data is written by nobody else, and a declared call changes it once and is on the record', async () => {
  const { scene, data, seen } = story
  const guard = readGuardPolicy(readFileSync(join(scene.directory, 'guard', 'guard.json'), 'utf8'))
  if (guard === undefined) throw new Error('no rules of the guard')
  for (const command of [
    `echo '[]' > ${data}/articles.json`,
    `sed -i s/Kyoto/Tokyo/ ${data}/articles.json`,
  ]) {
    const verdict = decide({ kind: 'shell', text: command, cwd: '/' }, compile(guard))
    expect(verdict.verdict, command).toBe('deny')
  }
  const ended = await run(RETITLE)
  expect(ended.execution?.outcome, JSON.stringify(ended)).toBe('kept')
  expect(story.articles()).toMatchObject([{ id: 7, title: 'Tokyo' }])
  expect(seen).toEqual([
    {
      method: 'PUT',
      url: '/api/articles/7',
      authorization: 'Bearer canary-token-4f1e',
      body: '{"title":"Tokyo"}',
    },
  ])
  const record = await scene.call<{ markdown: string }>(
    'ops1',
    'GET',
    `/changes/${ended.id}/record?language=en`,
  )
  expect(record.body.markdown).toContain('/api/articles/7')
  const exported = await scene.call('ops1', 'GET', `/ledger/export?change=${ended.id}`)
  expect(exported.text).toContain('/api/articles/7')
  for (const text of [record.text, exported.text, JSON.stringify(ended)]) expect(text).not.toContain(TOKEN)
}, 120_000)

test('part of S04: what the service refuses with 422, 500 or a redirect is taken back, and nobody follows the redirect', async () => {
  for (const title of ['Osaka', 'Nara', 'Otsu']) {
    story.seen.length = 0
    const refused = await run(retitle(title, 'Tokyo'))
    expect([title, refused.execution?.outcome], JSON.stringify(refused)).toEqual([title, 'rolled_back'])
    expect(story.articles()).toMatchObject([{ title: 'Tokyo' }])
    expect(story.seen.map(({ url, body }) => `${url} ${body}`)).toEqual([
      `/api/articles/7 {"title":"${title}"}`,
      '/api/articles/7 {"title":"Tokyo"}',
    ])
  }
}, 240_000)

test('part of S04: an answer that does not come in time is uncertain; the call is not sent again without a person', async () => {
  const { scene, seen } = story
  seen.length = 0
  const waits = await run(retitle('Kobe', 'Tokyo'))
  expect([waits.state, seen.length], JSON.stringify(waits)).toEqual(['paused', 1])
  // A runner that starts again does not send it either.
  await scene.restartRunner()
  expect((await scene.until(waits.id, 'paused', 'closed', 'stuck')).state).toBe('paused')
  expect(seen).toHaveLength(1)
  await scene.call('ops1', 'POST', `/changes/${waits.id}/abort`)
  await scene.until(waits.id, 'closed', 'stuck', 'failed')
  expect(seen.map(({ body }) => body)).toEqual(['{"title":"Kobe"}', '{"title":"Tokyo"}'])
}, 120_000)

test('part of S04: a kept call is taken back by its inverse, the last one first, and the call takes that back', async () => {
  const { scene, seen } = story
  const back = (id: string) =>
    scene.call<ChangeView & { code?: string }>('ops1', 'POST', `/changes/${id}/rollback`, {
      notification: 'not_needed',
    })
  const [first, second] = [await run(retitle('Sendai', 'Tokyo')), await run(retitle('Naha', 'Sendai'))]
  for (const kept of [first, second]) {
    expect(kept.execution?.outcome, JSON.stringify(kept)).toBe('kept')
    expect(kept.next.map(({ command }) => command)).toContain(`sekisho change rollback ${kept.id}`)
  }
  const early = await back(first.id)
  expect([early.status, early.body.code], early.text).toEqual([409, 'request.sent_later'])

  seen.length = 0
  const made = await back(second.id)
  expect([made.status, made.body.kind], made.text).toEqual([200, 'rollback'])
  const undone = await approved(made.body.id)
  expect(undone.execution?.outcome, JSON.stringify(undone)).toBe('kept')
  expect(seen).toMatchObject([
    { method: 'PUT', url: '/api/articles/7', authorization: `Bearer ${TOKEN}`, body: '{"title":"Sendai"}' },
  ])
  expect((await back(second.id)).body.code).toBe('change.taken_back')

  const restored = await approved((await back(first.id)).body.id)
  expect([restored.execution?.outcome, story.articles()[0]?.title]).toEqual(['kept', 'Tokyo'])
  const again = await approved((await back(restored.id)).body.id)
  expect([again.execution?.outcome, story.articles()[0]?.title]).toEqual(['kept', 'Sendai'])
  // Sent again meanwhile: what was approved would write over it.
  const overtaken = (await back(again.id)).body.id
  const later = await run(retitle('Akita', 'Sendai'))
  expect((await approved(overtaken)).state).toBe('void')
  expect(story.articles()[0]?.title).toBe('Akita')
  expect((await back(restored.id)).body.code).toBe('change.taken_back')
  for (const one of [later, again]) {
    const end = await approved((await back(one.id)).body.id)
    expect(end.execution?.outcome, JSON.stringify(end)).toBe('kept')
  }
  expect(story.articles()[0]?.title).toBe('Tokyo')
  expect((await back(first.id)).body.code).toBe('change.taken_back')
  expect(seen.map(({ body }) => body)).toEqual(
    ['Sendai', 'Tokyo', 'Sendai', 'Akita', 'Sendai', 'Tokyo'].map((title) => JSON.stringify({ title })),
  )
  // What was taken back and is there again is taken back once more, and what brought it back is over with it.
  const anew = await run(retitle('Sakai', 'Tokyo'))
  const undo = await approved((await back(anew.id)).body.id)
  const redo = await approved((await back(undo.id)).body.id)
  const listed = async (id: string) => (await scene.call<ChangeView>('ops1', 'GET', `/changes/${id}`)).body
  expect((await listed(anew.id)).takenBackBy).toBeUndefined()
  const over = await approved((await back(anew.id)).body.id)
  expect([over.execution?.outcome, story.articles()[0]?.title]).toEqual(['kept', 'Tokyo'])
  expect((await listed(anew.id)).takenBackBy).toBe(over.id)
  expect((await back(redo.id)).body.code).toBe('request.sent_later')
}, 240_000)

test('part of S04: an answer of megabytes is an answer, and no more of it is read than is needed', async () => {
  const huge = await run(retitle('Uji', 'Tokyo'))
  expect(huge.execution?.outcome, JSON.stringify(huge)).toBe('kept')
  expect(JSON.stringify(huge)).not.toContain('xxxxxxxx')
}, 120_000)

test('part of S11: a call without an inverse is refused at the plan unless it is declared irreversible, and is tier 3 then', async () => {
  const create = (request: object) => story.create(request)
  const without = { call: 'drop', params: { id: '7' }, body: '{"title":""}' }
  expect((await create(without)).body.code).toBe('request.no_inverse')
  expect((await create({ ...without, irreversible: true })).body.tier).toBe(3)
  expect((await create({ ...RETITLE, call: 'other' })).body.code).toBe('request.not_declared')
  expect((await create({ ...RETITLE, params: { id: '../7' } })).body.code).toBe('request.parameter')
  // Nobody has put that secret: nothing is planned with an empty credential.
  expect((await create({ ...RETITLE, call: 'unknown' })).body.code).toBe('judge.secret_missing')
})
