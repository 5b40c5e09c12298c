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
