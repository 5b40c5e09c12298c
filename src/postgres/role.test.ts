// What an owner can do to our role while it is there: grant it something, name it in a policy, hold the table, close the database. None of it keeps the
// next work from having one, of whatever service in the cluster; and what was kept is gone when it can be.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { describeWith } from '../../tests/host/describe.ts'
import { LIMITS, startPostgres, type TestCluster } from '../../tests/runner-fixtures/postgres.ts'
import { tableRows } from './facts.ts'
import { dropLeftRoles } from './left-over.ts'
import { psql, tell } from './query.ts'
import type { Reader } from './types.ts'

describeWith('postgres', 'a role that an owner would keep', () => {
  let world: TestCluster
  beforeAll(async () => {
    world = await startPostgres()
    for (const name of ['mirai', 'other']) {
      await world.sql('postgres', `CREATE ROLE ${name} LOGIN`, `CREATE DATABASE ${name} OWNER ${name}`)
      await world.sql(name, `SET ROLE ${name}; CREATE TABLE t (id int PRIMARY KEY)`)
    }
  }, 120_000)
  afterAll(() => world.stop())
  beforeEach(async () => {
    await world.sql('postgres', 'ALTER DATABASE mirai ALLOW_CONNECTIONS true')
  })

  const roles = () =>
    world.sql(
      'postgres',
      `SELECT string_agg(rolname, ' ' ORDER BY rolname) FROM pg_roles WHERE rolname !~ '^pg_'`,
    )
  const others = 'mirai other postgres'
  const asOwner = (statement: string) => world.sql('mirai', `SET ROLE mirai; ${statement}`)
  /** While the role reads its database, the owner does something with it. */
  const whileReading = (meanwhile: () => Promise<unknown>) => world.reading('mirai', meanwhile)
  const readsOther = () => world.reading('other', (reader) => tableRows(reader, 'other', LIMITS))
  const me = () => world.scratch.name

  test.each([
    ['a right on a table', () => `GRANT SELECT ON t TO ${me()}`],
    ['a right on all that is to come', () => `ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO ${me()}`],
    ['a policy', () => `CREATE POLICY p ON t TO ${me()}; ALTER TABLE t ENABLE ROW LEVEL SECURITY`],
    ['the database', () => `GRANT ALL ON DATABASE mirai TO ${me()} WITH GRANT OPTION`],
  ])('%s is forgotten with it', async (_, statement) => {
    await whileReading(() => asOwner(statement()))
    expect(await roles()).toBe(others)
    expect(await readsOther()).toEqual({ 'public.t': 0 })
  })

  const kept = async () => (await roles()).split(' ').filter((name) => name.startsWith('sekisho_retired_'))
  const power = (name: string) =>
    world.sql(
      'postgres',
      `SELECT rolcanlogin OR rolbypassrls OR pg_has_role(oid, 'pg_read_all_data', 'member') FROM pg_roles WHERE rolname = '${name}'`,
    )

  test('a table that is held: it is put aside without any power, and goes when it can', async () => {
    let holding: ReturnType<typeof psql> | undefined
    await whileReading(async () => {
      await asOwner(`GRANT SELECT ON t TO ${me()}`)
      holding = psql(
        world.cluster,
        'mirai',
        ['BEGIN; GRANT SELECT ON public.t TO PUBLIC; SELECT pg_sleep(3600)'],
        LIMITS,
      )
      const sleeping = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
      await expect.poll(() => world.sql('mirai', sleeping)).toBe('1')
    })
    const [name = '', ...more] = await kept()
    expect([more, await power(name)]).toEqual([[], 'f'])
    expect(await readsOther()).toEqual({ 'public.t': 0 })
    await world.sql(
      'postgres',
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'",
    )
    await holding?.done
    await expect.poll(() => dropLeftRoles(world.cluster, LIMITS)).toEqual([name])
    expect(await roles()).toBe(others)
  })

  test('whoever holds a table is waited for no longer than a minute, whatever the database says', async () => {
    await asOwner('ALTER DATABASE mirai SET lock_timeout = 0')
    const limit = (reader: Reader) => tell(reader, 'mirai', ['SHOW lock_timeout'], LIMITS)
    expect(await world.reading('mirai', limit)).toBe('1min')
  })

  test('a database that is closed: the same', async () => {
    await whileReading(async () => {
      await asOwner(`GRANT SELECT ON t TO ${me()}`)
      await world.sql('postgres', 'ALTER DATABASE mirai ALLOW_CONNECTIONS false')
    })
    const [name = ''] = await kept()
    expect(await power(name)).toBe('f')
    expect(await readsOther()).toEqual({ 'public.t': 0 })
    expect(await dropLeftRoles(world.cluster, LIMITS)).toEqual([])
    await world.sql('postgres', 'ALTER DATABASE mirai ALLOW_CONNECTIONS true')
    expect(await dropLeftRoles(world.cluster, LIMITS)).toEqual([name])
    expect(await roles()).toBe(others)
  })
})
