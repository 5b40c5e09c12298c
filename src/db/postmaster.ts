// One server process of one data directory: is it there, start it, stop it. No policy: who restarts is embedded.ts.

import type { ChildProcess } from 'node:child_process'
import { open, rename, stat, unlink } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { SekishoError } from '../base/error.ts'
import type { Clock } from '../base/time.ts'
import { readRegular } from '../sys/files.ts'
import { start } from '../sys/process.ts'
import type { Choice } from './binaries.ts'
import { type Account, fullOr, isFull, lastLines } from './cluster.ts'
import { type Layout, PORT, SOCKET_FILE } from './layout.ts'
import type { Log } from './log.ts'
import { judge, type PidFile, parsePidFile, seeProcess, serverProcesses } from './pidfile.ts'

/** What these functions stand on. */
export interface Ground {
  readonly place: Layout
  readonly server: Account | undefined
  /** Whose group may come in by the socket. */
  readonly gate: Account | undefined
  /** The directories were made by root, who gave the gate its way in: their owners and modes are left alone. */
  readonly isPrepared: boolean
  readonly clock: Clock
  readonly log: Log
  readonly limits: Limits
}

/** Every wait has a limit. */
export interface Limits {
  /** Recovery after a power cut may take long on a slow disk. */
  readonly startMs: number
  /** For each of the two ways to stop. */
  readonly stopMs: number
  /** Processes of a server whose first process was killed notice it within milliseconds. */
  readonly orphansMs: number
  /** How many may be connected at once. */
  readonly connections: number
}
export const LIMITS: Limits = { startMs: 120_000, stopMs: 20_000, orphansMs: 10_000, connections: 60 }

/** A running server; `child` when it is ours. */
export interface Running {
  readonly pid: number
  readonly child?: ChildProcess
}

const LOG_BYTES = 8 << 20
const POLL_MS = 10

/** What stands on the command line wins over any file, so that nobody turns fsync off in passing. */
function settings(place: Layout, major: number, connections: number): readonly string[] {
  const values: Record<string, string> = {
    listen_addresses: '',
    port: String(PORT),
    unix_socket_directories: place.socket,
    // Its group comes from the directory (INVARIANT D5).
    unix_socket_permissions: '0770',
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',
    password_encryption: 'scram-sha-256',
    max_connections: String(connections),
    shared_buffers: '32MB',
    work_mem: '4MB',
    maintenance_work_mem: '32MB',
    min_wal_size: '32MB',
    max_wal_size: '128MB',
    max_wal_senders: '2',
    max_worker_processes: '2',
    // Nobody subscribes here: without it one process less.
    max_logical_replication_workers: '0',
    max_parallel_workers: '0',
    autovacuum_max_workers: '1',
    jit: 'off',
    huge_pages: 'off',
    // In the data directory: /dev/shm is small in containers, and a killed server would leave files there.
    dynamic_shared_memory_type: 'mmap',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // The texts of statements may hold what people wrote: they do not go into a log file.
    log_min_error_statement: 'panic',
    logging_collector: 'off',
    ...(major >= 18 ? { io_method: 'sync' } : {}),
  }
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/** Is a server of this data directory alive? Throws store.held when that cannot be told (INVARIANT D1). */
export async function findRunning(ground: Ground): Promise<Running | undefined> {
  const { place } = ground
  const file = await readPidFile(join(place.cluster, 'postmaster.pid'))
  const answers = await isAnswering(join(place.socket, SOCKET_FILE))
  if (file === undefined && !answers) return undefined
  const seen = file === undefined ? undefined : await seeProcess(file.pid)
  const verdict = seen === undefined ? 'unknown' : judge(seen, place.cluster, uidOf(ground))
  if (verdict === 'ours' && file !== undefined) return { pid: file.pid }
  if (verdict === 'unknown' || answers)
    throw new SekishoError('store.held', { path: place.cluster, pid: file?.pid ?? 0 })
  return undefined
}

/** Removes what a dead server left and what would keep the next one from starting. Call only after findRunning. */
export async function clearRemains(ground: Ground): Promise<void> {
  const { place, log } = ground
  await endOrphans(ground)
  for (const path of [join(place.cluster, 'postmaster.pid'), join(place.socket, `${SOCKET_FILE}.lock`)]) {
    const file = await readPidFile(path)
    if (file === undefined) continue
    const seen = await seeProcess(file.pid)
    if (judge(seen, place.cluster, uidOf(ground)) !== 'stale')
      throw new SekishoError('store.held', { path, pid: file.pid })
    log.warn({ path, pid: file.pid, state: seen.state }, 'a server that is gone left its pid file; removed')
    await unlink(path)
  }
}

/** Processes of a server that died keep its memory: PostgreSQL would rightly refuse to start beside them. */
async function endOrphans(ground: Ground): Promise<void> {
  const { place, clock, limits, log } = ground
  const until = clock.uptime() + limits.orphansMs
  let killed = false
  for (;;) {
    const orphans = await serverProcesses(place.cluster)
    if (orphans.length === 0) return
    if (clock.uptime() > until) {
      if (killed) throw new SekishoError('store.held', { path: place.cluster, pid: orphans[0] ?? 0 })
      killed = true
      log.warn({ orphans }, 'processes of a dead server did not end by themselves; killed')
      for (const pid of orphans) signal(pid, 'SIGKILL')
    }
    await clock.sleep(POLL_MS)
  }
}

/** Starts the server and waits until it takes connections. Throws store.start_failed, store.full, store.start_timeout. */
export async function startServer(ground: Ground, choice: Choice): Promise<Running> {
  const { place, server, clock, limits } = ground
  const logPath = join(place.log, 'postgres.log')
  if (((await stat(logPath).catch(() => undefined))?.size ?? 0) > LOG_BYTES)
    await rename(logPath, `${logPath}.1`)
  const output = await open(logPath, 'a', 0o600).catch((cause: unknown) => {
    throw fullOr(cause, logPath)
  })
  const from = (await output.stat()).size
  const child = start(
    [
      join(place.directory, choice.directory, choice.bin, 'postgres'),
      '-D',
      place.cluster,
      ...settings(place, choice.major, limits.connections),
    ],
    {
      env: { LC_ALL: 'C', TZ: 'UTC' },
      cwd: place.cluster,
      stdio: ['ignore', output.fd, output.fd],
      // Our child, which we reap, but of its own session: Ctrl-C in a terminal must reach us and not the server first.
      detached: true,
      ...server,
    },
  )
  let ended: string | undefined
  child.once('exit', (code, by) => {
    ended = `exit ${by ?? code}`
  })
  child.once('error', (error) => {
    ended = error.message
  })
  await output.close()
  const until = clock.uptime() + limits.startMs
  while (ended === undefined && clock.uptime() < until) {
    const file = await readPidFile(join(place.cluster, 'postmaster.pid'))
    if (file?.pid === child.pid && file?.status === 'ready') return { pid: file.pid, child }
    await clock.sleep(POLL_MS)
  }
  if (ended === undefined) {
    child.kill('SIGQUIT')
    throw new SekishoError('store.start_timeout', { limit: `${limits.startMs / 1000} s` })
  }
  const said = (await readTail(logPath, from)) || ended
  if (await isFull(said, place.directory)) throw new SekishoError('store.full', { path: place.directory })
  throw new SekishoError('store.start_failed', { program: 'postgres', why: lastLines(said) })
}

/**
 * Asks the server to end: first in order (open transactions are rolled back, a checkpoint is written), after the limit at
 * once (the next start recovers). Throws store.stop_timeout.
 */
export async function stopServer(ground: Ground, running: Running): Promise<'ordered' | 'at_once'> {
  for (const [how, name] of [
    ['ordered', 'SIGINT'],
    ['at_once', 'SIGQUIT'],
  ] as const) {
    if (!(await isAlive(ground, running))) return how
    signal(running.pid, name)
    const until = ground.clock.uptime() + ground.limits.stopMs
    while (ground.clock.uptime() < until) {
      if (!(await isAlive(ground, running))) return how
      await ground.clock.sleep(POLL_MS)
    }
    ground.log.warn({ pid: running.pid, signal: name }, 'the server did not end in time')
  }
  throw new SekishoError('store.stop_timeout', {
    pid: running.pid,
    limit: `${ground.limits.stopMs / 1000} s`,
  })
}

/** Ours and alive: a number that was given to another program meanwhile is never signalled. */
export async function isAlive(ground: Ground, running: Running): Promise<boolean> {
  return judge(await seeProcess(running.pid), ground.place.cluster, uidOf(ground)) === 'ours'
}

function uidOf(ground: Ground): number {
  return ground.server?.uid ?? process.getuid?.() ?? 0
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It ended between the look and the signal.
  }
}

async function readPidFile(path: string): Promise<PidFile | undefined> {
  const file = await readRegular(path, 4096)
  return file === undefined ? undefined : parsePidFile(file.bytes.toString('utf8'))
}

async function readTail(path: string, from: number): Promise<string> {
  const handle = await open(path, 'r')
  try {
    const bytes = Buffer.alloc(16_384)
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, from)
    return bytes.subarray(0, bytesRead).toString('utf8')
  } finally {
    await handle.close()
  }
}

function isAnswering(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path)
    socket.setTimeout(2000)
    const end = (answers: boolean) => {
      socket.destroy()
      resolve(answers)
    }
    socket.once('connect', () => end(true))
    // A socket that takes no connection in time is not proof of a dead server.
    socket.once('timeout', () => end(true))
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code === 'EAGAIN'))
  })
}
