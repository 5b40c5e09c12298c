// Programs that look for a pattern: what they read, and the options through which they run or take a list of files.
import type { Arguments } from '../arguments.ts'
import type { Field } from '../fields.ts'
import { pickedOut } from '../mark.ts'
import type { Call } from '../shell.ts'
import { FROM_PROGRAM, known, type Stream } from '../stream.ts'
import { fieldFor, inputOf, nameOf, type Tool, touch } from '../tool.ts'
import { concat, literal, type Value } from '../value.ts'
import { globsOf, namesOfPattern } from './globs.ts'
import { runOption } from './options.ts'

const PATTERN_GIVEN = 'e regexp f file files type-list'

/** Files that are named are read; of a tree that is searched only what the pattern of names aims at (guard §0). */
function searched(call: Call, args: Arguments, globs: string, kinds: readonly Value[] = []): Stream {
  const files = args.has(PATTERN_GIVEN) ? args.operands : args.operands.slice(1)
  for (const file of args.values('f file')) touch(call, 'path.read', file)
  const isAimed = args.values(globs).some(({ value }) => literal(value)?.startsWith('!') !== true)
  const whole =
    readsAll(call, args) && !isAimed && kinds.length === 0 ? { recursive: true, except: leftOut(args) } : {}
  for (const one of files) touch(call, 'path.read', one, whole)
  if (files.length === 0 && 'recursive' in whole) touch(call, 'path.read', fieldFor(call, ['.']), whole)
  const starts = files.length === 0 ? [['.']] : files.map(({ value }) => value)
  const aimed = (value: Value, field: Field) => {
    for (const start of starts)
      touch(call, 'path.read', { ...field, value: concat(start, ['/', { wild: 'deep' }, '/'], value) })
  }
  for (const glob of args.values(globs)) {
    const plain = literal(glob.value)
    if (plain?.startsWith('!') === true) continue
    for (const value of globsOf(glob.value)) aimed(value, glob)
    // Whatever the case of its letters is.
    if (plain !== undefined && args.has('iglob glob-case-insensitive'))
      for (const value of globsOf([plain.toLowerCase()])) aimed(value, glob)
  }
  for (const value of kinds) aimed(value, call.name)
  if (args.has('q quiet silent c count')) return FROM_PROGRAM
  if (args.has('l files-with-matches L files-without-match files')) return names(call, args, globs, files)
  const stream = inputOf(call, files)
  // Some of its lines; each as it was.
  const pattern = args.value('e regexp') ?? args.operands[0]
  return args.has('v invert-match f file') ? stream : pickedOut(stream, pattern?.value)
}

/** Does it read every file below a directory, those too that a version control or a dot in front would hide? */
function readsAll(call: Call, args: Arguments): boolean {
  const name = nameOf(call)
  if (name === 'rgrep') return true
  if (SHALLOW.has(name)) return args.has('r R recursive dereference-recursive')
  return args.has('hidden . u uu uuu unrestricted no-ignore a all-types all-text U skip-vcs-ignores')
}

/** Names that an option leaves out of what is searched. */
function leftOut(args: Arguments): readonly string[] {
  const named = args.values('exclude exclude-dir').map(({ value }) => literal(value))
  const negated = args.values('g glob iglob').map(({ value }) => /^!(.+)$/.exec(literal(value) ?? '')?.[1])
  return [...named, ...negated].flatMap((one) => (one === undefined ? [] : [one.replace(/^\*\*\/|\/$/g, '')]))
}

/** The names of files in which it is found: of those that are named, or of all below the directories that are searched. */
function names(call: Call, args: Arguments, globs: string, files: readonly Field[]): Stream {
  const walks = !SHALLOW.has(nameOf(call)) || args.has('r R recursive dereference-recursive')
  if (!walks && files.length === 0) return FROM_PROGRAM
  // `rg --files DIR` has no pattern.
  const starts = args.has('files') ? args.operands : files
  const wanted = args
    .values(globs)
    .filter(({ value }) => literal(value)?.startsWith('!') !== true)
    .flatMap(({ value }) => globsOf(value))
  const below: readonly Value[] = wanted.length === 0 ? [[]] : wanted.map((value) => concat(['/'], value))
  const found = (starts.length === 0 ? [fieldFor(call, ['.'])] : starts).flatMap(({ value }) => [
    ...(walks ? below.map((name) => concat(value, ['/', { wild: 'deep' }], name)) : [value]),
    // What is named may be a file itself.
    ...(walks && starts.length > 0 && /\.\w{1,5}$/.test(literal(value) ?? '') ? [value] : []),
  ])
  return known(...found.slice(0, MOST).map((value) => concat(value, ['\n'])))
}
const MOST = 32
/** They search a directory only when they are told to. */
const SHALLOW = new Set('grep egrep fgrep zgrep bzgrep xzgrep ggrep pcregrep'.split(' '))

/** `--type-add 'name:glob'` and `-t name`: a kind of files that the line itself makes. */
function kindsOf(args: Arguments): readonly Value[] {
  const wanted = args.values('t type').map(({ value }) => literal(value) ?? '')
  return args.values('type-add').flatMap(({ value }) => {
    const [name, ...glob] = (literal(value) ?? '').split(':')
    return name !== undefined && wanted.includes(name) ? globsOf([glob.join(':')]) : []
  })
}

export const SEARCH: readonly Tool[] = [
  {
    names: 'grep egrep fgrep zgrep bzgrep xzgrep rgrep ggrep pcregrep',
    short: 'efmABCdD',
    long: 'regexp file max-count after-context before-context context include exclude exclude-from exclude-dir label binary-files directories devices color colour',
    flags:
      'recursive dereference-recursive ignore-case invert-match word-regexp line-regexp count files-with-matches files-without-match only-matching quiet silent no-messages line-number with-filename no-filename null text perl-regexp extended-regexp fixed-strings',
    act: (call, args) => searched(call, args, 'include'),
  },
  {
    names: 'rg ripgrep',
    short: 'ABCEMTefgjmrtd',
    long: 'after-context before-context color colors context context-separator dfa-size-limit encoding engine field-context-separator field-match-separator file generate glob hostname-bin hyperlink-format iglob ignore-file max-columns max-count max-depth max-filesize path-separator pre pre-glob regex-size-limit regexp replace sort sortr threads type type-add type-clear type-not',
    flags:
      'files files-with-matches files-without-match hidden no-ignore invert-match count count-matches json line-number passthru pretty quiet search-zip smart-case stats vimgrep version help',
    act: (call, args) => {
      for (const code of args.values('pre hostname-bin')) runOption(call, code, 'program')
      return searched(call, args, 'g glob iglob', kindsOf(args))
    },
  },
  {
    names: 'ag ack ack-grep pt sift ugrep ug',
    short: 'ABCgGmp',
    long: 'include exclude after before context depth file-search-regex ignore max-count pager path-to-ignore workers pre',
    act: (call, args) => {
      for (const code of args.values('pager')) runOption(call, code, 'shell')
      const names = args
        .values('G file-search-regex')
        .flatMap(({ value }) => namesOfPattern(literal(value) ?? ''))
      return searched(call, args, 'g include', names)
    },
  },
  {
    names: 'fzf sk',
    short: 'fqdnmn',
    long: 'filter query delimiter nth with-nth bind preview preview-window height layout border prompt pointer marker header header-lines history expect tiebreak color min-height margin padding info tabstop walker walker-root walker-skip with-shell',
    act: (call, args) => {
      for (const code of args.values('preview')) runOption(call, code, 'shell')
      for (const bind of args.values('bind')) binding(call, bind.value, bind)
      return call.stdin.texts === undefined ? FROM_PROGRAM : call.stdin
    },
  },
]

const RUNS = /(?:execute|execute-silent|become|reload|reload-sync|transform|preview)(?:-[a-z]+)?[(:[{]/g

/** `key:execute(command)`: commands inside of fzf's bindings. */
function binding(
  call: Call,
  value: Parameters<typeof literal>[0],
  field: Parameters<typeof runOption>[1],
): void {
  const source = literal(value)
  if (source === undefined) return
  if (source.length > 4_000) {
    call.shell.world.say('unknown code', field.span)
    return
  }
  for (const match of [...source.matchAll(RUNS)].slice(0, 32)) {
    const rest = source.slice(match.index + match[0].length)
    const code = rest.replace(/[)\]}]\s*$/, '').replaceAll(/\{[^{}]*\}/g, "''")
    runOption(call, { ...field, value: [code] }, 'shell')
  }
}
