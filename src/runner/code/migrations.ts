// The migrations of a commit: found in the quarantine, kept as objects under their digests, rehearsed on a clone of the database together with the code that
// needs them.
import { basename, join } from 'node:path'
import type { Database } from '../../backup/set.ts'
import { failureOf, SekishoError } from '../../base/error.ts'
import { sha256 } from '../../base/hash.ts'
import { migrationsOf } from '../../code/migrations.ts'
import { readBlobs } from '../../git/blobs.ts'
import type { Imported } from '../../git/import.ts'
import { SQL_BYTES, type SqlFile } from '../../plans/actions/migrate.ts'
import {
  type CodeFile,
  type CodeRehearsal,
  type CodeSchema,
  type CodeStaged,
  goesBack,
} from '../../plans/code.ts'
import { isAtOrBelow } from '../../plans/data-directory.ts'
import { hasMigrations, type Migrated } from '../../plans/playbooks/schema.ts'
import type { Service } from '../../plans/policy.ts'
import type { NotCompared } from '../../plans/receipt.ts'
import { type CodeClone, type WantedPair, withCodeClone } from '../../schema/pairs.ts'
import type { CodeContext } from './context.ts'

export interface CommitMigrations {
  readonly database: Migrated
  readonly pairs: readonly WantedPair[]
}

/** Databases whose migrations lie in the repository. */
export function withDirectory({ databases = [] }: Service): readonly (Migrated & {
  readonly migrations: { readonly dir: string }
})[] {
  return databases.flatMap(({ migrations, ...one }) =>
    migrations?.dir === undefined ? [] : [{ ...one, migrations: { ...migrations, dir: migrations.dir } }],
  )
}

/** Where tools and frameworks keep migrations by habit. */
export const MIGRATION = /(^|\/)(migrations?|alembic\/versions)\/[^/]+\.(sql|py|js|ts|rb)$/

/**
 * The database whose declared tool reads this path of the repository from the deployed tree. Where the tool runs at the root of the tree or above it, the
 * code lies there too: only what looks like a migration is the tool's.
 */
export function toolOf({ databases = [], code }: Service, path: string): Migrated | undefined {
  if (code === undefined) return undefined
  const { repo } = code
  const roots = repo.deploy === 'releases' ? [join(repo.path, 'current'), repo.path] : [repo.path]
  return databases.find((one): one is Migrated => {
    const directory = one.migrations?.tool?.directory
    if (directory === undefined) return false
    if (roots.some((root) => isAtOrBelow(root, directory))) return MIGRATION.test(path)
    return roots.some((root) => isAtOrBelow(join(root, path), directory))
  })
}

/**
 * The tool runs what lies in the deployed tree, so its files come first, by themselves: code that comes with them would run on the old schema. Throws
 * deploy.tool_migrations.
 */
export function refuseToolFiles(service: Service, files: readonly CodeFile[]): void {
  const paths = files.flatMap(({ path, from }) => (from === undefined ? [path] : [path, from]))
  const other = paths.find((path) => toolOf(service, path) === undefined)
  const own = paths.find((path) => toolOf(service, path) !== undefined)
  const database = own === undefined ? undefined : toolOf(service, own)
  if (own === undefined || other === undefined || database === undefined) return
  throw new SekishoError('deploy.tool_migrations', {
    path: own,
    other,
    database: database.name,
    service: service.name,
  })
}

/** Undefined where the commit brings none. Throws deploy.migration*. */
export async function migrationsIn(
  { candidate, deployed, quarantine }: Imported,
  files: readonly CodeFile[],
  { service, wish, parts }: CodeContext,
  back: boolean,
): Promise<CommitMigrations | undefined> {
  refuseToolFiles(service, files)
  const paths = (tree: Imported['candidate']) => tree.entries.map(({ path }) => path)
  const found: { database: Migrated; pairs: readonly { up: string; down: string }[] }[] = []
  for (const database of withDirectory(service)) {
    const answer = migrationsOf({
      directory: database.migrations.dir,
      changes: files,
      deployed: paths(deployed),
      candidate: paths(candidate),
      back,
    })
    if (!answer.ok) throw failureOf(answer)
    if (answer.pairs.length > 0) found.push({ database, pairs: answer.pairs })
  }
  const [first, ...others] = found
  if (first === undefined) return undefined
  if (others.length > 0)
    throw new SekishoError('deploy.migration_databases', {
      databases: found.map(({ database }) => database.name).join(', '),
    })
  const tree = back ? deployed : candidate
  const entries = new Map(tree.entries.map((entry) => [entry.path, entry]))
  const read = async (path: string): Promise<SqlFile & { readonly sql: string }> => {
    const entry = entries.get(path)
    if (entry === undefined) throw new SekishoError('code.object_unreadable', { why: wish.commit })
    for await (const { bytes } of readBlobs(quarantine, [entry])) {
      if (bytes.length === 0 || bytes.length > SQL_BYTES)
        throw new SekishoError('input.too_large', { what: path, limit: '256 KiB' })
      const digest = sha256(bytes)
      await parts.objects.store('blob', digest, Buffer.from(bytes))
      return { name: basename(path), digest, size: bytes.length, sql: Buffer.from(bytes).toString('utf8') }
    }
    throw new SekishoError('code.object_unreadable', { why: path })
  }
  const pairs: WantedPair[] = []
  // What takes it back goes up when the commit is taken back.
  for (const { up, down } of first.pairs)
    pairs.push(
      back ? { up: await read(down), down: await read(up) } : { up: await read(up), down: await read(down) },
    )
  return { database: first.database, pairs }
}

/** The part of the stage that the room plays the code with. */
export interface RoomClone {
  readonly port: number
  readonly name: string
  readonly clone: CodeClone
  readonly migrates: boolean
}

type Rehearse = (database?: RoomClone) => Promise<CodeRehearsal>

/** A room has one database: the one whose schema is changed here, else the one that is declared first. */
function roomDatabase({ databases = [] }: Service): Database | undefined {
  return databases.find(hasMigrations) ?? databases[0]
}

/** Declared databases that a room does not have. */
export function absentDatabases(
  { databases = [] }: Pick<Service, 'databases'>,
  there: Pick<RoomClone, 'port' | 'name'> | undefined,
): readonly NotCompared[] {
  return databases
    .filter(({ port, name }) => port !== there?.port || name !== there.name)
    .map(({ port, name }) => ({ what: `postgresql:${port}/${name}`, why: 'no_database' }))
}

/** The code on a clone of its database; with migrations, both as one. */
export async function rehearseWithDatabase(
  context: CodeContext,
  migrations: CommitMigrations | undefined,
  rehearse: Rehearse,
): Promise<Pick<CodeStaged, 'rehearsal' | 'schema'>> {
  const { service, parts, signal, step } = context
  const database = migrations?.database ?? roomDatabase(service)
  if (database === undefined) return { rehearsal: await rehearse() }
  const { name, port } = database
  if (migrations !== undefined) step('cloning_database')
  const played = withCodeClone(
    database,
    migrations?.pairs ?? [],
    parts,
    signal,
    goesBack(context.wish),
    async (clone) => {
      const { found } = clone
      const schema: CodeSchema | undefined =
        migrations === undefined
          ? undefined
          : {
              database: name,
              port,
              pairs: found.pairs,
              checks: found.checks,
              ...(found.accepted === undefined ? {} : { accepted: found.accepted }),
            }
      step('rehearsing')
      const rehearsal = found.isSound
        ? await rehearse({ port, name, clone, migrates: migrations !== undefined })
        : notPlayed(context)
      return { rehearsal, ...(schema === undefined ? {} : { schema }) }
    },
  )
  if (migrations !== undefined) return played
  // A database that cannot be cloned stops no change of the code alone: whether the release needs it, its start in the room tells.
  return played.catch(async (cause: unknown) => {
    if (!(cause instanceof SekishoError) || !/^(backup\.db|schema)/.test(cause.code)) throw cause
    return { rehearsal: await rehearse() }
  })
}

/** What is wrong with the migrations stands in their own checks. */
function notPlayed({ rules, expires }: CodeContext): CodeRehearsal {
  return {
    verdict: 'not_tried',
    red: { step: 'clone', why: 'migration' },
    deploy: [],
    back: [],
    differences: [],
    notCompared: [],
    realSecrets: rules.rehearse.realSecrets,
    expires,
  }
}
