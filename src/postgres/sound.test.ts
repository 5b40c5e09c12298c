// No false alarm: a database with every kind of object that an owner may make, odd names and odd contents, has no finding and comes back whole.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeWith } from '../../tests/host/describe.ts'
import { LIMITS, startPostgres, type TestCluster } from '../../tests/runner-fixtures/postgres.ts'
import { schemaDigest } from './content.ts'
import { dumpDatabase } from './dump.ts'
import { loadInto } from './load.ts'
import { lossOfDatabase } from './loss.ts'
import { ask, identifier, literal } from './query.ts'
import { readDump } from './read-dump.ts'
import { withScratchCluster } from './scratch.ts'
import { loadStage } from './stage-load.ts'

const OBJECTS = [
  `CREATE SCHEMA "odd; schema"`,
  `CREATE TABLE "odd; schema"."a""b\\c
d -- /* $$" ("copy t from program 'x'" int PRIMARY KEY, "É\\" text DEFAULT E'x\\\\\\'; DROP TABLE y; --')`,
  `COMMENT ON TABLE "odd; schema"."a""b\\c
d -- /* $$" IS 'it''s pg_read_file(''x''); COPY t FROM PROGRAM ''x'' \\! id'`,
  `INSERT INTO "odd; schema"."a""b\\c
d -- /* $$" VALUES (1, E'\\\\.\\n\\\\! id\\n--\\n-- Name: x; Type: TABLE'), (2, NULL), (3, '')`,
  `CREATE TYPE mood AS ENUM ('well', 'i''ll')`,
  `CREATE DOMAIN positive AS int CHECK (VALUE > 0)`,
  `CREATE TYPE pair AS (a int, b text)`,
  `CREATE TYPE span AS RANGE (subtype = float8)`,
  `CREATE TABLE kinds (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, m mood, p positive, q pair, r span, n numeric(20, 5),
     double int GENERATED ALWAYS AS (p * 2) STORED, j jsonb, x xml, ts timestamptz, i interval, b bytea, arr text[], u uuid, net inet, bits bit(3))`,
  `INSERT INTO kinds (m, p, q, r, n, j, x, ts, i, b, arr, u, net, bits) SELECT 'i''ll', g, ROW(g, E'x,"\\\\')::pair, '[1,2)', g / 3.0, '{"a": [1, null]}', '<a/>',
     '2026-11-25 19:00:00+09', '1 mon 2 days', '\\x00ff5c', ARRAY['a,b', NULL, '"'], gen_random_uuid(), '10.0.0.1/8', B'101' FROM generate_series(1, 50) g`,
  `CREATE TABLE parted (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at)`,
  `CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM ('2026-01-01') TO ('2026-07-01')`,
  `CREATE TABLE parted_2 PARTITION OF parted DEFAULT`,
  `INSERT INTO parted SELECT g, '2026-06-25'::date + g FROM generate_series(1, 20) g`,
  `CREATE TABLE parent (id int PRIMARY KEY)`,
  `CREATE TABLE child (extra text) INHERITS (parent)`,
  `INSERT INTO parent VALUES (1)`,
  `INSERT INTO child VALUES (2, 'x')`,
  `CREATE TABLE left_one (id int PRIMARY KEY, other int)`,
  `CREATE TABLE right_one (id int PRIMARY KEY, other int REFERENCES left_one DEFERRABLE)`,
  `ALTER TABLE left_one ADD FOREIGN KEY (other) REFERENCES right_one DEFERRABLE INITIALLY DEFERRED`,
  `BEGIN; INSERT INTO left_one VALUES (1, 1); INSERT INTO right_one VALUES (1, 1); COMMIT`,
  `CREATE FUNCTION quoted(a int, OUT b text) LANGUAGE plpgsql AS $f$ BEGIN b := $q$it's $$; COPY$q$ || CASE WHEN a > 1 THEN 'END' ELSE ';' END; END $f$`,
  `CREATE FUNCTION atomic(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN a > 0 THEN 1 ELSE 2 END; SELECT a + 1; END`,
  `CREATE FUNCTION oldstyle() RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path TO pg_catalog, public AS 'SELECT ''a\\b; '' || current_user'`,
  `CREATE PROCEDURE proc(INOUT a int) LANGUAGE plpgsql AS $$BEGIN a := a + 1; END$$`,
  `CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0')`,
  `CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)`,
  `CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.n := 1; RETURN NEW; END$$`,
  `CREATE TRIGGER touched BEFORE UPDATE ON kinds FOR EACH ROW WHEN (OLD.n IS DISTINCT FROM NEW.n) EXECUTE FUNCTION touch()`,
  `CREATE VIEW seen WITH (security_barrier) AS SELECT id, 'x;''y' AS "select" FROM kinds`,
  `CREATE MATERIALIZED VIEW kept AS SELECT count(*) FROM kinds`,
  `CREATE RULE quiet AS ON DELETE TO seen DO INSTEAD NOTHING`,
  `CREATE INDEX expression ON kinds (lower(m::text || ';')) WHERE p > 3`
    .replace('lower(m::text', '(n::text')
    .replace("|| ';')", "|| ';')"),
  `CREATE STATISTICS stats ON m, p FROM kinds`,
  `CREATE SEQUENCE single INCREMENT 7`,
  `SELECT nextval('single')`,
  `CREATE COLLATION german (provider = libc, locale = 'C')`,
  `CREATE TEXT SEARCH CONFIGURATION simple2 (COPY = pg_catalog.simple)`,
  `ALTER TABLE kinds ENABLE ROW LEVEL SECURITY`,
  `CREATE POLICY "odd policy" ON kinds FOR ALL TO reader, "odd, role" USING (p > 0) WITH CHECK (m <> 'well')`,
  `GRANT SELECT (id, m), UPDATE (n) ON kinds TO reader WITH GRANT OPTION`,
  `ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO "odd, role"`,
  `CREATE UNLOGGED TABLE unlogged (a int); INSERT INTO unlogged VALUES (1)`,
  `CREATE TABLE empty ()`,
  `SELECT lo_from_bytea(0, 'a large object \\\\! id')`,
  `CREATE PUBLICATION news FOR TABLE parent`,
]

describeWith('postgres', 'sound databases', () => {
  let world: TestCluster
  beforeAll(async () => {
    world = await startPostgres({ wal_level: 'logical' })
    await world.sql('postgres', 'CREATE ROLE mirai LOGIN', 'CREATE ROLE reader', 'CREATE ROLE "odd, role"')
  }, 120_000)
  afterAll(() => world.stop())

  const scratch = () => ({
    programs: world.programs,
    as: world.scratch,
    directory: join(world.directory, 'scratch'),
  })

  async function make(statements: readonly string[]): Promise<void> {
    await world.sql(
      'postgres',
      'DROP DATABASE IF EXISTS sound WITH (FORCE)',
      'CREATE DATABASE sound OWNER mirai',
    )
    await world.sql(
      'sound',
      ...['citext', 'hstore', 'pg_trgm'].map((name) => `CREATE EXTENSION ${name}`),
      'SET ROLE mirai',
      ...statements,
    )
  }

  const schemaOf = (database: string) =>
    world.reading(database, (reader) => schemaDigest(reader, database, LIMITS))

  test('every kind of object: no finding, and the copy equals the original by rows, keys and schema', async () => {
    await make(OBJECTS)
    const path = join(world.directory, 'sound.dump')
    const { facts } = await dumpDatabase(world.cluster, 'sound', path, LIMITS)
    const dump = await readDump(path, scratch(), LIMITS)
    expect(dump.findings).toEqual([])
    expect(dump.roles).toEqual(['reader', 'odd, role'])
    await withScratchCluster(scratch(), LIMITS, async (cluster) => {
      const loaded = await loadInto(cluster, path, { dump, facts }, LIMITS)
      expect(loaded.tables).toEqual(facts.tables)
      expect(loaded.schema).toBe(await schemaOf('sound'))
      const copy = { cluster: loaded.restorer, database: loaded.database }
      const { tables } = await world.reading('sound', (reader) =>
        lossOfDatabase({ cluster: reader, database: 'sound' }, copy, new Uint8Array(32), LIMITS),
      )
      expect(tables.filter(({ gone, changed, back }) => gone + changed + back > 0)).toEqual([])
      expect(tables.length).toBeGreaterThan(8)
    })
    const wanted = { database: 'sound', id: 'y', dump, facts, loader: world.scratch }
    const { pair, said } = await loadStage(world.cluster, path, wanted, LIMITS)
    expect(said).toEqual([])
    expect(await schemaOf(pair.beside)).toBe(await schemaOf('sound'))
  })

  test('a database of ICU comes back with its provider, locale and order of texts, from a copy of before too', async () => {
    const locale = `SELECT json_build_array(encoding, datlocprovider, daticulocale, datcollate, datctype) FROM pg_database WHERE datname = `
    const order = 'SELECT string_agg(name, chr(32) ORDER BY name) FROM words'
    const isNew = (await world.sql('postgres', 'SHOW server_version_num')) >= '170000'
    const at = (name: string) =>
      world.sql('postgres', `${isNew ? locale.replace('daticulocale', 'datlocale') : locale}${literal(name)}`)
    await world.sql(
      'postgres',
      `CREATE DATABASE texts OWNER mirai TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de-u-co-phonebk' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'`,
    )
    await world.sql(
      'texts',
      `SET ROLE mirai; CREATE TABLE words (name text PRIMARY KEY); INSERT INTO words VALUES ('af'), ('ä'), ('ad'), ('Z')`,
    )
    const [made, ordered] = [await at('texts'), await world.sql('texts', order)]
    expect(ordered).toBe('ad ä af Z')
    const path = join(world.directory, 'texts.dump')
    const { facts } = await dumpDatabase(world.cluster, 'texts', path, LIMITS)
    expect(facts.locale).toEqual({ provider: 'icu', name: 'de-u-co-phonebk' })
    const dump = await readDump(path, scratch(), LIMITS)
    expect(dump.locale).toEqual(facts.locale)
    const scratched = await withScratchCluster(scratch(), LIMITS, async (cluster) => {
      const { restorer, database, localeDiffers } = await loadInto(cluster, path, { dump, facts }, LIMITS)
      const rows = await ask(
        restorer,
        database,
        `SELECT to_json((${order.replace('words', 'public.words')}))`,
        LIMITS,
      )
      return { rows, localeDiffers }
    })
    expect(scratched).toEqual({ rows: ordered, localeDiffers: false })
    await world.sql('postgres', 'DROP DATABASE texts')
    const { locale: _locale, ...before } = facts
    for (const [id, known] of [
      ['new', facts],
      ['before', before],
    ] as const) {
      const { pair } = await loadStage(
        world.cluster,
        path,
        { database: 'texts', id, dump, facts: known, loader: world.scratch },
        LIMITS,
      )
      expect([await at(pair.beside), await world.sql(pair.beside, order)], id).toEqual([made, ordered])
    }
  })

  test('a locale that the server does not have is refused before anything is loaded', async () => {
    await make([])
    const path = join(world.directory, 'elsewhere.dump')
    const { facts } = await dumpDatabase(world.cluster, 'sound', path, LIMITS)
    const dump = await readDump(path, scratch(), LIMITS)
    const databases = 'SELECT string_agg(datname, chr(32) ORDER BY datname) FROM pg_database'
    const before = await world.sql('postgres', databases)
    for (const [other, locale] of [
      [{ collate: 'xx_XX.UTF-8', ctype: 'xx_XX.UTF-8' }, 'libc xx_XX.UTF-8'],
      [{ locale: { provider: 'x' } }, 'x C.UTF-8'],
      [{ locale: { provider: 'icu', name: 'not!a!locale' } }, 'icu not!a!locale C.UTF-8'],
    ] as const) {
      const wanted = {
        database: 'sound',
        id: 'z',
        dump,
        facts: { ...facts, ...other },
        loader: world.scratch,
      }
      await expect(loadStage(world.cluster, path, wanted, LIMITS)).rejects.toMatchObject({
        code: 'backup.db_locale_missing',
        detail: { database: 'sound', locale },
      })
    }
    expect(await world.sql('postgres', databases)).toBe(before)
    expect(
      await world.sql(
        'postgres',
        `SELECT count(*) FROM pg_roles WHERE rolname = ${literal(world.scratch.name)}`,
      ),
    ).toBe('0')
  })

  const SEED = 31
  const RUNS = process.env['SEKISHO_CAMPAIGN'] === 'whole' ? 200 : 12
  test(`${RUNS} generated databases: names and contents of any text, no finding (seed ${SEED})`, async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        ';',
        "'",
        '"',
        '\\',
        '$$',
        '--',
        '/*',
        '\n',
        '\t',
        '\\.',
        "COPY t FROM PROGRAM 'x'",
        'pg_read_file',
        '足場',
        '\\!',
        'E',
        '$a$',
        ' ',
      ),
      fc.string({ maxLength: 4 }).map((text) => text.replaceAll('\0', '')),
    )
    const text = fc.array(piece, { maxLength: 5 }).map((parts) => parts.join(''))
    const name = text.map((one) =>
      Buffer.from(`n${one}`).subarray(0, 40).toString('utf8').replaceAll('\ufffd', ''),
    )
    const table = fc.record({
      name,
      column: name,
      comment: text,
      standard: text,
      rows: fc.array(text, { maxLength: 4 }),
    })
    await make([])
    let made = 0
    await fc.assert(
      fc.asyncProperty(fc.array(table, { minLength: 1, maxLength: 3 }), async (tables) => {
        made++
        await world.sql('sound', 'DROP SCHEMA IF EXISTS g CASCADE; CREATE SCHEMA g')
        const statements = tables.flatMap((one, i) => {
          const at = `g.${identifier(`${i}${one.name}`)}`
          const column = identifier(one.column)
          return [
            `CREATE TABLE ${at} (${column} text DEFAULT ${literal(one.standard)})`,
            `COMMENT ON TABLE ${at} IS ${literal(one.comment)}`,
            ...one.rows.map((row) => `INSERT INTO ${at} VALUES (${literal(row)})`),
            `CREATE VIEW g.${identifier(`v${i}${one.name}`)} AS SELECT ${literal(one.comment)} AS a, ${column} AS ${identifier(`b${one.column}`)} FROM ${at}`,
          ]
        })
        await world.sql('sound', ...statements)
        const path = join(world.directory, `generated-${made}.dump`)
        await dumpDatabase(world.cluster, 'sound', path, LIMITS)
        const dump = await readDump(path, scratch(), LIMITS)
        expect(dump.findings).toEqual([])
        expect((await readFile(path)).length).toBe(dump.bytes)
      }),
      { seed: SEED, numRuns: RUNS },
    )
  }, 600_000)
})
