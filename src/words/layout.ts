// Text on a terminal: columns that wide characters take, padding, wrapping, and control characters shown instead of obeyed.

/** East Asian Wide and Fullwidth (UAX #11), and emoji, take two columns; combining marks none. */
export function columns(text: string): number {
  let width = 0
  for (const character of text) width += columnsOf(character.codePointAt(0) as number)
  return width
}

function columnsOf(code: number): number {
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return 0
  if (
    (code >= 0x300 && code <= 0x36f) ||
    (code >= 0x200b && code <= 0x200f) ||
    (code >= 0xfe00 && code <= 0xfe0f) ||
    code === 0x3099 ||
    code === 0x309a
  )
    return 0
  const wide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0x303e) ||
    (code >= 0x3041 && code <= 0x33ff) ||
    (code >= 0x3400 && code <= 0x4dbf) ||
    (code >= 0x4e00 && code <= 0x9fff) ||
    (code >= 0xa000 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe4f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd)
  return wide ? 2 : 1
}

export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - columns(text)))
}

/** Bidirectional controls, zero-width and other format characters that can make a line look like another one, and blanks that are no blank. */
const HIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u00a0\u00ad\u061c\u115f\u1160\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufffb]|\u034f|[\u17b4\u17b5]|[\u180b-\u180f]|[\u{e0000}-\u{e007f}]/gu

/** A character by its number, as it is shown where it would not be seen. */
export const codePoint = (character: string) =>
  `<U+${(character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')}>`

/** Anything a person or a program wrote, safe to show on one or more lines: `<U+202E>`. Tabs become spaces, newlines stay. */
export function visible(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(/\t/g, '    ').replace(HIDDEN, codePoint)
}

/** JSON on one line in which no character can turn the text round or hide a part of it: such a one stands as its escape. */
export function plainJson(value: unknown): string {
  return JSON.stringify(value).replace(HIDDEN, (found) =>
    Array.from(
      { length: found.length },
      (_, i) => `\\u${found.charCodeAt(i).toString(16).padStart(4, '0')}`,
    ).join(''),
  )
}

/** The same on a single line. */
export function visibleLine(text: string): string {
  return visible(text).replace(/\n/g, '<U+000A>')
}

/** The text as far as it fits, with `…` where something is left off. */
export function cut(text: string, width: number): string {
  if (columns(text) <= width) return text
  let result = ''
  for (const character of text) {
    if (columns(result + character) > width - 1) break
    result += character
  }
  return `${result}…`
}

/**
 * Wraps at `width` columns. Breaks at spaces and between wide characters, never inside a run of narrow characters (a path, a command),
 * never before a closing mark and never after an opening one.
 */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = []
  for (const paragraph of text.split('\n')) {
    let line = ''
    for (const piece of pieces(paragraph)) {
      if (line === '' || columns(line) + columns(piece) <= width) {
        line += piece
        continue
      }
      lines.push(line.trimEnd())
      line = piece.trimStart()
    }
    lines.push(line.trimEnd())
  }
  return lines
}

const CLOSING = /^[、。，．）」』】〕・：；！？)\],.;:!?ーっゃゅょッャュョ]/
const OPENING = /[（「『【〔([]$/

/** What stays together: tokens, with closing marks on what stands before them and opening marks on what follows. */
function pieces(text: string): readonly string[] {
  const result: string[] = []
  for (const token of tokens(text)) {
    const before = result.at(-1)
    if (
      before !== undefined &&
      token !== '' &&
      !token.startsWith(' ') &&
      (CLOSING.test(token) || OPENING.test(before))
    )
      result[result.length - 1] = before + token
    else result.push(token)
  }
  return result
}

function tokens(text: string): readonly string[] {
  return (
    text.match(
      / +|[\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffe6「」（）]|[^ \u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffe6「」（）]+/g,
    ) ?? []
  )
}

/** What several facts are set apart by on one line. */
export const BETWEEN = ' · '

/** On one line where they fit, else a line each: who is in a hurry looks for one of them. */
export function facts(text: string, width: number): readonly string[] {
  return columns(text) <= width ? [text] : text.split(BETWEEN)
}

/** A label column and wrapped text beside it. */
export function labelled(label: string, text: string, labelWidth: number, width: number): readonly string[] {
  return wrap(text, Math.max(20, width - labelWidth)).map(
    (line, i) => (i === 0 ? pad(label, labelWidth) : ' '.repeat(labelWidth)) + line,
  )
}
