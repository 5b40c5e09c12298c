// Where the embedded store lies below Sekisho's state directory, who owns which part, and the URLs that lead into it.
import { join } from 'node:path'
import { SekishoError } from '../base/error.ts'
import { readRegular } from '../sys/files.ts'
import { requireShortSocket } from '../sys/socket-path.ts'

/** `directory` and `bin-…` belong to whoever starts the store, `cluster` and `socket` to the server's account. */
export interface Layout {
  readonly directory: string
  readonly cluster: string
  readonly socket: string
  readonly choice: string
  readonly lock: string
  readonly log: string
  readonly ownerPassword: string
  readonly gatePassword: string
}

export const PORT = 5432
export const SOCKET_FILE = `.s.PGSQL.${PORT}`

export const OWNER = 'sk_owner'
export const GATE = 'sk_gate'
/** The ledger and all state. Its objects belong to OWNER; the gate gets only what migrations grant. */
export const DATABASE = 'sekisho'
/** The engine's own tables, which the engine creates itself: a database of the gate's, so that it needs no rights in ours. */
export const ENGINE_DATABASE = 'sekisho_engine'

/** Throws store.path_too_long. */
export function layout(dataDirectory: string): Layout {
  const directory = join(dataDirectory, 'pg')
  const socket = join(directory, 'socket')
  // PostgreSQL refuses more with a message nobody understands.
  requireShortSocket(join(socket, SOCKET_FILE), dataDirectory)
  return {
    directory,
    cluster: join(directory, 'cluster'),
    socket,
    choice: join(directory, 'choice.json'),
    lock: join(directory, 'launch.lock'),
    log: join(directory, 'log'),
    ownerPassword: join(directory, 'owner.password'),
    gatePassword: join(directory, 'gate.password'),
  }
}

/**
 * A URL over the unix socket that pg and the engine both read: they want a host name, and `host=` then wins. The port is
 * written out because pg would otherwise take PGPORT; `sslmode=disable` because it would otherwise take PGSSLMODE.
 */
export function socketUrl(role: string, password: string, database: string, socket: string): string {
  const host = encodeURIComponent(socket)
  return `postgresql://${role}:${password}@localhost:${PORT}/${database}?host=${host}&sslmode=disable`
}

/** What the gate's process connects with; reads the gate's password file. Never log it. */
export async function gateUrls(dataDirectory: string): Promise<{ gate: string; engine: string }> {
  const place = layout(dataDirectory)
  const password = await readPassword(place.gatePassword)
  return {
    gate: socketUrl(GATE, password, DATABASE, place.socket),
    engine: socketUrl(GATE, password, ENGINE_DATABASE, place.socket),
  }
}

/** What migrations connect with; only who started the store can read it. Never log it. */
export async function ownerUrl(dataDirectory: string, database: string = DATABASE): Promise<string> {
  const place = layout(dataDirectory)
  return socketUrl(OWNER, await readPassword(place.ownerPassword), database, place.socket)
}

async function readPassword(path: string): Promise<string> {
  const file = await readRegular(path, 256)
  const password = file?.bytes.toString('utf8').trim() ?? ''
  if (!/^[0-9a-f]{32,}$/.test(password)) throw new SekishoError('store.password_lost', { path })
  return password
}
