// The one way to change state and the one retry rule.
// Every state change writes its ledger entry in the same transaction, and the ledger is one chain: writers are one after the
// other whatever we do. So they queue openly, by an advisory lock taken first ("the pen"), under READ COMMITTED: what a
// writer reads after it holds the pen is the latest committed state, nothing it decides on can move before it commits, and
// neither serialization failures nor deadlocks between writers exist. SERIALIZABLE would find the same order by failing and
// repeating. Reads do not queue: they take one snapshot.
// INVARIANT D4: a transaction is repeated only when nothing of it can have been committed.
import { type ControlledTransaction, type Kysely, sql, type Transaction } from 'kysely'
import { SekishoError } from '../base/error.ts'
import { isRetryable } from './failure.ts'

/** Key of the pen: one store, one writer. */
const PEN = 0x5e_15_40
const ATTEMPTS = 3

/**
 * Runs `work` as the only writer and commits. `work` may run up to three times, so it touches nothing but the transaction
 * it is given. Throws what `work` throws, after rolling back; store.busy when the pen was not free in time;
 * store.commit_unknown when the connection was lost while committing: look before doing it again.
 */
export function write<Tables, T>(
  db: Kysely<Tables>,
  work: (tx: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  return repeat(() =>
    once(db, 'read committed', 'read write', async (tx) => {
      await sql`SELECT pg_advisory_xact_lock(${PEN})`.execute(tx)
      return work(tx)
    }),
  )
}

/** Runs `work` on one snapshot that cannot write. */
export function read<Tables, T>(
  db: Kysely<Tables>,
  work: (tx: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  return repeat(() => once(db, 'repeatable read', 'read only', work))
}

async function once<Tables, T>(
  db: Kysely<Tables>,
  isolation: 'read committed' | 'repeatable read',
  access: 'read write' | 'read only',
  work: (tx: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  const tx = await db.startTransaction().setIsolationLevel(isolation).setAccessMode(access).execute()
  let result: T
  try {
    result = await work(tx)
  } catch (error) {
    await rollback(tx)
    throw error
  }
  try {
    await tx.commit().execute()
    return result
  } catch (cause) {
    await rollback(tx) // Gives the connection back.
    // A lost connection leaves open whether the server had already committed. What the server itself refused is known.
    if (cause instanceof SekishoError && cause.code === 'store.unavailable')
      throw new SekishoError('store.commit_unknown', {}, { cause })
    throw cause
  }
}

async function rollback<Tables>(tx: ControlledTransaction<Tables>): Promise<void> {
  // On a lost connection the server rolls back by itself; the first error is the one to tell.
  await tx
    .rollback()
    .execute()
    .catch(() => {})
}

async function repeat<T>(attempt: () => Promise<T>): Promise<T> {
  for (let n = 1; ; n++) {
    try {
      return await attempt()
    } catch (error) {
      if (n === ATTEMPTS || !isRetryable(error)) throw error
    }
  }
}
