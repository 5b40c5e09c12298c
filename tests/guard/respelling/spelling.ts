// What a spelling is: another text that does the same, made by a rule of the shell or of the tool.
import type { Random } from '../seed.ts'
import type { Word } from './words.ts'

export interface Base {
  readonly text: string
  /** Where it is one plain command. */
  readonly words?: readonly Word[]
}

export interface Spelling {
  readonly name: string
  /** Undefined where this rule has nothing to say of this command. */
  readonly spell: (base: Base, random: Random) => string | undefined
}

/** A spelling of plain commands: `words` is given. */
export const ofWords = (
  name: string,
  spell: (words: readonly Word[], random: Random) => string | undefined,
): Spelling => ({
  name,
  spell: ({ words }, random) => (words === undefined ? undefined : spell(words, random)),
})

/** Of plain commands without redirections or globs: each word has its value. */
export const ofValues = (
  name: string,
  spell: (values: readonly string[], random: Random) => string | undefined,
): Spelling =>
  ofWords(name, (words, random) => {
    const values = words.flatMap(({ value }) => (value === undefined ? [] : [value]))
    return values.length === words.length ? spell(values, random) : undefined
  })

/** One word of the command written another way: any that has a value. */
export const ofOneWord = (
  name: string,
  spell: (
    value: string,
    random: Random,
  ) => string | { readonly before: string; readonly word: string } | undefined,
): Spelling =>
  ofWords(name, (words, random) => {
    const able = words.flatMap(({ value }, i) => (value === undefined || value === '' ? [] : [i]))
    // The program and what it is done to are where it matters: both often, the rest sometimes.
    const at = random.pick([able[0] ?? 0, able.at(-1) ?? 0, ...able])
    const made = spell(words[at]?.value ?? '', random)
    if (made === undefined) return undefined
    const { before, word } = typeof made === 'string' ? { before: '', word: made } : made
    const all = words.map(({ raw }, i) => (i === at ? word : raw))
    return before + all.join(' ')
  })
