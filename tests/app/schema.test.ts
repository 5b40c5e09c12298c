// A change of a schema from the wish to the record, on a real cluster: rehearsed on a clone, run once as the declared role, taken back by its twin.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { approveTyped } from './backup-story.ts'
import { orderedDirectly, signedApproval } from './direct-order.ts'
import type { Who } from './scene.ts'
import { openSchemaScene, type SchemaScene } from './schema-story.ts'

let story: SchemaScene

beforeAll(async () => {
  story = await openSchemaScene()
})
afterAll(() => story?.end())

const page = (name: string) => readFileSync(join(import.meta.dirname, '../../docs/guide', name), 'utf8')
const fences = (source: string, kind: string) =>
  Array.from(source.matchAll(/^ *```(\w*)\n([\s\S]*?)^ *```$/gm)).flatMap(([, head, body = '']) =>
    head === kind ? [body] : [],
  )
/** What the guide shows is what is run here. */
const [UP = '', DOWN = ''] = fences(page('schema.md'), 'sql')

test('the guide has the same commands, rules and SQL in both languages', () => {
  for (const kind of ['sql', 'yaml', 'console'])
    expect(fences(page('schema.ja.md'), kind), kind).toEqual(fences(page('schema.md'), kind))
  expect([UP, DOWN]).toEqual([
    expect.stringContaining('ADD COLUMN views'),
    expect.stringContaining('DROP COLUMN views'),
  ])
})

test('S27 it is rehearsed, approved with its downtime, run once, kept, and taken back by one command', async () => {
  const before = await story.dumped()
  const tried = await story.tried(UP, DOWN)
  expect(tried.body.state, tried.text).toBe('ready')
  expect(tried.body.checks.find(({ check }) => check === 'trial')?.facts).toMatchObject({
    tables: 2,
    rows: 220,
  })
  const card = await story.scene.call<{ text: string }>(
    'ops2',
    'GET',
    `/changes/${tried.body.id}/card?language=en`,
  )
  expect(card.body.text).toContain('downtime: no reads for 0.')
  expect(card.body.text.replace(/\s+/g, ' ')).toContain(
    'what only the new schema holds goes with it: public.articles.views',
  )
  const kept = await story.run(tried.body)
  expect([kept.state, kept.execution?.outcome], JSON.stringify(kept)).toEqual(['closed', 'kept'])
  expect(await story.rows('SELECT count(*), sum(views) FROM articles')).toBe('200|0')
  expect(await story.rows('SELECT count(*) FROM sekisho.migration')).toBe('1')
  const record = await story.scene.call<{ text: string }>(
    'ops1',
    'GET',
    `/changes/${kept.id}/record?language=en`,
  )
  expect(record.text).toMatch(
    /planned no reads for 0\.\d+ s, no writes for 0\.\d+ s \/ actual no reads for 0\.\d+ s/i,
  )
  const back = await story.scene.call<typeof kept>('ops1', 'POST', `/changes/${kept.id}/rollback`, {
    notification: 'not_needed',
  })
  expect(back.status, back.text).toBe(200)
  const again = await story.scene.call<typeof kept>('ops1', 'POST', `/changes/${back.body.id}/try`)
  expect(again.body.state, again.text).toBe('ready')
  expect((await story.run(again.body)).execution?.outcome).toBe('kept')
  expect(await story.dumped()).toBe(before)
})

const problemsOf = (view: {
  checks: readonly { problems: readonly { code: string; text: string; line?: number | undefined }[] }[]
}) => view.checks.flatMap(({ problems }) => problems)
const facts = (
  view: { checks: readonly { check: string; facts: Record<string, unknown> }[] },
  check: string,
) => view.checks.find((one) => one.check === check)?.facts ?? {}

test('S11 a step without a way back is refused unless it is declared irreversible; with one, the receipt shows that it ran', async () => {
  const refused = await story.tried(UP, undefined)
  expect([refused.status, refused.body]).toMatchObject([403, { code: 'schema.no_down' }])
  const declared = await story.tried(UP, undefined, losing(UP))
  expect([declared.body.tier, declared.body.undo.loses], declared.text).toEqual([3, 'none'])
  const { body } = await story.tried(UP, DOWN)
  expect(body.undo).toMatchObject({ tried: true, milliseconds: expect.any(Number) })
  expect(body.checks.find(({ check }) => check === 'undo')).toMatchObject({ verdict: 'green' })
})

test('S25 a migration without a way down is refused at the plan', async () => {
  const refused = await story.tried(UP, undefined)
  expect([refused.status, refused.body]).toMatchObject([403, { code: 'schema.no_down' }])
})

const losing = (up: string) => ({
  migration: {
    up: { name: '0003.sql', base64: Buffer.from(up).toString('base64') },
    irreversible: true as const,
  },
})

test('S07 what cannot be undone is refused by the runner without the typed target of two people, and with it runs once', async () => {
  const { scene } = story
  const up = '-- sekisho: accept drop_column: the notes were moved\nALTER TABLE articles DROP COLUMN note;\n'
  const tried = await story.tried(up, undefined, losing(up), 'dev')
  expect([tried.body.state, tried.body.tier], tried.text).toEqual(['ready', 3])
  const { id } = tried.body
  const sealed = await scene.seal('dev', id)
  expect(sealed.body.needs.count, sealed.text).toBe(2)
  const card = await scene.call<{ text: string }>('ops2', 'GET', `/changes/${id}/card?language=en`)
  expect(card.body.text.replace(/\s+/g, ' ')).toContain('cannot be undone; only a restore takes it back')
  expect(card.body.text.replace(/\s+/g, ' ')).toContain(
    'two people of different groups sign, and each types app',
  )
  // The runner by itself, past the gate.
  const by = async (who: Who, typed?: string) => signedApproval(scene, who, id, typed)
  const orders = [
    [await by('ops1'), await by('ops2')],
    [await by('ops1', 'app'), await by('ops2')],
    [await by('ops1', 'app'), await by('ops2', 'other')],
    [await by('ops1', 'app')],
    [await by('ops1', 'app'), await by('ops1', 'app')],
  ]
  const answers: string[] = []
  for (const statements of orders) answers.push(await orderedDirectly(scene, id, statements))
  expect(answers).toEqual([
    'approval.not_typed',
    'approval.not_typed',
    'approval.not_typed',
    'approval.not_enough',
    'approval.not_enough',
  ])
  // And the gate.
  const silent = await approveTyped(scene, id, undefined, 'ops2')
  expect(silent.body.code, silent.text).toBe('approval.not_typed')
  expect((await approveTyped(scene, id, 'app', 'ops2')).body.state).toBe('awaiting_approval')
  const markers = async () => Number(await story.rows('SELECT count(*) FROM sekisho.migration'))
  const before = await markers()
  await approveTyped(scene, id, 'app', 'ops1')
  const ended = await scene.until(id, 'closed', 'void', 'stuck')
  expect(ended.execution?.outcome, JSON.stringify(ended.execution)).toBe('kept')
  expect(await story.rows("SELECT count(*) FROM information_schema.columns WHERE column_name = 'note'")).toBe(
    '0',
  )
  expect(await markers()).toBe(before + 1)
  const record = await scene.call<{ markdown: string }>('ops1', 'GET', `/changes/${id}/record?language=en`)
  expect(record.body.markdown.match(/typed “app”/g)).toHaveLength(2)
  await story.rows(
    'ALTER TABLE articles ADD COLUMN note text',
    "UPDATE articles SET note = 'note ' || id WHERE id % 2 = 0",
  )
})

test('part of S07: two people of one group are refused by the runner, and by the gate', async () => {
  const { scene } = story
  await scene.rewritePolicy((yaml) => yaml.replace(/(ops[12]: \{ )/g, '$1group: shop, '))
  try {
    const up = '-- sekisho: accept drop_column: unused\nALTER TABLE authors DROP COLUMN name;\n'
    const tried = await story.tried(up, undefined, losing(up), 'dev')
    const { id } = tried.body
    await scene.seal('dev', id)
    const both = [
      await signedApproval(scene, 'ops1', id, 'app'),
      await signedApproval(scene, 'ops2', id, 'app'),
    ]
    expect(await orderedDirectly(scene, id, both)).toBe('approval.same_group')
    expect((await approveTyped(scene, id, 'app', 'ops2')).body.state).toBe('awaiting_approval')
    expect((await approveTyped(scene, id, 'app', 'ops1')).body.code).toBe('approval.same_group')
    expect((await scene.call('dev', 'POST', `/changes/${id}/withdraw`)).status).toBe(200)
  } finally {
    await scene.rewritePolicy((yaml) => yaml.replaceAll('group: shop, ', ''))
  }
})

test('S24 what goes, is emptied or does not fit any more is named with its rows; what only adds passes', async () => {
  const up = [
    'ALTER TABLE articles ALTER COLUMN note TYPE varchar(6) USING left(note, 6);',
    'DROP TABLE authors;',
    'DELETE FROM articles WHERE id > 150;',
  ].join('\n')
  const tried = await story.tried(up, 'SELECT 1;')
  expect(problemsOf(tried.body).filter(({ code }) => code === 'schema.at_risk')).toMatchObject([
    { line: 1, text: expect.stringContaining('"table":"articles","rows":96,"column":"note"') },
    { line: 2, text: expect.stringContaining('"table":"authors","rows":20') },
    { line: 3, text: expect.stringContaining('"table":"public.articles","rows":50') },
  ])
  expect(problemsOf((await story.tried(UP, DOWN)).body)).toEqual([])
})

test('S26 a way back that leaves other rows is red and names the table', async () => {
  const red = await story.tried(
    'ALTER TABLE authors ADD COLUMN mail text;\n',
    'ALTER TABLE authors DROP COLUMN mail;\nDELETE FROM authors WHERE id > 15;\n',
  )
  expect(problemsOf(red.body)).toMatchObject([
    {
      code: 'schema.rows_differ',
      text: expect.stringContaining('"table":"public.authors","before":20,"after":15'),
    },
  ])
})

test('S23 a column that somebody alters by hand after the seal voids the envelope, by its name', async () => {
  const tried = await story.tried(UP, DOWN)
  const sealed = await story.scene.seal('ops1', tried.body.id)
  expect(sealed.body.state, sealed.text).toBe('awaiting_approval')
  await story.rows('ALTER TABLE authors ALTER COLUMN name SET DEFAULT $$nobody$$')
  try {
    await story.scene.approve('ops2', tried.body.id)
    const ended = await story.scene.until(tried.body.id, 'void')
    expect(JSON.stringify(ended.moved)).toContain('column public.authors.name')
    expect(
      await story.rows("SELECT count(*) FROM information_schema.columns WHERE column_name = 'views'"),
    ).toBe('0')
  } finally {
    await story.rows('ALTER TABLE authors ALTER COLUMN name DROP DEFAULT')
  }
})

test('N19 N20 a rewrite in a DO block is measured, and somebody who holds the table is not waited for', async () => {
  const hidden = await story.tried(
    "DO $$ BEGIN EXECUTE 'ALTER TABLE articles ALTER COLUMN note TYPE varchar(500)'; END $$;\n",
    "DO $$ BEGIN EXECUTE 'ALTER TABLE articles ALTER COLUMN note TYPE text'; END $$;\n",
  )
  const codes = problemsOf(hidden.body).map(({ code }) => code)
  expect(codes, hidden.text).toContain('schema.unseen_rewrite')
  const plain = await story.tried(UP, DOWN)
  expect(facts(plain.body, 'trial')['held']).toMatchObject([{ table: 'public.articles', outcome: 'gave_up' }])
})
