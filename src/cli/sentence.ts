// A code with values from far away, as a sentence: the table where it is known, else the code itself, never a blank.
import { type Detail, ERRORS, type ErrorCode } from '../base/error.ts'
import type { ChangeView } from '../contract/change.ts'
import { ERROR_WORDS, reader } from '../words/errors.ts'
import { proofSentence, reasonSentence } from '../words/outcome.ts'
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

/** Why an execution ended or waits as it does: what its proof saw first, else the runner's reason, else the code. */
export function whyOf(view: ChangeView, language: Language): Sentence | undefined {
  const seen = view.execution?.steps.find(({ kind }) => kind === 'proof')?.facts ?? {}
  for (const facts of Object.values(seen)) {
    const verdict = (facts as { verdict?: unknown })?.verdict
    if (verdict !== 'red' && verdict !== 'not_proven') continue
    const said = proofSentence(facts as Readonly<Record<string, unknown>>, language)
    if (said !== undefined) return said
  }
  const because = view.execution?.because
  if (because === undefined) return undefined
  return (
    reasonSentence(because.code, because.detail, language) ??
    sentenceFor(because.code, because.detail, language)
  )
}
