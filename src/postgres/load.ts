// Loading a dump into a throw-away cluster, as a role without any right beyond its own database, and what is then found there.
import { unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { DatabaseFacts } from '../backup/manifest.ts'
import { SekishoError } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import { writeDurable } from '../sys/files.ts'
import { schemaDigest } from './content.ts'
import { tableRows } from './facts.ts'
import { failureOf, launch, readAll } from './launch.ts'
import { type Collated, collatedAs, createDatabase } from './locale.ts'
import { ask, connection, identifier, literal, sessionOf, tell } from './query.ts'
import { fromStart, openDump } from './read-dump.ts'
import type { Cluster, Limits, ReadDump, Reader } from './types.ts'

export interface Loading {
  readonly dump: ReadDump
  readonly facts?: DatabaseFacts
}

/** A loaded copy, ready to be asked. */
export interface LoadedDatabase {
  /** As the role that loaded: owns all of it, and may do nothing beyond. Nobody comes in as anything more once something was loaded. */
  readonly restorer: Reader
  readonly database: string
  readonly tables: Readonly<Record<string, number>>
  readonly schema: Digest
  /** The collation of the original is not to be had here: order of texts differs, contents do not. */
  readonly localeDiffers: boolean
  /** Entries that only an administrator could load and that the copy lacks. */
  readonly left: readonly string[]
}

const RESTORER = 'sekisho_restorer'
const COPY = 'copy'
/** Only an administrator may make these, or they reach beyond the database. */
const LEFT =
  /^(EVENT TRIGGER|SUBSCRIPTION|PUBLICATION|PUBLICATION TABLE|PUBLICATION TABLES IN SCHEMA|SERVER|FOREIGN DATA WRAPPER|FOREIGN TABLE|USER MAPPING|PROCEDURAL LANGUAGE|DATABASE|DATABASE PROPERTIES)$/

/** Throws backup.db_dump_refused before anything is loaded; backup.db_load_failed. */
export async function loadInto(
  scratch: Cluster,
  path: string,
  { dump, facts }: Loading,
  limits: Limits,
): Promise<LoadedDatabase> {
  refuseCode(path, dump)
  const restorer: Reader = { ...scratch, role: RESTORER, reads: 'rows' }
  const quiet = 'NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION'
  const others = dump.roles.filter((role) => role !== RESTORER && role !== scratch.role)
  await tell(
    scratch,
    'postgres',
    [
      // Rules about rows are asked of all rows.
      `CREATE ROLE ${RESTORER} LOGIN BYPASSRLS ${quiet}`,
      `GRANT pg_read_all_data TO ${RESTORER}`,
      ...others.map((role) => `CREATE ROLE ${identifier(role)} NOLOGIN ${quiet}`),
    ],
    limits,
  )
  const localeDiffers = await makeCopy(scratch, facts, dump, limits)
  const byAdmin = await untrustedExtensions(scratch, dump.extensions, limits)
  if (byAdmin.length > 0)
    await tell(
      scratch,
      COPY,
      byAdmin.map((name) => `CREATE EXTENSION ${identifier(name)} SCHEMA public`),
      limits,
    )
  const left = dump.entries.filter(({ kind }) => LEFT.test(kind) && !kind.startsWith('DATABASE'))
  // INVARIANT B2: before the first statement of a dump is run, nobody can log in any more as one who may run programs.
  await tell(scratch, 'postgres', [`ALTER ROLE ${identifier(scratch.role)} NOLOGIN`], limits)
  await restore(restorer, path, { database: COPY, keep: kept(dump, byAdmin), access: false }, limits)
  return {
    restorer,
    database: COPY,
    tables: await tableRows(restorer, COPY, limits),
    schema: await schemaDigest(restorer, COPY, limits),
    localeDiffers,
    left: left.map(({ kind, name }) => `${kind} ${name}`),
  }
}

/** Throws backup.db_dump_refused. */
export function refuseCode(path: string, dump: ReadDump): void {
  const found = dump.findings.filter(({ verdict }) => verdict === 'refuse')
  if (found.length > 0)
    throw new SekishoError('backup.db_dump_refused', {
      path,
      found: [
        ...found.slice(0, 10).map(({ kind, entry, text }) => `${kind} (${entry}: ${text})`),
        ...(found.length > 10 ? [`… + ${found.length - 10}`] : []),
      ],
    })
}

/** True when the original's collation is not installed here. */
async function makeCopy(
  scratch: Cluster,
  facts: DatabaseFacts | undefined,
  dump: ReadDump,
  limits: Limits,
): Promise<boolean> {
  const made = { name: COPY, owner: RESTORER, major: scratch.programs.major }
  const make = (collated: Collated) => tell(scratch, 'postgres', [createDatabase(made, collated)], limits)
  const plain = { encoding: facts?.encoding ?? 'UTF8', collate: 'C', ctype: 'C' }
  try {
    await make(collatedAs(facts ?? plain, dump))
    return false
  } catch {
    await make(plain)
    return true
  }
}

/** Extensions that their owner's role may not make by itself. */
export async function untrustedExtensions(
  cluster: Cluster,
  names: readonly string[],
  limits: Limits,
): Promise<readonly string[]> {
  if (names.length === 0) return []
  const trusted = await ask(
    cluster,
    'postgres',
    `SELECT coalesce(json_agg(DISTINCT name), '[]') FROM pg_available_extension_versions WHERE trusted AND name IN (${names.map(literal).join(', ')})`,
    limits,
  )
  return names.filter((name) => !(Array.isArray(trusted) && trusted.includes(name)))
}

/** Numbers of the entries that are loaded, in their order. */
function kept(dump: ReadDump, byAdmin: readonly string[]): readonly number[] {
  return dump.entries
    .filter(({ kind, name }) => {
      if (LEFT.test(kind)) return false
      if (kind === 'EXTENSION') return !byAdmin.includes(name)
      return !(kind === 'COMMENT' && name.startsWith('EXTENSION '))
    })
    .map(({ id }) => id)
}

export interface Restoring {
  readonly database: string
  /** Only these entries; all where absent. */
  readonly keep?: readonly number[]
  /** With the rights on tables and functions that the dump names. */
  readonly access: boolean
  /** Become this role first: all that is made belongs to it. */
  readonly role?: string
  /** Each object gets the owner that the dump names; the roles are there, and who loads is a member of each. */
  readonly owners?: true
  readonly inSteps?: true
}

/**
 * `inSteps`: each statement by itself, so that the locks of a cluster that serves others are not used up by thousands of tables; what was loaded until
 * it failed is the caller's to drop. Else one transaction, all of it or nothing. Throws backup.db_load_failed.
 */
export async function restore(cluster: Cluster, path: string, how: Restoring, limits: Limits): Promise<void> {
  await using file = await openDump(path)
  const list = how.keep === undefined ? undefined : join(cluster.socket, `list-${process.pid}`)
  if (list !== undefined)
    await writeDurable(list, `${how.keep?.map((id) => `${id};`).join('\n') ?? ''}\n`, {
      mode: 0o400,
      uid: cluster.as.uid,
      gid: cluster.as.gid,
    })
  try {
    const argv = [
      join(cluster.programs.bin, 'pg_restore'),
      '--exit-on-error',
      ...(how.inSteps === true ? [] : ['--single-transaction']),
      ...(how.owners === true ? [] : ['--no-owner']),
      '--no-tablespaces',
      '--no-security-labels',
      '--no-password',
      ...(how.access ? [] : ['--no-privileges']),
      ...(how.role === undefined ? [] : [`--role=${how.role}`]),
      ...(list === undefined ? [] : [`--use-list=${list}`]),
      '-d',
      connection(cluster, how.database),
    ]
    // Waited for once, when the name is given: until then nobody counts on it.
    const settings = how.inSteps === true ? ['synchronous_commit=off'] : []
    const { ended } = await fromStart(file, (stdin) =>
      readAll(launch(argv, { ...limits, ...sessionOf(cluster, settings), stdin }), 1 << 20),
    )
    const why = failureOf(ended)
    if (why !== undefined) throw new SekishoError('backup.db_load_failed', { database: how.database, why })
  } finally {
    if (list !== undefined) await unlink(list).catch(() => {})
  }
}
