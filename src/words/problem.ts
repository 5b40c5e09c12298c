// One problem of a check as a line that people read: our sentence for its code, then the validator's own words.
import type { ErrorCode } from '../base/error.ts'
import { ERROR_WORDS, reader } from './errors.ts'
import { GATE_CHECK_WORDS } from './gate-check.ts'
import { visibleLine } from './layout.ts'
import { VALIDATION_WORDS } from './validation.ts'
import type { Language } from './words.ts'

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
  if (Object.hasOwn(GATE_CHECK_WORDS, code)) {
    const words = GATE_CHECK_WORDS[code as keyof typeof GATE_CHECK_WORDS]
    return [visibleLine(words[language]({ text, ...place }).what)]
  }
  if (!Object.hasOwn(VALIDATION_WORDS, code)) {
    if (Object.hasOwn(ERROR_WORDS, code)) {
      // Of a trial that met what would stop the act itself.
      const detail = { ...place, service: text, why: text, tried: text }
      const { what, why } = ERROR_WORDS[code as ErrorCode][language](reader(detail))
      return [what, ...(why === undefined ? [] : [why])].map(visibleLine)
    }
    const where = path === undefined ? '' : `${path}${line === undefined ? '' : `:${line}`}  `
    return [visibleLine(`${where}${text === '' ? code : text}`)]
  }
  const said = VALIDATION_WORDS[code as keyof typeof VALIDATION_WORDS][language]({ text, ...place })
  return [said.what, ...(said.why === undefined || said.why === '' ? [] : [said.why])].map(visibleLine)
}
