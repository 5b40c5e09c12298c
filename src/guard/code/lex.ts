// Source text of a script language as tokens: strings with what they interpolate, names, signs. Tolerant and linear; one lexer, told
// by a `Syntax` how a language writes comments, strings and commands.
import { HOLE } from '../hole.ts'
import { CLOSE, delimited, interpolate, opener, regexEnd, unescape, until } from './strings.ts'

export interface Syntax {
  /** What begins a comment to the end of its line. */
  readonly comments: readonly string[]
  readonly block?: readonly [string, string]
  /** `'''` and `"""`. */
  readonly triple?: true
  /** Letters before a string: r, b, f, u. */
  readonly prefixes?: true
  /** Strings in these marks interpolate, in the way of their language. */
  readonly interpolate?: {
    readonly marks: string
    readonly way: 'python' | 'script' | 'ruby' | 'perl' | 'php'
  }
  /** Single quotes know no escapes but of themselves. */
  readonly plainSingle?: true
  readonly regex?: true
  /** Back quotes run a command; otherwise they are a string, or nothing. */
  readonly ticks?: 'command' | 'string'
  /** `q{}` and `qx{}` of Perl, `%q{}` and `%x{}` of Ruby. */
  readonly quotes?: 'perl' | 'ruby'
  readonly heredoc?: true
  /** `[[text]]` */
  readonly brackets?: true
  /** Line ends end statements. */
  readonly lines?: true
  /** `$` is a letter. */
  readonly dollar?: true
  /** Characters that begin a variable. */
  readonly sigils?: string
}

export interface Token {
  /** `command`: text that a shell runs. `hole`: source that is not known. */
  readonly kind: 'name' | 'string' | 'number' | 'sign' | 'line' | 'command' | 'regex' | 'hole'
  readonly text: string
  /** Of a string or command: literal texts, and sources that are evaluated into it. */
  readonly parts?: readonly (string | { readonly source: string })[]
}

const isLetter = (code: number) =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || (code > 127 && code !== 0xfffc)
const isDigit = (code: number) => code >= 48 && code <= 57
const SIGNS = [
  '===',
  '!==',
  '**=',
  '...',
  '||=',
  '&&=',
  '??=',
  '<=>',
  '=>',
  '->',
  '::',
  '?.',
  '==',
  '!=',
  '<=',
  '>=',
  '&&',
  '||',
  '??',
  '+=',
  '-=',
  '.=',
  '*=',
  '/=',
  '|=',
  ':=',
  '//',
  '**',
  '++',
  '--',
  '<<',
  '>>',
  '..',
  '=~',
  '<-',
]

interface Pending {
  readonly tag: string
  readonly at: number
  readonly raw: boolean
  readonly command: boolean
}

export function lex(source: string, syntax: Syntax): readonly Token[] {
  const all: Token[] = []
  const pending: Pending[] = []
  let depth = 0
  let at = 0
  const push = (kind: Token['kind'], text: string, parts?: Token['parts']): void => {
    all.push(parts === undefined ? { kind, text } : { kind, text, parts })
  }
  const string = (kind: 'string' | 'command', body: string, raw: boolean, interpolates: boolean): void => {
    const way = interpolates ? syntax.interpolate?.way : undefined
    push(kind, '', way === undefined ? [raw ? body : unescape(body)] : interpolate(body, way, raw))
  }
  while (at < source.length) {
    const character = source[at] as string
    const code = source.charCodeAt(at)
    if (character === '\n') {
      at++
      if (pending.length > 0) at = readHeredocs(source, at, pending, all, syntax)
      if (syntax.lines === true && depth === 0) push('line', '\n')
      continue
    }
    if (code <= 32 || code === 0xa0) {
      at++
      continue
    }
    if (character === '\\' && (source[at + 1] === '\n' || source[at + 1] === '\r')) {
      at += 2
      continue
    }
    if (character === HOLE) {
      push('hole', HOLE)
      at++
      continue
    }
    if (syntax.block !== undefined && source.startsWith(syntax.block[0], at)) {
      const end = source.indexOf(syntax.block[1], at + syntax.block[0].length)
      at = end === -1 ? source.length : end + syntax.block[1].length
      continue
    }
    if (
      syntax.brackets === true &&
      (character === '[' || (character === '-' && source.startsWith('--[', at)))
    ) {
      const from = character === '[' ? at : at + 2
      const open = /^\[(=*)\[/.exec(source.slice(from, from + 8))
      if (open !== null) {
        const mark = `]${open[1] ?? ''}]`
        const end = source.indexOf(mark, from)
        const stop = end === -1 ? source.length : end
        if (character === '[') push('string', '', [source.slice(from + mark.length, stop)])
        at = stop + mark.length
        continue
      }
    }
    if (
      syntax.comments.some((mark) => source.startsWith(mark, at)) &&
      !(character === '#' && all.at(-1)?.text === '$')
    ) {
      const end = source.indexOf('\n', at)
      at = end === -1 ? source.length : end
      continue
    }
    if (character === '"' || character === "'") {
      const [body, after] = quotedBody(source, at, syntax)
      string(
        'string',
        body,
        character === "'" && syntax.plainSingle === true,
        syntax.interpolate?.marks.includes(character) === true,
      )
      at = after
      continue
    }
    if (character === '`' && syntax.ticks !== undefined) {
      const end = until(source, at + 1, '`', opener(syntax, '`'))
      string(syntax.ticks === 'command' ? 'command' : 'string', source.slice(at + 1, end), false, true)
      at = end + 1
      continue
    }
    if (syntax.heredoc === true && character === '<' && source[at + 1] === '<') {
      const match = /^<<[<~-]?(?:(["'`])([^"'`\n]{1,60})\1|([A-Z_]\w{0,60}))/.exec(source.slice(at, at + 70))
      if (match !== null) {
        pending.push({
          tag: match[2] ?? match[3] ?? '',
          at: all.length,
          raw: match[1] === "'",
          command: match[1] === '`',
        })
        push('string', '', [])
        at += match[0].length
        continue
      }
    }
    if (syntax.quotes === 'ruby' && character === '%' && !isOperand(all.at(-1))) {
      const match = /^%([qQwWxiI]?)([^\w\s=])/.exec(source.slice(at, at + 3))
      if (match !== null) {
        const end = delimited(source, at + match[0].length, match[2] ?? '')
        const body = source.slice(at + match[0].length, end)
        if (match[1] === 'x') string('command', body, false, true)
        else if (/[wWiI]/.test(match[1] ?? '')) pushWords(all, body)
        else string('string', body, match[1] === 'q', match[1] !== 'q')
        at = end + 1
        continue
      }
    }
    if (
      isLetter(code) ||
      (code === 36 && syntax.dollar === true) ||
      (syntax.sigils?.includes(character) === true && isSigil(source, at, all.at(-1)))
    ) {
      let after = at + 1
      while (
        after < source.length &&
        (isLetter(source.charCodeAt(after)) ||
          isDigit(source.charCodeAt(after)) ||
          (syntax.dollar === true && source[after] === '$'))
      )
        after++
      // Ruby's `empty?` and `save!`.
      if (syntax.quotes === 'ruby' && /[?!]/.test(source[after] ?? '') && source[after + 1] !== '=') after++
      const name = source.slice(at, after)
      const mark = source[after]
      if (
        syntax.prefixes === true &&
        name.length <= 2 &&
        /^[rbfuRBFU]+$/.test(name) &&
        (mark === '"' || mark === "'")
      ) {
        const [body, end] = quotedBody(source, after, syntax)
        const letters = name.toLowerCase()
        const raw = letters.includes('r')
        push(
          'string',
          '',
          letters.includes('f') ? interpolate(body, 'python', raw) : [raw ? body : unescape(body)],
        )
        at = end
        continue
      }
      if (
        syntax.quotes === 'perl' &&
        /^(?:q|qq|qx|qw|m|qr|s|tr|y)$/.test(name) &&
        all.at(-1)?.text !== '->' &&
        all.at(-1)?.text !== '{'
      ) {
        const open = /^\s*([^\w\s,;=)])/.exec(source.slice(after, after + 8))
        if (
          open !== null &&
          !source
            .slice(after, after + 4)
            .trimStart()
            .startsWith('=>')
        ) {
          const from = after + open[0].length
          const end = delimited(source, from, open[1] ?? '')
          const body = source.slice(from, end)
          at = end + 1
          if (name === 'q') string('string', body, true, false)
          else if (name === 'qq') string('string', body, false, true)
          else if (name === 'qx') string('command', body, false, open[1] !== "'")
          else if (name === 'qw') pushWords(all, body)
          else {
            push('regex', '')
            if (name === 's' || name === 'tr' || name === 'y') {
              const paired = CLOSE[open[1] ?? ''] !== undefined
              const again = paired ? source.indexOf(open[1] ?? '', at) : at - 1
              const second = again === -1 ? source.length : again + 1
              const stop = delimited(source, second, open[1] ?? '')
              const flags = /^[a-z]*/.exec(source.slice(stop + 1, stop + 12))?.[0] ?? ''
              // `s/…/…/e`: the replacement is code.
              if (name === 's' && flags.includes('e')) all.push(...lex(source.slice(second, stop), syntax))
              at = stop + 1 + flags.length
            } else at += /^[a-z]*/.exec(source.slice(at, at + 10))?.[0].length ?? 0
          }
          continue
        }
      }
      push('name', name)
      at = after
      continue
    }
    if (isDigit(code)) {
      let after = at + 1
      while (
        after < source.length &&
        (isLetter(source.charCodeAt(after)) ||
          isDigit(source.charCodeAt(after)) ||
          (source[after] === '.' && isDigit(source.charCodeAt(after + 1))))
      )
        after++
      push('number', source.slice(at, after))
      at = after
      continue
    }
    if (character === '/' && syntax.regex === true && !isOperand(all.at(-1))) {
      const end = regexEnd(source, at + 1)
      if (end !== -1) {
        push('regex', source.slice(at + 1, end))
        at = end + 1
        while (isLetter(source.charCodeAt(at))) at++
        continue
      }
    }
    if (character === '(' || character === '[') depth++
    else if (character === ')' || character === ']') depth = Math.max(0, depth - 1)
    else if (character === '{' && syntax.prefixes === true) depth++
    else if (character === '}' && syntax.prefixes === true) depth = Math.max(0, depth - 1)
    // A block inside of brackets has lines of its own.
    const sign = SIGNS.find((one) => source.startsWith(one, at)) ?? character
    push('sign', sign)
    at += sign.length
  }
  return all
}

const isOperand = (token: Token | undefined): boolean =>
  token !== undefined &&
  (token.kind === 'number' ||
    token.kind === 'string' ||
    (token.kind === 'name' &&
      !/^(?:return|print|if|unless|and|or|not|split|grep|in|case|typeof|puts|when|while|until)$/.test(
        token.text,
      )) ||
    token.text === ')' ||
    token.text === ']')

function isSigil(source: string, at: number, before: Token | undefined): boolean {
  const next = source.charCodeAt(at + 1)
  if (isLetter(next)) return source[at] === '$' || source[at] === '@' || !isOperand(before)
  return (
    source[at] === '$' && (isDigit(next) || (source[at + 1] === '&' && !isLetter(source.charCodeAt(at + 2))))
  )
}

function pushWords(all: Token[], body: string): void {
  all.push({ kind: 'sign', text: '[' })
  for (const word of body
    .split(/\s+/)
    .filter((one) => one !== '')
    .slice(0, 200))
    all.push({ kind: 'string', text: '', parts: [word] }, { kind: 'sign', text: ',' })
  all.push({ kind: 'sign', text: ']' })
}

function quotedBody(source: string, at: number, syntax: Syntax): [string, number] {
  const mark = source[at] as string
  if (syntax.triple === true && source.startsWith(mark.repeat(3), at)) {
    const end = source.indexOf(mark.repeat(3), at + 3)
    return end === -1 ? [source.slice(at + 3), source.length] : [source.slice(at + 3, end), end + 3]
  }
  const end = until(source, at + 1, mark, opener(syntax, mark))
  return [source.slice(at + 1, end), end + 1]
}

function readHeredocs(
  source: string,
  from: number,
  pending: Pending[],
  all: Token[],
  syntax: Syntax,
): number {
  let at = from
  for (const { tag, at: place, raw, command } of pending.splice(0)) {
    let body = ''
    while (at < source.length) {
      const end = source.indexOf('\n', at)
      const line = source.slice(at, end === -1 ? source.length : end)
      at = end === -1 ? source.length : end + 1
      if (line.trim().replace(/[;,)]+$/, '') === tag) break
      body += `${line}\n`
    }
    const way = raw ? undefined : syntax.interpolate?.way
    all[place] = {
      kind: command ? 'command' : 'string',
      text: '',
      parts: way === undefined ? [body] : interpolate(body, way, false),
    }
  }
  return at
}
