// What people read when sekisho.yaml is wrong: what, why, what to do, with file, line and column in front.
import { isRefusal, type PolicyProblem } from '../base/policy-problem.ts'
import { visibleLine } from './layout.ts'
import { EN_POLICY } from './policy-en.ts'
import { JA_POLICY } from './policy-ja.ts'
import type { PolicyWords } from './policy-words.ts'
import type { Language, Sentence } from './words.ts'

const WORDS: Readonly<Record<Language, PolicyWords>> = { ja: JA_POLICY, en: EN_POLICY }

export function policySentence(problem: PolicyProblem, language: Language): Sentence {
  return WORDS[language][problem.code]((key) => {
    const value = problem.detail[key]
    if (value === undefined) return ''
    return visibleLine(typeof value === 'object' ? value.join(', ') : String(value))
  })
}

/**
 * ```
 * sekisho.yaml:12:5  Unknown key: helth
 *   why   …
 *   do    …
 * ```
 */
export function policyMessage(problem: PolicyProblem, file: string, language: Language): string {
  const { what, why, next = [] } = policySentence(problem, language)
  const [because, act] = language === 'ja' ? ['理由', '直す'] : ['why', 'do ']
  const mark = isRefusal(problem) ? '✗' : '!'
  return [
    `${mark} ${file}:${problem.line}:${problem.column}  ${what}`,
    ...(why === undefined || why === '' ? [] : [`    ${because}  ${why}`]),
    ...next.filter((one) => one !== '').map((one) => `    ${act}  ${one}`),
  ].join('\n')
}

/** All of them, in the order of the file, and what it means for the apply. */
export function policyReport(
  problems: readonly PolicyProblem[],
  file: string,
  language: Language,
  /** The file was just edited for them; what is in force is as it was. */
  edit?: 'written',
): string {
  const refusals = problems.filter(isRefusal).length
  const lines = problems.map((one) => policyMessage(one, file, language))
  if (refusals > 0)
    lines.push(
      language === 'ja'
        ? edit === 'written'
          ? `ファイルには書きました。上の ${refusals} 件を直すと効きます。いま効いている規則は前のままです。`
          : `${refusals} 件を直してください。まだ何も変えていません。`
        : edit === 'written'
          ? `The file was written. It comes into force once the ${refusals} above are mended; until then the rules are as before.`
          : `${refusals} to mend. Nothing was changed.`,
    )
  return lines.join('\n')
}
