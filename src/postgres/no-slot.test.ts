// Where no connection is free, the reader's login is not what is wrong: nobody is sent to pg_hba.conf.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeWith } from '../../tests/host/describe.ts'
import { LIMITS, startPostgres, type TestCluster } from '../../tests/runner-fixtures/postgres.ts'
import { SekishoError } from '../base/error.ts'
import { ERROR_WORDS, reader } from '../words/errors.ts'
import { LANGUAGES } from '../words/words.ts'
import { launch } from './launch.ts'
import { psqlArgv } from './query.ts'

describeWith('postgres', 'a cluster without a free connection', () => {
  let world: TestCluster
  beforeAll(async () => {
    world = await startPostgres({ max_connections: '10', superuser_reserved_connections: '8' })
    await world.sql('postgres', 'CREATE ROLE mirai LOGIN', 'CREATE DATABASE mirai OWNER mirai')
  }, 120_000)
  afterAll(() => world.stop())

  const refused = async () => {
    const error = await world.reading('mirai', async () => 'read').catch((cause: unknown) => cause)
    if (!(error instanceof SekishoError)) return error
    for (const language of LANGUAGES) {
      const { what, why, next } = ERROR_WORDS[error.code][language](reader(error.detail))
      const said = [what, why, ...(next ?? [])].join(' ')
      expect(said).toMatch(/max_connections/)
      expect(said).not.toMatch(/pg_hba|FATAL|…/)
    }
    return error.code
  }

  test('its database has as many as it may', async () => {
    expect(await refused()).toBe('read')
    await world.sql('postgres', 'ALTER DATABASE mirai CONNECTION LIMIT 0')
    expect(await refused()).toBe('backup.db_no_slot')
    await world.sql('postgres', 'ALTER DATABASE mirai CONNECTION LIMIT -1')
    expect(await refused()).toBe('read')
  })

  test('what is free is kept for administrators', async () => {
    const busy = [1, 2].map(() =>
      launch([...psqlArgv(world.cluster, 'postgres'), '-c', 'SELECT pg_sleep(600)'], {
        ...LIMITS,
        as: world.cluster.as,
      }),
    )
    for (const one of busy) one.stdout?.resume()
    const open =
      "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)' AND pid <> pg_backend_pid()"
    await expect.poll(() => world.sql('postgres', open), { timeout: 30_000 }).toBe('2')
    expect(await refused()).toBe('backup.db_no_slot')
    const end =
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'"
    expect(await world.sql('postgres', end)).toBe('2')
    await Promise.all(busy.map(({ done }) => done))
  })

  test('not even an administrator gets in: that is no server that is down', async () => {
    const busy = Array.from({ length: 12 }, () =>
      launch([...psqlArgv(world.cluster, 'postgres'), '-c', 'SELECT pg_sleep(600)'], {
        ...LIMITS,
        as: world.cluster.as,
      }),
    )
    try {
      for (const one of busy) one.stdout?.resume()
      const asked = () =>
        world.sql('postgres', 'SELECT 1').catch((cause: unknown) => (cause as SekishoError).code)
      await expect.poll(asked, { timeout: 30_000 }).toBe('backup.db_no_slot')
      expect(await refused()).toBe('backup.db_no_slot')
    } finally {
      for (const one of busy) one.stop()
      await Promise.all(busy.map(({ done }) => done))
    }
  })
})
