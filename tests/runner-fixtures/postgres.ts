// A real local cluster as a distribution sets it up: its own account, peer login by socket, nothing else; in a directory of the test.
import { randomInt } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { accountOf, findCluster } from '../../src/postgres/cluster.ts'
import { type Launched, launch, readAll } from '../../src/postgres/launch.ts'
import { findPrograms } from '../../src/postgres/programs.ts'
import { tell } from '../../src/postgres/query.ts'
import { withReader } from '../../src/postgres/reader.ts'
import type { Account, Cluster, Programs, Reader } from '../../src/postgres/types.ts'
import { quickDirectory } from '../quick-directory.ts'

const SYSTEM = '/run/postgresql'
export const LIMITS = { timeoutMs: 120_000 }

export interface TestCluster {
  /** Root 0711: accounts pass through, and see nothing. */
  readonly directory: string
  readonly cluster: Cluster
  readonly programs: Programs
  /** Of the throw-away cluster, and of who loads beside. */
  readonly scratch: Account
  sql(database: string, ...statements: readonly string[]): Promise<string>
  /** As the product reads it: nothing is loaded beside meanwhile. */
  reading<T>(database: string, work: (reader: Reader) => Promise<T>): Promise<T>
  /** SIGKILL to the server and every process of it. */
  crash(): Promise<void>
  /** After a crash: it recovers, and answers when this returns. */
  startAgain(): Promise<void>
  stop(): Promise<void>
}

const postmaster = async (data: string): Promise<readonly string[]> =>
  (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => ''))
    .split('\n')
    .map((line) => line.trim())

async function childrenOf(pid: string): Promise<readonly string[]> {
  const found: string[] = []
  for (const one of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${one}/stat`, 'utf8').catch(() => '')
    if (/\) \S (\d+) /.exec(stat)?.[1] === pid) found.push(one)
  }
  return found
}

function kill(pid: string): void {
  try {
    process.kill(Number(pid), 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** `port`: also where a runner looks for a cluster, /run/postgresql, under this number; else nobody but the test finds it. */
/** By chance: process numbers follow each other, and so would ports that were made of them, of files that start at the same time. */
export function clusterPort(): number {
  for (;;) {
    const port = randomInt(20_000, 40_000)
    if (!existsSync(join(SYSTEM, `.s.PGSQL.${port}`))) return port
  }
}

export async function startPostgres(
  settings: Readonly<Record<string, string>> = {},
  port?: number,
): Promise<TestCluster> {
  const [programs] = await findPrograms()
  const [owner, scratch] = [await accountOf('postgres'), await accountOf('nobody')]
  if (programs === undefined || owner === undefined || scratch === undefined)
    throw new Error('PostgreSQL of the machine and the accounts postgres and nobody are needed')
  // Who looks for it by its port may also ask which disk it lies on.
  const directory = await mkdtemp(join(port === undefined ? quickDirectory() : tmpdir(), 'pg-'))
  await chmod(directory, 0o711)
  const [data, socket] = [join(directory, 'data'), join(directory, 's')]
  for (const [path, mode] of [
    [data, 0o700],
    [socket, 0o755],
  ] as const) {
    await mkdir(path, { mode })
    await chown(path, owner.uid, owner.gid)
  }
  await mkdir(join(directory, 'scratch'), { mode: 0o711 })
  if (port !== undefined) {
    await mkdir(SYSTEM, { recursive: true })
    if ((await stat(SYSTEM)).uid === 0) await chown(SYSTEM, owner.uid, owner.gid)
  }
  const initdb = ['initdb', '-D', data, '-U', owner.name, '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync']
  const made = await readAll(
    launch([join(programs.bin, 'initdb'), ...initdb.slice(1), '--auth=peer'], { ...LIMITS, as: owner }),
    1 << 20,
  )
  if (made.ended.code !== 0) throw new Error(made.ended.stderr)
  await writeFile(join(data, 'pg_hba.conf'), 'local all all peer\n')
  const all = {
    listen_addresses: '',
    unix_socket_directories: port === undefined ? socket : `${socket},${SYSTEM}`,
    ...(port === undefined ? {} : { port: String(port) }),
    fsync: 'off',
    max_connections: '30',
    ...settings,
  }
  const begin = async (): Promise<Launched> => {
    const begun: Launched = launch(
      [
        join(programs.bin, 'postgres'),
        '-D',
        data,
        ...Object.entries(all).flatMap(([k, v]) => ['-c', `${k}=${v}`]),
      ],
      { timeoutMs: 3_600_000, as: owner, deathSignal: 'QUIT' },
    )
    begun.stdout?.resume()
    let why: string | undefined
    void begun.done.then(({ stderr }) => {
      why = stderr
    })
    const until = Date.now() + 60_000
    while ((await postmaster(data))[7] !== 'ready') {
      if (why !== undefined || Date.now() > until)
        throw new Error(`the cluster did not start: ${why ?? 'no word'}`)
      await delay(10)
    }
    return begun
  }
  let server = await begin()
  const cluster = await findCluster({ port: port ?? 5432, sockets: [socket] }, LIMITS)
  return {
    directory,
    cluster,
    programs,
    scratch,
    sql: (database, ...statements) =>
      tell(cluster, database, statements, LIMITS, { settings: ['search_path=public'] }),
    reading: (database, work) => withReader(cluster, [database], LIMITS, work),
    async crash() {
      const [pid = ''] = await postmaster(data)
      const all = [pid, ...(await childrenOf(pid))]
      for (const one of all) kill(one)
      await server.done
      // Its children die with it: while one lives the next server does not start.
      while ((await childrenOf(pid)).length > 0) await delay(20)
      await rm(join(data, 'postmaster.pid'), { force: true })
    },
    async startAgain() {
      server = await begin()
    },
    async stop() {
      server.child.kill('SIGQUIT')
      await server.done
      await rm(directory, { recursive: true, force: true })
    },
  }
}
