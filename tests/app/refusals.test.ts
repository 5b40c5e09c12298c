// Who holds a token is refused as often as they like, and the ledger grows by so much and no more.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { closeRefusals, REFUSALS_PER_HOUR } from '../../src/app/refusals.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene({ engine: false })
})
afterAll(async () => {
  await scene?.end()
})

const entries = async (kind: string) =>
  scene.sql(
    "select subject, body::json ->> 'actor' as actor, body::json -> 'payload' ->> 'more' as more from ledger where body::json ->> 'kind' = $1",
    [kind],
  )

test('I8 an agent that gives in a decision again and again is refused each time; what is too much an hour is counted in one entry', async () => {
  const { id } = await scene.sealed('dev', 'limit = 20\n')
  const forged = { signed: { text: '{}', signature: 'none' }, shownText: 'none' }
  const send = (who: 'claude' | 'dev') =>
    scene.call<{ code: string }>(who, 'POST', `/changes/${id}/decision`, forged)
  const over = 7
  for (let i = 0; i < REFUSALS_PER_HOUR + over; i++)
    expect((await send('claude')).body.code).toBe('agent.never_approves')
  const each = await entries('change.refused_decision')
  expect(each).toHaveLength(REFUSALS_PER_HOUR)
  expect(await entries('actor.refused_decisions')).toEqual([])

  // Somebody else is counted for themselves.
  expect((await send('dev')).body.code).toBe('may.role_missing')
  expect(await entries('change.refused_decision')).toHaveLength(REFUSALS_PER_HOUR + 1)

  // The hour is over: one entry with the rest, once, and what comes now stands for itself again.
  const later = { ...scene.gate.clock, now: () => scene.gate.clock.now() + 3_600_000 }
  await closeRefusals({ ...scene.gate, clock: later })
  await closeRefusals({ ...scene.gate, clock: later })
  expect(await entries('actor.refused_decisions')).toEqual([
    { subject: 'claude', actor: 'system', more: String(over) },
  ])
  await send('claude')
  expect(await entries('change.refused_decision')).toHaveLength(REFUSALS_PER_HOUR + 2)
})
