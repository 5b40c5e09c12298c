// A real PostgreSQL for every test that needs one: a server for the whole test run, a database of its own for each test,
// cloned from a template in milliseconds. The server is the product's own embedded store; watch.ts ends it with the run.
import { existsSync, readFileSync } from 'node:fs'
import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import { sha256 } from '../../src/base/hash.ts'
import { randomHex } from '../../src/base/time.ts'
import type { Account } from '../../src/db/cluster.ts'
import { type Embedded, startEmbedded } from '../../src/db/embedded.ts'
import { silentLog } from '../../src/db/log.ts'
import { type Migration, migrate } from '../../src/db/migrate.ts'
import { withClient } from '../../src/db/prepare.ts'
import { systemClock, systemRandom } from '../../src/sys/clock.ts'
import { start } from '../../src/sys/process.ts'
import { quickDirectory } from '../quick-directory.ts'

export interface TestDatabase {
  readonly name: string
  /** The role that migrates; a superuser of the test server. */
  readonly ownerUrl: string
  /** The gate's role, with what the migrations grant it. */
  readonly gateUrl: string
  /** An empty database for the engine, the gate's own; made at the first call. */
  engineUrl(): Promise<string>
  /** Ends its connections and drops it. */
  drop(): Promise<void>
}

/** initdb wants an account that has a name; as root the server runs as nobody, else as us. */
export const SERVER_ACCOUNT: Account | undefined =
  process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined

/** What every test hands to startEmbedded beside its directory. */
export const GROUND = {
  ...(SERVER_ACCOUNT === undefined ? {} : { server: SERVER_ACCOUNT }),
  clock: systemClock,
  random: systemRandom,
  log: silentLog,
}

let server: Promise<Embedded> | undefined

/** The run's server, for tests of the store itself. Do not stop it. */
export function testServer(): Promise<Embedded> {
  server ??= startServer()
  return server
}

/** A database with these migrations applied, as the product would apply them. Drop it or leave it: the run's end takes all. */
export async function freshDatabase(migrations: readonly Migration[] = []): Promise<TestDatabase> {
  const { ownerUrl, gateUrl } = await testServer()
  const template = await templateOf(ownerUrl, migrations)
  const name = `t_${randomHex(systemRandom, 8)}`
  await admin(ownerUrl, [
    `CREATE DATABASE ${name} TEMPLATE ${template}`,
    `REVOKE ALL ON DATABASE ${name} FROM PUBLIC`,
    `GRANT CONNECT ON DATABASE ${name} TO sk_gate`,
  ])
  let engine: Promise<string> | undefined
  const makeEngine = async () => {
    await admin(ownerUrl, [`CREATE DATABASE ${name}_engine OWNER sk_gate`])
    return inDatabase(gateUrl, `${name}_engine`)
  }
  return {
    name,
    ownerUrl: inDatabase(ownerUrl, name),
    gateUrl: inDatabase(gateUrl, name),
    engineUrl: () => {
      engine ??= makeEngine()
      return engine
    },
    drop: () =>
      admin(ownerUrl, [
        `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`,
        `DROP DATABASE IF EXISTS ${name}_engine WITH (FORCE)`,
      ]),
  }
}

const templates = new Map<string, Promise<string>>()

function templateOf(ownerUrl: string, migrations: readonly Migration[]): Promise<string> {
  const name = `template_${sha256(JSON.stringify(migrations)).slice(0, 16)}`
  let made = templates.get(name)
  if (made === undefined) {
    made = makeTemplate(ownerUrl, name, migrations)
    templates.set(name, made)
  }
  return made
}

/** Made whole under another name and then renamed, by whichever worker holds the lock; the others find it. */
async function makeTemplate(
  ownerUrl: string,
  name: string,
  migrations: readonly Migration[],
): Promise<string> {
  await withClient(inDatabase(ownerUrl, 'postgres'), async (client) => {
    await client.query(`SELECT pg_advisory_lock(hashtext($1))`, [name])
    const { rows } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name])
    if (rows.length > 0) return
    await client.query(`DROP DATABASE IF EXISTS ${name}_new`)
    await client.query(`CREATE DATABASE ${name}_new`)
    const url = inDatabase(ownerUrl, `${name}_new`)
    await withClient(url, (inside) => inside.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC'))
    await migrate(url, migrations)
    await client.query(`ALTER DATABASE ${name}_new RENAME TO ${name}`)
  })
  return name
}

function admin(ownerUrl: string, statements: readonly string[]): Promise<void> {
  return withClient(inDatabase(ownerUrl, 'postgres'), async (client) => {
    for (const statement of statements) await client.query(statement)
  })
}

/** The same server and role, another database. */
export function inDatabase(url: string, database: string): string {
  const changed = new URL(url)
  changed.pathname = `/${database}`
  return changed.toString()
}

/** One directory a run: all workers of it start or adopt the same server. */
async function startServer(): Promise<Embedded> {
  const run = isMainThread ? process.ppid : process.pid
  const directory = join(quickDirectory(), `sekisho-db-${run}-${startTime(run)}`)
  await mkdir(directory, { recursive: true })
  await chmod(directory, 0o711)
  const embedded = await startEmbedded({
    dataDirectory: directory,
    ...GROUND,
    // One server for the scenes of all workers.
    limits: { connections: 200 },
  })
  embedded.release()
  if (!existsSync(join(directory, 'watched'))) {
    const watcher = start([process.execPath, join(import.meta.dirname, 'watch.ts'), String(run), directory], {
      env: {},
      stdio: ['ignore', 'ignore', 'ignore'],
      detached: true,
    })
    watcher.unref()
  }
  return embedded
}

/** Field 22 of /proc/pid/stat: with it a pid names one process for ever. */
export function startTime(pid: number): string {
  const line = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return line.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? '0'
}
