// A change of a schema by a declared migration tool (alembic), on a real cluster: rehearsed on a clone, run once, taken back by one command.
import { appendFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { decode } from '../../src/base/decode.ts'
import { SekishoError } from '../../src/base/error.ts'
import { canonical, type Json } from '../../src/base/json.ts'
import type { Client } from '../../src/cli/client.ts'
import { readSealed } from '../../src/cli/sealed.ts'
import type { ChangeView } from '../../src/contract/change.ts'
import { type Plan, plan as planDecoder, planDigest } from '../../src/plans/plan.ts'
import { type AlembicProject, alembicProject } from './alembic-project.ts'
import type { Who } from './scene.ts'
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

const diffOf = async (id: string) => (await story.scene.call('ops2', 'GET', `/changes/${id}/diff`)).text
const cardOf = async (id: string, language: 'ja' | 'en') => {
  const found = await story.scene.call<{ text: string }>(
    'ops2',
    'GET',
    `/changes/${id}/card?language=${language}`,
  )
  return found.body.text.replace(/\s+/g, ' ')
}

/** The gate as the approver's program asks it. */
const clientOf = (who: Who) => {
  const call = async (name: string, { id, digest }: { readonly id: string; readonly digest?: string }) => {
    const of = name === 'changeEnvelope' ? 'envelope' : `evidence/${digest}`
    return (await story.scene.call(who, 'GET', `/changes/${id}/${of}`)).body
  }
  return { call } as unknown as Client
}

/** The code with which the runner refuses the plan of a change from which one file is left out. */
async function triedWithout(id: string, path: string): Promise<string> {
  const { runner } = story.scene.gate
  const envelope = await story.scene.call<{ plan: string }>('ops1', 'GET', `/changes/${id}/envelope`)
  const read = decode(planDecoder, JSON.parse(envelope.body.plan))
  if (!read.ok) throw new Error(`${read.at} ${read.why}`)
  const plan: Plan = {
    ...read.value,
    actions: read.value.actions.map((one) => ({
      ...one,
      action:
        one.action.kind === 'migrateByTool'
          ? { ...one.action, changed: (one.action.changed ?? []).filter((file) => file.path !== path) }
          : one.action,
    })),
  }
  await runner.put('plan', planDigest(plan), Buffer.from(canonical(plan as unknown as Json)))
  return runner.ask('try', { plan: planDigest(plan) }).then(
    () => 'tried',
    (cause: unknown) => (cause instanceof SekishoError ? cause.code : String(cause)),
  )
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
  expect(flat).toContain('3 sealed files; status goes from nothing to “a1 (head)”')
  expect(flat).toContain('all 3 are new (no change by it was kept here before)')
  expect(flat).toContain('not to be known of a tool')
  expect(flat).toMatch(/gives up after the declared [\d.]+ s and leaves neither schema nor rows/)
  const shown = await diffOf(found.body.id)
  for (const path of ['alembic.ini', 'environment/env.py', 'environment/versions/a1.py'])
    expect(shown).toContain(`+++ ${project.directory}/${path}\n`)
  expect(shown).toContain(
    '+    op.execute("ALTER TABLE articles ADD COLUMN views bigint NOT NULL DEFAULT 0")',
  )
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
  expect(await diffOf(again.body.id)).not.toContain('---')
  const backCard = await cardOf(again.body.id, 'en')
  expect(backCard).toContain(`none differs since the last change by it (${kept.id}/1)`)
  expect((await story.run(again.body)).execution?.outcome).toBe('kept')
  expect(await story.dumped()).toBe(before)
}, 600_000)

test('approvers are shown each file of the tool that is new or other since its last change, also its configuration; a byte that changes after the approval is refused by its file', async () => {
  project.write({
    id: 'b2',
    up: `op.execute("COMMENT ON TABLE articles IS 'b2'")`,
    down: `op.execute("COMMENT ON TABLE articles IS NULL")`,
  })
  appendFileSync(join(project.directory, 'alembic.ini'), 'timezone = UTC\n')
  writeFileSync(join(project.directory, 'logo.png'), Buffer.from([0xff, 0, 1]))
  symlinkSync('alembic.ini', join(project.directory, 'linked.ini'))
  const found = await tried()
  expect(found.body.state, stops(found)).toBe('ready')
  const shown = await diffOf(found.body.id)
  expect(shown).toContain(`--- /dev/null\n+++ ${project.directory}/environment/versions/b2.py\n`)
  expect(shown).toContain(
    `--- ${project.directory}/alembic.ini\n+++ ${project.directory}/alembic.ini\n@@ -1,2 +1,3 @@\n [alembic]\n script_location = %(here)s/environment\n+timezone = UTC\n`,
  )
  expect(shown).toContain(`+++ ${project.directory}/linked.ini\n+link alembic.ini\n`)
  expect(shown).toMatch(/logo\.png\n\+3 bytes, sha256 [0-9a-f]{64}\n/)
  expect(shown).toContain(`--- ${project.directory}/environment/versions/a1.py\n+++ /dev/null\n`)
  expect(shown).not.toContain('env.py')
  for (const [language, words] of [
    ['en', ['3 new, 1 changed, 1 gone', '1 of them are told by size and digest alone']],
    ['ja', ['追加 3 個、変更 1 個、削除 1 個', '中身を出せないファイル 1 個']],
  ] as const) {
    const card = await cardOf(found.body.id, language)
    for (const one of words) expect(card.replaceAll(' ', '')).toContain(one.replaceAll(' ', ''))
  }
  const { id } = (await story.scene.seal('ops1', found.body.id)).body
  // What the approver's program makes of the plan and of texts by their digests is what was shown.
  expect((await readSealed(clientOf('ops2'), id)).diff).toBe(shown)
  // A gate that leaves a file out of what is shown gets no trial for its plan.
  expect(await triedWithout(id, 'environment/versions/b2.py')).toBe('schema.tool_files_moved')
  // One byte of a file that is not SQL, after the approval: it is not run, and the file is named.
  appendFileSync(join(project.directory, 'environment/env.py'), '#')
  await story.scene.approve('ops2', id)
  const ended = await story.scene.until(id, 'void')
  expect(JSON.stringify(ended.moved)).toContain('file environment/env.py')
  expect(await story.rows("SELECT obj_description('articles'::regclass) IS NULL")).toBe('t')
}, 600_000)
