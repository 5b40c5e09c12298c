import { afterAll, beforeAll, expect, test } from 'vitest'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
  await scene.rewritePolicy((yaml) =>
    yaml.replace('people:', '  web: { manager: { systemd: sekisho-none.service } }\npeople:'),
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
  const ending = await scene.call<{ text: string }>('ops2', 'POST', '/standing/revoke/statement', { digest })
  const revoked = await scene.call<Shown>('ops2', 'POST', '/standing/revoke', {
    signed: { text: ending.body.text, signature: await scene.sign('ops2', ending.body.text) },
  })
  expect(revoked.body).toMatchObject({ digest, state: 'revoked' })
  await scene.call('ops1', 'POST', '/ledger/checkpoint')
  expect((await scene.call('ops1', 'POST', '/ledger/verify')).body).toMatchObject({ sound: true })
})
