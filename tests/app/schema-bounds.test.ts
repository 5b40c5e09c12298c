// What `change rollback` of a schema may take is bounded also where its statement does not name it, and where a search path says what a name means.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { openSchemaScene, type SchemaScene } from './schema-story.ts'

let story: SchemaScene

beforeAll(async () => {
  story = await openSchemaScene('role: mirai, lock_timeout: 1s')
  // The name `items` means another table than public's for the role that changes the schema.
  await story.rows(
    'CREATE SCHEMA shop AUTHORIZATION mirai',
    'SET ROLE mirai; CREATE TABLE shop.items (id int PRIMARY KEY)',
    'SET ROLE mirai; CREATE TABLE shop.reviews (item int REFERENCES shop.items, note text)',
    // One more of this name refers to it.
    'CREATE SCHEMA audit AUTHORIZATION mirai',
    'SET ROLE mirai; CREATE TABLE audit.items (item int REFERENCES shop.items)',
    'SET ROLE mirai; CREATE TABLE public.items (id int PRIMARY KEY)',
    'CREATE SCHEMA depot AUTHORIZATION mirai',
    'SET ROLE mirai; CREATE TABLE depot.items (id int PRIMARY KEY)',
    'INSERT INTO public.items SELECT generate_series(1, 9)',
  )
  await story.world.sql('postgres', 'ALTER ROLE mirai IN DATABASE mirai SET search_path = shop, public')
})
afterAll(() => story?.end())

const problemsOf = ({ checks }: ChangeView) => JSON.stringify(checks.flatMap(({ problems }) => problems))

async function kept(up: string, down: string): Promise<ChangeView> {
  const tried = await story.tried(up, down)
  expect(tried.body.state, problemsOf(tried.body)).toBe('ready')
  const done = await story.run(tried.body)
  expect(done.execution?.outcome, JSON.stringify(done)).toBe('kept')
  return done
}

async function takenBack({ id }: ChangeView): Promise<ChangeView> {
  const back = await story.scene.call<ChangeView>('ops1', 'POST', `/changes/${id}/rollback`, {})
  expect(back.status, back.text).toBe(200)
  const tried = await story.scene.call<ChangeView>('ops1', 'POST', `/changes/${back.body.id}/try`)
  expect(tried.status, tried.text).toBe(200)
  return tried.body
}

async function ranTo(view: ChangeView): Promise<string | undefined> {
  const { state, execution, steps } = await story.run(view)
  if (state !== 'closed') throw new Error(JSON.stringify([state, execution, steps]))
  return execution?.outcome
}

async function cardOf({ id }: Pick<ChangeView, 'id'>): Promise<string> {
  const card = await story.scene.call<{ text: string }>('ops2', 'GET', `/changes/${id}/card?language=en`)
  return card.body.text.replace(/\s+/g, ' ')
}

const EMPTIES = '-- sekisho: accept rows_at_risk: nothing is in them\nTRUNCATE items CASCADE;\n'

test('part of S27, N21: what TRUNCATE … CASCADE empties beside its table, and a name that another schema holds, are counted and bounded', async () => {
  const first = await kept(
    'ALTER TABLE articles ADD COLUMN summary text;\n',
    `${EMPTIES}ALTER TABLE articles DROP COLUMN summary;\n`,
  )
  await story.rows('INSERT INTO audit.items VALUES (NULL), (NULL), (NULL)')
  const back = await takenBack(first)
  expect(back.state, problemsOf(back)).toBe('ready')
  const card = await cardOf(back)
  expect(card).toContain('0 values of shop.items are lost (line 2; counted in the clone)')
  expect(card).toContain('0 values of shop.reviews are lost (line 2; counted in the clone)')
  expect(card).toContain('3 rows of audit.items lose what they hold (line 2; counted in the clone)')
  // After the trial somebody writes into the table that no word of the file names.
  await story.rows("INSERT INTO shop.reviews VALUES (NULL, 'late')")
  expect(await ranTo(back)).toBe('rolled_back')
  expect(await story.rows('SELECT note FROM shop.reviews')).toBe('late')
  const second = await takenBack(first)
  expect(await cardOf(second)).toContain('1 rows of shop.reviews')
  await story.rows('INSERT INTO shop.items VALUES (1)')
  expect(await ranTo(second)).toBe('rolled_back')
  expect(
    await story.rows(
      'SELECT (SELECT count(*) FROM shop.items) || chr(32) || (SELECT count(*) FROM public.items)',
    ),
  ).toBe('1 9')
  await story.rows('DELETE FROM shop.reviews', 'DELETE FROM shop.items')
  // What no card shows whole is no rollback.
  const each = (statement: string) =>
    story.rows(
      `SET ROLE mirai; DO $$ BEGIN FOR i IN 1..200 LOOP EXECUTE format('${statement}', i); END LOOP; END $$`,
    )
  await each('CREATE TABLE shop.part_%s (item int REFERENCES shop.items)')
  const many = await takenBack(first)
  expect(many.state).not.toBe('ready')
  expect(problemsOf(many)).toContain('204')
  expect(await cardOf(many)).toContain('it has 204 numbers of what is lost, and a rollback holds 200')
  await each('DROP TABLE shop.part_%s')
  expect(await ranTo(await takenBack(first))).toBe('kept')
  expect(await story.rows('SELECT count(*) FROM public.items')).toBe('9')
})

test('part of S27: a path that the file sets is followed, one that nobody can read is refused, and what runs in no transaction is told', async () => {
  const empties = EMPTIES.replace(' CASCADE', '')
  const set = await kept(
    'CREATE INDEX CONCURRENTLY articles_note ON public.articles (note);\n',
    `SET search_path TO depot;\n${empties}DROP INDEX CONCURRENTLY public.articles_note;\n`,
  )
  const back = await takenBack(set)
  expect(back.state, problemsOf(back)).toBe('ready')
  const card = await cardOf(back)
  expect(card).toContain('0 values of depot.items are lost (line 3; counted in the clone)')
  expect(card).toContain(
    'line 4: DROP INDEX CONCURRENTLY runs outside of a transaction, so no bound holds for it',
  )
  await story.rows('INSERT INTO depot.items VALUES (1)')
  expect(await ranTo(back)).toBe('rolled_back')
  expect(await story.rows('SELECT count(*) FROM depot.items')).toBe('1')
  await story.rows('DELETE FROM depot.items')
  const unread = await kept(
    'ALTER TABLE public.articles ADD COLUMN remark text;\n',
    `SELECT set_config('search_path', 'depot', false);\n${empties}ALTER TABLE public.articles DROP COLUMN remark;\n`,
  )
  const refused = await takenBack(unread)
  expect(refused.state).not.toBe('ready')
  expect(refused.checks.flatMap(({ problems }) => problems.map(({ code, text }) => [code, text]))).toEqual([
    ['schema.not_counted', '{"what":"items"}'],
  ])
})

test('a file of as many statements as may stand in one is tried on the clone', async () => {
  const many = `CREATE TABLE public.many (n int);\n${'INSERT INTO public.many VALUES (1);\n'.repeat(499)}`
  const { body } = await story.tried(many, 'DROP TABLE public.many;\n')
  const { verdict, facts } = body.checks.find(({ check }) => check === 'trial') ?? {}
  // The first of them are listed, and how many more there are.
  expect([verdict, facts?.['statementsMore']], problemsOf(body)).toEqual(['green', 300])
})

test('a statement that is longer than an argument of a program may be is asked all the same', async () => {
  const long = 'x'.repeat(200_000)
  expect(
    await story.rows(
      'SELECT 1',
      `SELECT length('${long}') || ':a'::text || E'\\x5c'`,
      `SELECT '${long}' = repeat('x', 200000)`,
    ),
  ).toBe('1\n200000:a\\\nt')
})
