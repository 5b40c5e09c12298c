// Source text with comments blanked, and with the content of strings blanked too, each sign at its own place. A reader of tokens for JavaScript, TypeScript and
// Python; no grammar. Of a regular expression that holds a quotation mark it may read too much as a string, to the end of that line at most.

export type SourceLanguage = 'javascript' | 'python'

export function languageOf(path: string): SourceLanguage | undefined {
  if (/\.(?:[cm]?[jt]s|[jt]sx)$/.test(path)) return path.endsWith('.d.ts') ? undefined : 'javascript'
  return path.endsWith('.py') ? 'python' : undefined
}

export interface SourceText {
  /** Without comments. */
  readonly code: string
  /** Without comments and without what stands in strings: brackets and words of the program alone. */
  readonly bare: string
}

export function sourceText(language: SourceLanguage, text: string): SourceText {
  const code = text.split('')
  const bare = text.split('')
  const blank = (signs: string[], from: number, to: number) => {
    for (let i = from; i < to; i++) if (signs[i] !== '\n') signs[i] = ' '
  }
  const read = language === 'javascript' ? javascriptPieces : pythonPieces
  for (const piece of read(text)) {
    if (piece.kind === 'comment') blank(code, piece.from, piece.to)
    const inner = piece.kind === 'comment' ? 0 : piece.quote
    blank(bare, piece.from + inner, piece.to - inner)
  }
  return { code: code.join(''), bare: bare.join('') }
}

interface Piece {
  readonly kind: 'comment' | 'string'
  readonly from: number
  readonly to: number
  /** Signs of a quotation mark. */
  readonly quote: number
}

function* javascriptPieces(text: string): Generator<Piece> {
  /** Of each template that is open: how many brackets are open within its `${`. */
  const templates: number[] = []
  let last = ''
  for (let at = 0; at < text.length; ) {
    const sign = text[at] as string
    const next = text[at + 1]
    const inTemplate = templates.length > 0
    if (sign === '/' && next === '/') {
      const to = lineEnd(text, at)
      yield { kind: 'comment', from: at, to, quote: 0 }
      at = to
    } else if (sign === '/' && next === '*') {
      const end = text.indexOf('*/', at + 2)
      const to = end === -1 ? text.length : end + 2
      yield { kind: 'comment', from: at, to, quote: 0 }
      at = to
    } else if (sign === '"' || sign === "'" || (sign === '/' && startsPattern(last))) {
      const to = closed(text, at, sign)
      yield { kind: 'string', from: at, to, quote: 1 }
      at = to
      last = 'x'
    } else if (sign === '`' || (sign === '}' && inTemplate && templates.at(-1) === 0)) {
      if (sign === '}') templates.pop()
      const end = templateEnd(text, at + 1)
      yield { kind: 'string', from: at, to: end.at, quote: 1 }
      if (end.opens) templates.push(0)
      at = end.at
      last = end.opens ? '{' : 'x'
    } else {
      if (inTemplate && (sign === '{' || sign === '}'))
        templates.push((templates.pop() ?? 0) + (sign === '{' ? 1 : -1))
      if (!/\s/.test(sign)) last = sign
      at += 1
    }
  }
}

/** A slash behind an operator or an opening bracket begins a regular expression. */
function startsPattern(last: string): boolean {
  return last === '' || '(,=:[!&|?{};+-*%<>~^'.includes(last)
}

/** To the sign that closes a string on this line, or to the end of the line. */
function closed(text: string, from: number, quote: string): number {
  let inClass = false
  for (let at = from + 1; at < text.length; at++) {
    const sign = text[at]
    if (sign === '\n') return at
    if (sign === '\\') at++
    else if (quote === '/' && sign === '[') inClass = true
    else if (quote === '/' && sign === ']') inClass = false
    else if (sign === quote && !inClass) return at + 1
  }
  return text.length
}

function templateEnd(text: string, from: number): { readonly at: number; readonly opens: boolean } {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '`') return { at: at + 1, opens: false }
    else if (text[at] === '$' && text[at + 1] === '{') return { at: at + 2, opens: true }
  }
  return { at: text.length, opens: false }
}

function* pythonPieces(text: string): Generator<Piece> {
  for (let at = 0; at < text.length; ) {
    const sign = text[at] as string
    if (sign === '#') {
      const to = lineEnd(text, at)
      yield { kind: 'comment', from: at, to, quote: 0 }
      at = to
    } else if (sign === '"' || sign === "'") {
      const triple = text.startsWith(sign.repeat(3), at)
      const end = triple ? tripleEnd(text, at + 3, sign.repeat(3)) : closed(text, at, sign)
      yield { kind: 'string', from: at, to: end, quote: triple ? 3 : 1 }
      at = end
    } else at += 1
  }
}

function tripleEnd(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text.startsWith(quote, at)) return at + 3
  }
  return text.length
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end === -1 ? text.length : end
}

/** Where the bracket that opens at `from` closes, in a text without strings; the end of the text where it does not. */
export function closingBracket(bare: string, from: number): number {
  let depth = 0
  for (let at = from; at < bare.length; at++) {
    const sign = bare[at] as string
    if ('([{'.includes(sign)) depth += 1
    else if (')]}'.includes(sign) && --depth <= 0) return at
  }
  return bare.length
}

/** The number of the line at each place, by one pass. */
export function lineCounter(text: string): (at: number) => number {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return (at) => {
    let [low, high] = [0, starts.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] ?? 0) <= at) low = middle
      else high = middle - 1
    }
    return low + 1
  }
}
