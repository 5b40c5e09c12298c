// A change of a schema from the wish to the record, on a real cluster: rehearsed on a clone, run once as the declared role, taken back by its twin.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../until.ts'
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

test('N19 a rewrite that a DO block hides is found by what each statement is measured to do, and where rule and measurement disagree that is said', async () => {
  const hidden = await story.tried(
    "ALTER TABLE authors ADD COLUMN mail text;\nDO $$ BEGIN EXECUTE 'ALTER TABLE articles ALTER COLUMN note TYPE varchar(500)'; END $$;\n",
    "DO $$ BEGIN EXECUTE 'ALTER TABLE articles ALTER COLUMN note TYPE text'; END $$;\nALTER TABLE authors DROP COLUMN mail;\n",
  )
  expect(facts(hidden.body, 'trial')['statements']).toMatchObject([
    { line: 1, rewritten: [], scanned: {}, locks: { 'public.authors': 'AccessExclusiveLock' } },
    {
      line: 2,
      rewritten: ['public.articles'],
      scanned: { 'public.articles': expect.any(Number) },
      locks: { 'public.articles': 'AccessExclusiveLock' },
    },
  ])
  // Measured, and no rule speaks of it.
  expect([hidden.body.state, problemsOf(hidden.body)], hidden.text).toMatchObject([
    'blocked',
    [{ code: 'schema.unseen_rewrite', line: 2, text: expect.stringContaining('public.articles') }],
  ])
  // Rules speak of a rewrite and of a scan, and neither is measured.
  const told = await story.tried(
    [
      '-- sekisho: accept type_rewrites: it is text already',
      'ALTER TABLE authors ALTER COLUMN name TYPE text;',
      '-- sekisho: accept not_null_scans: it is required already',
      'ALTER TABLE authors ALTER COLUMN name SET NOT NULL;',
      '',
    ].join('\n'),
    'SELECT 1;\n',
  )
  expect(facts(told.body, 'trial')['unconfirmed'], told.text).toEqual([
    { rule: 'type_rewrites', line: 2, table: 'authors' },
    { rule: 'not_null_scans', line: 4, table: 'authors' },
  ])
  const card = await cardOf(told.body.id)
  expect(card).toContain('rule and measurement disagree: line 2 type_rewrites rewrote nothing in the clone')
  expect(card).toContain('rule and measurement disagree: line 4 not_null_scans read no rows in the clone')
  // Where both agree nothing is said.
  const agreed = await story.tried(
    '-- sekisho: accept type_rewrites: small\nALTER TABLE articles ALTER COLUMN note TYPE varchar(500);\n',
    '-- sekisho: accept type_rewrites: small\nALTER TABLE articles ALTER COLUMN note TYPE text;\n',
  )
  expect([problemsOf(agreed.body), facts(agreed.body, 'trial')['unconfirmed']], agreed.text).toEqual([[], []])
})

const cardOf = async (id: string) =>
  (
    await story.scene.call<{ text: string }>('ops2', 'GET', `/changes/${id}/card?language=en`)
  ).body.text.replace(/\s+/g, ' ')

test('N20 while somebody has a transaction open on the busiest table a migration gives up within its limit for locks and leaves nothing, in the rehearsal and in production', async () => {
  const tried = await story.tried(
    `CREATE TABLE tags (id int PRIMARY KEY);\n${UP}`,
    `${DOWN}DROP TABLE tags;\n`,
  )
  expect(facts(tried.body, 'trial')['held'], tried.text).toMatchObject([
    { table: 'public.articles', outcome: 'gave_up' },
  ])
  expect(await cardOf(tried.body.id)).toMatch(
    /while public\.articles is held: gives up after the declared [0-9.]+ s and leaves neither schema nor rows behind/,
  )
  // What stands outside of its transaction stays when it gives up: that is red, by its name.
  const leaves = await story.tried(
    `CREATE INDEX CONCURRENTLY authors_name ON authors (name);\n${UP}`,
    `${DOWN}DROP INDEX CONCURRENTLY authors_name;\n`,
  )
  expect(problemsOf(leaves.body), leaves.text).toMatchObject([
    { code: 'schema.left_over', text: expect.stringContaining('index public.authors_name') },
  ])

  // The same in production, with somebody who holds it for longer than all of this takes.
  const before = {
    schema: await story.dumped(),
    rows: await story.rows('SELECT md5(string_agg(a::text, $$,$$ ORDER BY id)) FROM articles a'),
  }
  const holder = story
    .rows('BEGIN', 'UPDATE articles SET note = note WHERE id = 1', 'SELECT pg_sleep(3600)')
    .catch(() => '')
  const holding = async () =>
    story.world.sql(
      'postgres',
      "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(3600)%' AND pid <> pg_backend_pid()",
    )
  await until('the holder to hold it', 60_000, async () => ((await holding()) === '1' ? true : undefined))
  try {
    const ended = await story.run(tried.body)
    expect([ended.state, ended.execution?.outcome], JSON.stringify(ended.execution)).toEqual([
      'closed',
      'rolled_back',
    ])
    const record = await story.scene.call('ops1', 'GET', `/changes/${ended.id}/record?language=en`)
    expect(record.text).toContain('a lock of a table was not to be had within the declared 5 s')
    // It was not waited for.
    expect(await holding()).toBe('1')
    expect(
      await story.world.sql(
        'postgres',
        "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'sekisho CHG-%'",
      ),
    ).toBe('0')
  } finally {
    await story.world.sql(
      'postgres',
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(3600)%' AND pid <> pg_backend_pid()",
    )
    await holder
  }
  expect({
    schema: await story.dumped(),
    rows: await story.rows('SELECT md5(string_agg(a::text, $$,$$ ORDER BY id)) FROM articles a'),
  }).toEqual(before)
  expect(
    await story.rows(`SELECT count(*) FROM sekisho.migration WHERE execution LIKE '${tried.body.id}/%'`),
  ).toBe('0')
})
