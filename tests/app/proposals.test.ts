// An agent that asks again and again fills neither store nor disk: what is too much an hour is refused, and people are not held up.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BYTES_PER_HOUR, PROPOSALS_PER_HOUR } from '../../src/app/proposals.ts'
import { ERROR_WORDS, reader } from '../../src/words/errors.ts'
import { openScene, type Scene, type Who } from './scene.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(async () => {
  await scene?.end()
})

let made = 0
const ask = (who: Who) => {
  made += 1
  return scene.call<{ code?: string }>(who, 'POST', '/changes', {
    pattern: 'config',
    service: 'app',
    instruction: { text: 'set the limit', by: 'ops1' },
    impact: 'more',
    risk: 'disk',
    files: [
      {
        kind: 'write',
        path: scene.file,
        base64: Buffer.from(`limit = ${made}\n`.repeat(20)).toString('base64'),
      },
    ],
  })
}
const counted = async (count: number, bytes: number, minutesAgo: number) => {
  const from = new Date(Date.now() - minutesAgo * 60_000).toISOString()
  const value = JSON.stringify([{ actor: 'claude', from, count, bytes }])
  await scene.sql(
    `insert into setting (name, value) values ('agent_proposals', '${value}'::jsonb) on conflict (name) do update set value = excluded.value`,
  )
}

test.each([
  ['number', PROPOSALS_PER_HOUR, 0],
  ['bytes', 1, BYTES_PER_HOUR],
])(
  'I8 what an agent asks for in an hour is bounded by %s; a person is not held up, and the next hour begins anew',
  async (_, count, bytes) => {
    await counted(Math.max(1, count - 1), 0, 30)
    expect((await ask('claude')).status).toBe(200)
    await counted(count, bytes, 30)
    const refused = await ask('claude')
    expect(refused.status).toBe(429)
    expect(refused.body.code).toBe('change.too_many')
    expect((await ask('dev')).status).toBe(200)
    await counted(count, bytes, 61)
    expect((await ask('claude')).status).toBe(200)
  },
)

test('it says until when, and what to do', () => {
  const detail = reader({ actor: 'claude', until: '2026-11-28T18:00:00Z' })
  for (const language of ['ja', 'en'] as const) {
    const { what, why, next } = ERROR_WORDS['change.too_many'][language](detail)
    expect(`${what} ${why}`).toContain('2026-11-28T18:00:00Z')
    expect(next).toContain('sekisho change list')
  }
})
