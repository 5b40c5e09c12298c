// Scripts and tasks by their names: without the file that holds them, the name is all there is to judge.
import { type Arguments, type Grammar, readArguments } from '../arguments.ts'
import { runText } from '../builtins.ts'
import { HOLDS_SCRIPTS } from '../effect.ts'
import type { Field } from '../fields.ts'
import { meaningOf } from '../lexicon.ts'
import { type Path, pathKey } from '../path.ts'
import { sourceOf } from '../printing.ts'
import type { Call } from '../shell.ts'
import { NOTHING } from '../stream.ts'
import type { Tool } from '../tool.ts'
import { after, concat, literal, prefix, show, type Value } from '../value.ts'
import { type Asked, readMakefile } from './makefile.ts'
import { programOfPackage } from './package-programs.ts'

/** A script of this name is about to run. */
export function judgeName(call: Call, field: Field | undefined): void {
  const name = field === undefined ? undefined : literal(field.value)
  if (field === undefined || name === undefined) return
  const meaning = meaningOf(name)
  if (meaning === 'destroy')
    call.shell.emit({ verb: 'exec.script', on: { kind: 'program', name } }, field.span)
  else if (meaning === 'publish')
    call.shell.emit({ verb: 'privilege.publish', on: { kind: 'program', name } }, field.span)
}

/** Every operand is a task. */
const tasks: NonNullable<Tool['act']> = (call, args) => {
  if (args.has('n dry-run just-print recon list l T tasks summary dump')) return undefined
  for (const field of args.operands) if (literal(field.value)?.includes('=') !== true) judgeName(call, field)
  return undefined
}
/** What is run while the makefile is read; and the recipes of what is made. */
function makefile(call: Call, source: string, asked: Asked, isDry: boolean, cwd: readonly Path[]): void {
  const { reading, recipes } = readMakefile(source, asked)
  for (const code of isDry ? reading : [...reading, ...recipes])
    if (code.trim() !== '')
      call.shell.fork({ via: [...call.shell.state.via, 'make'], cwd }).code(code, call.span)
}

const SHELL = /^(?:\/(?:usr\/)?bin\/)?(?:env )?(?:ba|da|k|z|a)?sh$/
/** A makefile that the line itself writes or gives is read; the others are what their targets say. */
const make: NonNullable<Tool['act']> = (call, args, tool) => {
  const isDry = args.has('n dry-run just-print recon')
  const cwd = directoryOf(call, args, 'C directory')
  const words = args.operands.map(({ value }) => show(value))
  const given = new Map(
    words.flatMap((word) => {
      const [, name, value = ''] = /^([\w.-]+)\s*[:?+]?=(.*)$/s.exec(word) ?? []
      return name === undefined ? [] : [[name, value] as const]
    }),
  )
  const asked = { goals: words.filter((word) => !word.includes('=')), given, whole: true }
  for (const { value } of args.values('E eval')) makefile(call, literal(value) ?? '', asked, isDry, cwd)
  // The program that every recipe is handed to.
  for (const { value, ...field } of isDry ? [] : args.operands) {
    const shell = after(value, 'SHELL=')
    if (shell !== undefined && !SHELL.test(literal(shell) ?? ''))
      runText({ ...call, span: field.span }, concat(shell, [' ', '-c', ' ', 'true']))
  }
  const named = args.values('f file makefile')
  for (const value of named.length === 0 ? MAKEFILES : named.map((one) => one.value)) {
    const place = literal(value) === '-' ? [] : call.shell.fork({ cwd }).paths(value)
    const stream = place.length === 0 ? call.stdin : call.shell.contents(place)
    const whole = !place.some((one) => call.shell.world.viewed.has(pathKey(one)))
    lookInto(call, place)
    for (const one of stream.texts ?? []) makefile(call, sourceOf(one), { ...asked, whole }, isDry, cwd)
  }
  return tasks(call, args, tool)
}
/** Where it looks when nobody says: the first that is there. */
const MAKEFILES: readonly Value[] = [['GNUmakefile'], ['makefile'], ['Makefile']]

/** Whoever can look into them may tell what is in them (decide-with.ts). */
function lookInto({ shell, span }: Call, paths: readonly Path[]): void {
  for (const path of paths)
    shell.emit({ verb: 'path.exec', on: { kind: 'path', path }, note: HOLDS_SCRIPTS }, span)
}

/** Each of these options leads on from where the one before has led. */
function directoryOf({ shell }: Call, args: Arguments, options: string): readonly Path[] {
  return args
    .values(options)
    .reduce<readonly Path[]>((cwd, { value }) => shell.fork({ cwd }).paths(value), shell.state.cwd)
}

/** The first operand is; what follows are its arguments. */
const firstTask: NonNullable<Tool['act']> = (call, args) => {
  if (!args.has('n dry-run list l show summary evaluate dump')) judgeName(call, args.operands[0])
  return undefined
}

const RUN = new Set(['run', 'run-script', 'rum', 'urn'])
/** Verbs of the package managers themselves; every other word is a script (yarn, pnpm, bun). */
const OWN = new Set(
  'add install i ci remove rm uninstall un unlink link update up upgrade outdated audit list ls la ll why info view show v search publish unpublish deprecate pack version init create exec x dlx test t start stop restart config cache store patch patch-commit import rebuild prune dedupe node npm workspace workspaces plugin set global bin root prefix help login logout whoami owner access team token dist-tag doctor fund explain repo docs bugs ping completion licenses env deploy fetch self-update setup server recursive approve-builds build repl upgrade pm'.split(
    ' ',
  ),
)

/** Scripts that have a word of their own. */
const LIFE = new Set(['test', 'start', 'stop', 'restart', 't'])

/** Where the scripts of a project stand. */
interface Manifest {
  readonly file: string
  readonly key: string
  /** What runs before and after a script by names of their own. */
  readonly around?: readonly [before: string, after: string]
}
const PACKAGE: Manifest = { file: 'package.json', key: 'scripts', around: ['pre', 'post'] }
const COMPOSED: Manifest = { file: 'composer.json', key: 'scripts', around: ['pre-', 'post-'] }
const DENO: Manifest = { file: 'deno.json', key: 'tasks' }

/** A script by its name; the words of the line behind it are words of its last command. */
function projectScript(
  call: Call,
  args: Arguments,
  { file, key, around }: Manifest,
  field: Field | undefined,
  rest: readonly Field[] = [],
): void {
  const name = literal(field?.value ?? [])
  if (field === undefined || name === undefined) return
  const cwd = directoryOf(call, args, 'C prefix dir cwd d working-dir')
  const place = call.shell.fork({ cwd }).paths([file])
  lookInto(call, place)
  const run = (code: string, positional: readonly Value[]) =>
    call.shell
      .fork({ via: [...call.shell.state.via, literal(call.name.value) ?? 'npm'], cwd, positional })
      .code(positional.length === 0 ? code : `${code} "$@"`, field.span)
  const own = name === 't' ? 'test' : name
  for (const one of call.shell.contents(place).texts ?? []) {
    const scripts = scriptsIn(sourceOf(one), key)
    const each = around === undefined ? [own] : [`${around[0]}${own}`, own, `${around[1]}${own}`]
    for (const script of each)
      if (Object.hasOwn(scripts, script))
        for (const code of [scripts[script]].flat())
          if (typeof code === 'string') run(code, script === own ? rest.map(({ value }) => value) : [])
  }
}

function scriptsIn(source: string, key: string): Readonly<Record<string, unknown>> {
  try {
    const scripts = (JSON.parse(source) as Readonly<Record<string, unknown>>)[key]
    return typeof scripts === 'object' && scripts !== null ? (scripts as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** `npm pkg set scripts.NAME=TEXT`: what is written there is code for whoever runs it next. */
function writtenScripts(call: Call, pairs: readonly Field[]): void {
  for (const { value, span } of pairs) {
    const key = /^scripts\.[^=]+=/.exec(prefix(value))?.[0]
    const code = key === undefined ? undefined : after(value, key)
    if (code !== undefined)
      runText({ ...call, shell: call.shell.fork({ via: [...call.shell.state.via, 'npm'] }), span }, code)
  }
}

const packageScripts =
  (bareNames: boolean): NonNullable<Tool['act']> =>
  (call, args) => {
    const [first, second] = args.operands
    const word = first === undefined ? undefined : literal(first.value)
    if (word === undefined) return undefined
    if (RUN.has(word)) projectScript(call, args, PACKAGE, second, args.operands.slice(2))
    else if (LIFE.has(word) || (bareNames && !OWN.has(word)))
      projectScript(call, args, PACKAGE, first, args.operands.slice(1))
    if (RUN.has(word)) judgeName(call, second)
    else if (word === 'pkg' && args.word(1) === 'set') writtenScripts(call, args.operands.slice(2))
    else if (
      (word === 'workspace' || word === 'recursive' || word === 'workspaces') &&
      args.operands.length > 2
    ) {
      const rest = args.operands.slice(word === 'workspace' ? 2 : 1)
      judgeName(call, RUN.has(literal(rest[0]?.value ?? []) ?? '') ? rest[1] : rest[0])
    } else if (bareNames && !OWN.has(word)) {
      judgeName(call, first)
      // `pnpm prisma …` starts the program of that name.
      if (first !== undefined) call.shell.start(first, args.operands.slice(1), call.stdin, call.span)
    } else if (word === 'exec' || word === 'x' || word === 'dlx') {
      const inner = readArguments(args.operands.slice(1), EXEC)
      for (const code of inner.values('c call'))
        runText({ ...call, shell: call.shell.fork() }, code.value, NOTHING)
      const [program, ...rest] = inner.operands
      if (program !== undefined) call.shell.start(programOfPackage(program), rest, call.stdin, call.span)
    } else if (
      (word === 'cache' || word === 'store') &&
      /^(?:clean|clear|rm|prune)$/.test(args.word(1) ?? '')
    )
      return undefined
    return undefined
  }

const EXEC: Grammar = { style: 'posix', short: 'pcw', long: 'package call workspace' }

const NODE_OPTIONS =
  'prefix workspace filter dir cwd registry tag loglevel userconfig cache script-shell config-dir'

export const PACKAGE_SCRIPTS: readonly Tool[] = [
  {
    names: 'npm cnpm',
    style: 'posix',
    short: 'Cw',
    long: NODE_OPTIONS,
    harmless: '-',
    act: packageScripts(false),
  },
  {
    names: 'pnpm yarn yarnpkg bun',
    style: 'posix',
    short: 'CF',
    long: NODE_OPTIONS,
    harmless: '-',
    act: packageScripts(true),
  },
  {
    names: 'make gmake mmake',
    short: 'CfIoWjlOE',
    long: 'directory file makefile include-dir old-file assume-old what-if jobs load-average eval',
    flags:
      'always-make dry-run just-print question silent keep-going touch print-data-base version help recon',
    harmless: 'help version v h q question p print-data-base t touch',
    act: make,
  },
  {
    names: 'just',
    short: 'dfE',
    long: 'justfile working-directory set dotenv-path shell chooser',
    flags: 'list show summary dry-run evaluate dump fmt choose variables',
    harmless: 'help version h V',
    style: 'posix',
    act: firstTask,
  },
  {
    names: 'task go-task mage invoke inv nox doit pyinvoke fab',
    short: 'dtpcfHrs',
    long: 'dir taskfile parallel concurrency search-root session',
    flags: 'list list-all dry status summary',
    harmless: 'help version h',
    act: (call, args, tool) => (args.has('list-all dry status') ? undefined : tasks(call, args, tool)),
  },
  {
    names: 'gulp grunt jake ant phing buck pants',
    short: 'fD',
    long: 'gulpfile cwd tasks base buildfile',
    harmless: 'help version h T',
    act: tasks,
  },
  {
    names: 'composer',
    style: 'posix',
    short: 'd',
    long: 'working-dir',
    harmless: '-',
    act: (call, args) => {
      const word = args.word(0)
      const at = word === 'run' || word === 'run-script' ? 1 : 0
      if (word === undefined || (at === 0 && COMPOSER.has(word))) return undefined
      judgeName(call, args.operands[at])
      projectScript(call, args, COMPOSED, args.operands[at], args.operands.slice(at + 1))
      return undefined
    },
  },
  {
    names: 'deno',
    style: 'posix',
    long: 'config cwd',
    harmless: '-',
    act: (call, args) => {
      if (args.word(0) !== 'task') return undefined
      const inner = readArguments(args.operands.slice(1), { style: 'posix', long: 'config cwd' })
      projectScript(call, inner, DENO, inner.operands[0], inner.operands.slice(1))
      judgeName(call, inner.operands[0])
      return undefined
    },
  },
  {
    names: 'gradle gradlew',
    short: 'pbcgxPDI',
    long: 'project-dir build-file settings-file exclude-task',
    flags: 'dry-run',
    harmless: 'help version h',
    act: (call, args, tool) => (args.has('m dry-run') ? undefined : tasks(call, args, tool)),
  },
  {
    names: 'mvn mvnw mvnd',
    short: 'PfplDsT',
    long: 'file projects',
    harmless: 'help version h',
    act: (call, args) => {
      for (const field of args.operands)
        if (
          /^(?:flyway:clean|liquibase:dropAll|hibernate3?:hbm2ddl|sql:drop)/.test(literal(field.value) ?? '')
        )
          call.shell.emit({ verb: 'db.drop', on: { kind: 'database', engine: 'sql' } }, field.span)
      return undefined
    },
  },
  {
    names: 'poetry hatch pdm rye poe pipenv',
    style: 'posix',
    harmless: '-',
    act: (call, args) => {
      if (literal(call.name.value)?.endsWith('poe') === true) judgeName(call, args.operands[0])
      return undefined
    },
  },
]

const COMPOSER = new Set(
  'install update require remove create-project dump-autoload dumpautoload show outdated audit validate init search self-update diagnose clear-cache clearcache cc exec global config licenses depends prohibits why why-not status archive browse fund reinstall check-platform-reqs bump suggests'.split(
    ' ',
  ),
)
