// JSON read as bytes: where each record of a file begins and ends, and where the text stops being JSON. No recursion, no copy, one pass.

export interface Span {
  readonly start: number
  /** Behind the last byte. */
  readonly end: number
}

/** One record of a file: an element of its list, or a member of its object. */
export interface TopValue {
  readonly value: Span
  /** With its quotes; of an object's members alone. */
  readonly key?: Span
  /** Counted in the order of the text. */
  readonly index: number
}

export interface TopScan {
  /** What the text is as a whole, as far as it goes. */
  readonly top: 'list' | 'object' | 'other'
  /** The first byte at which the text can no longer be JSON; its length where it ends too early. Absent: it is JSON (but for its encoding). */
  readonly fault?: number
}

/** Deeper than any record is; what is deeper counts as unreadable, so that whoever walks a record needs no bound of its own. */
export const MAX_DEPTH = 500

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN = 0x5b
const CLOSE = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/** Calls `visit` for every top value that is whole, in order. Each is let go before the next: memory is the text and nothing more. */
export function scanTop(bytes: Uint8Array, visit: (value: TopValue) => void): TopScan {
  let at = space(bytes, 0)
  const first = bytes[at]
  const top = first === OPEN ? 'list' : first === OPEN_BRACE ? 'object' : 'other'
  if (top === 'other') {
    const end = skipValue(bytes, at)
    return finish(bytes, top, end)
  }
  const close = top === 'list' ? CLOSE : CLOSE_BRACE
  at = space(bytes, at + 1)
  if (bytes[at] === close) return finish(bytes, top, at + 1)
  for (let index = 0; ; index++) {
    let key: Span | undefined
    if (top === 'object') {
      const start = space(bytes, at)
      const end = skipString(bytes, start)
      if (end < 0) return { top, fault: ~end }
      key = { start, end }
      at = space(bytes, end)
      if (bytes[at] !== COLON) return { top, fault: at }
      at++
    }
    const start = space(bytes, at)
    const end = skipValue(bytes, start)
    if (end < 0) return { top, fault: ~end }
    at = space(bytes, end)
    // A number at the very end of a cut text may have gone on: it is whole only when something follows it.
    if (bytes[at] !== COMMA && bytes[at] !== close) {
      if (isContainer(bytes[start])) visit({ value: { start, end }, index, ...(key && { key }) })
      return { top, fault: at }
    }
    visit({ value: { start, end }, index, ...(key && { key }) })
    if (bytes[at] === close) return finish(bytes, top, at + 1)
    at++
  }
}

function finish(bytes: Uint8Array, top: TopScan['top'], end: number): TopScan {
  if (end < 0) return { top, fault: ~end }
  const after = space(bytes, end)
  return after === bytes.length ? { top } : { top, fault: after }
}

function isContainer(byte: number | undefined): boolean {
  return byte === OPEN || byte === OPEN_BRACE
}

/** The first byte that is no white space. */
function space(bytes: Uint8Array, from: number): number {
  let at = from
  while (at < bytes.length && isSpace(bytes[at])) at++
  return at
}

export function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

/** Behind the value that begins at `from`, or `~fault`. */
function skipValue(bytes: Uint8Array, from: number): number {
  const open: number[] = []
  let at = from
  for (;;) {
    at = space(bytes, at)
    const byte = bytes[at]
    let ended = true
    if (byte === OPEN || byte === OPEN_BRACE) {
      const bracket = at
      at = space(bytes, at + 1)
      if (bytes[at] === byte + 2) at++
      else {
        if (open.length === MAX_DEPTH) return ~bracket
        open.push(byte)
        ended = false
        if (byte === OPEN_BRACE) at = skipKey(bytes, at)
      }
    } else at = skipScalar(bytes, at)
    if (at < 0) return at
    while (ended) {
      const last = open.at(-1)
      if (last === undefined) return at
      at = space(bytes, at)
      if (bytes[at] === last + 2) {
        open.pop()
        at++
      } else if (bytes[at] === COMMA) {
        at = last === OPEN_BRACE ? skipKey(bytes, at + 1) : at + 1
        if (at < 0) return at
        ended = false
      } else return ~at
    }
  }
}

/** Behind the colon. */
function skipKey(bytes: Uint8Array, from: number): number {
  const end = skipString(bytes, space(bytes, from))
  if (end < 0) return end
  const colon = space(bytes, end)
  return bytes[colon] === COLON ? colon + 1 : ~colon
}

function skipString(bytes: Uint8Array, from: number): number {
  if (bytes[from] !== QUOTE) return ~from
  for (let at = from + 1; at < bytes.length; at++) {
    const byte = bytes[at] as number
    if (byte === QUOTE) return at + 1
    if (byte < 0x20) return ~at
    if (byte !== BACKSLASH) continue
    at++
    const letter = bytes[at]
    if (letter === undefined) return ~bytes.length
    if (letter !== 0x75) {
      if (!ESCAPED.has(letter)) return ~at
      continue
    }
    for (let digit = 0; digit < 4; digit++) {
      at++
      if (!isHex(bytes[at])) return ~at
    }
  }
  return ~bytes.length
}
const ESCAPED = new Set(Buffer.from('"\\/bfnrt'))

function isHex(byte: number | undefined): boolean {
  if (byte === undefined) return false
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66)
}

function skipScalar(bytes: Uint8Array, at: number): number {
  switch (bytes[at] ?? 0) {
    case QUOTE:
      return skipString(bytes, at)
    case 0x74:
      return skipWord(bytes, at, TRUE)
    case 0x66:
      return skipWord(bytes, at, FALSE)
    case 0x6e:
      return skipWord(bytes, at, NULL)
    default:
      return skipNumber(bytes, at)
  }
}
const TRUE = Buffer.from('true')
const FALSE = Buffer.from('false')
const NULL = Buffer.from('null')

function skipWord(bytes: Uint8Array, from: number, word: Uint8Array): number {
  for (let i = 0; i < word.length; i++) if (bytes[from + i] !== word[i]) return ~(from + i)
  return from + word.length
}

function skipNumber(bytes: Uint8Array, from: number): number {
  let at = bytes[from] === 0x2d ? from + 1 : from
  if (bytes[at] === 0x30) at++
  else {
    const end = digits(bytes, at)
    if (end === at) return ~at
    at = end
  }
  if (bytes[at] === 0x2e) {
    const end = digits(bytes, at + 1)
    if (end === at + 1) return ~end
    at = end
  }
  if (bytes[at] === 0x65 || bytes[at] === 0x45) {
    const sign = bytes[at + 1]
    const start = sign === 0x2b || sign === 0x2d ? at + 2 : at + 1
    const end = digits(bytes, start)
    if (end === start) return ~end
    at = end
  }
  return at
}

function digits(bytes: Uint8Array, from: number): number {
  let at = from
  while (at < bytes.length && (bytes[at] as number) >= 0x30 && (bytes[at] as number) <= 0x39) at++
  return at
}
