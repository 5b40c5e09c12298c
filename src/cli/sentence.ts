// A code with values from far away, as a sentence: the table where it is known, else the code itself, never a blank.
import { type Detail, ERRORS, type ErrorCode } from '../base/error.ts'
import { ERROR_WORDS, reader } from '../words/errors.ts'
import type { Language, Sentence } from '../words/words.ts'

export function sentenceFor(
  code: string,
  detail: Readonly<Record<string, unknown>>,
  language: Language,
): Sentence {
  if (!Object.hasOwn(ERRORS, code))
    return { what: code, ...(Object.keys(detail).length === 0 ? {} : { why: JSON.stringify(detail) }) }
  return ERROR_WORDS[code as ErrorCode][language](reader(detail as Detail))
}
