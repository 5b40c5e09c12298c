// What the plan of a schema change is made of: the files that came with the wish, and the catalogue as the runner reads it.
import { SekishoError } from '../base/error.ts'
import { type Digest, isDigest, sha256 } from '../base/hash.ts'
import { schemaTarget } from '../base/id.ts'
import type { NewChange } from '../contract/change.ts'
import type { MigrationWish } from '../contract/migration.ts'
import type { Actor } from '../identity/actor.ts'
import { SQL_BYTES, type SqlFile, type WishedMigration } from '../plans/actions/migrate.ts'
import type { ToolFile } from '../plans/actions/tool-file.ts'
import { migratedDatabase, type SqlPair, type ToolTurn } from '../plans/playbooks/schema.ts'
import type { Service } from '../plans/policy.ts'
import { isAccepting } from '../sql/lint.ts'
import type { Gate } from './gate.ts'
import { readShownFiles } from './shown-files.ts'

/** Which database, and the files by their digests. Throws schema.not_declared, input.*. */
export function migrationOf(
  wish: MigrationWish,
  { name, databases = [] }: Service,
  contents: Map<Digest, Uint8Array>,
): WishedMigration {
  const declared = databases.filter(({ migrations }) => migrations !== undefined)
  const found =
    wish.database === undefined
      ? declared.length === 1
        ? declared[0]
        : undefined
      : declared.find((one) => one.name === wish.database)
  if (found === undefined)
    throw new SekishoError('schema.not_declared', {
      service: name,
      database: wish.database ?? databases[0]?.name ?? '',
      declared: declared.map((one) => one.name),
    })
  const isByTool = found.migrations?.tool !== undefined
  if (wish.tool !== undefined) {
    if (!isByTool) throw new SekishoError('schema.not_by_tool', { database: found.name, service: name })
    if (wish.up !== undefined || wish.down !== undefined || wish.irreversible !== undefined)
      throw new SekishoError('input.invalid', { field: 'migration', why: 'tool, up, down' })
    return { database: found.name, tool: wish.tool }
  }
  if (isByTool) throw new SekishoError('schema.by_tool', { database: found.name, service: name })
  if (wish.up === undefined) throw new SekishoError('input.invalid', { field: 'migration', why: 'up' })
  const keep = (file: NonNullable<MigrationWish['up']>): SqlFile => {
    const bytes = Buffer.from(file.base64, 'base64')
    if (bytes.length > SQL_BYTES)
      throw new SekishoError('input.too_large', { what: file.name, limit: '256 KiB' })
    if (bytes.length === 0)
      throw new SekishoError('input.invalid', { field: 'migration', why: `${file.name}: 0` })
    const digest = sha256(bytes)
    contents.set(digest, bytes)
    return { name: file.name, digest, size: bytes.length }
  }
  return {
    database: found.name,
    up: keep(wish.up),
    ...(wish.down === undefined ? {} : { down: keep(wish.down) }),
    ...(wish.irreversible === undefined ? {} : { irreversible: true }),
  }
}

/** INVARIANT: what may be lost is accepted by a person. Throws schema.agent_accepts, with the first file that accepts. */
export function refuseAcceptance(
  actor: Pick<Actor, 'kind'>,
  files: Iterable<{ readonly name: string; readonly bytes: Uint8Array }>,
): void {
  if (actor.kind !== 'agent') return
  for (const { name, bytes } of files)
    if (isAccepting(Buffer.from(bytes).toString('utf8')))
      throw new SekishoError('schema.agent_accepts', { file: name })
}

/** The SQL that was handed in with a wish. */
export function filesHandedIn({ migration }: Pick<NewChange, 'migration'>) {
  if (migration === undefined) return []
  return [migration.up, migration.down]
    .filter((one) => one !== undefined)
    .map(({ name, base64 }) => ({ name, bytes: Buffer.from(base64, 'base64') }))
}

/** The catalogue as it is now, and the files of a migration tool. */
export interface SchemaRead {
  readonly catalogue: Digest
  readonly files?: Digest
  readonly changed?: readonly ToolFile[]
  /** Texts that `changed` names, by digest. */
  readonly texts?: ReadonlyMap<Digest, Uint8Array>
}

export async function readSchema(
  gate: Gate,
  service: Service,
  { database: name, tool }: WishedMigration,
): Promise<SchemaRead> {
  const database = migratedDatabase(service, name)
  if (database === undefined)
    throw new SekishoError('schema.not_declared', { service: service.name, database: name, declared: [] })
  const target = schemaTarget(service.host, database.port, name)
  const { facts } = await gate.runner.read({ kind: 'target', target })
  if (facts.kind !== 'schema' || !isDigest(facts.catalogue))
    throw new SekishoError('runner.protocol', { why: `${target} was read as ${facts.kind}` })
  const { catalogue, files } = facts
  if (tool === undefined || !isDigest(files)) return { catalogue }
  const { port, migrations } = database
  const read = await readShownFiles(
    migrations.tool?.directory ?? name,
    (from) => gate.runner.read({ kind: 'toolFiles', port, database: name, from }),
    files,
  )
  return { catalogue, ...read }
}

/** Files, or a turn of the tool. Throws schema.not_by_tool, schema.no_down (S25: nothing is planned that only a restore could take back, unless it says so). */
export function doneBy(
  { database, up, down, irreversible, tool, back }: WishedMigration,
  service: Service['name'],
  { files, changed = [] }: SchemaRead,
): SqlPair | ToolTurn {
  if (tool !== undefined) {
    if (files === undefined) throw new SekishoError('schema.not_by_tool', { database, service })
    return { tool, files, changed }
  }
  if (up === undefined) throw new SekishoError('schema.by_tool', { database, service })
  if (down === undefined && irreversible !== true)
    throw new SekishoError('schema.no_down', { up: up.name, service })
  return { up, ...(down === undefined ? {} : { down }), ...(back === undefined ? {} : { back }) }
}
