// find and its kin: an expression that filters a walk, and actions on what is left.
import { readArguments } from '../arguments.ts'
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import { FROM_PROGRAM, known, NOTHING, type Stream, wordedBy } from '../stream.ts'
import { fieldFor, type Tool, touch } from '../tool.ts'
import { COMPONENT, concat, literal, type Piece, prefix, type Value } from '../value.ts'
import { globOf, globsOf, namesOfPattern } from './globs.ts'
import { filledIn, launch } from './items.ts'

/** Predicates with a value, by how many. */
const ONE =
  'amin anewer atime cmin cnewer context ctime fstype gid group ilname iname inum ipath iregex iwholename links lname maxdepth mindepth mmin mtime name newer path perm printf regex regextype samefile size type uid used user wholename xtype Bmin Bnewer Btime flags depthn xattrname files0-from newerXY'.split(
    ' ',
  )
const WITH_VALUE = new Set(ONE)
const takesValue = (name: string) => WITH_VALUE.has(name) || /^newer[aBcmt][aBcmt]$/.test(name)

/** What a branch of the expression lets through, as far as names go. */
interface Filter {
  /** Patterns below the start; undefined where any name passes. */
  readonly below: readonly Value[] | undefined
  /** Something else decides too: age, size, owner. */
  readonly partly: boolean
  readonly filesOnly: boolean
  readonly level: boolean
}
const ALL: Filter = { below: undefined, partly: false, filesOnly: false, level: false }

const both = (a: Filter, b: Filter): Filter => ({
  below: b.below ?? a.below,
  partly: a.partly || b.partly || (a.below !== undefined && b.below !== undefined),
  filesOnly: a.filesOnly || b.filesOnly,
  level: a.level || b.level,
})
const oneOf = (a: Filter, b: Filter): Filter => ({
  // Too many to follow: any name.
  below:
    a.below === undefined || b.below === undefined || a.below.length + b.below.length > 32
      ? undefined
      : [...a.below, ...b.below],
  partly: a.partly && b.partly,
  filesOnly: a.filesOnly && b.filesOnly,
  level: a.level && b.level,
})

class Walk {
  readonly #call: Call
  readonly #starts: readonly Field[]
  readonly #words: readonly Field[]
  #at = 0
  #depth = 0
  #level = false
  /** An action of its own replaces the printing. */
  #acted = false
  #worded = false
  #printed: Filter | undefined

  constructor(call: Call, starts: readonly Field[], words: readonly Field[]) {
    this.#call = call
    this.#starts = starts
    this.#words = words
    // An option that holds for the whole walk, wherever it stands.
    for (const [i, { value }] of words.entries())
      if (literal(value) === '-maxdepth' && /^[01]$/.test(literal(words[i + 1]?.value ?? []) ?? ''))
        this.#level = true
  }

  run(): Stream {
    let passed = ALL
    while (this.#at < this.#words.length) {
      const before = this.#at
      passed = this.#or(ALL)
      // A closing bracket without its pair.
      if (this.#at === before) this.#at++
    }
    if (this.#acted && this.#printed === undefined)
      return this.#worded ? wordedBy(FROM_PROGRAM) : FROM_PROGRAM
    const filter = this.#printed ?? passed
    return known(...this.#targets(filter).map((value) => concat(value, ['\n'])))
  }

  #word(): string | undefined {
    const field = this.#words[this.#at]
    return field === undefined ? undefined : literal(field.value)
  }

  #or(given: Filter): Filter {
    let all = this.#and(given)
    while (['-o', '-or', ','].includes(this.#word() ?? '')) {
      this.#at++
      all = oneOf(all, this.#and(given))
    }
    return all
  }

  #and(given: Filter): Filter {
    let filter = given
    while (this.#at < this.#words.length) {
      const word = this.#word()
      if (word === ')' || word === '-o' || word === '-or' || word === ',') break
      if (word === '-a' || word === '-and') {
        this.#at++
        continue
      }
      filter = both(filter, this.#primary(filter))
    }
    return filter
  }

  #primary(given: Filter): Filter {
    const field = this.#words[this.#at++] as Field
    const word = literal(field.value)
    if (word === '!' || word === '-not') {
      if (this.#at < this.#words.length) this.#primary(given)
      return { ...ALL, partly: true }
    }
    if (word === '(') {
      if (++this.#depth > 64) return ALL
      const inner = this.#or(given)
      if (this.#word() === ')') this.#at++
      this.#depth--
      return inner
    }
    if (word === undefined) {
      // Unknown where a test stands: it may be any of them.
      if (field.open)
        for (const start of this.#starts)
          touch(this.#call, 'path.delete', { ...start, open: true }, { recursive: true })
      return { ...ALL, partly: true }
    }
    const name = word.replace(/^--?/, '')
    if (['exec', 'execdir', 'ok', 'okdir'].includes(name)) return this.#execute(given)
    if (name === 'delete') {
      this.#acted = true
      this.#delete(given)
      return ALL
    }
    if (['fprint', 'fprint0', 'fls', 'fprintf'].includes(name)) {
      this.#acted = true
      const file = this.#words[this.#at++]
      if (name === 'fprintf') this.#at++
      if (file !== undefined) touch(this.#call, 'path.write', file)
      return ALL
    }
    if (['print', 'print0'].includes(name)) {
      this.#acted = true
      this.#printed = given
      return ALL
    }
    if (name === 'printf' || name === 'ls') this.#acted = true
    const value = takesValue(name) ? this.#words[this.#at++] : undefined
    // `-printf 'rm %p\\n'`: a line that begins with a word of its own.
    if (name === 'printf' && /^\s*[A-Za-z][\w./-]* /.test(literal(value?.value ?? []) ?? ''))
      this.#worded = true
    return this.#test(name, value)
  }

  #test(name: string, field: Field | undefined): Filter {
    switch (name) {
      case 'name':
      case 'iname':
        if (field === undefined) return ALL
        return { ...ALL, below: [concat(['/'], [{ wild: 'deep' }], ['/'], globOf(field.value))] }
      case 'path':
      case 'wholename':
      case 'ipath':
      case 'iwholename':
        return field === undefined ? ALL : { ...ALL, below: [this.#belowOf(field.value)] }
      case 'type':
        return {
          ...ALL,
          filesOnly: field !== undefined && !(literal(field.value) ?? 'd').includes('d'),
          partly: literal(field?.value ?? []) === 'l',
        }
      case 'maxdepth':
      case 'mindepth':
      case 'depth':
      case 'd':
      case 'xdev':
      case 'mount':
      case 'x':
      case 'follow':
      case 'daystart':
      case 'regextype':
      case 'prune':
      case 'print':
      case 'true':
      case 'warn':
      case 'nowarn':
      case 'noleaf':
      case 'ignore_readdir_race':
      case 'quit':
        return ALL
      default:
        return { ...ALL, partly: true }
    }
  }

  /** A pattern over the whole path, as what stands below the start: its `*` take slashes. */
  #belowOf(pattern: Value): Value {
    const source = literal(pattern)
    if (source === undefined) return ['/', { wild: 'deep' }]
    const start = this.#starts[0]
    const own = start === undefined ? undefined : literal(start.value)
    const rest =
      own !== undefined && source.startsWith(`${own}/`)
        ? source.slice(own.length + 1)
        : source.startsWith('./')
          ? source.slice(2)
          : `*/${source.replace(/^\*?\//, '')}`
    const pieces: Piece[] = []
    for (const segment of rest.split('/'))
      pieces.push('/', ...(/^\*+$/.test(segment) ? [{ wild: 'deep' } as const] : globOf([segment])))
    return concat(pieces)
  }

  /** What `{}` stands for. */
  #targets({ below }: Filter): readonly Value[] {
    const level = this.#level
    return this.#starts.flatMap(({ value }): readonly Value[] => {
      const start: Value = withoutSlash(value)
      if (below === undefined) return [concat(start, ['/'], [level ? { wild: 'name' } : { wild: 'deep' }])]
      return below.map((one) => concat(start, level ? flattened(one) : one))
    })
  }

  #delete(filter: Filter): void {
    for (const [i, value] of this.#targets(filter).entries()) {
      const field = this.#starts[i] ?? this.#starts[0]
      if (field === undefined) continue
      touch(
        this.#call,
        'path.delete',
        { ...field, value },
        {
          reversible: 'no',
          ...(filter.partly || filter.below !== undefined ? { note: 'filtered' } : {}),
        },
      )
    }
  }

  #execute(given: Filter): Filter {
    this.#acted = true
    const from = this.#at
    while (this.#at < this.#words.length && this.#word() !== ';') {
      if (this.#word() === '+' && literal(this.#words[this.#at - 1]?.value ?? []) === '{}') break
      this.#at++
    }
    const words = this.#words.slice(from, this.#at++)
    for (const value of this.#targets(given)) {
      const item = { value, open: false }
      launch(
        this.#call,
        this.#call.shell,
        words.map((field) => filledIn(field, '{}', item)),
        NOTHING,
      )
    }
    return { ...ALL, partly: true }
  }
}

const withoutSlash = (value: Value): Value => {
  const last = value.at(-1)
  return typeof last === 'string' && last.endsWith('/')
    ? concat(value.slice(0, -1), [last.replace(/\/+$/, '')])
    : value
}

/** One level below only: without the walk between. */
function flattened(below: Value): Value {
  const [, walk] = below
  return typeof walk === 'object' && walk.wild === 'deep' && below.length > 2 ? below.slice(2) : below
}

function find(call: Call): Stream {
  const { args } = call
  let at = 0
  const starts: Field[] = []
  for (; at < args.length; at++) {
    const plain = literal((args[at] as Field).value)
    if (plain === undefined) break
    if (plain === '--help' || plain === '--version' || plain === '-help' || plain === '-version')
      return FROM_PROGRAM
    if (plain === '-D') at++
    else if (plain === '-f') starts.push(args[++at] as Field)
    else if (!/^-(?:[HLPEXdsx]+|O\d?)$/.test(plain)) break
  }
  for (; at < args.length; at++) {
    const field = args[at] as Field
    const start = prefix(field.value)
    if (start.startsWith('-') || start === '(' || start === '!' || start === ',') break
    starts.push(field)
  }
  const from = starts.filter((one) => one !== undefined)
  if (from.length === 0) from.push(fieldFor(call, ['.']))
  for (const field of from) touch(call, 'path.list', field)
  return new Walk(call, from, args.slice(at)).run()
}

/** fd: a pattern, directories, and a program after -x or -X. */
const fd: NonNullable<Tool['act']> = (call, all, tool) => {
  const { args: words } = call
  const at = words.findIndex(({ value }) =>
    ['-x', '-X', '--exec', '--exec-batch'].includes(literal(value) ?? ''),
  )
  // What stands behind belongs to the program that it starts.
  const args = at === -1 ? all : readArguments(words.slice(0, at), tool)
  const [pattern, ...given] = args.operands
  const bases = args.values('base-directory C')
  const starts: readonly Value[] =
    given.length > 0
      ? given.map(({ value }) => value)
      : bases.length > 0
        ? bases.map(({ value }) => value)
        : [['.']]
  const ends = args.values('e extension').map(({ value }) => value)
  const source = pattern === undefined ? undefined : literal(pattern.value)
  const named =
    ends[0] !== undefined
      ? [concat([COMPONENT, '.'], ends[0])]
      : pattern !== undefined && args.has('g glob')
        ? globsOf(pattern.value)
        : source === undefined
          ? []
          : namesOfPattern(source)
  const names: readonly Value[] = named.length === 0 ? [[]] : named
  const found = starts.flatMap((start) =>
    names.map((name) =>
      concat(withoutSlash(start), ['/', { wild: 'deep' }], name.length === 0 ? [] : ['/'], name),
    ),
  )
  if (at === -1) return known(...found.map((value) => concat(value, ['\n'])))
  const command = words.slice(at + 1)
  const end = command.findIndex(({ value }) => literal(value) === ';')
  const own = end === -1 ? command : command.slice(0, end)
  const marked = own.some(({ value }) =>
    value.some((piece) => typeof piece === 'string' && piece.includes('{')),
  )
  for (const value of found) {
    const item = { value, open: false }
    const filled = own.map((field) =>
      ['{}', '{/}', '{//}', '{.}', '{/.}'].reduce((one, mark) => filledIn(one, mark, item), field),
    )
    launch(call, call.shell, marked ? filled : [...own, fieldFor(call, value)], NOTHING)
  }
  return FROM_PROGRAM
}

export const FIND: readonly Tool[] = [
  // The expression is not options: it is read by `find` itself.
  { names: 'find gfind bfind', harmless: '', style: 'words', act: (call) => find(call) },
  {
    names: 'fd fdfind',
    short: 'dtEeScjxXCo',
    long: 'max-depth min-depth exact-depth type exclude extension size color threads exec exec-batch base-directory changed-within changed-before owner format search-path max-results path-separator ignore-file',
    act: fd,
  },
  { names: 'locate mlocate plocate' },
]
