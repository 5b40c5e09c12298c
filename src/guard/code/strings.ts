// Inside of strings: where they end, what their escapes mean, what they interpolate.
import type { Syntax } from './lex.ts'

export const CLOSE: Readonly<Record<string, string>> = { '{': '}', '(': ')', '[': ']', '<': '>' }

/** The end of a text, escapes passed over. */
export function until(source: string, from: number, mark: string, open?: string): number {
  let at = from
  while (at < source.length && source[at] !== mark) {
    // What is interpolated has quotes of its own.
    if (open !== undefined && source.startsWith(open, at)) at = delimited(source, at + 2, '{') + 1
    else at += source[at] === '\\' ? 2 : 1
  }
  return Math.min(at, source.length)
}

/** What begins an expression inside of a string. */
export function opener(syntax: Syntax, mark: string): string | undefined {
  if (syntax.interpolate?.marks.includes(mark) !== true) return undefined
  return syntax.interpolate.way === 'ruby' ? '#{' : syntax.interpolate.way === 'script' ? '${' : undefined
}

export function regexEnd(source: string, from: number): number {
  let inClass = false
  // Nobody writes longer ones; a slash that begins none must not cost the rest of the text.
  const most = Math.min(source.length, from + 2_000)
  for (let at = from; at < most; at++) {
    const character = source[at]
    if (character === '\n') return -1
    if (character === '\\') at++
    else if (character === '[') inClass = true
    else if (character === ']') inClass = false
    else if (character === '/' && !inClass) return at
  }
  return -1
}

/** Up to the mark that closes `open`; pairs nest. */
export function delimited(source: string, from: number, open: string): number {
  const close = CLOSE[open] ?? open
  let depth = 1
  for (let at = from; at < source.length; at++) {
    const character = source[at]
    if (character === '\\') at++
    else if (character === close && --depth === 0) return at
    else if (character === open && close !== open) depth++
  }
  return source.length
}

const SIMPLE: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '0': '\0',
  e: '\u001b',
  a: '\u0007',
  b: '\b',
  f: '\f',
  v: '\v',
  '\n': '',
}

export function unescape(source: string): string {
  if (!source.includes('\\')) return source
  return source.replace(
    /\\(?:x\{?([0-9a-fA-F]{1,4})\}?|u\{?([0-9a-fA-F]{1,6})\}?|([0-7]{2,3})|([\s\S]))/g,
    (all, hex?: string, unicode?: string, octal?: string, letter?: string) => {
      const digits = hex ?? unicode
      if (digits !== undefined) {
        const point = Number.parseInt(digits, 16)
        return point <= 0x10ffff ? String.fromCodePoint(point) : all
      }
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8))
      return SIMPLE[letter ?? ''] ?? letter ?? all
    },
  )
}

export function interpolate(
  body: string,
  way: NonNullable<Syntax['interpolate']>['way'],
  raw: boolean,
): readonly (string | { readonly source: string })[] {
  const parts: (string | { readonly source: string })[] = []
  let from = 0
  const add = (to: number, source: string, next: number): void => {
    if (to > from) parts.push(raw ? body.slice(from, to) : unescape(body.slice(from, to)))
    parts.push({ source })
    from = next
  }
  for (let at = 0; at < body.length; at++) {
    const character = body[at]
    const next = body[at + 1]
    if (character === '\\' && !raw) {
      at++
      continue
    }
    if (way === 'python' && character === '{') {
      if (next === '{') at++
      else {
        const end = delimited(body, at + 1, '{')
        add(at, body.slice(at + 1, end).replace(/(?:![rsa])?(?::[^'"()[\]]*)?$/, ''), end + 1)
        at = end
      }
    } else if (
      (way === 'script' && character === '$' && next === '{') ||
      (way === 'ruby' && character === '#' && next === '{')
    ) {
      const end = delimited(body, at + 2, '{')
      add(at, body.slice(at + 2, end), end + 1)
      at = end
    } else if (way === 'php' && character === '{' && next === '$') {
      const end = delimited(body, at + 1, '{')
      add(at, body.slice(at + 1, end), end + 1)
      at = end
    } else if (
      (way === 'perl' || way === 'php') &&
      (character === '$' || (character === '@' && way === 'perl'))
    ) {
      const match = /^[$@](?:\{\s*\^?(\w+)\s*\}|(\w+)((?:->)?(?:\[[^\]]{0,40}\]|\{[^}]{0,40}\}))?)/.exec(
        body.slice(at, at + 120),
      )
      if (match !== null) {
        add(at, `${character}${match[1] ?? match[2] ?? ''}${match[3] ?? ''}`, at + match[0].length)
        at += match[0].length - 1
      } else if (next === '{') {
        const end = delimited(body, at + 2, '{')
        add(at, body.slice(at + 2, end), end + 1)
        at = end
      }
    }
  }
  if (from < body.length) parts.push(raw ? body.slice(from) : unescape(body.slice(from)))
  return parts
}
