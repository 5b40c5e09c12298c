// nginx configuration text into directives with their lines: the tokens of ngx_conf_file.c, total on any input.

export interface Directive {
  readonly name: string
  readonly args: readonly string[]
  readonly line: number
  /** Present where the directive opened a block. */
  readonly block?: readonly Directive[]
}

export type SyntaxFault =
  | 'unexpected_semicolon'
  | 'unexpected_open'
  | 'unexpected_close'
  | 'unexpected_after_quote'
  | 'unclosed_block'
  | 'unclosed_quote'
  | 'unterminated'
  | 'too_deep'
  | 'too_many_words'

export interface Parsed {
  readonly directives: readonly Directive[]
  /** The first fault; what stands before it is in `directives`. */
  readonly fault?: { readonly line: number; readonly why: SyntaxFault }
  /** Names and arguments together. */
  readonly words: number
}

interface Open {
  readonly name: string
  readonly args: readonly string[]
  readonly line: number
  readonly block: Directive[]
}

type Token =
  | { readonly kind: 'word'; readonly text: string; readonly line: number }
  | { readonly kind: 'semicolon' | 'open' | 'close' | 'end'; readonly line: number }
  | { readonly kind: 'fault'; readonly why: SyntaxFault; readonly line: number }

const MAX_DEPTH = 64
const SPACE = ' \t\r\n'

/** Never throws; a fault ends the reading, as it ends nginx's, and so do more than `most` words. */
export function parseNginx(text: string, most = Number.POSITIVE_INFINITY): Parsed {
  const reader = new Reader(text)
  const top: Directive[] = []
  const stack: Open[] = []
  let words: string[] = []
  let count = 0
  let started = 1
  const here = () => stack.at(-1)?.block ?? top
  const stop = (line: number, why: SyntaxFault): Parsed => {
    for (let open = stack.pop(); open !== undefined; open = stack.pop()) here().push({ ...open })
    return { directives: top, fault: { line, why }, words: count }
  }
  for (;;) {
    const token = reader.next()
    const [name, ...args] = words
    switch (token.kind) {
      case 'word':
        if (++count > most) return stop(token.line, 'too_many_words')
        if (words.length === 0) started = token.line
        words.push(token.text)
        break
      case 'semicolon':
        if (name === undefined) return stop(token.line, 'unexpected_semicolon')
        here().push({ name, args, line: started })
        words = []
        break
      case 'open':
        if (name === undefined) return stop(token.line, 'unexpected_open')
        if (stack.length >= MAX_DEPTH) return stop(token.line, 'too_deep')
        words = []
        if (name.endsWith('_by_lua_block')) {
          if (!reader.skipCode()) return stop(started, 'unclosed_block')
          here().push({ name, args, line: started, block: [] })
        } else stack.push({ name, args, line: started, block: [] })
        break
      case 'close': {
        if (name !== undefined) return stop(token.line, 'unexpected_close')
        const open = stack.pop()
        if (open === undefined) return stop(token.line, 'unexpected_close')
        here().push({ ...open })
        break
      }
      case 'end':
        if (name !== undefined) return stop(token.line, 'unterminated')
        if (stack.length > 0) return stop(token.line, 'unclosed_block')
        return { directives: top, words: count }
      case 'fault':
        return stop(token.line, token.why)
    }
  }
}

class Reader {
  readonly #text: string
  #at = 0
  #line = 1
  /** A quoted word must be followed by space, `;`, `{` or `)`. */
  #afterQuote = false
  constructor(text: string) {
    this.#text = text
  }

  next(): Token {
    for (;;) {
      const char = this.#text[this.#at]
      if (char === undefined) return { kind: 'end', line: this.#line }
      if (this.#afterQuote && !`${SPACE};{)`.includes(char))
        return { kind: 'fault', why: 'unexpected_after_quote', line: this.#line }
      this.#afterQuote = false
      if (SPACE.includes(char)) this.#step()
      else if (char === '#') this.#comment()
      else if (char === ';' || char === '{' || char === '}') {
        this.#step()
        return { kind: char === ';' ? 'semicolon' : char === '{' ? 'open' : 'close', line: this.#line }
      } else if (char === '"' || char === "'") return this.#quoted(char)
      else return this.#word()
    }
  }

  /** Code of another language between braces: skipped to the brace that closes it. */
  skipCode(): boolean {
    for (let depth = 1; this.#at < this.#text.length; ) {
      const char = this.#step()
      if (char === '{') depth++
      else if (char === '}' && --depth === 0) return true
    }
    return false
  }

  #step(): string {
    const char = this.#text[this.#at++] ?? ''
    if (char === '\n') this.#line++
    return char
  }

  #comment(): void {
    while (this.#at < this.#text.length && this.#text[this.#at] !== '\n') this.#at++
  }

  #quoted(quote: string): Token {
    const line = this.#line
    this.#step()
    const from = this.#at
    while (this.#at < this.#text.length) {
      const char = this.#step()
      if (char === '\\') this.#step()
      else if (char === quote) {
        this.#afterQuote = true
        return { kind: 'word', text: unescape(this.#text.slice(from, this.#at - 1)), line }
      }
    }
    return { kind: 'fault', why: 'unclosed_quote', line }
  }

  #word(): Token {
    const line = this.#line
    const from = this.#at
    let variable = false
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at] ?? ''
      if (char === '{' && variable) {
        this.#step()
        variable = false
        continue
      }
      variable = char === '$'
      if (char === '\\') {
        this.#step()
        this.#step()
        continue
      }
      if (`${SPACE};{`.includes(char)) break
      this.#step()
    }
    return { kind: 'word', text: unescape(this.#text.slice(from, this.#at)), line }
  }
}

function unescape(raw: string): string {
  return raw.replace(/\\(["'\\trn])/g, (_, char: string) => {
    if (char === 't') return '\t'
    if (char === 'r') return '\r'
    if (char === 'n') return '\n'
    return char
  })
}
