// The migrations of a commit: found in the quarantine, kept as objects under their digests, rehearsed on a clone of the database together with the code that
// needs them.
import { basename } from 'node:path'
import type { Database } from '../../backup/set.ts'
import { failureOf, SekishoError } from '../../base/error.ts'
import { type Digest, sha256 } from '../../base/hash.ts'
import { migrationsOf } from '../../code/migrations.ts'
import { readBlobs } from '../../git/blobs.ts'
import type { Imported } from '../../git/import.ts'
import { SQL_BYTES, type SqlFile } from '../../plans/actions/migrate.ts'
import { type CodeFile, type CodeRehearsal, type CodeStaged, goesBack } from '../../plans/code.ts'
import type { CodeSchema, StagedTurn } from '../../plans/code-schema.ts'
import { hasMigrations, type Migrated } from '../../plans/playbooks/schema.ts'
import type { Service } from '../../plans/policy.ts'
import type { NotCompared } from '../../plans/receipt.ts'
import { type CodeClone, type WantedPair, withCodeClone } from '../../schema/pairs.ts'
import { type LaidTurn, withTurnClone } from '../../schema/turn-clone.ts'
import { openRooms } from './build.ts'
import type { CodeContext } from './context.ts'
import { databaseOfTurn, refuseOtherBack } from './tool-turn.ts'

export interface CommitMigrations {
  readonly database: Migrated
  readonly pairs: readonly WantedPair[]
  /** What a declared tool runs in the place of pairs, once its files are laid out. */
  readonly turn?: LaidTurn | 'to be laid'
}

/** Databases whose migrations lie in the repository. */
export function withDirectory({ databases = [] }: Service): readonly (Migrated & {
  readonly migrations: { readonly dir: string }
})[] {
  return databases.flatMap(({ migrations, ...one }) =>
    migrations?.dir === undefined ? [] : [{ ...one, migrations: { ...migrations, dir: migrations.dir } }],
  )
}

/** Undefined where the commit brings none. Throws deploy.migration*. */
export async function migrationsIn(
  { candidate, deployed, quarantine }: Imported,
  files: readonly CodeFile[],
  { service, wish, parts }: CodeContext,
  back: boolean,
): Promise<CommitMigrations | undefined> {
  const byTool = databaseOfTurn(service, files)
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
  const databases = [...found.map(({ database }) => database), ...(byTool === undefined ? [] : [byTool])]
  if (databases.length > 1)
    throw new SekishoError('deploy.migration_databases', {
      databases: databases.map(({ name }) => name).join(', '),
    })
  if (byTool !== undefined) {
    await refuseOtherBack(byTool, { wish, parts })
    return { database: byTool, pairs: [], turn: 'to be laid' }
  }
  const [first] = found
  if (first === undefined) return undefined
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
  const turn = laidTurnOf(migrations)
  const withCode = async (clone: CodeClone) => {
    const { found } = clone
    const schema: CodeSchema | undefined =
      migrations === undefined
        ? undefined
        : {
            database: name,
            port,
            pairs: found.pairs,
            ...(turn === undefined || found.catalogue === undefined
              ? {}
              : { turn: stagedTurn(turn, found.catalogue) }),
            checks: found.checks,
            ...(found.accepted === undefined ? {} : { accepted: found.accepted }),
          }
    step('rehearsing')
    const rehearsal = found.isSound
      ? await rehearse({ port, name, clone, migrates: migrations !== undefined })
      : notPlayed(context)
    return { rehearsal, ...(schema === undefined ? {} : { schema }) }
  }
  if (migrations !== undefined && turn !== undefined) {
    const hands = { ports: await openRooms(parts), signal }
    return withTurnClone(migrations.database, turn, parts, hands, signal, withCode)
  }
  const pairs = migrations?.pairs ?? []
  const played = withCodeClone(database, pairs, parts, signal, goesBack(context.wish), withCode)
  if (migrations !== undefined) return played
  // A database that cannot be cloned stops no change of the code alone: whether the release needs it, its start in the room tells.
  return played.catch(async (cause: unknown) => {
    if (!(cause instanceof SekishoError) || !/^(backup\.db|schema)/.test(cause.code)) throw cause
    return { rehearsal: await rehearse() }
  })
}

function laidTurnOf(migrations: CommitMigrations | undefined): LaidTurn | undefined {
  const turn = migrations?.turn
  if (turn === 'to be laid') throw new Error('the files of the tool were not laid out')
  return turn
}

const stagedTurn = ({ tool, directory, files, changed }: LaidTurn, catalogue: Digest): StagedTurn => ({
  tool,
  directory,
  files,
  changed,
  catalogue,
})

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
