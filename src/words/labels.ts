// Labels in front of a line, and how parts are joined, set aside and quoted, in both languages.
import type { Both, Language, Sentence } from './words.ts'

export const LABELS = {
  why: { ja: '理由', en: 'why' },
  next: { ja: '次に', en: 'next' },
  none: { ja: 'なし', en: 'none' },
  rule: { ja: '規則', en: 'rule' },
  instead: { ja: '代わりに', en: 'instead' },
  mend: { ja: '直す', en: 'mend' },
  seconds: { ja: '秒', en: 's' },
} as const satisfies Readonly<Record<string, Both<string>>>

const JOINERS: Both<{ readonly list: string; readonly clauses: string }> = {
  ja: { list: '、', clauses: '。' },
  en: { list: ', ', clauses: '; ' },
}

/** Names side by side. */
export const listed = (parts: readonly string[], language: Language): string =>
  parts.join(JOINERS[language].list)

/** Clauses on one line. */
export const clauses = (parts: readonly string[], language: Language): string =>
  parts.join(JOINERS[language].clauses)

/** What and why, on one line. */
export const inOneLine = ({ what, why }: Sentence, language: Language): string =>
  clauses(why === undefined ? [what] : [what, why], language)

/** Behind what it belongs to. */
export const aside = (text: string, language: Language): string =>
  language === 'ja' ? `（${text}）` : ` (${text})`

/** The words of somebody. */
export const inQuotes = (text: string, language: Language): string =>
  language === 'ja' ? `「${text}」` : `“${text}”`

/** What counts as a yes to a question, in either language. */
export const YES = /^(y|yes|はい)$/i
