import { afterAll, beforeAll, expect, test } from 'vitest'
import { coveringStanding } from '../../src/app/change-seal.ts'
import type { Act } from '../../src/app/gate.ts'
import { instant } from '../../src/base/time.ts'
import type { Change } from '../../src/change/change.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
  await scene.rewritePolicy((yaml) =>
    yaml
      .replace('people:', '  web: { manager: { systemd: sekisho-none.service } }\npeople:')
      // The first of the roles is not the one that revokes.
      .replace('roles: [owner]', 'roles: [operator, owner]'),
  )
})
afterAll(async () => {
  await scene?.end()
})

interface Shown {
  readonly digest: string
  readonly state: string
  readonly perHour: number
  readonly by: string
}
const list = async () => (await scene.call<{ standing: Shown[] }>('dev', 'GET', '/standing')).body.standing

test('an owner signs a standing statement once, a newer one replaces it, and it is revoked by a signature', async () => {
  const wish = { service: 'web', verb: 'restart', perHour: 3 }
  for (const who of ['claude', 'dev', 'ops2'] as const) {
    const refused = await scene.call<{ code: string }>(who, 'POST', '/standing/statement', wish)
    expect(refused.status, who).toBe(403)
  }
  const asked = await scene.call<{ text: string }>('ops1', 'POST', '/standing/statement', wish)
  const { text } = asked.body
  const forged = await scene.call<{ code: string }>('ops1', 'POST', '/standing', {
    signed: { text, signature: await scene.sign('ops2', text) },
  })
  expect(forged.body.code).toBe('statement.foreign_key')
  const signed = { signed: { text, signature: await scene.sign('ops1', text) } }
  expect((await scene.call<Shown>('ops1', 'POST', '/standing', signed)).body).toMatchObject({
    state: 'live',
    perHour: 3,
    by: 'ops1',
  })
  expect((await scene.call<{ code: string }>('ops1', 'POST', '/standing', signed)).body.code).toBe(
    'statement.nonce_used',
  )

  const newer = await scene.call<{ text: string }>('ops1', 'POST', '/standing/statement', {
    ...wish,
    perHour: 5,
  })
  await scene.call('ops1', 'POST', '/standing', {
    signed: { text: newer.body.text, signature: await scene.sign('ops1', newer.body.text) },
  })
  expect((await list()).map(({ state, perHour }) => [state, perHour])).toEqual([
    ['live', 5],
    ['revoked', 3],
  ])

  const digest = (await list())[0]?.digest
  const foreign = await scene.call<{ code: string }>('ops2', 'POST', '/standing/revoke/statement', { digest })
  expect(foreign.body.code).toBe('approval.role_missing')
  const ending = await scene.call<{ text: string }>('ops1', 'POST', '/standing/revoke/statement', { digest })
  expect(JSON.parse(ending.body.text)).toMatchObject({ role: 'owner' })
  const revoked = await scene.call<Shown>('ops1', 'POST', '/standing/revoke', {
    signed: { text: ending.body.text, signature: await scene.sign('ops1', ending.body.text) },
  })
  expect(revoked.body).toMatchObject({ digest, state: 'revoked' })
  await scene.call('ops1', 'POST', '/ledger/checkpoint')
  expect((await scene.call('ops1', 'POST', '/ledger/verify')).body).toMatchObject({ sound: true })
})

/** A live statement for restarts of `web`, so often an hour. */
async function signed(perHour: number): Promise<string> {
  const wish = { service: 'web', verb: 'restart', perHour }
  const { text } = (await scene.call<{ text: string }>('ops1', 'POST', '/standing/statement', wish)).body
  const made = await scene.call<Shown>('ops1', 'POST', '/standing', {
    signed: { text, signature: await scene.sign('ops1', text) },
  })
  return made.body.digest
}
const revoke = async (digest: string) => {
  const asked = await scene.call<{ text: string }>('ops1', 'POST', '/standing/revoke/statement', { digest })
  const { text } = asked.body
  return scene.call<{ code?: string; state?: string }>('ops1', 'POST', '/standing/revoke', {
    signed: { text, signature: await scene.sign('ops1', text) },
  })
}

test('S3 a revocation that the runner was not told is none: an error, and nothing on the record', async () => {
  const digest = await signed(2)
  const recorded = async () =>
    (await scene.sql("select count(*)::int as n from ledger where body like '%standing.revoked%'"))[0]?.['n']
  const before = await recorded()
  await scene.stopRunner()
  const refused = await revoke(digest)
  expect(refused.status).toBe(503)
  expect(refused.body.code).toBe('runner.unreachable')
  expect((await list()).find((one) => one.digest === digest)?.state).toBe('live')
  expect(await recorded()).toBe(before)
  await scene.restartRunner()
  expect((await revoke(digest)).body).toMatchObject({ state: 'revoked' })
  expect(await recorded()).toBe(Number(before) + 1)
})

test('S3 a newer statement that the runner was not told of replaces nothing: an error, and the older one lives', async () => {
  const older = await signed(2)
  const wish = { service: 'web', verb: 'restart', perHour: 4 }
  const { text } = (await scene.call<{ text: string }>('ops1', 'POST', '/standing/statement', wish)).body
  const body = { signed: { text, signature: await scene.sign('ops1', text) } }
  await scene.stopRunner()
  const refused = await scene.call<{ code: string }>('ops1', 'POST', '/standing', body)
  expect(refused.body.code).toBe('runner.unreachable')
  expect((await list()).filter(({ state }) => state === 'live').map(({ digest }) => digest)).toEqual([older])
  await scene.restartRunner()
  expect((await scene.call<Shown>('ops1', 'POST', '/standing', body)).body).toMatchObject({ state: 'live' })
  expect((await list()).find(({ digest }) => digest === older)?.state).toBe('revoked')
})

test('a statement that is used up for this hour covers nothing, and what the judge refused used nothing up', async () => {
  const digest = await signed(2)
  const policy = scene.gate.policy()
  const action = { action: { kind: 'unit', unit: 'sekisho-none.service', verb: 'restart' } }
  const change = { service: 'web', plan: { pattern: 'service', actions: [action] } } as unknown as Change
  const covering = async () =>
    (await coveringStanding({ tx: scene.gate.db as Act['tx'], at: instant(Date.now()) }, change, policy))
      ?.digest
  const started = (id: string, minutes: number, outcome: string | null) =>
    scene.sql(
      `insert into execution (id, change, orders, state, outcome, started_at)
       values ($1, $1, $2, 'closed', $3, now() - make_interval(mins => $4))`,
      [id, JSON.stringify({ standing: digest }), outcome, minutes],
    )
  expect(await covering()).toBe(digest)
  await started('one', 10, '{"outcome":"kept"}')
  await started('two', 5, '{"outcome":"refused"}')
  await started('three', 90, '{"outcome":"kept"}')
  expect(await covering()).toBe(digest)
  await started('four', 1, null)
  expect(await covering()).toBeUndefined()
})

test('a statement that was signed for what an earlier release did covers nothing, and doctor says how to sign again', async () => {
  const digest = await signed(2)
  const policy = scene.gate.policy()
  const action = { action: { kind: 'unit', unit: 'sekisho-none.service', verb: 'restart' } }
  const change = { service: 'web', plan: { pattern: 'service', actions: [action] } } as unknown as Change
  const covering = async () =>
    (await coveringStanding({ tx: scene.gate.db as Act['tx'], at: instant(Date.now()) }, change, policy))
      ?.digest
  const facts = async () =>
    (
      await scene.call<{ facts: { code: string; values: object }[] }>('ops1', 'GET', '/doctor')
    ).body.facts.filter(({ code }) => code === 'doctor.standing_outdated')
  expect(await covering()).toBe(digest)
  expect(await facts()).toEqual([])
  await scene.sql("update standing set playbook_digest = repeat('ab', 32) where digest = $1", [digest])
  expect(await covering()).toBeUndefined()
  expect((await list()).find((one) => one.digest === digest)?.state).toBe('outdated')
  expect(await facts()).toMatchObject([{ values: { service: 'web', verb: 'restart' } }])
})
