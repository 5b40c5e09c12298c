// One problem of a check as a line that people read: our sentence for its code, then the validator's own words.
import { ERRORS, type ErrorCode } from '../base/error-codes.ts'
import { isObject } from '../base/json.ts'
import { findingText, isFindingCode } from './code-findings.ts'
import { ERROR_WORDS, reader } from './errors.ts'
import { GATE_CHECK_WORDS } from './gate-check.ts'
import { visibleLine } from './layout.ts'
import { OLD_CODE, oldCodeText, rehearsalDifference, rehearsalFault } from './rehearsal.ts'
import { SCHEMA_WORDS } from './schema.ts'
import { VALIDATION_WORDS } from './validation.ts'
import type { Language, Sentence } from './words.ts'

interface ProblemLike {
  readonly code: string
  readonly path?: string | undefined
  readonly line?: number | undefined
  readonly text: string
}

/** `what`, then `why` where it says more. Codes without a sentence show the validator's words with the place. */
export function problemLines(problem: ProblemLike, language: Language): readonly string[] {
  const { code, path, line, text } = problem
  const place = path === undefined ? {} : { path, ...(line === undefined ? {} : { line }) }
  if (isFindingCode(code)) return [visibleLine(findingText(language, { code, text, ...place }))]
  if (Object.hasOwn(GATE_CHECK_WORDS, code)) {
    const words = GATE_CHECK_WORDS[code as keyof typeof GATE_CHECK_WORDS]
    return [visibleLine(words[language]({ text, ...place }).what)]
  }
  if (code === 'rehearsal.red') return [visibleLine(rehearsalFault(text, path, language))]
  if (code === 'rehearsal.old_code' || code === 'rehearsal.old_code_open')
    return OLD_CODE[code][language](oldCodeText(text, language)).map(visibleLine)
  if (code === 'request.not_rehearsed' || code === 'request.no_effect') {
    const { what, why = '' } = ERROR_WORDS[code][language](
      reader({ call: path ?? '', fault: oldCodeText(text, language) }),
    )
    return [what, why].map(visibleLine)
  }
  if (code === 'exec.not_rehearsed') {
    const { what, why = '' } = ERROR_WORDS[code][language](
      reader({ command: path ?? '', fault: oldCodeText(text, language) }),
    )
    return [what, why].map(visibleLine)
  }
  if (code === 'rehearsal.difference')
    return [visibleLine(rehearsalDifference(path === undefined ? text : `${text} ${path}`, language))]
  if (Object.hasOwn(SCHEMA_WORDS, code)) {
    const { what, why }: Sentence = SCHEMA_WORDS[code as keyof typeof SCHEMA_WORDS][language]({
      text,
      ...place,
    })
    return [what, ...(why === undefined || why === '' ? [] : [why])].map(visibleLine)
  }
  if (!Object.hasOwn(VALIDATION_WORDS, code)) {
    if (Object.hasOwn(ERROR_WORDS, code)) {
      // Of a trial that met what would stop the act itself.
      const detail = { ...place, ...(valuesIn(code, text) ?? { service: text, why: text, tried: text }) }
      const { what, why } = ERROR_WORDS[code as ErrorCode][language](reader(detail))
      return [what, ...(why === undefined ? [] : [why])].map(visibleLine)
    }
    const where = path === undefined ? '' : `${path}${line === undefined ? '' : `:${line}`}  `
    return [visibleLine(`${where}${text === '' ? code : text}`)]
  }
  const trial = code.startsWith('trial.') ? trialLines(text, language) : undefined
  if (trial !== undefined)
    return [
      VALIDATION_WORDS[code as keyof typeof VALIDATION_WORDS][language]({ text: '' }).what,
      ...trial,
    ].map(visibleLine)
  const said = VALIDATION_WORDS[code as keyof typeof VALIDATION_WORDS][language]({ text, ...place })
  return [said.what, ...(said.why === undefined || said.why === '' ? [] : [said.why])].map(visibleLine)
}

/** The values of a refusal whose text is its code and its values as JSON: what the sentence names is not left out. */
function valuesIn(code: string, text: string): Readonly<Record<string, string>> | undefined {
  const facts = text.startsWith(`${code} `) ? factsIn(text.slice(code.length + 1)) : undefined
  if (facts === undefined || Object.keys(facts).length === 0) return undefined
  return Object.fromEntries(
    Object.entries(facts).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  )
}

/** What an act on copies answered, as its own sentence. It speaks of the copy; who reads it thinks of the file. */
function trialLines(text: string, language: Language): readonly string[] | undefined {
  const facts = factsIn(text)
  const code = [facts?.['code'], facts?.['why']].find(
    (one) => typeof one === 'string' && Object.hasOwn(ERRORS, one),
  )
  if (facts === undefined || typeof code !== 'string') return undefined
  const values = Object.entries({ ...facts, why: facts['because'] ?? '' }).map(([key, value]) => [
    key,
    typeof value === 'string' ? value.replace(/\S*\/trials\/trial-[^/]+(?=\/)/g, '') : JSON.stringify(value),
  ])
  const { what, why } = ERROR_WORDS[code as ErrorCode][language](reader(Object.fromEntries(values)))
  return [what, ...(why === undefined || why === '' ? [] : [why])]
}

function factsIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** The answer of the gate where it has a fault of its own. */
export const BUG_PROBLEM = {
  title: { ja: '関所の不具合です', en: 'A fault in Sekisho itself' },
  detail: { ja: '記録はログにあります', en: 'the log has the details' },
} as const
