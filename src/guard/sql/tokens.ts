// Small questions about the tokens of one statement.
import type { Token } from './lex.ts'

/** The place of the bracket that closes the one at `from`; the end where none does. */
export function matching(tokens: readonly Token[], from: number): number {
  let depth = 0
  for (let i = from; i < tokens.length; i++) {
    if (tokens[i]?.upper === '(') depth++
    else if (tokens[i]?.upper === ')' && --depth === 0) return i
  }
  return tokens.length
}

const lists = new Map<string, ReadonlySet<string>>()

export function skipWords(tokens: readonly Token[], from: number, words: string): number {
  let list = lists.get(words)
  if (list === undefined) lists.set(words, (list = new Set(words.split(' '))))
  let at = from
  while (tokens[at] !== undefined && list.has(tokens[at]?.upper ?? '')) at++
  return at
}

/** A name with its schema, as written. */
export function nameAt(tokens: readonly Token[], from: number): string | undefined {
  let name = ''
  for (let i = from; i < tokens.length; i++) {
    const token = tokens[i] as Token
    const isName =
      token.kind === 'word' ||
      token.kind === 'quoted' ||
      token.kind === 'hole' ||
      token.kind === 'string' ||
      token.kind === 'number'
    if (
      token.upper === '.' ||
      (isName && (name === '' || name.endsWith('.') || touches(token))) ||
      (token.upper === '#' && name === '')
    )
      name += token.text
    else if (token.upper === '@' && name === '') name += '@'
    else break
  }
  return name === '' ? undefined : name.slice(0, 120)
}
const touches = (token: Token) => token.kind === 'hole'

export const stringsOf = (tokens: readonly Token[]): readonly string[] =>
  tokens.flatMap(({ kind, text }) => (kind === 'string' ? [text] : []))

export const has = (tokens: readonly Token[], words: string): boolean => {
  const wanted = words.split(' ')
  return tokens.some(({ upper }) => upper !== '' && wanted.includes(upper))
}
