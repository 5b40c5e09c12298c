// The two languages and the shape of a sentence people read: what, why, what to type next, in that order.
import type { ErrorCode } from '../base/error.ts'
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

/** Sentences of one room, keyed by code; `satisfies ErrorWords` keeps codes exact and lets a sentence read only values of its code. */
export type ErrorWords = {
  readonly [Code in ErrorCode]?: Both<(d: Reader<ValueName<Code>>) => Sentence>
}
