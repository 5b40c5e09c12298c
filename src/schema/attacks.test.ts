// Migrations that reach beyond their schema, hide their session or leave a false trace: run and taken back on a real cluster, as the runner does it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeWith } from '../../tests/host/describe.ts'
import { clusterPort, LIMITS, startPostgres, type TestCluster } from '../../tests/runner-fixtures/postgres.ts'
import { until } from '../../tests/until.ts'
import { keyedHash } from '../base/hash.ts'
import { catalogueDigest, catalogueOf } from '../postgres/catalogue.ts'
import type { Reader } from '../postgres/types.ts'
import { countLost, onlyNew, sameIn, shapesOf, type TableShape } from './loss.ts'
import { insertMarker } from './marker.ts'
import {
  type MigrateResult,
  type Migration,
  partsOfFile,
  probeBack,
  probeUp,
  runUp,
  takeBack,
} from './migrate.ts'
import type { MigrateHands } from './patient.ts'
import { standsBefore } from './stands.ts'
import { writeRows } from './write-rows.ts'

describeWith('postgres', 'a migration that means harm', () => {
  let world: TestCluster
  const port = clusterPort()
  const sql = (...statements: readonly string[]) => world.sql('shop', ...statements)
  const hands: MigrateHands = {
    clock: {
      uptime: () => performance.now(),
      sleep: (ms: number) => new Promise((resolve) => setTimeout(resolve, ms)),
    },
    killPoint: () => {},
    keyed: (bytes) => keyedHash(Buffer.from('a key of the runner'), bytes),
  }
  let number = 0
  const migration = async (up: string, down: string, withinMs = 60_000): Promise<Migration> => ({
    database: 'shop',
    port,
    role: 'app',
    lockMs: 2000,
    withinMs,
    catalogue: catalogueDigest(await catalogueOf(world.cluster, 'shop', LIMITS)),
    execution: `CHG-2026-0001/${++number}`,
    action: 'shop 1',
    up: { name: 'u.sql', sql: up },
    down: { name: 'd.sql', sql: down },
  })
  const told = (result: MigrateResult) =>
    result.ok ? { ok: true, ...result.detail } : { code: result.error.code, ...result.error.detail }

  beforeAll(async () => {
    world = await startPostgres({}, port)
    await world.sql('postgres', 'CREATE ROLE app LOGIN', 'CREATE DATABASE shop OWNER app')
    await sql(
      'SET ROLE app; CREATE TABLE users (id int PRIMARY KEY, email text); CREATE TABLE articles (id int PRIMARY KEY, title text NOT NULL)',
      "SET ROLE app; INSERT INTO users VALUES (1, 'alice@example.com'), (2, 'bob@example.com'); INSERT INTO articles SELECT i, 'title ' || i FROM generate_series(1, 200) i",
    )
  }, 120_000)
  afterAll(() => world.stop())

  test('what it alters of its role and database is told by name, and it is never taken back in silence', async () => {
    const up = `DO $$ BEGIN EXECUTE 'ALTER ROLE app PASSWORD ''stolen'''; EXECUTE 'ALTER ROLE app SET search_path = evil'; EXECUTE 'ALTER DATABASE shop SET lock_timeout = 0'; END $$`
    const one = await migration(up, 'SELECT 1')
    try {
      expect(told(await runUp(one, hands))).toMatchObject({
        code: 'schema.reached',
        what: ['role app', 'setting all roles shop', 'setting app all databases'],
      })
      expect(told(await takeBack(one, hands))).toMatchObject({ code: 'schema.reached' })
      expect(await probeBack(one, hands)).toMatchObject({ found: 'mixed' })
    } finally {
      await world.sql(
        'postgres',
        'ALTER ROLE app PASSWORD NULL',
        'ALTER ROLE app RESET ALL',
        'ALTER DATABASE shop RESET ALL',
      )
    }
  })

  test('default rights are part of the catalogue', async () => {
    const one = await migration('ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO public', 'SELECT 1')
    expect(told(await runUp(one, hands))).toMatchObject({ ok: true })
    expect(told(await takeBack(one, hands))).toMatchObject({ ok: true })
    expect(await probeBack(one, hands)).toMatchObject({ found: 'mixed', detail: { catalogue: 'other' } })
    await sql('SET ROLE app; ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM public')
  })

  test('a migration of rows is taken back when its way back ran, and not before', async () => {
    const email = () => sql('SELECT email FROM users WHERE id = 1')
    const one = await migration(
      "UPDATE users SET email = 'gone' WHERE id = 1",
      "UPDATE users SET email = 'alice@example.com' WHERE id = 1",
    )
    expect(await probeBack(one, hands)).toMatchObject({ found: 'not_applied' })
    expect(told(await runUp(one, hands))).toMatchObject({ ok: true })
    expect(await probeBack(one, hands)).toMatchObject({
      found: 'applied',
      detail: { catalogue: 'as before', rows: 'not read' },
    })
    expect(await email()).toBe('gone')
    expect(told(await takeBack(one, hands))).toMatchObject({ ok: true })
    expect([(await probeBack(one, hands)).found, await email()]).toEqual(['not_applied', 'alice@example.com'])
  })

  test('a way back that deletes rows which its file does not accept is not committed, and says how many', async () => {
    const up = 'ALTER TABLE articles ALTER COLUMN title DROP NOT NULL'
    const hidden = `DO $$ BEGIN EXECUTE 'DELETE ' || 'FROM articles WHERE title IS NULL'; END $$; ALTER TABLE articles ALTER COLUMN title SET NOT NULL`
    const one = await migration(up, hidden)
    await runUp(one, hands)
    await sql('INSERT INTO articles VALUES (900, NULL), (901, NULL)')
    expect(told(await takeBack(one, hands))).toMatchObject({
      code: 'schema.back_deletes',
      rows: ['public.articles 2'],
    })
    expect(await sql('SELECT count(*) FROM articles WHERE id >= 900')).toBe('2')
    const sqlOf = `-- sekisho: accept rows_at_risk: drafts\n${hidden}`
    expect(told(await takeBack({ ...one, down: { name: 'd.sql', sql: sqlOf } }, hands))).toMatchObject({
      ok: true,
    })
    expect(await sql('SELECT count(*) FROM articles WHERE id >= 900')).toBe('0')
  })

  test('a session that has given itself another name is ended at the limit, and holds no lock then', async () => {
    const up = "SET application_name = 'migration-42'; LOCK TABLE articles; SELECT pg_sleep(3600)"
    const one = await migration(up, 'SELECT 1', 10_000)
    expect(told(await runUp(one, hands))).toMatchObject({ code: 'schema.late' })
    const left =
      "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(3600)%' AND pid <> pg_backend_pid()"
    expect(await world.sql('postgres', left)).toBe('0')
    expect(await sql("SET lock_timeout = '1s'; SELECT count(*) FROM articles")).toBe('200')
    expect(told(await takeBack(one, hands))).toEqual({ ok: true, nothing: 'not applied' })
  })

  test('what a killed runner left running under another name is found, and ended before anybody looks', async () => {
    const one = await migration("SET application_name = 'other'; SELECT pg_sleep(3600)", 'SELECT 1', 300_000)
    const stopped = new AbortController()
    const running = runUp(one, { ...hands, signal: stopped.signal })
    const sleeps =
      "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'other' AND query LIKE '%pg_sleep(3600)%'"
    await until('the statement to run', 60_000, async () =>
      (await world.sql('postgres', sleeps)) === '1' ? true : undefined,
    )
    // As a runner that died: the role is gone, the session is not.
    await world.sql('postgres', `DROP ROLE ${world.scratch.name}`)
    stopped.abort()
    await running.catch(() => {})
    expect((await probeUp(one, hands)).found).toBe('not_applied')
    expect(await world.sql('postgres', sleeps)).toBe('0')
  })

  describe('rows that are written into the clone', () => {
    const by = (): Reader => ({ ...world.cluster, reads: 'rows' })
    const shapes = () => shapesOf(by(), 'shop', LIMITS)
    const write = async (before: readonly TableShape[], table: string) => {
      const now = await shapes()
      return writeRows(
        by(),
        'shop',
        now.filter((one) => one.table === table),
        sameIn(before, now),
        LIMITS,
      )
    }

    test('part of N21: what is written into a column that was replaced under its name is counted as lost', async () => {
      const before = await shapes()
      await sql(
        'ALTER TABLE articles ADD COLUMN title2 text',
        'UPDATE articles SET title2 = title',
        'ALTER TABLE articles RENAME title TO title_old',
        'ALTER TABLE articles ALTER title_old DROP NOT NULL',
        'ALTER TABLE articles RENAME title2 TO title',
      )
      const now = await shapes()
      expect((await write(before, 'public.articles')).written).toEqual([
        { table: 'public.articles', added: 100, changed: 100 },
      ])
      expect(onlyNew(before, now)).toEqual(['public.articles.title_old'])
      await sql(
        'ALTER TABLE articles DROP COLUMN title',
        'DELETE FROM articles WHERE title_old IS NULL',
        'ALTER TABLE articles RENAME title_old TO title',
      )
      expect(await countLost(by(), 'shop', sameIn(before, now), await shapes(), LIMITS)).toEqual([
        { table: 'public.articles', rows: 100, updates: 100 },
      ])
      await sql('ALTER TABLE articles ALTER title SET NOT NULL')
    })

    test('part of N21: a row counts as changed when it is another one; a column that none is has no measure', async () => {
      await sql(
        'CREATE TABLE docs (id int PRIMARY KEY, doc jsonb, place point, size int CHECK (size = 1))',
        "INSERT INTO docs SELECT i, '{}', point(1, 1), 1 FROM generate_series(1, 30) i",
        'CREATE TABLE kinds (id int PRIMARY KEY, place point)',
        'INSERT INTO kinds SELECT i, point(1, 1) FROM generate_series(1, 30) i',
      )
      const before = await shapes()
      expect(await write(before, 'public.docs')).toEqual({
        written: [{ table: 'public.docs', added: 30, changed: 30 }],
        notMeasured: [
          { table: 'public.docs', column: 'place', why: 'not_changed' },
          { table: 'public.docs', column: 'size', why: 'not_changed' },
        ],
      })
      expect(await sql("SELECT count(*) FROM docs WHERE doc ? 'sekisho'")).toBe('60')
      expect((await write(before, 'public.kinds')).written).toEqual([
        { table: 'public.kinds', added: 30, changed: 0 },
      ])
    })
  })

  test('a migration cannot write the marker of its way back', async () => {
    const up = `UPDATE users SET email = 'gone' WHERE id = 2; DO $$ BEGIN EXECUTE 'INSERT INTO sek' || 'isho.migration (execution, action, direction, part, state, seal)
      SELECT execution, action, ''down'', 0, ''done'', seal FROM sek' || 'isho.migration WHERE direction = ''up'' ON CONFLICT DO NOTHING'; END $$`
    const one = await migration(up, "UPDATE users SET email = 'bob@example.com' WHERE id = 2")
    expect(told(await runUp(one, hands))).toMatchObject({ ok: true })
    expect(
      await sql(
        "SELECT count(*) > 0 FROM sekisho.migration WHERE direction = 'down' AND part = 0 AND state = 'done'",
      ),
    ).toBe('t')
    expect((await probeBack(one, hands)).found).toBe('applied')
    expect(told(await takeBack(one, hands))).toMatchObject({ ok: true })
    expect(await sql('SELECT email FROM users WHERE id = 2')).toBe('bob@example.com')
    const altered = await migration(
      "DO $$ BEGIN EXECUTE 'UPDATE sek' || 'isho.migration SET part = 7'; END $$",
      'SELECT 1',
    )
    expect(told(await runUp(altered, hands))).toMatchObject({ code: 'schema.failed' })
  })

  test('a schema of our name that somebody else owns is not written into', async () => {
    await sql('ALTER TABLE sekisho.migration OWNER TO app')
    const one = await migration('SELECT 1', 'SELECT 1')
    await expect(runUp(one, hands)).rejects.toMatchObject({ code: 'schema.marker_foreign' })
    await sql(`ALTER TABLE sekisho.migration OWNER TO "${world.cluster.role}"`)
  })

  describe('a statement outside of transactions, after a kill', () => {
    /** As a runner leaves it that was killed before the statement did anything. */
    const begun = async (one: Migration) => {
      const [part] = partsOfFile(one.up.sql)
      const { execution, action } = one
      const key = { execution, action, direction: 'up', keyed: hands.keyed } as const
      await sql(insertMarker(key, 0, 'begun', standsBefore(part?.statements[0])))
    }
    const index = (of: string) => sql(`SELECT coalesce(to_regclass('${of}')::text, 'none')`)
    beforeAll(async () => {
      await sql(
        'SET ROLE app; CREATE INDEX ix_title ON articles (title); CREATE INDEX ix_two ON articles (title)',
        'CREATE SCHEMA tenant_a AUTHORIZATION app',
        'SET ROLE app; CREATE TABLE tenant_a.t (id int); CREATE INDEX ix_one ON tenant_a.t (id)',
      )
    })

    test.each([
      [
        'of a name with its schema that is still there',
        'DROP INDEX CONCURRENTLY public.ix_title',
        'not_applied',
      ],
      ['of a name that is gone', 'DROP INDEX CONCURRENTLY IF EXISTS public.ix_none', 'applied'],
      ['whose name another schema has', 'CREATE INDEX CONCURRENTLY ix_one ON articles (id)', 'not_applied'],
      ['whose name was there before', 'CREATE INDEX CONCURRENTLY ix_two ON articles (id)', 'not_applied'],
      [
        'that asks for what is there',
        'CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_two ON articles (id)',
        'applied',
      ],
      ['without a name', 'CREATE INDEX CONCURRENTLY ON articles (id)', 'unknown'],
      ['that builds anew', 'REINDEX INDEX CONCURRENTLY ix_two', 'unknown'],
    ])('part of S28: one %s', async (_, up, found) => {
      const one = await migration(up, 'SELECT 1')
      await begun(one)
      expect((await probeUp(one, hands)).found).toBe(found)
      expect([await index('tenant_a.ix_one'), await index('public.ix_two')]).toEqual([
        'tenant_a.ix_one',
        'ix_two',
      ])
    })

    test('part of S28: a half-built index of its own is dropped, and one of another schema is not', async () => {
      const one = await migration('CREATE INDEX CONCURRENTLY ix_half ON articles (id)', 'SELECT 1')
      await begun(one)
      await sql(
        'SET ROLE app; CREATE INDEX ix_half ON articles (id); CREATE INDEX ix_half ON tenant_a.t (id)',
      )
      await sql(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid IN ('public.ix_half'::regclass, 'tenant_a.ix_half'::regclass)",
      )
      expect((await probeUp(one, hands)).found).toBe('not_applied')
      expect([await index('public.ix_half'), await index('tenant_a.ix_half')]).toEqual([
        'none',
        'tenant_a.ix_half',
      ])
    })
  })
})
