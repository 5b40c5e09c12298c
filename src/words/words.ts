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

/** The change that a sentence speaks of, to be typed after a verb; a refusal that came past the gate may name none. */
export const changeOf = (d: Reader) => (d('change') === '…' ? 'ID' : d('change'))
/** The same of an execution: `CHG-2026-0001/1`. */
export const changeRun = (d: Reader) =>
  d('execution') === '…' ? 'ID' : (d('execution').split('/')[0] ?? 'ID')

/** Sentences of one room, keyed by code; `satisfies ErrorWords` keeps the codes exact. */
export type ErrorWords = { readonly [code: string]: Both<(d: Reader) => Sentence> }
