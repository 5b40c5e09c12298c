// Connects to the gate by its socket in the data directory: the file system decides who can create that socket, unlike a TCP port.
// INVARIANT K1: nothing (above all no token) is sent before the socket and every directory above it are checked to be the gate's own.
import { constants, type Stats } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { request } from 'node:http'
import { dirname } from 'node:path'
import { SekishoError } from '../base/error.ts'
import { untrustedComponent } from '../sys/files.ts'

export interface GateSocket {
  readonly path: string
  readonly data: string
  /** `--data` or SEKISHO_DATA named the directory: then its owner is trusted. */
  readonly named: boolean
}

/**
 * INVARIANT K1: the data directory and all above it belong to root, the caller, or the owner of a directory that the caller named; inside it
 * nobody else can write where the socket lies. Throws gate.not_trusted. Returns where there is no socket.
 */
export async function checkSocket(socket: GateSocket, uid: number): Promise<void> {
  const directory = dirname(socket.path)
  let data: Stats
  let inside: Stats
  let found: Stats
  try {
    data = await lstat(socket.data)
    inside = await lstat(directory)
    found = await lstat(socket.path)
  } catch {
    return // Nothing is there to be trusted, and the connection will say so.
  }
  const no = (path: string) => new SekishoError('gate.not_trusted', { path })
  const untrusted = await untrustedComponent(socket.data, socket.named ? data.uid : uid)
  if (untrusted !== undefined) throw no(untrusted.path)
  const owners = [0, uid, data.uid]
  const others = constants.S_IWGRP | constants.S_IWOTH
  if (!inside.isDirectory() || (inside.mode & others) !== 0) throw no(directory)
  // The owner of the data directory decides who owns what is in it: the gate has a user of its own.
  if (!found.isSocket() || ![...owners, inside.uid].includes(found.uid)) throw no(socket.path)
}

/** The part of `fetch` that the client uses, so that a socket can replace it. */
export type Ask = (
  url: string,
  asked?: {
    readonly method?: string
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
    readonly signal?: AbortSignal
    readonly redirect?: 'error'
  },
) => Promise<Answer>
export interface Answer {
  readonly ok: boolean
  readonly status: number
  json(): Promise<unknown>
  text(): Promise<string>
}

/** One request over the gate's socket, and its whole answer. It does not use `fetch`, because loading that takes 30 ms. */
export function socketAsk(socket: GateSocket, uid: number): Ask {
  return async (url, { method = 'GET', headers, body, signal } = {}) => {
    await checkSocket(socket, uid)
    const { pathname, search } = new URL(url)
    return await new Promise<Answer>((resolve, reject) => {
      const asked = request(
        {
          socketPath: socket.path,
          method,
          path: `${pathname}${search}`,
          headers: { ...headers, host: 'localhost' },
          ...(signal === undefined ? {} : { signal }),
        },
        (answer) => {
          const chunks: Buffer[] = []
          answer.on('data', (chunk: Buffer) => chunks.push(chunk))
          answer.on('error', reject)
          answer.on('end', () => {
            const status = answer.statusCode ?? 500
            const text = async () => Buffer.concat(chunks).toString('utf8')
            const json = async (): Promise<unknown> => JSON.parse(await text())
            resolve({ ok: status >= 200 && status < 300, status, text, json })
          })
        },
      )
      asked.on('error', reject)
      asked.end(body)
    })
  }
}
