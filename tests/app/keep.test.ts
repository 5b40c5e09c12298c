import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sweep } from '../../src/app/sweep.ts'
import type { ChangeView } from '../../src/contract/change.ts'
import { modeOf, openScene, type Scene } from './scene.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(async () => {
  await scene?.end()
})

async function waitingForKeep(content: string): Promise<ChangeView> {
  const sealed = await scene.sealed('dev', content, { keep: 'person' })
  await scene.approve('ops1', sealed.id)
  return scene.until(sealed.id, 'awaiting_keep')
}

async function signed(person: string, id: string, wish: object) {
  const asked = await scene.call<{ text: string }>(person as 'ops1', 'POST', `/changes/${id}/statement`, wish)
  if (asked.status !== 200) throw new Error(asked.text)
  const { text } = asked.body
  return { signed: { text, signature: await scene.sign(person, text) } }
}

test('a change that a person has to keep waits, is kept by a signature, and by no token alone', {
  timeout: 120_000,
}, async () => {
  const waiting = await waitingForKeep('limit = 20\n')
  const agent = await scene.call<{ code: string }>('claude', 'POST', `/changes/${waiting.id}/statement`, {
    type: 'keep',
  })
  expect(agent.body.code).toBe('agent.never_approves')
  const decision = await signed('ops2', waiting.id, { type: 'keep' })
  const forged = await scene.call<{ code: string }>('ops2', 'POST', `/changes/${waiting.id}/decision`, {
    signed: { ...decision.signed, signature: await scene.sign('stranger', decision.signed.text) },
  })
  expect(forged.body.code).toBe('statement.foreign_key')
  const kept = await scene.call<ChangeView>('ops2', 'POST', `/changes/${waiting.id}/decision`, decision)
  expect(kept.status).toBe(200)
  const closed = await scene.until(waiting.id, 'closed')
  expect(closed.execution?.outcome).toBe('kept')
  expect(await readFile(scene.file, 'utf8')).toBe('limit = 20\n')
})

test('while a person thinks the store is left in peace', { timeout: 120_000 }, async () => {
  const waiting = await waitingForKeep('limit = 25\n')
  const told = async () =>
    (await scene.sql('select count(*)::int as n from event where change = $1', [waiting.id]))[0]?.['n']
  const before = Number(await told())
  await new Promise((resolve) => setTimeout(resolve, 2000))
  expect(Number(await told()) - before).toBeLessThanOrEqual(1)
  await scene.call('ops2', 'POST', `/changes/${waiting.id}/abort`)
  await scene.until(waiting.id, 'closed')
})

test('what it holds is free when it ends: whoever is blocked by it is told of that change', {
  timeout: 120_000,
}, async () => {
  const waiting = await waitingForKeep('limit = 26\n')
  const made = await scene.call<ChangeView>('dev', 'POST', '/changes', {
    pattern: 'config',
    service: 'app',
    instruction: { text: 'limit = 27' },
    notification: 'not_needed',
    files: [{ kind: 'write', path: scene.file, base64: Buffer.from('limit = 27\n').toString('base64') }],
  })
  const { body } = await scene.attempt('dev', made.body.id)
  expect([body.state, body.next[0]?.command]).toEqual(['blocked', `sekisho change wait ${waiting.id}`])
  await scene.call('dev', 'POST', `/changes/${body.id}/withdraw`)
  await scene.call('ops2', 'POST', `/changes/${waiting.id}/abort`)
  await scene.until(waiting.id, 'closed')
})

test('part of X16: a gate that dies in the middle goes on with what the runner did meanwhile', {
  timeout: 120_000,
}, async () => {
  const waiting = await waitingForKeep('limit = 21\n')
  await scene.reopenGate()
  expect((await scene.call<ChangeView>('ops1', 'GET', `/changes/${waiting.id}`)).body.state).toBe(
    'awaiting_keep',
  )
  const decision = await signed('ops1', waiting.id, { type: 'keep' })
  await scene.call('ops1', 'POST', `/changes/${waiting.id}/decision`, decision)
  expect((await scene.until(waiting.id, 'closed')).execution?.outcome).toBe('kept')
})

test('an abort takes back bytes, owner and mode, and needs no signature', { timeout: 120_000 }, async () => {
  const before = [await readFile(scene.file, 'utf8'), await modeOf(scene.file)]
  const waiting = await waitingForKeep('limit = 22\n')
  expect(await readFile(scene.file, 'utf8')).toBe('limit = 22\n')
  expect(
    (await scene.call<{ code: string }>('claude', 'POST', `/changes/${waiting.id}/abort`)).body.code,
  ).toBe('agent.never_administers')
  await scene.call('ops2', 'POST', `/changes/${waiting.id}/abort`)
  const closed = await scene.until(waiting.id, 'closed')
  expect(closed.execution?.outcome).not.toBe('kept')
  expect([await readFile(scene.file, 'utf8'), await modeOf(scene.file)]).toEqual(before)
})

test('a bad change takes itself back, and the record says so', { timeout: 120_000 }, async () => {
  const before = await readFile(scene.file, 'utf8')
  const sealed = await scene.sealed('dev', 'nonsense\n')
  await scene.approve('ops1', sealed.id)
  const closed = await scene.until(sealed.id, 'closed')
  expect(closed.execution?.outcome).toBe('rolled_back')
  expect(await readFile(scene.file, 'utf8')).toBe(before)
  const { body } = await scene.call<{ markdown: string }>(
    'dev',
    'GET',
    `/changes/${sealed.id}/record?language=en`,
  )
  expect(body.markdown).toMatch(/rolled back|taken back|undone/i)
})

test('what nobody decided in time expires, and never runs', async () => {
  const sealed = await scene.sealed('dev', 'limit = 23\n')
  const later = { ...scene.gate.clock, now: () => scene.gate.clock.now() + 25 * 3_600_000 }
  await sweep({ ...scene.gate, clock: later })
  expect((await scene.call<ChangeView>('dev', 'GET', `/changes/${sealed.id}`)).body.state).toBe('expired')
})

test('a service that is down is repaired without a waiver; one that answers again meanwhile is left alone', {
  timeout: 120_000,
}, async () => {
  let isUp = (text: string) => text.includes('limit = 50')
  const health = createServer((_, response) => {
    readFile(scene.file, 'utf8').then(
      (text) => response.writeHead(isUp(text) ? 200 : 503).end(),
      () => response.writeHead(500).end(),
    )
  })
  await new Promise<void>((resolve) => health.listen(0, '127.0.0.1', resolve))
  try {
    const url = `http://127.0.0.1:${(health.address() as AddressInfo).port}/`
    await scene.rewritePolicy((yaml) =>
      yaml.replace('host: local\n', `host: local\n    health: { url: '${url}', good: 1, of: 1 }\n`),
    )
    const before = await readFile(scene.file, 'utf8')

    // Still red afterwards: a person is asked, and it goes back when they take it back.
    const half = await scene.sealed('dev', 'limit = 49\n')
    expect(half).toMatchObject({ state: 'awaiting_approval', startsFrom: 'down' })
    await scene.approve('ops1', half.id)
    const waiting = await scene.until(half.id, 'awaiting_keep', 'closed')
    expect(waiting.state).toBe('awaiting_keep')
    await scene.call('ops2', 'POST', `/changes/${half.id}/abort`)
    expect((await scene.until(half.id, 'closed')).execution?.outcome).toBe('rolled_back')
    expect(await readFile(scene.file, 'utf8')).toBe(before)

    // Approved as a repair, and green when it starts: nothing is done.
    const late = await scene.sealed('dev', 'limit = 48\n')
    isUp = () => true
    await scene.approve('ops1', late.id)
    const ended = await scene.until(late.id, 'void')
    expect(ended.moved?.[0]?.detail).toMatchObject({ why: 'judge.not_down' })
    expect(await readFile(scene.file, 'utf8')).toBe(before)
    isUp = (text) => text.includes('limit = 50')

    // Green afterwards: kept by itself.
    const repair = await scene.sealed('dev', 'limit = 50\n')
    await scene.approve('ops1', repair.id)
    expect((await scene.until(repair.id, 'closed')).execution?.outcome).toBe('kept')
    const ordinary = await scene.sealed('dev', 'limit = 50\n# a word\n')
    expect(ordinary.startsFrom).toBeUndefined()
    await scene.call('dev', 'POST', `/changes/${ordinary.id}/withdraw`)
  } finally {
    health.close()
    await scene.rewritePolicy((yaml) => yaml.replace(/\n {4}health: .*/, ''))
  }
})

// Last: from here on the scene starts nothing.
test('a database older than the signed head starts nothing', { timeout: 120_000 }, async () => {
  await scene.call('ops1', 'POST', '/ledger/checkpoint')
  const sealed = await scene.sealed('dev', 'limit = 24\n')
  await scene.sql(
    "insert into target_lock (target, execution) values ($1, 'CHG-2026-9999/1') on conflict (target) do update set execution = excluded.execution",
    [`local/file:${scene.file}`],
  )
  await scene.approve('ops1', sealed.id)
  await scene.call('ops1', 'POST', '/ledger/checkpoint')
  // What a restored backup looks like: the last entries are gone.
  await scene.sql(`
    alter table ledger disable trigger user;
    delete from ledger where seq > (select max(seq) - 2 from ledger);
    alter table ledger enable trigger user;
    update target_lock set execution = null`)
  const run = await scene.call<{ code: string }>('ops1', 'POST', `/changes/${sealed.id}/run`)
  expect(run.body.code).toBe('runner.signed_head_ahead')
  expect((await scene.call<ChangeView>('dev', 'GET', `/changes/${sealed.id}`)).body.state).toBe('approved')
  const doctor = await scene.call<{ facts: { code: string }[] }>('ops1', 'GET', '/doctor')
  expect(doctor.body.facts.map(({ code }) => code)).toContain('doctor.ledger_behind')
})
