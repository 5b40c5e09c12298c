// A migration against somebody who holds a table (N20): a transaction that has written to it and stays open. The migration gives up within its limit for locks
// and leaves nothing, or it does not need what is held.
import { launch } from '../postgres/launch.ts'
import { identifier, psqlArgv, sessionOf } from '../postgres/query.ts'
import type { Cluster, Limits } from '../postgres/types.ts'

/** Holds the lock of a writer on the table for as long as the work takes. */
export async function whileHeld<T>(
  by: Cluster,
  database: string,
  table: string,
  limits: Limits,
  work: () => Promise<T>,
): Promise<T> {
  const dot = table.indexOf('.')
  const name = `${identifier(table.slice(0, dot))}.${identifier(table.slice(dot + 1))}`
  const session = launch(psqlArgv(by, database), { ...limits, ...sessionOf(by), stdin: 'pipe' })
  try {
    session.stdin?.write(`BEGIN;\nLOCK TABLE ONLY ${name} IN ROW EXCLUSIVE MODE;\nSELECT 'held';\n`)
    await new Promise<void>((resolve, reject) => {
      session.stdout?.once('data', () => resolve())
      void session.done.then(({ stderr }) => reject(new Error(stderr)))
    })
    return await work()
  } finally {
    session.stdin?.end('ROLLBACK;\n')
    session.stop()
    await session.done
  }
}
