// One command of a declared migration tool: it runs in a room, on a copy of the sealed files, as nobody of this machine, and reaches one database and nothing
// else. In a rehearsal that is the clone, in production the database itself: files, environment and walls are the same.
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Digest, sha256 } from '../base/hash.ts'
import { launch } from '../postgres/launch.ts'
import { passwordLine } from '../postgres/login.ts'
import { identifier, literal, tell } from '../postgres/query.ts'
import { socketOf } from '../postgres/server.ts'
import type { Account, Cluster, Limits } from '../postgres/types.ts'
import { openRelay, SOCKETS } from '../room/relay.ts'
import { type RoomRun, type RoomSocket, withRoom } from '../room/room.ts'
import type { RoomPorts } from '../room/walls.ts'
import { ownCode } from '../sandbox/own-code.ts'
import type { TakenFiles } from '../tree/take-files.ts'

/** What runs and where it thinks it is. */
export interface Tool {
  /** A copy of the sealed files that only we write. */
  readonly tree: string
  readonly directory: string
  readonly argv: readonly string[]
  readonly back: readonly string[]
  readonly status: readonly string[]
  readonly address?: string
}

/** The database that it reaches, and as whom. */
export interface ToolServer {
  readonly database: string
  /** Of the socket that it sees. */
  readonly port: number
  /** Logs in; what it becomes its settings say. */
  readonly login: string
  /** A line of a password file, where it may be asked for one. */
  readonly password?: string
  readonly open: RoomSocket['open']
}

export interface ToolHands {
  readonly ports: RoomPorts
  readonly signal?: AbortSignal
}

export interface ToolEnd {
  readonly run: RoomRun
  /** Undefined: it ended with 0. */
  readonly why?: string
  readonly isLate: boolean
}

const ANSWER_BYTES = 65_536
const STATUS_SECONDS = 120

export async function runTool(
  tool: Tool,
  argv: readonly string[],
  server: ToolServer,
  withinMs: number,
  hands: ToolHands,
  onAnswer?: (chunk: Buffer) => void,
): Promise<ToolEnd> {
  const seconds = Math.max(1, Math.ceil(withinMs / 1000))
  const { password } = server
  const ports = password === undefined ? hands.ports : hiding(hands.ports, password)
  const run = await withRoom(
    ports,
    {
      tree: tool.tree,
      at: tool.directory,
      limits: { seconds },
      ...(password === undefined ? {} : { home: { '.pgpass': password } }),
    },
    (room) =>
      room.run({
        argv,
        env: environmentFor(tool, server),
        seconds,
        socket: { inside: socketOf({ socket: SOCKETS, port: server.port }), open: server.open },
        ...(hands.signal === undefined ? {} : { signal: hands.signal }),
        ...(onAnswer === undefined ? {} : { onAnswer }),
      }),
  )
  const isGood = run.ended === 'exit' && run.exit === 0
  return { run, isLate: run.ended === 'time', ...(isGood ? {} : { why: whyOf(run) }) }
}

/** What the server says of a wait that was ended: drivers tell it in words of their own. */
const GAVE_UP = /lock timeout|LockNotAvailable|55P03/
const TAIL = 3000

function whyOf({ ended, exit, detail, output }: RoomRun): string {
  const how = ended === 'exit' || ended === 'signal' ? `exit ${exit}` : ended
  const gaveUp = GAVE_UP.test(output) ? ' (SQLSTATE 55P03)' : ''
  return `${how}${gaveUp}: ${(detail ?? output).trim().slice(-TAIL)}`
}

/** The password is of a login that is gone with the run; all the same nobody reads it. */
function hiding(ports: RoomPorts, line: string): RoomPorts {
  const password = line.trimEnd().split(':').at(-1) ?? ''
  return { ...ports, redact: (text) => ports.redact(text).replaceAll(password, '…') }
}

/** The address holds no password: a file of the room's home does. */
function environmentFor({ address }: Tool, { database, port, login }: ToolServer) {
  const url = `postgresql://${encodeURIComponent(login)}@/${encodeURIComponent(database)}?host=${SOCKETS}&port=${port}`
  return {
    PGHOST: SOCKETS,
    PGPORT: String(port),
    PGUSER: login,
    PGDATABASE: database,
    PGPASSFILE: '/home/room/.pgpass',
    ...(address === undefined ? {} : { [address]: url }),
  }
}

export interface Status {
  readonly digest: Digest
  readonly said: string
}

/** What `status` answers on its first stream; why it gave none. */
export async function statusOf(
  tool: Tool,
  server: ToolServer,
  hands: ToolHands,
): Promise<Status | { readonly why: string }> {
  const chunks: Buffer[] = []
  let bytes = 0
  const { why } = await runTool(tool, tool.status, server, STATUS_SECONDS * 1000, hands, (chunk) => {
    bytes += chunk.length
    if (bytes <= ANSWER_BYTES) chunks.push(chunk)
  })
  if (why !== undefined) return { why }
  const said = Buffer.concat(chunks)
    .toString('utf8')
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .trim()
  return { digest: sha256(`sekisho-status\0${bytes > ANSWER_BYTES}\0${said}`), said }
}

/** As whom it works there: the settings of its login, which no driver has to know. */
export async function becomes(
  by: Cluster,
  database: string,
  of: {
    readonly login: string
    readonly role: string
    readonly searchPath: string
    readonly lockMs: number
  },
  limits: Limits,
): Promise<void> {
  const login = identifier(of.login)
  const path = of.searchPath.replaceAll("'", "''")
  await tell(
    by,
    database,
    [
      `ALTER ROLE ${login} SET role = ${literal(of.role)}`,
      `ALTER ROLE ${login} SET lock_timeout = ${Math.max(1, Math.round(of.lockMs))}`,
      `ALTER ROLE ${login} SET search_path = ${listed(path)}`,
    ],
    limits,
  )
}

/** `"$user", public` as the list of names that SET takes. */
const listed = (path: string) =>
  path
    .split(',')
    .map((one) => one.trim())
    .map((one) => (one.startsWith('"') ? one : identifier(one)))
    .join(', ')

/** Of a throw-away cluster: whoever reaches its socket is let in. */
export function cloneServer(clone: Cluster, database: string, login: string): ToolServer {
  return {
    database,
    port: clone.port,
    login,
    open: async (path) => ({ at: path, ...(await openRelay(path, socketOf(clone))) }),
  }
}

const LISTENS_MS = 30_000

/** Of production: a child joins the sockets as the account whose login it is, because the server asks who comes. */
export function liveServer(as: Cluster, database: string, command: readonly string[]): ToolServer {
  return {
    database,
    port: as.port,
    login: as.role,
    password: passwordLine(as.as),
    open: (path) => openRelayAs(as.as, command, path, socketOf(as)),
  }
}

async function openRelayAs(
  as: Account,
  command: readonly string[],
  path: string,
  to: string,
): ReturnType<RoomSocket['open']> {
  // Only the child may make a name there; the room sees the socket alone, by a mount.
  const directory = `${path}.d`
  mkdirSync(directory, { mode: 0o711 })
  chmodSync(directory, 0o711)
  if (process.geteuid?.() === 0) chownSync(directory, as.uid, as.gid)
  const inner = join(directory, 'socket')
  using code = ownCode(command)
  const child = launch([...code.argv(3, []), 'relay', inner, to], {
    timeoutMs: 4_000_000,
    as,
    stdin: 'pipe',
    descriptors: code.descriptors,
  })
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the relay does not listen')), LISTENS_MS)
      child.stdout?.once('data', () => resolve())
      void child.done.then(({ stderr }) => reject(new Error(stderr.slice(0, 300))))
      child.stdout?.once('data', () => clearTimeout(timer))
    })
  } catch (cause) {
    child.stop()
    throw cause
  }
  return {
    at: inner,
    close: async () => {
      child.stop()
      await child.done
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

const TEXT_BYTES = 262_144
const TEXTS_BYTES = 4 * 2 ** 20

/** Words of the files themselves may be told: their authors and approvers have them. */
export function textsOf(tree: string, { entries }: Pick<TakenFiles, 'entries'>): readonly string[] {
  const texts: string[] = []
  let bytes = 0
  for (const one of entries) {
    if (one.kind !== 'file' || one.bytes > TEXT_BYTES || bytes + one.bytes > TEXTS_BYTES) continue
    bytes += one.bytes
    // Words within quotes of another language are words, too.
    texts.push(`${one.path} ${readFileSync(join(tree, one.path), 'utf8')}`.replaceAll(/["'`\\$]/g, ' '))
  }
  return texts
}

export const lineOf = (argv: readonly string[]): string => argv.join(' ').slice(0, 200)

/** Words of the libraries that such tools are written with: an error is told by them, and never by a value. */
export const TOOL_WORDS: readonly string[] = [
  `Traceback most recent call last File line in module Error Exception raise from the above exception was direct cause of following during handling another occurred
   psycopg psycopg2 errors sqlalchemy exc alembic util command config runtime migration environment script base versions upgrade downgrade current head heads revision target
   running offline online context impl postgresqlimpl will assume transactional ddl INFO WARN WARNING ERROR FAILED
   OperationalError ProgrammingError IntegrityError InternalError DataError NotSupportedError LockNotAvailable UndefinedTable UndefinedColumn UndefinedObject DuplicateTable
   DuplicateColumn DuplicateObject InsufficientPrivilege SyntaxError NameError TypeError ValueError KeyError AttributeError ImportError ModuleNotFoundError RuntimeError
   OSError FileNotFoundError PermissionError No such file directory named cannot import name SQL parameters Background on this error at https sqlalche me
   alembic_version alembic_version_pkc version_num schema_migrations django_migrations flyway_schema_history knex_migrations _prisma_migrations SequelizeMeta
   python3 python dist packages usr lib bin exec code init py node js Object throw new Promise async await at process internal modules cjs loader require stack`,
]
