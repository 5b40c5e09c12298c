// What is wrong before anything runs, each with its own sentence and nothing half-done; statements that run in no transaction; and what the card says of rows,
// backups and the clone.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sha256 } from '../../src/base/hash.ts'
import { type Migration, probeUp, runUp } from '../../src/schema/migrate.ts'
import type { MigrateHands } from '../../src/schema/patient.ts'
import { systemClock } from '../../src/sys/clock.ts'
import { problemLines } from '../../src/words/problem.ts'
import { until } from '../until.ts'
import { knowsFarCopy } from './far-copy.ts'
import { openSchemaScene, type SchemaScene } from './schema-story.ts'

let story: SchemaScene
const HOUR = 3_600_000

beforeAll(async () => {
  story = await openSchemaScene(
    'role: mirai, lock_timeout: 300ms, within: 8s',
    { shared_buffers: '300MB' },
    [],
    {},
    'none',
  )
  await story.rows(
    'CREATE TABLE visits (at timestamptz, path text)',
    'ALTER TABLE visits OWNER TO mirai',
    "INSERT INTO visits SELECT now(), 'p' || i FROM generate_series(1, 50) i",
    "CREATE TYPE mood AS ENUM ('calm')",
    'ALTER TYPE mood OWNER TO mirai',
    'CREATE PUBLICATION outward FOR TABLE articles',
  )
})
afterAll(() => story?.end())

const ADD = 'ALTER TABLE articles ADD COLUMN size int;\n'
const DROP = 'ALTER TABLE articles DROP COLUMN size;\n'
type Tried = Awaited<ReturnType<SchemaScene['tried']>>
const problems = ({ body }: Tried) => body.checks.flatMap((check) => check.problems)
const codes = (tried: Tried) => problems(tried).map(({ code }) => code)
const check = ({ body }: Tried, name: string) => body.checks.find((one) => one.check === name)

test('S06 a migration waits for a backup: none, one of 25 hours and one that was not read as far as its content block it, one of an hour does not', async () => {
  const backup = async () => {
    const tried = await story.tried(ADD, DROP)
    const { verdict, problems = [] } = check(tried, 'backup') ?? {}
    return [tried.body.state, verdict, problems.map(({ code }) => code)]
  }
  expect((await backup())[0]).toBe('blocked')
  await knowsFarCopy(story.scene, 25 * HOUR, 'content')
  expect(await backup()).toEqual(['blocked', 'red', expect.arrayContaining(['backup.too_old'])])
  await knowsFarCopy(story.scene, HOUR, 'digest')
  expect(await backup()).toEqual(['blocked', 'red', expect.arrayContaining(['backup.level'])])
  await knowsFarCopy(story.scene, HOUR - 1000, 'content')
  expect(await backup()).toEqual(['ready', 'green', []])
})

test.each([
  ['sql.refused_backslash', 'SELECT 1;\n\\! id\n'],
  ['sql.refused_copy', "COPY articles FROM PROGRAM 'id';\n"],
  ['sql.refused_role', 'ALTER ROLE mirai SUPERUSER;\n'],
  ['sql.refused_database', 'DROP DATABASE postgres;\n'],
  ['sql.refused_transaction', `${ADD}COMMIT;\n`],
  ['sql.refused_marker', 'DELETE FROM sekisho.migration;\n'],
  ['sql.refused_too_many', 'SELECT 1;\n'.repeat(501)],
])('%s has its sentence in both languages, and no clone is made', async (code, up) => {
  const before = await story.dumped()
  const tried = await story.tried(up, DROP)
  expect([tried.body.state, codes(tried)[0]], tried.text).toEqual(['blocked', code])
  expect(check(tried, 'trial')?.verdict).toBe('not_tried')
  const [problem] = problems(tried)
  for (const language of ['ja', 'en'] as const)
    expect(problemLines(problem as never, language).join(' ')).not.toContain(code)
  expect(await story.dumped()).toBe(before)
})

test('a migration that never ends is ended on the clone, and nothing of it runs on', async () => {
  const tried = await story.tried('SELECT pg_sleep(3600);\n', 'SELECT 1;\n')
  expect([tried.body.state, codes(tried)], tried.text).toEqual([
    'blocked',
    expect.arrayContaining(['schema.too_long']),
  ])
  expect(
    await story.world.sql(
      'postgres',
      "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(3600)%' AND pid <> pg_backend_pid()",
    ),
  ).toBe('0')
})

test('a table without a primary key is listed as not measured', async () => {
  const tried = await story.tried(
    'ALTER TABLE visits ADD COLUMN size int;\n',
    'ALTER TABLE visits DROP COLUMN size;\n',
  )
  expect(tried.body.state, tried.text).toBe('ready')
  const card = await story.scene.call<{ text: string }>(
    'ops2',
    'GET',
    `/changes/${tried.body.id}/card?language=en`,
  )
  expect(card.body.text.replace(/\s+/g, ' ')).toContain('not measured: public.visits')
})

test('part of N22: a setting that the clone lacks and what was not cloned stand on the card', async () => {
  const tried = await story.tried(ADD, DROP)
  const card = await story.scene.call<{ text: string }>(
    'ops2',
    'GET',
    `/changes/${tried.body.id}/card?language=en`,
  )
  const text = card.body.text.replace(/\s+/g, ' ')
  expect(text).toContain('setting shared_buffers (production 300MB, clone 256MB)')
  expect(text).toMatch(/not cloned PUBLICATION( TABLE)? .*outward/)
})

test('N21 the number on the card is the number that the way back loses of 100 rows and 100 updates', async () => {
  const up =
    'CREATE TABLE articles_before AS SELECT * FROM articles;\nALTER TABLE articles ADD COLUMN words int;\n'
  const down =
    'ALTER TABLE articles DROP COLUMN words;\nDELETE FROM articles;\nINSERT INTO articles SELECT * FROM articles_before;\nDROP TABLE articles_before;\n'
  const tried = await story.tried(up, down)
  const loses = problems(tried).find(({ code }) => code === 'schema.loses')
  const told = JSON.parse(loses?.text ?? '{}') as { rows: number; updates: number }
  // The same by hand, without anything of ours.
  const before = await story.dumped()
  await story.rows(...up.trim().split('\n'))
  await story.rows(
    "INSERT INTO articles (id, title) SELECT i, 'added' FROM generate_series(1001, 1100) i",
    "UPDATE articles SET title = 'changed' WHERE id <= 100",
  )
  await story.rows(...down.trim().split('\n'))
  const left = async (how: string) =>
    Number(await story.rows(`SELECT count(*) FROM articles WHERE title = '${how}'`))
  expect(told).toMatchObject({ rows: 100 - (await left('added')), updates: 100 - (await left('changed')) })
  expect(told).toMatchObject({ rows: 100, updates: 100 })
  expect(await story.dumped()).toBe(before)
})

test('an index that is built beside its table, and VACUUM, run once and are kept; what ADD VALUE adds has no way back, by its name', async () => {
  const tried = await story.tried(
    'CREATE INDEX CONCURRENTLY articles_title ON articles (title);\nVACUUM articles;\n',
    'DROP INDEX CONCURRENTLY articles_title;\n',
  )
  expect(tried.body.state, tried.text).toBe('ready')
  const kept = await story.run(tried.body)
  expect(kept.execution?.outcome, JSON.stringify(kept.execution)).toBe('kept')
  expect(
    await story.rows("SELECT indisvalid FROM pg_index WHERE indexrelid = 'articles_title'::regclass"),
  ).toBe('t')
  await story.rows('DROP INDEX articles_title')
  const added = await story.tried("ALTER TYPE mood ADD VALUE 'glad';\n", 'SELECT 1;\n')
  expect(added.body.state).toBe('blocked')
  const differs = problems(added).find(({ code }) => code === 'schema.down_differs')
  expect(differs?.text, added.text).toContain('mood')
})

test('an index whose building was ended leaves nothing that is not valid, and the next run builds it', async () => {
  const migration: Migration = {
    database: 'mirai',
    port: story.port,
    role: 'mirai',
    execution: 'CHG-2026-9998/1',
    action: 'mirai index',
    lockMs: 60_000,
    withinMs: 60_000,
    catalogue: sha256(''),
    up: { name: 'up.sql', sql: 'CREATE INDEX CONCURRENTLY visits_path ON visits (path);\n' },
    down: { name: 'down.sql', sql: 'DROP INDEX CONCURRENTLY visits_path;\n' },
  }
  const hands: MigrateHands = { clock: systemClock, killPoint: () => {}, keyed: (bytes) => sha256(bytes) }
  const index = () =>
    story.rows(
      "SELECT coalesce((SELECT indisvalid::text FROM pg_index WHERE indexrelid = to_regclass('visits_path')), 'none')",
    )
  // Who holds the table lets the building begin and not end.
  const holder = story
    .rows('BEGIN', 'LOCK TABLE visits IN ROW EXCLUSIVE MODE', 'SELECT pg_sleep(600)', 'COMMIT')
    .catch(() => '')
  const sessions = (query: string) =>
    `FROM pg_stat_activity WHERE query LIKE '%${query}%' AND pid <> pg_backend_pid()`
  await until('the holder to hold it', 60_000, async () =>
    (await story.world.sql('postgres', `SELECT count(*) ${sessions('pg_sleep(600)')}`)) === '1'
      ? true
      : undefined,
  )
  const first = runUp(migration, hands)
  await until('the building to wait', 60_000, async () => ((await index()) === 'false' ? true : undefined))
  await story.world.sql(
    'postgres',
    `SELECT count(pg_terminate_backend(pid)) ${sessions('CREATE INDEX CONCURRENTLY')}`,
  )
  await story.world.sql('postgres', `SELECT count(pg_terminate_backend(pid)) ${sessions('pg_sleep(600)')}`)
  await holder
  expect((await first).ok).toBe(false)
  expect(await index()).toBe('none')
  expect((await probeUp(migration, hands)).found).toBe('not_applied')
  const second = await runUp(migration, hands)
  expect([second.ok, await index()], JSON.stringify(second)).toEqual([true, 'true'])
  await story.rows('DROP INDEX visits_path')
})

test('an index that an earlier building left half done is named, and nothing is migrated beside it', async () => {
  await story.rows('CREATE INDEX visits_at ON visits (at)')
  await story.world.sql(
    'mirai',
    "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'public.visits_at'::regclass",
  )
  try {
    // Who writes IF NOT EXISTS would believe that it is there.
    const tried = await story.tried(
      'CREATE INDEX CONCURRENTLY IF NOT EXISTS visits_at ON visits (at);\n',
      'DROP INDEX CONCURRENTLY IF EXISTS visits_at;\n',
    )
    expect(tried.body.state, tried.text).toBe('blocked')
    const [first] = problems(tried)
    expect([first?.code, first?.text], tried.text).toEqual([
      'schema.clone_differs',
      expect.stringContaining('index public.visits_at'),
    ])
  } finally {
    await story.rows('DROP INDEX visits_at')
  }
})

test('a database that somebody altered after the plan was made is not rehearsed on the schema of before', async () => {
  const fileOf = (name: string, sql: string) => ({ name, base64: Buffer.from(sql).toString('base64') })
  const made = await story.scene.call<{ id: string }>('ops1', 'POST', '/changes', {
    pattern: 'schema',
    service: 'app',
    instruction: { text: 'a size' },
    notification: 'not_needed',
    migration: { up: fileOf('0002.up.sql', ADD), down: fileOf('0002.down.sql', DROP) },
  })
  expect(made.status, made.text).toBe(200)
  await story.rows('ALTER TABLE articles ADD COLUMN by_hand int')
  try {
    const tried = await story.scene.call('ops1', 'POST', `/changes/${made.body.id}/try`)
    expect(tried.text).toMatch(/schema\.moved|trial\.moved/)
  } finally {
    await story.rows('ALTER TABLE articles DROP COLUMN by_hand')
  }
})

test('where there is no room nothing is cloned, and that is said', async () => {
  await story.scene.rewritePolicy(
    (yaml) => `${yaml.replace(/^policy: \{ standing/m, 'policy: { floor: 900000GiB, standing')}`,
  )
  const tried = await story.tried(ADD, DROP)
  expect(tried.text).toMatch(/low_space|no_room|db_no_room|backup\.room/)
})
