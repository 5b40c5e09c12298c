// A clone of a database: dumped now, loaded into a throw-away cluster that has production's settings, with its owners and rights where that can be done.
// What differs from production is listed and never counts as equal.
import { join } from 'node:path'
import { boolean, decode, list, object, optional, record, text } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import { dumpDatabase } from '../postgres/dump.ts'
import { refuseCode, restore, untrustedExtensions } from '../postgres/load.ts'
import { type Collated, collatedAs, createDatabase, LOCALE, PROVIDER, RULES } from '../postgres/locale.ts'
import { clientFor, findPrograms } from '../postgres/programs.ts'
import { ask, identifier, literal, tell } from '../postgres/query.ts'
import { readDump } from '../postgres/read-dump.ts'
import { powerless } from '../postgres/role.ts'
import { withScratchCluster } from '../postgres/scratch.ts'
import type { Cluster, Limits, ReadDump, Reader } from '../postgres/types.ts'
import type { SnapshotPorts } from '../snapshot/ports.ts'
import { holdFree } from '../snapshot/room.ts'
import { clusterPlace } from '../snapshot/scratch.ts'
import { MARKER_SCHEMA } from '../sql/refused.ts'
import { markerStatements } from './marker.ts'
import { OWN_PLACES, withOwnPlace } from './own-place.ts'

/** Rows, their indexes, the log of the load and of the migration. */
const ROOM = 4
const EMPTY_CLUSTER = 268_435_456
const RESTORER = 'sekisho_restorer'
const MIGRATOR = 'sekisho_migrator'

/** Something in which the clone is not as production is: told with the receipt. */
export interface Differs {
  readonly what: 'setting' | 'owners' | 'collation' | 'extension' | 'not_loaded'
  readonly name: string
  readonly live?: string
  readonly clone?: string
}

export interface Clone {
  readonly database: string
  /** Logs in as nobody much, and becomes the declared role: as in production. */
  readonly migrator: Cluster
  /** Reads every row, owns what has no owner, may end the migrator's sessions. */
  readonly restorer: Reader
  readonly differs: readonly Differs[]
  /** Objects belong to whom they belong in production. */
  readonly hasOwners: boolean
  readonly bytes: number
  /** How long its load took: what a restore would take at least. */
  readonly loadMs: number
}

interface LiveFacts {
  /** Provider, locale and version, as one text that can be compared. */
  readonly collation: string
  readonly roles: readonly {
    readonly name: string
    readonly login: boolean
    readonly of: readonly string[]
  }[]
  readonly settings: Readonly<Record<string, string>>
}

const liveFacts = object({
  collation: text({ max: 300 }),
  roles: list(object({ name: text({ max: 63 }), login: boolean, of: list(text({ max: 63 }), 1000) }), 10_000),
  settings: record(text({ max: 200 }), /^[a-z_]+$/),
  never: optional(text()),
})

/** What decides how long a statement takes and what it writes. */
const MEASURED = [
  'wal_level',
  'fsync',
  'full_page_writes',
  'synchronous_commit',
  'wal_compression',
  'max_wal_size',
  'checkpoint_timeout',
  'shared_buffers',
  'maintenance_work_mem',
  'work_mem',
  'random_page_cost',
  'default_toast_compression',
] as const
/** Parallel workers would hide scans and locks of each statement from its own session. */
const WORKERS = ['max_parallel_maintenance_workers'] as const
const FIXED = { max_parallel_maintenance_workers: '0', max_wal_senders: '0', track_counts: 'on' } as const
const MEMORY_MAX = 256 * 2 ** 20

export async function withClone<T>(
  live: Cluster,
  /** Without a role nobody migrates it: a service is started on it and no more. */
  of: { readonly database: string; readonly role?: string },
  parts: SnapshotPorts,
  limits: Limits,
  work: (clone: Clone) => Promise<T>,
  /** For a service that runs against it: its roles may log in as they may in production, on that many connections. */
  use: { readonly logins?: true; readonly connections?: number } = {},
): Promise<T> {
  return withOwnPlace(join(parts.place.state, OWN_PLACES.clones), (place) =>
    clonedIn(join(place, 'clone.dump'), live, of, parts, limits, work, use),
  )
}

async function clonedIn<T>(
  path: string,
  live: Cluster,
  { database, role }: Parameters<typeof withClone>[1],
  parts: SnapshotPorts,
  limits: Limits,
  work: (clone: Clone) => Promise<T>,
  use: { readonly logins?: true; readonly connections?: number },
): Promise<T> {
  const { facts } = await dumpDatabase(live, database, path, limits)
  const programs = clientFor(await findPrograms(), Number(facts.server.split('.')[0]))
  if (programs.major !== Number(facts.server.split('.')[0]))
    throw new SekishoError('schema.other_major', { live: facts.server, here: programs.version })
  const dump = await readDump(path, { programs, as: await powerless() }, limits)
  refuseCode(path, dump)
  const found = await factsOf(live, database, limits)
  const settings = settingsFor(found.settings)
  const place = await clusterPlace(parts)
  using _room = await holdFree(place, dump.text * ROOM + EMPTY_CLUSTER, parts)
  const own = use.connections === undefined ? {} : { max_connections: String(use.connections) }
  const scratch = { programs, directory: place, settings: { ...settings.used, ...own } }
  return await withScratchCluster(scratch, limits, async (admin) => {
    const restorer: Reader = { ...admin, role: RESTORER, reads: 'rows' }
    const made = await prepare(
      admin,
      {
        database,
        dump,
        facts,
        found,
        logins: use.logins === true,
        ...(role === undefined ? {} : { role }),
      },
      limits,
    )
    const begun = parts.clock.uptime()
    const owners = await load(restorer, path, { database, dump, ...made }, limits)
    return work({
      database,
      migrator: {
        ...admin,
        role: MIGRATOR,
        settings: [...(admin.settings ?? []), ...(role === undefined ? [] : [`role=${role}`])],
      },
      restorer,
      hasOwners: owners === undefined,
      differs: [...settings.differs, ...made.differs, ...(owners === undefined ? [] : [owners])],
      bytes: dump.text,
      loadMs: Math.max(1, Math.round(parts.clock.uptime() - begun)),
    })
  })
}

const COLLATION = `concat_ws(' ', ${PROVIDER}, ${LOCALE}, d.datcollate, nullif(d.datctype, d.datcollate), ${RULES}, 'version ' || (to_jsonb(d) ->> 'datcollversion'))`
const ofDatabase = (what: string, database: string) =>
  `(SELECT ${what} FROM pg_database d WHERE d.datname = ${literal(database)})`

async function factsOf(live: Cluster, database: string, limits: Limits): Promise<LiveFacts> {
  const names = [...MEASURED, ...WORKERS].map(literal).join(', ')
  const read = decode(
    liveFacts,
    await ask(
      live,
      'postgres',
      `SELECT json_build_object('roles', (SELECT json_agg(json_build_object('name', r.rolname, 'login', r.rolcanlogin, 'of',
         coalesce((SELECT json_agg(g.rolname) FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid), '[]')))
         FROM pg_roles r WHERE r.rolname !~ '^pg_' AND r.rolname !~ '^sekisho_(retired|admin|restorer|migrator)'),
       'collation', ${ofDatabase(COLLATION, database)}, 'settings', (SELECT json_object_agg(name, current_setting(name)) FROM pg_settings WHERE name IN (${names})))`,
      limits,
    ),
  )
  if (!read.ok)
    throw new SekishoError('backup.db_query_failed', { database: 'postgres', why: `${read.at}: ${read.why}` })
  return read.value
}

/** Memory that a machine of a colleague would not give twice is less here, and said. */
export function settingsFor(live: Readonly<Record<string, string>>): {
  readonly used: Readonly<Record<string, string>>
  readonly differs: readonly Differs[]
} {
  const used: Record<string, string> = {}
  const differs: Differs[] = []
  for (const name of MEASURED) {
    const value = live[name]
    if (value === undefined) continue
    const isMemory = name === 'shared_buffers' || name.endsWith('work_mem')
    const bytes = isMemory ? bytesOf(value) : 0
    used[name] = bytes > MEMORY_MAX ? '256MB' : value
    if (used[name] !== value) differs.push({ what: 'setting', name, live: value, clone: '256MB' })
  }
  for (const name of WORKERS) {
    const value = live[name]
    if (value !== undefined && value !== FIXED[name])
      differs.push({ what: 'setting', name, live: value, clone: FIXED[name] })
  }
  return { used: { ...used, ...FIXED }, differs }
}

function bytesOf(value: string): number {
  const [, count = '0', unit = 'kB'] = /^(\d+)\s*(B|kB|MB|GB|TB)?$/.exec(value) ?? []
  const power = ['B', 'kB', 'MB', 'GB', 'TB'].indexOf(unit)
  return Number(count) * 1024 ** Math.max(0, power)
}

interface Preparing {
  readonly database: string
  readonly role?: string
  readonly dump: ReadDump
  readonly facts: Awaited<ReturnType<typeof dumpDatabase>>['facts']
  readonly found: LiveFacts
  readonly logins: boolean
}

async function prepare(
  admin: Cluster,
  { database, role, dump, facts, found, logins }: Preparing,
  limits: Limits,
): Promise<{ readonly byAdmin: readonly string[]; readonly differs: readonly Differs[] }> {
  const powerlessly = 'NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION'
  const roles = found.roles.filter(({ name }) => name !== admin.role)
  const known = new Set(roles.map(({ name }) => name))
  await tell(
    admin,
    'postgres',
    [
      ...roles.map(
        (one) =>
          `CREATE ROLE ${identifier(one.name)} ${logins && one.login ? 'LOGIN' : 'NOLOGIN'} ${powerlessly}`,
      ),
      ...roles.flatMap(({ name, of }) =>
        of.filter((one) => known.has(one)).map((one) => `GRANT ${identifier(one)} TO ${identifier(name)}`),
      ),
      `CREATE ROLE ${RESTORER} LOGIN BYPASSRLS ${powerlessly}`,
      `GRANT pg_read_all_data, pg_signal_backend TO ${RESTORER}`,
      ...roles.map(({ name }) => `GRANT ${identifier(name)} TO ${RESTORER}`),
      `CREATE ROLE ${MIGRATOR} LOGIN NOINHERIT ${powerlessly}`,
      ...(role === undefined ? [] : [`GRANT ${identifier(role)} TO ${MIGRATOR}`]),
    ],
    limits,
  )
  const differs: Differs[] = []
  const made = { name: database, owner: facts.owner, major: admin.programs.major }
  const make = (collated: Collated) => tell(admin, 'postgres', [createDatabase(made, collated)], limits)
  try {
    await make(collatedAs(facts, dump))
  } catch {
    await make({ encoding: facts.encoding, collate: 'C', ctype: 'C' })
  }
  const collation = await ask(admin, 'postgres', `SELECT to_json(${ofDatabase(COLLATION, database)})`, limits)
  if (collation !== found.collation)
    differs.push({ what: 'collation', name: database, live: found.collation, clone: String(collation) })
  const byAdmin = await untrustedExtensions(admin, dump.extensions, limits)
  await tell(
    admin,
    database,
    [
      ...byAdmin.map((name) => `CREATE EXTENSION IF NOT EXISTS ${identifier(name)} SCHEMA public`),
      ...(role === undefined
        ? []
        : [...markerStatements(role), `GRANT USAGE, CREATE ON SCHEMA ${MARKER_SCHEMA} TO ${RESTORER}`]),
    ],
    limits,
  )
  // INVARIANT B2: before the first statement of a dump is run, nobody can log in any more as one who may run programs.
  await tell(admin, 'postgres', [`ALTER ROLE ${identifier(admin.role)} NOLOGIN`], limits)
  for (const { kind, name } of dump.entries.filter(isLeft))
    differs.push({ what: 'not_loaded', name: `${kind} ${name}` })
  return { byAdmin, differs }
}

/** Only an administrator may make these, or they reach beyond the database. */
const LEFT =
  /^(EVENT TRIGGER|SUBSCRIPTION|PUBLICATION|PUBLICATION TABLE|PUBLICATION TABLES IN SCHEMA|SERVER|FOREIGN DATA WRAPPER|FOREIGN TABLE|USER MAPPING|PROCEDURAL LANGUAGE)$/
const isLeft = ({ kind }: { readonly kind: string }) => LEFT.test(kind)

/** With owners and rights; where the roles there could not have made it so, all of it belongs to the database's owner, and that is said. */
async function load(
  restorer: Reader,
  path: string,
  {
    database,
    dump,
    byAdmin,
  }: { readonly database: string; readonly dump: ReadDump; readonly byAdmin: readonly string[] },
  limits: Limits,
): Promise<Differs | undefined> {
  const keep = dump.entries
    .filter(({ kind, schema, name }) => {
      if (isLeft({ kind }) || kind.startsWith('DATABASE')) return false
      if (schema === MARKER_SCHEMA || name === MARKER_SCHEMA || name.startsWith(`${MARKER_SCHEMA} `))
        return false
      if (kind === 'EXTENSION') return !byAdmin.includes(name)
      return !(kind === 'COMMENT' && name.startsWith('EXTENSION '))
    })
    .map(({ id }) => id)
  try {
    await restore(restorer, path, { database, keep, access: true, owners: true }, limits)
    return undefined
  } catch (cause) {
    if (!(cause instanceof SekishoError) || cause.code !== 'backup.db_load_failed') throw cause
    await restore(restorer, path, { database, keep, access: false }, limits)
    return { what: 'owners', name: database, live: String(cause.detail['why']).slice(0, 200) }
  }
}
