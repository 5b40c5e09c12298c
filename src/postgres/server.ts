// What a server is for as long as it runs. It makes its socket when it starts: while that very file lies there, it is asked once in half a minute (behind the
// socket may stand one that hands on, and another server behind that).
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { isObject } from '../base/json.ts'
import { stateOfFile } from '../sys/files.ts'
import { ask } from './query.ts'
import type { Cluster, Limits } from './types.ts'

export interface Server {
  readonly major: number
  /** It can be told to read no view where a table was meant: servers of August 2024 and later. */
  readonly isGuarded: boolean
}

/** Between looking at a table and reading it, its owner may put a view in its place. */
export const GUARD = 'restrict_nonsystem_relation_kind'

const known = new Map<string, { readonly file: string; readonly server: Server; readonly until: number }>()
const KNOWN_MS = 30_000
const KNOWN_MAX = 64

export const socketOf = ({ socket, port }: Pick<Cluster, 'socket' | 'port'>): string =>
  join(socket, `.s.PGSQL.${port}`)

/** Throws backup.db_query_failed, db_refused, db_unreachable. */
export async function serverOf(cluster: Cluster, limits: Limits): Promise<Server> {
  const path = socketOf(cluster)
  const found = await lstat(path).catch(() => undefined)
  const file = found === undefined ? '' : stateOfFile(found)
  const before = known.get(path)
  if (before?.file === file && file !== '' && performance.now() < before.until) return before.server
  const said = await ask(
    cluster,
    'postgres',
    `SELECT json_build_object('version', current_setting('server_version_num')::int, 'guarded', EXISTS (SELECT FROM pg_settings WHERE name = '${GUARD}'))`,
    limits,
  )
  const facts = isObject(said) ? said : {}
  const server = {
    major: Math.floor(Number(facts['version']) / 10_000),
    isGuarded: facts['guarded'] === true,
  }
  if (!Number.isSafeInteger(server.major)) return server
  if (known.size >= KNOWN_MAX) known.clear()
  known.set(path, { file, server, until: performance.now() + KNOWN_MS })
  return server
}
