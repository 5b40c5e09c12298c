// Programs that start another one for each thing they read.
import { type Arguments, readArguments } from '../arguments.ts'
import { judgeOrigins, runText } from '../builtins.ts'
import type { Field } from '../fields.ts'
import { sourceOf } from '../printing.ts'
import { handOver } from '../reveal.ts'
import type { Call } from '../shell.ts'
import { FROM_PROGRAM, NOTHING, type Stream } from '../stream.ts'
import { nameOf, type Tool, touch } from '../tool.ts'
import { concat, literal, type Piece, prefix, text, type Value } from '../value.ts'
import { ENVIRONMENTS } from './environments.ts'
import { filledIn, ITEMS, type Item, itemsOf, launch, unknownItem } from './items.ts'
import { programOfPackage } from './package-programs.ts'

const field = (value: Value, call: Call, open = false): Field => ({ value, span: call.span, open })

const xargs: NonNullable<Tool['act']> = (call, args) => {
  const file = args.value('a arg-file')
  if (file !== undefined) touch(call, 'path.read', file)
  const input = file === undefined ? call.stdin : call.shell.contents(call.shell.paths(file.value))
  const delimiter = args.value('d delimiter')
  const replace = args.value('I J replace i')
  const isReplacing = replace !== undefined || args.has('I J replace i')
  const at = args.has('0 null')
    ? '\0'
    : delimiter !== undefined
      ? (literal(delimiter.value) ?? '\n').replace('\\n', '\n').replace('\\0', '\0') || '\0'
      : isReplacing
        ? 'line'
        : 'blank'
  const found = itemsOf(input, at)
  // Known to be empty: GNU runs it once all the same, unless -r.
  if (found?.length === 0 && (args.has('r no-run-if-empty') || isReplacing)) return NOTHING
  const items: readonly Item[] = found ?? [unknownItem(input)]
  const own = args.operands.length === 0 ? [field(['echo'], call)] : args.operands
  const mark = isReplacing ? ((replace === undefined ? '{}' : literal(replace.value)) ?? '{}') : undefined
  if (mark === undefined)
    return launch(
      call,
      call.shell,
      [...own, ...items.map(({ value, open }) => field(value, call, open))],
      NOTHING,
    )
  let out: Stream = NOTHING
  for (const item of items.slice(0, 16)) {
    const words = own.map((one) => filledIn(one, mark, item))
    // BSD -J puts the item in as a word of its own; without the mark nothing is put in.
    out = launch(call, call.shell, words, NOTHING)
  }
  return items.length > 1 ? FROM_PROGRAM : out
}

/** Before or behind `:::` and its kin. */
const SOURCES = new Set([':::', '::::', ':::+', '::::+'])
const MARKS = ['{}', '{.}', '{/}', '{//}', '{/.}', '{1}', '{+}']

const PARALLEL_GRAMMAR = {
  short: 'jPaEIdCLnNsST',
  attached: 'il',
  long: 'arg-file arg-sep arg-file-sep basefile basenamereplace basenameextensionreplace block block-size colsep compress-program delay delimiter dirnamereplace env eof extensionreplace filter halt halt-on-error header joblog jobs limit load max-args max-chars max-lines max-line-length max-procs max-replace-args memfree memsuspend nice profile recend recstart replace results res retries return rpl semaphorename semaphoretimeout seqreplace shellquote slotreplace sshdelay sshlogin sshloginfile tagstring tempdir termseq timeout tmpdir transferfile trc trim workdir wd',
  style: 'posix',
} as const

function parallel(call: Call, args: Arguments): Stream {
  const words = args.operands
  const at = words.findIndex(({ value }) => SOURCES.has(literal(value) ?? ''))
  const own = at === -1 ? words : words.slice(0, at)
  const items = at === -1 ? read(call, args) : given(call, words.slice(at))
  for (const workdir of args.values('workdir wd')) touch(call, 'path.list', workdir)
  // Once as the text that its shell gets, once as the words that it was given.
  for (const item of items.slice(0, 16)) {
    const value = textOf(own, item)
    runText(
      { ...call, shell: call.shell.fork({ via: [...call.shell.state.via, 'parallel'] }) },
      value,
      NOTHING,
    )
    if (own.length > 0) {
      const filled = own.map((one) => MARKS.reduce((now, mark) => filledIn(now, mark, item), one))
      const marked = own.some((one, i) => filled[i] !== one)
      launch(call, call.shell, marked ? filled : [...filled, field(item.value, call, item.open)], NOTHING)
    }
  }
  return FROM_PROGRAM
}

function read(call: Call, args: Arguments): readonly Item[] {
  const file = args.value('a arg-file')
  if (file !== undefined) touch(call, 'path.read', file)
  const input = file === undefined ? call.stdin : call.shell.contents(call.shell.paths(file.value))
  return itemsOf(input, args.has('0 null') ? '\0' : 'line') ?? [unknownItem(input)]
}

function given(call: Call, words: readonly Field[]): readonly Item[] {
  const items: Item[] = []
  let source = ':::'
  for (const one of words) {
    const plain = literal(one.value) ?? ''
    if (SOURCES.has(plain)) {
      source = plain
      continue
    }
    if (source.startsWith('::::')) {
      touch(call, 'path.read', one)
      const stream = plain === '-' ? call.stdin : call.shell.contents(call.shell.paths(one.value))
      items.push(...(itemsOf(stream, 'line') ?? [unknownItem(stream)]))
    } else items.push({ value: one.value, open: one.open })
    if (items.length >= ITEMS) break
  }
  return items
}

/** The line that the shell of parallel runs: the words as they are, the items quoted. */
function textOf(own: readonly Field[], item: Item): Value {
  if (own.length === 0) return item.value
  const quoted = quotedItem(item)
  const line = concat(...own.map(({ value }, i) => (i === 0 ? value : concat([' '], value))))
  const whole: Field = { value: line, span: [0, 0], open: false }
  const filled = MARKS.reduce((now, mark) => filledIn(now, mark, { value: quoted, open: false }), whole)
  return filled === whole ? concat(line, [' '], quoted) : filled.value
}

function quotedItem({ value }: Item): Value {
  return value.map(
    (piece): Piece => (typeof piece === 'string' ? `'${piece.replaceAll("'", "'\\''")}'` : piece),
  )
}

/** `watch`: the words are one text for sh, unless -x. */
const watch: NonNullable<Tool['act']> = (call, args) => {
  if (args.operands.length === 0) return NOTHING
  if (args.has('x exec')) return launch(call, call.shell, args.operands, NOTHING)
  const line = concat(...args.operands.map(({ value }, i) => (i === 0 ? value : concat([' '], value))))
  runText({ ...call, shell: call.shell.fork({ via: [...call.shell.state.via, 'watch'] }) }, line, NOTHING)
  return FROM_PROGRAM
}

/** Code that is handed over to run later: `at`, `batch`, a new crontab. */
const later: NonNullable<Tool['act']> = (call, args) => {
  if (args.has('l c d r q')) return FROM_PROGRAM
  const file = args.value('f')
  if (file !== undefined) touch(call, 'path.read', file)
  const stream = file === undefined ? call.stdin : call.shell.contents(call.shell.paths(file.value))
  const child = call.shell.fork({ via: [...call.shell.state.via, 'at'] })
  for (const one of stream.texts ?? []) child.code(sourceOf(one), call.span)
  judgeOrigins(call, stream, file ?? call.name)
  return FROM_PROGRAM
}

/** A program behind a word or an option of a runner. */
const behind: NonNullable<Tool['act']> = (call, args) => {
  const [program, ...rest] = args.operands
  return program === undefined
    ? FROM_PROGRAM
    : launch(call, call.shell, [programOfPackage(program), ...rest], call.stdin)
}

const RUN = 'run exec x dlx'.split(' ')
/** `uv run`, `poetry run`, `pnpm exec`: the words behind the verb are a program. */
const runner =
  (grammar: { readonly short: string; readonly long: string }): NonNullable<Tool['act']> =>
  (call, args) => {
    const words = args.word(0) === 'tool' ? args.operands.slice(1) : args.operands
    const verb = literal(words[0]?.value ?? [])
    if (verb === undefined || !RUN.includes(verb)) return undefined
    const inner = readArguments(words.slice(1), { ...grammar, style: 'posix' })
    for (const field of inner.values('env-file')) handOver(call, field, inner.operands)
    for (const code of inner.values('c call shell-mode'))
      runText({ ...call, shell: call.shell.fork() }, code.value, NOTHING)
    const [program] = inner.operands
    // A script in Python by its name.
    return program !== undefined && /\.pyw?$/.test(literal(program.value) ?? '')
      ? launch(call, call.shell, [{ ...program, value: ['python3'] }, ...inner.operands], call.stdin)
      : behind(call, inner, {})
  }

/** `exec node@22 -- node x`, `exec . make`: what is chosen stands before what is run. */
function chosen(words: readonly Field[]): readonly Field[] {
  const end = words.findIndex(({ value }) => literal(value) === '--')
  return end === -1
    ? words
        .filter(({ value }) => !(literal(value) ?? '').includes('@'))
        .slice(literal(words[0]?.value ?? []) === '.' ? 1 : 0)
    : words.slice(end + 1)
}

/** Not by its name in a registry: what lies at an address is run. */
function fromAfar(call: Call, fields: readonly Field[]): void {
  for (const { value, span } of fields)
    if (/^(?:git\+)?(?:https?|ssh|git):|^(?:github|gitlab|gist|bitbucket):/i.test(prefix(value)))
      call.shell.emit({ verb: 'exec.downloaded', on: { kind: 'program', name: '' } }, span)
}

export const CARRIERS: readonly Tool[] = [
  {
    names: 'xargs gxargs',
    short: 'IaEdLnPsJRS',
    attached: 'iel',
    long: 'arg-file delimiter max-args max-chars max-procs process-slot-var',
    flags: 'replace max-lines eof null no-run-if-empty verbose exit interactive open-tty show-limits',
    style: 'posix',
    act: xargs,
  },
  { names: 'parallel', ...PARALLEL_GRAMMAR, harmless: 'help', act: (call, args) => parallel(call, args) },
  { names: 'sem', ...PARALLEL_GRAMMAR, act: (call, args) => parallel(call, args) },
  {
    names: 'watch',
    short: 'nq',
    long: 'interval equexit',
    flags: 'beep color differences errexit chgexit exec precise no-title no-wrap',
    style: 'posix',
    act: watch,
  },
  { names: 'entr', style: 'posix', act: behind },
  { names: 'at batch', short: 'fqtm', style: 'posix', act: later },
  {
    names: 'uv',
    style: 'posix',
    long: 'project directory config-file cache-dir color',
    act: runner({
      short: 'pwi',
      long: 'python with with-editable with-requirements extra group only-group no-group no-extra env-file package project directory index default-index index-url find-links cache-dir config-file color refresh-package upgrade-package reinstall-package',
    }),
  },
  {
    names: 'poetry pipenv pdm rye hatch',
    style: 'posix',
    short: 'CPep',
    long: 'directory project env',
    act: runner({ short: 'ep', long: 'env project' }),
  },
  {
    names: 'npx bunx',
    short: 'pc',
    long: 'package call',
    style: 'posix',
    act: (call, args) => {
      for (const code of args.values('c call'))
        runText({ ...call, shell: call.shell.fork() }, code.value, NOTHING)
      fromAfar(call, [...args.values('p package'), ...args.operands.slice(0, 1)])
      return behind(call, args, {})
    },
  },
  {
    names: 'pipx uvx',
    style: 'posix',
    long: 'from with python spec',
    act: (call, args) => {
      const isRun = args.word(0) === 'run'
      fromAfar(call, [...args.values('from with spec'), ...args.operands.slice(isRun ? 1 : 0, isRun ? 2 : 1)])
      return isRun
        ? behind(call, readArguments(args.operands.slice(1), { long: 'spec python', style: 'posix' }), {})
        : nameOf(call) === 'uvx'
          ? behind(call, args, {})
          : undefined
    },
  },
  {
    // `nix run nixpkgs#awscli -- s3 ls`
    names: 'nix',
    style: 'posix',
    act: (call, args) => {
      const [verb, what, ...rest] = args.operands
      if (verb === undefined || literal(verb.value) !== 'run' || what === undefined) return undefined
      const words = literal(rest[0]?.value ?? []) === '--' ? rest.slice(1) : rest
      return launch(call, call.shell, [programOfPackage(what), ...words], call.stdin)
    },
  },
  {
    // `go run example.com/x/migrate@latest drop`
    names: 'go',
    style: 'posix',
    act: (call, args) => {
      const [verb, what, ...rest] = args.operands
      const name = /^[\w-]+\.[\w.-]+\/\S*?([\w-]+)(?:@\S+)?$/.exec(literal(what?.value ?? []) ?? '')?.[1]
      if (verb === undefined || literal(verb.value) !== 'run' || what === undefined || name === undefined)
        return undefined
      return launch(call, call.shell, [{ ...what, value: text(name) }, ...rest], call.stdin)
    },
  },
  {
    // `ddev drush status`, `lando mysql`: a program inside.
    names: 'lando ddev',
    style: 'posix',
    act: (call, args) => behind(call, args, {}),
  },
  {
    names: 'wp-env',
    style: 'posix',
    act: (call, args) =>
      args.word(0) === 'run' ? launch(call, call.shell, args.operands.slice(2), call.stdin) : undefined,
  },
  {
    // `sops exec-env FILE TEXT`
    names: 'sops',
    style: 'posix',
    act: (call, args) => {
      const code = args.operands[2]
      if (code !== undefined && /^exec-(?:env|file)$/.test(args.word(0) ?? ''))
        runText({ ...call, shell: call.shell.fork(), span: code.span }, code.value, NOTHING)
      return undefined
    },
  },
  {
    // Subcommands that are programs of their own.
    names: 'cargo',
    style: 'posix',
    act: (call, args) =>
      /^(?:sqlx|diesel|lambda|make)$/.test(args.word(0) ?? '') ? behind(call, args, {}) : undefined,
  },
  { names: 'bundle', style: 'posix', act: runner({ short: '', long: '' }) },
  {
    names: 'direnv mise asdf rtx',
    style: 'posix',
    act: (call, args) =>
      /^(?:exec|x)$/.test(args.word(0) ?? '')
        ? launch(call, call.shell, chosen(args.operands.slice(1)), call.stdin)
        : undefined,
  },
  {
    names: 'conda mamba micromamba',
    style: 'posix',
    act: (call, args) =>
      args.word(0) === 'run'
        ? behind(
            call,
            readArguments(args.operands.slice(1), { short: 'np', long: 'name prefix cwd', style: 'posix' }),
            {},
          )
        : undefined,
  },
  ...ENVIRONMENTS,
  {
    names: 'hyperfine',
    short: 'wrmMpcsLPDnS',
    long: 'warmup runs min-runs max-runs prepare conclude setup cleanup parameter-list parameter-scan command-name shell export-json export-markdown export-csv style',
    act: (call, args) => {
      for (const code of [...args.operands, ...args.values('p prepare c conclude s setup cleanup')])
        runText({ ...call, shell: call.shell.fork() }, code.value, NOTHING)
      return FROM_PROGRAM
    },
  },
]
