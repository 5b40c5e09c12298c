// A live database that is damaged and is to be restored: what can be read of it is compared, what cannot be read is named (decision 0042).
import { closeSync, existsSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeWith } from '../../tests/host/describe.ts'
import { LIMITS, startPostgres, type TestCluster } from '../../tests/runner-fixtures/postgres.ts'
import { lossOfDatabase } from './loss.ts'

const KEY = new Uint8Array(32).fill(7)

describeWith('postgres', 'a damaged live database', () => {
  let world: TestCluster
  beforeAll(async () => {
    world = await startPostgres()
    await world.sql('postgres', 'CREATE DATABASE good')
    await world.sql(
      'good',
      'CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a SELECT i, i FROM generate_series(1, 3) i',
      `CREATE TABLE m (id int PRIMARY KEY, v text); INSERT INTO m SELECT i, repeat('x', 100) FROM generate_series(1, 5000) i`,
      'CREATE TABLE z (v text); INSERT INTO z SELECT i FROM generate_series(1, 3) i',
      "SELECT lo_from_bytea(0, 'large')",
    )
  }, 120_000)
  afterAll(() => world.stop())

  /** Its files are copied: nothing of it is in the memory of the server yet. */
  const copyOf = async (name: string) =>
    world.sql(
      'postgres',
      `DROP DATABASE IF EXISTS ${name}`,
      `CREATE DATABASE ${name} TEMPLATE good STRATEGY file_copy`,
    )
  const directoryOf = async (name: string) =>
    join(
      world.directory,
      'data/base',
      await world.sql('postgres', `SELECT oid FROM pg_database WHERE datname = '${name}'`),
    )
  /** In the middle of the file: what lies before it can be read. */
  async function spoil(name: string, relation: string, block = 0): Promise<void> {
    const file = await world.sql('good', `SELECT pg_relation_filenode('${relation}')`)
    const fd = openSync(join(await directoryOf(name), file), 'r+')
    writeSync(fd, Buffer.alloc(8192, 0xff), 0, 8192, block * 8192)
    closeSync(fd)
  }
  const lossFor = (live: string | undefined, copy: string | undefined = 'good') =>
    world.reading('good', (cluster) =>
      lossOfDatabase(
        live === undefined ? undefined : { cluster, database: live },
        copy === undefined ? undefined : { cluster, database: copy },
        KEY,
        LIMITS,
      ),
    )

  test('a table with a damaged page is named, all of the copy comes back of it, and the others are compared', async () => {
    await copyOf('live')
    await world.sql('live', 'DELETE FROM a WHERE id = 2', "INSERT INTO z VALUES ('new')")
    await spoil('live', 'm', 50)
    const loss = await lossFor('live')
    expect(loss.tables).toEqual([
      { table: 'public.a', by: 'key', live: 2, copy: 3, gone: 0, changed: 0, back: 1 },
      {
        table: 'public.m',
        by: 'key',
        live: 0,
        copy: 5000,
        gone: 0,
        changed: 0,
        back: 5000,
        isUnread: true,
      },
      { table: 'public.z', by: 'row', live: 4, copy: 3, gone: 1, changed: 0, back: 0 },
      { table: 'large objects', by: 'key', live: 1, copy: 1, gone: 0, changed: 0, back: 0 },
    ])
    expect(loss.keys.filter(({ table }) => table === 'public.a')).toEqual([
      { list: 'back', table: 'public.a', key: '[2]' },
    ])
    expect(loss.keys.some(({ list }) => list !== 'back')).toBe(false)
    // Unreadable then and unreadable now is the same, wherever the server stumbles.
    await spoil('live', 'm', 3)
    expect((await lossFor('live')).digest).toBe(loss.digest)
    // What is written to a table that can be read is seen beside it.
    await world.sql('live', "INSERT INTO z VALUES ('newer')")
    const grown = await lossFor('live')
    expect(grown.digest).not.toBe(loss.digest)
    // Readable now is another state, and so is a table that was emptied.
    await world.sql('live', 'TRUNCATE m')
    const emptied = await lossFor('live')
    expect(emptied.tables[1]).toEqual({
      table: 'public.m',
      by: 'key',
      live: 0,
      copy: 5000,
      gone: 0,
      changed: 0,
      back: 5000,
    })
    expect(emptied.digest).not.toBe(grown.digest)
  })

  test('several damaged tables, large objects and the definitions are named each', async () => {
    await copyOf('live')
    for (const relation of ['a', 'z', 'pg_largeobject']) await spoil('live', relation)
    await spoil('live', 'pg_trigger')
    const { tables } = await lossFor('live')
    expect(tables.filter((one) => one.isUnread === true).map(({ table }) => table)).toEqual([
      'public.a',
      'public.z',
      'large objects',
      'definitions',
    ])
    const m = tables.find(({ table }) => table === 'public.m')
    expect(m).toMatchObject({ live: 5000, gone: 0, changed: 0, back: 0 })
  })

  test.each([
    ['its map of files is gone', async (at: string) => rmSync(join(at, 'pg_filenode.map'))],
    ['its map of files is damaged', async (at: string) => spoilAll(join(at, 'pg_filenode.map'))],
    ['its directory is gone', async (at: string) => renameSync(at, `${at}.away`)],
    [
      'it takes no connections',
      async () => void (await world.sql('postgres', 'ALTER DATABASE live ALLOW_CONNECTIONS false')),
    ],
  ])('the whole of it cannot be read: %s', async (_, damage) => {
    await copyOf('live')
    const at = await directoryOf('live')
    await damage(at)
    const loss = await lossFor('live')
    expect(loss.tables).toEqual([
      {
        table: 'whole database',
        by: 'row',
        live: 0,
        copy: 5007,
        gone: 0,
        changed: 0,
        back: 5007,
        isUnread: true,
      },
    ])
    expect(loss.keys).toEqual([])
    expect((await lossFor('live')).digest).toBe(loss.digest)
    expect((await lossFor(undefined)).digest).not.toBe(loss.digest)
    // Only of the live side: what comes must be readable.
    await expect(lossFor('good', 'live')).rejects.toThrow()
    await world.sql('postgres', 'ALTER DATABASE live ALLOW_CONNECTIONS true').catch(() => {})
    if (existsSync(`${at}.away`)) renameSync(`${at}.away`, at)
  })

  test('a copy with a damaged page is refused as before', async () => {
    await copyOf('copy')
    await spoil('copy', 'm', 50)
    await expect(lossFor('good', 'copy')).rejects.toMatchObject({
      code: 'backup.db_query_failed',
      detail: { database: 'copy' },
    })
  })

  test('who only cannot get in at this moment is refused: that says nothing of the data', async () => {
    await copyOf('live')
    await world.sql('postgres', 'ALTER DATABASE live CONNECTION LIMIT 0')
    await expect(lossFor('live')).rejects.toMatchObject({ code: 'backup.db_no_slot' })
    await world.sql('postgres', 'ALTER DATABASE live CONNECTION LIMIT -1')
  })
})

function spoilAll(path: string): void {
  const fd = openSync(path, 'r+')
  writeSync(fd, Buffer.alloc(64, 0xff))
  closeSync(fd)
}
