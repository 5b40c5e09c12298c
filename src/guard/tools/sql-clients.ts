// Clients that speak SQL: where their text comes from (an option, an operand, a file, what comes in), and which options read or write files.
import type { Arguments } from '../arguments.ts'
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import { type Database, runScript, runSql, runSqlStream } from '../sql/apply.ts'
import type { Engine } from '../sql/lex.ts'
import { FROM_CODE, FROM_PROGRAM, type Stream } from '../stream.ts'
import { type Sub, type Tool, touch } from '../tool.ts'
import { concat, literal, prefix, text } from '../value.ts'

const ANSWERED: Stream = { origins: [...FROM_PROGRAM.origins, ...FROM_CODE.origins] }

/** All columns of a table, and no word about how many rows: as good as a dump of it. */
const isWhole = (source: string): boolean =>
  /\bselect\s+(?:\w+\.)?\*\s+from\b|\bcopy\b[^;]*\bto\s+stdout\b|^\s*table\s+\w/i.test(source) &&
  !/\b(?:limit|top|fetch\s+first|count|where|information_schema|pg_\w+|sys|system)\b/i.test(source)

interface Client {
  readonly engine: Engine
  /** Options whose value is a text of SQL. */
  readonly code: string
  /** Options whose value is a file of SQL. */
  readonly scripts?: string
  /** The option, else the operand, that names the database. */
  readonly database?: string
  /** Options that name a file it writes. */
  readonly outputs?: string
}

function client({ engine, code, scripts, database, outputs }: Client): NonNullable<Tool['act']> {
  return (call, args) => {
    const named = (database === undefined ? undefined : args.value(database)) ?? args.operands[0]
    const name = named === undefined ? undefined : literal(named.value)
    const on: Database = { engine, ...(name === undefined ? {} : { name }) }
    for (const field of outputs === undefined ? [] : args.values(outputs)) touch(call, 'path.write', field)
    const texts = args.values(code)
    for (const field of texts) runSql(call, whole(field, args.operands), field, on)
    const files = scripts === undefined ? [] : args.values(scripts)
    for (const field of files)
      if (literal(field.value) === '-') runSqlStream(call, call.stdin, field, on)
      else runScript(call, field, on)
    if (texts.length === 0 && files.length === 0) runSqlStream(call, call.stdin, call.name, on)
    // What is asked for stands in this text, and what comes back does not.
    const asked = [...texts.map(({ value }) => value), ...(call.stdin.texts ?? [])]
    if (asked.length === 0) return undefined
    return asked.some((value) => isWhole(prefix(value)))
      ? { origins: [{ from: 'database', engine }, ...ANSWERED.origins] }
      : ANSWERED
  }
}

/** A lone first word of a statement, and words after it: somebody forgot the quotes, and means the statement. */
function whole(field: Field, operands: readonly Field[]): Field['value'] {
  const plain = literal(field.value)
  if (plain === undefined || operands.length === 0 || !/^(?:drop|delete|truncate|update|alter)$/i.test(plain))
    return field.value
  return concat(field.value, ...operands.map(({ value }) => concat(text(' '), value)))
}

/** Databases in one file: the file, then statements as operands. */
function fileClient(engine: 'sqlite' | 'duckdb'): NonNullable<Tool['act']> {
  return (call, args): Stream | undefined => {
    // `-lookaside SIZE N` and `-pagecache SIZE N` take two values.
    const archived = call.args.findIndex(({ value }) => prefix(value).startsWith('-A'))
    const words =
      engine === 'sqlite' && archived !== -1
        ? args.operands.filter((one) => call.args.indexOf(one) < archived)
        : args.operands
    const [file, ...statements] = words.slice(args.has('lookaside pagecache') ? 1 : 0)
    const name = file === undefined ? ':memory:' : prefix(file.value)
    const inMemory =
      file === undefined ||
      (literal(file.value) !== undefined && (name === '' || name.startsWith(':memory:')))
    const readOnly = args.has('readonly safe')
    const harmless = inMemory || readOnly
    const on: Database = {
      engine,
      ...(file === undefined || inMemory ? {} : { name, file }),
      ...(harmless ? { harmless: true } : {}),
      ...(engine === 'sqlite' && args.has('safe') ? { safe: true } : {}),
      // What is attached to one that cannot be written cannot be written either.
      ...(readOnly ? {} : { opened: [] }),
    }
    if (file !== undefined && !inMemory) touch(call, 'path.read', file)
    const texts = [...args.values('cmd c s'), ...statements]
    for (const field of args.values('init f file')) runScript(call, field, on)
    for (const field of texts) runSql(call, field.value, field, on)
    if (texts.length === 0) runSqlStream(call, call.stdin, call.name, on)
    return undefined
  }
}

/** Creates or drops a database by its name. */
const MYSQL_LONG =
  'host port user socket database execute default-character-set defaults-file defaults-extra-file defaults-group-suffix delimiter init-command tee pager protocol ssl-ca ssl-cert ssl-key ssl-mode plugin-dir prompt max-allowed-packet connect-timeout login-path password'

const COMMANDS =
  'create debug drop extended-status flush-all-statistics flush-hosts flush-logs flush-privileges flush-status flush-tables flush-threads kill password old-password ping processlist reload refresh shutdown start-slave stop-slave start-replica stop-replica status variables version'.split(
    ' ',
  )

/** A command may be cut short: `dr` is drop. */
function commandOf(word: string): string {
  const fitting = COMMANDS.filter((name) => name.startsWith(word))
  return word !== '' && fitting.length === 1 ? (fitting[0] as string) : word
}

const admin = (call: Call, args: Arguments): undefined => {
  // `mysqladmin` takes several commands in one line.
  const { operands } = args
  for (let i = 0; i < operands.length; i++) {
    const word = commandOf(args.word(i)?.toLowerCase() ?? '')
    const emit = (verb: 'db.drop' | 'db.admin' | 'db.grant' | 'db.insert', object?: string) =>
      call.shell.emit(
        { verb, on: { kind: 'database', engine: 'mysql', ...(object === undefined ? {} : { object }) } },
        call.span,
      )
    if (word === 'drop') emit('db.drop', args.word(++i))
    else if (word === 'create') emit('db.insert', args.word(++i))
    else if (word === 'shutdown') {
      call.shell.emit(
        { verb: 'service.stop', on: { kind: 'service', manager: 'mysql', name: ['mysql'] } },
        call.span,
      )
      emit('db.admin', 'shutdown')
    } else if (
      word === 'kill' ||
      word.startsWith('flush-') ||
      word === 'refresh' ||
      word === 'reload' ||
      /^(?:start|stop)-(?:slave|replica)$/.test(word)
    )
      emit('db.admin', word)
    else if (word === 'password' || word === 'old-password') {
      emit('db.grant')
      i++
    }
  }
  return undefined
}

const CLICKHOUSE: Sub = {
  style: 'words',
  long: 'q query queries-file host h port user u password database d format f output-format config C i input-format S structure N table file F',
  harmless: 'help version V',
  act: client({ engine: 'clickhouse', code: 'q query', scripts: 'queries-file', database: 'd database' }),
}

export const SQL_CLIENTS: readonly Tool[] = [
  {
    names: 'psql pgcli ysqlsh gsql',
    short: 'cdfvLohpURFPT',
    long: 'command dbname file variable set log-file output host port username pset field-separator record-separator table-attr',
    flags:
      'list version help no-password password single-transaction quiet tuples-only expanded html csv no-align no-psqlrc echo-all single-line single-step',
    harmless: 'help version V l list ?',
    does: [{ do: 'path.append', to: 'option:L log-file' }],
    act: client({
      engine: 'postgresql',
      code: 'c command',
      scripts: 'f file',
      database: 'd dbname',
      outputs: 'o output',
    }),
  },
  {
    names: 'mysql mariadb mycli',
    short: 'hPuDeS',
    attached: 'p#',
    long: MYSQL_LONG,
    harmless: 'help version V ? I',
    does: [{ do: 'path.append', to: 'option:tee' }],
    act: client({ engine: 'mysql', code: 'e execute init-command', database: 'D database' }),
  },
  {
    names: 'mysqlsh',
    short: 'hPuDefS',
    attached: 'p',
    long: 'host port user database schema execute file socket uri cluster ssl-mode auth-method log-file',
    harmless: 'help version V ?',
    act: client({ engine: 'mysql', code: 'e execute', scripts: 'f file', database: 'D database schema' }),
  },
  {
    names: 'mysqladmin mariadb-admin',
    short: 'hPuSci',
    attached: 'p#',
    long: MYSQL_LONG,
    flags: 'force verbose silent wait',
    harmless: 'help version V ?',
    act: admin,
  },
  {
    names: 'mysqlimport mariadb-import',
    short: 'hPuSc',
    attached: 'p#',
    long: MYSQL_LONG,
    flags: 'delete force local replace ignore verbose',
    // What was in the table goes before what is imported.
    does: [{ do: 'db.truncate', to: 'first', when: 'D delete' }],
    platform: 'mysql',
  },
  {
    names: 'sqlite3 sqlcipher',
    style: 'words',
    long: 'cmd init separator newline nullvalue vfs mmap heap maxsize zip A escape lookaside pagecache',
    flags: 'readonly safe help version csv json header batch bail column html line list markdown quote table',
    harmless: 'help version',
    act: fileClient('sqlite'),
  },
  {
    names: 'litecli',
    short: 'DRle',
    long: 'database prompt logfile execute liteclirc auto-vertical-output row-limit init-command',
    harmless: 'help version V',
    act: client({ engine: 'sqlite', code: 'e execute init-command', database: 'D database' }),
  },
  {
    // What is loaded takes the place of the tables of that name.
    names: 'myloader',
    short: 'dBhuPStqTxL',
    long: 'directory database source-db host user password port socket threads queries-per-transaction regex tables-list logfile',
    flags: 'overwrite-tables enable-binlog innodb-optimize-keys verbose',
    does: [{ do: 'db.drop', when: 'o overwrite-tables' }],
    platform: 'mysql',
  },
  {
    names: 'duckdb',
    style: 'words',
    long: 'cmd init c s f file separator newline nullvalue storage-version ui-url',
    flags:
      'readonly safe help version csv json header batch bail column html line list markdown quote table box no-stdin unsigned',
    harmless: 'help version',
    act: fileClient('duckdb'),
  },
  { names: 'clickhouse-client clickhouse-local chc', ...CLICKHOUSE },
  { names: 'clickhouse ch', style: 'posix', sub: { 'client local': CLICKHOUSE } },
  {
    names: 'cqlsh',
    short: 'uefkp',
    long: 'execute file keyspace username password encoding cqlshrc cqlversion connect-timeout request-timeout',
    harmless: 'help version',
    act: client({ engine: 'cassandra', code: 'e execute', scripts: 'f file', database: 'k keyspace' }),
  },
  {
    names: 'sqlcmd tsql',
    short: 'SUPdQqioEHtlwhsabcmv',
    long: 'query server database-name user-name input-file output-file initial-query',
    harmless: 'help version ?',
    act: client({
      engine: 'mssql',
      code: 'Q q query initial-query',
      scripts: 'i input-file',
      database: 'd database-name',
      outputs: 'o output-file',
    }),
  },
  {
    names:
      'isql usql sqlplus sqlline snowsql trino presto impala-shell beeline hive spark-sql cockroach vertica vsql bq-shell exasol pgbench dolt',
    short: 'cefqkn',
    long: 'command query execute file filename host url user password database catalog schema',
    harmless: 'help version V',
    act: client({ engine: 'sql', code: 'c e q command query execute', scripts: 'f file filename' }),
  },
  {
    names: 'cbq',
    style: 'words',
    long: 's script e engine u user p password f file c credentials',
    harmless: 'help version',
    act: client({ engine: 'sql', code: 's script', scripts: 'f file' }),
  },
  {
    // One dash and a whole word, or two.
    names: 'influx',
    style: 'words',
    long: 'h p u d host port username password database execute token org bucket format precision file query start stop predicate b o t name n id i',
    harmless: 'help version',
    platform: 'influx',
    does: [],
    act: (call, args, tool) => {
      const first = args.word(0)
      const second = args.word(1)
      const emit = (verb: 'db.drop' | 'db.delete' | 'db.grant' | 'db.truncate' | 'db.insert') =>
        call.shell.emit({ verb, on: { kind: 'database', engine: 'influx' } }, call.span)
      if (first === 'bucket' && (second === 'delete' || second === 'rm')) emit('db.drop')
      else if (first === 'org' && second === 'delete') emit('db.drop')
      else if (first === 'delete') emit('db.delete')
      else if (first === 'write') emit('db.insert')
      else if (first === 'restore') emit('db.truncate')
      else if ((first === 'user' || first === 'auth') && second === 'delete') emit('db.grant')
      else
        return client({ engine: 'influx', code: 'execute', scripts: 'f file', database: 'database' })(
          call,
          args,
          tool,
        )
      return undefined
    },
  },
  {
    names: 'dropdb',
    short: 'hpU',
    long: 'host port username maintenance-db',
    flags: 'if-exists force interactive echo',
    harmless: 'help version V ?',
    platform: 'postgresql',
    does: [{ do: 'db.drop', to: 'last', least: 1 }],
  },
  {
    names: 'dropuser',
    short: 'hpU',
    long: 'host port username',
    harmless: 'help version V ?',
    platform: 'postgresql',
    does: [{ do: 'db.grant', to: 'last' }],
  },
  {
    names: 'createdb',
    short: 'hpUDElOT',
    long: 'host port username owner template encoding locale tablespace maintenance-db',
    harmless: 'help version V ?',
    act: (call, args) => {
      const database = args.word(0)
      const on = {
        kind: 'database',
        engine: 'postgresql',
        ...(database === undefined ? {} : { database }),
      } as const
      call.shell.emit({ verb: 'db.insert', on }, call.span)
      return undefined
    },
  },
  {
    names: 'createuser',
    short: 'hpUcg',
    long: 'host port username connection-limit role member-of with-member with-admin valid-until',
    harmless: 'help version V ?',
    platform: 'postgresql',
    does: [{ do: 'db.insert', to: 'first' }],
  },
  {
    names: 'pg_restore',
    short: 'dfFhjLnNOPSTtUp',
    long: 'dbname file format host port username jobs use-list schema exclude-schema function table trigger section superuser role',
    flags: 'clean create data-only list if-exists exit-on-error single-transaction schema-only verbose',
    harmless: 'help version V ? l list',
    platform: 'postgresql',
    does: [
      { do: 'path.read', to: 'operands' },
      { do: 'path.write', to: 'option:f file' },
      { do: 'db.drop', to: 'option:d dbname', when: 'c clean', and: 'd dbname', note: 'restore' },
      { do: 'db.update', to: 'option:d dbname', when: 'd dbname', unless: 'c clean', note: 'restore' },
    ],
  },
  {
    names: 'pg_ctl pg_ctlcluster',
    short: 'DlmotpU',
    long: 'pgdata log mode options timeout',
    style: 'gnu',
    platform: 'postgresql',
    act: (call, args) => {
      const words = args.operands.map(({ value }) => literal(value))
      const verb =
        words.includes('stop') || words.includes('kill')
          ? 'service.stop'
          : words.includes('restart')
            ? 'service.restart'
            : words.includes('reload')
              ? 'service.reload'
              : undefined
      if (verb !== undefined) {
        call.shell.emit(
          { verb, on: { kind: 'service', manager: 'postgresql', name: ['postgresql'] } },
          call.span,
        )
        if (verb !== 'service.reload')
          call.shell.emit(
            { verb: 'db.admin', on: { kind: 'database', engine: 'postgresql', object: 'server' } },
            call.span,
          )
      }
      if (words.includes('promote'))
        call.shell.emit(
          { verb: 'db.admin', on: { kind: 'database', engine: 'postgresql', object: 'promote' } },
          call.span,
        )
      if (words.includes('initdb'))
        for (const field of args.values('D pgdata')) touch(call, 'path.create', field)
      return FROM_PROGRAM
    },
  },
  {
    names: 'pg_resetwal pg_rewind pg_upgrade pg_dropcluster myisamchk innochecksum',
    short: 'Dcefulmxd',
    long: 'pgdata target-pgdata source-pgdata source-server',
    harmless: 'help version V ? n dry-run l next-wal-file',
    platform: 'postgresql',
    does: [
      { do: 'db.admin', to: 'none' },
      { do: 'path.write', to: 'option:D pgdata target-pgdata', deep: true },
    ],
    act: (call, args) => {
      if (literal(call.name.value)?.endsWith('pg_dropcluster') === true)
        call.shell.emit(
          {
            verb: 'db.drop',
            on: { kind: 'database', engine: 'postgresql', object: args.word(1) ?? 'cluster' },
          },
          call.span,
        )
      return undefined
    },
  },
  {
    names: 'vacuumdb reindexdb clusterdb',
    short: 'dhpUtnNj',
    long: 'dbname host port username table schema jobs',
    platform: 'postgresql',
    act: (call, args) => {
      if (literal(call.name.value)?.endsWith('vacuumdb') !== true || args.has('f full'))
        call.shell.emit({ verb: 'db.admin', on: { kind: 'database', engine: 'postgresql' } }, call.span)
      return undefined
    },
  },
]
