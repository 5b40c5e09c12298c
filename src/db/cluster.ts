// Making the data directory: initdb in a place of its own, renamed when it is whole, so that a kill leaves nothing half-made.
import { chmod, chown, mkdir, rename, rm, stat, statfs, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { SekishoError } from '../base/error.ts'
import { type Random, randomHex } from '../base/time.ts'
import { fileError, readRegular, syncDirectory, writeDurable } from '../sys/files.ts'
import { run } from '../sys/process.ts'
import type { Choice } from './binaries.ts'
import { type Layout, OWNER } from './layout.ts'

/** A Unix account as numbers; the caller creates it. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

/** Only the socket, only passwords: there is no other door and none without a key. */
const HBA = '# Written by Sekisho when the store was made.\nlocal all all scram-sha-256\n'
const INITDB_LIMIT_MS = 120_000
const FULL_BYTES = 1 << 20

/**
 * The directories around the data directory. Owned by us; the server's account owns `cluster` and `socket`.
 * INVARIANT D5: who reaches the socket is the server's account and the gate's group (and root). Without a key nobody gets in, but
 * whoever may knock could take all connections.
 */
export async function makeDirectories(
  place: Layout,
  server: Account | undefined,
  gate: Account | undefined,
  isPrepared = false,
): Promise<void> {
  try {
    if (isPrepared) {
      await mkdir(place.log, { recursive: true, mode: 0o700 })
      return
    }
    await mkdir(place.directory, { recursive: true, mode: 0o711 })
    await chmod(place.directory, 0o711)
    await mkdir(place.log, { recursive: true, mode: 0o700 })
    await mkdir(place.socket, { recursive: true, mode: 0o700 })
    if (server !== undefined) await chown(place.socket, server.uid, gate?.gid ?? server.gid)
    // The socket gets the directory's group: the server's account is in no group that it could give it to by itself.
    await chmod(place.socket, gate === undefined || server === undefined ? 0o700 : 0o2750)
  } catch (cause) {
    throw fileError(place.directory, cause)
  }
}

/** Makes a password file if there is none; it belongs to the one who may read it. */
export async function makePassword(path: string, random: Random, owner: Account | undefined): Promise<void> {
  if ((await readRegular(path, 256)) !== undefined) return
  await writeDurable(path, `${randomHex(random, 24)}\n`, { mode: 0o600, ...owner })
}

export async function hasCluster(place: Layout): Promise<boolean> {
  return (await stat(join(place.cluster, 'PG_VERSION')).catch(() => undefined))?.isFile() ?? false
}

/** The major that made the data directory. */
export async function clusterMajor(place: Layout): Promise<number> {
  const file = await readRegular(join(place.cluster, 'PG_VERSION'), 64)
  return Number.parseInt(file?.bytes.toString('utf8') ?? '', 10)
}

/**
 * Under the launch lock, whose descriptor is handed on: an initdb that outlives us keeps the lock, so that nobody works in
 * the same place beside it. Throws store.full, store.start_failed.
 */
export async function makeCluster(
  place: Layout,
  choice: Choice,
  ownerPassword: string,
  server: Account | undefined,
  lock: number,
): Promise<void> {
  const fresh = `${place.cluster}.new`
  const secret = join(place.directory, 'initdb.password')
  try {
    await rm(fresh, { recursive: true, force: true })
    await mkdir(fresh, { mode: 0o700 })
    if (server !== undefined) await chown(fresh, server.uid, server.gid)
    await writeDurable(secret, `${ownerPassword}\n`, { mode: 0o600, ...server })
    await initdb({ place, choice, fresh, secret, server, lock })
    await writeDurable(join(fresh, 'pg_hba.conf'), HBA, { mode: 0o600, ...server })
    await rename(fresh, place.cluster)
    await syncDirectory(place.directory)
  } catch (cause) {
    await rm(fresh, { recursive: true, force: true }).catch(() => {})
    throw fullOr(cause, place.directory)
  } finally {
    await unlink(secret).catch(() => {})
  }
}

interface Making {
  readonly place: Layout
  readonly choice: Choice
  readonly fresh: string
  readonly secret: string
  readonly server: Account | undefined
  readonly lock: number
}

async function initdb({ place, choice, fresh, secret, server, lock }: Making): Promise<void> {
  // One order of texts on every machine: code points. From 17 on PostgreSQL brings it itself, before that libc's C is it.
  const locale =
    choice.major >= 17
      ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8']
      : ['--locale-provider=libc']
  const program = join(place.directory, choice.directory, choice.bin, 'initdb')
  const made = await run(
    [
      program,
      `--pgdata=${fresh}`,
      `--username=${OWNER}`,
      `--pwfile=${secret}`,
      '--auth-local=scram-sha-256',
      '--auth-host=reject',
      '--encoding=UTF8',
      '--locale=C',
      ...locale,
      '--data-checksums',
      '--no-instructions',
    ],
    { timeoutMs: INITDB_LIMIT_MS, env: { LC_ALL: 'C' }, cwd: fresh, descriptors: [lock], ...server },
  )
  if (made.code === 0) return
  const said = `${made.stdout}\n${made.stderr}`
  if (await isFull(said, place.directory)) throw new SekishoError('store.full', { path: place.directory })
  throw new SekishoError('store.start_failed', { program: 'initdb', why: made.notStarted ?? lastLines(said) })
}

/** A program that failed for want of space says so, or the volume has none left. */
export async function isFull(said: string, path: string): Promise<boolean> {
  if (/No space left on device|Disk quota exceeded/.test(said)) return true
  const volume = await statfs(path)
  return volume.bavail * volume.bsize < FULL_BYTES
}

export function lastLines(text: string, count = 4): string {
  return text.trim().split('\n').slice(-count).join(' | ').slice(0, 600)
}

export function fullOr(cause: unknown, path: string): SekishoError {
  const error = fileError(path, cause)
  return error.code === 'file.no_space' ? new SekishoError('store.full', { path }, { cause }) : error
}
