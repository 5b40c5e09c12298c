// Scripts of a project by their names: where they stand, what runs along with a verb, and the programs that start several of them.
import { Arguments, type Grammar, readArguments } from '../arguments.ts'
import { runText } from '../builtins.ts'
import type { Field } from '../fields.ts'
import type { Path } from '../path.ts'
import { sourceOf } from '../printing.ts'
import type { Call } from '../shell.ts'
import { NOTHING } from '../stream.ts'
import type { Tool } from '../tool.ts'
import { after, concat, literal, prefix, text } from '../value.ts'
import { programOfPackage } from './package-programs.ts'
import { directoryOf, judgeName, lookInto, SHELL } from './script-names.ts'

const RUN = new Set(['run', 'run-script', 'rum', 'urn'])
/** Verbs of the package managers themselves; every other word is a script (yarn, pnpm, bun). */
const OWN = new Set(
  'add install i ci remove rm uninstall un unlink link update up upgrade outdated audit list ls la ll why info view show v search publish unpublish deprecate pack version init create exec x dlx test t start stop restart config cache store patch patch-commit import rebuild prune dedupe node npm workspace workspaces plugin set global bin root prefix help login logout whoami owner access team token dist-tag doctor fund explain repo docs bugs ping completion licenses env deploy fetch self-update setup server recursive approve-builds build repl upgrade pm'.split(
    ' ',
  ),
)

/** Scripts that have a word of their own. */
const LIFE = new Map([
  ...['test', 'start', 'stop', 'restart'].map((one) => [one, one] as const),
  ...['t', 'tst'].map((one) => [one, 'test'] as const),
])
const ON_INSTALL =
  'preinstall install postinstall prepublish preprepare prepare postprepare pnpm:devPreinstall'
const ON_PACK = 'prepublish prepack prepare postpack'
/** What else a verb runs of the scripts, where it is about this project and no other. */
const ALONG = new Map([
  ...'install i in ins add ci clean-install ic'.split(' ').map((one) => [one, ON_INSTALL] as const),
  ...'it install-test cit clean-install-test sit'
    .split(' ')
    .map((one) => [one, `${ON_INSTALL} pretest test posttest`] as const),
  ['pack', ON_PACK],
  ['publish', `prepublishOnly ${ON_PACK} publish postpublish`],
  ['version', 'preversion version postversion'],
])
export const COMPOSER_ALONG = new Map([
  ['install', 'pre-install-cmd post-install-cmd pre-autoload-dump post-autoload-dump'],
  ...'update require remove upgrade'
    .split(' ')
    .map((one) => [one, 'pre-update-cmd post-update-cmd pre-autoload-dump post-autoload-dump'] as const),
  ...'dump-autoload dumpautoload'
    .split(' ')
    .map((one) => [one, 'pre-autoload-dump post-autoload-dump'] as const),
])

/** Where the scripts of a project stand. */
export interface Manifest {
  readonly files: readonly string[]
  readonly keys: readonly string[]
  /** What runs before and after a script by names of their own. */
  readonly around?: readonly [before: string, after: string]
  /** `@other` in a script is another one of them, `@php file` a program. */
  readonly refers?: true
}
export const PACKAGE: Manifest = { files: ['package.json'], keys: ['scripts'], around: ['pre', 'post'] }
export const COMPOSED: Manifest = {
  files: ['composer.json'],
  keys: ['scripts'],
  around: ['pre-', 'post-'],
  refers: true,
}
export const EVENTS: Manifest = { files: ['composer.json'], keys: ['scripts'], refers: true }
/** Scripts that a verb runs by their whole names. */
const BARE: Manifest = { files: ['package.json'], keys: ['scripts'] }
export const DENO: Manifest = {
  files: ['deno.json', 'deno.jsonc', 'package.json'],
  keys: ['tasks', 'scripts'],
}

/** A project by where it lies, and the words that lead there. */
export interface Project {
  readonly manifest: Manifest
  readonly cwds: readonly (readonly Path[])[]
}

/** The directory of the line, or those of the parts of a project that it names. */
export function projectOf({ shell }: Call, manifest: Manifest, ...all: readonly Arguments[]): Project {
  const cwd = all.reduce<readonly Path[]>(
    (from, args) => directoryOf(shell, args, 'C prefix dir cwd d working-dir', from),
    shell.state.cwd,
  )
  const parts = all.flatMap((args) => args.values('w workspace F filter'))
  const cwds = parts.flatMap(({ value }) => {
    const name = literal(value)?.replace(/^@[^/]*\//, '') ?? ''
    // By its place, or by a name that as a rule is that of its directory.
    return name === '' ? [] : ['', 'packages/', 'apps/'].map((one) => shell.fork({ cwd }).paths([one + name]))
  })
  return { manifest, cwds: cwds.length === 0 ? [cwd] : cwds }
}

/** Scripts by their names, `build:*` too; the words of the line behind one are words of its last command. */
export function projectScripts(
  call: Call,
  { manifest, cwds }: Project,
  names: readonly string[],
  { span }: { readonly span: Field['span'] },
  rest: readonly Field[] = [],
  depth = 0,
): void {
  const { files, keys, around, refers } = manifest
  const via = [...call.shell.state.via, literal(call.name.value) ?? 'npm']
  for (const cwd of cwds) {
    const run = (code: string, words: readonly Field[]) => {
      const other = refers === true ? /^@(\S+)/.exec(code)?.[1] : undefined
      if (other !== undefined && other !== 'php' && other !== 'composer' && other !== 'putenv') {
        if (depth < DEPTH)
          projectScripts(call, { manifest, cwds: [cwd] }, [other], { span }, words, depth + 1)
        return
      }
      const positional = words.map(({ value }) => value)
      const source = refers === true ? code.replace(/^@/, '') : code
      call.shell
        .fork({ via, cwd, positional })
        .code(positional.length === 0 ? source : `${source} "$@"`, span)
    }
    for (const file of files) {
      const place = call.shell.fork({ cwd }).paths([file])
      lookInto(call, place)
      for (const one of call.shell.contents(place).texts ?? []) {
        const scripts = scriptsIn(sourceOf(one), keys)
        for (const name of names) {
          const each = around === undefined ? [name] : [`${around[0]}${name}`, name, `${around[1]}${name}`]
          for (const script of name.includes('*')
            ? [...scripts.keys()].filter((key) => fits(name, key))
            : each)
            for (const code of scripts.get(script) ?? []) run(code, script === name ? rest : [])
        }
      }
    }
  }
}

/** Scripts in scripts. */
const DEPTH = 4
const fits = (pattern: string, name: string): boolean => {
  const [start = '', ...others] = pattern.split(/\*+/)
  return name.startsWith(start) && name.endsWith(others.at(-1) ?? '')
}

export function projectScript(
  call: Call,
  project: Project,
  field: Field | undefined,
  rest: readonly Field[] = [],
): void {
  const name = literal(field?.value ?? [])
  if (field !== undefined && name !== undefined) projectScripts(call, project, [name], field, rest)
}

/** Comments, strings, and commas that nothing follows. */
const NOTES = /("(?:[^"\\]|\\.)*(?:"|$))|\/\/[^\n]*|\/\*(?:[^*]|\*(?!\/))*(?:\*\/|$)|,(?=\s{0,200}[}\]])/g

function scriptsIn(source: string, keys: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>()
  try {
    const plain = source.replace(/^\uFEFF/, '')
    const all = parsed(plain) ?? parsed(plain.replaceAll(NOTES, (_, text: string | undefined) => text ?? ''))
    for (const key of keys)
      for (const [name, given] of Object.entries(objectOf(objectOf(all)[key]))) {
        const code = typeof given === 'object' && !Array.isArray(given) ? objectOf(given)['command'] : given
        found.set(
          name,
          [code].flat().filter((one) => typeof one === 'string'),
        )
      }
  } catch {
    return found // No JSON: the program does not read it either.
  }
  return found
}

function parsed(source: string): unknown {
  try {
    return JSON.parse(source)
  } catch {
    return undefined
  }
}

const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}

/** `npm pkg set scripts.NAME=TEXT`: what is written there is code for whoever runs it next. */
function writtenScripts(call: Call, pairs: readonly Field[]): void {
  for (const { value, span } of pairs) {
    const key = /^scripts\.[^=]+=/.exec(prefix(value))?.[0]
    const code = key === undefined ? undefined : after(value, key)
    if (code !== undefined)
      runText({ ...call, shell: call.shell.fork({ via: [...call.shell.state.via, 'npm'] }), span }, code)
  }
}

/** What stands for the shell of a script. */
function shellOfScripts(call: Call, given: Field | undefined): void {
  const value = given?.value
  if (value === undefined || SHELL.test(literal(value) ?? '')) return
  runText({ ...call, span: given?.span ?? call.span }, concat(value, [' ', '-c', ' ', 'true']))
}

export const packageScripts =
  (bareNames: boolean): NonNullable<Tool['act']> =>
  (call, args) => {
    const [first] = args.operands
    const word = first === undefined ? (bareNames ? 'install' : undefined) : literal(first.value)
    if (word === undefined) return undefined
    // npm takes its options anywhere, the others before the name.
    const inner = readArguments(args.operands.slice(1), {
      style: bareNames ? 'posix' : 'gnu',
      short: bareNames ? 'CF' : 'Cw',
      long: NODE_OPTIONS,
    })
    const project = projectOf(call, PACKAGE, args, inner)
    const [second, ...words] = inner.operands
    const life = LIFE.get(word)
    const along = ALONG.get(word)
    const isOff = args.has('ignore-scripts g global') || inner.has('ignore-scripts g global')
    if (RUN.has(word)) projectScript(call, project, second, words)
    else if (life !== undefined && first !== undefined)
      projectScript(call, project, { ...first, value: text(life) }, inner.operands)
    else if (bareNames && !OWN.has(word) && first !== undefined)
      projectScript(call, project, first, args.operands.slice(1))
    else if (along !== undefined && inner.operands.length === 0 && !isOff)
      projectScripts(call, { ...project, manifest: BARE }, along.split(' '), first ?? call.name)
    if (RUN.has(word) || life !== undefined)
      shellOfScripts(call, args.value('script-shell') ?? inner.value('script-shell'))
    if (RUN.has(word)) judgeName(call, second)
    else if (word === 'pkg' && args.word(1) === 'set') writtenScripts(call, args.operands.slice(2))
    else if (
      (word === 'workspace' || word === 'recursive' || word === 'workspaces') &&
      args.operands.length > 2
    ) {
      const rest = args.operands.slice(word === 'workspace' ? 2 : 1)
      const [script, ...others] = RUN.has(literal(rest[0]?.value ?? []) ?? '') ? rest.slice(1) : rest
      judgeName(call, script)
      const [, named] = args.operands
      const part = new Arguments(named === undefined ? [] : [{ name: 'w', value: named, field: named }], [])
      projectScript(
        call,
        projectOf(call, PACKAGE, args, ...(word === 'workspace' ? [part] : [])),
        script,
        others,
      )
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

export const NODE_OPTIONS =
  'prefix workspace filter dir cwd registry tag loglevel userconfig cache script-shell config-dir'
