// Asking a cluster by psql. Statements travel as they are (`-c`: no backslash command is ever read), never a value of a record.
import { join } from 'node:path'
import { assert } from '../base/assert.ts'
import { SekishoError } from '../base/error.ts'
import type { Json } from '../base/json.ts'
import { failureOf, type Launched, type LaunchOptions, launch, readAll } from './launch.ts'
import type { Cluster, Limits } from './types.ts'

const ANSWER_BYTES = 64 << 20

export interface AskOptions {
  /** Settings of the session, as `name=value`. */
  readonly settings?: readonly string[]
  /** A zero byte ends each row, which no value holds. */
  readonly separateByZero?: boolean
}

/** How libpq is told where to go: by socket only, and only if the server's account is the one we know. */
export function connection(cluster: Cluster, database: string): string {
  const values: Readonly<Record<string, string>> = {
    host: cluster.socket,
    port: String(cluster.port),
    dbname: database,
    user: cluster.role,
    ...(cluster.server === undefined ? {} : { requirepeer: cluster.server }),
    application_name: 'sekisho',
    connect_timeout: '10',
    client_encoding: 'UTF8',
  }
  return Object.entries(values)
    .map(([key, value]) => `${key}='${value.replace(/[\\']/g, '\\$&')}'`)
    .join(' ')
}

/**
 * What each session of ours begins with: warnings are not errors, nothing is run because of a search path, and what the owner of a database has set for
 * those who come in (a role, a limit of time) is not for us: our own limit is `Limits`.
 */
const SESSION = [
  'client_min_messages=error',
  'search_path=pg_catalog',
  'role=none',
  'default_transaction_read_only=off',
  'statement_timeout=0',
  'lock_timeout=0',
  'idle_in_transaction_session_timeout=0',
] as const

/** Under which account a program of PostgreSQL speaks to this cluster, and what its session begins with. */
export function sessionOf(
  { as, login, settings = [] }: Cluster,
  more: readonly string[] = [],
): Pick<LaunchOptions, 'as' | 'env' | 'descriptors'> {
  const all = [...SESSION, ...more, ...settings]
  const env = { PGOPTIONS: all.map((setting) => `-c ${setting.replace(/[\\ ]/g, '\\$&')}`).join(' ') }
  if (login === undefined) return { as, env }
  return { as, env: { ...env, PGPASSFILE: '/proc/self/fd/3' }, descriptors: [login] }
}

/** Linux takes no argument of a program that is longer than 128 KiB. */
const ARGUMENT_BYTES = 100_000

/** A psql that runs the statements, each in a transaction of its own, and writes what they answer. A long one is read from its input (`psqlScript`). */
export function psql(
  cluster: Cluster,
  database: string,
  statements: readonly string[],
  limits: Limits,
  options: AskOptions = {},
): Launched {
  for (const statement of statements) assert(!/^\s*\\/.test(statement), 'a statement is no backslash command')
  if (statements.some((one) => Buffer.byteLength(one) > ARGUMENT_BYTES))
    return psqlScript(cluster, database, statements, limits, options)
  return launch([...argvOf(cluster, database, options), ...statements.flatMap((one) => ['-c', one])], {
    ...limits,
    ...sessionOf(cluster, options.settings),
  })
}

const argvOf = (cluster: Cluster, database: string, { separateByZero }: AskOptions) => [
  ...psqlArgv(cluster, database),
  ...(separateByZero === true ? ['-0'] : []),
]

/**
 * The same for statements of any number, which it reads as they come. Outside of quotes psql would take a backslash for a command of its own and a colon
 * for a variable: ours hold neither there.
 */
export function psqlScript(
  cluster: Cluster,
  database: string,
  statements: readonly string[],
  limits: Limits,
  options: AskOptions = {},
): Launched {
  const launched = launch(argvOf(cluster, database, options), {
    ...limits,
    ...sessionOf(cluster, options.settings),
    stdin: 'pipe',
  })
  launched.stdin?.end(statements.map((one) => `${one};\n`).join(''))
  return launched
}

export function psqlArgv(cluster: Cluster, database: string): readonly string[] {
  const quiet = ['-X', '-q', '-A', '-t', '-w', '-v', 'ON_ERROR_STOP=1', '-v', 'VERBOSITY=verbose']
  return [join(cluster.programs.bin, 'psql'), ...quiet, '-d', connection(cluster, database)]
}

/** Runs statements for what they do; the text that they answer. Throws backup.db_query_failed, db_unknown, db_refused, db_no_slot, db_unreachable. */
export async function tell(
  cluster: Cluster,
  database: string,
  statements: readonly string[],
  limits: Limits,
  options: AskOptions = {},
): Promise<string> {
  const { text, ended, over } = await readAll(
    psql(cluster, database, statements, limits, options),
    ANSWER_BYTES,
  )
  const why = over ? `more than ${ANSWER_BYTES} bytes` : failureOf(ended)
  if (why !== undefined) throw refusalOf(cluster, database, why)
  return text.replace(/\n$/, '')
}

/** The same without an answer, for statements that no listing of processes should show. */
export async function tellUnseen(
  cluster: Cluster,
  database: string,
  statements: readonly string[],
  limits: Limits,
): Promise<void> {
  const { ended } = await readAll(psqlScript(cluster, database, statements, limits), ANSWER_BYTES)
  const why = failureOf(ended)
  if (why !== undefined) throw refusalOf(cluster, database, why)
}

/** As the server says it in every language that we ask in: its own limit, a database's, a role's, or what it keeps for administrators. */
export const NO_SLOT =
  /FATAL: +(?:sorry, )?(?:too many (?:clients already|connections)|remaining connection slots are reserved)/

/**
 * The server answers, and says that what it holds cannot be read: a page, a file, a value, a catalog; or that the database lets nobody in. What may be
 * otherwise in a moment (no memory, no slot, no disk, a lock, a server that stops) is none of it.
 */
const DAMAGE = new RegExp(
  [
    String.raw`\(SQLSTATE (?:XX00[0-2]|58P01|58030|22021)\)`,
    'FATAL: +(?:invalid page in block|relation mapping file|database "[^"]*" is not currently accepting connections)',
    'FATAL: +could not (?:open|read|stat|access) [^:]*: (?:No such file|Input|Not a directory|read )',
  ].join('|'),
)

/** Of a database whose name was just seen: one that is not there by the server's words has lost its directory. */
export function isDamage(cause: unknown): boolean {
  if (!(cause instanceof SekishoError)) return false
  if (cause.code === 'backup.db_unknown') return true
  return cause.code === 'backup.db_query_failed' && DAMAGE.test(String(cause.detail['why']))
}

/** Who could not get in, and where: known by the words of the server, which are the same in every language that we ask in. */
export function refusalOf(cluster: Cluster, database: string, why: string): SekishoError {
  const { port, role, as } = cluster
  if (/FATAL: +database "[^"]*" does not exist/.test(why))
    return new SekishoError('backup.db_unknown', { database, port, account: as.name })
  if (
    /pg_hba\.conf|(?:Peer|password) authentication failed|no password supplied|FATAL: +(?:role "[^"]*" |permission denied)/.test(
      why,
    )
  )
    return new SekishoError('backup.db_refused', { database, port, role, why })
  if (NO_SLOT.test(why)) return new SekishoError('backup.db_no_slot', { database, port, role, why })
  if (/Connection refused|Is the server running|timeout expired|FATAL: +the database system is/.test(why))
    return new SekishoError('backup.db_unreachable', { port, why })
  return new SekishoError('backup.db_query_failed', { database, why })
}

/** Runs one statement that answers one JSON text. Throws backup.db_query_failed. */
export async function ask(
  cluster: Cluster,
  database: string,
  statement: string,
  limits: Limits,
  options: AskOptions = {},
): Promise<Json> {
  const text = await tell(cluster, database, [statement], limits, options)
  try {
    return JSON.parse(text) as Json
  } catch (cause) {
    throw new SekishoError(
      'backup.db_query_failed',
      { database, why: 'no answer that can be read' },
      { cause },
    )
  }
}

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A text as SQL; `E''` where it holds a backslash, so that no setting of the server matters. */
export function literal(value: string): string {
  const doubled = value.replaceAll("'", "''")
  return value.includes('\\') ? `E'${doubled.replaceAll('\\', '\\\\')}'` : `'${doubled}'`
}

/** `schema.table` as the manifest writes it; `public` where no schema is written. */
export function tableName(name: string): { readonly schema: string; readonly table: string } {
  const dot = name.indexOf('.')
  return dot === -1
    ? { schema: 'public', table: name }
    : { schema: name.slice(0, dot), table: name.slice(dot + 1) }
}
