// What belongs to a service's backup, of the compiled rules alone, as the directory engine takes it.
import { type BigIntStats, closeSync, lstatSync } from 'node:fs'
import { type BackupRules, type Database, type DataDirectory, isSecretName } from '../backup/set.ts'
import { SekishoError } from '../base/error.ts'
import type { Service } from '../plans/policy.ts'
import { findCluster } from '../postgres/cluster.ts'
import { dumpDatabase } from '../postgres/dump.ts'
import { readGlobals } from '../postgres/globals.ts'
import { openTree } from '../tree/openat.ts'
import { walk } from '../tree/walk.ts'
import type { BackupItem } from './directory/request.ts'
import type { LiveSqlite } from './live-sqlite.ts'
import { lookerIn, type Noted, openNoted } from './noted.ts'

const DUMP_MS = 3_600_000
const GLOBALS_MS = 120_000

export const CONFIG_ITEM = 'config'

/** Throws backup.not_declared. */
export function rulesOf({ name, backup }: Service): BackupRules {
  if (backup === undefined) throw new SekishoError('backup.not_declared', { service: name })
  return backup
}

/** `data` where one directory is declared: the guide's own layout. */
export function rootOf(service: Service, { name }: DataDirectory): string {
  return (service.data ?? []).length === 1 ? 'data' : `data/${name}`
}

/** Names are told apart by kind: a database may be called as a directory is. */
export function databaseItem({ name, port }: Database): string {
  return port === 5432 ? `db-${name}` : `db-${port}-${name}`
}

/** No name of a directory or a database has a colon. */
export function globalsItem(port: number): string {
  return `globals:${port}`
}

/** `noted`: gets what a person must know of the dumps that were made. */
export function itemsOf(
  service: Service,
  signal: AbortSignal,
  { noted = openNoted(), sqlite }: { readonly noted?: Noted; readonly sqlite?: LiveSqlite } = {},
): readonly BackupItem[] {
  const { data = [], databases = [] } = service
  const config = configFiles(service)
  return [
    ...data.map((one): BackupItem => {
      const secrets = inodesOf(one)
      return {
        name: one.name,
        kind: one.format === 'sqlite' ? 'sqlite' : 'data',
        root: rootOf(service, one),
        source: {
          kind: 'tree',
          path: one.dir,
          isSecret: (path, stat) =>
            isSecretName(one.secret, path.toString('utf8')) ||
            (stat.nlink > 1n && secrets().has(inodeOf(stat))),
          looked: lookerIn(one, noted),
          ...(one.format === 'sqlite' && sqlite !== undefined ? { instead: sqlite.instead } : {}),
        },
      }
    }),
    ...databases.map(
      (one): BackupItem => ({
        name: databaseItem(one),
        kind: 'database',
        root: dumpRoot(one, databases),
        source: {
          kind: 'made',
          source: `postgresql:${one.port}/${one.name}`,
          bytes: 0,
          make: async ({ path, name }) => {
            const limits = { timeoutMs: DUMP_MS, signal }
            const cluster = await findCluster({ port: one.port }, limits)
            const { facts } = await dumpDatabase(cluster, one.name, `${path}/${name}`, limits)
            noted.passwords.push(...(facts.passwords ?? []).map((what) => `${one.name}: ${what}`))
            return facts
          },
        },
      }),
    ),
    ...[...new Set(databases.map(({ port }) => port))].map(
      (port): BackupItem => ({
        name: globalsItem(port),
        kind: 'globals',
        root: port === 5432 ? 'db/globals.sql' : `db/globals-${port}.sql`,
        source: {
          kind: 'secret',
          source: `postgresql:${port}`,
          bytes: 0,
          read: async () => {
            const limits = { timeoutMs: GLOBALS_MS, signal }
            return readGlobals(await findCluster({ port }, limits), limits)
          },
        },
      }),
    ),
    ...(config.length === 0
      ? []
      : [
          {
            name: CONFIG_ITEM,
            kind: 'config',
            root: 'config',
            source: { kind: 'files', files: config },
          } as const,
        ]),
  ]
}

const inodeOf = ({ dev, ino }: Pick<BigIntStats, 'dev' | 'ino'>) => `${dev}:${ino}`

/** Looked for once, and only where a file has more names than one. */
function inodesOf({ dir, secret }: DataDirectory): () => ReadonlySet<string> {
  let known: Set<string> | undefined
  return () => {
    if (known !== undefined) return known
    known = new Set()
    if (secret.length === 0) return known
    const root = openTree(dir)
    try {
      for (const { path, type, stat } of walk(root))
        if (type === 'file' && isSecretName(secret, path.toString('utf8'))) known.add(inodeOf(stat))
    } finally {
      closeSync(root)
    }
    return known
  }
}

/** By its name, as the guide has it; where two clusters have one of the same name, with its port. */
function dumpRoot({ name, port }: Database, all: readonly Database[]): string {
  const isAlone = all.filter((one) => one.name === name).length === 1
  return isAlone ? `db/${name}.dump` : `db/${name}-${port}.dump`
}

/** The declared directory that a file lies in. */
export function directoryOf({ data = [] }: Service, path: string): DataDirectory | undefined {
  return data.find(({ dir }) => path.startsWith(`${dir}/`) && !path.split('/').includes('..'))
}

/** Declared files that are there. A drop-in directory's pattern has no bytes of its own. */
function configFiles({ files }: Service): readonly { readonly path: string; readonly secret: boolean }[] {
  return files.flatMap(({ path, secret }) => {
    if (path.endsWith('/*.conf')) return []
    try {
      return lstatSync(path).isFile() ? [{ path, secret }] : []
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw new SekishoError('file.unreadable', { path, why: String((cause as NodeJS.ErrnoException).code) })
    }
  })
}
