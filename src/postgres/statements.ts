// SQL text as statements, a chunk at a time: what stands outside of quotes and comments, what stands in them, and what is data of a COPY.
// Total: any bytes give statements; what cannot be told apart is handed over as one.

export interface Statement {
  /** Words, signs and names outside of literals and comments, one space between; a literal stands as `'`, a quoted name that is no plain word as `"`. */
  readonly code: string
  /** The texts of literals, in order: bodies of functions are among them. */
  readonly literals: readonly string[]
  /** Longer than may be looked at as one. */
  readonly cut: boolean
}

export interface Splitter {
  readonly push: (text: string) => void
  readonly end: () => void
}

export interface Found {
  readonly statement: (statement: Statement) => void
  /** A line that psql would take as its own command. */
  readonly backslash: (line: string) => void
}

const STATEMENT_MAX = 8 << 20

type State =
  | { readonly in: 'code' | 'line-comment' | 'backslash' }
  | { readonly in: 'block-comment'; depth: number }
  | { readonly in: 'quote'; readonly escapes: boolean }
  | { readonly in: 'name' }
  | { readonly in: 'dollar'; readonly tag: string }
  | { readonly in: 'copy' }

/** Feeds on text in which each character is one byte (latin1): syntax is ASCII in every encoding a server may have. */
export function splitter(found: Found): Splitter {
  let state: State = { in: 'code' }
  let rest = ''
  let code: string[] = []
  let literals: string[] = []
  let size = 0
  let cut = false
  let literal = ''
  let atomic = 0

  const note = (text: string) => {
    size += text.length
    if (size > STATEMENT_MAX) cut = true
    return size <= STATEMENT_MAX
  }
  const token = (text: string) => {
    if (note(text)) code.push(text)
  }
  const word = (text: string) => {
    const upper = text.toUpperCase()
    if (atomic > 0 && upper === 'CASE') atomic++
    else if (atomic > 0 && upper === 'END') atomic--
    else if (upper === 'ATOMIC' && code[code.length - 1]?.toUpperCase() === 'BEGIN') atomic = 1
    token(text)
  }
  const finish = () => {
    const statement = { code: code.join(' '), literals, cut }
    if (code.length > 0 || cut) found.statement(statement)
    code = []
    literals = []
    size = 0
    cut = false
    atomic = 0
    state = { in: /^COPY\b[\s\S]*\bFROM STDIN\b/i.test(statement.code) ? 'copy' : 'code' }
  }
  const collect = (text: string) => {
    if (size + literal.length + text.length > STATEMENT_MAX) cut = true
    else literal += text
  }
  const closeLiteral = () => {
    if (note(literal)) literals.push(literal)
    literal = ''
    state = { in: 'code' }
  }

  /** Takes as much of `text` as can be decided; returns where it stopped. At the end everything is decided. */
  const take = (text: string, last: boolean): number => {
    let at = 0
    const until = (needle: string): number => text.indexOf(needle, at)
    while (at < text.length) {
      switch (state.in) {
        case 'copy': {
          const line = until('\n')
          if (line === -1 && !last) return at
          const end = line === -1 ? text.length : line
          if (/^\\\.\r?$/.test(text.slice(at, Math.min(end, at + 4)))) state = { in: 'code' }
          at = end + 1
          break
        }
        case 'line-comment': {
          const line = until('\n')
          if (line === -1) return text.length
          at = line + 1
          state = { in: 'code' }
          break
        }
        case 'backslash': {
          const line = until('\n')
          if (line === -1 && !last) return at
          found.backslash(text.slice(at, line === -1 ? text.length : line))
          at = line === -1 ? text.length : line + 1
          state = { in: 'code' }
          break
        }
        case 'block-comment': {
          const sign = text.slice(at, at + 2)
          if (sign.length < 2 && !last) return at
          if (sign === '*/') {
            at += 2
            state.depth--
            if (state.depth === 0) state = { in: 'code' }
          } else if (sign === '/*') {
            at += 2
            state.depth++
          } else at++
          break
        }
        case 'name': {
          const close = until('"')
          if (close === -1) {
            collect(text.slice(at))
            return text.length
          }
          // Two signs are one that belongs to the name.
          if (close + 1 >= text.length && !last) return at
          collect(text.slice(at, close))
          at = close + 1
          if (text[at] === '"') {
            collect('"')
            at++
          } else {
            // A name that is no plain word is none of those that are looked for, and must not be read as several.
            token(/^[A-Za-z_][\w$]*$/.test(literal) ? literal : '"')
            literal = ''
            state = { in: 'code' }
          }
          break
        }
        case 'quote': {
          const sign = nextQuote(text, at, state.escapes)
          if (sign === -1) {
            collect(text.slice(at))
            return text.length
          }
          collect(text.slice(at, sign))
          at = sign
          if (at + 1 >= text.length && !last) return at
          if (text[at] === '\\' || text[at + 1] === "'") {
            collect(text.slice(at, at + 2))
            at += 2
          } else {
            closeLiteral()
            at++
          }
          break
        }
        case 'dollar': {
          const close = until(state.tag)
          if (close === -1) {
            const keep: number = last ? text.length : Math.max(at, text.length - state.tag.length)
            collect(text.slice(at, keep))
            return keep
          }
          collect(text.slice(at, close))
          at = close + state.tag.length
          closeLiteral()
          break
        }
        case 'code': {
          // Enough is left to tell what begins here, or nothing more comes.
          if (!last && text.length - at < 130) return at
          at = begin(text, at)
          break
        }
      }
    }
    return at
  }

  const begin = (text: string, at: number): number => {
    const sign = text[at] as string
    const two = text.slice(at, at + 2)
    if (/\s/.test(sign)) return at + 1
    if (two === '--') {
      state = { in: 'line-comment' }
      return at + 2
    }
    if (two === '/*') {
      state = { in: 'block-comment', depth: 1 }
      return at + 2
    }
    if (sign === ';') {
      if (atomic === 0) {
        finish()
        // The data of a COPY begins on the next line.
        if (state.in === 'copy') {
          const line = text.indexOf('\n', at)
          return line === -1 ? text.length : line + 1
        }
      } else token(';')
      return at + 1
    }
    if (sign === '\\') {
      state = { in: 'backslash' }
      return at
    }
    if (sign === "'") return openQuote(at, 1, false)
    if (/^[eE]'/.test(two)) return openQuote(at, 2, true)
    if (/^[bBxXnN]'/.test(two)) return openQuote(at, 2, false)
    if (sign === '"') {
      state = { in: 'name' }
      return at + 1
    }
    const dollar = /^\$(?:[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]{0,62})?\$/.exec(text.slice(at, at + 70))
    if (dollar !== null) {
      token("'")
      state = { in: 'dollar', tag: dollar[0] }
      return at + dollar[0].length
    }
    const name = /^[A-Za-z_\x80-\xff][A-Za-z0-9_$\x80-\xff]{0,127}/.exec(text.slice(at, at + 128))
    if (name !== null) {
      // A name in code points (U&"…") can spell any other: it is kept as it is and never read as harmless.
      if (/^[uU]$/.test(name[0]) && /^&['"]/.test(text.slice(at + 1, at + 3))) token('U&')
      else word(name[0])
      return at + name[0].length
    }
    token(sign)
    return at + 1
  }
  const openQuote = (at: number, size: number, escapes: boolean): number => {
    token("'")
    state = { in: 'quote', escapes }
    return at + size
  }

  return {
    push: (text) => {
      const all = rest + text
      rest = all.slice(take(all, false))
    },
    end: () => {
      const all = rest
      rest = ''
      take(all, true)
      if (literal !== '') closeLiteral()
      if (code.length > 0 || cut) finish()
    },
  }
}

function nextQuote(text: string, from: number, escapes: boolean): number {
  if (!escapes) return text.indexOf("'", from)
  for (let at = from; at < text.length; at++) if (text[at] === "'" || text[at] === '\\') return at
  return -1
}
