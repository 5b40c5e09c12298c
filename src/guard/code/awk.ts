// AWK programs: what they start, what they write, what they read beside their input.

import type { Field } from '../fields.ts'
import { HOLE } from '../hole.ts'
import type { Call } from '../shell.ts'
import { ANY, concat, distinct, type Value } from '../value.ts'
import { onPath, runShellText, type Teller } from './effects.ts'
import type { Language } from './language.ts'
import { lex, type Syntax, type Token } from './lex.ts'
import { type Code, NONE } from './value.ts'

const SYNTAX: Syntax = { comments: ['#'], regex: true, lines: true }
const AWK: Language = {
  name: 'awk',
  syntax: SYNTAX,
  calls: new Map(),
  methods: new Map(),
  values: new Map(),
  join: '',
}

export function readAwk(
  source: string,
  call: Call,
  field: Field,
  variables: ReadonlyMap<string, Value>,
): void {
  const tokens = lex(source, SYNTAX)
  if (!call.shell.world.step(1 + (tokens.length >> 3))) return
  const tell: Teller = {
    call,
    field,
    language: AWK,
    kit: undefined,
    read: () => undefined,
    given: new Map(),
    quiet: false,
    sockets: false,
    shells: false,
  }
  const names = new Map<string, Code>([...variables].map(([name, value]) => [name, { values: [value] }]))
  let start = 0
  for (let i = 0; i <= tokens.length; i++) {
    const token = tokens[i]
    const ends =
      token === undefined ||
      token.kind === 'line' ||
      (token.kind === 'sign' && (token.text === ';' || token.text === '{' || token.text === '}'))
    if (!ends) continue
    if (i > start) readStatement(tokens.slice(start, i), names, tell)
    start = i + 1
  }
}

function readStatement(tokens: readonly Token[], names: Map<string, Code>, tell: Teller): void {
  if (
    tokens.some(
      ({ kind, parts }) => kind === 'string' && /^\/inet[46]?\/(?:tcp|udp)\//.test(String(parts?.[0] ?? '')),
    )
  )
    tell.sockets = true
  if (tokens.some(({ kind }) => kind === 'hole')) tell.call.shell.world.say('unknown code', tell.field.span)
  const [first, second] = tokens
  if (first?.kind === 'name' && second?.text === '=') names.set(first.text, evaluate(tokens.slice(2), names))
  const prints = tokens.findIndex(
    ({ kind, text }) => kind === 'name' && (text === 'print' || text === 'printf'),
  )
  let depth = 0
  for (let i = 0; i < tokens.length; i++) {
    const { kind, text } = tokens[i] as Token
    if (kind === 'name' && text === 'system' && tokens[i + 1]?.text === '(')
      runShellText(tell, evaluate(tokens.slice(i + 2, closing(tokens, i + 1)), names))
    // `getline < file`
    if (kind === 'name' && text === 'getline') {
      const sign = tokens[i + 1]?.text === '<' ? i + 1 : tokens[i + 2]?.text === '<' ? i + 2 : -1
      if (sign !== -1) onPath(tell, 'path.read', evaluate(tokens.slice(sign + 1), names))
    }
    if (kind !== 'sign') continue
    // `@name(…)`: the function whose name the variable holds.
    if (text === '@' && tokens[i + 1]?.kind === 'name' && tokens[i + 2]?.text === '(')
      callBack(tokens.slice(i + 1), names, tell)
    if (text === '(') depth++
    else if (text === ')') depth--
    const reads = tokens[tokens[i + 1]?.text === '&' ? i + 2 : i + 1]?.text === 'getline'
    if (text === '|' && (reads || prints === -1 || (depth === 0 && i > prints))) {
      // `"command" | getline` runs what stands before it, `print | "command"` what stands behind.
      const rest = tokens.slice(tokens[i + 1]?.text === '&' ? i + 2 : i + 1)
      // A line that the other end of a socket has written.
      const opens =
        rest[0]?.text === 'getline' && evaluate(operandBefore(tokens, i), names).values === undefined
      if (tell.sockets && opens)
        tell.call.shell.emit(
          { verb: 'exec.shell-server', on: { kind: 'program', name: 'awk' } },
          tell.field.span,
        )
      else if (rest[0]?.text === 'getline') runShellText(tell, evaluate(operandBefore(tokens, i), names))
      else if (prints !== -1) runShellText(tell, evaluate(rest, names))
      if (rest[0]?.text !== 'getline') return
    } else if ((text === '>' || text === '>>') && prints !== -1 && i > prints && depth === 0) {
      const target = evaluate(tokens.slice(i + 1), names)
      if (!isQuiet(target)) onPath(tell, text === '>' ? 'path.write' : 'path.append', target)
      return
    }
  }
}

function callBack(tokens: readonly Token[], names: ReadonlyMap<string, Code>, tell: Teller): void {
  const callees = names.get(tokens[0]?.text ?? '')?.values?.map((value) => value.join(''))
  if (callees === undefined || callees.includes('system'))
    runShellText(tell, evaluate(tokens.slice(2, closing(tokens, 1)), names))
}

const isQuiet = ({ values }: Code): boolean =>
  values?.length === 1 && /^\/dev\/(?:null|stderr|stdout|tty|fd\/\d)$/.test(String(values[0]?.[0]))

/** Back to where the expression began: an open bracket, a sign that joins nothing. */
function operandBefore(tokens: readonly Token[], end: number): readonly Token[] {
  let depth = 0
  for (let i = end - 1; i >= 0; i--) {
    const { kind, text } = tokens[i] as Token
    if (kind !== 'sign') continue
    if (text === ')') depth++
    else if (text === '(' && --depth < 0) return tokens.slice(i + 1, end)
    else if (depth === 0 && /^(?:=|&&|\|\||!|,|;)$/.test(text)) return tokens.slice(i + 1, end)
  }
  return tokens.slice(0, end)
}

function closing(tokens: readonly Token[], from: number): number {
  let depth = 0
  for (let i = from; i < tokens.length; i++) {
    if (tokens[i]?.text === '(' && tokens[i]?.kind === 'sign') depth++
    else if (tokens[i]?.text === ')' && tokens[i]?.kind === 'sign' && --depth === 0) return i
  }
  return tokens.length
}

/** Texts beside each other are one. */
function evaluate(tokens: readonly Token[], names: ReadonlyMap<string, Code>): Code {
  let all: readonly Value[] = [[]]
  let depth = 0
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] as Token
    let next: readonly Value[] | undefined
    if (token.kind === 'string') next = [textOf(token)]
    else if (token.kind === 'number') next = [[token.text]]
    else if (token.kind === 'name') {
      if (tokens[i + 1]?.text === '(') {
        i = closing(tokens, i + 1)
        next = [[ANY]]
      } else next = names.get(token.text)?.values ?? [[ANY]]
    } else if (token.text === '$') {
      next = [[ANY]]
      if (tokens[i + 1]?.text === '(') i = closing(tokens, i + 1)
      else i++
    } else if (token.text === '(') depth++
    else if (token.text === ')') {
      if (--depth < 0) break
    } else if (token.text === ',' || token.text === '?' || token.text === ':') break
    else next = [[ANY]]
    if (next !== undefined) all = distinct(all.flatMap((one) => (next ?? []).map((two) => concat(one, two))))
  }
  const wholly = all.every((value) => value.length > 0 && value.every((piece) => typeof piece !== 'string'))
  return wholly ? NONE : { values: all }
}

const textOf = (token: Token): Value => {
  const source = (token.parts ?? []).filter((one) => typeof one === 'string').join('')
  if (!source.includes(HOLE)) return source === '' ? [] : [source]
  return concat(...source.split(HOLE).flatMap((part, i) => (i === 0 ? [[part]] : [[ANY], [part]])))
}
