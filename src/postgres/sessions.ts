// How many sessions a cluster has, and which of them wait: read as its administrator, whose slots are kept free.
import { decode, integer, object } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import { ask } from './query.ts'
import type { Cluster, Limits } from './types.ts'

export interface Sessions {
  readonly connections: number
  readonly limit: number
  readonly idleInTransaction: number
  readonly waiting: number
}

/** Sessions of the whole cluster, for they share its slots; waits of more than five seconds. */
const SESSIONS = `SELECT json_build_object(
  'connections', count(*),
  'limit', current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
  'idleInTransaction', count(*) FILTER (WHERE state LIKE 'idle in transaction%' AND now() - state_change > interval '5 seconds'),
  'waiting', count(*) FILTER (WHERE wait_event_type = 'Lock' AND now() - query_start > interval '5 seconds'))
  FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`

const sessions = object({
  connections: integer(0),
  limit: integer(0),
  idleInTransaction: integer(0),
  waiting: integer(0),
})

/** Throws backup.db_query_failed, db_refused, db_no_slot, db_unreachable. */
export async function readSessions(cluster: Cluster, limits: Limits): Promise<Sessions> {
  const read = decode(sessions, await ask(cluster, 'postgres', SESSIONS, limits))
  if (!read.ok)
    throw new SekishoError('backup.db_query_failed', { database: 'postgres', why: `${read.at}: ${read.why}` })
  return read.value
}
