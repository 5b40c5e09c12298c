// Words that the parser takes apart at a process substitution, put together again.
import type { Assign, Word } from './tree.ts'

export const glued = (before: Word | undefined, word: Word): Word => ({
  parts: [...(before?.parts ?? []), ...word.parts],
  span: before === undefined ? word.span : [before.span[0], word.span[1]],
})

/** What stands behind `A=<(…)` may be an assignment, which unbash takes for a word of a command that has begun. */
export function assignOf(word: Word): Assign | undefined {
  const [first, ...rest] = word.parts
  const match = first?.part === 'text' && !first.quoted ? /^([A-Za-z_]\w*)(\+?)=/.exec(first.text) : null
  if (first?.part !== 'text' || match === null) return undefined
  const value: Word = {
    parts: [{ ...first, text: first.text.slice(match[0].length) }, ...rest],
    span: word.span,
  }
  return { name: match[1] ?? '', append: match[2] === '+', value, span: word.span }
}

/** `A=<(…)`: the value goes on. */
export const lengthened = (assign: Assign, word: Word): Assign =>
  'parts' in assign.value ? { ...assign, value: glued(assign.value, word) } : assign

/** `<< <(x)`, `<< @(a|b)`: to bash the word behind is the name of an end, whatever it looks like; to unbash it is none. The places stay the same. */
export function withPlainDelimiters(source: string): string {
  if (!source.includes('<<')) return source
  const ends = new Map<string, string>()
  const text = source.replaceAll(
    /(<<-?[ \t]*)([<>@?*+!]\([^()\n]*\))/g,
    (_all, before: string, word: string) => {
      const plain = `E${'_'.repeat(word.length - 1)}`
      ends.set(word, plain)
      return before + plain
    },
  )
  if (ends.size === 0) return source
  return text
    .split('\n')
    .map((line) => {
      const bare = line.replace(/^\t+/, '')
      const end = ends.get(bare)
      return end === undefined ? line : line.slice(0, line.length - bare.length) + end
    })
    .join('\n')
}

/** `$(a | time case …)`: behind a pipe `time` is a keyword to bash as well, and to unbash a program. The places stay the same. */
export function withoutInnerTime(source: string): string {
  return source.replaceAll(/(?<=\|\s*)time(?=\s)/g, '    ')
}
