// Loss by primary key, and what invariants find, on real clusters.

import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeWith } from '../../tests/host/describe.ts'
import { LIMITS, startPostgres, type TestCluster } from '../../tests/runner-fixtures/postgres.ts'
import type { Invariants } from '../backup/set.ts'
import { checkDatabase, drillQuery, schemaDigest } from './content.ts'
import { dumpDatabase } from './dump.ts'
import { loadInto } from './load.ts'
import { lossOfDatabase, type Side } from './loss.ts'
import { literal } from './query.ts'
import { readDump } from './read-dump.ts'
import { withScratchCluster } from './scratch.ts'
import type { DatabaseLoss } from './types.ts'

const KEY = new Uint8Array(32).fill(7)
describeWith('postgres', 'loss and content of a real database', () => {
  let world: TestCluster
  beforeAll(async () => {
    world = await startPostgres()
    await world.sql('postgres', 'CREATE DATABASE a', 'CREATE DATABASE b')
  }, 120_000)
  afterAll(() => world.stop())

  type Sides = readonly [Side, Side]
  const between = (work: (...sides: Sides) => Promise<DatabaseLoss>) =>
    world.reading('a', (cluster) => work({ cluster, database: 'a' }, { cluster, database: 'b' }))
  const lose = (key = KEY) => between((a, b) => lossOfDatabase(a, b, key, LIMITS))
  const schemaOf = (database: string) =>
    world.reading(database, (reader) => schemaDigest(reader, database, LIMITS))
  const check = (invariants: Readonly<Record<string, Invariants>>) =>
    world.reading('a', (reader) => checkDatabase(reader, 'a', invariants, LIMITS))
  async function both(...statements: readonly string[]): Promise<void> {
    for (const database of ['a', 'b'])
      await world.sql(database, 'DROP SCHEMA public CASCADE; CREATE SCHEMA public', ...statements)
  }

  test('what is gone, changed and back is told by key, whatever the texts and settings', async () => {
    await both(
      `CREATE TABLE t (lang text, id int, note text, at timestamptz DEFAULT '2026-01-01', blob bytea, PRIMARY KEY (lang, id))`,
      `INSERT INTO t SELECT l, i, E'x\\t\\n\\\\' || i, '2026-01-01', '\\x00ff' FROM unnest(ARRAY['日本', 'en', E'q"\\'']) l, generate_series(1, 100) i`,
      'CREATE TABLE counted (note text); INSERT INTO counted SELECT i FROM generate_series(1, 10) i',
    )
    await world.sql(
      'a',
      "ALTER DATABASE a SET timezone TO 'Asia/Tokyo'",
      "ALTER DATABASE a SET bytea_output TO 'escape'",
    )
    expect((await lose()).tables).toEqual([
      { table: 'public.counted', by: 'row', live: 10, copy: 10, gone: 0, changed: 0, back: 0 },
      { table: 'public.t', by: 'key', live: 300, copy: 300, gone: 0, changed: 0, back: 0 },
    ])
    const same = await lose()
    await world.sql(
      'a',
      "INSERT INTO t VALUES ('new', 1, 'x')",
      "UPDATE t SET note = 'y' WHERE lang = '日本' AND id = 7",
      "DELETE FROM t WHERE lang = 'en' AND id = 9",
      'DELETE FROM counted WHERE note::int > 8',
    )
    const loss = await lose()
    expect(loss.tables).toEqual([
      { table: 'public.counted', by: 'row', live: 8, copy: 10, gone: 0, changed: 0, back: 2 },
      { table: 'public.t', by: 'key', live: 300, copy: 300, gone: 1, changed: 1, back: 1 },
    ])
    const parsed = loss.keys.map(({ list, table, key }) => [list, table, JSON.parse(key)])
    expect(parsed).toContainEqual(['gone', 'public.t', ['new', 1]])
    expect(parsed).toContainEqual(['changed', 'public.t', ['日本', 7]])
    expect(parsed).toContainEqual(['back', 'public.t', ['en', 9]])
    expect(loss.keys).toHaveLength(3)
    expect(loss.digest).not.toBe(same.digest)
    expect((await lose()).digest).toBe(loss.digest)
    // The same lists of the same keys, but another loss: what goes reads otherwise now.
    await world.sql('a', "UPDATE t SET note = 'z' WHERE lang = 'new'")
    const again = await lose()
    expect(again.keys).toEqual(loss.keys)
    expect(again.digest).not.toBe(loss.digest)
    await world.sql('a', "UPDATE t SET note = 'x' WHERE lang = 'new'")
    expect((await lose()).digest).toBe(loss.digest)
    expect((await lose(new Uint8Array(32))).digest).not.toBe(loss.digest)
  })

  test('a table that only one has, and one with other columns, are lost or changed as a whole', async () => {
    await both('CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t VALUES (1, $$x$$), (2, $$x$$)')
    await world.sql(
      'a',
      'CREATE TABLE only_live (id int PRIMARY KEY); INSERT INTO only_live VALUES (1)',
      'ALTER TABLE t ADD b text',
    )
    expect((await lose()).tables).toEqual([
      { table: 'public.only_live', by: 'key', live: 1, copy: 0, gone: 1, changed: 0, back: 0 },
      { table: 'public.t', by: 'key', live: 2, copy: 2, gone: 0, changed: 2, back: 0 },
      { table: 'definitions', by: 'row', live: 1, copy: 1, gone: 0, changed: 1, back: 0 },
    ])
  })

  test('part of S43: rows without a key are compared as what they hold: as many rows are not the same rows', async () => {
    await both(
      'CREATE TABLE t (v text, n int); INSERT INTO t SELECT $$x$$ || i % 40, NULL FROM generate_series(1, 100) i',
    )
    expect((await lose()).tables).toEqual([
      { table: 'public.t', by: 'row', live: 100, copy: 100, gone: 0, changed: 0, back: 0 },
    ])
    // Two of three equal ones, one of two, and one that is new.
    await world.sql(
      'a',
      `UPDATE t SET n = 7 WHERE ctid IN (SELECT ctid FROM t WHERE v = 'x1' LIMIT 2) OR ctid = (SELECT ctid FROM t WHERE v = 'x39' LIMIT 1)`,
      "INSERT INTO t VALUES ('new', 1)",
    )
    const loss = await lose()
    expect(loss.tables).toEqual([
      { table: 'public.t', by: 'row', live: 101, copy: 100, gone: 4, changed: 0, back: 3 },
    ])
    expect(loss.keys).toEqual([])
    await world.sql('a', 'UPDATE t SET n = 8 WHERE n = 7')
    expect((await lose()).digest).not.toBe(loss.digest)
    // A key that only one side has says nothing of the other's rows.
    await world.sql('b', 'ALTER TABLE t ADD k serial PRIMARY KEY')
    expect((await lose()).tables[0]).toMatchObject({ by: 'row', gone: 101, back: 100 })
  })

  test('part of S43: what a dump brings back beside rows is lost too: large objects, functions, views, indexes', async () => {
    await both('CREATE TABLE t (id int PRIMARY KEY)')
    for (const database of ['a', 'b'])
      await world.sql(
        database,
        'SELECT lo_create(7000 + i) FROM generate_series(1, 3) i',
        "SELECT lo_put(7001, 0, convert_to(repeat('a', 5000), 'UTF8'))",
      )
    const objects = (await lose()).tables.at(-1)
    expect(objects).toEqual({
      table: 'large objects',
      by: 'key',
      live: 3,
      copy: 3,
      gone: 0,
      changed: 0,
      back: 0,
    })
    const same = await lose()
    await world.sql(
      'a',
      "SELECT lo_put(7001, 4999, 'b')",
      'SELECT lo_unlink(7002)',
      'SELECT lo_create(7009)',
      'CREATE FUNCTION only_live() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
    )
    const loss = await lose()
    expect(loss.tables.slice(1)).toEqual([
      { table: 'large objects', by: 'key', live: 3, copy: 3, gone: 1, changed: 1, back: 1 },
      { table: 'definitions', by: 'row', live: 1, copy: 1, gone: 0, changed: 1, back: 0 },
    ])
    expect(loss.digest).not.toBe(same.digest)
    for (const database of ['a', 'b'])
      await world.sql(database, 'SELECT lo_unlink(oid) FROM pg_largeobject_metadata')
  })

  test('of a database that somebody has dropped all of the copy is back, and nothing is lost', async () => {
    await both('CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t VALUES (1, $$x$$), (2, $$x$$)')
    const { tables, keys } = await between((_, b) => lossOfDatabase(undefined, b, KEY, LIMITS))
    expect(tables).toEqual([
      { table: 'public.t', by: 'key', live: 0, copy: 2, gone: 0, changed: 0, back: 2 },
      { table: 'definitions', by: 'row', live: 0, copy: 1, gone: 0, changed: 0, back: 1 },
    ])
    expect(keys.map(({ list }) => list)).toEqual(['back', 'back'])
    // And where none shall have the name, all of it is gone.
    const away = await between((a) => lossOfDatabase(a, undefined, KEY, LIMITS))
    expect(away.tables).toEqual([
      { table: 'public.t', by: 'key', live: 2, copy: 0, gone: 2, changed: 0, back: 0 },
      { table: 'definitions', by: 'row', live: 1, copy: 0, gone: 1, changed: 0, back: 0 },
    ])
  })

  test('names that a shell or psql would take for something else are names', async () => {
    await both(
      `CREATE TABLE "t;\\! id :x" (":'y'" int PRIMARY KEY, "a\\q""b" text); INSERT INTO "t;\\! id :x" VALUES (1, $$x$$)`,
    )
    await world.sql('a', `UPDATE "t;\\! id :x" SET "a\\q""b" = ':z'`)
    expect((await lose()).tables).toEqual([
      { table: 'public.t;\\! id :x', by: 'key', live: 1, copy: 1, gone: 0, changed: 1, back: 0 },
    ])
  })

  test('what a database sets for those who come in ends none of our questions', async () => {
    await both('CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 50000)')
    await world.sql(
      'postgres',
      'CREATE ROLE nothing_at_all',
      "ALTER DATABASE a SET statement_timeout = '1ms'",
      "ALTER DATABASE a SET lock_timeout = '1ms'",
      "ALTER DATABASE a SET idle_in_transaction_session_timeout = '1ms'",
      "ALTER DATABASE a SET idle_session_timeout = '1ms'",
      'ALTER DATABASE a SET default_transaction_read_only = on',
      'ALTER DATABASE a SET role = nothing_at_all',
    )
    const path = join(world.directory, 'limits.dump')
    try {
      expect((await dumpDatabase(world.cluster, 'a', path, LIMITS)).facts.tables).toEqual({
        'public.t': 50_000,
      })
      expect((await lose()).tables).toEqual([
        { table: 'public.t', by: 'key', live: 50_000, copy: 50_000, gone: 0, changed: 0, back: 0 },
      ])
      expect(await check({})).toEqual([])
    } finally {
      await world.sql('postgres', 'ALTER DATABASE a RESET ALL', 'DROP ROLE nothing_at_all')
    }
  })

  test('the first thousand keys of each list are kept, and all are counted', async () => {
    await both('CREATE TABLE t (id int PRIMARY KEY, a int)')
    await world.sql('a', 'INSERT INTO t SELECT i, 0 FROM generate_series(1, 25000) i')
    await world.sql('b', 'INSERT INTO t SELECT i, i % 2 FROM generate_series(12501, 37500) i')
    const { tables, keys } = await lose()
    expect(tables).toEqual([
      { table: 'public.t', by: 'key', live: 25_000, copy: 25_000, gone: 12_500, changed: 6250, back: 12_500 },
    ])
    for (const list of ['gone', 'changed', 'back'])
      expect(keys.filter((one) => one.list === list)).toHaveLength(1000)
  })

  const SEED = 99
  test(`lists equal a comparison by hand, for any keys (seed ${SEED})`, async () => {
    const rows = fc.uniqueArray(
      fc.record({ id: fc.string({ maxLength: 6 }).map((text) => text.replaceAll('\0', '')), a: fc.nat(2) }),
      {
        selector: ({ id }) => id,
        maxLength: 12,
      },
    )
    await both('CREATE TABLE t (id text PRIMARY KEY, a int)')
    await fc.assert(
      fc.asyncProperty(rows, rows, async (live, copy) => {
        for (const [database, list] of [
          ['a', live],
          ['b', copy],
        ] as const)
          await world.sql(
            database,
            'TRUNCATE t',
            ...(list.length === 0
              ? []
              : [`INSERT INTO t VALUES ${list.map(({ id, a }) => `(${literal(id)}, ${a})`).join(', ')}`]),
          )
        const [here, there] = [
          new Map(live.map(({ id, a }) => [id, a])),
          new Map(copy.map(({ id, a }) => [id, a])),
        ]
        const expected = [
          ...[...here.keys()].filter((id) => !there.has(id)).map((id) => `gone ${id}`),
          ...[...there.keys()].filter((id) => !here.has(id)).map((id) => `back ${id}`),
          ...[...here]
            .filter(([id, a]) => there.has(id) && there.get(id) !== a)
            .map(([id]) => `changed ${id}`),
        ]
        const { keys } = await lose()
        expect(
          keys.map(({ list, key }) => `${list} ${String((JSON.parse(key) as unknown[])[0])}`).sort(),
        ).toEqual(expected.sort())
      }),
      { seed: SEED, numRuns: 25 },
    )
  })

  describe('content', () => {
    const rules = (more: Partial<Invariants>): Invariants => ({
      require: [],
      types: {},
      minRecords: 0,
      shrink: 20,
      growth: 1000,
      ...more,
    })
    beforeAll(async () => {
      await both(
        `CREATE TABLE t (id text, n text, x numeric, tags jsonb, at text, flag boolean);
       INSERT INTO t VALUES ('1', '5', 1.5, '[]', '2026-01-01T00:00:00Z', true), ('2', 'five', 2, '{}', 'yesterday', false),
         ('2', NULL, NULL, NULL, NULL, NULL), (NULL, '1e3', 3, 'null', '2026-01-01 00:00:00+09', true)`,
      )
    })
    test.each<[string, Partial<Invariants>, readonly unknown[]]>([
      ['nothing is asked', {}, []],
      ['ids', { id: 'id' }, [{ rule: 'id-unique', column: 'id', count: 2 }]],
      [
        'required',
        { require: ['n', 'x'] },
        [
          { rule: 'require', column: 'n', count: 1 },
          { rule: 'require', column: 'x', count: 1 },
        ],
      ],
      ['number', { types: { n: 'number' } }, [{ rule: 'type', column: 'n', count: 1, wanted: 'number' }]],
      ['integer', { types: { x: 'integer' } }, [{ rule: 'type', column: 'x', count: 1, wanted: 'integer' }]],
      ['list', { types: { tags: 'list' } }, [{ rule: 'type', column: 'tags', count: 1, wanted: 'list' }]],
      [
        'instant',
        { types: { at: 'instant' } },
        [{ rule: 'type', column: 'at', count: 1, wanted: 'instant' }],
      ],
      ['boolean', { types: { flag: 'boolean', id: 'string' } }, []],
      [
        'another kind',
        { types: { flag: 'number' } },
        [{ rule: 'type', column: 'flag', count: 3, wanted: 'number' }],
      ],
      ['too few', { minRecords: 5 }, [{ rule: 'min-records', count: 4, wanted: '5' }]],
      ['no such column', { require: ['z'] }, [{ rule: 'missing-column', column: 'z', count: 4 }]],
    ])('%s', async (_, more, expected) => {
      const found = await check({ t: rules(more) })
      expect(found).toEqual(expected.map((one) => ({ table: 't', ...(one as object) })))
    })
    test('a table that is not there', async () => {
      expect(await check({ 'shop.orders': rules({}) })).toEqual([
        { table: 'shop.orders', rule: 'missing-table', count: 1 },
      ])
    })
    test('equal schemas have equal digests, another column another one', async () => {
      expect(await schemaOf('a')).toBe(await schemaOf('b'))
      await world.sql('b', 'ALTER TABLE t ALTER x SET NOT NULL').catch(() => {})
      await world.sql('b', 'ALTER TABLE t ADD y int')
      expect(await schemaOf('a')).not.toBe(await schemaOf('b'))
    })

    test('the drill asks the copy, which equals what was dumped; it cannot write there', async () => {
      const path = join(world.directory, 'drill.dump')
      const { facts } = await dumpDatabase(world.cluster, 'a', path, LIMITS)
      const reading = { programs: world.programs, as: world.scratch }
      const dump = await readDump(path, reading, LIMITS)
      await withScratchCluster(
        { ...reading, directory: join(world.directory, 'scratch') },
        LIMITS,
        async (scratch) => {
          const { restorer, database, schema } = await loadInto(scratch, path, { dump, facts }, LIMITS)
          expect(schema).toBe(await schemaOf('a'))
          const loss = await between((a) => lossOfDatabase(a, { cluster: restorer, database }, KEY, LIMITS))
          expect(loss.tables.every(({ gone, changed, back }) => gone + changed + back === 0)).toBe(true)
          expect(
            await drillQuery(restorer, database, "SELECT id, E'a\\nb' FROM t WHERE id = '2'; -- two", LIMITS),
          ).toBe(2)
          expect(await drillQuery(restorer, database, 'SELECT id FROM t WHERE false', LIMITS)).toBe(0)
          for (const query of ['DELETE FROM t', '\\! id', 'SELECT nothing', "COPY t TO PROGRAM 'id'"])
            await expect(drillQuery(restorer, database, query, LIMITS)).rejects.toMatchObject({
              code: 'backup.db_query_failed',
            })
        },
      )
    })
  })
})
