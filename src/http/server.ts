// The gate's own process: store, runner and engine behind it, the door on a loopback port before it. Ends in order when it is told to,
// or when whoever started it is gone.
import { chmod, mkdir, readFile, unlink, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect } from 'node:net'
import { createAdaptorServer, serve as listen, type ServerType } from '@hono/node-server'
import { migrations } from '../app/migrations.ts'
import { type OpenGate, openGate } from '../app/open-gate.ts'
import { type Places, placesOf } from '../app/places.ts'
import { portHolder } from '../app/port-holder.ts'
import { SekishoError } from '../base/error.ts'
import { ERRORS, type ErrorCode, EXIT } from '../base/error-codes.ts'
import type { Detail } from '../base/error-values.ts'
import { gateUrls } from '../db/layout.ts'
import { migrate } from '../db/migrate.ts'
import { openStore } from '../db/open.ts'
import { systemClock, systemRandom } from '../sys/clock.ts'
import { environment } from '../sys/config.ts'
import { fileError } from '../sys/files.ts'
import { type Log, openLog } from '../sys/log.ts'
import { tellReady } from '../sys/notify.ts'
import { openDoor } from './application.ts'
import { languageOf, PROBLEM_TYPE, problemOf } from './problem.ts'

/** The gate's slot in the engine; one gate a machine in this release. */
const SLOT = 0
const FIRST_WAIT_MS = 250
const LONGEST_WAIT_MS = 5000

/** `connection`: as node has it, so that the door can ask who is at its other end. */
type Handle = (request: Request, connection: object) => Response | Promise<Response>

/** Runs until `over`. Throws gate.port_busy, gate.already_up, store.*, engine.*. */
export async function serveGate(data: string, port: number, over: AbortController): Promise<number> {
  const log = openLog({ part: 'gate' })
  // Our supervisor is gone: nobody would end or restart us any more.
  process.on('disconnect', () => over.abort())
  const go = whenTold(over.signal)
  const places = placesOf(data)
  let handle: Handle = () => new Response('{"ok":false}', { status: 503 })
  const server = await bindOrDoWithout(port, (request, connection) => handle(request, connection), log)
  const socket = await bindSocket(places, (request, connection) => handle(request, connection))
  await go
  if (over.signal.aborted) return EXIT.done
  const bound = server === undefined ? port : (server.address() as AddressInfo).port
  const tell = async (more: object = {}) => {
    if (process.send !== undefined) process.send({ port: bound, ...more })
    else {
      await tellWhere(places.gateFile, bound, log)
      await tellReady()
    }
  }
  const opened = await whenStoreIsThere(
    () => openHere(places, server === undefined ? port : undefined, log),
    async ({ code, detail }) => {
      handle = (request) => unavailable(request, code, detail)
      log.warn({ code, detail }, 'the store does not answer; the gate answers 503 until it does')
      await tell({ waits: { code, detail } })
    },
    over.signal,
  )
  if (opened === undefined) {
    await Promise.all([close(socket, log), ...(server === undefined ? [] : [close(server, log)])])
    return EXIT.done
  }
  const door = openDoor({ gate: opened.gate, closing: over.signal })
  handle = (request, connection) => door.fetch(request, connection)
  log.info({ port: bound }, 'the gate answers')
  await tell()
  await new Promise<void>((resolve) => {
    if (over.signal.aborted) resolve()
    over.signal.addEventListener('abort', () => resolve(), { once: true })
  })
  // The socket first: whoever gets the port next must not find its own socket taken away by our end.
  await Promise.all([close(socket, log), ...(server === undefined ? [] : [close(server, log)])])
  await opened.close()
  log.info({}, 'the gate ended in order')
  return EXIT.done
}

async function openHere(places: Places, portTaken: number | undefined, log: Log): Promise<OpenGate> {
  const given = environment['DATABASE_URL']
  const urls = given === undefined ? await gateUrls(places.data) : { gate: given, engine: given }
  if (given !== undefined) await migrate(given, migrations(undefined))
  const store = openStore<unknown>({ url: urls.gate, log })
  try {
    return await openGate({
      store,
      runnerSocket: places.runnerSocket,
      compiledRules: places.compiledRunner,
      rulesFile: places.source,
      guardDirectory: places.guardDirectory,
      watchDirectory: places.watchDirectory,
      ...(portTaken === undefined ? {} : { portTaken }),
      clock: systemClock,
      random: systemRandom,
      log,
      engine: {
        databaseUrl: urls.engine,
        slot: SLOT,
        onLost: (why) => {
          log.error({ why }, 'the session of the slot ended; the process ends with it')
          process.exit(EXIT.later)
        },
      },
    })
  } catch (error) {
    await store.close()
    throw error
  }
}

/**
 * A store that is stopped, or starts yet, is no reason to end: whoever watches over us would start us again and again. Tells once that we
 * wait. Undefined when it is over before the store is there.
 */
async function whenStoreIsThere<T>(
  open: () => Promise<T>,
  onWait: (why: SekishoError) => Promise<void>,
  over: AbortSignal,
): Promise<T | undefined> {
  let isTold = false
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    try {
      return await open()
    } catch (error) {
      if (!(error instanceof SekishoError) || !error.code.startsWith('store.') || !ERRORS[error.code].retry)
        throw error
      if (!isTold) await onWait(error)
      isTold = true
    }
    await systemClock.sleep(wait, over).catch(() => {})
    if (over.aborted) return undefined
  }
}

function unavailable(request: Request, code: ErrorCode, detail: Detail): Response {
  const language = languageOf(request.headers.get('accept-language') ?? undefined, 'ja')
  return new Response(JSON.stringify(problemOf(code, detail, language)), {
    status: 503,
    headers: { 'content-type': PROBLEM_TYPE, 'retry-after': '5' },
  })
}

/** `up` starts us beside store and runner and says when both are there (`{go: true}`); systemd starts us after them. */
async function whenTold(over: AbortSignal): Promise<void> {
  if (process.send === undefined) return
  await new Promise<void>((resolve) => {
    process.once('message', () => resolve())
    over.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** Under systemd nobody else writes where we are: `install host` left us a file of our own. In place, for we own no directory. */
async function tellWhere(path: string, port: number, log: Log): Promise<void> {
  try {
    await writeFile(path, `${JSON.stringify({ port, pid: process.pid })}\n`)
  } catch (error) {
    log.warn({ path, why: String(error) }, 'where the gate listens could not be written')
  }
}

/**
 * The port is anybody's of this machine, and what counts is the socket (INVARIANT K1): under systemd a program that was there first, an
 * agent's perhaps, must not keep the gate from coming up. `up` says it instead, for there another port can be chosen.
 */
async function bindOrDoWithout(port: number, handle: Handle, log: Log): Promise<ServerType | undefined> {
  try {
    return await bind(port, handle)
  } catch (error) {
    if (process.send !== undefined || !(error instanceof SekishoError) || error.code !== 'gate.port_busy')
      throw error
    log.warn({ port, holder: error.detail['holder'] }, 'the port is taken; the gate answers by its socket')
    return undefined
  }
}

/** Loopback only. Throws gate.port_busy. */
function bind(port: number, handle: Handle): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = listen({ fetch: handle, port, hostname: '127.0.0.1' }, () => resolve(server))
    server.on('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EADDRINUSE') return reject(cause)
      portHolder(port).then(
        (holder) => reject(new SekishoError('gate.port_busy', { port, holder }, { cause })),
        reject,
      )
    })
  })
}

/** Where the command line comes in: only who may write this directory can be the gate (INVARIANT K1). Throws gate.already_up. */
async function bindSocket(places: Places, handle: Handle): Promise<ServerType> {
  const { gateDirectory, gateSocket } = places
  await mkdir(gateDirectory, { recursive: true, mode: 0o755 })
  // One data directory has one gate. Taken away from under one that lives, its socket would be missed by everybody until it is restarted.
  if (await isServed(gateSocket)) throw new SekishoError('gate.already_up', await whoServes(places))
  // Of a gate that was killed.
  await unlink(gateSocket).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw fileError(gateSocket, error)
  })
  const server = createAdaptorServer({ fetch: handle })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(fileError(gateSocket, cause)))
    server.listen(gateSocket, resolve)
  })
  // Everybody of this machine may ask; who they are their token says.
  await chmod(gateSocket, 0o666)
  return server
}

/** Somebody takes connections there, or would if they were not so many. */
function isServed(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket)
    connection.on('connect', () => {
      connection.destroy()
      resolve(true)
    })
    connection.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'EAGAIN'))
  })
}

async function whoServes({ data, gateFile }: Places): Promise<{ path: string; pid: number }> {
  const text = await readFile(gateFile, 'utf8').catch(() => '')
  return { path: data, pid: Number(/"pid":(\d+)/.exec(text)?.[1] ?? 0) }
}

async function close(server: ServerType, log: Log): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => {
      log.warn({}, 'connections were still open at the end')
      if ('closeAllConnections' in server) server.closeAllConnections()
    }, 3000)
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
    if ('closeIdleConnections' in server) server.closeIdleConnections()
  })
}
