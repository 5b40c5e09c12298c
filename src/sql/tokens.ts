// The tokens of a SQL text as PostgreSQL's scanner cuts them, with their places. Total: any text gives tokens, and what cannot be told is a sign.
// `standard_conforming_strings` is on: the runner sets it in each of its sessions.

export interface Token {
  /** `name`: a quoted identifier. `backslash`: outside of quotes, where psql would take a command of its own. */
  readonly kind: 'word' | 'name' | 'string' | 'number' | 'sign' | 'backslash'
  /** Of a word in lower case, of a string its content. */
  readonly text: string
  /** Of a word in upper case, else the text of a sign, else empty. */
  readonly upper: string
  readonly from: number
  readonly to: number
}

const WORD = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y
const NUMBER = /(?:\d[\w]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y
const DOLLAR = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y
const PREFIXED = /(?:[eEbBxXnN]|[uU]&)'/y

export function tokensOf(sql: string): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  const add = (kind: Token['kind'], text: string, to: number, upper = '') => {
    tokens.push({ kind, text, upper, from: at, to })
    at = to
  }
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    return pattern.exec(sql)?.[0]
  }
  while (at < sql.length) {
    const sign = sql.charAt(at)
    const two = sql.slice(at, at + 2)
    if (/\s/.test(sign)) at++
    else if (two === '--') at = endOfLine(sql, at)
    else if (two === '/*') at = endOfComment(sql, at)
    else if (sign === "'") {
      const to = endOfQuote(sql, at + 1, "'", false)
      add('string', sql.slice(at + 1, to - 1).replaceAll("''", "'"), to)
    } else if (sign === '"' || /^u&"/i.test(sql.slice(at, at + 3))) {
      const open = sign === '"' ? at + 1 : at + 3
      const to = endOfQuote(sql, open, '"', false)
      add('name', sql.slice(open, to - 1).replaceAll('""', '"'), to)
    } else {
      const prefixed = match(PREFIXED)
      const dollar = sign === '$' ? match(DOLLAR) : undefined
      const word = match(WORD)
      const number = match(NUMBER)
      if (prefixed !== undefined) {
        const to = endOfQuote(sql, at + prefixed.length, "'", /^e/i.test(prefixed))
        add('string', sql.slice(at + prefixed.length, to - 1), to)
      } else if (dollar !== undefined) {
        const close = sql.indexOf(dollar, at + dollar.length)
        const end = close === -1 ? sql.length : close
        add('string', sql.slice(at + dollar.length, end), Math.min(sql.length, end + dollar.length))
      } else if (word !== undefined) add('word', word.toLowerCase(), at + word.length, word.toUpperCase())
      else if (number !== undefined) add('number', number, at + number.length)
      else if (sign === '\\') add('backslash', sql.slice(at, endOfLine(sql, at)), endOfLine(sql, at))
      else if (two === '::' || two === '||' || two === ':=') add('sign', two, at + 2, two)
      else add('sign', sign, at + 1, sign)
    }
  }
  return tokens
}

function endOfLine(sql: string, at: number): number {
  const end = sql.indexOf('\n', at)
  return end === -1 ? sql.length : end
}

/** Comments nest. */
function endOfComment(sql: string, from: number): number {
  let depth = 0
  for (let at = from; at < sql.length; at++) {
    const two = sql.slice(at, at + 2)
    if (two === '/*') {
      depth++
      at++
    } else if (two === '*/') {
      depth--
      at++
      if (depth === 0) return at + 1
    }
  }
  return sql.length
}

/** Behind the closing sign; the end where none closes. */
function endOfQuote(sql: string, from: number, quote: string, escapes: boolean): number {
  for (let at = from; at < sql.length; at++) {
    if (escapes && sql[at] === '\\') at++
    else if (sql[at] === quote) {
      if (sql[at + 1] !== quote) return at + 1
      at++
    }
  }
  return sql.length + 1
}

export function lineAt(sql: string, at: number): number {
  let line = 1
  for (let i = sql.indexOf('\n'); i !== -1 && i < at; i = sql.indexOf('\n', i + 1)) line++
  return line
}
