// The runner's own state is put back to an older one while an order is open: nobody knows how far it came, and a person ends it.
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import type { Status } from '../../src/contract/gate.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(async () => {
  await scene?.end()
})

const state = () => join(scene.directory, 'data', 'runner')
const aside = (name: string) => join(scene.directory, name)

async function swap(from: string): Promise<void> {
  await scene.stopRunner()
  await rm(state(), { recursive: true })
  await cp(from, state(), { recursive: true, preserveTimestamps: true })
  await scene.restartRunner()
}

test('I9 an order that the runner lost is seen, goes on when the runner knows it again, and else a person ends it', {
  timeout: 120_000,
}, async () => {
  const sealed = await scene.sealed('dev', 'limit = 20\n', { keep: 'person' })
  await scene.stopRunner()
  await cp(state(), aside('older'), { recursive: true })
  await scene.restartRunner()
  await scene.approve('ops1', sealed.id)
  await scene.until(sealed.id, 'awaiting_keep')
  await scene.stopRunner()
  await cp(state(), aside('newer'), { recursive: true })

  await swap(aside('older'))
  const lost = await scene.until(sealed.id, 'lost')
  expect(lost.next.map(({ command }) => command)).toEqual([`sekisho change abort ${sealed.id}`])
  const status = (await scene.call<Status>('ops1', 'GET', '/status')).body
  expect(status).toMatchObject({ calm: false, needsPerson: 1, attention: [{ id: sealed.id, state: 'lost' }] })

  // The right one is back: it goes on where it was.
  await swap(aside('newer'))
  await scene.until(sealed.id, 'awaiting_keep')

  await swap(aside('older'))
  await scene.until(sealed.id, 'lost')
  expect((await scene.call('claude', 'POST', `/changes/${sealed.id}/abort`)).status).toBe(403)
  const ended = await scene.call<ChangeView>('ops2', 'POST', `/changes/${sealed.id}/abort`)
  expect(ended.status).toBe(200)
  const failed = await scene.until(sealed.id, 'failed')
  expect(failed.execution?.because).toMatchObject({ code: 'execution.lost', detail: { by: 'ops2' } })

  // Its targets are free again, and what is kept later closes it.
  const later = await scene.sealed('dev', 'limit = 21\n')
  await scene.approve('ops1', later.id)
  await scene.until(later.id, 'closed', 'awaiting_keep')
})
