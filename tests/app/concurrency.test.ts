import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isDigest } from '../../src/base/hash.ts'
import type { ChangeId, ExecutionId, TargetId } from '../../src/base/id.ts'
import { canonical } from '../../src/base/json.ts'
import type { ChangeView } from '../../src/contract/change.ts'
import type { Status } from '../../src/contract/gate.ts'
import { openScene, type Scene } from './scene.ts'

const MANY = 50

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(async () => {
  await scene?.end()
})

test('part of X18: fifty approved changes on one target: never two inside, and one runs', {
  timeout: 600_000,
}, async () => {
  const target = `local/file:${scene.file}`
  const ids: string[] = []
  for (let i = 0; i < MANY; i++) ids.push((await scene.sealed('dev', `limit = ${100 + i}\n`)).id)
  await scene.sql("insert into target_lock (target, execution) values ($1, 'CHG-2026-9999/1')", [target])
  for (const id of ids) expect((await scene.approve('ops1', id)).body.state).toBe('approved')
  await scene.sql('update target_lock set execution = null')
  await Promise.all(ids.map((id) => scene.call('ops1', 'POST', `/changes/${id}/run`)))
  const ends = await Promise.all(ids.map((id) => scene.until(id, 'closed', 'void')))
  expect(ends.filter(({ state }) => state === 'closed')).toHaveLength(1)
  const winner = ends.find(({ state }) => state === 'closed')
  expect(await readFile(scene.file, 'utf8')).toBe(`limit = ${100 + ids.indexOf(winner?.id ?? '')}\n`)
  // The ledger tells the same: between a start and its end there is no other start.
  const entries = await scene.sql("select body::json ->> 'kind' as kind from ledger order by seq")
  let inside = 0
  for (const { kind } of entries) {
    if (kind === 'execution.started') inside++
    if (kind === 'execution.closed') inside--
    expect(inside).toBeLessThanOrEqual(1)
  }
})

test('part of X18: a stale fence token is refused by the runner', async () => {
  for (const content of ['limit = 5\n', 'limit = 6\n']) {
    const earlier = await scene.sealed('dev', content)
    await scene.approve('ops1', earlier.id)
    await scene.until(earlier.id, 'closed')
  }
  const sealed = await scene.sealed('dev', 'limit = 7\n')
  await scene.sql("update target_lock set execution = 'CHG-2026-9999/1'")
  await scene.approve('ops1', sealed.id)
  const { body: seen } = await scene.call<Status>('ops1', 'GET', '/status')
  expect(seen.queued).toBe(1)
  expect(seen.queue?.map(({ id }) => id)).toEqual([sealed.id])
  const [row] = await scene.sql('select document from change where id = $1', [sealed.id])
  const document = row?.['document'] as {
    envelope: object
    decisions: { signed: { text: string; signature: string } }[]
    authored: { signed: { text: string; signature: string } }
  }
  const digest = sealed.envelope?.digest
  if (!isDigest(digest) || !isDigest(sealed.plan)) throw new Error('not sealed')
  await scene.gate.runner.put(
    'envelope',
    digest,
    Buffer.from(canonical(JSON.parse(JSON.stringify(document.envelope)))),
  )
  const order = (token: number) => ({
    execution: `${sealed.id}/1` as ExecutionId,
    change: sealed.id as ChangeId,
    plan: sealed.plan as typeof digest,
    envelope: digest,
    statements: [...document.decisions, document.authored].map(({ signed }) => signed),
    fences: [{ target: `local/file:${scene.file}` as TargetId, token }],
  })
  await expect(scene.gate.runner.ask('run', order(1))).rejects.toMatchObject({ code: 'judge.fence_low' })
  expect(await readFile(scene.file, 'utf8')).not.toBe('limit = 7\n')
  // The fence in the database cannot fall either, whoever writes.
  await expect(scene.sql('update target_lock set fence = fence - 1')).rejects.toThrow(/never falls/)
  await scene.sql('update target_lock set execution = null')
  const run = await scene.call<ChangeView>('ops1', 'POST', `/changes/${sealed.id}/run`)
  expect(run.body.state).toBe('executing')
  await scene.until(sealed.id, 'closed')
})

test('two starters of one change: one runs', async () => {
  const sealed = await scene.sealed('dev', 'limit = 8\n')
  await scene.sql("update target_lock set execution = 'CHG-2026-9999/1'")
  await scene.approve('ops1', sealed.id)
  await scene.sql('update target_lock set execution = null')
  await Promise.all(Array.from({ length: 8 }, () => scene.call('ops1', 'POST', `/changes/${sealed.id}/run`)))
  const done = await scene.until(sealed.id, 'closed')
  expect(done.execution?.id).toBe(`${sealed.id}/1`)
})
