// `sekisho up`: the store, the runner and the gate on this machine, in the foreground, each as who it should be. Started by root it drops
// rights per part; started by anybody else all are that user, and it says that there is no wall.
// Owns who runs and for how long; leaves to each part what it does.
import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { migrations } from '../../app/migrations.ts'
import { DEFAULT_PORT, type Places, placesOf } from '../../app/places.ts'
import { connectRunner } from '../../app/runner-client.ts'
import { failureOf, SekishoError } from '../../base/error.ts'
import { isObject } from '../../base/json.ts'
import type { Clock, Random } from '../../base/time.ts'
import type { Embedded } from '../../db/embedded.ts'
import { GATE } from '../../db/layout.ts'
import { migrate } from '../../db/migrate.ts'
import { serveEmbedded } from '../../db/serving.ts'
import { environment } from '../../sys/config.ts'
import { fileError, writeDurable } from '../../sys/files.ts'
import type { Log } from '../../sys/log.ts'
import { UP_WORDS, type UpWords } from '../../words/up.ts'
import type { Language } from '../../words/words.ts'
import { type Accounts, ensureAccounts } from './accounts.ts'
import { type Code, codeHere } from './code.ts'
import { commandOf, type Hold, hold, holderOf } from './hold.ts'
import { makePlaces } from './make-places.ts'
import { ownCopy, untrustedPart, whyCopy } from './own-copy.ts'
import { type Part, startPart } from './part.ts'
import type { StoreReady } from './store-part.ts'
import { makeStorePlaces } from './store-places.ts'

export interface UpOptions {
  readonly data: string
  readonly port?: number
  readonly language: Language
  /** `DATABASE_URL`: then no embedded store is started. */
  readonly databaseUrl?: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly say: (line: string) => void
  /** Ends everything in order. */
  readonly signal: AbortSignal
}

/** Runs until the signal; returns when all parts have ended. Throws what keeps it from coming up, with nothing left running. */
export async function up(options: UpOptions): Promise<void> {
  const { say } = options
  const words = UP_WORDS[options.language]
  const began = performance.now()
  const places = placesOf(options.data)
  const accounts = process.getuid?.() === 0 ? await ensureAccounts() : undefined
  for (const name of accounts?.made ?? []) say(words.account(name))
  try {
    await makePlaces(places, accounts)
  } catch (cause) {
    throw fileError(places.data, cause)
  }
  const held = await hold(places.data)
  const started: {
    store?: { stop(): Promise<unknown> }
    runner?: Part
    gate?: Part
    watch?: Part | undefined
  } = {}
  try {
    await endOldRunner(places, words, options)
    const code = await trustedCode(accounts, words, say)
    await held.tell({ pid: process.pid })
    // All three load at once; the gate goes on when the other two are there. Whichever came up is ended when another did not.
    const store = openStoreHere(options, places, accounts, code).then((opened) => {
      if (opened !== undefined) started.store = opened
      return opened
    })
    const runner = startRunner(options, places, accounts, code, held).then((part) => {
      started.runner = part
    })
    const gate = startGate(options, places, accounts, code, Promise.all([store, runner])).then((one) => {
      started.gate = one.part
      return one
    })
    const [opened, , { port }] = await settled([store, runner, gate]).catch((error: unknown) => {
      throw options.databaseUrl === undefined ? error : namedStore(error)
    })
    started.watch = await startWatch(options, places, accounts, code).catch((error: unknown) => {
      if (!(error instanceof SekishoError)) throw error
      say(words.noWatch(error.code, join(places.data, 'log', 'watch.log')))
      return undefined
    })
    if (opened !== undefined) say(words.store(opened.version, opened.adopted))
    say(words.data(places.data))
    say(words.ready(`http://127.0.0.1:${port()}`, Math.round(performance.now() - began)))
    say(accounts === undefined ? words.noWall : words.wall)
    if (!(await exists(places.compiledRunner)))
      say((await exists(places.source)) ? words.notApplied(places.source) : words.noRules(places.source))
    await untilAborted(options.signal, opened)
    say(words.stopping)
  } finally {
    // Watch and gate first, the store last.
    for (const part of [started.watch, started.gate, started.runner, started.store])
      await part
        ?.stop()
        .catch((error: unknown) => options.log.error({ why: String(error) }, 'a part did not end in order'))
    await held.release()
  }
  say(words.stopped)
}

/** A store of somebody else's is not started with `up`: the sentence says where it was looked for. */
function namedStore(error: unknown): unknown {
  if (!(error instanceof SekishoError) || error.code !== 'store.unavailable') return error
  return failureOf({ code: error.code, detail: { ...error.detail, named: 'DATABASE_URL' } }, { cause: error })
}

/** Like Promise.all, but waits for all ends before it throws: nothing may come up after it was given up. */
async function settled<A, B, C>(all: [Promise<A>, Promise<B>, Promise<C>]): Promise<[A, B, C]> {
  await Promise.allSettled(all)
  return Promise.all(all)
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )

async function untilAborted(signal: AbortSignal, store: Store | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
    store?.onExit?.(reject)
  })
}

/** After a kill of `up` alone its runner lives on and holds the state: it is asked to end at a boundary. */
async function endOldRunner(places: Places, words: UpWords, { clock, say }: UpOptions): Promise<void> {
  const pid = (await holderOf(places.data))?.runner
  if (pid === undefined) return
  const isOurs = async () => {
    const argv = await commandOf(pid)
    return argv?.includes(places.data) === true && argv.some((one) => /runner/.test(one))
  }
  if (!(await isOurs())) return
  process.kill(pid, 'SIGTERM')
  for (let waited = 0; waited < 30_000 && (await isOurs()); waited += 50) await clock.sleep(50)
  say(words.oldRunner(pid))
}

async function trustedCode(
  accounts: Accounts | undefined,
  words: UpWords,
  say: (line: string) => void,
): Promise<Code> {
  const code = codeHere()
  if (accounts === undefined) return code
  const why = await whyCopy(code, accounts.gate.uid)
  if (why === undefined) return code
  await mkdir(COPIES, { recursive: true, mode: 0o755 })
  const copy = await ownCopy(code, COPIES)
  // A copy of an earlier start may have been opened to others since: what is not root's alone is not run to judge itself.
  const opened = await untrustedPart(copy)
  if (opened !== undefined) throw new SekishoError('runner.untrusted_path', { ...opened })
  say(words.copied(why, copy.root))
  if (code.isHostNode) say(words.hostNode(code.node))
  return copy
}

/** Root's own, readable by all: the gate runs from here as somebody else. */
export const COPIES = '/var/lib/sekisho-code'

interface Store extends Pick<Embedded, 'version' | 'adopted'> {
  stop(): Promise<unknown>
  /** Of a store in this process. A part of its own is started again when it ends. */
  readonly onExit?: Embedded['onExit']
}

/** Recovery after a power cut may take long; the server's own limits are shorter than these. */
const STORE_READY_MS = 150_000
const STORE_STOP_MS = 50_000

/** In this process where it runs as one user; as root a process of the store's account, so that no package is loaded as root. */
async function openStoreHere(
  options: UpOptions,
  places: Places,
  accounts: Accounts | undefined,
  code: Code,
): Promise<Store | undefined> {
  const { databaseUrl, clock, random, log, signal } = options
  if (databaseUrl !== undefined) return undefined
  if (accounts === undefined) {
    const store = await serveEmbedded({ dataDirectory: places.data, clock, random, log })
    await migrate(store.ownerUrl, migrations(GATE))
    return store
  }
  await makeStorePlaces(places.data, accounts, random)
  let ready: StoreReady['store'] | undefined
  const part = await startPart({
    name: 'store',
    argv: [code.node, code.server, 'store', '--data', places.data, '--lang', options.language],
    account: accounts.store,
    env: {},
    logFile: join(places.data, 'log', 'store.log'),
    clock,
    log,
    isReady: async (message) => {
      if (isObject(message) && isObject(message['store']))
        ready = message['store'] as unknown as StoreReady['store']
      return ready !== undefined
    },
    onStart: async () => {
      ready = undefined
    },
    readyMs: STORE_READY_MS,
    stopMs: STORE_STOP_MS,
    signal,
  })
  const { version = '', adopted = false } = ready ?? {}
  return { version, adopted, stop: () => part.stop() }
}

/** In tests alone the runner is told where to die; it too asks for SEKISHO_TESTS. */
function killPlaces(): Readonly<Record<string, string>> {
  if (environment['SEKISHO_TESTS'] !== '1') return {}
  const told: Record<string, string> = {}
  for (const name of ['SEKISHO_TESTS', 'SEKISHO_KILL_ORDER', 'SEKISHO_KILL_TRACE']) {
    const value = environment[name]
    if (value !== undefined) told[name] = value
  }
  return told
}

function startRunner(
  { clock, log, signal }: UpOptions,
  places: Places,
  accounts: Accounts | undefined,
  code: Code,
  held: Hold,
): Promise<Part> {
  const client = connectRunner(places.runnerSocket)
  const group = accounts === undefined ? [] : ['--group', String(accounts.gate.gid)]
  return startPart({
    name: 'runner',
    argv: [
      code.node,
      code.runner,
      '--data',
      places.data,
      '--policy',
      places.compiledRunner,
      '--guard',
      places.guardDirectory,
      ...group,
    ],
    env: { ...killPlaces(), NODE_COMPILE_CACHE: join(places.data, 'cache', 'runner') },
    logFile: join(places.data, 'log', 'runner.log'),
    clock,
    log,
    isReady: () =>
      client.ask('status', {}).then(
        () => true,
        (error: unknown) => {
          if (error instanceof SekishoError) return false
          throw error
        },
      ),
    onStart: (pid) => held.tell({ pid: process.pid, runner: pid }),
    signal,
  })
}

async function startGate(
  options: UpOptions,
  places: Places,
  accounts: Accounts | undefined,
  code: Code,
  needs: Promise<unknown>,
): Promise<{ readonly part: Part; readonly port: () => number }> {
  const { clock, log, databaseUrl, signal } = options
  let port = options.port ?? DEFAULT_PORT
  let pid = 0
  const part = await startPart({
    name: 'gate',
    argv: [code.node, code.server, 'gate', '--data', places.data, '--port', String(port)],
    ...(accounts === undefined ? {} : { account: accounts.gate }),
    env: {
      NODE_COMPILE_CACHE: join(places.data, 'cache', 'gate'),
      ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    },
    logFile: join(places.data, 'log', 'gate.log'),
    clock,
    log,
    needs,
    isReady: async (message) => {
      if (!isObject(message) || typeof message['port'] !== 'number') return false
      port = message['port']
      await writeDurable(places.gateFile, `${JSON.stringify({ port, pid })}\n`, { mode: 0o644 })
      return true
    },
    onStart: async (started) => {
      pid = started
    },
    signal,
  })
  return { part, port: () => port }
}

/** As the account of its own, with the two capabilities that it looks with; as whoever started us where that is not root. */
function startWatch(
  { clock, log, signal }: UpOptions,
  places: Places,
  accounts: Accounts | undefined,
  code: Code,
): Promise<Part> {
  return startPart({
    name: 'watch',
    argv: [
      ...(accounts === undefined ? [] : asWatcher(accounts.watch)),
      code.node,
      '--max-semi-space-size=2',
      code.watch,
      '--data',
      places.data,
      '--policy',
      places.compiledRunner,
    ],
    env: { NODE_COMPILE_CACHE: join(places.data, 'cache', 'watch') },
    logFile: join(places.data, 'log', 'watch.log'),
    clock,
    log,
    isReady: async (message) => isObject(message) && message['ready'] === true,
    onStart: async () => {},
    signal,
  })
}

function asWatcher({ uid, gid }: Accounts['watch']): readonly string[] {
  const capabilities = WATCH_CAPABILITIES.map((name) => `+${name}`).join(',')
  return [
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    `--inh-caps=-all,${capabilities}`,
    `--ambient-caps=-all,${capabilities}`,
    `--bounding-set=-all,${capabilities}`,
    '--no-new-privs',
    '--',
  ]
}
const WATCH_CAPABILITIES = ['dac_read_search', 'sys_ptrace'] as const
