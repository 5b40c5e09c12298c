// An ordinary change of a schema is taken back by the line that is printed, with no word in its files: what it loses is counted, on the clone and in production.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { openSchemaScene, type SchemaScene } from './schema-story.ts'

let story: SchemaScene

/** The service: with a summary it is sick once the change was kept. */
let isSickWithSummary = false
const hasSummary = async () =>
  (await story.rows(
    "SELECT count(*) FROM information_schema.columns WHERE table_name = 'articles' AND column_name = 'summary'",
  )) === '1'
const answer = async () => (isSickWithSummary && (await hasSummary()) ? 500 : 200)
const service = createServer((_, response) => {
  void answer().then((status) => response.writeHead(status).end())
})

beforeAll(async () => {
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
  const { port } = service.address() as AddressInfo
  story = await openSchemaScene('role: mirai, lock_timeout: 1s', {}, [
    `    health: { url: http://127.0.0.1:${port}/health, status: 200, good: 1, of: 3, every: 200ms }`,
  ])
})
afterAll(async () => {
  await story?.end()
  await new Promise((resolve) => service.close(resolve))
})

const UP = 'ALTER TABLE articles ADD COLUMN summary text;\n'
const DOWN = 'ALTER TABLE articles DROP COLUMN summary;\n'

async function kept(up = UP, down = DOWN): Promise<ChangeView> {
  const tried = await story.tried(up, down)
  expect(tried.body.state, problemsOf(tried.body)).toBe('ready')
  const done = await story.run(tried.body)
  expect(done.execution?.outcome, JSON.stringify(done)).toBe('kept')
  return done
}

/** By the command that the kept change prints. */
async function takenBack({ id, next }: ChangeView): Promise<ChangeView> {
  expect(next.map(({ command }) => command)).toContain(`sekisho change rollback ${id}`)
  const back = await story.scene.call<ChangeView>('ops1', 'POST', `/changes/${id}/rollback`, {})
  expect(back.status, back.text).toBe(200)
  const tried = await story.scene.call<ChangeView>('ops1', 'POST', `/changes/${back.body.id}/try`)
  expect(tried.status, tried.text).toBe(200)
  return tried.body
}

const problemsOf = ({ checks }: ChangeView) => JSON.stringify(checks.flatMap(({ problems }) => problems))

/** How its execution ended. */
async function ranTo(view: ChangeView): Promise<string | undefined> {
  const { state, execution, steps } = await story.run(view)
  if (state !== 'closed') throw new Error(JSON.stringify([state, execution, steps]))
  return execution?.outcome
}

async function cardOf({ id }: Pick<ChangeView, 'id'>): Promise<string> {
  const card = await story.scene.call<{ text: string }>('ops2', 'GET', `/changes/${id}/card?language=en`)
  return card.body.text.replace(/\s+/g, ' ')
}

test('part of S27: a column that nobody has filled goes by the printed line, with no acceptance in its files', async () => {
  const before = await story.dumped()
  const first = await kept()
  // Since then the service is sick: that stops no way back, and behind it health is proven.
  isSickWithSummary = true
  const back = await takenBack(first)
  expect(back.state, problemsOf(back)).toBe('ready')
  const card = await cardOf(back)
  expect(card).toContain('0 values of articles.summary are lost (line 1; counted in the clone)')
  expect(card).toContain('rule of the text: drop_column (line 1, articles); it does not block')
  expect(card).not.toContain('users must be told')
  expect(await ranTo(back)).toBe('kept')
  expect(await story.dumped()).toBe(before)
  isSickWithSummary = false
  const list = await story.scene.call<{ changes: readonly ChangeView[] }>('ops1', 'GET', '/changes')
  expect(list.body.changes.find(({ id }) => id === first.id)).toMatchObject({ takenBackBy: back.id })
  const again = await story.scene.call<{ code: string }>('ops1', 'POST', `/changes/${first.id}/rollback`, {})
  expect([again.status, again.body.code, again.text], again.text).toEqual([
    409,
    'change.taken_back',
    expect.stringContaining(back.id),
  ])
})

test('part of S27, N21: values in the column stand on the card with their number, are lost by its approval, and more than that are not', async () => {
  const first = await kept()
  await story.rows("UPDATE articles SET summary = 'short' WHERE id <= 8")
  const back = await takenBack(first)
  expect(back.state, problemsOf(back)).toBe('ready')
  const card = await cardOf(back)
  expect(card).toContain('8 rows of articles lose their summary (line 1; counted in the clone)')
  expect(card).toContain('what is lost does not come back: 8 rows of articles.summary')
  expect(card).not.toContain('all rows as before')
  // Between the trial and the start two more were written.
  await story.rows("UPDATE articles SET summary = 'late' WHERE id IN (9, 10)")
  expect(await ranTo(back)).toBe('rolled_back')
  expect(await story.rows('SELECT count(summary) FROM articles')).toBe('10')
  const record = await story.scene.call<{ text: string }>(
    'ops1',
    'GET',
    `/changes/${back.id}/record?language=en`,
  )
  expect(record.text).toContain('articles.summary 10')
  const anew = await takenBack(first)
  expect(await cardOf(anew)).toContain('10 rows of articles lose their summary')
  const titles = "SELECT md5(string_agg(id || title, ',' ORDER BY id)) FROM articles"
  const before = await story.rows(titles)
  expect(await ranTo(anew)).toBe('kept')
  expect(
    await story.rows(
      "SELECT count(*) FROM information_schema.columns WHERE table_name = 'articles' AND column_name = 'summary'",
    ),
  ).toBe('0')
  expect(await story.rows(titles)).toBe(before)
})

test('rows that the way back deletes are bounded by their number on the card', async () => {
  const first = await kept(
    'ALTER TABLE articles ALTER COLUMN title DROP NOT NULL;\n',
    '-- sekisho: accept rows_at_risk: drafts\nDELETE FROM articles WHERE title IS NULL;\nALTER TABLE articles ALTER COLUMN title SET NOT NULL;\n',
  )
  await story.rows('INSERT INTO articles (id) VALUES (901), (902)')
  const back = await takenBack(first)
  expect(back.state, problemsOf(back)).toBe('ready')
  expect(await cardOf(back)).toContain('2 rows of public.articles lose what they hold')
  await story.rows('INSERT INTO articles (id) VALUES (903)')
  expect(await ranTo(back)).toBe('rolled_back')
  expect(await story.rows('SELECT count(*) FROM articles WHERE title IS NULL')).toBe('3')
  await story.rows('DELETE FROM articles WHERE id = 903')
  expect(await ranTo(await takenBack(first))).toBe('kept')
  expect(await story.rows('SELECT count(*) FROM articles WHERE id > 900')).toBe('0')
})

test('part of S27: a way back that takes a table no number names stays red, however empty it is', async () => {
  const first = await kept(
    'CREATE SCHEMA shop;\nCREATE TABLE shop.orders (id int PRIMARY KEY);\n',
    'DROP SCHEMA shop CASCADE;\n',
  )
  const back = await takenBack(first)
  expect(back.state).not.toBe('ready')
  const problems = back.checks.flatMap((one) => one.problems)
  expect(problems.map(({ code, text }) => [code, text])).toEqual([
    ['schema.not_counted', '{"what":"shop.orders"}'],
  ])
  expect(await cardOf(back)).toContain('what shop.orders loses could not be counted')
})

test('part of S27: rows that the way back changes are bounded by their number in the rehearsal', async () => {
  const first = await kept(
    'ALTER TABLE articles ADD COLUMN remark text;\n',
    "UPDATE articles SET title = 'none' WHERE title = 'gone';\nALTER TABLE articles DROP COLUMN remark;\n",
  )
  const back = await takenBack(first)
  expect(back.state, problemsOf(back)).toBe('ready')
  await story.rows("INSERT INTO articles (id, title) VALUES (950, 'gone')")
  expect(await ranTo(back)).toBe('rolled_back')
  expect(await story.rows('SELECT title FROM articles WHERE id = 950')).toBe('gone')
})
