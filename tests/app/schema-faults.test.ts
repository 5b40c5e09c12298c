// Planted faults of migrations, each with a sound twin that differs in nothing else: the fault is refused and named, the twin has no finding.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { share } from '../crash/share.ts'
import { openSchemaScene, type SchemaScene } from './schema-story.ts'

let story: SchemaScene

beforeAll(async () => {
  story = await openSchemaScene('role: mirai, lock_timeout: 1s')
  await story.world.sql('postgres', 'GRANT reporting TO mirai')
  await story.rows('GRANT CREATE ON SCHEMA public TO reporting')
})
afterAll(() => story?.end())

interface Pair {
  readonly fault: string
  readonly up: string
  readonly down: string
  /** The sound ones, where they differ. */
  readonly soundUp?: string
  readonly soundDown?: string
  readonly code: string
  readonly names: string
}

const PAIRS: readonly Pair[] = [
  {
    fault: 'down leaves an index',
    up: 'CREATE TABLE tags (id int PRIMARY KEY, name text);\nALTER TABLE authors ADD COLUMN born date;\n-- sekisho: accept index_locks: twenty rows\nCREATE INDEX authors_born ON authors (name);\n',
    down: 'DROP TABLE tags;\nALTER TABLE authors DROP COLUMN born;\n',
    soundDown: 'DROP TABLE tags;\nALTER TABLE authors DROP COLUMN born;\nDROP INDEX authors_born;\n',
    code: 'schema.down_differs',
    names: 'index public.authors_born',
  },
  {
    fault: 'down loses rows',
    up: 'ALTER TABLE authors ADD COLUMN mail text;\n',
    down: 'ALTER TABLE authors DROP COLUMN mail;\nDELETE FROM authors WHERE id > 15;\n',
    soundDown: 'ALTER TABLE authors DROP COLUMN mail;\n',
    code: 'schema.rows_differ',
    names: '"table":"public.authors","before":20,"after":15',
  },
  {
    fault: 'down loses the updates that were written since',
    up: 'CREATE TABLE articles_before AS SELECT * FROM articles;\nALTER TABLE articles ADD COLUMN words int;\n',
    down: 'ALTER TABLE articles DROP COLUMN words;\nUPDATE articles a SET title = b.title, note = b.note FROM articles_before b WHERE b.id = a.id;\nDROP TABLE articles_before;\n',
    soundDown: 'ALTER TABLE articles DROP COLUMN words;\nDROP TABLE articles_before;\n',
    code: 'schema.loses',
    names: '"table":"public.articles","rows":0,"updates":100',
  },
  {
    fault: 'down deletes rows of a table of production',
    up: 'ALTER TABLE authors ADD COLUMN mail text;\n',
    down: 'ALTER TABLE authors DROP COLUMN mail;\nDELETE FROM authors WHERE id < 0;\n',
    soundDown: 'ALTER TABLE authors DROP COLUMN mail;\n',
    code: 'schema.back_takes',
    names: '"table":"authors"',
  },
  {
    fault: 'rows without the value that is no longer needed keep down from running',
    up: 'ALTER TABLE articles ALTER COLUMN title DROP NOT NULL;\n',
    down: '-- sekisho: accept not_null_scans: small\nALTER TABLE articles ALTER COLUMN title SET NOT NULL;\n',
    soundDown:
      '-- sekisho: accept rows_at_risk: drafts\nDELETE FROM articles WHERE title IS NULL;\nALTER TABLE articles ALTER COLUMN title SET NOT NULL;\n',
    code: 'schema.nulls_hold',
    names: '"columns":["title"],"added":100',
  },
  {
    fault: 'the table goes to another owner',
    up: 'ALTER TABLE authors ADD COLUMN mail text;\n',
    down: 'ALTER TABLE authors DROP COLUMN mail;\nALTER TABLE authors OWNER TO reporting;\n',
    soundDown: 'ALTER TABLE authors DROP COLUMN mail;\n',
    code: 'schema.down_differs',
    names: 'other owner table public.authors',
  },
  {
    fault: 'up runs on an empty table only',
    up: '-- sekisho: accept column_required: the table is empty in development\nALTER TABLE authors ADD COLUMN mail text NOT NULL;\n',
    soundUp: "ALTER TABLE authors ADD COLUMN mail text NOT NULL DEFAULT '';\n",
    down: 'ALTER TABLE authors DROP COLUMN mail;\n',
    code: 'schema.up_failed',
    names: 'mail',
  },
  {
    fault: 'it lifts its limit for locks and waits on',
    up: "DO $$ BEGIN PERFORM set_config('lock_timeout', '0', false); END $$;\nALTER TABLE articles ADD COLUMN words int;\n",
    soundUp: 'ALTER TABLE articles ADD COLUMN words int;\n',
    down: 'ALTER TABLE articles DROP COLUMN words;\n',
    code: 'schema.waits_on',
    names: 'public.articles',
  },
  {
    fault: 'a rewrite in a DO block',
    up: "DO $$ BEGIN EXECUTE 'ALTER TABLE articles ALTER COLUMN note TYPE varchar(500)'; END $$;\n",
    soundUp: 'ALTER TABLE articles ADD COLUMN words int;\nALTER TABLE articles DROP COLUMN words;\n'.replace(
      'ALTER TABLE articles DROP',
      '-- sekisho: accept drop_column: made one line above\nALTER TABLE articles DROP',
    ),
    down: "DO $$ BEGIN EXECUTE 'ALTER TABLE articles ALTER COLUMN note TYPE text'; END $$;\n",
    code: 'schema.unseen_rewrite',
    names: 'public.articles',
  },
  {
    fault: 'it changes the password of its own role',
    up: "DO $$ BEGIN EXECUTE 'ALTER ROLE mirai PASSWORD ''other'''; END $$;\nCREATE TABLE tags (id int);\n",
    soundUp: 'CREATE TABLE tags (id int);\n',
    down: 'DROP TABLE tags;\n',
    code: 'schema.touches_roles',
    names: 'other role mirai',
  },
  {
    fault: 'a rewrite that EXCEPTION swallows in a session of another name',
    up: "SET application_name = 'migration-42';\nDO $$ BEGIN BEGIN EXECUTE 'ALTER TABLE articles ALTER COLUMN note TYPE varchar(500)'; PERFORM pg_sleep(0.3); RAISE EXCEPTION 'x'; EXCEPTION WHEN OTHERS THEN NULL; END; END $$;\nCREATE TABLE tags (id int);\n",
    soundUp: "SET application_name = 'migration-42';\nCREATE TABLE tags (id int);\n",
    down: 'DROP TABLE tags;\n',
    code: 'schema.unseen_lock',
    names: 'public.articles',
  },
  {
    fault: 'a rewrite that EXCEPTION swallows',
    up: "DO $$ BEGIN BEGIN EXECUTE 'ALTER TABLE articles ALTER COLUMN note TYPE varchar(500)'; PERFORM pg_sleep(0.3); RAISE EXCEPTION 'x'; EXCEPTION WHEN OTHERS THEN NULL; END; END $$;\nCREATE TABLE tags (id int);\n",
    soundUp: 'CREATE TABLE tags (id int);\n',
    down: 'DROP TABLE tags;\n',
    code: 'schema.unseen_lock',
    names: 'public.articles',
  },
]

const ours = (view: ChangeView) =>
  view.checks.flatMap(({ problems }) => problems).filter(({ code }) => /^(schema|sql)\./.test(code))

test.each(share(PAIRS, 'planted faults of migrations', 4))(
  'part of S26, N19, N20, N21: $fault, and its sound twin passes',
  async (pair) => {
    const { up, down, soundUp = up, soundDown = down, code, names } = pair
    const red = await story.tried(up, down)
    expect(red.body.state, red.text).toBe('blocked')
    const found = ours(red.body).filter((problem) => problem.code !== 'schema.not_reached')
    expect(
      found.map((problem) => problem.code),
      red.text,
    ).toEqual([code])
    expect(`${found[0]?.text}`).toContain(names)
    const green = await story.tried(soundUp, soundDown)
    expect(ours(green.body), green.text).toEqual([])
    expect(green.body.state).toBe('ready')
  },
)

test('part of B7: rows that a migration puts into a name or an error are not told', async () => {
  const error = await story.tried(
    "DO $$ BEGIN EXECUTE format('SELECT 1 FROM %I', (SELECT string_agg(name, ' ') FROM authors WHERE id < 3)); END $$;\n",
    'SELECT 1;\n',
  )
  expect(ours(error.body)[0]?.text).toContain('relation "…" does not exist')
  const made = await story.tried(
    "DO $$ BEGIN EXECUTE format('CREATE TABLE %I ()', (SELECT name FROM authors WHERE id = 7)); END $$;\n",
    'SELECT 1;\n',
  )
  expect(ours(made.body).map(({ code }) => code)).toEqual(['schema.down_differs', 'schema.rows_differ'])
  for (const { text } of [error, made]) expect(text).not.toMatch(/author \d/)
})

test('part of S24: without a way back, rows that a block empties, deletes or changes are counted and red', async () => {
  const tried = async (up: string) =>
    story.tried(up, undefined, {
      migration: { up: { name: 'u.sql', base64: Buffer.from(up).toString('base64') }, irreversible: true },
    })
  const red = await tried(
    [
      'DO $$ BEGIN UPDATE authors SET name = upper(name) WHERE id > 10; END $$;',
      'DO $$ BEGIN TRUNCATE articles; END $$;',
      'WITH gone AS (DELETE FROM authors WHERE id = 1 RETURNING *) SELECT 1 FROM gone;',
    ].join('\n'),
  )
  expect(ours(red.body).map(({ code, line }) => [code, line])).toEqual([
    ['schema.at_risk', 1],
    ['schema.at_risk', 3],
    ['schema.rows_moved', undefined],
    ['schema.unseen_rewrite', 2],
  ])
  const [changed, deleted, emptied] = ours(red.body).map(({ text }) => text)
  expect(changed).toContain('"kind":"changed","table":"public.authors","rows":10')
  expect(deleted).toContain('"table":"public.authors","rows":1')
  expect(emptied).toContain('"table":"public.articles","before":200,"after":0')
  const filled = 'ALTER TABLE authors ADD COLUMN mail text;\nUPDATE authors SET mail = name WHERE id > 0;\n'
  const green = await tried(filled)
  expect([green.body.state, ours(green.body)], green.text).toEqual(['ready', []])
  expect(green.body.checks.find(({ check }) => check === 'undo')?.verdict).toBe('green')
  const agent = await story.tried(
    '-- sekisho: accept drop_column: unused\nALTER TABLE authors DROP COLUMN name;\n',
    'SELECT 1;\n',
    {},
    'claude',
  )
  expect([agent.status, agent.body], agent.text).toMatchObject([403, { code: 'schema.agent_accepts' }])
})
