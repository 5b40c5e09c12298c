import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import type { DoctorFact, Status } from '../../src/contract/gate.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(async () => {
  await scene?.end()
})

test('a restart that failed needs a person until a later change of the service is kept', {
  timeout: 120_000,
}, async () => {
  const kept = await scene.sealed('dev', 'limit = 20\n')
  await scene.approve('ops1', kept.id)
  await scene.until(kept.id, 'closed', 'awaiting_keep')
  // What the runner reports is the subject of its own tests; here it is what the gate makes of it.
  await scene.sql(
    `update change set state = 'failed', document = jsonb_set(document, '{state}', '"failed"') where id = $1`,
    [kept.id],
  )
  const now = async () => (await scene.call<Status>('ops1', 'GET', '/status')).body
  expect(await now()).toMatchObject({
    calm: false,
    needsPerson: 1,
    forYou: [{ id: kept.id, state: 'failed' }],
  })
  const doctor = await scene.call<{ facts: DoctorFact[] }>('ops1', 'GET', '/doctor')
  expect(doctor.body.facts).toContainEqual(
    expect.objectContaining({
      code: 'doctor.failed',
      state: 'bad',
      values: { change: kept.id, service: 'app' },
    }),
  )

  const later = await scene.sealed('dev', 'limit = 21\n')
  await scene.approve('ops1', later.id)
  const seen = await scene.until(later.id, 'closed', 'awaiting_keep')
  if (seen.state === 'awaiting_keep') {
    const asked = await scene.call<{ text: string }>('ops1', 'POST', `/changes/${later.id}/statement`, {
      type: 'keep',
    })
    const { text } = asked.body
    await scene.call('ops1', 'POST', `/changes/${later.id}/decision`, {
      signed: { text, signature: await scene.sign('ops1', text) },
    })
    await scene.until(later.id, 'closed')
  }
  expect((await scene.call<ChangeView>('ops1', 'GET', `/changes/${kept.id}`)).body.state).toBe('closed')
  expect(await now()).toMatchObject({ calm: true, needsPerson: 0 })
})
