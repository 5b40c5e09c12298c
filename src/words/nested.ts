// A refusal inside of a fact, by its own sentence: the code stands at `why`, its values at `last.NAME` (app/nested-values.ts).
import type { ErrorCode } from '../base/error-codes.ts'
import { ERROR_WORDS } from './errors.ts'
import type { Language, Reader } from './words.ts'

/** The code itself where nobody knows it. */
export function nestedWhat(d: Reader, language: Language): string {
  const code = d('why')
  const words = Object.hasOwn(ERROR_WORDS, code) ? ERROR_WORDS[code as ErrorCode] : undefined
  return words?.[language]((key) => d(`last.${key}`)).what ?? code
}
