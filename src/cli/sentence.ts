// A code with values from far away, as a sentence: the table where it is known, else the code itself, never a blank.

import { type Detail, ERRORS, type ErrorCode } from '../base/error.ts'
import { isObject } from '../base/json.ts'
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
  // What its proof saw was the reason to take it back; what a person is asked about is why that did not go.
  const { state } = view.execution ?? {}
  if (state?.state === 'stuck') return whyStuck(state, language)
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

function whyStuck(state: Readonly<Record<string, unknown>>, language: Language): Sentence | undefined {
  const { steps, ...whole } = isObject(state['detail']) ? state['detail'] : {}
  const of: unknown = Array.isArray(steps) ? steps.map((one) => isObject(one) && one['detail']).at(-1) : whole
  const { why: code, because, ...values } = isObject(of) ? of : {}
  const said =
    typeof code === 'string' ? sentenceFor(code, { ...values, why: because ?? '' }, language) : undefined
  const reason = reasonSentence(String(state['why']), { said: said?.what ?? '' }, language)
  if (said === undefined || reason === undefined) return reason ?? said
  return { what: reason.what, why: [said.what, said.why].filter((one) => one !== undefined).join(' · ') }
}
