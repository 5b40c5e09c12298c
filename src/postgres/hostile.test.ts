// The owner of a database types its values, and so decides what runs when somebody looks at them: in the live database, beside it, and apart.
import { chmod, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { describeWith } from '../../tests/host/describe.ts'
import { LIMITS, startPostgres, type TestCluster } from '../../tests/runner-fixtures/postgres.ts'
import { run } from '../sys/process.ts'
import { checkDatabase, schemaDigest } from './content.ts'
import { dumpDatabase } from './dump.ts'
import { loadInto } from './load.ts'
import { lossOfDatabase } from './loss.ts'
import { tell } from './query.ts'
import { readDump } from './read-dump.ts'
import { withScratchCluster } from './scratch.ts'
import { loadStage } from './stage-load.ts'

describeWith('postgres', 'a database of a hostile owner (INVARIANT B4, B6)', () => {
  let world: TestCluster
  /** Everybody may write here: an empty directory afterwards means that nothing was done. */
  let marks: string

  beforeAll(async () => {
    world = await startPostgres()
    marks = join(world.directory, 'marks')
    await mkdir(marks)
    await chmod(marks, 0o777)
    await world.sql('postgres', 'CREATE ROLE mirai LOGIN')
  }, 120_000)
  afterAll(() => world.stop())
  beforeEach(async () => {
    for (const name of await readdir(marks)) await rm(join(marks, name))
  })

  /** Runs a program as the server's account where it can; where it cannot, it leaves no trace. What it has set is as before afterwards. */
  const grab = (name: string) =>
    `BEGIN
       BEGIN EXECUTE 'RE' || 'SET SESSION AUTHORIZATION'; EXCEPTION WHEN OTHERS THEN NULL; END;
       BEGIN EXECUTE 'RE' || 'SET ROLE'; EXCEPTION WHEN OTHERS THEN NULL; END;
       EXECUTE 'CO' || 'PY (SELECT 1) TO PRO' || 'GRAM ''touch ${join(marks, name)}''';
       RAISE 'done';
     EXCEPTION WHEN OTHERS THEN NULL; END;`
  const cast = (type: string, value: string) => [
    `CREATE FUNCTION public.as_${type}(k public.kind) RETURNS ${type} LANGUAGE plpgsql AS $$ BEGIN ${grab(type)}
       IF current_setting('is_superuser') <> 'on' THEN RAISE 'a cast was run'; END IF; RETURN ${value}; END $$`,
    `CREATE CAST (public.kind AS ${type}) WITH FUNCTION public.as_${type}(public.kind)`,
  ]
  /** What an index or a column asks may write nothing by itself: it asks another. */
  const code = (name: string, returns: string, value: string) => [
    `CREATE FUNCTION public.does_${name}() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN ${grab(name)} RETURN true; END $$`,
    `CREATE FUNCTION public.${name}(text) RETURNS ${returns} IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM public.does_${name}(); RETURN ${value}; END $$`,
  ]

  /** Everything is made by the owner. */
  async function make(database: string): Promise<void> {
    await world.sql(
      'postgres',
      `DROP DATABASE IF EXISTS ${database}`,
      `CREATE DATABASE ${database} OWNER mirai`,
    )
    await world.sql(
      database,
      'SET SESSION AUTHORIZATION mirai',
      "CREATE TYPE public.kind AS ENUM ('a', 'b', 'c')",
      ...cast('json', "'1'"),
      ...cast('text', "'x'"),
      ...cast('numeric', '1'),
      ...code('indexed', 'text', '$1'),
      ...code('checked', 'boolean', 'true'),
      ...code('made', 'text', '$1'),
      `CREATE FUNCTION public.fired() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${grab('fired')} RETURN NEW; END $$`,
      `CREATE TABLE public.articles (id public.kind PRIMARY KEY, other public.kind, t text CHECK (public.checked(t)),
         g text GENERATED ALWAYS AS (public.made(t)) STORED, d text DEFAULT public.made('d'))`,
      "INSERT INTO public.articles (id, other, t) VALUES ('a', 'b', 'x'), ('b', 'c', 'y')",
      'CREATE INDEX by_code ON public.articles (public.indexed(t))',
      'CREATE TRIGGER fired BEFORE INSERT OR UPDATE ON public.articles FOR EACH ROW EXECUTE FUNCTION public.fired()',
      'ALTER TABLE public.articles ENABLE ALWAYS TRIGGER fired',
      'CREATE TABLE public.keyless (k public.kind)',
      "INSERT INTO public.keyless VALUES ('a'), ('a')",
      'ALTER TABLE public.articles ENABLE ROW LEVEL SECURITY',
      'ALTER TABLE public.articles FORCE ROW LEVEL SECURITY',
      "CREATE POLICY never ON public.articles USING (public.checked('policy') AND false)",
      `ALTER DATABASE ${database} SET search_path = public`,
    )
    for (const name of await readdir(marks)) await rm(join(marks, name))
  }
  const reading = () => ({ programs: world.programs, as: world.scratch })
  const scratch = () => ({ ...reading(), directory: join(world.directory, 'scratch') })

  test.each([
    ['json', 'SELECT json_build_array(id) FROM public.articles'],
    ['text', 'SELECT count(DISTINCT id::text) FROM public.articles'],
    ['numeric', 'SELECT count(*) FILTER (WHERE id::numeric > 0) FROM public.articles'],
    ['made', "INSERT INTO public.articles (id) VALUES ('c')"],
    ['fired', "INSERT INTO public.articles (id) VALUES ('c')"],
    ['indexed', "INSERT INTO public.articles (id) VALUES ('c')"],
  ])('control: %s is run by a superuser who looks', async (name, statement) => {
    await make('control')
    await world.sql('control', `SET search_path = pg_catalog; ${statement}`)
    expect(await readdir(marks)).toContain(name)
  })

  async function processesOf(uid: number): Promise<readonly string[]> {
    const { stdout } = await run(['ps', '-o', 'args=', '-u', String(uid)])
    return stdout.split('\n').filter((line) => line !== '')
  }

  const rules = {
    id: 'id',
    require: ['id', 'other', 't'],
    types: { id: 'string', other: 'number', t: 'string' },
    minRecords: 1,
  } as const

  test('counted, dumped, loaded apart and beside, judged and compared: no program is run, and no cast', async () => {
    await make('owned')
    const path = join(world.directory, 'owned.dump')
    const { facts } = await dumpDatabase(world.cluster, 'owned', path, LIMITS)
    expect(facts.tables).toEqual({ 'public.articles': 2, 'public.keyless': 2 })
    const dump = await readDump(path, reading(), LIMITS)
    expect(dump.findings).toEqual([])

    await withScratchCluster(scratch(), LIMITS, async (cluster) => {
      const { restorer, database, tables } = await loadInto(cluster, path, { dump, facts }, LIMITS)
      expect(tables).toEqual(facts.tables)
      const found = await checkDatabase(
        restorer,
        database,
        { articles: { ...rules, sizes: {} } as never },
        LIMITS,
      )
      expect(found).toEqual([
        { table: 'articles', rule: 'type', column: 'other', count: 2, wanted: 'number' },
      ])
      expect(await readdir(marks)).toEqual([])
    })

    const wanted = { database: 'owned', id: '20261125_191200Z', dump, facts, loader: world.scratch }
    const { pair } = await loadStage(world.cluster, path, wanted, LIMITS)
    expect(await readdir(marks)).toEqual([])
    await world.sql(
      'owned',
      'SET SESSION AUTHORIZATION mirai; ALTER TABLE public.articles NO FORCE ROW LEVEL SECURITY',
    )
    await world.sql(
      'owned',
      "SET SESSION AUTHORIZATION mirai; INSERT INTO public.articles VALUES ('c', 'a', 'only here')",
    )
    // The owner's own work, done here by a session that could go back.
    for (const name of await readdir(marks)) await rm(join(marks, name))
    const loss = await world.reading('owned', async (reader) => {
      await checkDatabase(reader, 'owned', { articles: rules as never }, LIMITS)
      await schemaDigest(reader, pair.beside, LIMITS)
      return lossOfDatabase(
        { cluster: reader, database: 'owned' },
        { cluster: reader, database: pair.beside },
        new Uint8Array(32),
        LIMITS,
      )
    })
    expect(loss.tables).toContainEqual({
      table: 'public.articles',
      by: 'key',
      live: 3,
      copy: 2,
      gone: 1,
      changed: 0,
      back: 0,
    })
    expect(loss.keys).toEqual([{ list: 'gone', table: 'public.articles', key: '["c"]' }])
    expect(await readdir(marks)).toEqual([])
  })

  test('the throw-away cluster sees nothing of the machine, is nobody of it, and dies whole', async () => {
    const { as, pids } = await withScratchCluster(scratch(), LIMITS, async (cluster) => {
      // Before anything is loaded the administrator may run programs: what they can do here is all that could be done.
      const what =
        "(id -u; ls /root /home /etc/sekisho /run/postgresql 2>&1; ls /tmp; cat /proc/net/dev; grep Seccomp: /proc/self/status) | tr '\\t' ' '"
      const seen = await tell(
        cluster,
        'postgres',
        [
          `CREATE TABLE public.seen (line text); COPY public.seen FROM PROGRAM $$${what}$$`,
          "COPY (SELECT 1) TO PROGRAM 'setsid sleep 3017 >/dev/null 2>&1 </dev/null & cat >/dev/null'",
          'SELECT line FROM public.seen',
        ],
        LIMITS,
      )
      expect(seen).toMatch(/^65534$/m)
      expect(seen).toMatch(/Seccomp: 2/)
      expect(seen.match(/No such file/g)?.length).toBe(4)
      expect(seen.match(/^ *\w+:(?= +\d)/gm)?.map((one) => one.trim())).toEqual(['lo:', 'Seccomp:'])
      const mine = await processesOf(cluster.as.uid)
      expect(mine.some((one) => one.includes('sleep 3017'))).toBe(true)
      return { as: cluster.as, pids: mine.length }
    })
    expect(pids).toBeGreaterThan(3)
    expect(as.uid).toBeGreaterThan(1_000_000)
    expect(await processesOf(as.uid)).toEqual([])
  })

  test('a view in the place of a table is read neither by its name nor with any power', async () => {
    await make('moved')
    await world.sql(
      'moved',
      'SET SESSION AUTHORIZATION mirai',
      'ALTER TABLE public.articles RENAME TO hidden',
      "CREATE VIEW public.articles AS SELECT 'a'::public.kind AS id, public.made('v') AS t",
    )
    await world.reading('moved', async (reader) => {
      const asked = checkDatabase(reader, 'moved', { articles: { ...rules, types: {} } as never }, LIMITS)
      const [server] = await Promise.allSettled([asked])
      if (reader.settings?.some((one) => one.startsWith('restrict_')) === true)
        expect(server).toMatchObject({ status: 'rejected', reason: { code: 'backup.db_query_failed' } })
    })
    expect(await readdir(marks)).toEqual([])
  })

  test('the role that reads has no power, sees what row security hides, and is gone afterwards', async () => {
    await make('closed')
    await world.sql('postgres', 'REVOKE CONNECT ON DATABASE closed FROM PUBLIC')
    const acl = 'SELECT datacl FROM pg_database WHERE datname = $$closed$$'
    const before = await world.sql('postgres', acl)
    const asked = await world.reading('closed', async (reader) => {
      const sql = (text: string) => tell(reader, 'closed', [text], LIMITS)
      expect(await sql('SELECT count(*) FROM public.articles')).toBe('2')
      for (const text of [
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT pg_read_file('/etc/hostname')",
        'SET SESSION AUTHORIZATION postgres',
        'SET ROLE mirai',
        'CREATE TABLE public.x ()',
        "SET default_transaction_read_only = off; UPDATE public.keyless SET k = 'b'",
      ])
        await expect(sql(text), text).rejects.toMatchObject({ code: 'backup.db_query_failed' })
      return reader.role
    })
    expect(await world.sql('postgres', `SELECT count(*) FROM pg_roles WHERE rolname = '${asked}'`)).toBe('0')
    expect(await world.sql('postgres', acl)).toBe(before)
  })
})
