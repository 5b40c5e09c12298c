// Interpreters started so that they can be debugged, without anything to run, or with a script of the moment on what a service holds.
import { type Arguments, type Grammar, readArguments } from '../arguments.ts'
import type { Field } from '../fields.ts'
import { isInside, type Path } from '../path.ts'
import { pattern } from '../policy.ts'
import { AIMED } from '../rules/debug.ts'
import type { Call } from '../shell.ts'
import type { Tool } from '../tool.ts'
import { literal, prefix } from '../value.ts'
import { debugs } from './debug.ts'
import { isTurnedOn, serve } from './dev-servers.ts'

interface Runtime extends Grammar {
  readonly names: string
  /** Options whose value is the code: nothing is read from a file or a terminal then. */
  readonly code: string
  /** Options that open a debugger or start for development. */
  readonly debug?: (args: Arguments) => boolean
  /** Options after which nothing runs, or nothing that waits for somebody to type. */
  readonly idle: string
  /** Options that open a console after all. */
  readonly console?: string
  /** A word in the place of the script that is another thing. Answers true where nothing is left to look at. */
  readonly also?: (call: Call, args: Arguments) => boolean
  /** Without a script it waits for one to be typed. */
  readonly waits: boolean
}

const versions = Array.from({ length: 13 }, (_, i) => `python3.${4 + i}`).join(' ')
const has = (args: Arguments, names: string, pattern: RegExp) =>
  args.values(names).some(({ value }) => pattern.test(prefix(value)))

const PYTHON_CONSOLES = /^(?:code|IPython|ptpython|bpython|asyncio|konch)$/

const RUNTIMES: readonly Runtime[] = [
  {
    names: 'node nodejs ts-node tsx iojs',
    short: 'eprCP',
    long: 'eval print require import loader experimental-loader input-type conditions title env-file inspect-port max-old-space-size',
    flags: 'inspect inspect-brk inspect-wait interactive check test watch',
    code: 'e eval p print pe',
    debug: (args) => args.has('inspect inspect-brk inspect-wait debug debug-brk watch watch-path'),
    idle: 'v version h help c check test run v8-options completion-bash',
    console: 'i interactive',
    waits: true,
    also: (call, args) => {
      const [first, second, third] = args.operands
      const word = first === undefined ? undefined : literal(first.value)
      if (word !== 'inspect' && word !== 'debug') return false
      // `node inspect -p 4711`, `node inspect host:9229`, `node inspect app.js`
      const by = second === undefined ? '' : prefix(second.value)
      if (by === '-p' && third !== undefined) debugs(call, third)
      else if (second !== undefined && /^[\w.-]*:\d+$|^\w+:\/\//.test(by))
        debugs(call, { ...second, value: [] })
      else serve(call, second)
      return true
    },
  },
  {
    names: `python python2 python3 pypy pypy3 ${versions}`,
    short: 'cmWXQ',
    long: 'check-hash-based-pycs',
    code: 'c',
    debug: (args) => has(args, 'X', /^dev/),
    idle: 'V version h help ?',
    console: 'i',
    waits: true,
    also: (call, args) => {
      const module = literal(args.value('m')?.value ?? []) ?? ''
      if (PYTHON_CONSOLES.test(module)) serve(call, undefined, 'debug.script', 'console')
      return args.has('m')
    },
  },
  {
    names: 'php php-cli php7 php8',
    short: 'rdcfBREFtzS',
    long: 'run define php-ini file process-begin process-code process-end process-file',
    flags: 'interactive',
    code: 'r run B R F E f',
    debug: (args) => has(args, 'd define', /^(?:xdebug\.|zend_extension=.*xdebug)/) || args.has('S'),
    idle: 'v version h help i info m modules l syntax-check ini rf rc re',
    console: 'a interactive',
    waits: false,
  },
  {
    names: 'ruby jruby',
    short: 'erICEW',
    attached: '0ixFKT',
    code: 'e',
    debug: (args) => has(args, 'r', /^(?:debug|byebug|pry|ruby-debug)/) || args.has('debug'),
    idle: 'v version h help c',
    waits: false,
  },
  {
    names: 'perl',
    short: 'eEMmI',
    attached: '0ilFDCxdt',
    code: 'e E',
    debug: (args) => args.has('d'),
    idle: 'v version V h c',
    waits: false,
  },
  {
    names: 'java',
    style: 'words',
    long: 'cp classpath jar m module p module-path',
    code: '-',
    debug: (args) =>
      args.options.some(({ name }) => /^(?:agentlib:jdwp|Xrunjdwp|Xdebug|agentpath:.*jdwp)/.test(name)),
    idle: 'version help h ? showversion list-modules',
    waits: false,
  },
  {
    names: 'deno',
    long: 'config import-map lock',
    code: '-',
    idle: 'V version h help',
    waits: false,
    also: (call, args) => {
      const [verb, ...rest] = args.operands
      const word = verb === undefined ? undefined : literal(verb.value)
      if (word === 'repl') serve(call, undefined, 'debug.script', 'console')
      if (word !== 'run') return true
      const given = readArguments(rest, { style: 'posix', long: 'config import-map lock cert location' })
      const [script, ...others] = given.operands
      if (given.has('inspect inspect-brk inspect-wait watch')) serve(call, script)
      else if (script !== undefined) ofTheMoment(call, script, others)
      return true
    },
  },
  {
    names: 'bun',
    long: 'eval print preload',
    code: 'e eval p print',
    debug: (args) => args.has('inspect inspect-brk inspect-wait hot watch'),
    idle: 'v version h help',
    waits: false,
  },
  {
    names:
      'lua luajit lua5.3 lua5.4 julia Rscript R tclsh tclsh8.6 expect elixir raku groovy scala guile racket octave',
    short: 'e',
    long: 'eval print load',
    code: 'e c eval E print',
    idle: 'v version h help',
    waits: false,
  },
  {
    names: 'sh bash dash zsh ksh',
    short: 'oOc',
    long: 'rcfile init-file',
    code: 'c',
    idle: 'n version help',
    waits: false,
  },
]

const runtime =
  (one: Runtime): NonNullable<Tool['act']> =>
  (call) => {
    const args = readArguments(call.args, { ...one, style: one.style ?? 'posix' })
    if (args.has(one.idle)) return undefined
    const script = args.operands[0]
    const started = script ?? args.value('jar')
    const debug = one.debug?.(args) === true
    if (one.also?.(call, args) === true) return undefined
    if (debug || (started !== undefined && isTurnedOn(call))) {
      serve(call, started)
      return undefined
    }
    const hasCode = args.has(one.code)
    const isTyped = call.stdin.texts === undefined && call.stdin.origins.length === 0
    if (
      (one.console !== undefined && args.has(one.console)) ||
      (one.waits && !hasCode && script === undefined && isTyped)
    )
      serve(call, undefined, 'debug.script', 'console')
    else if (!hasCode) ofTheMoment(call, script, args.operands.slice(1))
    return undefined
  }

const TEMPORARY: readonly Path[] =
  '/tmp/** /var/tmp/** /dev/shm/** /private/tmp/** /home/*/Downloads/** /root/Downloads/**'
    .split(' ')
    .map(pattern)

/** What is installed is no script of the moment, whatever it is handed. */
const INSTALLED = '/usr/** /bin/** /sbin/** /opt/** /snap/** /nix/**'.split(' ').map(pattern)
const among = (paths: readonly Path[], places: readonly Path[]) =>
  paths.some((path) => !path.loose && places.some((one) => isInside(path, one)))

/**
 * A file that nobody keeps, started where a service lives; or any file that is handed what a service holds. What the text itself has
 * written is read as code, and needs no doubt. Without a script the code is what comes in.
 */
export function ofTheMoment(call: Call, script: Field | undefined, others: readonly Field[]): void {
  const { shell } = call
  const comesIn = script === undefined || literal(script.value) === '-'
  const stream = comesIn ? call.stdin : shell.contents(shell.paths(script.value))
  if (stream.texts !== undefined) return
  const paths = stream.origins.flatMap((one) => (one.from === 'file' ? [one.path] : []))
  if (paths.length === 0 || among(paths, INSTALLED)) return
  if (among(paths, TEMPORARY)) serve(call, undefined, 'debug.script')
  for (const field of others)
    if (!prefix(field.value).startsWith('-') && /[/.]/.test(prefix(field.value)))
      serve(call, field, 'debug.script', AIMED)
}

export const DEBUG_LANGUAGES: readonly Tool[] = [
  ...RUNTIMES.map((one): Tool => ({ names: one.names, style: 'posix', harmless: '-', act: runtime(one) })),
  {
    // Also behind `python -m`: `debugpy --pid 4711`, `pdb -p 4711`, `pdb app.py`.
    names: 'pdb pdb3 ipdb ipdb3 pudb pudb3 bdb debugpy pydevd ptvsd',
    style: 'posix',
    short: 'pcm',
    long: 'pid listen connect port client file',
    flags: 'wait-for-client help version',
    harmless: 'help h version',
    act: (call, args) => {
      const pids = args.values('p pid')
      each(call, pids)
      if (pids.length === 0) serve(call, args.operands[0])
      return undefined
    },
  },
  {
    // `-attach` and `-connect` fasten to what runs; a class is started under it.
    names: 'jdb',
    style: 'words',
    long: 'attach connect listen sourcepath classpath',
    harmless: 'help version h',
    act: (call, args) => {
      const at = args.value('attach connect')
      if (at !== undefined) debugs(call, { ...at, value: [] })
      else if (args.operands[0] !== undefined) serve(call)
      return undefined
    },
  },
  {
    names: 'go',
    style: 'posix',
    harmless: '-',
    act: (call, args) => {
      const [verb, script, ...rest] = args.operands
      if (verb !== undefined && literal(verb.value) === 'run' && script !== undefined)
        ofTheMoment(call, script, rest)
      return undefined
    },
  },
  {
    names: 'dlv',
    harmless: 'help h',
    sub: {
      attach: { style: 'posix', act: (call, args) => (each(call, args.operands.slice(0, 1)), undefined) },
      connect: {
        act: (call, args) => (
          each(
            call,
            args.operands.map((one) => ({ ...one, value: [] })),
          ),
          undefined
        ),
      },
      'debug exec run dap trace': {
        style: 'posix',
        long: 'listen log-dest wd build-flags api-version',
        act: (call, args) => (serve(call, args.operands[0]), undefined),
      },
    },
  },
]

function each(call: Call, fields: readonly Field[]): void {
  for (const field of fields) debugs(call, field)
}
