// The two languages and the shape of a sentence people read: what, why, what to type next, in that order.

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
export type Reader = (key: string) => string

/** Sentences of one room, keyed by code; `satisfies ErrorWords` keeps the codes exact. */
export type ErrorWords = { readonly [code: string]: Both<(d: Reader) => Sentence> }
