// What an embedded store holds besides its tables: the gate's role, the two databases, and who may do what in them.
import pg from 'pg'
import { SekishoError } from '../base/error.ts'
import { storeError } from './failure.ts'
import { checkFit } from './fit.ts'
import { DATABASE, ENGINE_DATABASE, GATE } from './layout.ts'

/** Written last; a store without it was left in the middle of its first start and is finished by the next one. */
const PREPARED = 'sekisho store 1'

export interface Prepared {
  /** `18.4` */
  readonly version: string
}

/**
 * Connects as the owner, proves that this is the server of our data directory and that it keeps what it acknowledges, and
 * makes what is missing. May run twice: every statement asks first. Throws store.*.
 */
export async function prepare(
  ownerUrl: string,
  adminUrl: string,
  cluster: string,
  gatePassword: string,
): Promise<Prepared> {
  return withClient(adminUrl, async (client) => {
    const { rows } = await client.query<{ directory: string; version: string; prepared: string | null }>(
      `SELECT current_setting('data_directory') AS directory, current_setting('server_version') AS version,
              (SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1) AS prepared`,
      [DATABASE],
    )
    const row = rows[0]
    if (row?.directory !== cluster) throw new SekishoError('store.held', { path: cluster, pid: 0 })
    await checkFit((text) => client.query(text))
    if (row.prepared !== PREPARED) await makeDatabases(client, ownerUrl, gatePassword)
    return { version: row.version.split(' ')[0] ?? row.version }
  })
}

async function makeDatabases(client: pg.Client, ownerUrl: string, gatePassword: string): Promise<void> {
  const { rows } = await client.query<{ role: boolean; main: boolean; engine: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS role,
            EXISTS (SELECT FROM pg_database WHERE datname = $2) AS main,
            EXISTS (SELECT FROM pg_database WHERE datname = $3) AS engine`,
    [GATE, DATABASE, ENGINE_DATABASE],
  )
  const has = rows[0]
  if (has?.role !== true) await client.query(`CREATE ROLE ${GATE} LOGIN`)
  await client.query(`ALTER ROLE ${GATE} PASSWORD ${client.escapeLiteral(gatePassword)}`)
  if (has?.main !== true) await client.query(`CREATE DATABASE ${DATABASE}`)
  if (has?.engine !== true) await client.query(`CREATE DATABASE ${ENGINE_DATABASE} OWNER ${GATE}`)
  await client.query(`REVOKE ALL ON DATABASE ${DATABASE}, ${ENGINE_DATABASE} FROM PUBLIC`)
  await client.query(`GRANT CONNECT ON DATABASE ${DATABASE} TO ${GATE}`)
  await withClient(ownerUrl, (inside) => inside.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC'))
  await client.query(`COMMENT ON DATABASE ${DATABASE} IS '${PREPARED}'`)
}

/** One connection for one purpose, closed whatever happens. Its errors are the store's. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5000,
    statement_timeout: 30_000,
    application_name: 'sekisho-store',
  })
  client.on('error', () => {}) // A lost connection fails the query in flight; this is the same news again.
  try {
    await client.connect()
    return await work(client)
  } catch (cause) {
    throw storeError(cause)
  } finally {
    await client.end().catch(() => {})
  }
}
