// Dumps that carry code: what the naive way lets them do (the control), and that nothing of it happens here.
import { chmod, copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeWith } from '../../tests/host/describe.ts'
import { LIMITS, startPostgres, type TestCluster } from '../../tests/runner-fixtures/postgres.ts'
import { readArchive } from './archive.ts'
import { dumpDatabase } from './dump.ts'
import { databaseFacts, databaseOid } from './facts.ts'
import { launch, readAll } from './launch.ts'
import { loadInto } from './load.ts'
import { connection } from './query.ts'
import { readDump } from './read-dump.ts'
import { withScratchCluster } from './scratch.ts'
import { loadStage } from './stage-load.ts'

describeWith('postgres', 'dumps that carry code', () => {
  let world: TestCluster
  /** Everybody may write here: an empty directory afterwards means that nothing was done. */
  let marks: string
  /** Sound but for a view whose text has room for any other statement of the same length. */
  let sound: Buffer
  const ROOM = 3000

  beforeAll(async () => {
    world = await startPostgres()
    marks = join(world.directory, 'marks')
    await mkdir(marks)
    await chmod(marks, 0o777)
    await world.sql('postgres', 'CREATE ROLE mirai LOGIN', 'CREATE DATABASE mirai OWNER mirai')
    await world.sql(
      'mirai',
      `SET ROLE mirai; CREATE TABLE t (id int PRIMARY KEY, note text); INSERT INTO t SELECT i, 'n' || i FROM generate_series(1, 20) i;
     CREATE VIEW room AS SELECT '${'x'.repeat(ROOM)}' AS a; CREATE VIEW room2 AS SELECT '${'x'.repeat(ROOM)}' AS a`,
    )
    const path = join(world.directory, 'sound.dump')
    await dumpDatabase(world.cluster, 'mirai', path, LIMITS)
    sound = await readFile(path)
    await world.sql('mirai', 'DROP VIEW room, room2')
  }, 120_000)
  afterAll(() => world.stop())

  /** The sound dump with the definitions of its two views written over. */
  async function dumpWith(name: string, ...statements: readonly string[]): Promise<string> {
    const bytes = Buffer.from(sound)
    const read = readArchive(bytes)
    for (const [i, statement] of statements.entries()) {
      const view = ['room', 'room2'][i]
      const defn = read.ok ? (read.archive.entries.find((entry) => entry.name === view)?.defn ?? '') : ''
      const at = bytes.indexOf(defn)
      expect(at).toBeGreaterThan(0)
      bytes.write(statement.padEnd(defn.length), at)
    }
    const path = join(world.directory, `${name}.dump`)
    await writeFile(path, bytes, { mode: 0o644 })
    return path
  }

  /** How it is done where nobody thinks of it: pg_restore as the administrator. `file` as the last word. */
  async function naive(path: string, database: string, ...more: readonly string[]): Promise<string> {
    await world.sql(
      'postgres',
      `DROP DATABASE IF EXISTS ${database}`,
      `CREATE DATABASE ${database} OWNER mirai`,
    )
    const open = join(world.directory, 'open.dump')
    await rm(open, { force: true })
    await copyFile(path, open)
    await chmod(open, 0o644)
    const restore = [
      join(world.programs.bin, 'pg_restore'),
      ...more,
      '-d',
      connection(world.cluster, database),
      open,
    ]
    return (await readAll(launch(restore, { ...LIMITS, as: world.cluster.as }), 1 << 20)).ended.stderr
  }

  const reading = () => ({ programs: world.programs, as: world.scratch })
  const scratch = () => ({ ...reading(), directory: join(world.directory, 'scratch') })
  const touch = (name: string) => `touch ${join(marks, name)}`

  describe.each<[string, (name: string) => string | readonly string[], string]>([
    [
      'copy-program',
      (name) => `CREATE TEMP TABLE x (a text); COPY x FROM PROGRAM '${touch(name)}'; --`,
      'copy-program',
    ],
    ['copy-to-program', (name) => `COPY (SELECT 1) TO PROGRAM '${touch(name)}'; --`, 'copy-program'],
    ['copy-to-file', (name) => `COPY (SELECT 1) TO '${join(marks, name)}'; --`, 'copy-file'],
    [
      'file-function',
      (name) =>
        `CREATE FUNCTION public.f() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$SELECT pg_read_file('/etc/hostname')$$; COPY (SELECT public.f()) TO PROGRAM '${touch(name)}'; --`,
      'file-function',
    ],
    [
      'do-block',
      (name) => `DO $$BEGIN EXECUTE 'CO' || 'PY (SELECT 1) TO PRO' || 'GRAM ''${touch(name)}'''; END$$; --`,
      'block',
    ],
    [
      'hidden-in-copy',
      (name) => [
        'CREATE TEMP TABLE x (a text); COPY x FROM stdin;',
        `COPY (SELECT 1) TO PROGRAM '${touch(name)}'; --`,
      ],
      'copy-elsewhere',
    ],
    [
      'event-trigger',
      (name) =>
        `CREATE FUNCTION public.e() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN EXECUTE 'CO' || 'PY (SELECT 1) TO PRO' || 'GRAM ''${touch(name)}'''; END$$; CREATE EVENT TRIGGER x ON ddl_command_end EXECUTE FUNCTION public.e(); --`,
      'event-trigger',
    ],
  ])('%s', (name, statement, kind) => {
    test('control: restored by an administrator it is done', async () => {
      await naive(await dumpWith(name, ...[statement(`${name}-control`)].flat()), 'naive')
      // What is hidden behind a COPY from nowhere is run all the same.
      expect(await readdir(marks)).toContain(`${name}-control`)
    })

    test('it is found, and loaded neither into the throw-away cluster nor beside; nothing is done', async () => {
      await rm(join(marks, name), { force: true })
      const path = await dumpWith(name, ...[statement(name)].flat())
      const dump = await readDump(path, reading(), LIMITS)
      expect(dump.findings.map((finding) => finding.kind)).toContain(kind)
      const facts = await databaseFacts(world.cluster, 'mirai', LIMITS)
      const before = await databaseOid(world.cluster, 'mirai', LIMITS)
      await withScratchCluster(scratch(), LIMITS, (cluster) =>
        loadInto(cluster, path, { dump, facts }, LIMITS),
      ).then(
        () => expect(kind).toBe('event-trigger'),
        (error: unknown) =>
          expect(error).toMatchObject({ code: expect.stringMatching(/db_dump_refused|db_load_failed/) }),
      )
      await expect(
        loadStage(
          world.cluster,
          path,
          { database: 'mirai', id: 'x', dump, facts, loader: world.scratch },
          LIMITS,
        ),
      ).rejects.toMatchObject({ code: expect.stringMatching(/db_dump_refused|db_needs_person/) })
      expect(await readdir(marks)).not.toContain(name)
      expect(await databaseOid(world.cluster, 'mirai', LIMITS)).toBe(before)
    })
  })

  test('a language that is any program is found in a dump', async () => {
    const path = await dumpWith('language', 'CREATE LANGUAGE plpython3u; --')
    const dump = await readDump(path, reading(), LIMITS)
    expect(dump.findings.map(({ verdict, kind }) => `${verdict} ${kind}`)).toContain('refuse language')
  })

  test('backslash commands: control by psql, and found here', async () => {
    const evil = (name: string) => `\\! ${touch(name)}\n--`
    const text = await dumpWith('backslash', evil('backslash-control'))
    const psql = [join(world.programs.bin, 'pg_restore'), '-f', '-', text]
    const sql = await readAll(launch(psql, { ...LIMITS, as: world.scratch }), 1 << 24)
    await world.sql('postgres', 'DROP DATABASE IF EXISTS naive', 'CREATE DATABASE naive')
    const file = join(world.directory, 'evil.sql')
    // Newer programs write a word that keeps psql from it; files of older ones lie about everywhere.
    await writeFile(file, sql.text.replace(/^\\restrict.*$/m, ''), { mode: 0o644 })
    await readAll(
      launch([join(world.programs.bin, 'psql'), '-X', '-d', connection(world.cluster, 'naive'), '-f', file], {
        ...LIMITS,
        as: world.cluster.as,
      }),
      1 << 24,
    )
    expect(await readdir(marks)).toContain('backslash-control')

    const dump = await readDump(await dumpWith('backslash', evil('backslash')), reading(), LIMITS)
    expect(dump.findings.map((finding) => finding.kind)).toContain('backslash')
    expect(await readdir(marks)).not.toContain('backslash')
  })

  describe('code that reading cannot see (INVARIANT B1, B2, B4)', () => {
    /** A check runs for each row that is loaded; it tries to become the administrator again, and then to run a program. */
    const hidden = (name: string) =>
      `CREATE FUNCTION check_it(text) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN
       BEGIN EXECUTE 'RE' || 'SET SESSION AUTHORIZATION'; EXCEPTION WHEN OTHERS THEN NULL; END;
       BEGIN EXECUTE 'RE' || 'SET ROLE'; EXCEPTION WHEN OTHERS THEN NULL; END;
       EXECUTE 'CO' || 'PY (SELECT 1) TO PRO' || 'GRAM ''${touch(name)}''';
       RETURN true; EXCEPTION WHEN OTHERS THEN RETURN true; END$$`
    const make = async (name: string) => {
      await world.sql('postgres', 'DROP DATABASE IF EXISTS hidden', 'CREATE DATABASE hidden OWNER mirai')
      await world.sql(
        'hidden',
        `SET ROLE mirai; ${hidden(name)}; CREATE TABLE t (id int PRIMARY KEY, note text CHECK (public.check_it(note)));
       SET ROLE mirai; SET check_function_bodies = off; INSERT INTO t SELECT i, 'n' FROM generate_series(1, 3) i`,
      )
      await rm(join(marks, name), { force: true })
      const path = join(world.directory, `${name}.dump`)
      await rm(path, { force: true })
      const { facts } = await dumpDatabase(world.cluster, 'hidden', path, LIMITS)
      return { path, facts, dump: await readDump(path, reading(), LIMITS) }
    }

    test.each([
      ['as the administrator', []],
      ['as the administrator who became the owner', ['--role=mirai', '--no-owner']],
    ])('control: %s it is done', async (what, more) => {
      const name = `hidden-control-${what.length}`
      const { path } = await make(name)
      await naive(path, 'naive', ...more)
      expect(await readdir(marks)).toContain(name)
    })

    test('here it is loaded, into the throw-away cluster and beside, and does nothing', async () => {
      const { path, facts, dump } = await make('hidden')
      expect(dump.findings).toEqual([])
      const loaded = await withScratchCluster(scratch(), LIMITS, (cluster) =>
        loadInto(cluster, path, { dump, facts }, LIMITS),
      )
      expect(loaded.tables).toEqual({ 'public.t': 3 })
      expect(await readdir(marks)).not.toContain('hidden')
      const wanted = { database: 'hidden', id: '20261125_191200Z', dump, facts, loader: world.scratch }
      const { pair } = await loadStage(world.cluster, path, wanted, LIMITS)
      expect(await world.sql(pair.beside, 'SELECT count(*) FROM t')).toBe('3')
      expect(await readdir(marks)).not.toContain('hidden')
      // The role that loaded is gone with it.
      expect(
        await world.sql('postgres', `SELECT count(*) FROM pg_roles WHERE rolname = '${world.scratch.name}'`),
      ).toBe('0')
    })

    test('the throw-away cluster speaks to nobody', async () => {
      const addresses = await withScratchCluster(scratch(), LIMITS, async ({ as }) => {
        const seen = await readAll(
          launch(['cat', '/proc/net/dev'], { ...LIMITS, as, offline: true }),
          1 << 16,
        )
        return seen.text
          .split('\n')
          .filter((line) => line.includes(':'))
          .map((line) => line.split(':')[0]?.trim())
      })
      expect(addresses).toEqual(['lo'])
    })
  })
})
