// One writer at a time, and the one retry rule, on a real server.
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshDatabase, type TestDatabase } from '../../tests/db/database.ts'
import { silentLog } from './log.ts'
import { openStore, type Store } from './open.ts'
import { withClient } from './prepare.ts'
import { read, write } from './tx.ts'

interface Tables {
  counter: { id: number; value: number }
}

let database: TestDatabase
let store: Store<Tables>

beforeAll(async () => {
  database = await freshDatabase([
    {
      id: '0001-first',
      sql: `CREATE TABLE counter (id bigint PRIMARY KEY, value bigint NOT NULL);
            INSERT INTO counter VALUES (1, 0); GRANT SELECT, INSERT, UPDATE ON counter TO sk_gate`,
    },
  ])
  store = openStore<Tables>({ url: database.gateUrl, log: silentLog, connections: 4 })
})
afterAll(async () => {
  await store.close()
  await database.drop()
})

const value = async () =>
  (await store.db.selectFrom('counter').select('value').where('id', '=', 1).executeTakeFirstOrThrow()).value

/** Ends the connection that runs this transaction, as a dying server would. */
async function cut(pid: number): Promise<void> {
  await withClient(database.ownerUrl, (client) => client.query('SELECT pg_terminate_backend($1)', [pid]))
}

describe('a writer', () => {
  test('read, then write: 40 at once lose nothing', async () => {
    const before = await value()
    await Promise.all(
      Array.from({ length: 40 }, () =>
        write(store.db, async (tx) => {
          const row = await tx
            .selectFrom('counter')
            .select('value')
            .where('id', '=', 1)
            .executeTakeFirstOrThrow()
          await tx
            .updateTable('counter')
            .set({ value: row.value + 1 })
            .where('id', '=', 1)
            .execute()
        }),
      ),
    )
    expect(await value()).toBe(before + 40)
  })

  test('what throws leaves nothing', async () => {
    const before = await value()
    const failing = write(store.db, async (tx) => {
      await tx.updateTable('counter').set({ value: 999 }).where('id', '=', 1).execute()
      throw new Error('changed my mind')
    })
    await expect(failing).rejects.toThrow('changed my mind')
    expect(await value()).toBe(before)
  })

  test('a connection lost before the commit is repeated, and the effect is there once', async () => {
    const before = await value()
    let tries = 0
    await write(store.db, async (tx) => {
      tries++
      await tx
        .updateTable('counter')
        .set((eb) => ({ value: eb('value', '+', 1) }))
        .where('id', '=', 1)
        .execute()
      const { rows } = await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(tx)
      if (tries === 1) await cut(rows[0]?.pid ?? 0)
      await sql`SELECT 1`.execute(tx)
    })
    expect(tries).toBe(2)
    expect(await value()).toBe(before + 1)
  })

  test('a connection lost while committing is not repeated (INVARIANT D4)', async () => {
    let tries = 0
    const work = write(store.db, async (tx) => {
      tries++
      const { rows } = await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(tx)
      await cut(rows[0]?.pid ?? 0)
    })
    await expect(work).rejects.toThrow(expect.objectContaining({ code: 'store.commit_unknown' }))
    expect(tries).toBe(1)
    expect(await value()).toBeTypeOf('number')
  })

  test('a constraint of a room comes as PostgreSQL gave it', async () => {
    const twice = write(store.db, (tx) => tx.insertInto('counter').values({ id: 1, value: 0 }).execute())
    await expect(twice).rejects.toMatchObject({ code: '23505' })
  })

  test('a statement over the limit is store.timeout', async () => {
    const hasty = openStore<Tables>({ url: database.gateUrl, log: silentLog, statementMs: 50 })
    await expect(sql`SELECT pg_sleep(5)`.execute(hasty.db)).rejects.toMatchObject({ code: 'store.timeout' })
    await hasty.close()
  })

  test('the gate is not the owner: it makes no table', async () => {
    await expect(sql`CREATE TABLE mine (id int)`.execute(store.db)).rejects.toMatchObject({
      code: 'store.no_permission',
    })
  })
})

describe('a reader', () => {
  test('sees one snapshot', async () => {
    await read(store.db, async (tx) => {
      const first = await tx.selectFrom('counter').select('value').execute()
      await write(store.db, (other) =>
        other.updateTable('counter').set({ value: 12_345 }).where('id', '=', 1).execute(),
      )
      expect(await tx.selectFrom('counter').select('value').execute()).toEqual(first)
    })
    expect(await value()).toBe(12_345)
  })
  test('cannot write', async () => {
    const sly = read(store.db, (tx) => tx.updateTable('counter').set({ value: 1 }).execute())
    await expect(sly).rejects.toMatchObject({ code: 'store.read_only' })
  })
})
