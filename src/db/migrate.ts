// Tables change forward only: a list of SQL texts, each applied once, in order, remembered with its checksum.
import pg from 'pg'
import { SekishoError } from '../base/error.ts'
import { sha256 } from '../base/hash.ts'
import { storeError } from './failure.ts'
import { withClient } from './prepare.ts'

export interface Migration {
  /** `0001-first`; the list is in this order. */
  readonly id: string
  readonly sql: string
}

/** Two gates that start at once migrate one after the other. */
const LOCK = 0x5e_15_41
const ID = /^\d{4}-[a-z0-9-]+$/

interface Applied {
  readonly id: string
  readonly sha256: string
}

/**
 * What is still to do, or why nothing may be done. Pure. Throws store.migration_changed when an applied text was edited,
 * store.newer when the database knows a migration that this program does not.
 */
export function pending(applied: readonly Applied[], migrations: readonly Migration[]): readonly Migration[] {
  for (const [i, { id, sql }] of migrations.entries()) {
    const before = migrations[i - 1]
    if (!ID.test(id) || (before !== undefined && before.id >= id))
      throw new SekishoError('store.migration_order', { migration: id })
    const done = applied[i]
    if (done === undefined) continue
    if (done.id !== id) throw new SekishoError('store.newer', { migration: done.id })
    if (done.sha256 !== sha256(sql)) throw new SekishoError('store.migration_changed', { migration: id })
  }
  const unknown = applied[migrations.length]
  if (unknown !== undefined) throw new SekishoError('store.newer', { migration: unknown.id })
  return migrations.slice(applied.length)
}

/**
 * Applies what is missing, each in a transaction of its own, as the owner. Returns the ids applied now. May run twice, also
 * at once. Throws store.migration_failed with the migration's name: that one is rolled back, the earlier ones stay.
 */
export function migrate(ownerUrl: string, migrations: readonly Migration[]): Promise<readonly string[]> {
  return withClient(ownerUrl, async (client) => {
    await client.query("SET statement_timeout = 0; SET lock_timeout = '60s'")
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]) // Freed with the connection.
    await client.query(
      `CREATE TABLE IF NOT EXISTS migration (
         id text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
    )
    const { rows } = await client.query<Applied>('SELECT id, sha256 FROM migration ORDER BY id COLLATE "C"')
    const todo = pending(rows, migrations)
    for (const migration of todo) await apply(client, migration)
    return todo.map(({ id }) => id)
  })
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  try {
    await client.query('BEGIN')
    await client.query(migration.sql)
    await client.query('INSERT INTO migration (id, sha256) VALUES ($1, $2)', [
      migration.id,
      sha256(migration.sql),
    ])
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {})
    const cause = storeError(error)
    if (cause instanceof SekishoError) throw cause
    const why = error instanceof pg.DatabaseError ? error.message : String(error)
    throw new SekishoError('store.migration_failed', { migration: migration.id, why }, { cause })
  }
}
