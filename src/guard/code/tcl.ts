// Tcl: what its commands do to files and which programs they start. Words are read as Tcl reads them; of a bracket only what `glob` finds and
// of a variable only what `set` put there is known.

import type { Field } from '../fields.ts'
import { marked, sourceOfMarked, unmarked } from '../hole.ts'
import type { Call } from '../shell.ts'
import { touch } from '../tool.ts'
import { globOf } from '../tools/globs.ts'
import { ANY, concat, literal, quote, split, UNKNOWN_SOURCE, type Value } from '../value.ts'

interface Word {
  readonly value: Value
  /** In braces: as it stands. */
  readonly braced: boolean
}

const NESTED = 12
/** Commands that run some of their words as code. */
const CONTROL = new Set(
  'if elseif else while for foreach lmap proc catch try on finally eval uplevel namespace switch after time apply dict coroutine expect expect_user interact subst timerate'.split(
    ' ',
  ),
)
/** Between the programs of a pipeline, and where what they write goes. */
const PIPES = /^(?:\|&?|<|<<|<@|>|>>|2>|2>>|>&|>>&|&|2>@1|>@)/

export function readTcl(
  source: string,
  call: Call,
  field: Field,
  depth = 0,
  variables = new Map<string, Value>(),
): void {
  if (depth > NESTED || !call.shell.world.step(2 + (source.length >> 5))) return
  for (const words of commands(source, (inner) => bracket(inner, call, field, depth, variables), variables))
    command(words, call, field, depth, variables)
}

/** What `[…]` stands for: what it does is done, what it answers is rarely known. */
function bracket(
  inner: string,
  call: Call,
  field: Field,
  depth: number,
  variables: Map<string, Value>,
): Value {
  readTcl(inner, call, field, depth + 1, variables)
  const [words] = commands(inner, () => [ANY], variables)
  const rest = (words ?? []).slice(1).filter(({ value }) => !(literal(value) ?? '').startsWith('-'))
  if (literal(words?.[0]?.value ?? []) === 'glob' && rest[0] !== undefined) return globOf(rest[0].value)
  if (literal(words?.[0]?.value ?? []) === 'file' && literal(rest[0]?.value ?? []) === 'join')
    return rest
      .slice(1)
      .reduce<Value>((all, one) => (all.length === 0 ? one.value : concat(all, ['/'], one.value)), [])
  return [ANY]
}

function command(
  words: readonly Word[],
  call: Call,
  field: Field,
  depth: number,
  variables: Map<string, Value>,
): void {
  const [head, ...rest] = words
  const name = (literal(head?.value ?? []) ?? '').replace(/^::/, '')
  const at = (one: Word | undefined): Field => ({ ...field, value: one?.value ?? [], open: false })
  const plain = rest.map(({ value }) => literal(value) ?? '')
  switch (name) {
    case 'set':
    case 'variable':
      if (rest.length > 1 && plain[0] !== undefined) variables.set(plain[0], rest[1]?.value ?? [])
      return
    case 'exec':
    case 'spawn':
    case 'system':
      return pipeline(rest, call, field)
    case 'send':
    case 'exp_send': {
      const text = marked(rest.at(-1)?.value ?? []).replaceAll('\r', '\n')
      call.shell.fork({ via: [...call.shell.state.via, 'terminal'] }).code(sourceOfMarked(text), field.span)
      return
    }
    case 'open': {
      const start = plain[0] ?? ''
      if (start.startsWith('|')) {
        const [inner = []] = commands(start.slice(1), () => [ANY], variables)
        return pipeline(inner, call, field)
      }
      const mode = plain[1] ?? 'r'
      touch(
        call,
        /^r$|RDONLY/.test(mode) ? 'path.read' : mode.startsWith('a') ? 'path.append' : 'path.write',
        at(rest[0]),
      )
      return
    }
    case 'source':
      touch(call, 'path.exec', at(rest[0]))
      for (const one of call.shell.contents(call.shell.paths(rest[0]?.value ?? [])).texts ?? [])
        readTcl(marked(one), call, field, depth + 1, variables)
      return
    case 'cd':
      if (rest[0] !== undefined)
        call.shell.state = { ...call.shell.state, cwd: call.shell.paths(rest[0].value) }
      return
    case 'file':
      files(plain[0] ?? '', rest.slice(1), call, field)
      return
    default:
      if (!CONTROL.has(name)) return
      // Texts in braces are code; words apart, for `eval` and its kin, are one command.
      for (const one of rest) if (one.braced) readTcl(marked(one.value), call, field, depth + 1, variables)
      if (name === 'eval' || name === 'uplevel' || name === 'catch')
        if (rest.every(({ braced }) => !braced))
          readTcl(rest.map(({ value }) => marked(value)).join(' '), call, field, depth + 1, variables)
  }
}

/** `file delete ?-force? ?--? name…` and the others that change something. */
function files(verb: string, words: readonly Word[], call: Call, field: Field): void {
  const given = words.filter(({ value }) => !(literal(value) ?? '').startsWith('-'))
  const at = ({ value }: Word): Field => ({ ...field, value, open: false })
  const [first] = given
  const last = given.at(-1)
  if (first === undefined || last === undefined) return
  if ('delete'.startsWith(verb) && verb.length > 2)
    for (const one of given) touch(call, 'path.delete', at(one), { recursive: true, reversible: 'no' })
  else if (verb === 'rename' || verb === 'copy') {
    for (const one of given.slice(0, -1)) touch(call, verb === 'copy' ? 'path.read' : 'path.move', at(one))
    touch(call, 'path.write', at(last))
  } else if (verb === 'mkdir')
    for (const one of given) touch(call, 'path.create', at(one), { note: 'directory' })
  else if (verb === 'link' && given.length > 1) {
    touch(call, 'path.write', at(first))
    for (const from of call.shell.paths(first.value))
      for (const to of call.shell.paths(last.value)) call.shell.link(from, to)
  } else if (
    verb === 'attributes' &&
    words.some(({ value }) => (literal(value) ?? '') === '-permissions') &&
    given.length > 1
  )
    touch(call, 'path.chmod', at(first))
}

/** Words of a pipeline as a line of the shell: `|`, `<` and `>` mean the same there. */
function pipeline(words: readonly Word[], call: Call, field: Field): void {
  let at = 0
  while (
    /^-(?:ignorestderr|keepnewline|noecho|nottyinit|nottycopy|open|-)$/.test(
      literal(words[at]?.value ?? []) ?? '',
    )
  )
    at++
  const line = words
    .slice(at)
    .map(({ value, braced }) => {
      const sign = braced ? undefined : PIPES.exec(marked(value))?.[0]
      if (sign === undefined) return value.length === 0 ? "''" : globbed(value)
      const target = marked(value).slice(sign.length)
      return `${sign.replace(/@1$|@$/, '')}${target === '' ? '' : quote(unmarked(target))}`
    })
    .join(' ')
  call.shell.fork({ via: [...call.shell.state.via, 'tcl'] }).code(line, field.span)
}

/** What `glob` found is a pattern of the shell's again. */
const globbed = (value: Value): string =>
  value
    .map((piece) =>
      typeof piece === 'string'
        ? quote([piece])
        : piece.wild === 'name' || piece.wild === 'component'
          ? '*'
          : piece.wild === 'char'
            ? '?'
            : piece.wild === 'set'
              ? `[${piece.set ?? ''}]`
              : UNKNOWN_SOURCE,
    )
    .join('')

/** A text as commands, each as its words; one after the other, so that each sees what those before it have set. */
function* commands(
  source: string,
  inBrackets: (inner: string) => Value,
  variables: ReadonlyMap<string, Value>,
): Generator<readonly Word[]> {
  let words: Word[] = []
  let value: Value = []
  let isWord = false
  let braced = false
  let quoted = false
  const end = () => {
    // `{*}$list`: its words apart.
    if (isWord && !braced && words.length > 0) {
      const parts = split(value, ' ').filter((one) => one.length > 0)
      if (expands && parts.length > 0) for (const one of parts) words.push({ value: one, braced })
      else words.push({ value, braced })
    } else if (isWord) words.push({ value, braced })
    value = []
    isWord = false
    braced = false
    expands = false
  }
  let expands = false
  const add = (more: Value) => {
    value = concat(value, more)
    isWord = true
  }
  for (let i = 0; i < source.length; i++) {
    const one = source[i] as string
    if (one === '\\') {
      const next = source[++i] ?? ''
      if (next === '\n') end()
      else add([ESCAPES[next] ?? next].filter((text) => text !== ''))
    } else if (one === '[') {
      const close = closing(source, i, '[', ']')
      add(inBrackets(source.slice(i + 1, close)))
      i = close
    } else if (one === '$') {
      const match = /^\$(?:\{([^}]{1,80})\}|((?:::)?\w+(?:::\w+)*)(?:\([^)]{0,80}\))?)/.exec(
        source.slice(i, i + 200),
      )
      if (match === null) add(['$'])
      else {
        add(variables.get(match[1] ?? match[2] ?? '') ?? [ANY])
        i += match[0].length - 1
      }
    } else if (one === '"' && (quoted || !isWord)) {
      quoted = !quoted
      isWord = true
    } else if (quoted) add([one])
    else if (one === '{' && !isWord) {
      const close = closing(source, i, '{', '}')
      const inner = source.slice(i + 1, close)
      if (inner === '*') expands = true
      else {
        value = inner === '' ? [] : [inner]
        isWord = true
        braced = true
      }
      i = close
    } else if (one === '\n' || one === ';') {
      end()
      if (words.length > 0) yield words
      words = []
    } else if (one === '#' && words.length === 0 && !isWord) {
      while (i + 1 < source.length && source[i + 1] !== '\n') i++
    } else if (/\s/.test(one)) end()
    else add([one])
  }
  end()
  if (words.length > 0) yield words
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' }

/** Where the bracket that opens here ends; the end of the text where it does not. */
function closing(source: string, from: number, open: string, close: string): number {
  let depth = 0
  for (let i = from; i < source.length; i++) {
    const one = source[i]
    if (one === '\\') i++
    else if (one === open) depth++
    else if (one === close && --depth === 0) return i
  }
  return source.length
}
