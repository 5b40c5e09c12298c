// Finding the local cluster that listens on a port: by its socket, whose owner is the account that we become for it (peer login).
import { lstat } from 'node:fs/promises'
import { SekishoError } from '../base/error.ts'
import { run } from '../sys/process.ts'
import { clientFor, findPrograms } from './programs.ts'
import { serverOf, socketOf } from './server.ts'
import type { Account, Cluster, Limits, Programs } from './types.ts'

/** Where nobody but the server's account and root can put a socket; /tmp is none of these. */
const SOCKETS = ['/run/postgresql', '/var/run/postgresql']

export interface Wanted {
  readonly port: number
  readonly sockets?: readonly string[]
  readonly found?: readonly Programs[]
}

/** Throws backup.db_unreachable, backup.db_refused, backup.db_no_client, backup.db_client_old. */
export async function findCluster(wanted: Wanted, limits: Limits): Promise<Cluster> {
  const { port } = wanted
  const found = wanted.found ?? (await findPrograms())
  const newest = found[0]
  if (newest === undefined) throw new SekishoError('backup.db_no_client')
  for (const socket of wanted.sockets ?? SOCKETS) {
    const stat = await lstat(socketOf({ socket, port })).catch(() => undefined)
    if (stat?.isSocket() !== true) continue
    const as = await accountOf(String(stat.uid))
    if (as === undefined || as.uid === 0)
      throw new SekishoError('backup.db_unreachable', { port, why: `no account has the number ${stat.uid}` })
    const cluster = { socket, port, as, role: as.name, server: as.name, programs: newest }
    const major = await serverMajor(cluster, limits)
    return { ...cluster, programs: clientFor(found, major), settings: limitsOff(major) }
  }
  throw new SekishoError('backup.db_unreachable', { port, why: 'there is no socket of that port' })
}

/** Limits of time that older servers do not know: the owner of a database may set them for all who come in (PostgreSQL 14 and 17, release notes). */
const LATER_LIMITS = [
  [14, 'idle_session_timeout=0'],
  [17, 'transaction_timeout=0'],
] as const

function limitsOff(major: number): readonly string[] {
  return LATER_LIMITS.flatMap(([since, setting]) => (major >= since ? [setting] : []))
}

const OF_WHO_COMES: ReadonlySet<string> = new Set(['backup.db_refused', 'backup.db_no_slot'])

async function serverMajor(cluster: Cluster, limits: Limits): Promise<number> {
  try {
    return (await serverOf(cluster, limits)).major
  } catch (cause) {
    if (cause instanceof SekishoError && OF_WHO_COMES.has(cause.code)) throw cause
    const why = cause instanceof SekishoError ? String(cause.detail['why']) : String(cause)
    throw new SekishoError('backup.db_unreachable', { port: cluster.port, why }, { cause })
  }
}

/** By name or number; undefined where there is none. */
export async function accountOf(nameOrId: string): Promise<Account | undefined> {
  const { code, stdout } = await run(['getent', 'passwd', '--', nameOrId])
  const [name, , uid, gid] = stdout.trim().split(':')
  if (code !== 0 || name === undefined || name === '' || uid === undefined || gid === undefined)
    return undefined
  return { name, uid: Number(uid), gid: Number(gid) }
}
