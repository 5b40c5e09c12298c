// The client of the runner's two sockets, for gate and owner: typed requests, a time limit for each, bytes in chunks. Each exchange has its own
// connection, so that a hung runner holds only that call, and a restarted one is found again.
import { createConnection, type Socket } from 'node:net'
import { failureOf, SekishoError } from '../base/error.ts'
import { ERRORS, type ErrorCode } from '../base/error-codes.ts'
import type { Digest } from '../base/hash.ts'
import { isObject, type Json, type JsonObject } from '../base/json.ts'
import { encodeFrame, FrameReader } from '../seal/frame.ts'
import { type AdminRequest, type Answers, CHUNK } from '../seal/protocol.ts'
import type { ReadAnswer, ReadRequest } from '../seal/reads.ts'

type Verb = AdminRequest['verb']
type Request<V extends Verb> = Omit<Extract<AdminRequest, { readonly verb: V }>, 'verb'>
type ReadAs<K extends ReadRequest['kind']> = Extract<ReadAnswer, { readonly kind: K }>

/** How long each verb may take until it counts as unanswered. */
const LIMIT_MS: Readonly<Record<Verb, number>> = {
  read: 30_000,
  put: 15_000,
  // A migration is rehearsed on a clone of all the data.
  try: 3_600_000,
  run: 30_000,
  abort: 10_000,
  undo: 10_000,
  sign: 10_000,
  status: 3000,
  report: 10_000,
  secret: 10_000,
  secrets: 10_000,
  statement: 15_000,
  policy: 30_000,
  clockAccept: 10_000,
  fenceReset: 10_000,
  backup: 15_000,
  stage: 15_000,
  cancelStage: 15_000,
  capture: 150_000,
  isolate: 30_000,
  isolationKeep: 15_000,
  isolationLook: 15_000,
  reconcile: 60_000,
  preserve: 60_000,
  evidenceRaw: 30_000,
  evidenceHold: 10_000,
  glassAct: 900_000,
  glassList: 10_000,
  prune: 60_000,
  // Its commands may take two minutes each.
  leaseStart: 420_000,
  leaseEnd: 180_000,
  leases: 10_000,
}

export interface RunnerClient {
  /** Throws SekishoError: the runner's code when it refused, runner.unreachable, runner.timeout, runner.protocol. */
  ask<V extends Verb>(verb: V, input: Request<V>, limitMs?: number): Promise<Answers[V]>
  /** `read`, with the answer typed by its kind. */
  read<K extends ReadRequest['kind']>(
    what: Extract<ReadRequest, { readonly kind: K }>,
    limitMs?: number,
  ): Promise<ReadAs<K>>
  /** Stores bytes in the runner under their digest, in chunks. */
  put(kind: 'plan' | 'envelope' | 'statement' | 'blob', digest: Digest, bytes: Uint8Array): Promise<void>
  /** All bytes of a declared file that is not secret; undefined where the runner refuses them. */
  bytes(path: string): Promise<Buffer>
}

export function connectRunner(socketPath: string): RunnerClient {
  const ask: RunnerClient['ask'] = async (verb, input, limitMs) => {
    const door = await open(socketPath, verb, limitMs ?? LIMIT_MS[verb])
    try {
      return (await door.exchange({ verb, ...input } as unknown as Json)) as Answers[typeof verb]
    } finally {
      door.close()
    }
  }
  const read: RunnerClient['read'] = async (what, limitMs) => {
    const answer = await ask('read', { what }, limitMs)
    if (answer.kind !== what.kind) throw protocol(`answered ${answer.kind} instead of ${what.kind}`)
    return answer as ReadAs<typeof what.kind>
  }
  return {
    ask,
    read,
    put: async (kind, digest, bytes) => {
      const door = await open(socketPath, 'put', LIMIT_MS.put)
      try {
        for (let offset = 0; offset === 0 || offset < bytes.length; offset += CHUNK) {
          const base64 = Buffer.from(bytes.subarray(offset, offset + CHUNK)).toString('base64')
          await door.exchange({ verb: 'put', kind, digest, size: bytes.length, offset, base64 })
        }
      } finally {
        door.close()
      }
    },
    bytes: async (path) => {
      const parts: Buffer[] = []
      for (let offset = 0; ; ) {
        const part = await read({ kind: 'bytes', path, offset })
        const piece = Buffer.from(part.base64, 'base64')
        parts.push(piece)
        offset += piece.length
        if (part.last || piece.length === 0) return Buffer.concat(parts)
      }
    },
  }
}

interface Door {
  exchange(message: Json): Promise<unknown>
  close(): void
}

function open(path: string, verb: Verb, limitMs: number): Promise<Door> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path)
    const failed = (cause: Error) => reject(unreachable(path, cause))
    socket.once('error', failed)
    socket.once('connect', () => {
      socket.off('error', failed)
      resolve(door(socket, path, verb, limitMs))
    })
  })
}

/** One request at a time. Answers come in the order of the requests. */
function door(socket: Socket, path: string, verb: Verb, limitMs: number): Door {
  const frames = new FrameReader()
  let waiting: { resolve(answer: Json): void; reject(error: Error): void } | undefined
  let broken: SekishoError | undefined
  const fail = (error: SekishoError) => {
    broken ??= error
    waiting?.reject(broken)
    waiting = undefined
    socket.destroy()
  }
  socket.on('data', (chunk) => {
    const read = frames.push(chunk)
    if (!read.ok) return fail(protocol(read.why))
    for (const message of read.messages) {
      if (waiting === undefined) return fail(protocol('an answer that nobody asked for'))
      waiting.resolve(message)
      waiting = undefined
    }
  })
  socket.on('error', (cause) => fail(unreachable(path, cause)))
  socket.on('close', () => fail(unreachable(path, new Error('the connection ended'))))
  return {
    exchange: async (message) => {
      if (broken !== undefined) throw broken
      const answer = await new Promise<Json>((resolve, reject) => {
        const timer = setTimeout(
          () => fail(new SekishoError('runner.timeout', { verb, limit: limitMs })),
          limitMs,
        )
        const done = <T extends unknown[]>(then: (...of: T) => void) => {
          return (...of: T) => {
            clearTimeout(timer)
            then(...of)
          }
        }
        waiting = { resolve: done(resolve), reject: done(reject) }
        socket.write(encodeFrame(message))
      })
      return resultOf(answer)
    },
    close: () => socket.destroy(),
  }
}

function resultOf(answer: Json): unknown {
  if (!isObject(answer)) throw protocol('no object')
  if (answer['ok'] === true) return answer['result']
  const { code, detail } = answer
  if (answer['ok'] !== false || typeof code !== 'string') throw protocol('neither a result nor a refusal')
  const values = isObject(detail) ? flat(detail as JsonObject) : {}
  if (Object.hasOwn(ERRORS, code)) throw failureOf({ code: code as ErrorCode, detail: values })
  throw new SekishoError('runner.refused', { ...values, code })
}

/** Values of a sentence are texts, numbers and lists of texts. */
function flat(detail: JsonObject): Record<string, string | number | boolean | readonly string[]> {
  return Object.fromEntries(
    Object.entries(detail).map(([name, value]) => {
      if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
        return [name, value]
      if (Array.isArray(value))
        return [name, value.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)))]
      return [name, JSON.stringify(value)]
    }),
  )
}

function unreachable(path: string, cause: Error): SekishoError {
  const why = (cause as NodeJS.ErrnoException).code ?? cause.message
  return new SekishoError('runner.unreachable', { path, why }, { cause })
}
function protocol(why: string): SekishoError {
  return new SekishoError('runner.protocol', { why })
}
