// The store that comes with Sekisho: a PostgreSQL of its own, made at the first start, adopted when it already runs,
// started again when it dies. Owns `<data>/pg`; leaves tables to migrations and connections to open.ts.
// INVARIANT D1 (pidfile.ts): a pid file is removed only on proof that its server is gone.
// INVARIANT D2: the server never runs as root, listens on a unix socket alone, with fsync and checksums on.
// INVARIANT D3: making, starting and adopting happen under one lock, so that two starts at once end with one server.
import { type FileHandle, open, realpath } from 'node:fs/promises'
import { SekishoError } from '../base/error.ts'
import type { Clock, Random } from '../base/time.ts'
import { run } from '../sys/process.ts'
import { type Choice, findSources, programs, type Source } from './binaries.ts'
import {
  type Account,
  clusterMajor,
  fullOr,
  hasCluster,
  makeCluster,
  makeDirectories,
  makePassword,
} from './cluster.ts'
import { gateUrls, type Layout, layout, ownerUrl } from './layout.ts'
import type { Log } from './log.ts'
import {
  clearRemains,
  findRunning,
  type Ground,
  isAlive,
  LIMITS,
  type Limits,
  type Running,
  startServer,
  stopServer,
} from './postmaster.ts'
import { prepare } from './prepare.ts'

export interface EmbeddedOptions {
  /** Sekisho's state directory; it exists. The store lies in `pg` below it. */
  readonly dataDirectory: string
  /** Whom the server runs as. Needed when we are root, else left out: it runs as us. */
  readonly server?: Account
  /** Root has made `pg`, the directory of the socket and the gate's password for us, who cannot give them to the gate. */
  readonly isPrepared?: boolean
  /** Who reads the gate's password file. Left out: we. */
  readonly gate?: Account
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly limits?: Partial<Limits>
  /** Where programs are looked for; default: the pinned package, then the host's. */
  readonly sources?: () => Promise<readonly Source[]>
}

export interface Urls {
  /** For migrations. Holds a password: never log it. */
  readonly owner: string
  readonly gate: string
  /** The engine's own database, the gate's role. */
  readonly engine: string
}

export interface Embedded {
  readonly ownerUrl: string
  readonly gateUrl: string
  readonly engineUrl: string
  /** It ran already when we came. */
  readonly adopted: boolean
  /** `18.4` */
  readonly version: string
  pid(): number
  urls(): Urls
  /** Ends the server in order. Throws store.stop_timeout. */
  stop(): Promise<'ordered' | 'at_once'>
  /** Ends our watch and leaves the server running; the next start adopts it. */
  release(): void
  /** Called once when the server is gone for good: it died and could not be started again. Not called after stop. */
  onExit(listener: (why: SekishoError) => void): void
}

/** A server that dies more often than this within the span is not started again: somebody must look. */
const RESTARTS = 5
const RESTART_SPAN_MS = 60_000
const BACKOFF_MS = 200
const WATCH_MS = 250
const FULL_MS = 2000
const LOCK_LIMIT_S = 150

/**
 * Makes, starts or adopts the embedded store and watches over it. May be called twice at once, by two processes: one
 * starts, the other adopts. Throws store.* when it cannot; nothing half-made is left.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  if (process.getuid?.() === 0 && (options.server === undefined || options.server.uid === 0))
    throw new SekishoError('store.as_root')
  const place = layout(await realpath(options.dataDirectory))
  const ground: Ground = {
    place,
    server: options.server,
    gate: options.gate,
    isPrepared: options.isPrepared === true,
    clock: options.clock,
    log: options.log,
    limits: { ...LIMITS, ...options.limits },
  }
  const first = await underLock(ground, async (lock) => {
    const choice = await makeStore(ground, options, lock)
    return { choice, ...(await ensureRunning(ground, choice)) }
  })
  const urls: Urls = { owner: await ownerUrl(dataOf(place)), ...(await gateUrls(dataOf(place))) }
  const watch = watchOver(ground, first.choice, first.running)
  options.log.info(
    { pid: first.running.pid, version: first.version, adopted: first.adopted },
    first.adopted ? 'the store already runs; adopted' : 'the store runs',
  )
  return {
    ownerUrl: urls.owner,
    gateUrl: urls.gate,
    engineUrl: urls.engine,
    adopted: first.adopted,
    version: first.version,
    pid: () => watch.running().pid,
    urls: () => urls,
    stop: async () => {
      watch.end()
      return stopServer(ground, watch.running())
    },
    release: () => {
      watch.end()
      watch.running().child?.unref()
    },
    onExit: (listener) => watch.onExit(listener),
  }
}

function dataOf(place: Layout): string {
  return place.directory.slice(0, -'/pg'.length)
}

async function makeStore(ground: Ground, options: EmbeddedOptions, lock: number): Promise<Choice> {
  const { place, server, log } = ground
  try {
    const choice = await programs(place.directory, place.choice, options.sources ?? findSources)
    if (!(await hasCluster(place))) {
      await makePassword(place.ownerPassword, options.random, undefined)
      if (options.isPrepared !== true) await makePassword(place.gatePassword, options.random, options.gate)
      const { owner } = await passwordsOf(place)
      log.info({ version: choice.version, from: choice.kind }, 'making the store')
      await makeCluster(place, choice, owner, server, lock)
    }
    const major = await clusterMajor(place)
    if (major !== choice.major)
      throw new SekishoError('store.other_major', { path: place.cluster, major, programs: choice.major })
    return choice
  } catch (cause) {
    throw fullOr(cause, place.directory)
  }
}

async function passwordsOf(place: Layout): Promise<{ owner: string; gate: string }> {
  const data = dataOf(place)
  const { gate } = await gateUrls(data)
  return { owner: new URL(await ownerUrl(data)).password, gate: new URL(gate).password }
}

/** Finds the living server or starts one, and proves that it answers as ours. */
async function ensureRunning(
  ground: Ground,
  choice: Choice,
): Promise<{ running: Running; adopted: boolean; version: string }> {
  const { place, clock, limits } = ground
  const data = dataOf(place)
  const { gate } = await passwordsOf(place)
  const until = clock.uptime() + limits.startMs
  for (;;) {
    const found = await findRunning(ground)
    if (found === undefined) await clearRemains(ground)
    const running = found ?? (await startServer(ground, choice))
    try {
      const admin = await ownerUrl(data, 'postgres')
      const { version } = await prepare(await ownerUrl(data), admin, place.cluster, gate)
      return { running, adopted: found !== undefined, version }
    } catch (error) {
      // Found while it starts, recovers or stops: it will be ready or gone.
      const passing = error instanceof SekishoError && error.code === 'store.unavailable'
      if (found !== undefined && passing && clock.uptime() < until) {
        await clock.sleep(50)
        continue
      }
      // What we started and cannot use must not stay behind unwatched.
      if (found === undefined) await stopServer(ground, running).catch(() => {})
      throw error instanceof SekishoError && error.code === 'store.full'
        ? new SekishoError('store.full', { path: place.directory }, { cause: error })
        : error
    }
  }
}

interface Watch {
  running(): Running
  end(): void
  onExit(listener: (why: SekishoError) => void): void
}

/** Starts the server again when it dies, a bounded number of times. */
function watchOver(ground: Ground, choice: Choice, first: Running): Watch {
  const { clock, log } = ground
  const over = new AbortController()
  let running = first
  let gone: SekishoError | undefined
  const listeners: ((why: SekishoError) => void)[] = []
  const restart = async () => {
    const again = await underLock(ground, () => ensureRunning(ground, choice))
    running = again.running
    log.info({ pid: running.pid, version: again.version }, 'the store runs again')
  }
  const watch = async () => {
    const deaths: number[] = []
    while (!over.signal.aborted) {
      if (await isAlive(ground, running)) {
        await clock.sleep(WATCH_MS, over.signal)
        continue
      }
      const now = clock.uptime()
      const recent = deaths.filter((at) => now - at < RESTART_SPAN_MS).length
      if (recent >= RESTARTS) throw new SekishoError('store.dies', { times: recent })
      log.error({ pid: running.pid, recent }, 'the store ended unexpectedly; starting it again')
      await clock.sleep(BACKOFF_MS * 2 ** recent, over.signal)
      try {
        deaths.push(now)
        await restart()
      } catch (error) {
        if (over.signal.aborted) return
        log.error({ why: String(error) }, 'the store could not be started again')
        // A full disk is no death: it passes, however long it takes, and we recover alone when space returns.
        if (error instanceof SekishoError && error.code === 'store.full') {
          deaths.pop()
          await clock.sleep(FULL_MS, over.signal)
        }
      }
    }
  }
  watch().catch((error: unknown) => {
    if (over.signal.aborted) return
    gone =
      error instanceof SekishoError ? error : new SekishoError('store.dies', { times: 1 }, { cause: error })
    for (const listener of listeners) listener(gone)
  })
  return {
    running: () => running,
    end: () => over.abort(),
    onExit: (listener) => {
      listeners.push(listener)
      if (gone !== undefined) listener(gone)
    },
  }
}

/** An flock on a file of ours: freed by the kernel with our death, so no lock is ever stranded (INVARIANT D3). */
async function underLock<T>(ground: Ground, work: (lock: number) => Promise<T>): Promise<T> {
  await makeDirectories(ground.place, ground.server, ground.gate, ground.isPrepared)
  let handle: FileHandle
  try {
    handle = await open(ground.place.lock, 'a', 0o600)
  } catch (cause) {
    throw fullOr(cause, ground.place.lock)
  }
  try {
    const locked = await run(['flock', '-w', String(LOCK_LIMIT_S), '3'], {
      descriptors: [handle.fd],
      timeoutMs: (LOCK_LIMIT_S + 10) * 1000,
    })
    if (locked.notStarted !== undefined)
      throw new SekishoError('process.missing', { program: 'flock', why: 'util-linux' })
    if (locked.code !== 0) throw new SekishoError('store.lock_timeout', { path: ground.place.lock })
    return await work(handle.fd)
  } finally {
    await handle.close()
  }
}
