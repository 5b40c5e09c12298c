// The embedded store on a disk that is full: at its first start, while it runs, and when it died of it.
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { layout } from '../../src/db/layout.ts'
import { silentLog } from '../../src/db/log.ts'
import { openStore } from '../../src/db/open.ts'
import { serverProcesses } from '../../src/db/pidfile.ts'
import { write } from '../../src/db/tx.ts'
import { run } from '../../src/sys/process.ts'
import { ask, embed, kill, smallDisk, stateOf, until } from '../db/store-world.ts'
import { describeWith } from '../host/describe.ts'

describeWith('host', 'a full disk', () => {
  test('at the first start: one sentence, nothing half-made, and it starts when there is space', async () => {
    // From where the programs do not fit, over initdb, to where the databases do not: until one size is enough.
    let refused = 0
    for (const megabytes of [20, 70, 80, 90, 95, 98, 100, 105, 110, 120]) {
      const directory = await smallDisk(megabytes)
      const first = await embed(directory).catch((error: unknown) => error)
      if (!(first instanceof Error)) break
      refused++
      expect(first, `${megabytes} MB`).toMatchObject({
        code: 'store.full',
        detail: { path: layout(directory).directory },
      })
      expect(await serverProcesses(layout(directory).cluster)).toEqual([])
      expect(existsSync(`${layout(directory).cluster}.new`)).toBe(false)
      await run(['mount', '-o', 'remount,size=300m', directory])
      const embedded = await embed(directory)
      expect(await ask(embedded.gateUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
      await embedded.stop()
    }
    expect(refused).toBeGreaterThan(3)
  })

  test('while it runs: writers are told, nothing acknowledged is lost, and it goes on alone', async () => {
    const directory = await smallDisk(260)
    const embedded = await embed(directory)
    const store = openStore<unknown>({ url: embedded.ownerUrl, log: silentLog })
    await sql`CREATE TABLE t (n int PRIMARY KEY, filler bytea)`.execute(store.db)
    const acknowledged: number[] = []
    const put = (n: number, size: number) =>
      write(store.db, (tx) =>
        sql`INSERT INTO t SELECT ${n}, decode(string_agg(md5(${n}::text || i::text), ''), 'hex')
            FROM generate_series(1, ${size}) i`.execute(tx),
      )
    const ballast = join(directory, 'ballast')
    expect(await run(['dd', 'if=/dev/zero', `of=${ballast}`, 'bs=1M', 'count=400'])).toMatchObject({
      code: 1,
    })
    let told: unknown
    for (let n = 0; told === undefined && n < 2000; n++)
      await put(n, 20_000).then(
        () => acknowledged.push(n),
        (error: unknown) => {
          told = error
        },
      )
    expect(told).toMatchObject({ code: expect.stringMatching(/^store\.(full|unavailable|commit_unknown)$/) })
    await rm(ballast)
    await until(() => put(1_000_000, 1).catch(() => undefined), 'a write after space returned')
    const { rows } = await sql<{ n: number }>`SELECT n FROM t`.execute(store.db)
    const found = new Set(rows.map((row) => row.n))
    expect(acknowledged.filter((n) => !found.has(n))).toEqual([])
    await store.close()
    await embedded.stop()
  })

  test('when the server died of it: the watch goes on trying and starts it when there is space', async () => {
    const directory = await smallDisk(260)
    const embedded = await embed(directory)
    let gaveUp = false
    embedded.onExit(() => {
      gaveUp = true
    })
    const ballast = join(directory, 'ballast')
    await run(['dd', 'if=/dev/zero', `of=${ballast}`, 'bs=1M', 'count=400'])
    const before = embedded.pid()
    kill(before)
    await until(() => stateOf(before) === undefined, 'the death')
    // The control: a start in this state fails, with the sentence.
    await expect(embed(directory)).rejects.toMatchObject({ code: 'store.full' })
    await rm(ballast)
    await until(() => embedded.pid() !== before, 'it runs again')
    expect(gaveUp).toBe(false)
    expect(await ask(embedded.gateUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    await embedded.stop()
  })
})
