// One person alone and a change that cannot be undone: two signatures, and the runner's own ten minutes in between.
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { systemClock } from '../../src/sys/clock.ts'
import { approveTyped } from './backup-story.ts'
import { orderedDirectly, signedApproval } from './direct-order.ts'
import { openSchemaScene, type SchemaScene } from './schema-story.ts'

const shift = join(tmpdir(), `sekisho-shift-${process.pid}`)
let ahead = 0
const pass = (ms: number) => {
  ahead += ms
  writeFileSync(shift, String(ahead))
}
let story: SchemaScene

beforeAll(async () => {
  pass(0)
  process.env['SEKISHO_TEST_SHIFT'] = shift
  story = await openSchemaScene('role: mirai', {}, [], {
    solo: true,
    runner: join(import.meta.dirname, 'shifted-runner.ts'),
    clock: { ...systemClock, now: () => systemClock.now() + ahead },
  })
}, 120_000)
afterAll(async () => {
  await story?.end()
  rmSync(shift, { force: true })
})

test('part of S07: one person alone signs twice, ten minutes apart by the runner’s clock', async () => {
  const { scene } = story
  const up = '-- sekisho: accept drop_column: the notes were moved\nALTER TABLE articles DROP COLUMN note;\n'
  const migration = {
    up: { name: '0003.sql', base64: Buffer.from(up).toString('base64') },
    irreversible: true as const,
  }
  const tried = await story.tried(up, undefined, { migration })
  expect(tried.body.state, tried.text).toBe('ready')
  const { id } = tried.body
  const sealed = await scene.seal('ops1', id)
  expect(sealed.body.alone, sealed.text).toMatchObject({ twice: true })
  const card = async () => {
    const { body } = await scene.call<{ text: string }>('ops1', 'GET', `/changes/${id}/card?language=en`)
    return body.text.replace(/\s+/g, ' ')
  }
  expect(await card()).toContain('or one person alone signs twice, the second time from')

  // Before the pause is over: one signature is taken, another is not, and the runner says so by itself.
  const early = [
    await signedApproval(scene, 'ops1', id, 'app'),
    await signedApproval(scene, 'ops1', id, 'app'),
  ]
  expect(await orderedDirectly(scene, id, early)).toBe('approval.second_later')
  const first = await approveTyped(scene, id, 'app', 'ops1')
  expect(first.body.state, first.text).toBe('awaiting_approval')
  const second = await approveTyped(scene, id, 'app', 'ops1')
  expect([second.status, second.body.code]).toEqual([409, 'approval.second_later'])
  expect(await card()).toContain(
    'signed once by Hanako; missing: a person of another group, or a second signature from',
  )
  const status = await scene.call<{ aloneLater?: unknown; forYou: unknown[] }>('ops1', 'GET', '/status')
  expect(status.body).toMatchObject({ forYou: [], aloneLater: [{ id, from: sealed.body.alone?.from }] })

  // Nine minutes and a half are no ten, and two signatures of before are none of after.
  pass(570_000)
  expect(await orderedDirectly(scene, id, early)).toBe('approval.second_later')
  pass(60_000)
  expect(await orderedDirectly(scene, id, early)).toBe('approval.second_missing')
  expect(await orderedDirectly(scene, id, early.slice(1))).toBe('approval.second_missing')
  const silent = await approveTyped(scene, id, undefined, 'ops1')
  expect(silent.body.code, silent.text).toBe('approval.not_typed')

  const signed = await approveTyped(scene, id, 'app', 'ops1')
  expect(signed.status, signed.text).toBe(200)
  const ended = await scene.until(id, 'closed', 'void', 'stuck')
  expect(ended.execution?.outcome, JSON.stringify(ended)).toBe('kept')
  expect(await story.rows('SELECT count(*) FROM sekisho.migration')).toBe('1')
  const record = await scene.call<{ markdown: string }>('ops1', 'GET', `/changes/${id}/record?language=ja`)
  expect(record.body.markdown.match(/「app」と入力/g)).toHaveLength(2)
  expect(record.body.markdown).toContain('単独承認')
}, 240_000)

test('part of S07: a rejection during the pause ends it at the runner', async () => {
  const { scene } = story
  const up = '-- sekisho: accept drop_column: unused\nALTER TABLE authors DROP COLUMN name;\n'
  const migration = {
    up: { name: '0004.sql', base64: Buffer.from(up).toString('base64') },
    irreversible: true as const,
  }
  const tried = await story.tried(up, undefined, { migration })
  const { id } = tried.body
  await scene.seal('ops1', id)
  const first = await signedApproval(scene, 'ops1', id, 'app')
  const asked = await scene.call<{ text: string }>('ops1', 'POST', `/changes/${id}/statement`, {
    type: 'reject',
    reason: 'not tonight',
  })
  const { text } = asked.body
  const given = await scene.call<ChangeView>('ops1', 'POST', `/changes/${id}/decision`, {
    signed: { text, signature: await scene.sign('ops1', text) },
  })
  expect(given.body.state, given.text).toBe('rejected')
  pass(660_000)
  expect(await orderedDirectly(scene, id, [first])).toBe('approval.own_change')
}, 240_000)
