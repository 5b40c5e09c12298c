// Connections to the store, embedded or DATABASE_URL: a bounded pool, a limit on every statement, failures in our words.
import { Kysely, PostgresDialect, type PostgresPoolClient } from 'kysely'
import pg from 'pg'
import { assert } from '../base/assert.ts'
import { storeError } from './failure.ts'
import { checkFit, type Settings } from './fit.ts'
import type { Log } from './log.ts'

export interface StoreOptions {
  readonly url: string
  readonly log: Log
  /** Default 8. */
  readonly connections?: number
  /** Default 15 s. */
  readonly statementMs?: number
  /** A transaction whose owner fell silent gives its locks back. Default 15 s. */
  readonly idleInTransactionMs?: number
  /** How long a writer waits for its turn. Default 10 s. */
  readonly lockMs?: number
  /** For a free connection of the pool. Default 5 s. */
  readonly connectMs?: number
}

/** `Tables` is the caller's: this floor knows no table. */
export interface Store<Tables> {
  readonly db: Kysely<Tables>
  /** Throws the named reason when the server may not hold the ledger. Ask at every start. */
  fit(): Promise<Settings>
  /** Waits for connections in use, then closes. */
  close(): Promise<void>
}

/**
 * Opens the pool; connects at the first query. Every error of the store comes as SekishoError `store.*` with the cause
 * kept; errors of a statement's own (a constraint, a refusing trigger) come as PostgreSQL gave them.
 * 64-bit integers are numbers here; one that is no safe integer is a bug.
 */
export function openStore<Tables>(options: StoreOptions): Store<Tables> {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.connections ?? 8,
    connectionTimeoutMillis: options.connectMs ?? 5000,
    // Each is a process of PostgreSQL; a new one takes 5 ms.
    idleTimeoutMillis: 10_000,
    statement_timeout: options.statementMs ?? 15_000,
    lock_timeout: options.lockMs ?? 10_000,
    idle_in_transaction_session_timeout: options.idleInTransactionMs ?? 15_000,
    application_name: 'sekisho',
    keepAlive: true,
    types: { getTypeParser: typeParser },
  })
  // An idle connection that dies (the server restarts) must not end the process: the next query connects again.
  pool.on('error', (error) => options.log.warn({ why: error.message }, 'an idle store connection ended'))
  // Nor one that is being closed while the server goes away: by then the pool does not listen to it any more.
  pool.on('connect', (client) => client.on('error', () => {}))
  const db = new Kysely<Tables>({
    dialect: new PostgresDialect({
      pool: {
        connect: async () => {
          try {
            return translating(await pool.connect())
          } catch (cause) {
            throw storeError(cause)
          }
        },
        end: () => pool.end(),
        options: {},
      },
    }),
  })
  return {
    db,
    fit: async () => {
      try {
        return await checkFit((text) => pool.query(text))
      } catch (cause) {
        throw storeError(cause)
      }
    },
    close: () => db.destroy(),
  }
}

const INT8 = 20

function typeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  return oid === INT8 && format !== 'binary' ? safeInteger : pg.types.getTypeParser(oid, format)
}

function safeInteger(text: string): number {
  const value = Number(text)
  assert(Number.isSafeInteger(value), 'a 64-bit integer of the store is a safe integer')
  return value
}

/** The same client with its failures in our words. A connection that broke is not given back to the pool. */
function translating(client: pg.PoolClient): PostgresPoolClient {
  let broken = false
  const onError = () => {
    broken = true
  }
  client.on('error', onError)
  const query = async (text: string, values: readonly unknown[]) => {
    try {
      return await client.query(text, [...values])
    } catch (cause) {
      throw storeError(cause)
    }
  }
  return {
    // Kysely calls it with text and values; the overload for cursors is not used, we give it no cursor.
    query: query as unknown as PostgresPoolClient['query'],
    release: (destroy) => {
      client.off('error', onError)
      client.release(destroy === true || broken)
    },
  }
}
