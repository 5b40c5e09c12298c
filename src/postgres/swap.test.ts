// Beside and exchanged on a real cluster: what the database had is given back, readers see one of the two, a kill leaves old or new.
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { describeWith } from '../../tests/host/describe.ts'
import { LIMITS, startPostgres, type TestCluster } from '../../tests/runner-fixtures/postgres.ts'
import { start } from '../sys/process.ts'
import { dumpDatabase } from './dump.ts'
import { databaseFacts, databaseOid } from './facts.ts'
import { launch } from './launch.ts'
import { connection, identifier } from './query.ts'
import { readDump } from './read-dump.ts'
import { dropRole, placeName } from './role.ts'
import {
  dropKept,
  dropStage,
  type LoadedStage,
  loadStage,
  type StagedLoad,
  stagedName,
} from './stage-load.ts'
import { closedOf, openDatabases, probeSwap, swapDatabases } from './swap.ts'
import { alone } from './turns.ts'
import type { Cluster, SwapPair } from './types.ts'

const ID = '20261125_191200Z'
/** Kills are spread evenly over the time that the act takes: the first comes before it does anything, the last after its end. */
const KILLS = process.env['SEKISHO_CAMPAIGN'] === 'whole' ? 20 : 6
const LOAD_MS = 1800
const SWAP_MS = 900
const after = (i: number, lastMs: number) => (i === KILLS - 1 ? 4000 : (i * lastMs) / (KILLS - 1))

describeWith('postgres', 'databases beside and exchanged', () => {
  let world: TestCluster
  let cluster: Cluster
  let path: string
  beforeAll(async () => {
    world = await startPostgres()
    cluster = world.cluster
    path = join(world.directory, 'mirai.dump')
    await world.sql('postgres', 'CREATE ROLE mirai LOGIN', 'CREATE ROLE reader', 'CREATE ROLE "odd @=role"')
    await fresh()
    await dumpDatabase(cluster, 'mirai', path, LIMITS)
  }, 120_000)
  afterAll(() => world.stop())

  /** The database as it was when it was dumped. */
  async function fresh(): Promise<void> {
    await world.sql(
      'postgres',
      'DROP DATABASE IF EXISTS mirai WITH (FORCE)',
      'CREATE DATABASE mirai OWNER mirai',
      'REVOKE ALL ON DATABASE mirai FROM PUBLIC',
      'GRANT CONNECT ON DATABASE mirai TO reader WITH GRANT OPTION',
      "COMMENT ON DATABASE mirai IS 'what people''s notes say'",
      `ALTER DATABASE mirai SET search_path TO public, "other, one"`,
      `ALTER DATABASE mirai SET statement_timeout TO '90s'`,
      `ALTER ROLE "odd @=role" IN DATABASE mirai SET work_mem TO '8MB'`,
    )
    await world.sql(
      'mirai',
      `SET ROLE mirai; CREATE TABLE t (id int PRIMARY KEY, state text NOT NULL);
     INSERT INTO t SELECT i, 'old' FROM generate_series(1, 2000) i; GRANT SELECT ON t TO reader`,
    )
  }

  async function clear(): Promise<void> {
    await world.sql('postgres', `DROP DATABASE IF EXISTS ${identifier(stagedName('mirai', ID))} WITH (FORCE)`)
    await dropStage(cluster, 'mirai', ID, LIMITS)
  }

  async function wantedNow(turn: StagedLoad['turn'] = () => {}): Promise<StagedLoad> {
    const dump = await readDump(path, { programs: world.programs, as: world.scratch }, LIMITS)
    const facts = await databaseFacts(cluster, 'mirai', LIMITS)
    return {
      database: 'mirai',
      id: ID,
      dump,
      facts: { ...facts, tables: { 'public.t': 2000 } },
      loader: world.scratch,
      turn,
    }
  }

  async function load(): Promise<LoadedStage> {
    return loadStage(cluster, path, await wantedNow(), LIMITS)
  }

  const comment = (database: string) =>
    world.sql(
      'postgres',
      `SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '${database}'`,
    )
  const states = (database: string) =>
    world.sql(database, 'SELECT string_agg(DISTINCT state, $$,$$) FROM public.t')

  describe('beside', () => {
    beforeEach(async () => {
      await clear()
      await fresh()
    })

    test('it is the owner’s, has the rights and settings of the original, and nobody got in before', async () => {
      const { pair, said } = await load()
      expect(said).toEqual([])
      const [live, beside] = [
        await databaseFacts(cluster, 'mirai', LIMITS),
        await databaseFacts(cluster, pair.beside, LIMITS),
      ]
      expect(beside).toEqual(live)
      expect(live.settings).toHaveLength(3)
      expect(live.acl.length).toBe(2)
      expect(await world.sql(pair.beside, "SELECT tableowner FROM pg_tables WHERE tablename = 't'")).toBe(
        'mirai',
      )
      expect(await world.sql(pair.beside, "SELECT has_table_privilege('reader', 'public.t', 'SELECT')")).toBe(
        't',
      )
      expect(
        await world.sql('postgres', `SELECT count(*) FROM pg_roles WHERE rolname = '${world.scratch.name}'`),
      ).toBe('0')
    })

    test('while another work is alone in the cluster it waits, and says so', async () => {
      const told: string[] = []
      const wanted = await wantedNow((at) => told.push(at))
      let end = () => {}
      const other = alone(placeName(cluster), () => new Promise<void>((resolve) => (end = resolve)))
      const loading = loadStage(cluster, path, wanted, LIMITS)
      try {
        await expect.poll(() => told, { timeout: 30_000 }).toEqual(['waiting'])
      } finally {
        end()
      }
      await other
      await loading
      expect(told).toEqual(['waiting', 'in'])
    })

    test('a setting that only an administrator may make is given back only where the live one has it', async () => {
      const facts = await databaseFacts(cluster, 'mirai', LIMITS)
      const dump = await readDump(path, { programs: world.programs, as: world.scratch }, LIMITS)
      const evil = { ...facts, settings: [...facts.settings, 'session_preload_libraries=evil'] }
      const { pair, said } = await loadStage(
        cluster,
        path,
        { database: 'mirai', id: ID, dump, facts: evil, loader: world.scratch },
        LIMITS,
      )
      expect(said).toEqual(['session_preload_libraries=evil'])
      expect((await databaseFacts(cluster, pair.beside, LIMITS)).settings).toEqual(facts.settings)
    })

    test('fewer rows than were dumped: it is gone again, and the live one as it was', async () => {
      const dump = await readDump(path, { programs: world.programs, as: world.scratch }, LIMITS)
      const facts = { ...(await databaseFacts(cluster, 'mirai', LIMITS)), tables: { 'public.t': 2001 } }
      await expect(
        loadStage(cluster, path, { database: 'mirai', id: ID, dump, facts, loader: world.scratch }, LIMITS),
      ).rejects.toMatchObject({ code: 'backup.db_load_failed' })
      expect(await databaseOid(cluster, stagedName('mirai', ID), LIMITS)).toBeUndefined()
    })

    test('a database that is a superuser’s, and an extension that only one may make, are a person’s', async () => {
      const dump = await readDump(path, { programs: world.programs, as: world.scratch }, LIMITS)
      const facts = { ...(await databaseFacts(cluster, 'mirai', LIMITS)), owner: 'postgres' }
      const wanted = {
        database: 'mirai',
        id: ID,
        dump: { ...dump, extensions: ['pageinspect', 'citext'] },
        facts,
        loader: world.scratch,
      }
      await expect(loadStage(cluster, path, wanted, LIMITS)).rejects.toMatchObject({
        code: 'backup.db_needs_person',
        detail: { found: ['extension pageinspect', 'owner postgres is a superuser'] },
      })
      const gone = { ...wanted, dump, facts: { ...facts, owner: 'gone' } }
      await expect(loadStage(cluster, path, gone, LIMITS)).rejects.toMatchObject({
        detail: { found: ['role gone is missing'], missing: 'gone', account: 'postgres', port: 5432 },
      })
    })

    test('a database of that name that is not ours is left alone', async () => {
      await world.sql('postgres', `CREATE DATABASE ${identifier(stagedName('mirai', ID))}`)
      await expect(load()).rejects.toMatchObject({ code: 'backup.db_moved' })
      await world.sql('postgres', `DROP DATABASE ${identifier(stagedName('mirai', ID))}`)
    })

    test('where nobody but the administrator may come in, it says so', async () => {
      const stranger = { name: 'root', uid: 0, gid: 0 }
      const dump = await readDump(path, { programs: world.programs, as: world.scratch }, LIMITS)
      const facts = await databaseFacts(cluster, 'mirai', LIMITS)
      await expect(
        loadStage(cluster, path, { database: 'mirai', id: ID, dump, facts, loader: stranger }, LIMITS),
      ).rejects.toMatchObject({ code: 'backup.db_no_loader' })
    })

    test('long names are cut and stay apart', () => {
      expect(stagedName('mirai', ID)).toBe(`mirai_${ID}`)
      const long = stagedName('x'.repeat(63), ID)
      expect(Buffer.byteLength(long)).toBeLessThanOrEqual(63)
      expect(long).not.toBe(stagedName(`${'x'.repeat(62)}y`, ID))
    })
  })

  describe('exchanged', () => {
    let pair: SwapPair
    beforeEach(async () => {
      await clear()
      await fresh()
      ;({ pair } = await load())
      await world.sql('mirai', "UPDATE t SET state = 'damaged'")
    })

    test('with sessions open, and back by the same call', async () => {
      const busy = launch(
        [
          join(world.programs.bin, 'psql'),
          '-X',
          '-d',
          connection(cluster, 'mirai'),
          '-c',
          'SELECT pg_sleep(60)',
        ],
        { ...LIMITS, as: cluster.as },
      )
      busy.stdout?.resume()
      while (
        (await world.sql(
          'postgres',
          "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'",
        )) !== '1'
      );
      expect(await probeSwap(cluster, pair, LIMITS)).toEqual({ state: 'not_applied', open: true })
      const back = await swapDatabases(cluster, pair, LIMITS)
      expect((await busy.done).code).not.toBe(0)
      expect(await probeSwap(cluster, pair, LIMITS)).toEqual({ state: 'applied', open: true })
      expect([await states('mirai'), await states(pair.beside)]).toEqual(['old', 'damaged'])
      expect(await comment('mirai')).toBe("what people's notes say")
      expect(await comment(pair.beside)).toBe('sekisho kept')
      // The original is no leftover of a load: another restore of the same backup does not take it away.
      await expect(load()).rejects.toMatchObject({ code: 'backup.db_moved' })
      expect(back).toEqual({ ...pair, liveOid: pair.besideOid, besideOid: pair.liveOid })
      await swapDatabases(cluster, back, LIMITS)
      expect(await probeSwap(cluster, pair, LIMITS)).toEqual({ state: 'not_applied', open: true })
      expect([await states('mirai'), await comment('mirai')]).toEqual(['damaged', "what people's notes say"])
      await expect(dropKept(cluster, pair.beside, pair.liveOid, LIMITS)).rejects.toMatchObject({
        code: 'backup.db_moved',
      })
      await dropKept(cluster, pair.beside, pair.besideOid, LIMITS)
      expect((await probeSwap(cluster, pair, LIMITS)).state).toBe('mixed')
    })

    test('one that was killed after it closed them is not applied, and opens again', async () => {
      for (const name of [pair.live, pair.beside])
        await world.sql('postgres', `ALTER DATABASE ${identifier(name)} ALLOW_CONNECTIONS false`)
      expect(await probeSwap(cluster, pair, LIMITS)).toEqual({ state: 'not_applied', open: false })
      await openDatabases(cluster, pair, LIMITS)
      expect(await probeSwap(cluster, pair, LIMITS)).toEqual({ state: 'not_applied', open: true })
      expect(await states('mirai')).toBe('damaged')
    })

    test('part of S43: an original that lets nobody in lets nobody in while it is looked at, nor when it is back; as evidence it does', async () => {
      const isOpen = () =>
        world.sql('postgres', `SELECT datallowconn FROM pg_database WHERE oid = ${pair.liveOid}`)
      await world.sql('postgres', 'ALTER DATABASE mirai ALLOW_CONNECTIONS false')
      const shut = { ...pair, ...(await closedOf(cluster, pair.liveOid, LIMITS)) }
      expect(shut.closed).toBe(pair.liveOid)
      expect(await probeSwap(cluster, shut, LIMITS)).toEqual({ state: 'not_applied', open: true })
      let seen = ''
      const back = await swapDatabases(cluster, shut, LIMITS, async () => {
        seen = await isOpen()
      })
      expect([seen, await isOpen()]).toEqual(['f', 't'])
      expect(await probeSwap(cluster, shut, LIMITS)).toEqual({ state: 'applied', open: true })
      await swapDatabases(cluster, back, LIMITS)
      await openDatabases(cluster, shut, LIMITS)
      expect([await isOpen(), (await probeSwap(cluster, shut, LIMITS)).state]).toEqual(['f', 'not_applied'])
      await world.sql('postgres', 'ALTER DATABASE mirai ALLOW_CONNECTIONS true')
      expect(await closedOf(cluster, pair.liveOid, LIMITS)).toEqual({})
    })

    test('names that are other databases by now are mixed, and nothing is renamed', async () => {
      await world.sql('postgres', 'DROP DATABASE mirai', 'CREATE DATABASE mirai')
      expect((await probeSwap(cluster, pair, LIMITS)).state).toBe('mixed')
      await expect(swapDatabases(cluster, pair, LIMITS)).rejects.toMatchObject({ code: 'backup.db_moved' })
    })

    test('a transaction that was prepared keeps it from being renamed: both names stay and both are open', async () => {
      const only = await startPostgres({ max_prepared_transactions: '2' })
      try {
        await only.sql('postgres', 'CREATE DATABASE a', 'CREATE DATABASE b')
        // In the second one: the first would be renamed already, were it not all one.
        await only.sql('b', "BEGIN; CREATE TABLE x (i int); PREPARE TRANSACTION 'held'")
        const [liveOid, besideOid] = [
          await databaseOid(only.cluster, 'a', LIMITS),
          await databaseOid(only.cluster, 'b', LIMITS),
        ]
        const held = { live: 'a', beside: 'b', liveOid: liveOid ?? 0, besideOid: besideOid ?? 0 }
        await expect(swapDatabases(only.cluster, held, LIMITS)).rejects.toMatchObject({
          code: 'backup.db_swap_failed',
        })
        expect(await probeSwap(only.cluster, held, LIMITS)).toEqual({ state: 'not_applied', open: true })
      } finally {
        await only.stop()
      }
    })

    test('whoever reads while they are exchanged back and forth sees one of the two, whole', async () => {
      const seen = new Set<string>()
      let reading = true
      const reader = async () => {
        while (reading) {
          const text = await states('mirai').catch(() => 'closed')
          seen.add(text)
        }
      }
      const readers = [reader(), reader()]
      let now = pair
      for (let i = 0; i < 4; i++) {
        now = await swapDatabases(cluster, now, LIMITS)
        await delay(150)
      }
      reading = false
      await Promise.all(readers)
      seen.delete('closed')
      expect([...seen].sort()).toEqual(['damaged', 'old'])
    })
  })

  describe('kill -9 of who works', () => {
    /** Runs the act in a process of its own and kills it after a while. */
    const killed = async (act: 'load' | 'swap', more: unknown, afterMs: number): Promise<void> => {
      const program = join(import.meta.dirname, '../../tests/runner-fixtures/postgres-act.ts')
      const child = start([process.execPath, program, act, JSON.stringify(more)], {
        env: {},
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const ended = new Promise((resolve) => child.once('exit', resolve))
      await new Promise((resolve) => child.stdout?.once('data', resolve))
      await Promise.race([ended, delay(afterMs)])
      child.kill('SIGKILL') // Nothing, where it has ended by itself.
      await ended
    }

    test('in the middle of a load: the live one is untouched, and the next load takes the place of what was left', async () => {
      await clear()
      await fresh()
      const oid = await databaseOid(cluster, 'mirai', LIMITS)
      const facts = await databaseFacts(cluster, 'mirai', LIMITS)
      for (let i = 0; i < KILLS; i++) {
        await killed(
          'load',
          { cluster, path, reading: { programs: world.programs, as: world.scratch }, id: ID, facts },
          after(i, LOAD_MS),
        )
        expect(await databaseOid(cluster, 'mirai', LIMITS)).toBe(oid)
        expect(await states('mirai')).toBe('old')
      }
      const { pair } = await load()
      expect(await states(pair.beside)).toBe('old')
      expect(await dropRole(cluster, world.scratch, LIMITS)).toBe(true)
    }, 180_000)

    test('in the middle of an exchange: the names are the old ones or the new ones, and are open again', async () => {
      await clear()
      await fresh()
      const { pair } = await load()
      await world.sql('mirai', "UPDATE t SET state = 'damaged'")
      let now = pair
      const outcomes = new Set<string>()
      for (let i = 0; i < KILLS; i++) {
        await killed('swap', { cluster, pair: now }, after(i, SWAP_MS))
        // Its last statement may still be under way in the server; it is told to end with its client.
        await world.sql(
          'postgres',
          "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'sekisho' AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
        )
        const probed = await probeSwap(cluster, now, LIMITS)
        expect(probed.state).not.toBe('mixed')
        outcomes.add(`${probed.state} ${probed.open ? 'open' : 'closed'}`)
        await openDatabases(cluster, now, LIMITS)
        expect((await probeSwap(cluster, now, LIMITS)).open).toBe(true)
        if (probed.state === 'applied') now = { ...now, liveOid: now.besideOid, besideOid: now.liveOid }
        expect(await states('mirai')).toBe(now.liveOid === pair.liveOid ? 'damaged' : 'old')
      }
      expect(outcomes.size).toBeGreaterThan(1)
    }, 180_000)
  })
})
