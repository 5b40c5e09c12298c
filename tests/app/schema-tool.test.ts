// A change of a schema by a declared migration tool (alembic), on a real cluster: rehearsed on a clone, run once, taken back by one command.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { type AlembicProject, alembicProject } from './alembic-project.ts'
import { openSchemaScene, type SchemaScene } from './schema-story.ts'

let story: SchemaScene
let project: AlembicProject
let place: string

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'alembic-'))
  project = alembicProject(join(place, 'project'))
  project.write(VIEWS)
  story = await openSchemaScene(project.rules)
  // As the first run of alembic has left it.
  await story.rows(
    'CREATE TABLE alembic_version (version_num varchar(32) CONSTRAINT alembic_version_pkc PRIMARY KEY)',
    'ALTER TABLE alembic_version OWNER TO mirai',
  )
})
afterAll(async () => {
  await story?.end()
  rmSync(place, { recursive: true, force: true })
})

const VIEWS = {
  id: 'a1',
  up: 'op.execute("ALTER TABLE articles ADD COLUMN views bigint NOT NULL DEFAULT 0")',
  down: 'op.execute("ALTER TABLE articles DROP COLUMN views")',
}

/** What stops it, for the message of a test. */
const stops = ({ body }: { readonly body: ChangeView }) =>
  JSON.stringify(
    body.checks?.flatMap(({ check, problems, ...rest }) =>
      problems.length > 0 ? [{ check, problems, facts: rest }] : [],
    ) ?? body,
  )

const tried = async (turn: 'up' | 'down' = 'up') => {
  const made = await story.scene.call<ChangeView>('ops1', 'POST', '/changes', {
    pattern: 'schema',
    service: 'app',
    instruction: { text: 'count the views' },
    notification: 'not_needed',
    migration: { tool: turn },
  })
  if (made.status !== 200) return made
  return story.scene.call<ChangeView>('ops1', 'POST', `/changes/${made.body.id}/try`)
}

test('alembic is rehearsed up and down on a clone, approved, run once, and taken back by one command', async () => {
  const before = await story.dumped()
  const found = await tried()
  expect(found.body.state, stops(found)).toBe('ready')
  const card = await story.scene.call<{ text: string }>(
    'ops2',
    'GET',
    `/changes/${found.body.id}/card?language=en`,
  )
  const flat = card.body.text.replace(/\s+/g, ' ')
  expect(flat).toContain('5 sealed files; status goes from nothing to “a1 (head)”')
  expect(flat).toContain('not to be known of a tool')
  expect(flat).toMatch(/gives up after the declared [\d.]+ s and leaves neither schema nor rows/)
  const kept = await story.run(found.body)
  expect([kept.state, kept.execution?.outcome], JSON.stringify(kept)).toEqual(['closed', 'kept'])
  expect(await story.rows('SELECT version_num FROM alembic_version')).toBe('a1')
  expect(await story.rows('SELECT count(*), sum(views) FROM articles')).toBe('200|0')
  const back = await story.scene.call<ChangeView>('ops1', 'POST', `/changes/${kept.id}/rollback`, {
    notification: 'not_needed',
  })
  expect(back.status, back.text).toBe(200)
  const again = await story.scene.call<ChangeView>('ops1', 'POST', `/changes/${back.body.id}/try`)
  expect(again.body.state, stops(again)).toBe('ready')
  expect((await story.run(again.body)).execution?.outcome).toBe('kept')
  expect(await story.dumped()).toBe(before)
}, 600_000)
