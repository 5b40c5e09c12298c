// Scripts and tasks by their names: without the file that holds them, the name is all there is to judge.
import { readArguments } from '../arguments.ts'
import type { Tool } from '../tool.ts'
import { literal, prefix, show, text } from '../value.ts'
import { make } from './make.ts'
import { wordsIn } from './make-text.ts'
import {
  COMPOSED,
  COMPOSER_ALONG,
  DENO,
  EVENTS,
  NODE_OPTIONS,
  PACKAGE,
  packageScripts,
  projectOf,
  projectScript,
  projectScripts,
} from './project-scripts.ts'
import { judgeName, tasks } from './script-names.ts'

/** The first operand is; what follows are its arguments. */
const firstTask: NonNullable<Tool['act']> = (call, args) => {
  if (!args.has('n dry-run list l show summary evaluate dump')) judgeName(call, args.operands[0])
  return undefined
}

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
    // Scripts of the project by their names, one after the other or at once.
    names: 'npm-run-all npm-run-all2 run-s run-p',
    short: 'l',
    long: 'max-parallel npm-path',
    harmless: 'help version h v',
    act: (call, args) => {
      for (const field of args.operands) {
        // `"build -- --watch"`: the words behind the name are its own.
        const [name = '', ...words] = wordsIn(show(field.value))
        const rest = words.filter((one) => one !== '--').map((one) => ({ ...field, value: text(one) }))
        if (name === '') continue
        judgeName(call, { ...field, value: text(name) })
        projectScripts(call, projectOf(call, PACKAGE), [name], field, rest)
      }
      return undefined
    },
  },
  {
    // The keeper of the package managers starts them.
    names: 'corepack',
    style: 'posix',
    act: (call, args) => {
      const [manager, ...words] = args.operands
      if (manager !== undefined && /^(?:npm|npx|yarn|yarnpkg|pnpm|pnpx)(?:@|$)/.test(prefix(manager.value)))
        call.shell.start(
          { ...manager, value: text(prefix(manager.value).replace(/@.*$/, '')) },
          words,
          call.stdin,
          call.span,
        )
      return undefined
    },
  },
  {
    names: 'make gmake mmake remake bmake colormake',
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
      if (word === undefined) return undefined
      const project = projectOf(call, COMPOSED, args)
      const along = COMPOSER_ALONG.get(word)
      const rest = args.operands.slice(at + 1)
      if (along !== undefined && !rest.some(({ value }) => literal(value) === '--no-scripts'))
        projectScripts(call, { ...project, manifest: EVENTS }, along.split(' '), call.name)
      if (at === 0 && COMPOSER.has(word)) return undefined
      judgeName(call, args.operands[at])
      projectScript(call, project, args.operands[at], rest)
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
      const inner = readArguments(args.operands.slice(1), {
        style: 'posix',
        short: 'c',
        long: 'config cwd',
      })
      const named = inner.values('c config').flatMap(({ value }) => literal(value) ?? [])
      const manifest = named.length === 0 ? DENO : { ...DENO, files: named }
      projectScript(call, projectOf(call, manifest, args, inner), inner.operands[0], inner.operands.slice(1))
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
