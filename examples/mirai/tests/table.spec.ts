// What is special of tables in PostgreSQL: migrations, a connection that is lost, damage from outside, and what never stands in a setting.
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { readConfig } from '../src/config.ts'
import { Postgres, readWhere } from '../src/postgres.ts'
import { LACK, startPostgres, type TestPostgres } from './postgres.ts'
import { field, PASSWORD, type Running, startService } from './start.ts'

describe('tables', { skip: LACK }, () => {
  let postgres: TestPostgres
  let url: string
  let database: string
  let running: Running
  before(async () => {
    postgres = await startPostgres()
  })
  after(() => postgres.stop())
  const settings = () => ({ MIRAI_STORAGE: 'postgresql', MIRAI_DATABASE_URL: url })
  beforeEach(async () => {
    url = postgres.database()
    database = new URL(url).pathname.slice(1)
    running = await startService(settings())
  })
  afterEach(() => running.stop())

  test('what was written is there for the next one that starts, in the order of its writing, and migrations run once', async () => {
    const admin = await running.login('admin', PASSWORD)
    const write = async (title: string) =>
      String(
        field(
          (
            await running.call(
              'POST',
              '/api/articles',
              { title, body: `"\\'\t ${title}`, tags: ['足場', 'a"b'] },
              admin,
            )
          ).json,
          'id',
        ),
      )
    const first = await write('一')
    await write('二')
    await running.call('PUT', `/api/articles/${first}`, { title: '三', body: '' }, admin)
    const before = (await running.call('GET', '/api/articles', undefined, admin)).json
    const other = await startService(settings())
    const token = await other.login('admin', PASSWORD)
    const there = (await other.call('GET', '/api/articles', undefined, token)).json
    await other.stop()
    assert.deepEqual(there, before)
    assert.ok(Array.isArray(there))
    assert.deepEqual(
      there.map((article) => field(article, 'title')),
      ['二', '三'],
    )
    assert.equal(postgres.sql(database, 'SELECT name FROM migrations'), '0001-first.sql')
    assert.match(postgres.sql(database, 'SELECT password FROM users') ?? '', /^scrypt:16384:8:1:/)
  })

  test('a connection that is cut is made anew', async () => {
    const admin = await running.login('admin', PASSWORD)
    const cut =
      "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'mirai'"
    for (let i = 0; i < 3; i++) {
      assert.match(postgres.sql('postgres', cut) ?? '', /^t/)
      await new Promise((resolve) => setTimeout(resolve, 50))
      assert.equal((await running.call('GET', '/api/articles', undefined, admin)).status, 200)
    }
  })

  test('damage and an absent database make it 500, and repaired it is well', async () => {
    const status = async () => (await running.call('GET', '/health')).status
    postgres.sql(database, 'ALTER TABLE articles RENAME TO elsewhere')
    assert.match((await running.call('GET', '/health')).text, /table articles: relation .*does not exist/)
    postgres.sql(database, 'ALTER TABLE elsewhere RENAME TO articles')
    assert.equal(await status(), 200)
    postgres.sql(database, "INSERT INTO articles VALUES ('x', ' ', '', '[1]', 'a', now())")
    assert.match((await running.call('GET', '/health')).text, /table articles: record 1 is not sound/)
    postgres.sql(database, 'DELETE FROM articles')
    assert.equal(await status(), 200)
    assert.equal(postgres.sql('postgres', `DROP DATABASE ${database} WITH (FORCE)`), '')
    assert.equal(await status(), 500)
  })

  test('two that start at once on an empty database: one makes it, and both can be started in the end', async () => {
    const empty = { ...settings(), MIRAI_DATABASE_URL: postgres.database() }
    const started = await Promise.allSettled([startService(empty), startService(empty)])
    const up = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    assert.ok(up.length >= 1)
    const again = await startService(empty)
    assert.equal((await again.call('GET', '/health')).status, 200)
    for (const service of [...up, again]) await service.stop()
  })

  test('statements in turn, values as they are, an error only for the one that made it', async () => {
    const client = new Postgres(readWhere(url))
    const answers = await Promise.allSettled([
      client.query('SELECT $1::text, $2::text', ["it's \\ 足", null]),
      client.query('SELECT 1 / 0'),
      client.query('SELECT count(*) FROM generate_series(1, 100000)'),
      client.query("SELECT repeat('x', 1000000)"),
    ])
    assert.deepEqual(answers[0], { status: 'fulfilled', value: [["it's \\ 足", null]] })
    assert.equal(answers[1].status === 'rejected' && field(answers[1].reason, 'code'), '22012')
    assert.deepEqual(answers[2], { status: 'fulfilled', value: [['100000']] })
    assert.equal(answers[3].status === 'fulfilled' && answers[3].value[0]?.[0]?.length, 1_000_000)
    await assert.rejects(client.script('CREATE TABLE one (i int); SELECT 1 / 0'))
    assert.deepEqual(await client.query("SELECT to_regclass('one')"), [[null]])
    client.close()
  })
})

for (const [text, why] of [
  ['mirai', /use postgresql/],
  ['postgresql://db.example.jp/mirai', /only a Unix socket/],
  ['postgresql:///mirai?password=x', /neither needed nor taken/],
  ['postgresql:///?host=/run', /name the database/],
  ['postgresql:///mirai?port=x', /port/],
] as const)
  test(`${text} stops the start`, () => {
    assert.throws(() => readConfig({ MIRAI_STORAGE: 'postgresql', MIRAI_DATABASE_URL: text }), why)
  })
