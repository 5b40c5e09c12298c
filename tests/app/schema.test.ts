// A change of a schema from the wish to the record, on a real cluster: rehearsed on a clone, run once as the declared role, taken back by its twin.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSchemaScene, type SchemaScene } from './schema-story.ts'

let story: SchemaScene

beforeAll(async () => {
  story = await openSchemaScene()
})
afterAll(() => story?.end())

const UP = 'ALTER TABLE articles ADD COLUMN views bigint NOT NULL DEFAULT 0;\n'
const DOWN =
  '-- sekisho: accept drop_column: nobody has counted yet\nALTER TABLE articles DROP COLUMN views;\n'

test('it is rehearsed, approved, run once, kept, and taken back by one command', async () => {
  const before = await story.dumped()
  const tried = await story.tried(UP, DOWN)
  expect(tried.body.state, tried.text).toBe('ready')
  expect(tried.body.checks.find(({ check }) => check === 'trial')?.facts).toMatchObject({
    tables: 2,
    rows: 220,
  })
  const kept = await story.run(tried.body)
  expect([kept.state, kept.execution?.outcome], JSON.stringify(kept)).toEqual(['closed', 'kept'])
  expect(await story.rows('SELECT count(*), sum(views) FROM articles')).toBe('200|0')
  expect(await story.rows('SELECT count(*) FROM sekisho.migration')).toBe('1')
  const back = await story.scene.call<typeof kept>('ops1', 'POST', `/changes/${kept.id}/rollback`, {
    notification: 'not_needed',
  })
  expect(back.status, back.text).toBe(200)
  const again = await story.scene.call<typeof kept>('ops1', 'POST', `/changes/${back.body.id}/try`)
  expect(again.body.state, again.text).toBe('ready')
  expect((await story.run(again.body)).execution?.outcome).toBe('kept')
  expect(await story.dumped()).toBe(before)
})
