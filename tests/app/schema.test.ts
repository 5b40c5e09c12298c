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

test('S25 a migration without a way down is refused at the plan', async () => {
  const refused = await story.tried(UP, undefined)
  expect([refused.status, refused.body]).toMatchObject([403, { code: 'schema.no_down' }])
})

/** Each fault with the sound twin that differs in nothing else. */
const PAIRS = [
  {
    fault: 'down leaves an index',
    up: 'CREATE TABLE tags (id int PRIMARY KEY, name text);\nALTER TABLE authors ADD COLUMN born date;\n-- sekisho: accept index_locks: twenty rows\nCREATE INDEX authors_born ON authors (name);\n',
    wrong: 'DROP TABLE tags;\nALTER TABLE authors DROP COLUMN born;\n',
    sound: 'DROP TABLE tags;\nALTER TABLE authors DROP COLUMN born;\nDROP INDEX authors_born;\n',
    code: 'schema.down_differs',
    names: 'index public.authors_born',
  },
  {
    fault: 'down loses rows',
    up: 'ALTER TABLE authors ADD COLUMN mail text;\n',
    wrong: 'ALTER TABLE authors DROP COLUMN mail;\nDELETE FROM authors WHERE id > 15;\n',
    sound: 'ALTER TABLE authors DROP COLUMN mail;\n',
    code: 'schema.rows_differ',
    names: '"table":"public.authors","before":20,"after":15',
  },
  {
    fault: 'down loses the updates that were written since',
    up: 'CREATE TABLE articles_before AS SELECT * FROM articles;\nALTER TABLE articles ADD COLUMN words int;\n',
    wrong:
      'ALTER TABLE articles DROP COLUMN words;\nUPDATE articles a SET title = b.title, note = b.note FROM articles_before b WHERE b.id = a.id;\nDROP TABLE articles_before;\n',
    sound: 'ALTER TABLE articles DROP COLUMN words;\nDROP TABLE articles_before;\n',
    code: 'schema.loses',
    names: '"table":"public.articles","rows":0,"updates":100',
  },
] as const

test.each(PAIRS)(
  'part of S26, N21: $fault, and it is refused and named; its sound twin passes',
  async (one) => {
    const red = await story.tried(one.up, one.wrong)
    expect(red.body.state, red.text).toBe('blocked')
    const found = problemsOf(red.body).filter(({ code }) => code.startsWith('schema.'))
    expect(found.map(({ code }) => code)).toEqual([one.code])
    expect(found[0]?.text).toContain(one.names)
    const green = await story.tried(one.up, one.sound)
    expect(problemsOf(green.body)).toEqual([])
    expect(green.body.state, green.text).toBe('ready')
  },
)

test('part of S23: a column that somebody alters by hand after the seal voids the envelope, by its name', async () => {
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

test('part of N19, N20: a rewrite in a DO block is measured, and somebody who holds the table is not waited for', async () => {
  const hidden = await story.tried(
    "DO $$ BEGIN EXECUTE 'ALTER TABLE articles ALTER COLUMN note TYPE varchar(500)'; END $$;\n",
    "DO $$ BEGIN EXECUTE 'ALTER TABLE articles ALTER COLUMN note TYPE text'; END $$;\n",
  )
  const codes = problemsOf(hidden.body).map(({ code }) => code)
  expect(codes, hidden.text).toContain('schema.unseen_rewrite')
  const plain = await story.tried(UP, DOWN)
  expect(facts(plain.body, 'trial')['held']).toMatchObject([{ table: 'public.articles', gaveUp: true }])
})
