// Dumping, reading and loading on a real cluster.
import { copyFile, mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeWith } from '../../tests/host/describe.ts'
import { LIMITS, startPostgres, type TestCluster } from '../../tests/runner-fixtures/postgres.ts'
import { run, start } from '../sys/process.ts'
import { dumpDatabase } from './dump.ts'
import { launch, readAll } from './launch.ts'
import { loadInto } from './load.ts'
import { clientFor } from './programs.ts'
import { connection, psql } from './query.ts'
import { readDump } from './read-dump.ts'
import { withScratchCluster } from './scratch.ts'

const CUTS = 50
const SEED = 4711

describeWith('postgres', 'dumps of a real database', () => {
  let world: TestCluster
  beforeAll(async () => {
    world = await startPostgres()
    await world.sql(
      'postgres',
      'CREATE ROLE mirai LOGIN',
      'CREATE ROLE reader',
      'CREATE DATABASE mirai OWNER mirai',
    )
    await world.sql(
      'mirai',
      `SET ROLE mirai; CREATE TABLE articles (id text PRIMARY KEY, title text NOT NULL, tags jsonb);
     CREATE TABLE visits (n bigserial, at timestamptz DEFAULT now(), note text CHECK (note <> 'x'));
     CREATE VIEW titles AS SELECT title FROM articles;
     CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT $1 * 2; -- it''s two';
     CREATE TYPE mood AS ENUM ('well', 'ill');
     ALTER TABLE articles ENABLE ROW LEVEL SECURITY;
     CREATE POLICY read ON articles FOR SELECT TO reader USING (true);
     GRANT SELECT ON titles TO reader;
     INSERT INTO articles SELECT 'a' || i, E'title \\t\\\\ ' || i, '[]' FROM generate_series(1, 500) i;
     INSERT INTO visits (note) SELECT E'-- Name: a\\n\\\\.' || i FROM generate_series(1, 300) i`,
      'CREATE EXTENSION pgcrypto',
    )
  }, 120_000)
  afterAll(() => world.stop())

  const reading = () => ({ programs: world.programs, as: world.scratch })
  const scratch = () => ({ ...reading(), directory: join(world.directory, 'scratch') })
  const at = (name: string) => join(world.directory, name)
  const rejection = (work: Promise<unknown>) =>
    work.then(
      () => 'nothing was refused',
      (error: unknown) => error,
    )

  test('connections to other servers whose passwords a dump holds are named, without them', async () => {
    await world.sql('postgres', 'CREATE DATABASE linked OWNER mirai')
    await world.sql(
      'linked',
      'CREATE EXTENSION postgres_fdw',
      "CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'x')",
      "CREATE USER MAPPING FOR mirai SERVER far OPTIONS (user 'mirai', password 'CANARY-mapping')",
      "CREATE USER MAPPING FOR postgres SERVER far OPTIONS (user 'other')",
      "CREATE SUBSCRIPTION s CONNECTION 'host=x password=CANARY-subscription' PUBLICATION p WITH (connect = false)",
    )
    const { facts } = await dumpDatabase(world.cluster, 'linked', at('linked.dump'), LIMITS)
    expect(facts.passwords).toEqual(['subscription s', 'user mapping mirai on far'])
    expect(JSON.stringify(facts)).not.toContain('CANARY')
    const bytes = await readFile(at('linked.dump'))
    expect(bytes.includes('CANARY-mapping'), 'that they are in it').toBe(true)
    await world.sql('linked', 'ALTER SUBSCRIPTION s SET (slot_name = NONE)', 'DROP SUBSCRIPTION s')
    await world.sql('postgres', 'DROP DATABASE linked')
    expect(
      (await dumpDatabase(world.cluster, 'mirai', at('plain.dump'), LIMITS)).facts.passwords,
    ).toBeUndefined()
  })

  test('a dump is read, loaded into a cluster that is thrown away, and has its rows', async () => {
    const path = at('one.dump')
    const { bytes, facts } = await dumpDatabase(world.cluster, 'mirai', path, LIMITS)
    const { size, mode, uid } = await stat(path)
    expect([size, mode & 0o777, uid]).toEqual([bytes, 0o400, 0])
    expect(facts).toMatchObject({
      owner: 'mirai',
      encoding: 'UTF8',
      extensions: ['pgcrypto'],
      tables: { 'public.articles': 500, 'public.visits': 300 },
    })
    const dump = await readDump(path, reading(), LIMITS)
    expect(dump).toMatchObject({
      findings: [],
      extensions: ['pgcrypto'],
      roles: ['reader'],
      database: 'mirai',
    })
    const loaded = await withScratchCluster(scratch(), LIMITS, (cluster) =>
      loadInto(cluster, path, { dump, facts }, LIMITS),
    )
    expect(loaded).toMatchObject({ tables: facts.tables, localeDiffers: false, left: [] })
    expect(await readdir(scratch().directory)).toEqual([])
  })

  test('rows that are written while it is dumped are in counts and dump alike, or in neither', async () => {
    // Thousands of transactions a second, so that two moments cannot be alike.
    const loop =
      "DO $$BEGIN FOR i IN 1..100000000 LOOP INSERT INTO public.visits (note) VALUES ('w'); COMMIT; END LOOP; END$$"
    const writer = psql(world.cluster, 'mirai', [loop], LIMITS)
    writer.stdout?.resume()
    const count = async () => Number(await world.sql('mirai', 'SELECT count(*) FROM visits'))
    const before = await count()
    while ((await count()) === before);
    const path = at('written.dump')
    const { facts } = await dumpDatabase(world.cluster, 'mirai', path, LIMITS)
    const after = await count()
    writer.stop()
    await writer.done
    // The server goes on without its client.
    await world.sql(
      'mirai',
      "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE query LIKE 'DO %'",
      "DELETE FROM visits WHERE note = 'w'",
    )
    expect(facts.tables['public.visits']).toBeGreaterThan(before)
    expect(facts.tables['public.visits']).toBeLessThan(after)
    const dump = await readDump(path, reading(), LIMITS)
    const loaded = await withScratchCluster(scratch(), LIMITS, (cluster) =>
      loadInto(cluster, path, { dump, facts }, LIMITS),
    )
    expect(loaded.tables).toEqual(facts.tables)
  })

  test('a throw-away cluster dies with who made it, and the next one clears what it left', async () => {
    const program = join(import.meta.dirname, '../../tests/runner-fixtures/postgres-act.ts')
    const child = start([process.execPath, program, 'scratch', JSON.stringify({ scratch: scratch() })], {
      env: {},
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await new Promise((resolve) => child.stdout?.once('data', resolve))
    const [left = ''] = await readdir(scratch().directory)
    // Its numbers are its own: whose they are outside tells which they are.
    const { uid } = await stat(join(scratch().directory, left, 'data'))
    const running = async () => (await run(['ps', '-o', 'pid=', '-u', String(uid)])).stdout.trim() !== ''
    expect(await running()).toBe(true)
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
    const until = Date.now() + 20_000
    while ((await running()) && Date.now() < until) await delay(20)
    expect(await running()).toBe(false)
    await withScratchCluster(scratch(), LIMITS, async () => {
      expect(await readdir(scratch().directory)).toHaveLength(1)
    })
    expect(await readdir(scratch().directory)).toEqual([])
  })

  test('what the work throws ends the cluster too', async () => {
    const work = withScratchCluster(scratch(), LIMITS, async () => {
      throw new RangeError('of the work')
    })
    await expect(work).rejects.toThrow('of the work')
    expect(await readdir(scratch().directory)).toEqual([])
  })

  describe('part of E2: a dump that is plain text', () => {
    const plain = async (path: string) => {
      const argv = [join(world.programs.bin, 'pg_dump'), '-d', connection(world.cluster, 'mirai')]
      await writeFile(path, (await readAll(launch(argv, { ...LIMITS, as: world.cluster.as }), 1 << 24)).text)
    }

    test('control: by the written procedure it is dropped, made anew, refused by pg_restore, and gone', async () => {
      await world.sql('postgres', 'CREATE DATABASE victim TEMPLATE mirai OWNER mirai')
      const path = at('victim.dump')
      await plain(path)
      expect(await world.sql('victim', 'SELECT count(*) FROM articles')).toBe('500')
      await world.sql('postgres', 'DROP DATABASE victim', 'CREATE DATABASE victim OWNER mirai')
      const argv = [join(world.programs.bin, 'pg_restore'), '-d', connection(world.cluster, 'victim')]
      const opened = await run(['chmod', '644', path])
      expect(opened.code).toBe(0)
      const { ended } = await readAll(launch([...argv, path], { ...LIMITS, as: world.cluster.as }), 1 << 20)
      expect(ended.code).toBe(1)
      expect(ended.stderr).toContain('text format dump')
      expect(await world.sql('victim', "SELECT to_regclass('public.articles') IS NULL")).toBe('t')
      await world.sql('postgres', 'DROP DATABASE victim')
    })

    test('part of E2: it is named as what it is, nothing is loaded and nothing is dropped', async () => {
      const path = at('plain.dump')
      await plain(path)
      expect(await rejection(readDump(path, reading(), LIMITS))).toMatchObject({
        code: 'backup.db_not_a_dump',
        detail: { format: 'plain' },
      })
      expect(await world.sql('mirai', 'SELECT count(*) FROM articles')).toBe('500')
    })
  })

  test.each([
    ['empty', Buffer.alloc(0), 'empty'],
    ['compressed', Buffer.from([0x1f, 0x8b, 8, 0]), 'gzip'],
    ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0]), 'zstd'],
    [
      'tar',
      Buffer.concat([Buffer.from('toc.dat'), Buffer.alloc(250), Buffer.from('ustar'), Buffer.alloc(300)]),
      'tar',
    ],
    ['rubbish', Buffer.from([1, 2, 3, 4]), 'unknown'],
  ])('a file that is %s is named', async (name, bytes, format) => {
    const path = at(`${name}.dump`)
    await writeFile(path, bytes)
    expect(await rejection(readDump(path, reading(), LIMITS))).toMatchObject({
      code: 'backup.db_not_a_dump',
      detail: { format },
    })
  })

  test(`a dump that is cut at any of ${CUTS} places is damaged, and said so (seed ${SEED})`, async () => {
    const path = at('whole.dump')
    const { bytes } = await dumpDatabase(world.cluster, 'mirai', path, LIMITS)
    let state = SEED
    const random = () => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
      return state / 2_147_483_648
    }
    const cuts = [
      bytes - 1,
      12,
      ...Array.from({ length: CUTS - 2 }, () => 11 + Math.floor(random() * (bytes - 11))),
    ]
    for (const cut of cuts) {
      const short = at('short.dump')
      await copyFile(path, short)
      await truncate(short, cut)
      expect(await rejection(readDump(short, reading(), LIMITS)), `cut at ${cut} of ${bytes}`).toMatchObject({
        code: 'backup.db_dump_damaged',
      })
    }
  })

  test('a volume that is full: the dump has failed and no file is left', async () => {
    const volume = at('volume')
    await mkdir(volume)
    expect((await run(['mount', '-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', volume])).code).toBe(0)
    try {
      expect(
        await rejection(dumpDatabase(world.cluster, 'mirai', join(volume, 'x.dump'), LIMITS)),
      ).toMatchObject({
        code: 'backup.db_dump_failed',
        detail: { why: expect.stringContaining('No space left') },
      })
      expect(await readdir(volume)).toEqual([])
    } finally {
      await run(['umount', volume])
    }
  })

  test('a dump that a newer program made is refused by name', async () => {
    const path = at('newer.dump')
    await dumpDatabase(world.cluster, 'mirai', path, LIMITS)
    const older = { ...world.programs, major: world.programs.major - 1 }
    expect(await rejection(readDump(path, { programs: older, as: world.scratch }, LIMITS))).toMatchObject({
      code: 'backup.db_client_old',
      detail: { server: world.programs.major },
    })
  })

  test('a server that is newer than the programs is refused by name', async () => {
    expect(() => clientFor([world.programs], world.programs.major + 1)).toThrow(/backup\.db_client_old/)
    expect(() => clientFor([], 15)).toThrow(/backup\.db_no_client/)
    expect(clientFor([{ ...world.programs, major: 99 }, world.programs], world.programs.major)).toBe(
      world.programs,
    )
  })

  test.each<[string, () => Promise<() => Promise<unknown>>]>([
    [
      'a table that somebody holds locked past the limit',
      async () => {
        const held = launch(
          [
            join(world.programs.bin, 'psql'),
            '-X',
            '-d',
            connection(world.cluster, 'mirai'),
            '-c',
            'BEGIN',
            '-c',
            'LOCK articles',
            '-c',
            'SELECT pg_sleep(100)',
          ],
          { ...LIMITS, as: world.cluster.as },
        )
        held.stdout?.resume()
        while (
          (await world.sql(
            'mirai',
            "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 'articles'::regclass",
          )) !== '1'
        );
        return async () => {
          held.stop()
          await held.done
          await world.sql(
            'mirai',
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()",
          )
        }
      },
    ],
    ['a database that is not there', async () => async () => {}],
  ])('a dump that fails leaves no file: %s', async (what, arrange) => {
    const path = at('failed.dump')
    const undo = await arrange()
    const database = what.includes('not there') ? 'nowhere' : 'mirai'
    expect(await rejection(dumpDatabase(world.cluster, database, path, { timeoutMs: 3000 }))).toMatchObject({
      code: expect.stringMatching(/^backup\.db_(?:(?:dump|query)_failed|unknown)$/),
    })
    await undo()
    expect(await readFile(path).catch((error: NodeJS.ErrnoException) => error.code)).toBe('ENOENT')
  })
})
