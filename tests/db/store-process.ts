// A gate reduced to its store, as a process of its own that tests can kill: `store-process.ts <data directory> [rows]`.
// Says what it did on stdout, one line a fact; a row's number is written only after the store acknowledged it.
import { sql } from 'kysely'
import { startEmbedded } from '../../src/db/embedded.ts'
import { silentLog } from '../../src/db/log.ts'
import { openStore } from '../../src/db/open.ts'
import { write } from '../../src/db/tx.ts'
import { GROUND } from './database.ts'

const [directory, rows] = process.argv.slice(2)
if (directory === undefined) process.exit(64)
const embedded = await startEmbedded({ dataDirectory: directory, ...GROUND })
process.stdout.write(`${embedded.adopted ? 'adopted' : 'started'} ${embedded.pid()}\n`)
if (rows !== undefined) {
  const { db } = openStore<unknown>({ url: embedded.ownerUrl, log: silentLog })
  await sql`CREATE TABLE IF NOT EXISTS acknowledged (n bigint PRIMARY KEY)`.execute(db)
  for (let n = 0; n < Number(rows); n++) {
    await write(db, (tx) => sql`INSERT INTO acknowledged VALUES (${n})`.execute(tx))
    process.stdout.write(`row ${n}\n`)
  }
}
process.on('SIGTERM', () => void embedded.stop().then(() => process.exit(0)))
