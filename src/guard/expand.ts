// Words to fields, as the shell does it: braces, tilde, parameters, substitutions, splitting, globs; with alternatives where a branch
// decides and holes where nothing is known.
import { assemble, BLANKS, type Chunk, type Field } from './fields.ts'
import { operated } from './operations.ts'
import { HOME, showPath } from './path.ts'
import type { State, Variable } from './state.ts'
import { ANYTHING, type Node, type Parameter, type Part, type Span, type Word } from './tree.ts'
import { ANY, COMPONENT, concat, distinct, literal, text, UNKNOWN, type Value } from './value.ts'

/** What expansion asks of the shell around it. */
export interface Around {
  /** As it is now: an expansion may assign. */
  state(): State
  /** Budget: false when it is used up. */
  step(cost?: number): boolean
  capture(body: Node): readonly Value[]
  process(body: Node, direction: '<' | '>', span: Span): Value
  run(body: Node): void
  assign(name: string, values: readonly Value[]): void
  /** Expands a text as if it stood between double quotes. */
  prompt(source: string, span: Span): readonly Value[]
  readonly environment: Readonly<Record<string, string>>
}

const MOST = 16
const BRACES_MOST = 64

/** Each answer is one possible list of fields. */
export function expandWords(words: readonly Word[], around: Around): readonly (readonly Field[])[] {
  let all: Field[][] = [[]]
  if (words.length > 64) around.step(words.length >> 2)
  for (const word of words) {
    const ways = expandWord(word, around)
    if (ways.length === 1) {
      for (const before of all) before.push(...(ways[0] ?? []))
    } else if (all.length * ways.length <= MOST)
      all = all.flatMap((before) => ways.map((way) => [...before, ...way]))
    else {
      // Too many ways to follow each: one field that may be any of them.
      const values = distinct(
        ways.map((way) => way[0]?.value ?? []),
        MOST,
      )
      const value = values.length === 1 ? (values[0] ?? []) : UNKNOWN
      for (const before of all) before.push({ value, span: word.span, open: true })
    }
  }
  return all
}

function expandWord(word: Word, around: Around): readonly (readonly Field[])[] {
  if (!word.parts.some(({ part }) => part === 'braces')) return fieldsOf(word, around, true)
  const anything = [[{ value: UNKNOWN, span: word.span, open: true }]]
  // Asked before anything is spelled out: where the budget is gone, thousands of such words cost nothing more.
  if (!around.step(word.parts.length)) return anything
  let all: (readonly Field[])[] = [[]]
  for (const one of unbraced(word)) {
    if (!around.step(4)) return anything
    const ways = fieldsOf(one, around, true)
    all =
      all.length * ways.length > MOST
        ? all.map((before) => [...before, ...(ways[0] ?? [])])
        : all.flatMap((before) => ways.map((way) => [...before, ...way]))
  }
  return all
}

/** Every value that a word may have where it is not split: assignments, here-strings, redirect targets, `case` words. */
export function expandWhole(word: Word, around: Around): readonly Value[] {
  const ways = fieldsOf(word, around, false)
  return distinct(
    ways.map((way) => way[0]?.value ?? []),
    MOST,
  )
}

/** The file of a redirection: as a word of a command, where that is one word. */
export function expandTarget(word: Word, around: Around): readonly Value[] {
  const ways = fieldsOf(word, around, true)
  const single = ways.flatMap((way) => (way.length === 1 ? way.map(({ value }) => value) : []))
  // Where it may be none or several words as well, bash refuses: the one word stays, and the text as it stands beside it.
  return distinct(single.length === ways.length ? single : [...single, ...expandWhole(word, around)], MOST)
}

function unbraced(word: Word): readonly Word[] {
  let count = 0
  for (const { part } of word.parts) if (part === 'braces') count++
  // Two to this power is more than is followed.
  if (count > 16) return [{ parts: [ANYTHING], span: word.span }]
  const at = word.parts.findIndex(({ part }) => part === 'braces')
  const braces = word.parts[at]
  if (braces?.part !== 'braces') return [word]
  const all: Word[] = []
  for (const alternative of braces.alternatives) {
    const parts = [...word.parts.slice(0, at), ...alternative.parts, ...word.parts.slice(at + 1)]
    for (const one of unbraced({ parts, span: word.span })) {
      if (all.length >= BRACES_MOST) return [...all, { parts: [ANYTHING], span: word.span }]
      all.push(one)
    }
  }
  return all
}

function fieldsOf(word: Word, around: Around, splitting: boolean): readonly (readonly Field[])[] {
  const only = word.parts.length === 1 ? word.parts[0] : undefined
  // `{a,}`: a part between braces that holds nothing is no word.
  if (splitting && only?.part === 'text' && only.text === '' && !only.quoted) return [[]]
  if (only?.part === 'text' && (only.quoted || !only.text.startsWith('~')))
    return [[{ value: text(only.text), span: word.span, open: false }]]
  let ways: Chunk[][] = [[]]
  for (const [i, part] of word.parts.entries()) {
    const chunks = chunksOf(part, i === 0, word, around)
    const [single] = chunks
    if (ways.length > 1 && !around.step(ways.length))
      return [[{ value: UNKNOWN, span: word.span, open: true }]]
    if (chunks.length === 1 && single !== undefined) for (const way of ways) way.push(single)
    else if (ways.length * chunks.length > MOST)
      for (const way of ways) way.push({ value: UNKNOWN, quoted: false })
    else ways = ways.flatMap((way) => chunks.map((chunk) => [...way, chunk]))
  }
  // What doubles again and again is paid for by its length.
  let size = 0
  for (const way of ways)
    for (const { value, more } of way) {
      size += sizeOf(value)
      for (const one of more ?? []) size += sizeOf(one)
    }
  if (size > 1_024 && !around.step(size >> 4)) return [[{ value: UNKNOWN, span: word.span, open: true }]]
  const separators = splitting ? separatorsOf(around) : BLANKS
  return ways.map((way) => assemble(way, word.span, splitting, separators))
}

function sizeOf(value: Value): number {
  let size = value.length << 3
  for (const piece of value) if (typeof piece === 'string') size += piece.length
  return size
}

/** Where words are split: IFS, as far as this text sets it. */
function separatorsOf(around: Around): string {
  const set = around.state().variables.get('IFS')
  if (set === undefined || set.unset === true) return BLANKS
  const values = set.values.map(literal)
  // Not known, or one of several: at all that it may be.
  return values.every((one) => one !== undefined) ? values.join('') : BLANKS
}

function chunksOf(part: Part, first: boolean, word: Word, around: Around): readonly Chunk[] {
  if (!around.step()) return [{ value: UNKNOWN, quoted: false }]
  switch (part.part) {
    case 'text':
      if (first && !part.quoted && part.text.startsWith('~'))
        return [{ value: tilde(part.text, around), quoted: false }]
      return [{ value: text(part.text), quoted: part.quoted }]
    case 'glob':
      return [{ value: [part.glob], quoted: false }]
    case 'extglob':
      return extended(part.operator, part.alternatives, around)
    case 'parameter':
      return parameter(part, word.span, around)
    case 'command':
      return around.capture(part.body).map((value) => ({ value, quoted: part.quoted, split: true }))
    case 'arithmetic':
      for (const inner of part.inner) around.run(inner)
      return [{ value: number(part.text), quoted: part.quoted }]
    case 'process':
      return [{ value: around.process(part.body, part.direction, word.span), quoted: true }]
    case 'braces':
      return part.alternatives.flatMap((one) =>
        expandWhole(one, around).map((value) => ({ value, quoted: false })),
      )
    case 'unknown':
      return [{ value: [COMPONENT], quoted: part.quoted }]
  }
}

/** `$((…))` on plain numbers; anything else is some number. */
function number(source: string): Value {
  const match = /^\$\(\(\s*(-?\d{1,9})\s*(?:([-+*])\s*(-?\d{1,9}))?\s*\)\)$/.exec(source)
  if (match === null) return [COMPONENT]
  const [a, b] = [Number(match[1]), Number(match[3] ?? 0)]
  return text(String(match[2] === '-' ? a - b : match[2] === '*' ? a * b : a + b))
}

function tilde(source: string, around: Around): Value {
  const slash = source.indexOf('/')
  const name = slash === -1 ? source.slice(1) : source.slice(1, slash)
  const rest = slash === -1 ? '' : source.slice(slash)
  if (name === '+') return text(cwdText(around) + rest)
  if (name === '-') return [ANY, rest]
  if (name === 'root') return text(`/root${rest}`)
  if (name === '') return concat(homeOf(around), text(rest))
  return text(`/home/${name}${rest}`)
}

function homeOf(around: Around): Value {
  const set = around.state().variables.get('HOME')?.values[0]
  if (set !== undefined) return set
  const { HOME: home } = around.environment
  return home === undefined || home === '' ? HOME : text(home)
}

const cwdText = (around: Around) => {
  const [only] = around.state().cwd
  return only === undefined ? '/' : showPath(only)
}

function extended(operator: string, alternatives: readonly Word[], around: Around): readonly Chunk[] {
  // One of them is written out; repeated or negated ones may be any name.
  if (operator !== '@' && operator !== '?') return [{ value: [{ wild: 'name' }], quoted: false }]
  const all = alternatives.flatMap((one) => expandWhole(one, around))
  if (operator === '?') all.push([])
  return distinct(all, MOST).map((value) => ({ value, quoted: false }))
}

const SPECIAL = new Set([
  '$',
  '!',
  '?',
  '#',
  '-',
  '_',
  'RANDOM',
  'SECONDS',
  'LINENO',
  'UID',
  'EUID',
  'PPID',
  'BASHPID',
  'SRANDOM',
  'EPOCHSECONDS',
  'EPOCHREALTIME',
  'HOSTNAME',
  'USER',
  'LOGNAME',
  'HOSTTYPE',
  'OSTYPE',
  'BASH_VERSION',
  'TERM',
  'LANG',
])

function parameter(part: Parameter, span: Span, around: Around): readonly Chunk[] {
  const { quoted, name, prefix, operation } = part
  if (prefix === '#') return [{ value: [COMPONENT], quoted }]
  if ((name === '@' || name === '*') && operation === undefined) {
    const all = around.state().positional
    if (all === undefined) return [{ value: UNKNOWN, quoted, split: true }]
    return [list(all, name === '@', quoted)]
  }
  const index = part.index === undefined ? undefined : literal(expandWhole(part.index, around)[0] ?? [])
  if (prefix === '!' && operation?.kind === 'names') return [{ value: UNKNOWN, quoted, split: true }]
  let found = lookup(name, around)
  if (prefix === '!') {
    const names = found.values.map(literal)
    if (names.some((one) => one === undefined)) return [{ value: UNKNOWN, quoted, split: true }]
    const variables = names.map((one) => lookup(one ?? '', around))
    found = {
      values: distinct(
        variables.flatMap(({ values }) => values),
        MOST,
      ),
    }
  }
  if (found.elements !== undefined && index !== undefined) {
    if (index === '@' || index === '*') return [list(found.elements, index === '@', quoted)]
    const at = Number(index)
    found = { values: Number.isInteger(at) ? [found.elements.at(at) ?? []] : found.elements }
  } else if (part.index !== undefined && index === undefined && found.elements !== undefined)
    found = { values: found.elements }
  const values =
    operation === undefined
      ? orEmpty(found)
      : operated(operation, found, name, span, around, (word) => expandWhole(word, around))
  return distinct(values, MOST).map((value) => ({ value, quoted, split: true }))
}

const orEmpty = ({ values, maybeUnset }: Variable): readonly Value[] =>
  maybeUnset === true ? [...values, []] : values

function list(all: readonly Value[], each: boolean, quoted: boolean): Chunk {
  const [first = [], ...more] = all
  if (all.length === 0) return { value: [], quoted: false }
  if (each || !quoted) return { value: first, quoted: quoted || each, more, split: !quoted }
  return { value: concat(...all.map((value, i) => (i === 0 ? value : concat([' '], value)))), quoted }
}

/** Names under which secrets stand in the environment. */
const SECRETS =
  /(?:^|_)(?:PASS|PASSWD|PASSWORD|PASSPHRASE|PWD|PW|SECRET|TOKEN|KEY|CREDENTIALS?|DATABASE_URL)$/
const HELD: Value = [{ wild: 'any', origins: [{ from: 'variable' }] }]

/** What is in a variable; one that was never set here comes from outside and can be anything. */
export function lookup(name: string, around: Around): Variable {
  const state = around.state()
  const found = state.variables.get(name)
  if (found?.reference !== undefined && found.reference !== name) return lookup(found.reference, around)
  if (found !== undefined) return found
  if (/^[1-9]\d*$/.test(name) && state.positional !== undefined)
    return { values: [state.positional[Number(name) - 1] ?? []] }
  if (name === 'HOME') return { values: [homeOf(around)] }
  if (name === 'PWD') return { values: state.cwd.map((one) => text(showPath(one))) }
  if (name === 'TMPDIR') {
    // Where it is set it is a directory of one's own.
    const { TMPDIR: own } = around.environment
    return { values: [own === undefined ? ['/tmp/', COMPONENT] : text(own)] }
  }
  if (name === 'IFS') return { values: [text(' \t\n')] }
  if (name === 'SHELL') return { values: [text('/bin/bash')] }
  if (name === 'BASH') return { values: [text('/bin/bash')] }
  if (name === '0') return { values: [text('bash')] }
  const given = around.environment[name]
  if (given !== undefined) return { values: [text(given)] }
  // A job of this shell, by its number.
  if (name === '!') return { values: [['%', COMPONENT]] }
  if (SPECIAL.has(name)) return { values: [[COMPONENT]] }
  return { values: [SECRETS.test(name) ? HELD : UNKNOWN] }
}
