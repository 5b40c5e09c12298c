// A cluster that is thrown away: its own directory, account and socket, no network, nothing synced, started, stopped and removed by us.
// INVARIANT B2: whatever a dump does in it, it does as an account that owns nothing else, and nothing of it is left.
import { existsSync } from 'node:fs'
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { SekishoError } from '../../base/error.ts'
import { failureOf, type Launched, launch, readAll } from './launch.ts'
import type { Account, Cluster, Limits, Programs } from './types.ts'

export interface Scratch {
  readonly programs: Programs
  /** Where it may be made: ours, on a volume with room; made when it is missing. The account must be able to pass through its parents. */
  readonly directory: string
  readonly as: Account
}

export const ADMIN = 'sekisho_admin'
const PORT = 5432
const PREFIX = 'scratch-'
const SOCKET_PATH_MAX = 107
const START_MS = 60_000
const STOP_MS = 10_000
const POLL_MS = 10

/** Gives the work a cluster reached as its administrator. Throws backup.db_scratch_failed, and what the work throws. */
export async function withScratchCluster<T>(
  scratch: Scratch,
  limits: Limits,
  work: (cluster: Cluster) => Promise<T>,
): Promise<T> {
  // Whatever our umask is: others pass through, and see nothing.
  if ((await mkdir(scratch.directory, { recursive: true })) !== undefined)
    await chmod(scratch.directory, 0o711)
  await sweep(scratch, limits)
  const place = await mkdtemp(join(scratch.directory, `${PREFIX}${process.pid}-`))
  try {
    return await inside(place, scratch, limits, work)
  } finally {
    await remove(place, scratch, limits)
  }
}

async function inside<T>(
  place: string,
  scratch: Scratch,
  limits: Limits,
  work: (cluster: Cluster) => Promise<T>,
): Promise<T> {
  const { as, programs } = scratch
  const [data, socket] = [join(place, 'data'), join(place, 'socket')]
  if (`${socket}/.s.PGSQL.${PORT}`.length > SOCKET_PATH_MAX)
    throw failed(`the path is too long for a socket: ${socket}`)
  await chmod(place, 0o711)
  for (const path of [data, socket]) {
    await mkdir(path, { mode: 0o700 })
    if (process.getuid?.() === 0) await chown(path, as.uid, as.gid)
  }
  await makeCluster(data, scratch, limits)
  const server = launch(serverArgv(join(programs.bin, 'postgres'), data, socket), {
    ...limits,
    as,
    offline: true,
    deathSignal: 'QUIT',
  })
  server.stdout?.resume()
  try {
    await ready(server, data)
    return await work({ socket, port: PORT, as, role: ADMIN, programs, server: as.name })
  } finally {
    await stop(server)
  }
}

async function makeCluster(data: string, { programs, as }: Scratch, limits: Limits): Promise<void> {
  // Trust: only who owns the socket's directory gets in.
  const argv = [join(programs.bin, 'initdb'), '-D', data, '-U', ADMIN, '-E', 'UTF8', '--locale=C']
  const quiet = ['--auth-local=trust', '--auth-host=reject', '--no-sync', '--no-instructions']
  const { ended } = await readAll(launch([...argv, ...quiet], { ...limits, as, offline: true }), 1 << 20)
  const why = failureOf(ended)
  if (why !== undefined) throw failed(why)
}

function serverArgv(program: string, data: string, socket: string): readonly string[] {
  const settings: Readonly<Record<string, string>> = {
    listen_addresses: '',
    port: String(PORT),
    unix_socket_directories: socket,
    unix_socket_permissions: '0700',
    // It is thrown away: a power cut may take it.
    fsync: 'off',
    full_page_writes: 'off',
    synchronous_commit: 'off',
    wal_level: 'minimal',
    max_wal_senders: '0',
    max_wal_size: '1GB',
    shared_buffers: '64MB',
    maintenance_work_mem: '64MB',
    max_connections: '10',
    // A load is one transaction, and holds a lock for each table, index and sequence of it.
    max_locks_per_transaction: '8192',
    max_parallel_workers: '0',
    autovacuum: 'off',
    dynamic_shared_memory_type: 'mmap',
    // Nothing of what is loaded here goes into a log.
    log_min_messages: 'fatal',
    log_min_error_statement: 'panic',
    timezone: 'UTC',
  }
  return [
    program,
    '-D',
    data,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]
}

async function ready(server: Launched, data: string): Promise<void> {
  let ended = false
  void server.done.then(() => {
    ended = true
  })
  const until = performance.now() + START_MS
  while (!ended && performance.now() < until) {
    const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')
    if (text.split('\n')[7]?.trim() === 'ready') return
    await delay(POLL_MS)
  }
  server.stop()
  throw failed(failureOf(await server.done) ?? 'it did not start in time')
}

/** At once: nothing in it is kept. */
async function stop(server: Launched): Promise<void> {
  server.child.kill('SIGQUIT')
  const timer = setTimeout(() => server.stop(), STOP_MS)
  await server.done
  clearTimeout(timer)
}

/** Its content by its own account, so that no name in it leads us anywhere; then the empty directory by us. */
async function remove(place: string, { as }: Pick<Scratch, 'as'>, limits: Limits): Promise<void> {
  for (const name of ['data', 'socket']) {
    const argv = ['find', join(place, name), '-xdev', '-mindepth', '1', '-delete']
    await readAll(launch(argv, { timeoutMs: Math.max(limits.timeoutMs, STOP_MS), as }), 1 << 16)
    await rmdir(join(place, name)).catch(() => {})
  }
  await rmdir(place).catch((cause: unknown) => {
    throw new SekishoError('backup.db_scratch_failed', { why: `${place} could not be removed` }, { cause })
  })
}

/** All that former processes left: to be called before the first cluster of this one, whose number one of them may have had. */
export async function sweepScratch(
  { directory, as }: Pick<Scratch, 'directory' | 'as'>,
  limits: Limits,
): Promise<void> {
  for (const name of await readdir(directory).catch(() => []))
    if (name.startsWith(PREFIX)) await remove(join(directory, name), { as }, limits)
}

/** What a run that was killed left: its server died with it. */
async function sweep(scratch: Scratch, limits: Limits): Promise<void> {
  for (const name of await readdir(scratch.directory).catch(() => [])) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue
    await remove(join(scratch.directory, name), scratch, limits)
  }
}

function failed(why: string): SekishoError {
  return new SekishoError('backup.db_scratch_failed', { why })
}
