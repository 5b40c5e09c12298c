// Migrations that reach beyond their schema, hide their session or leave a false trace: run and taken back on a real cluster, as the runner does it.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeWith } from '../../tests/host/describe.ts'
import { clusterPort, LIMITS, startPostgres, type TestCluster } from '../../tests/runner-fixtures/postgres.ts'
import { keyedHash } from '../base/hash.ts'
import { catalogueDigest, catalogueOf } from '../postgres/catalogue.ts'
import {
  type MigrateHands,
  type MigrateResult,
  type Migration,
  probeBack,
  runUp,
  takeBack,
} from './migrate.ts'

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
})
