// Programs that are started to be debugged or developed with, and consoles: where they are started is what matters.
import { type Grammar, readArguments } from '../arguments.ts'
import type { Language } from '../code/language.ts'
import { PHP } from '../code/php.ts'
import { PYTHON } from '../code/python.ts'
import type { Field } from '../fields.ts'
import { wordsOfName } from '../lexicon.ts'
import type { Call } from '../shell.ts'
import type { Tool } from '../tool.ts'
import { literal, prefix, show } from '../value.ts'
import { runCode } from './interpreters.ts'

type What = 'debug.server' | 'debug.script' | 'debug.second'

/** In the place of a file, or in the working directory. A name without a slash that is no file is looked for there too. */
export function serve(call: Call, field?: Field, verb: What = 'debug.server', note?: string): void {
  const { shell } = call
  const paths = field === undefined ? shell.state.cwd : shell.paths(field.value)
  for (const path of paths)
    shell.emit(
      { verb, on: { kind: 'path', path }, ...(note === undefined ? {} : { note }) },
      field?.span ?? call.span,
    )
}
const console = (call: Call, field?: Field): void => serve(call, field, 'debug.script', 'console')

/** What a variable of the text holds for the program that is started; undefined where the text sets none. */
export function setting(call: Call, name: string): string | undefined {
  const variable = call.shell.state.variables.get(name)
  return variable?.exported === true ? variable.values.map(show).join(' ') : undefined
}

/** Settings of the environment that turn a start into one for debugging. */
const TURNED_ON: readonly (readonly [string, RegExp])[] = [
  ['DEBUG', /^(?!(?:0|false|no|off)?$)/i],
  ['NODE_DEBUG', /./],
  ['NODE_OPTIONS', /--inspect/],
  ['FLASK_DEBUG', /^(?!(?:0|false|no|off)?$)/i],
  ['FLASK_ENV', /^dev/],
  ['NODE_ENV', /^dev/],
  ['PYTHONDEVMODE', /^(?!0?$)/],
  ['PYTHONBREAKPOINT', /^(?!0?$)/],
  ['XDEBUG_MODE', /debug|trace|profile|develop/],
  ['XDEBUG_SESSION', /./],
  ['XDEBUG_TRIGGER', /./],
  ['XDEBUG_CONFIG', /./],
  ['JAVA_TOOL_OPTIONS', /jdwp/],
  ['JDK_JAVA_OPTIONS', /jdwp/],
  ['JAVA_OPTS', /jdwp/],
  ['RUBYOPT', /-r\s*(?:debug|byebug|pry)/],
]
export const isTurnedOn = (call: Call): boolean =>
  TURNED_ON.some(([name, pattern]) => {
    const value = setting(call, name)
    return value !== undefined && pattern.test(value)
  })

/** A server of a framework: the subcommands that start it for development, and those that open a console. */
interface Server extends Grammar {
  readonly names: string
  /** Subcommands; an empty name is the program without any. */
  readonly serves?: string
  readonly consoles?: string
  /** Subcommands that start it, and debug only where the settings say so. */
  readonly starts?: string
  /** Options that make an ordinary start one for development. */
  readonly when?: string
  /** Options that name the directory. */
  readonly directory?: string
  readonly harmless?: string
  /** Options with which a console is given its text, and is none. */
  readonly code?: string
  readonly language?: Language
}

const SERVERS: readonly Server[] = [
  {
    names: 'flask',
    serves: 'run',
    consoles: 'shell',
    short: 'Ae',
    long: 'app env-file host port cert key',
    flags: 'debug debugger reload no-debug version help',
  },
  {
    names: 'manage.py django-admin',
    // The plain server has no debugger in it unless settings turn one on.
    serves: 'runserver_plus runprofileserver',
    starts: 'runserver testserver',
    consoles: 'shell shell_plus dbshell',
    code: 'c command',
    language: PYTHON,
    short: 'ci',
    long: 'settings pythonpath command interface',
  },
  {
    names: 'rails bin/rails',
    serves: 'server s',
    consoles: 'console c dbconsole db',
    short: 'ebpu',
    long: 'environment port binding',
  },
  { names: 'artisan', serves: 'serve', consoles: 'tinker', code: 'execute', language: PHP, long: 'execute' },
  { names: 'console symfony', serves: 'server:start server:run serve local:server:start', consoles: 'psysh' },
  {
    names: 'next nuxt nuxi astro remix svelte-kit gatsby redwood rw blitz',
    serves: 'dev develop',
    short: 'pH',
    long: 'port hostname',
  },
  { names: 'vite', serves: ' dev serve', short: 'clmd', long: 'port host base config logLevel mode' },
  { names: 'webpack webpack-cli vue-cli-service ng snowpack rsbuild rspack', serves: 'serve server s dev' },
  { names: 'react-scripts craco', serves: 'start' },
  { names: 'parcel', serves: ' serve watch' },
  { names: 'webpack-dev-server nodemon ts-node-dev tsnd node-dev live-server reload', serves: '*' },
  { names: 'tsx', serves: 'watch' },
  {
    names: 'uvicorn hypercorn gunicorn daphne granian',
    when: 'reload debug',
    serves: '*',
    short: 'bwkcu',
    long: 'host port workers app-dir chdir bind log-level',
    directory: 'app-dir chdir',
  },
  { names: 'fastapi', serves: 'dev' },
  {
    names: 'puma rackup shotgun rerun',
    when: 'debug',
    serves: '*',
    short: 'pbeC',
    long: 'port bind config env dir',
    directory: 'dir',
  },
  { names: 'turbo modern', serves: 'dev' },
  { names: 'air reflex realize fresh', serves: ' run start' },
  { names: 'dotnet cargo', serves: 'watch' },
  { names: 'mix', serves: 'phx.server phoenix.server' },
  {
    names: 'irb pry ipython ipython3 bpython ptpython iex ghci jshell psysh node-repl',
    consoles: ' ',
    harmless: 'help version h v V',
    short: 'reIS',
  },
  {
    names: 'rdbg rdebug-ide byebug ndb node-inspector phpdbg xdebug kdb pdb++',
    serves: '*',
    short: 'OCAchp',
    long: 'host port open',
  },
]

/** Settings of the environment, or a settings module of that name: `config.settings.dev`. */
const debugs = (call: Call, settings: readonly Field[]): boolean =>
  isTurnedOn(call) ||
  [...settings.map(({ value }) => show(value)), setting(call, 'DJANGO_SETTINGS_MODULE') ?? ''].some((one) =>
    wordsOfName(one).some((word) => STARTS.has(word)),
  )

const server =
  (one: Server): NonNullable<Tool['act']> =>
  (call) => {
    const args = readArguments(call.args, { ...one, style: 'gnu' })
    if (args.has(one.harmless ?? 'help h version')) return undefined
    if (one.when !== undefined && !args.has(one.when)) {
      serve(call, args.value(one.directory ?? 'C chdir cwd root'), 'debug.second')
      return undefined
    }
    const first = args.operands[0]
    const word = first === undefined ? '' : literal(first.value)
    const among = (names: string | undefined) =>
      names === '*' || (names !== undefined && word !== undefined && names.split(' ').includes(word))
    const place = args.value(one.directory ?? 'C chdir cwd root')
    const codes = one.code === undefined || !among(one.consoles) ? [] : args.values(one.code)
    if (one.language !== undefined) for (const field of codes) runCode(call, field.value, field, one.language)
    if (codes.length > 0) return undefined
    if (among(one.consoles)) console(call, place)
    else if (among(one.starts) && debugs(call, args.values('settings'))) serve(call, place)
    else if (among(one.starts)) serve(call, place, 'debug.second')
    else if (among(one.serves)) serve(call, place ?? (one.serves === '*' ? pathLike(first) : undefined))
    return undefined
  }

/** A word with a slash in it, or of a file's shape. */
const pathLike = (field: Field | undefined): Field | undefined =>
  field !== undefined && /\/|\.[cm]?[jt]sx?$|\.py$|\.rb$|\.php$/.test(prefix(field.value)) ? field : undefined

/** Names of tasks that start something to be developed with: `dev`, `start:dev`, `debug`; a build or a test of that name is none. */
const STARTS = new Set(['dev', 'develop', 'development', 'debug', 'inspect', 'devserver'])
const OTHERWISE = new Set(
  'build test tests lint check format fmt install types typecheck ci compile bundle deps migrate seed log logs stop kill down clean'.split(
    ' ',
  ),
)
function startsForDebugging(name: string): boolean {
  const words = wordsOfName(name)
  return words.some((word) => STARTS.has(word)) && !words.some((word) => OTHERWISE.has(word))
}

const RUN = /^(?:run|run-script|rum|urn|start)$/
/** `npm run dev`, `yarn dev`, `bun --inspect run start`: the script's name, or `start` with settings that debug. */
const packageScript: NonNullable<Tool['act']> = (call, args) => {
  const [first, second] = args.operands.map(({ value }) => literal(value))
  const place = args.value('prefix C dir cwd directory')
  const name = first !== undefined && RUN.test(first) && first !== 'start' ? second : first
  const isStart = name === 'start' || name === 'serve'
  if (name !== undefined && startsForDebugging(name)) serve(call, place)
  else if (isStart && (isTurnedOn(call) || isInspected(call.args))) serve(call, place)
  return undefined
}

/** Options for the runtime, handed on by what starts it: `npm start -- --inspect`, `--node-args=--inspect`. */
const isInspected = (args: readonly Field[]): boolean =>
  args.some(({ value }) =>
    /^(?:--node-args=|--interpreter-args=|--node-options=)?.{0,40}--inspect\b/.test(prefix(value)),
  )

export const DEV_SERVERS: readonly Tool[] = [
  ...SERVERS.map((one): Tool => ({ names: one.names, style: 'posix', harmless: '-', act: server(one) })),
  {
    names: 'pm2 pm2-runtime forever npx mocha ava',
    style: 'posix',
    harmless: '-',
    act: (call) => {
      if (isInspected(call.args)) serve(call)
      return undefined
    },
  },
  {
    names: 'npm cnpm pnpm yarn yarnpkg bun',
    style: 'posix',
    short: 'Cw',
    long: 'prefix workspace filter dir cwd',
    harmless: '-',
    act: packageScript,
  },
]
