// The facts of any target of the runner's own inventory, for its baseline: one switch over the kinds of target.
import type { MigrationTool } from '../backup/set.ts'
import { SekishoError } from '../base/error.ts'
import { sha256 } from '../base/hash.ts'
import type { TargetId } from '../base/id.ts'
import { type CatalogueEntry, tableOfEntry } from '../plans/catalogue.ts'
import type { TargetFacts } from '../plans/fingerprint.ts'
import { catalogueDigest, catalogueOf } from '../postgres/catalogue.ts'
import { findCluster } from '../postgres/cluster.ts'
import { databaseOid } from '../postgres/facts.ts'
import { NO_DATABASE } from '../postgres/swap.ts'
import { identityOf, lastingIdentity } from '../tree/identity.ts'
import { type TakenFiles, takeFiles } from '../tree/take-files.ts'
import { readCode } from './code-facts.ts'
import type { ReadContext } from './context.ts'
import { isSecret, readFileFacts } from './file-facts.ts'
import { effectiveNginx, NGINX_MAIN } from './nginx-live.ts'
import { readUnitTarget } from './unit-facts.ts'

/** Throws SekishoError file.* and process.* where it cannot be read or must not be changed. */
export async function readTarget(target: TargetId, c: ReadContext): Promise<TargetFacts> {
  const { kind, name } = partsOf(target)
  switch (kind) {
    case 'file':
      return readFileFacts(name, c)
    case 'nginx':
      return { kind: 'nginx', files: effectiveNginx(NGINX_MAIN, c) }
    case 'data':
      return readData(name, c)
    case 'code':
      return readDeclaredCode(name, c)
    case 'database':
      return readDatabase(name, c)
    case 'schema':
      return readSchema(name, c)
    case 'command':
      return readCommandFiles(name, c)
    case 'isolation':
      if (c.isolation === undefined) throw new SekishoError('file.not_declared', { path: 'isolation' })
      return { kind: 'isolation', incident: (await c.isolation.incident()) ?? '' }
    case 'unit': {
      if (!isUnitOfInventory(name, c)) throw new SekishoError('file.not_declared', { path: name })
      if (!c.systemctl) return { kind: 'unit', unit: name, loaded: false, files: [] }
      return readUnitTarget(name, c, (path) => isSecret(c.policy, path), c.keyed)
    }
  }
}

function isUnitOfInventory(unit: string, c: ReadContext): boolean {
  return c.policy.services.some((one) => one.unit === unit || one.files.some((file) => file.unit === unit))
}

/** Which directory stands there: a link in its place, another directory, or none is another target. */
function readData(directory: string, { policy }: ReadContext): TargetFacts {
  if (!policy.services.some(({ data = [] }) => data.some(({ dir }) => dir === directory)))
    throw new SekishoError('file.not_declared', { path: directory })
  const identity = identityOf(directory)
  return { kind: 'data', directory, identity: identity === undefined ? 'absent' : lastingIdentity(identity) }
}

function readDeclaredCode(path: string, { policy }: ReadContext): TargetFacts {
  const code = policy.services.find((one) => one.code?.repo.path === path)?.code
  if (code === undefined) throw new SekishoError('file.not_declared', { path })
  return readCode(code)
}

/** `5432/mirai`. Asked as the cluster's own account. */
async function readDatabase(of: string, { policy, signal }: ReadContext): Promise<TargetFacts> {
  const cut = of.indexOf('/')
  const port = Number(of.slice(0, cut))
  const name = of.slice(cut + 1)
  const isDeclared = policy.services.some(({ databases = [] }) =>
    databases.some((one) => one.name === name && one.port === port),
  )
  if (!isDeclared) throw new SekishoError('file.not_declared', { path: of })
  const limits = { timeoutMs: DATABASE_MS, signal }
  const oid = (await databaseOid(await findCluster({ port }, limits), name, limits)) ?? NO_DATABASE
  return { kind: 'database', port, name, oid }
}
const DATABASE_MS = 20_000
/** More would be more than one answer of the runner holds. */
const ENTRIES_MAX = 6000
const FILES_TOLD = 1000

async function readSchema(of: string, c: ReadContext): Promise<TargetFacts> {
  const database = await readDatabase(of, c)
  if (database.kind !== 'database') return database
  const { port, name, oid } = database
  const limits = { timeoutMs: DATABASE_MS, signal: c.signal }
  const all = await catalogueOf(await findCluster({ port }, limits), name, limits)
  const catalogue = catalogueDigest(all)
  const entries = all.length > ENTRIES_MAX ? byTable(all) : all
  const tool = toolOf(port, name, c)
  if (tool === undefined) return { kind: 'schema', port, name, oid, catalogue, entries }
  const files = await takeFiles(tool.directory, { leave: (path) => isSecret(c.policy, path) })
  return {
    kind: 'schema',
    port,
    name,
    oid,
    catalogue,
    files: files.digest,
    entries: [...entries, ...fileEntries(files)],
  }
}

/** Whole, without declared secret files. */
async function readCommandFiles(directory: string, { policy }: ReadContext): Promise<TargetFacts> {
  if (!policy.services.some(({ commands = [] }) => commands.some((one) => one.directory === directory)))
    throw new SekishoError('file.not_declared', { path: directory })
  const files = await takeFiles(directory, { leave: (path) => isSecret(policy, path) })
  return { kind: 'command', directory, files: files.digest, entries: fileEntries(files) }
}

function toolOf(port: number, name: string, { policy }: ReadContext): MigrationTool | undefined {
  return policy.services
    .flatMap(({ databases = [] }) => databases)
    .find((one) => one.port === port && one.name === name)?.migrations?.tool
}

/** Files alone, each by what it holds; of very many only all of them together. */
function fileEntries({ digest, entries }: TakenFiles): readonly CatalogueEntry[] {
  const files = entries.flatMap((one): readonly CatalogueEntry[] =>
    one.kind === 'directory'
      ? []
      : [{ at: `file ${one.path}`, is: sha256(JSON.stringify(one)).slice(0, 32) }],
  )
  return files.length > FILES_TOLD ? [{ at: 'file *', is: digest.slice(0, 32) }] : files
}

/** One entry for each table, and for everything that belongs to none. */
function byTable(all: readonly CatalogueEntry[]): readonly CatalogueEntry[] {
  const tables = new Map<string, CatalogueEntry[]>()
  for (const one of all) {
    const table = `table ${tableOfEntry(one.at) ?? 'others'}`
    tables.set(table, [...(tables.get(table) ?? []), one])
  }
  return [...tables].map(([at, entries]) => ({ at, is: catalogueDigest(entries).slice(0, 32) }))
}

/** `web1/file:/etc/hosts`, `web1/unit:mirai.service`, `web1/nginx`. */
export function partsOf(target: TargetId): {
  readonly kind: 'file' | 'unit' | 'nginx' | 'data' | 'code' | 'command' | 'database' | 'schema' | 'isolation'
  readonly name: string
} {
  const rest = target.slice(target.indexOf('/') + 1)
  if (rest.startsWith('file:')) return { kind: 'file', name: rest.slice('file:'.length) }
  if (rest.startsWith('unit:')) return { kind: 'unit', name: rest.slice('unit:'.length) }
  if (rest.startsWith('data:')) return { kind: 'data', name: rest.slice('data:'.length) }
  if (rest.startsWith('code:')) return { kind: 'code', name: rest.slice('code:'.length) }
  if (rest.startsWith('command:')) return { kind: 'command', name: rest.slice('command:'.length) }
  if (rest.startsWith('database:')) return { kind: 'database', name: rest.slice('database:'.length) }
  if (rest.startsWith('schema:')) return { kind: 'schema', name: rest.slice('schema:'.length) }
  if (rest === 'isolation') return { kind: 'isolation', name: rest }
  return { kind: 'nginx', name: 'nginx' }
}
