import { readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(async () => {
  await scene?.end()
})

/** The copies are gone when the undo wants them. */
async function stuck(content: string): Promise<{ id: string; mend: () => Promise<void> }> {
  const sealed = await scene.sealed('dev', content, { keep: 'person' })
  await scene.approve('ops1', sealed.id)
  await scene.until(sealed.id, 'awaiting_keep')
  const copies = join(scene.directory, 'data', 'runner', 'copies')
  await rename(copies, `${copies}.away`)
  await scene.call('ops2', 'POST', `/changes/${sealed.id}/abort`)
  const { next } = await scene.until(sealed.id, 'stuck')
  expect(next.map(({ command }) => command)).toEqual([
    `sekisho change continue ${sealed.id} retry`,
    `sekisho change continue ${sealed.id} skip`,
  ])
  return {
    id: sealed.id,
    mend: async () => {
      await rm(copies, { recursive: true, force: true })
      await rename(`${copies}.away`, copies)
    },
  }
}

async function goOn(id: string, choice: 'retry' | 'skip') {
  const asked = await scene.call<{ text: string }>('ops2', 'POST', `/changes/${id}/statement`, {
    type: 'continue',
    choice,
  })
  if (asked.status !== 200) throw new Error(asked.text)
  const { text } = asked.body
  const signed = { text, signature: await scene.sign('ops2', text) }
  return scene.call<ChangeView>('ops2', 'POST', `/changes/${id}/decision`, { signed })
}

test('an undo that is stuck is tried again by a signature, and is told as undone when it is', {
  timeout: 120_000,
}, async () => {
  const before = await readFile(scene.file, 'utf8')
  const { id, mend } = await stuck('limit = 20\n')
  expect(await readFile(scene.file, 'utf8')).toBe('limit = 20\n')
  await mend()
  expect((await goOn(id, 'retry')).status).toBe(200)
  expect((await scene.until(id, 'closed')).execution?.outcome).toBe('rolled_back')
  expect(await readFile(scene.file, 'utf8')).toBe(before)
})

test('an undo that a person leaves undone ends the change, and nobody says that it was taken back', {
  timeout: 120_000,
}, async () => {
  const { id, mend } = await stuck('limit = 21\n')
  expect((await goOn(id, 'skip')).status).toBe(200)
  const ended = await scene.until(id, 'failed', 'closed')
  await mend()
  expect(await readFile(scene.file, 'utf8')).toBe('limit = 21\n')
  expect(ended).toMatchObject({
    state: 'failed',
    execution: { outcome: 'failed', because: { code: 'undo_skipped' } },
  })
  expect(ended.execution?.steps.find(({ id }) => id === 'undo')?.state).toBe('skipped')
  const { body } = await scene.call<{ markdown: string }>('ops1', 'GET', `/changes/${id}/record?language=en`)
  expect(body.markdown).not.toMatch(/taken back at|: taken back/)
  expect(body.markdown).toMatch(/failed/)
})
