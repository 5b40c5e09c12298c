// Dumping, reading and loading on a real cluster.
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LIMITS, startPostgres, type TestCluster } from '../../../tests/runner-fixtures/postgres.ts'
import { dumpDatabase } from './dump.ts'
import { loadInto } from './load.ts'
import { readDump } from './read-dump.ts'
import { withScratchCluster } from './scratch.ts'

let world: TestCluster
beforeAll(async () => {
  world = await startPostgres()
  await world.sql('postgres', 'CREATE ROLE mirai LOGIN', 'CREATE DATABASE mirai OWNER mirai')
  await world.sql(
    'mirai',
    'SET ROLE mirai; CREATE TABLE articles (id text PRIMARY KEY, title text NOT NULL, tags jsonb)',
    `SET ROLE mirai; INSERT INTO articles SELECT 'a' || i, 'title ' || i, '[]' FROM generate_series(1, 500) i`,
  )
}, 120_000)
afterAll(() => world.stop())

test('a dump is read, loaded into a cluster that is thrown away, and has its rows', async () => {
  const path = join(world.directory, 'one.dump')
  const { bytes, facts } = await dumpDatabase(world.cluster, 'mirai', path, LIMITS)
  expect((await stat(path)).size).toBe(bytes)
  expect((await stat(path)).mode & 0o777).toBe(0o400)
  expect(facts).toMatchObject({ owner: 'mirai', encoding: 'UTF8', tables: { 'public.articles': 500 } })
  const dump = await readDump(path, { programs: world.programs, as: world.scratch }, LIMITS)
  expect(dump.findings).toEqual([])
  const where = { programs: world.programs, directory: join(world.directory, 'scratch'), as: world.scratch }
  const loaded = await withScratchCluster(where, LIMITS, (scratch) =>
    loadInto(scratch, path, { dump, facts }, LIMITS),
  )
  expect(loaded).toMatchObject({ tables: facts.tables, localeDiffers: false, left: [] })
  expect(await readdir(where.directory)).toEqual([])
})
