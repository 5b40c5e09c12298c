// The shape of a sentence of the guard, and a sentence that takes no parameters.
import type { Both } from './words.ts'

export type GuardParams = Readonly<Record<string, string>>
export interface GuardSentence {
  readonly what: string
  readonly why?: string
}
export type GuardWords = Both<(params: GuardParams) => GuardSentence>

export const plain = (ja: string, jaWhy: string, en: string, enWhy: string): GuardWords => ({
  ja: () => ({ what: ja, why: jaWhy }),
  en: () => ({ what: en, why: enWhy }),
})
