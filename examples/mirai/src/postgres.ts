// A small client for the local PostgreSQL: its wire protocol over a Unix socket, one statement after the other.
// Who we are is told by the account that we run under (peer), so there is no password to keep anywhere.
import { connect, type Socket } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'

export type Value = string | null
export interface Where {
  /** Of the socket. */
  readonly directory: string
  readonly port: number
  readonly database: string
  readonly user: string
}

const PROTOCOL = 196_608 // 3.0
const LIMIT_MS = 10_000

/** `postgresql:///mirai?host=/run/postgresql`, with `port` and `user` where they are not 5432 and ourselves. */
export function readWhere(text: string): Where {
  const wrong = (why: string) => new Error(`MIRAI_DATABASE_URL: ${why}`)
  if (!URL.canParse(text)) throw wrong('use postgresql:///DATABASE?host=/run/postgresql')
  const url = new URL(text)
  const directory = url.searchParams.get('host') ?? '/run/postgresql'
  const port = Number(url.searchParams.get('port') ?? '5432')
  const database = decodeURIComponent(url.pathname.slice(1))
  if (url.protocol !== 'postgresql:' || url.host !== '' || !directory.startsWith('/'))
    throw wrong('only a Unix socket, as postgresql:///DATABASE?host=/run/postgresql')
  if (url.password !== '' || url.searchParams.has('password'))
    throw wrong('a password is neither needed nor taken')
  if (!/^[^\0/]{1,63}$/.test(database)) throw wrong('name the database')
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw wrong('port: a whole number from 1 to 65535')
  return { directory, port, database, user: url.searchParams.get('user') ?? userInfo().username }
}

/** What the server says is wrong. `code` is its SQLSTATE. */
export class DatabaseError extends Error {
  override name = 'DatabaseError'
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

interface Waiting {
  readonly rows: Value[][]
  error?: DatabaseError
  readonly settle: (error?: Error) => void
}

export class Postgres {
  readonly #where: Where
  #socket: Socket | undefined
  #waiting: Waiting | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(where: Where) {
    this.#where = where
  }

  /** One statement with its values (`$1`, …); connects where there is no connection. */
  query(statement: string, values: readonly Value[] = []): Promise<readonly (readonly Value[])[]> {
    const parse = message('P', [text(''), text(statement), int16(0)])
    const bound = values.map((value) =>
      value === null ? int32(-1) : Buffer.concat([int32(Buffer.byteLength(value)), Buffer.from(value)]),
    )
    const bind = message('B', [text(''), text(''), int16(0), int16(values.length), ...bound, int16(0)])
    const execute = message('E', [text(''), int32(0)])
    return this.#inTurn(Buffer.concat([parse, bind, execute, message('S', [])]))
  }

  /** Several statements, all of them or none. */
  async script(statements: string): Promise<void> {
    try {
      await this.#inTurn(message('Q', [text(statements)]))
    } catch (error) {
      this.close() // A transaction that failed ends with its connection.
      throw error
    }
  }

  /** The next query connects anew. */
  close(): void {
    this.#socket?.end(message('X', []))
    this.#socket = undefined
  }

  #inTurn(bytes: Buffer): Promise<readonly (readonly Value[])[]> {
    const mine = this.#last.catch(() => {}).then(() => this.#exchange(bytes))
    this.#last = mine
    return mine
  }

  async #exchange(bytes: Buffer): Promise<readonly (readonly Value[])[]> {
    if (this.#socket === undefined) await this.#connect()
    return this.#send(bytes)
  }

  async #connect(): Promise<void> {
    const { directory, port, user, database } = this.#where
    const socket = connect(join(directory, `.s.PGSQL.${port}`))
    this.#socket = socket
    const gone = (error?: Error) => {
      if (this.#socket !== socket) return
      this.#socket = undefined
      this.#waiting?.settle(error ?? new Error('the database closed the connection'))
    }
    socket.on('error', gone)
    socket.on('close', () => gone())
    let rest = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk])
      for (let size = sizeOf(rest); size !== undefined; size = sizeOf(rest)) {
        this.#take(String.fromCharCode(rest[0] ?? 0), rest.subarray(5, size))
        rest = rest.subarray(size)
      }
    })
    const words = ['user', user, 'database', database, 'application_name', 'mirai', 'TimeZone', 'UTC', '']
    const body = Buffer.concat([int32(PROTOCOL), ...words.map(text)])
    await this.#send(Buffer.concat([int32(body.length + 4), body]))
  }

  #send(bytes: Buffer): Promise<readonly (readonly Value[])[]> {
    const socket = this.#socket
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => socket?.destroy(new Error('the database did not answer in time')),
        LIMIT_MS,
      )
      const rows: Value[][] = []
      const waiting: Waiting = {
        rows,
        settle: (error) => {
          clearTimeout(timer)
          this.#waiting = undefined
          const why = waiting.error ?? error
          if (why === undefined) resolve(rows)
          else reject(why)
        },
      }
      this.#waiting = waiting
      if (socket === undefined) waiting.settle(new Error('there is no connection to the database'))
      else socket.write(bytes)
    })
  }

  #take(kind: string, body: Buffer): void {
    const waiting = this.#waiting
    if (kind === 'D') waiting?.rows.push(readRow(body))
    else if (kind === 'E' && waiting !== undefined) waiting.error ??= readError(body)
    else if (kind === 'R' && body.readInt32BE(0) !== 0)
      this.#socket?.destroy(new Error('the database wants a password: let the service in by peer'))
    else if (kind === 'Z') waiting?.settle()
  }
}

function sizeOf(bytes: Buffer): number | undefined {
  if (bytes.length < 5) return undefined
  const size = bytes.readInt32BE(1) + 1
  return bytes.length < size ? undefined : size
}

function readRow(body: Buffer): Value[] {
  const row: Value[] = []
  let at = 2
  for (let i = 0; i < body.readInt16BE(0); i++) {
    const size = body.readInt32BE(at)
    at += 4
    row.push(size === -1 ? null : body.toString('utf8', at, at + size))
    at += Math.max(size, 0)
  }
  return row
}

function readError(body: Buffer): DatabaseError {
  const fields = new Map(
    body
      .toString('utf8')
      .split('\0')
      .filter((field) => field !== '')
      .map((field) => [field.slice(0, 1), field.slice(1)]),
  )
  return new DatabaseError(fields.get('C') ?? '', fields.get('M') ?? 'the database refused')
}

function message(kind: string, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.from(kind), int32(body.length + 4), body])
}
function text(value: string): Buffer {
  return Buffer.from(`${value}\0`)
}
function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}
function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
