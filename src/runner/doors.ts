// The two doors: runner.sock for the gate's group, admin.sock for the owner of the runner alone. Frames in, frames out, one request
// after the other on a connection; whatever is not understood is answered once and the door shuts.
import { chmod, chown, lstat, mkdir, rename, rm, unlink } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Decoder, decode } from '../base/decode.ts'
import type { Json, JsonObject } from '../base/json.ts'
import { encodeFrame, FrameReader } from '../seal/frame.ts'
import type { AdminRequest, RunnerAnswer } from '../seal/protocol.ts'
import { adminRequest, runnerRequest } from '../seal/requests.ts'
import { requireShortSocket } from '../sys/socket-path.ts'

export interface DoorOptions {
  readonly path: string
  readonly mode: number
  readonly group?: number
  readonly kind: 'gate' | 'admin'
  readonly answer: (request: AdminRequest) => Promise<RunnerAnswer<Json>>
  readonly log: (sentence: string, values: JsonObject) => void
  /** How often the door looks whether it still stands at its path. Default 1 s. */
  readonly lookMs?: number
  /** After so long without a word and without a request to answer a connection is ended. Default 5 min. */
  readonly idleMs?: number
}

const MAX_CONNECTIONS = 64
/** Requests a second of one door, with a burst of as many. */
export const RATE = 500
const IDLE_MS = 300_000
const LOOK_MS = 1000
/** Requests waiting on one connection. */
const MAX_WAITING = 64

export interface Door {
  close(): Promise<void>
}

/**
 * Below the data directory, in `run`. A socket that somebody removed or replaced is made anew: what is connected stays connected, and
 * whoever comes finds the door again. Throws store.path_too_long.
 */
export async function openDoor(options: DoorOptions): Promise<Door> {
  const sockets = new Set<Socket>()
  const rate = new Bucket(RATE)
  const decoder: Decoder<AdminRequest> = options.kind === 'gate' ? runnerRequest : adminRequest
  const open = async (): Promise<Standing> => {
    const server = createServer((socket) => {
      if (sockets.size >= MAX_CONNECTIONS) {
        socket.destroy()
        return
      }
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      serve(socket, decoder, rate, options)
    })
    return { server, inode: await listen(server, options) }
  }
  const over = new AbortController()
  let standing = await open()
  let isTold = false
  const look = async () => {
    if ((await inodeAt(options.path)) === standing.inode) return
    try {
      const again = await open()
      standing.server.close()
      standing = again
      isTold = false
      options.log('the socket was gone and was made again', { door: options.kind, path: options.path })
    } catch (error) {
      if (isTold) return
      isTold = true
      const message = String(error).slice(0, 500)
      options.log('the socket is gone and cannot be made again', { door: options.kind, message })
    }
  }
  const looking = repeat(look, options.lookMs ?? LOOK_MS, over.signal)
  return {
    close: async () => {
      over.abort()
      await looking
      await new Promise<void>((resolve) => {
        standing.server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      })
      await unlink(options.path).catch(() => {})
    },
  }
}

interface Standing {
  readonly server: Server
  /** Of the socket at its path: another one there is not ours. */
  readonly inode: bigint | undefined
}

async function inodeAt(path: string): Promise<bigint | undefined> {
  try {
    return (await lstat(path, { bigint: true })).ino
  } catch {
    return undefined
  }
}

/** Does not keep the process alive. */
async function repeat(work: () => Promise<void>, everyMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await sleep(everyMs, undefined, { signal, ref: false })
    } catch {
      return // Closed while it waited.
    }
    await work()
  }
}

/**
 * Made in a private directory and moved to its place when it is what it shall be: nobody slips in before. Never by a umask set for a moment: that is of the
 * whole process, and whatever another thread made meanwhile would be made with it.
 */
async function listen(server: Server, { path, mode, group, kind }: DoorOptions): Promise<bigint | undefined> {
  requireShortSocket(path, dirname(dirname(path)))
  // Shorter than the name of the door: the path of a socket has a limit.
  const behind = join(dirname(path), `.${kind}`)
  await rm(behind, { recursive: true, force: true })
  await mkdir(behind, { mode: 0o700 })
  const fresh = join(behind, 's')
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(fresh, resolve)
  })
  if (group !== undefined) await chown(fresh, process.getuid?.() ?? 0, group)
  await chmod(fresh, mode)
  const inode = await inodeAt(fresh)
  await rename(fresh, path)
  await rm(behind, { recursive: true })
  return inode
}

function serve(
  socket: Socket,
  decoder: Decoder<AdminRequest>,
  rate: Bucket,
  { answer, log, kind, idleMs = IDLE_MS }: DoorOptions,
): void {
  const reader = new FrameReader()
  let waiting = 0
  let tail: Promise<void> = Promise.resolve()
  let shut = false
  const say = (message: RunnerAnswer<Json>) => {
    if (socket.destroyed) return
    socket.write(frameOf(message))
  }
  const refuseAndShut = (at: string, why: string) => {
    if (shut) return
    shut = true
    say({
      ok: false,
      code: 'runner.frame_wrong',
      detail: { at: at.toWellFormed(), why: why.slice(0, 300).toWellFormed() },
    })
    socket.end()
  }
  const take = async (message: Json): Promise<void> => {
    if (shut) return
    if (!rate.take()) {
      say({ ok: false, code: 'runner.rate', detail: { limit: RATE } })
      return
    }
    const request = decode(decoder, message)
    if (!request.ok) {
      refuseAndShut(request.at, request.why)
      return
    }
    say(await answer(request.value))
  }
  // Whoever waits for an answer is not idle: a trial on a clone of a large database takes longer. The answer begins the time anew.
  socket.setTimeout(idleMs)
  socket.on('timeout', () => {
    if (waiting === 0) socket.destroy()
  })
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    if (shut) return
    const frames = reader.push(chunk)
    if (!frames.ok) {
      refuseAndShut('frame', frames.why)
      return
    }
    for (const message of frames.messages) {
      waiting += 1
      if (waiting > MAX_WAITING) {
        refuseAndShut('frame', 'too many requests waiting')
        return
      }
      tail = tail
        .then(() => take(message))
        .catch((error: unknown) => {
          log('a door broke', { door: kind, message: String(error).slice(0, 500) })
          socket.destroy()
        })
        .finally(() => {
          waiting -= 1
        })
    }
  })
}

/** An answer that does not fit in a frame is a failure of ours, and said as one. */
function frameOf(message: RunnerAnswer<Json>): Uint8Array {
  try {
    return encodeFrame(message as unknown as Json)
  } catch (error) {
    const why = (error as Error).message.slice(0, 200)
    return encodeFrame({ ok: false, code: 'runner.not_available', detail: { what: 'answer', why } })
  }
}

class Bucket {
  readonly #perSecond: number
  #left: number
  #at = performance.now()
  constructor(perSecond: number) {
    this.#perSecond = perSecond
    this.#left = perSecond
  }
  take(): boolean {
    const now = performance.now()
    this.#left = Math.min(this.#perSecond, this.#left + ((now - this.#at) / 1000) * this.#perSecond)
    this.#at = now
    if (this.#left < 1) return false
    this.#left -= 1
    return true
  }
}
