// Loads a dump beside the live database, in its own cluster, by a role that is no administrator and has the owner's rights only.
// INVARIANT B4: no statement of a dump runs in the real cluster in a superuser's session. A session that could become one again (SET ROLE, SET
// SESSION AUTHORIZATION) counts as one: the loader logs in as itself.
import type { DatabaseFacts } from '../backup/manifest.ts'
import { SekishoError } from '../base/error.ts'
import { sha256 } from '../base/hash.ts'
import { databaseOid, tableRows } from './facts.ts'
import { giveBack } from './give-back.ts'
import { refuseCode, restore, untrustedExtensions } from './load.ts'
import { collatedAs, makeDatabase } from './locale.ts'
import { loginOf } from './login.ts'
import { ask, identifier, literal, tell } from './query.ts'
import { withReader } from './reader.ts'
import { assertItself, dropRole, makeRole, placeName } from './role.ts'
import { closedOf, NO_DATABASE } from './swap.ts'
import { alone } from './turns.ts'
import type { Account, Cluster, Limits, ReadDump, SwapPair } from './types.ts'

export interface StagedLoad {
  readonly database: string
  /** The backup's id: it names the new database. */
  readonly id: string
  readonly dump: ReadDump
  /** Of the manifest. */
  readonly facts: DatabaseFacts
  /** An account of the machine that owns nothing. The role of its name exists only while a dump is loaded. */
  readonly loader: Account
  /** Called when the load has to wait for another one in the cluster, and when it begins. */
  readonly turn?: (at: 'waiting' | 'in') => void
}

export interface LoadedStage {
  readonly pair: SwapPair
  /** What could not be given back, for a person: settings, rights, owners of single objects. */
  readonly said: readonly string[]
}

const NAME_MAX = 63

/** `mirai_20261125_191200Z`. A long name is cut and gets its digest. */
export function stagedName(database: string, id: string): string {
  const name = `${database}_${id}`
  if (Buffer.byteLength(name) <= NAME_MAX) return name
  const tail = `_${sha256(database).slice(0, 8)}_${id}`
  let head = database
  while (Buffer.byteLength(head + tail) > NAME_MAX) head = head.slice(0, -1)
  return head + tail
}

/**
 * The live database is not touched. On any failure the new one is dropped. Throws backup.db_dump_refused, backup.db_needs_person,
 * backup.db_locale_missing, backup.db_no_loader, backup.db_load_failed, backup.db_query_failed, backup.db_moved.
 */
export async function loadStage(
  cluster: Cluster,
  path: string,
  wanted: StagedLoad,
  limits: Limits,
): Promise<LoadedStage> {
  const { database, dump, facts, loader } = wanted
  refuseCode(path, dump)
  await refuseForPerson(cluster, wanted, limits)
  // The live database was dropped: the loaded one gets its name, and nothing is exchanged.
  const liveOid = (await databaseOid(cluster, database, limits)) ?? NO_DATABASE
  const beside = stagedName(database, wanted.id)
  const loading = loadingName(database, wanted.id)
  await dropStage(cluster, database, wanted.id, limits)
  try {
    const load = async () => {
      wanted.turn?.('in')
      try {
        await makeEmpty(cluster, loading, wanted, limits)
        await loadAs(cluster, path, loading, wanted, limits)
      } catch (cause) {
        // Objects that a dump made in the role's own name are dropped with the database, before the next role of that name is created.
        await dropStage(cluster, database, wanted.id, { timeoutMs: limits.timeoutMs }).catch(() => {})
        throw cause
      } finally {
        await dropRole(cluster, loader, { timeoutMs: limits.timeoutMs })
      }
    }
    wanted.turn?.('waiting')
    await alone(placeName(cluster), load, limits.signal)
    const besideOid = await databaseOid(cluster, loading, limits)
    await compareRows(cluster, loading, facts, limits)
    const said = [
      ...otherOwners(dump, facts.owner),
      ...(await giveBack(cluster, loading, liveOid === NO_DATABASE ? undefined : database, facts, limits)),
    ]
    const rename = `ALTER DATABASE ${identifier(loading)} RENAME TO ${identifier(beside)}`
    await tell(cluster, 'postgres', [rename], limits)
    const closed = await closedOf(cluster, liveOid, limits)
    return { pair: { live: database, beside, liveOid, besideOid: besideOid ?? 0, ...closed }, said }
  } catch (cause) {
    await dropStage(cluster, database, wanted.id, { timeoutMs: limits.timeoutMs }).catch(() => {})
    throw cause
  }
}

/** Refuses what no role of a service may do. A drill asks this too, because a restore would fail there. Throws backup.db_needs_person. */
export async function refuseForPerson(
  cluster: Cluster,
  { database, dump, facts }: Pick<StagedLoad, 'database' | 'dump' | 'facts'>,
  limits: Limits,
): Promise<void> {
  const found = dump.findings.map(({ kind, entry }) => `${kind} (${entry})`)
  const extensions = await untrustedExtensions(cluster, dump.extensions, limits)
  found.push(...extensions.map((name) => `extension ${name}`))
  const owner = await tell(
    cluster,
    'postgres',
    [`SELECT rolsuper FROM pg_roles WHERE rolname = ${literal(facts.owner)}`],
    limits,
  )
  if (owner !== 'f')
    found.push(owner === '' ? `role ${facts.owner} is missing` : `owner ${facts.owner} is a superuser`)
  if (found.length > 0)
    throw new SekishoError('backup.db_needs_person', {
      database,
      found: found.length <= 20 ? found : [...found.slice(0, 20), `… + ${found.length - 20}`],
      ...(owner === '' ? { missing: facts.owner, account: cluster.as.name, port: cluster.port } : {}),
    })
}

/** Only owner and loader can connect until the rights are given back. */
async function makeEmpty(
  cluster: Cluster,
  database: string,
  { database: original, dump, facts, loader, id }: StagedLoad,
  limits: Limits,
): Promise<void> {
  const [name, role] = [identifier(database), identifier(loader.name)]
  const { owner } = facts
  await makeRole(cluster, loader, { as: 'loader', granted: owner }, limits)
  await makeDatabase(cluster, { name: database, owner, original }, collatedAs(facts, dump), limits)
  await tell(
    cluster,
    'postgres',
    [
      `COMMENT ON DATABASE ${name} IS ${literal(mark(id))}`,
      `REVOKE ALL ON DATABASE ${name} FROM PUBLIC`,
      `GRANT CONNECT ON DATABASE ${name} TO ${role}`,
    ],
    limits,
  )
}

async function loadAs(
  cluster: Cluster,
  path: string,
  beside: string,
  { loader, facts }: StagedLoad,
  limits: Limits,
): Promise<void> {
  const as: Cluster = { ...cluster, as: loader, role: loader.name, login: loginOf(loader).file }
  await assertItself(as, beside, limits)
  await restore(as, path, { database: beside, access: true, role: facts.owner, inSteps: true }, limits)
}

async function compareRows(
  cluster: Cluster,
  beside: string,
  facts: DatabaseFacts,
  limits: Limits,
): Promise<void> {
  const rows = await withReader(cluster, [beside], limits, (reader) => tableRows(reader, beside, limits))
  const names = new Set([...Object.keys(rows), ...Object.keys(facts.tables)])
  for (const table of names)
    if (rows[table] !== facts.tables[table])
      throw new SekishoError('backup.db_load_failed', {
        database: beside,
        why: `${table}: ${rows[table] ?? 'no'} rows were loaded, ${facts.tables[table] ?? 'none'} were dumped`,
      })
}

function otherOwners(dump: ReadDump, owner: string): readonly string[] {
  const others = dump.entries.filter(
    (entry) => entry.kind === 'TABLE' && entry.owner !== '' && entry.owner !== owner,
  )
  return others.map((entry) => `${entry.schema}.${entry.name}: ${entry.owner} → ${owner}`)
}

/**
 * Drops what a load of this backup left: a load under way, and a loaded database that was not exchanged. Another database of that name is
 * left alone. Throws backup.db_moved.
 */
export async function dropStage(
  cluster: Cluster,
  database: string,
  id: string,
  limits: Limits,
): Promise<void> {
  const beside = stagedName(database, id)
  const found = await ask(
    cluster,
    'postgres',
    `SELECT coalesce((SELECT json_build_array(oid, shobj_description(oid, 'pg_database')) FROM pg_database WHERE datname = ${literal(beside)}), 'null')`,
    limits,
  )
  if (Array.isArray(found) && found[1] !== mark(id))
    throw new SekishoError('backup.db_moved', { database: beside, found: String(found[0]), wanted: 'none' })
  await tell(
    cluster,
    'postgres',
    [loadingName(database, id), beside].map(
      (name) => `DROP DATABASE IF EXISTS ${identifier(name)} WITH (FORCE)`,
    ),
    limits,
  )
}

/** Drops the original that an exchange kept, when its time is over: by name and object id. Throws backup.db_moved. */
export async function dropKept(cluster: Cluster, name: string, oid: number, limits: Limits): Promise<void> {
  const found = await databaseOid(cluster, name, limits)
  if (found === undefined) return
  if (found !== oid)
    throw new SekishoError('backup.db_moved', { database: name, found: String(found), wanted: String(oid) })
  await tell(cluster, 'postgres', [`DROP DATABASE ${identifier(name)} WITH (FORCE)`], limits)
}

/** While it loads, the database has another name: the final name means that it is whole. */
function loadingName(database: string, id: string): string {
  return `sekisho_loading_${sha256(`${database} ${id}`).slice(0, 24)}`
}

function mark(id: string): string {
  return `sekisho beside ${id}`
}
