// The two languages and the shape of a sentence people read: what, why, what to type next, in that order.
import type { ErrorCode } from '../base/error-codes.ts'
import type { ValueName } from '../base/error-values.ts'

export type Language = 'ja' | 'en'
export const LANGUAGES: readonly Language[] = ['ja', 'en']

/** One message in one language. `next` are commands or acts, one a line, each ready to paste. */
export interface Sentence {
  readonly what: string
  readonly why?: string
  readonly next?: readonly string[]
}

/** A pair that cannot miss a language. */
export type Both<T> = Readonly<Record<Language, T>>

/** Reads a value of an error's detail as text; what was not given reads as an ellipsis, never as "undefined". */
export type Reader<Name extends string = string> = (key: Name) => string

/** The change that a sentence speaks of, to be typed after a verb; a refusal that came past the gate may name none. */
export const changeOf = (d: Reader<'change'>) => (d('change') === '…' ? 'ID' : d('change'))
/** The same of an execution: `CHG-2026-0001/1`. */
export const changeRun = (d: Reader<'execution'>) =>
  d('execution') === '…' ? 'ID' : (d('execution').split('/')[0] ?? 'ID')

/** A sentence of a code: text with `{name}` where a value stands, or a function where the language needs more than that. */
type Said<Name extends string> = Sentence | ((d: Reader<Name>) => Sentence)

/** Sentences of one room, keyed by code; `satisfies ErrorWords` keeps codes exact and lets a function read only values of its code. */
export type ErrorWords = {
  readonly [Code in ErrorCode]?: Both<Said<ValueName<Code>>>
}

type NameIn<Text> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | NameIn<Rest> : never
type TextOf<One> = One extends { readonly what: infer What }
  ?
      | What
      | (One extends { readonly why: infer Why } ? Why : never)
      | (One extends { readonly next: readonly (infer Next)[] } ? Next : never)
  : never
/** Names in `{}` that are no values of their code, as `code: name`. */
export type StrayName<All extends ErrorWords> = {
  [Code in keyof All & ErrorCode]: Exclude<
    NameIn<TextOf<NonNullable<All[Code]>[Language]>>,
    ValueName<Code>
  > extends infer Stray extends string
    ? `${Code}: ${Stray}`
    : never
}[keyof All & ErrorCode]

/** The same sentences as functions of their values. A name in `{}` that is no value of its code does not compile. */
export function spoken<const All extends ErrorWords>(
  all: All & ([StrayName<All>] extends [never] ? unknown : StrayName<All>),
): { readonly [Code in keyof All]: Both<(d: Reader) => Sentence> } {
  const pairs = Object.entries(all as Readonly<Record<string, Both<Said<never>>>>)
  return Object.fromEntries(
    pairs.map(([code, { ja, en }]) => [code, { ja: sentenceOf(ja), en: sentenceOf(en) }]),
  ) as { readonly [Code in keyof All]: Both<(d: Reader) => Sentence> } // The keys are those of `all`.
}

function sentenceOf(said: Said<never>): (d: Reader) => Sentence {
  if (typeof said === 'function') return said
  const { what, why, next } = said
  return (d) => {
    const fill = (text: string) => text.replace(/\{(\w+)\}/g, (_, name: string) => d(name))
    return {
      what: fill(what),
      ...(why === undefined ? {} : { why: fill(why) }),
      ...(next === undefined ? {} : { next: next.map(fill) }),
    }
  }
}
