// What stands behind `$` in a makefile: variables, and functions on words. Read once, put in under a budget.

/** A text of which parts are put in. */
type Piece = string | Reference
/** `$(name a,b)`: its text, split at the commas of its own. */
interface Reference {
  readonly args: readonly (readonly Piece[])[]
}

/** Stands for the shell's own `$` until all is put in. */
export const DOLLAR = '\u0001'
/** Stands for a blank in what the shell runs. */
const BLANK = '\u0002'

/** For the shell: its own signs are its own again. */
export const forShell = (source: string): string => source.replaceAll(DOLLAR, '$').replaceAll(BLANK, ' ')

/** References in references. */
const NESTED = 32
const DEPTH = 24
/** Letters that may be put in, in all. */
const FILLED = 200_000
/** Words that a loop goes through. */
const LOOPED = 64

export interface Around {
  /** What a name stands for. */
  readonly value: (name: string) => string | undefined
  /** What stands for a name that says nothing. `isFirst`: nothing stands before it. */
  readonly unknown: (name: string, isFirst: boolean) => string
  /** True of a text that may as well be nothing. */
  readonly isDoubt: (text: string) => boolean
  /** More of the makefile. */
  readonly evaluate: (text: string) => void
  /** What is done while it is put in, as code for the shell. */
  readonly does: (code: string) => void
}
/** Names that stand for something here alone. */
export type Own = (name: string) => string | undefined
const NONE: Own = () => undefined

export class MakeText {
  readonly #around: Around
  readonly #read = new Map<string, readonly Piece[]>()
  #left = FILLED

  constructor(around: Around) {
    this.#around = around
  }

  /** With everything put in that it names; `$$` and what the shell runs are marked. */
  open(source: string, own: Own = NONE, depth = 0): string {
    if (!source.includes('$')) return source
    this.#left -= source.length + 1
    if (depth > DEPTH || this.#left <= 0) return source
    return this.#joined(this.#piecesOf(source), own, depth)
  }

  #piecesOf(source: string): readonly Piece[] {
    let found = this.#read.get(source)
    if (found === undefined) this.#read.set(source, (found = piecesOf(source)))
    return found
  }

  #joined(pieces: readonly Piece[], own: Own, depth: number): string {
    let out = ''
    for (const [i, piece] of pieces.entries())
      out += typeof piece === 'string' ? piece : this.#put(piece, own, depth, i === 0)
    this.#left -= out.length
    return out
  }

  #put({ args }: Reference, own: Own, depth: number, isFirst: boolean): string {
    if (this.#left-- <= 0) return ''
    const [head = [], ...rest] = args
    const start = typeof head[0] === 'string' ? head[0] : ''
    const name = /^([a-z-]+)[ \t]+/.exec(start)
    const act = name === null ? undefined : FUNCTIONS.get(name[1] ?? '')
    if (act !== undefined) {
      const first = [start.slice(name?.[0].length), ...head.slice(1)]
      return act(
        [first, ...rest].map((one) => (more?: Own) => this.#joined(one, more ?? own, depth)),
        {
          ...this.#around,
          own,
          open: (source, more) => this.open(source, more, depth + 1),
        },
      )
    }
    const whole = args.map((one) => this.#joined(one, own, depth)).join(',')
    const [, of = whole, from, to = ''] = /^([^\s:=]+):([^=]*)=(.*)$/.exec(whole) ?? []
    const value = own(of) ?? this.#around.value(of)
    if (value === undefined) return this.#around.unknown(of, isFirst && depth === 0)
    const opened = this.open(value, own, depth + 1)
    if (from === undefined) return opened
    const pattern = from.includes('%') ? from : `%${from}`
    return substituted(pattern, from.includes('%') ? to : `%${to}`, opened)
  }
}

/** One pass over the text: brackets that are never closed end with it. */
function piecesOf(source: string): readonly Piece[] {
  let at = 0
  const reference = (depth: number): Piece => {
    const next = source[at]
    if (next === undefined) return '$'
    at++
    if (next === '$') return DOLLAR
    if ((next !== '(' && next !== '{') || depth > NESTED)
      return /[\w@<^+*?%]/.test(next) ? { args: [[next]] } : `$${next}`
    return { args: inside(next, next === '(' ? ')' : '}', depth + 1) }
  }
  const inside = (opened: string, closed: string, depth: number): readonly (readonly Piece[])[] => {
    const args: Piece[][] = [[]]
    let plain = ''
    let open = 0
    const end = () => {
      if (plain !== '') args.at(-1)?.push(plain)
      plain = ''
    }
    for (;;) {
      const letter = source[at]
      if (letter === undefined) break
      at++
      if (letter === '$') {
        end()
        args.at(-1)?.push(reference(depth))
        continue
      }
      if (letter === closed && open-- === 0) break
      if (letter === opened) open++
      if (letter === ',' && open === 0 && opened !== '') {
        end()
        args.push([])
      } else plain += letter
    }
    end()
    return args
  }
  return inside('', '', 0)[0] ?? []
}

type Argument = (own?: Own) => string
interface Inside extends Around {
  readonly own: Own
  readonly open: (source: string, own: Own) => string
}
type Act = (args: readonly Argument[], inside: Inside) => string

export const wordsIn = (source: string): readonly string[] =>
  source.split(/\s+/).filter((word) => word !== '')

/** Each word by itself. */
const each =
  (act: (word: string, given: string) => string | undefined): Act =>
  (args) => {
    const given = args.length > 1 ? (args[0]?.() ?? '') : ''
    return wordsIn(args.at(-1)?.() ?? '')
      .map((word) => act(word, given))
      .filter((word) => word !== undefined)
      .join(' ')
  }

function substituted(pattern: string, to: string, source: string): string {
  return wordsIn(source)
    .map((word) => {
      const stem = stemOf(pattern.trim(), word)
      return stem === undefined ? word : to.trim().replace('%', () => stem)
    })
    .join(' ')
}

/** What `%` stands for; undefined where the word does not fit. */
export function stemOf(pattern: string, word: string): string | undefined {
  const at = pattern.indexOf('%')
  if (at === -1) return pattern === word ? '' : undefined
  const [start, end] = [pattern.slice(0, at), pattern.slice(at + 1)]
  const fits = word.length > start.length + end.length && word.startsWith(start) && word.endsWith(end)
  return fits ? word.slice(start.length, word.length - end.length) : undefined
}

const fitsAny = (patterns: string, word: string) =>
  wordsIn(patterns).some((one) => stemOf(one, word) !== undefined)
const lastSlash = (word: string) => word.lastIndexOf('/') + 1
const all = (args: readonly Argument[]) => args.map((one) => one()).join(',')
const none: Act = (args) => (all(args), '')
const isTrue = (text: string) => text.trim() !== ''

const FUNCTIONS = new Map<string, Act>([
  // One word, whatever it prints.
  ['shell', (args) => `${DOLLAR}(${all(args).replaceAll(/\s/g, BLANK)})`],
  // The shell goes through the directory.
  ['wildcard', (args) => all(args)],
  ['abspath', (args) => all(args)],
  ['realpath', (args) => all(args)],
  ['strip', (args) => wordsIn(all(args)).join(' ')],
  ['sort', (args) => [...new Set(wordsIn(all(args)))].sort().join(' ')],
  ['firstword', (args) => wordsIn(all(args))[0] ?? ''],
  ['lastword', (args) => wordsIn(all(args)).at(-1) ?? ''],
  ['words', (args) => String(wordsIn(all(args)).length)],
  ['word', ([at, text]) => wordsIn(text?.() ?? '')[Number(at?.()) - 1] ?? ''],
  [
    'wordlist',
    ([from, to, text]) =>
      wordsIn(text?.() ?? '')
        .slice(Number(from?.()) - 1, Number(to?.()))
        .join(' '),
  ],
  [
    'subst',
    ([from, to, text]) => {
      const source = text?.() ?? ''
      const sought = from?.() ?? ''
      return sought === '' ? source : source.replaceAll(sought, () => to?.() ?? '')
    },
  ],
  ['patsubst', ([pattern, to, text]) => substituted(pattern?.() ?? '', to?.() ?? '', text?.() ?? '')],
  ['findstring', ([part, text]) => (text?.().includes(part?.() ?? '') === true ? (part?.() ?? '') : '')],
  ['filter', each((word, given) => (fitsAny(given, word) ? word : undefined))],
  ['filter-out', each((word, given) => (fitsAny(given, word) ? undefined : word))],
  ['dir', each((word) => (lastSlash(word) === 0 ? './' : word.slice(0, lastSlash(word))))],
  ['notdir', each((word) => word.slice(lastSlash(word)))],
  ['suffix', each((word) => /\.[^./]*$/.exec(word)?.[0])],
  ['basename', each((word) => word.replace(/\.[^./]*$/, ''))],
  ['addprefix', each((word, given) => given + word)],
  ['addsuffix', each((word, given) => word + given)],
  [
    'join',
    ([left, right]) => {
      const others = wordsIn(right?.() ?? '')
      const words = wordsIn(left?.() ?? '').map((word, i) => word + (others[i] ?? ''))
      return [...words, ...others.slice(words.length)].join(' ')
    },
  ],
  [
    'if',
    ([asked, then, other], { isDoubt }) => {
      const condition = asked?.() ?? ''
      if (isDoubt(condition)) return `${then?.() ?? ''} ${other?.() ?? ''}`
      return (isTrue(condition) ? then?.() : other?.()) ?? ''
    },
  ],
  [
    'or',
    (args, { isDoubt }) => {
      const found: string[] = []
      for (const one of args) {
        const value = one()
        if (isTrue(value)) found.push(value)
        if (isTrue(value) && !isDoubt(value)) break
      }
      return found.join(' ')
    },
  ],
  [
    'and',
    (args, { isDoubt }) => {
      let value = ''
      for (const one of args) {
        value = one()
        if (!isTrue(value) && !isDoubt(value)) return ''
      }
      return value
    },
  ],
  [
    'foreach',
    ([name, list, text], { own }) => {
      const variable = name?.().trim()
      return wordsIn(list?.() ?? '')
        .slice(0, LOOPED)
        .map((word) => text?.((one) => (one === variable ? word : own(one))) ?? '')
        .join(' ')
    },
  ],
  [
    'call',
    ([name, ...args], { own, value, open }) => {
      const called = name?.().trim() ?? ''
      const given = [called, ...args.map((one) => one())]
      return open(own(called) ?? value(called) ?? '', (one) =>
        /^\d$/.test(one) ? (given[Number(one)] ?? '') : own(one),
      )
    },
  ],
  ['eval', (args, { evaluate }) => (evaluate(all(args)), '')],
  ['value', ([name], { value }) => (value(name?.() ?? '') ?? '').replaceAll('$', DOLLAR)],
  [
    'file',
    (args, { does }) => {
      const [, sign, name = ''] = /^\s*(>>?)\s*(.+)$/.exec(args[0]?.() ?? '') ?? []
      if (sign !== undefined) does(`printf '' ${sign} ${name}`)
      return ''
    },
  ],
  ['info', none],
  ['warning', none],
  ['error', none],
  ['origin', none],
  ['flavor', none],
])
