// SQL as tokens, and as statements between their separators; client commands (`\!`, `.shell`, `source`) stand beside them. Linear.
import { HOLE } from '../hole.ts'

export type Engine =
  | 'postgresql'
  | 'mysql'
  | 'sqlite'
  | 'duckdb'
  | 'clickhouse'
  | 'mssql'
  | 'oracle'
  | 'cassandra'
  | 'influx'
  | 'sql'

export interface Token {
  /** `hole`: text that is not known, and may be anything. */
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'sign' | 'hole'
  /** Without quotes. */
  readonly text: string
  /** Of a word, in capitals; of a sign, itself; empty for everything that is data. */
  readonly upper: string
}

export type Part =
  | { readonly part: 'statement'; readonly tokens: readonly Token[] }
  /** A command of the client: its name without the sign, and the rest of its line. */
  | { readonly part: 'command'; readonly name: string; readonly rest: string }

const WORDS_OF_MYSQL = new Set(['SOURCE', 'SYSTEM', 'TEE', 'PAGER', 'DELIMITER', 'NOTEE', 'NOPAGER', 'EDIT'])
/** Client commands that take all of the line, also a further backslash. */
const WHOLE_LINE = new Set(['!', 'copy', '.'])
const DEFINES = new Set(['FUNCTION', 'PROCEDURE', 'TRIGGER', 'EVENT', 'PACKAGE'])

const isLetter = (code: number) =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code > 127
const isDigit = (code: number) => code >= 48 && code <= 57
const isSpace = (code: number) => code <= 32 || code === 0xa0

export function partsOf(source: string, engine: Engine): readonly Part[] {
  const parts: Part[] = []
  let tokens: Token[] = []
  let delimiter = ''
  let at = 0
  /** Open blocks of a definition: what stands in them is its body. */
  let blocks = 0
  const end = (): void => {
    if (tokens.length > 0) parts.push({ part: 'statement', tokens })
    tokens = []
    blocks = 0
  }
  const push = (kind: Token['kind'], text: string, upper = ''): void => {
    tokens.push({ kind, text, upper })
  }
  let lineEnd = -1
  const restOfLine = (from: number): number => {
    if (from > lineEnd) {
      const line = source.indexOf('\n', from)
      lineEnd = line === -1 ? source.length : line
    }
    return lineEnd
  }
  const backslashes = engine === 'mysql' || engine === 'clickhouse'
  while (at < source.length) {
    const character = source[at] as string
    const code = source.charCodeAt(at)
    if (isSpace(code)) {
      at++
      continue
    }
    if (delimiter !== '' && source.startsWith(delimiter, at)) {
      end()
      at += delimiter.length
      continue
    }
    if (character === HOLE) {
      push('hole', HOLE)
      at++
      continue
    }
    const next = source[at + 1]
    if (
      character === '-' &&
      next === '-' &&
      (engine !== 'mysql' || isSpace(source.charCodeAt(at + 2) || 32))
    ) {
      at = restOfLine(at)
      continue
    }
    if (character === '#' && engine === 'mysql') {
      at = restOfLine(at)
      continue
    }
    if (character === '/' && next === '*') {
      // MySQL and MariaDB run what stands in a comment that begins with an exclamation mark.
      const runs = /^\/\*M?!\d*/.exec(source.slice(at, at + 12))
      if (runs !== null && (engine === 'mysql' || engine === 'sql')) {
        at += runs[0].length
        continue
      }
      at = endOfComment(source, at + 2, engine === 'postgresql' || engine === 'duckdb')
      continue
    }
    if (character === '*' && next === '/') {
      at += 2
      continue
    }
    if (character === "'") {
      const escapes = backslashes || (tokens.at(-1)?.upper === 'E' && source[at - 1]?.toUpperCase() === 'E')
      if (escapes && !backslashes) tokens.pop()
      const [text, after] = quoted(source, at, "'", escapes)
      push('string', text)
      at = after
      continue
    }
    if (character === '"' || character === '`') {
      const [text, after] = quoted(source, at, character, backslashes && character === '"')
      push(character === '"' && engine === 'mysql' ? 'string' : 'quoted', text)
      at = after
      continue
    }
    if (character === '[' && (engine === 'mssql' || engine === 'sqlite')) {
      const close = source.indexOf(']', at)
      const after = close === -1 ? source.length : close
      push('quoted', source.slice(at + 1, after))
      at = after + 1
      continue
    }
    if (character === '$' && engine !== 'mysql') {
      const tag = /^\$[A-Za-z_]?\w{0,62}\$/.exec(source.slice(at, at + 66))?.[0]
      if (tag !== undefined) {
        const close = source.indexOf(tag, at + tag.length)
        const after = close === -1 ? source.length : close
        push('string', source.slice(at + tag.length, after))
        at = after + tag.length
        continue
      }
    }
    if (character === '\\' && engine !== 'sqlite' && engine !== 'duckdb') {
      const name = /^\\([A-Za-z_?]+\+?|.)/s.exec(source.slice(at, at + 40))?.[1] ?? ''
      const short = engine === 'mysql' ? name.slice(0, 1) : name
      let until = restOfLine(at)
      if (!WHOLE_LINE.has(short)) {
        const other = source.indexOf('\\', at + 1 + short.length)
        if (other !== -1 && other < until) until = other
      }
      const ends = short.startsWith('g') || short === 'G' || short === 'crosstabview' || short === 'watch'
      // `\g` runs what stands before it; other commands leave it standing.
      if (ends || tokens.length > 0) end()
      parts.push({ part: 'command', name: short, rest: source.slice(at + 1 + short.length, until).trim() })
      at = until
      continue
    }
    if (character === '.' && tokens.length === 0 && isLetter(source.charCodeAt(at + 1))) {
      const until = restOfLine(at)
      const match = /^\.([A-Za-z]+)/.exec(source.slice(at, at + 40))
      const name = match?.[1] ?? ''
      parts.push({ part: 'command', name, rest: source.slice(at + 1 + name.length, until).trim() })
      at = until
      continue
    }
    if (isLetter(code)) {
      let after = at + 1
      while (after < source.length) {
        const one = source.charCodeAt(after)
        if (!(isLetter(one) || isDigit(one) || one === 36) || one === 0xfffc || one === 0xa0) break
        after++
      }
      const text = source.slice(at, after)
      const upper = text.toUpperCase()
      if (tokens.length === 0 && engine === 'mysql' && WORDS_OF_MYSQL.has(upper)) {
        const until = restOfLine(after)
        const rest = source.slice(after, until).trim()
        if (upper === 'DELIMITER') delimiter = rest === ';' ? '' : rest
        else parts.push({ part: 'command', name: text.toLowerCase(), rest: rest.replace(/;$/, '') })
        at = until
        continue
      }
      if (upper === 'GO' && engine === 'mssql') end()
      else {
        push('word', text, upper)
        if (upper === 'BEGIN' || upper === 'CASE') blocks += isDefinition(tokens) ? 1 : 0
        else if (
          upper === 'END' &&
          blocks > 0 &&
          !/^\s+(IF|LOOP|WHILE|REPEAT|FOR)\b/i.test(source.slice(after, after + 20))
        )
          blocks--
      }
      at = after
      continue
    }
    if (isDigit(code)) {
      let after = at + 1
      while (
        after < source.length &&
        (isLetter(source.charCodeAt(after)) || isDigit(source.charCodeAt(after)) || source[after] === '.')
      )
        after++
      push('number', source.slice(at, after))
      at = after
      continue
    }
    if (character === ';') {
      at++
      // With a delimiter of its own a semicolon is inside a body, or ends nothing that matters.
      if (blocks > 0 || (delimiter !== '' && isDefinition(tokens))) push('sign', ';', ';')
      else end()
      continue
    }
    const two = source.slice(at, at + 2)
    const sign =
      two === '<=' || two === '>=' || two === '<>' || two === '!=' || two === '||' ? two : character
    push('sign', sign, sign)
    at += sign.length
  }
  end()
  return parts
}

const isDefinition = (tokens: readonly Token[]): boolean =>
  tokens[0]?.upper === 'CREATE' && tokens.slice(1, 8).some(({ upper }) => DEFINES.has(upper))

function endOfComment(source: string, from: number, nests: boolean): number {
  let depth = 1
  let at = from
  while (at < source.length) {
    if (source[at] === '*' && source[at + 1] === '/') {
      at += 2
      if (--depth === 0) return at
    } else if (nests && source[at] === '/' && source[at + 1] === '*') {
      depth++
      at += 2
    } else at++
  }
  return at
}

function quoted(source: string, at: number, mark: string, escapes: boolean): [string, number] {
  let text = ''
  let i = at + 1
  let from = i
  for (; i < source.length; i++) {
    const character = source[i]
    if (escapes && character === '\\') {
      text += source.slice(from, i) + (source[i + 1] ?? '')
      i++
      from = i + 1
    } else if (character === mark) {
      if (source[i + 1] !== mark) break
      text += source.slice(from, i + 1)
      i++
      from = i + 1
    }
  }
  return [text + source.slice(from, i), i + 1]
}
