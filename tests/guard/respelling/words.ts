// The words of a plain command, read by these tests and not by the guard's own parser: what is split by the code under test cannot accuse it.

export interface Word {
  /** As it stands in the text. */
  readonly raw: string
  /** What the program gets; undefined where the shell would expand the word. */
  readonly value?: string
  /** `>`, `>>`, `<`: the next word is a file. */
  readonly operator?: true
}

const PLAIN = /[\w@%+=:,./-]/
/** Words of the shell's own grammar: between quotes they mean nothing. */
const RESERVED = new Set('time coproc ! if for while until case select function { [['.split(' '))
const OPERATORS = ['>>', '>|', '&>', '2>', '>', '<']

/** The words of one simple command, or undefined where it is anything else (lists, pipes, expansions of the shell, several lines). */
export function wordsOf(source: string): readonly Word[] | undefined {
  const words: Word[] = []
  for (let i = 0; i < source.length; ) {
    const character = source[i] as string
    if (character === ' ') {
      i++
      continue
    }
    const operator = OPERATORS.find((one) => source.startsWith(one, i))
    if (operator !== undefined) {
      if (source[i + operator.length] === '&' || source[i + operator.length] === '<') return undefined
      words.push({ raw: operator, operator: true })
      i += operator.length
      continue
    }
    const word = wordAt(source, i)
    if (word === undefined) return undefined
    words.push(word)
    i += word.raw.length
  }
  const [first] = words
  if (RESERVED.has(first?.value ?? '')) return undefined
  return first?.value === undefined || first.value.includes('=') || first.raw === '' ? undefined : words
}

function wordAt(source: string, start: number): Word | undefined {
  let value = ''
  let open = false
  let i = start
  while (i < source.length && source[i] !== ' ') {
    const character = source[i] as string
    if (character === "'" || character === '"') {
      const end = source.indexOf(character, i + 1)
      const inner = source.slice(i + 1, end)
      if (end === -1 || inner.includes('\n') || (character === '"' && /[$`\\!]/.test(inner))) return undefined
      value += inner
      i = end + 1
    } else if (PLAIN.test(character) || character > '\u007f') {
      value += character
      i++
    } else if (character === '*' || character === '?') {
      open = true
      i++
    } else return undefined
  }
  const raw = source.slice(start, i)
  return open ? { raw } : { raw, value }
}

/** As one word of a shell, whatever is in it. */
export const quoted = (value: string): string => `'${value.replaceAll("'", "'\\''")}'`

/** A word with its value kept: as plain as it can be. */
export const plainly = (value: string): string => (/^[\w@%+=:,./-]+$/.test(value) ? value : quoted(value))

export const joined = (words: readonly Word[]): string => words.map(({ raw }) => raw).join(' ')
