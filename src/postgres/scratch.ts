// A cluster that is thrown away: its own directory, ids and socket, in the sandbox, nothing synced, started, stopped and removed by us.
// INVARIANT B2: whatever a dump does in it, it does as a number that owns nothing else on the machine and sees nothing else of it; what it has started dies
// with it, and nothing of it is left.
import { existsSync } from 'node:fs'
import { chmod, chown, lstat, mkdir, mkdtemp, readdir, readFile, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { SekishoError } from '../base/error.ts'
import { SOCKET_PATH_BYTES } from '../sys/socket-path.ts'
import { type Confined, INSIDE, withConfined } from './confined.ts'
import { failureOfEmpty, type Launched, launch, readAll } from './launch.ts'
import { socketOf } from './server.ts'
import type { Cluster, Limits, Programs } from './types.ts'

export interface Scratch {
  readonly programs: Programs
  /** Where it may be made: ours, on a volume with room; made when it is missing. Others must be able to pass through its parents. */
  readonly directory: string
  /** In the place of what is set for a cluster that nobody measures. */
  readonly settings?: Readonly<Record<string, string>>
}

export const ADMIN = 'sekisho_admin'
const PORT = 5432
const PREFIX = 'scratch-'
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
    return await withConfined(place, (confined) => inside(place, scratch, confined, limits, work))
  } finally {
    await remove(place, limits)
  }
}

async function inside<T>(
  place: string,
  { programs, settings = {} }: Scratch,
  confined: Confined,
  limits: Limits,
  work: (cluster: Cluster) => Promise<T>,
): Promise<T> {
  const { as } = confined
  const [data, socket] = [join(place, 'data'), join(place, 'socket')]
  if (Buffer.byteLength(socketOf({ socket, port: PORT })) > SOCKET_PATH_BYTES)
    throw failed(`the path is too long for a socket: ${socket}`)
  await chmod(place, 0o711)
  for (const path of [data, socket]) {
    await mkdir(path, { mode: 0o700 })
    if (process.getuid?.() === 0) await chown(path, as.uid, as.gid)
  }
  await makeCluster(programs, confined, limits)
  const server = await confined.launch(serverArgv(join(programs.bin, 'postgres'), settings), limits)
  server.stdout?.resume()
  try {
    await ready(server, data)
    return await work({ socket, port: PORT, as, role: ADMIN, programs })
  } finally {
    // At once, and whole: it is process 1 of its own, and nothing in it is kept.
    server.stop()
    await server.done
  }
}

async function makeCluster({ bin }: Programs, confined: Confined, limits: Limits): Promise<void> {
  // Trust: only who owns the socket's directory gets in.
  const argv = [join(bin, 'initdb'), '-D', DATA, '-U', ADMIN, '-E', 'UTF8', '--locale=C']
  const quiet = ['--auth-local=trust', '--auth-host=reject', '--no-sync', '--no-instructions']
  const { ended } = await readAll(await confined.launch([...argv, ...quiet], limits), 1 << 20)
  const why = failureOfEmpty(ended)
  if (why !== undefined) throw failed(why)
}

const DATA = `${INSIDE}/data`

function serverArgv(program: string, other: Scratch['settings'] = {}): readonly string[] {
  const settings: Readonly<Record<string, string>> = {
    listen_addresses: '',
    port: String(PORT),
    unix_socket_directories: `${INSIDE}/socket`,
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
    ...other,
  }
  return [
    program,
    '-D',
    DATA,
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
  throw failed(failureOfEmpty(await server.done) ?? 'it did not start in time')
}

/** Its content by whom it belongs to, so that no name in it leads us anywhere; then the empty directory by us. */
async function remove(place: string, limits: Limits): Promise<void> {
  await rm(join(place, 'walls'), { recursive: true, force: true })
  for (const name of ['data', 'socket']) {
    const owner = await lstat(join(place, name)).catch(() => undefined)
    if (owner === undefined) continue
    const as = { name: String(owner.uid), uid: owner.uid, gid: owner.gid }
    const argv = ['find', join(place, name), '-xdev', '-mindepth', '1', '-delete']
    await readAll(launch(argv, { timeoutMs: Math.max(limits.timeoutMs, STOP_MS), as }), 1 << 16)
    await rmdir(join(place, name)).catch(() => {})
  }
  await rmdir(place).catch((cause: unknown) => {
    throw new SekishoError('backup.db_scratch_failed', { why: `${place} could not be removed` }, { cause })
  })
}

/** All that former processes left: to be called before the first cluster of this one, whose number one of them may have had. */
export async function sweepScratch({ directory }: Pick<Scratch, 'directory'>, limits: Limits): Promise<void> {
  for (const name of await readdir(directory).catch(() => []))
    if (name.startsWith(PREFIX)) await remove(join(directory, name), limits)
}

/** What a run that was killed left: its server died with it. */
async function sweep(scratch: Scratch, limits: Limits): Promise<void> {
  for (const name of await readdir(scratch.directory).catch(() => [])) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue
    await remove(join(scratch.directory, name), limits)
  }
}

function failed(why: string): SekishoError {
  return new SekishoError('backup.db_scratch_failed', { why })
}
