// A freeze: the gate's check says before the seal what the judge will say after it, and what waits for its end is not voided.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sweep } from '../../src/app/sweep.ts'
import type { ChangeView } from '../../src/contract/change.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
const frozen = (passes: string) =>
  `policy:\n  freezes: [{ from: '2020-01-01T00:00:00Z', until: '2099-01-01T00:00:00Z', reason: new year, passes: [${passes}] }]`
beforeAll(async () => {
  scene = await openScene({ policy: frozen('owner') })
})
afterAll(async () => {
  await scene?.end()
})

const windowOf = (view: ChangeView) => view.checks.find(({ check }) => check === 'window')
const made = async (who: 'dev' | 'ops1' | 'claude', content: string) => {
  const answer = await scene.call<ChangeView>(who, 'POST', '/changes', {
    pattern: 'config',
    service: 'app',
    instruction: { text: 'set the limit' },
    impact: 'more',
    risk: 'disk',
    files: [{ kind: 'write', path: scene.file, base64: Buffer.from(content).toString('base64') }],
  })
  if (answer.status !== 200) throw new Error(answer.text)
  return (await scene.attempt(who, answer.body.id)).body
}
const waits = async (id: string) => {
  await sweep(scene.gate)
  return (await scene.call<ChangeView>('ops1', 'GET', `/changes/${id}`)).body.state
}

test('part of X11: whoever may pass a freeze lets it through by their approval, whoever wrote the change', async () => {
  const change = await made('dev', 'limit = 20\n')
  expect(windowOf(change)).toMatchObject({
    verdict: 'green',
    facts: { freeze: 'new year (2099-01-01T00:00:00.000Z)', passedBy: ['ops1'] },
  })
  await scene.seal('dev', change.id)
  expect((await scene.approve('ops1', change.id)).status).toBe(200)
  expect(['kept', 'closed']).toContain((await scene.until(change.id, 'kept', 'closed')).state)
})

test('part of X11: approved by somebody who may not pass it, it waits, and nothing is voided', async () => {
  const change = await made('dev', 'limit = 21\n')
  await scene.seal('dev', change.id)
  expect((await scene.approve('ops2', change.id)).body.state).toBe('approved')
  expect(await waits(change.id)).toBe('approved')
  const run = await scene.call<{ code: string; detail: string }>('ops1', 'POST', `/changes/${change.id}/run`)
  expect(run.body.code).toBe('run.outside_window')
  expect(JSON.stringify(run.body)).toContain('new year')
  await scene.call('dev', 'POST', `/changes/${change.id}/withdraw`)
})

test('part of X11: where nobody who could approve may pass, it is said before the seal: the author’s own role opens nothing', async () => {
  // ops1 is the only owner, and its author.
  const own = await made('ops1', 'limit = 22\n')
  expect(own.state).toBe('blocked')
  expect(windowOf(own)).toMatchObject({ verdict: 'red', facts: { passedBy: [] } })
  const agent = await made('claude', 'limit = 23\n')
  expect(windowOf(agent)).toMatchObject({ verdict: 'red', facts: { passedBy: [] } })
})
