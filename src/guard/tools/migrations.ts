// Tools that change a schema: which of their commands take it back or throw it away.
import { type Arguments, readArguments } from '../arguments.ts'
import type { Call } from '../shell.ts'
import type { DatabaseVerb } from '../sql/found.ts'
import { nameOf, type Tool } from '../tool.ts'
import { literal, prefix } from '../value.ts'
import { emitService } from './container-run.ts'
import { RUBY_TASKS } from './ruby-tasks.ts'

export interface Migrator {
  readonly names: string
  /** Commands as they are typed, words separated by blanks; longest first where one begins another. */
  readonly does: Readonly<Record<string, DatabaseVerb>>
  /** Options with values, so that the commands behind them are found. */
  readonly short?: string
  readonly long?: string
  readonly style?: 'words'
  /** Options that make it a question. */
  readonly dry?: string
  /** Words between commas are one command (`db:drop`), joined by this sign. */
  readonly note?: string
}

export const migrates =
  (tool: Migrator): NonNullable<Tool['act']> =>
  (call) => {
    const args = readArguments(call.args, {
      short: tool.short ?? '',
      long: tool.long ?? '',
      ...(tool.style === undefined ? {} : { style: tool.style }),
    })
    if (args.has('help h version') || (tool.dry !== undefined && args.has(tool.dry))) return undefined
    const words = args.operands.map(({ value }) => literal(value) ?? '‹?›').join(' ')
    const options = args.options.map(({ name }) => `--${name}`).join(' ')
    const line = ` ${words} ${options} `
    let found: DatabaseVerb | undefined
    let length = 0
    for (const [command, verb] of Object.entries(tool.does)) {
      const all = command.split(' + ')
      if (
        !(words === all[0] || line.startsWith(` ${all[0] ?? ''} `)) ||
        !all.slice(1).every((one) => line.includes(` ${one} `))
      )
        continue
      if (command.length < length) continue
      found = verb
      length = command.length
    }
    if (found === 'db.alter' && isOwn(call, args)) return undefined
    if (found !== undefined && found !== 'db.read') emit(call, found, tool.names.split(' ')[0] ?? '')
    return undefined
  }

const OWN = /^(?:dev|develop|development|local|test|testing|ci)$/
const VARIABLES = ['NODE_ENV', 'RAILS_ENV', 'RACK_ENV', 'APP_ENV', 'FLASK_ENV', 'MIX_ENV']

/** The schema of a developer's own database goes forth and back all day; what throws it away is asked about even there. */
function isOwn({ shell }: Call, args: Arguments): boolean {
  const given = args.value('env environment')
  if (given !== undefined) return OWN.test(literal(given.value) ?? '')
  return VARIABLES.some((name) => {
    const values = shell.state.variables.get(name)?.values ?? []
    return values.length > 0 && values.every((value) => OWN.test(literal(value) ?? ''))
  })
}

function emit(call: Call, verb: DatabaseVerb, by: string): void {
  call.shell.emit({ verb, on: { kind: 'database', engine: 'sql' }, note: by }, call.span)
}

const MIGRATORS: readonly Migrator[] = [
  {
    names: 'prisma',
    long: 'schema name config',
    does: {
      'migrate reset': 'db.drop',
      'db push + --force-reset': 'db.drop',
      'db push + --accept-data-loss': 'db.drop',
      'db push': 'db.alter',
      'db execute': 'db.unclear',
      'db seed': 'db.insert',
      'migrate deploy': 'db.alter',
      'migrate resolve': 'db.alter',
    },
  },
  {
    names: 'alembic',
    short: 'cnx',
    long: 'config name raiseerr tag',
    dry: 'sql',
    does: { 'downgrade base': 'db.drop', downgrade: 'db.alter', upgrade: 'db.alter', stamp: 'db.alter' },
  },
  {
    names: 'flyway',
    // `-url=…`, `-configFiles=…`
    style: 'words',
    does: {
      clean: 'db.drop',
      'clean migrate': 'db.drop',
      undo: 'db.alter',
      migrate: 'db.alter',
      repair: 'db.alter',
      baseline: 'db.alter',
    },
  },
  {
    names: 'liquibase',
    long: 'changelog-file url username password defaults-file',
    does: {
      'drop-all': 'db.drop',
      dropAll: 'db.drop',
      rollback: 'db.alter',
      'rollback-count': 'db.alter',
      rollbackCount: 'db.alter',
      'rollback-to-date': 'db.alter',
      'clear-checksums': 'db.admin',
      update: 'db.alter',
      'update-count': 'db.alter',
      'execute-sql': 'db.unclear',
    },
  },
  {
    names: 'knex',
    long: 'knexfile env cwd',
    does: {
      'migrate:rollback + --all': 'db.drop',
      'migrate:rollback': 'db.alter',
      'migrate:down': 'db.alter',
      'migrate:latest': 'db.alter',
      'migrate:up': 'db.alter',
      'seed:run': 'db.update',
    },
  },
  {
    names: 'sequelize sequelize-cli',
    long: 'env config url name to',
    does: {
      'db:drop': 'db.drop',
      'db:migrate:undo:all': 'db.drop',
      'db:migrate:undo': 'db.alter',
      'db:migrate': 'db.alter',
      'db:seed:undo:all': 'db.delete',
      'db:seed:undo': 'db.update',
      'db:seed:all': 'db.insert',
    },
  },
  {
    names: 'typeorm typeorm-ts-node-esm typeorm-ts-node-commonjs mikro-orm',
    short: 'd',
    long: 'dataSource config',
    does: {
      'schema:drop': 'db.drop',
      'schema:fresh': 'db.drop',
      'migration:fresh': 'db.drop',
      'schema:sync': 'db.alter',
      'migration:revert': 'db.alter',
      'migration:down': 'db.alter',
      'migration:run': 'db.alter',
      query: 'db.unclear',
    },
  },
  { names: 'drizzle-kit', long: 'config', does: { drop: 'db.alter', push: 'db.alter', migrate: 'db.alter' } },
  {
    names: 'dbmate',
    short: 'ued',
    long: 'url env migrations-dir',
    does: { drop: 'db.drop', down: 'db.alter', rollback: 'db.alter', up: 'db.alter', migrate: 'db.alter' },
  },
  { names: 'goose', long: 'dir table', does: {} },
  {
    names: 'migrate',
    long: 'path database source',
    does: {
      drop: 'db.drop',
      'down + --all': 'db.drop',
      down: 'db.alter',
      up: 'db.alter',
      force: 'db.alter',
      goto: 'db.alter',
    },
  },
  {
    names: 'sqlx',
    long: 'database-url source',
    does: {
      'database drop': 'db.drop',
      'database reset': 'db.drop',
      'migrate revert': 'db.alter',
      'migrate run': 'db.alter',
      'database setup': 'db.insert',
      'database create': 'db.insert',
    },
  },
  {
    names: 'diesel',
    long: 'database-url config-file',
    does: {
      'database reset': 'db.drop',
      'database drop': 'db.drop',
      'migration revert + --all': 'db.drop',
      'migration revert': 'db.alter',
      'migration redo': 'db.alter',
      'migration run': 'db.alter',
    },
  },
  {
    names: 'atlas',
    short: 'u',
    long: 'url to dev-url dir',
    dry: 'dry-run',
    does: {
      'schema clean': 'db.drop',
      'schema apply': 'db.alter',
      'migrate apply': 'db.alter',
      'migrate down': 'db.alter',
    },
  },
  {
    names: 'supabase',
    long: 'workdir project-ref',
    does: {
      'db reset': 'db.drop',
      'db push': 'db.alter',
      'migration down': 'db.alter',
      'migration repair': 'db.alter',
      'projects delete': 'db.drop',
      'branches delete': 'db.drop',
      stop: 'db.read',
      'stop + --no-backup': 'db.drop',
    },
  },
  {
    names: 'hasura',
    long: 'endpoint admin-secret database-name project',
    does: {
      'migrate delete': 'db.alter',
      'migrate apply + --down': 'db.alter',
      'migrate apply': 'db.alter',
      'metadata clear': 'db.drop',
      'metadata apply': 'db.alter',
    },
  },
  { names: 'yoyo', does: { rollback: 'db.alter', apply: 'db.alter', reapply: 'db.alter' } },
  {
    names: 'django-admin manage.py',
    short: 'v',
    long: 'settings pythonpath verbosity database',
    dry: 'dry-run plan check',
    does: {
      flush: 'db.truncate',
      sqlflush: 'db.read',
      reset_db: 'db.drop',
      migrate: 'db.alter',
      'migrate + --fake': 'db.alter',
      loaddata: 'db.update',
      clearsessions: 'db.delete',
      remove_stale_contenttypes: 'db.delete',
      drop_test_database: 'db.read',
      dbshell: 'db.read',
      sqlmigrate: 'db.read',
    },
  },
  {
    names: 'flask',
    short: 'Ae',
    long: 'app env-file',
    does: {
      'db downgrade base': 'db.drop',
      'db downgrade': 'db.alter',
      'db upgrade': 'db.alter',
      'db stamp': 'db.alter',
    },
  },
  {
    names: 'doctrine doctrine-migrations',
    does: {
      'orm:schema-tool:drop': 'db.drop',
      'migrations:migrate': 'db.alter',
      'dbal:run-sql': 'db.unclear',
    },
  },
  { names: 'ecto', does: {} },
  // Without a word about where, the copy on this host is meant.
  {
    names: 'wrangler',
    short: 'ce',
    long: 'config env',
    does: { 'd1 migrations apply + --remote': 'db.alter' },
  },
  {
    names: 'dotnet dotnet-ef',
    short: 'pc',
    long: 'project startup-project context configuration',
    dry: 'dry-run',
    does: {
      'ef database drop': 'db.drop',
      'ef database update': 'db.alter',
      'ef migrations remove': 'db.alter',
      'database drop': 'db.drop',
      'database update': 'db.alter',
    },
  },
]

/** A migration of zero takes all tables of an application away. */
const djangoZero = (call: Call): void => {
  const { operands } = readArguments(call.args, {
    short: 'v',
    long: 'settings pythonpath verbosity database',
  })
  const words = operands.map(({ value }) => literal(value))
  if (words[0] === 'migrate' && words.at(-1) === 'zero') emit(call, 'db.drop', 'django')
}

export const MIGRATIONS: readonly Tool[] = [
  ...MIGRATORS.map(
    (one): Tool => ({ names: one.names, harmless: '-', style: 'posix', aims: true, act: migrates(one) }),
  ),
  {
    names: 'django-admin manage.py',
    style: 'posix',
    harmless: '-',
    act: (call) => {
      djangoZero(call)
      return undefined
    },
  },
  {
    names: 'mix',
    act: (call, args) => {
      // `mix do ecto.drop, ecto.create`: a list of tasks.
      const isList = args.word(0) === 'do'
      for (const field of isList ? args.operands.slice(1) : args.operands.slice(0, 1)) {
        const word = prefix(field.value).replace(/,$/, '')
        if (/^ecto\.(?:drop|reset)$/.test(word)) emit(call, 'db.drop', 'ecto')
        else if (/^ecto\.(?:migrate|rollback|load)$/.test(word)) emit(call, 'db.alter', 'ecto')
      }
      return undefined
    },
  },
  {
    // migrate -path … -database … VERB
    names: 'migrate golang-migrate',
    short: 'l',
    style: 'words',
    long: 'path database source lock-timeout prefetch',
    act: (call, args) => {
      if (args.word(0) === 'drop') emit(call, 'db.drop', 'migrate')
      else if (/^(?:down|up|goto|force)$/.test(args.word(0) ?? '')) emit(call, 'db.alter', 'migrate')
      return undefined
    },
  },
  {
    names: 'sqitch',
    style: 'gnu',
    act: (call, args) => {
      if (/^(?:revert|rebase|deploy|checkout)$/.test(args.word(0) ?? '')) emit(call, 'db.alter', 'sqitch')
      return undefined
    },
  },
  {
    // goose DRIVER DATABASE COMMAND, or the last two words from the environment.
    names: 'goose',
    long: 'dir table',
    act: (call, args) => {
      const words = args.operands.map(({ value }) => literal(value) ?? '')
      if (words.includes('reset')) emit(call, 'db.drop', 'goose')
      else if (words.some((word) => /^(?:down|down-to|redo|up|up-to|up-by-one)$/.test(word)))
        emit(call, 'db.alter', 'goose')
      return undefined
    },
  },
  {
    // Tasks of a build: `gradle flywayClean`, `sbt flywayMigrate`.
    names: 'gradle gradlew sbt',
    act: (call, args) => {
      for (const { value } of args.operands) {
        const task = (literal(value) ?? '').split(':').at(-1) ?? ''
        if (/^(?:flywayClean|liquibaseDropAll|dropAll)$/.test(task)) emit(call, 'db.drop', task)
        else if (/^(?:flyway(?:Migrate|Undo|Repair|Baseline)|liquibase(?:Update|Rollback)\w*)$/.test(task))
          emit(call, 'db.alter', task)
      }
      return undefined
    },
  },
  {
    names: 'artisan',
    act: (call, args) => {
      const word = args.word(0) ?? ''
      if (/^(?:migrate:(?:fresh|reset|refresh)|db:wipe)$/.test(word)) emit(call, 'db.drop', 'artisan')
      else if (/^(?:migrate|migrate:rollback)$/.test(word) && !args.has('pretend'))
        emit(call, 'db.alter', 'artisan')
      else if (word === 'db:seed') emit(call, 'db.insert', 'artisan')
      else if (/^(?:queue:(?:flush|clear)|horizon:clear|telescope:clear|scout:flush)$/.test(word))
        emit(call, 'db.truncate', 'artisan')
      // Whoever comes is told to come back later.
      else if (word === 'down') emitService(call, 'process', 'stop', { ...call.name, value: ['artisan'] })
      return undefined
    },
  },
  {
    names: 'doctrine:console console symfony',
    act: (call, args) => {
      // `symfony console doctrine:schema:drop`
      const word = args.word(nameOf(call) === 'symfony' ? 1 : 0) ?? ''
      if (/^doctrine:(?:database:drop|schema:drop|mongodb:schema:drop)$/.test(word))
        emit(call, 'db.drop', 'doctrine')
      // An update of the schema that is not forced says only what it would be.
      else if (
        /^doctrine:migrations:(?:migrate|execute|rollup)$/.test(word) ||
        (word === 'doctrine:schema:update' && args.has('force f'))
      )
        emit(call, 'db.alter', 'doctrine')
      else if (word === 'doctrine:fixtures:load' && !args.has('append')) emit(call, 'db.truncate', 'doctrine')
      return undefined
    },
  },
  ...RUBY_TASKS,
]
