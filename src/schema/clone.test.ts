// A staging of code and the trial of a schema clone the same database at the same time: each has its own dump and its own cluster, and nothing is left.
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeWith } from '../../tests/host/describe.ts'
import { clusterPort, LIMITS, startPostgres, type TestCluster } from '../../tests/runner-fixtures/postgres.ts'
import { until } from '../../tests/until.ts'
import { ask } from '../postgres/query.ts'
import type { SnapshotPorts } from '../snapshot/ports.ts'
import { type Clone, withClone } from './clone.ts'

describeWith('postgres', 'a clone', () => {
  let world: TestCluster
  let place: string
  beforeAll(async () => {
    place = mkdtempSync(join(tmpdir(), 'clones-'))
    chmodSync(place, 0o755)
    world = await startPostgres({}, clusterPort())
    await world.sql('postgres', 'CREATE ROLE app LOGIN', 'CREATE DATABASE shop OWNER app')
    await world.sql(
      'shop',
      'SET ROLE app; CREATE TABLE articles (id int PRIMARY KEY, title text)',
      "SET ROLE app; INSERT INTO articles SELECT i, repeat('title ', 100) FROM generate_series(1, 20000) i",
    )
  }, 120_000)
  afterAll(async () => {
    await world?.stop()
    rmSync(place, { recursive: true, force: true })
  })

  test('two at once have a dump each, and take it away', async () => {
    const parts = {
      place: { state: place, data: place },
      clock: { uptime: () => performance.now() },
      policies: { current: { rules: { floorBytes: 0 } } },
    } as unknown as SnapshotPorts
    const dumps = join(place, 'clones')
    const counted = ({ restorer, database }: Clone) =>
      ask(restorer, database, 'SELECT count(*) FROM public.articles', LIMITS)
    const clone = () => withClone(world.cluster, { database: 'shop', role: 'app' }, parts, LIMITS, counted)
    const first = clone()
    await until('the first dump to be begun', 60_000, () =>
      existsSync(dumps) && readdirSync(dumps).some((name) => readdirSync(join(dumps, name)).length > 0)
        ? true
        : undefined,
    )
    expect(await Promise.all([first, clone()])).toEqual([20_000, 20_000])
    expect(readdirSync(dumps)).toEqual([])
  }, 300_000)
})
