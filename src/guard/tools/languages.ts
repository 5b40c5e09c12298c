// Interpreters by their names: the grammar of their options, and what their inline code is read as.
import { type Arguments, readArguments } from '../arguments.ts'
import { JAVASCRIPT } from '../code/javascript.ts'
import { ELIXIR, JULIA, LUA, R } from '../code/others.ts'
import { PERL } from '../code/perl.ts'
import { PHP } from '../code/php.ts'
import { PYTHON } from '../code/python.ts'
import { RUBY } from '../code/ruby.ts'
import type { Field } from '../fields.ts'
import { handOver } from '../reveal.ts'
import type { Call } from '../shell.ts'
import { NOTHING } from '../stream.ts'
import { fieldFor, type Tool, touch } from '../tool.ts'
import { after, concat, literal, prefix, text } from '../value.ts'
import { pythonServer } from './file-servers.ts'
import { interpreter, runCode, runScriptFile } from './interpreters.ts'
import { LITTLE_LANGUAGES } from './little-languages.ts'
import { programOfPackage } from './package-programs.ts'
import { PACKAGE_SCRIPTS } from './scripts.ts'

const versions = (name: string, major: number, from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, i) => `${name}${major}.${from + i}`).join(' ')

/** `python -m NAME words`: some are tools of their own. */
const pythonModule: NonNullable<Parameters<typeof interpreter>[0]['also']> = (call, args) => {
  const module = args.value('m')
  if (module === undefined) {
    // The script of a framework is known by its name.
    const [script, ...rest] = args.operands
    if (script !== undefined && !args.has('c') && literal(script.value)?.split('/').at(-1) === 'manage.py')
      call.shell.start({ ...script, value: text('manage.py') }, rest, call.stdin, call.span)
    return false
  }
  const name = literal(module.value)
  const at = call.args.findIndex(
    (field) => field === module || (field.span === module.span && prefix(field.value).startsWith('-')),
  )
  const rest = call.args.slice((at === -1 ? call.args.length : at) + 1).filter((field) => field !== module)
  if (name === undefined) call.shell.world.say('unknown code', module.span)
  else if (name === 'http.server' || name === 'SimpleHTTPServer') {
    call.shell.emit({ verb: 'net.listen', on: { kind: 'url', url: [] } }, module.span)
    pythonServer(call, rest)
  } else if (name === 'json.tool') {
    for (const field of rest.slice(0, 1)) touch(call, 'path.read', field)
    for (const field of rest.slice(1, 2)) touch(call, 'path.write', field)
  } else if (name === 'zipfile' || name === 'tarfile') {
    const at = rest.findIndex(({ value }) => /^(?:-e|--extract)$/.test(literal(value) ?? ''))
    const target = rest[at + 2] ?? fieldFor(call, ['.'])
    if (at !== -1) touch(call, 'path.create', target, { note: 'unpacked' })
    const packs = rest.findIndex(({ value }) => /^(?:-c|--create)$/.test(literal(value) ?? ''))
    for (const field of packs === -1 ? [] : rest.slice(packs + 1, packs + 2)) touch(call, 'path.write', field)
    for (const field of packs === -1 ? [] : rest.slice(packs + 2))
      touch(call, 'path.read', field, { recursive: true })
  } else if (name === 'django')
    call.shell.start({ ...module, value: text('django-admin') }, rest, call.stdin, call.span)
  else {
    const file = text(`./${name.replaceAll('.', '/')}`)
    for (const end of ['.py', '/__main__.py'])
      runScriptFile(call, { ...module, value: concat(file, text(end)) }, PYTHON, false, rest)
    if (!name.includes('.'))
      call.shell.start(programOfPackage({ ...module, value: text(name) }), rest, call.stdin, call.span)
  }
  return true
}

/** The words without those that name the file. */
const withoutFile = (words: readonly Field[]): readonly Field[] =>
  words.filter(
    ({ value }, i) =>
      !prefix(value).startsWith('--env') &&
      !/^--env(?:-file)?(?:-if-exists)?$/.test(literal(words[i - 1]?.value ?? []) ?? ''),
  )

/** `-r dotenv/config`: the file that it loads without a word in the code. */
function dotenvOf(call: Call, args: Arguments): readonly Field[] {
  const loads = args
    .values('r require import loader')
    .some(({ value }) =>
      /^(?:dotenv|@dotenvx\/dotenvx|dotenv-flow|dotenv-expand)\/config(?:\.js)?$/.test(literal(value) ?? ''),
    )
  if (!loads) return []
  const named = args.operands.find(({ value }) => prefix(value).startsWith('dotenv_config_path='))
  const given = call.shell.state.variables.get('DOTENV_CONFIG_PATH')?.values[0]
  return [
    fieldFor(
      call,
      named === undefined ? (given ?? ['.env']) : (after(named.value, 'dotenv_config_path=') ?? []),
    ),
  ]
}

/** `--env-file FILE`, or the file of that name here. Where the code stands in the line it is known whether it prints them. */
function variables(call: Call, args: Arguments): void {
  for (const option of args.options) {
    if (option.name !== 'env-file' && option.name !== 'env') continue
    const field = option.value ?? fieldFor(call, ['.env'])
    handOver(call, field, [call.name, ...withoutFile(call.args)])
  }
}

/** Files that `-n` and `-p` go through; `-i` writes them. */
const inPlace: NonNullable<Parameters<typeof interpreter>[0]['files']> = (call, args, operands) => {
  if (!args.has('n p i')) return
  for (const field of operands) {
    touch(call, 'path.read', field)
    if (args.has('i')) touch(call, 'path.write', field)
  }
}

const INTERPRETERS: readonly Tool[] = [
  interpreter({
    names: `python python2 python3 pypy pypy3 python2.7 ${versions('python', 3, 4, 16)} ipython ipython3`,
    language: PYTHON,
    short: 'cmWXQ',
    long: 'check-hash-based-pycs command',
    harmless: 'help version V h ?',
    code: 'c',
    also: pythonModule,
    tries: ['/__main__.py'],
  }),
  interpreter({
    names: 'node nodejs ts-node tsx iojs esno jiti babel-node',
    language: JAVASCRIPT,
    short: 'epriCP',
    long: 'run eval print require import loader experimental-loader input-type conditions title inspect-port env-file env-file-if-exists max-old-space-size project compiler-options',
    flags:
      'check interactive test watch inspect inspect-brk trace-warnings no-warnings enable-source-maps harmony',
    harmless: 'help version v h v8-options',
    code: 'e eval p print pe',
    preload: 'r require import loader experimental-loader',
    checks: 'c check',
    tries: ['.js', '.mjs', '.cjs', '.ts', '/index.js'],
    also: (call, args) => {
      const named = args.value('run')
      if (named !== undefined)
        call.shell.start(
          fieldFor(call, ['npm']),
          [fieldFor(call, ['run']), named, ...args.operands],
          call.stdin,
          call.span,
        )
      if (named !== undefined) return true
      const [script, ...rest] = args.operands
      if (
        script !== undefined &&
        !args.has('e eval p print') &&
        /^(?:.*\/)?ace(?:\.js)?$/.test(literal(script.value) ?? '')
      )
        call.shell.start({ ...script, value: text('ace') }, rest, call.stdin, call.span)
      for (const field of [...args.values('env-file env-file-if-exists'), ...dotenvOf(call, args)])
        handOver(call, field, [call.name, ...withoutFile(call.args)])
      // `-pe CODE`: both letters, one text.
      const at = call.args.findIndex(({ value }) => /^-[pe]{2}$/.test(literal(value) ?? ''))
      const code = call.args[at + 1]
      if (at === -1 || code === undefined) return false
      runCode(call, code.value, code, JAVASCRIPT)
      return true
    },
  }),
  {
    names: 'deno',
    harmless: 'help version V h',
    sub: {
      eval: {
        long: 'ext config import-map',
        act: (call, args) => {
          variables({ ...call, args: [{ ...call.name, value: ['eval'] }, ...call.args] }, args)
          for (const field of args.operands.slice(0, 1)) runCode(call, field.value, field, JAVASCRIPT)
          return NOTHING
        },
      },
      'run test bench': {
        style: 'posix',
        long: 'config import-map lock',
        act: (call, args) => {
          variables(call, args)
          for (const field of args.operands.slice(0, 1)) {
            const packaged = after(field.value, 'npm:')
            if (packaged !== undefined)
              call.shell.start({ ...field, value: packaged }, args.operands.slice(1), call.stdin, field.span)
            else if (/^https?:/.test(prefix(field.value)))
              call.shell.emit({ verb: 'exec.downloaded', on: { kind: 'program', name: 'deno' } }, field.span)
            else runScriptFile(call, field, JAVASCRIPT)
          }
          return NOTHING
        },
      },
    },
  },
  {
    names: 'bun',
    short: 'epr',
    long: 'eval print preload env-file',
    harmless: '-',
    style: 'posix',
    act: (call, args) => {
      const verb = /^(?:run|x|test)$/.test(args.word(0) ?? '') ? args.operands.slice(1) : []
      variables(call, args)
      variables(call, readArguments(verb, { style: 'posix', long: 'env-file' }))
      for (const field of args.values('e eval p print')) {
        // It reads the file of that name by itself.
        const source = literal(field.value)
        if (source === undefined || /\benv\b(?!\s*[.[]|\?\.)/.test(source.slice(0, 4_096)))
          touch(call, 'path.read', { value: ['.env'], span: field.span, open: false })
        runCode(call, field.value, field, JAVASCRIPT)
      }
      const read = args.word(0) === 'run' && args.word(1) === '-' ? args.operands[1] : undefined
      if (read !== undefined) runScriptFile(call, read, JAVASCRIPT)
      const started = args.word(0) === 'run' ? args.operands.slice(1) : args.operands
      const [script, ...rest] = started
      if (script !== undefined && /\.[cm]?[jt]sx?$/.test(literal(script.value) ?? ''))
        runScriptFile(call, script, JAVASCRIPT, false, rest)
      return undefined
    },
  },
  interpreter({
    names: 'perl perl5',
    language: PERL,
    short: 'eEMmI',
    attached: '0ilFDCxdt',
    harmless: 'help version v V h ?',
    checks: 'c',
    code: 'e E',
    files: inPlace,
  }),
  interpreter({
    names: 'ruby jruby truffleruby irb',
    language: RUBY,
    short: 'erICEW',
    attached: '0ixFKT',
    long: 'external-encoding internal-encoding enable disable',
    harmless: 'help version h v',
    checks: 'c',
    code: 'e',
    preload: 'r',
    files: inPlace,
  }),
  interpreter({
    names: 'php php7 php8 php-cli hhvm',
    language: PHP,
    short: 'rcdfBREFtzS',
    long: 'run define php-ini file process-begin process-code process-end process-file syntax-check',
    harmless: 'help version v h i m ini info modules l syntax-check',
    code: 'r run B process-begin R process-code E process-end',
    also: (call, args) => {
      const [script, ...rest] = args.operands
      const name = script === undefined ? undefined : literal(script.value)?.split('/').at(-1)
      if (
        script !== undefined &&
        name !== undefined &&
        /^(?:artisan|console|spark|phinx|cake\.php)$/.test(name)
      )
        call.shell.start({ ...script, value: text(name.replace('.php', '')) }, rest, call.stdin, call.span)
      for (const field of args.values('f file')) runScriptFile(call, field, PHP)
      return false
    },
  }),
  interpreter({
    names: 'lua luajit lua5.1 lua5.2 lua5.3 lua5.4 texlua',
    language: LUA,
    short: 'el',
    harmless: 'help version v h',
    code: 'e',
  }),
  interpreter({
    names: 'Rscript R',
    language: R,
    short: 'ef',
    long: 'file',
    harmless: 'help version h',
    code: 'e',
  }),
  interpreter({
    names: 'julia',
    language: JULIA,
    short: 'eEJLptH',
    long: 'eval print load project sysimage threads',
    harmless: 'help version v h',
    code: 'e E eval print',
    preload: 'L load',
  }),
  interpreter({
    names: 'elixir iex',
    language: ELIXIR,
    short: 'er',
    long: 'eval rpc-eval name sname cookie',
    harmless: 'help version v h',
    code: 'e eval',
  }),
]

export const LANGUAGES: readonly Tool[] = [...INTERPRETERS, ...LITTLE_LANGUAGES, ...PACKAGE_SCRIPTS]
