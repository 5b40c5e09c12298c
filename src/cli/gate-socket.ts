// The gate by its socket in the data directory: who may make that socket is decided by the file system, as no TCP port can be.
// INVARIANT K1: nothing (no token above all) is sent before the socket and every directory above it are seen to be the gate's own.
import { constants, type Stats } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { request } from 'node:http'
import { dirname } from 'node:path'
import { SekishoError } from '../base/error.ts'
import { untrustedComponent } from '../sys/files.ts'

export interface GateSocket {
  readonly path: string
  readonly data: string
  /** `--data` or SEKISHO_DATA named the directory: then its owner is who was meant. */
  readonly named: boolean
}

/**
 * INVARIANT K1: root, the caller, or the owner of a directory that the caller named owns the data directory and all above it; inside
 * it nobody else can write where the socket lies. Throws gate.not_trusted; silent where there is no socket.
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
  // Who owns a directory in there was decided by the data directory's owner: the gate has a user of its own.
  if (!found.isSocket() || ![...owners, inside.uid].includes(found.uid)) throw no(socket.path)
}

/** `fetch` over the gate's socket: only what the client needs, a whole answer with its body. */
export function socketFetch(socket: GateSocket, uid: number): typeof fetch {
  return async (input, init) => {
    await checkSocket(socket, uid)
    const address = new URL(input instanceof Request ? input.url : input)
    return await new Promise<Response>((resolve, reject) => {
      const asked = request(
        {
          socketPath: socket.path,
          method: init?.method ?? 'GET',
          path: `${address.pathname}${address.search}`,
          headers: { ...Object.fromEntries(new Headers(init?.headers)), host: 'localhost' },
          ...(init?.signal == null ? {} : { signal: init.signal }),
        },
        (answer) => {
          const chunks: Buffer[] = []
          answer.on('data', (chunk: Buffer) => chunks.push(chunk))
          answer.on('error', reject)
          answer.on('end', () => {
            const status = answer.statusCode ?? 500
            const headers = new Headers()
            for (const [name, value] of Object.entries(answer.headers))
              if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value)
            const empty = status === 204 || status === 304 || status < 200
            resolve(new Response(empty ? null : Buffer.concat(chunks), { status, headers }))
          })
        },
      )
      asked.on('error', reject)
      asked.end(typeof init?.body === 'string' ? init.body : undefined)
    })
  }
}
