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
