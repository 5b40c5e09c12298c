// Data, databases and backups of a service with every default given. The defaults are the guide's: a copy each day, thirty days, twelve
// weeks, twelve months, a restore test each week.

import type {
  BackupRules,
  CopyRule,
  Database,
  DataDirectory,
  Invariants,
  MigrationTool,
} from '../backup/set.ts'
import { byteOrder } from '../base/id.ts'
import type { ApiCall } from '../plans/api-rules.ts'
import type { BackupDocument, InvariantsDocument } from './backup-document.ts'
import type { DataDocument, ServiceDocument } from './document.ts'

const DAY = 86_400_000
const POSTGRESQL_PORT = 5432
/** Against the last good one: a fifth fewer, or three times as many, is a question for a person. */
const SHRINK = 20
const GROWTH = 200

type Named<T> = readonly { readonly id: string; readonly value: T }[]

export function compileData(service: ServiceDocument): readonly DataDirectory[] {
  // The item of the declared files has that name in every copy.
  const names = new Map<string, number>([['config', 1]])
  return (service.data ?? []).map((one) => {
    const base = baseName(one.dir ?? '/')
    const nth = (names.get(base) ?? 0) + 1
    names.set(base, nth)
    return directory(one, nth === 1 ? base : `${base}-${nth}`)
  })
}

/** By name, each once over all directories of the service. */
export function compileCalls(service: ServiceDocument): readonly ApiCall[] {
  return (service.data ?? [])
    .flatMap(({ dir = '/', api }) =>
      (api?.calls ?? []).map(
        ({
          id: name,
          value: { method = 'POST', path = '/', read = '/', inverse, credential, within, differs },
        }): ApiCall => ({
          name,
          dir,
          base: (api?.base ?? '').replace(/\/$/, ''),
          method,
          path,
          read,
          ...(inverse?.method === undefined || inverse.path === undefined
            ? {}
            : { inverse: { method: inverse.method, path: inverse.path } }),
          ...(credential === undefined ? {} : { credential }),
          withinMs: within ?? 30_000,
          ...(api?.rehearse === undefined ? {} : { rehearse: api.rehearse.replace(/\/$/, '') }),
          ...(differs === undefined ? {} : { differs }),
        }),
      ),
    )
    .sort((a, b) => byteOrder(a.name, b.name))
}

function directory(data: DataDocument, name: string): DataDirectory {
  return {
    name,
    dir: data.dir ?? '/',
    change: data.change ?? 'api-only',
    format: data.format ?? 'json',
    secret: [...new Set(data.secret ?? [])].sort(byteOrder),
    invariants: invariantsByName(data.invariants ?? []),
  }
}

/** Only what we can copy: another engine is protected by the guard, and its data is not claimed as backed up. */
export function compileDatabases(service: ServiceDocument): readonly Database[] {
  return (service.databases ?? [])
    .filter(({ engine = 'postgresql' }) => engine === 'postgresql')
    .map((one) => {
      const secret = [...new Set((one.secret ?? []).map(withSchema))].sort(byteOrder)
      return {
        name: one.name ?? '',
        port: one.port ?? POSTGRESQL_PORT,
        invariants: invariantsByName(one.invariants ?? [], withSchema),
        ...(secret.length === 0 ? {} : { secret }),
        ...migrationsOf(one),
      }
    })
}

/** Five seconds for a lock: who reads and writes waits behind a migration that waits. */
const LOCK_MS = 5000
const WITHIN_MS = 1_800_000

function migrationsOf({ migrations }: NonNullable<ServiceDocument['databases']>[number]) {
  if (migrations === undefined) return {}
  const { role = '', dir, lock_timeout: lockMs = LOCK_MS, within: withinMs = WITHIN_MS } = migrations
  const tool = toolOf(migrations)
  return {
    migrations: {
      role,
      lockMs,
      withinMs,
      ...(dir === undefined ? {} : { dir }),
      ...(tool === undefined ? {} : { tool }),
    },
  }
}

function toolOf({
  tool,
  directory = '',
  up = [],
  down = [],
  status = [],
  address,
}: NonNullable<NonNullable<ServiceDocument['databases']>[number]['migrations']>): MigrationTool | undefined {
  if (tool !== 'argv') return undefined
  return { directory, up, down, status, ...(address === undefined ? {} : { address }) }
}

function withSchema(table: string): string {
  return table.includes('.') ? table : `public.${table}`
}

export function compileBackup(backup: BackupDocument, zone: string): BackupRules {
  const { drill = {}, keep = {}, accepted = [], rpo, rto } = backup
  return {
    everyMs: backup.every ?? DAY,
    copies: copiesOf(backup),
    keep: { daily: keep.daily ?? 30, weekly: keep.weekly ?? 12, monthly: keep.monthly ?? 12 },
    zone: backup.timezone ?? zone,
    drillEveryMs: drill.every ?? 7 * DAY,
    ...(drill.query === undefined ? {} : { drillQuery: drill.query }),
    ...(accepted.length === 0 ? {} : { accepted: [...new Set(accepted)].sort(byteOrder) }),
    ...(rpo === undefined ? {} : { rpoMs: rpo }),
    ...(rto === undefined ? {} : { rtoMs: rto }),
  }
}

/** In the order of the file: the first directory is the one that the others are made of. */
export function copiesOf({ to, copies = [] }: BackupDocument): readonly CopyRule[] {
  const short = to === undefined ? [] : [{ name: 'local', kind: 'directory', to } as const]
  return [
    ...short,
    ...copies.map(({ name = '', kind, to: place = '', credential }) => ({
      name,
      kind: kind ?? (place.startsWith('/') ? 'directory' : 'restic'),
      to: place,
      ...(credential === undefined ? {} : { credential }),
    })),
  ]
}

function invariantsByName(
  of: Named<InvariantsDocument>,
  name = (one: string) => one,
): Readonly<Record<string, Invariants>> {
  return Object.fromEntries(of.map(({ id, value }) => [name(id), filled(value)]))
}

function filled(of: InvariantsDocument): Invariants {
  return {
    ...(of.id === undefined ? {} : { id: of.id }),
    require: [...new Set(of.require ?? [])].sort(byteOrder),
    types: Object.fromEntries((of.types ?? []).map(({ id, value }) => [id, value])),
    minRecords: of.minRecords ?? 0,
    shrink: of.shrink ?? SHRINK,
    growth: of.growth ?? GROWTH,
  }
}

function baseName(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/[^A-Za-z0-9_.-]/g, '_')
  // `db-…` is a database's, and what begins with two underscores may be a word of the language that reads it.
  return (/^(?!db-|__)[A-Za-z0-9_]/.test(name) ? name : `d${name}`).slice(0, 55)
}
