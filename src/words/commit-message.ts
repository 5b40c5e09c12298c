// The body of a commit in the form of the guide: kind and summary in the first line, then details, what it touches, and what the tests said.
import type { Both, Language } from './words.ts'

export type CommitKind = 'fix' | 'feature' | 'other' | 'back'

export interface CommitBody {
  readonly kind: CommitKind
  readonly summary: string
  readonly details: readonly string[]
  readonly impact: readonly string[]
  readonly tests: readonly string[]
}

const KINDS: Both<Readonly<Record<CommitKind, string>>> = {
  ja: { fix: '修正', feature: '追加', other: '変更', back: '取り消し' },
  en: { fix: 'Fix', feature: 'Add', other: 'Update', back: 'Revert' },
}
const PARTS: Both<{
  readonly details: string
  readonly impact: string
  readonly tests: string
  readonly none: string
}> = {
  ja: { details: '詳細', impact: '影響範囲', tests: 'テスト結果', none: 'なし' },
  en: { details: 'Details', impact: 'Impact', tests: 'Tests', none: 'none' },
}
const SUMMARY_CHARACTERS = 100

/** The summary is one line; a part without lines says so. */
export function commitBody(language: Language, body: CommitBody): string {
  const words = PARTS[language]
  const part = (title: string, lines: readonly string[]) =>
    `${title}:\n${(lines.length === 0 ? [words.none] : lines).map((line) => `- ${oneLine(line)}`).join('\n')}`
  const summary = Array.from(oneLine(body.summary)).slice(0, SUMMARY_CHARACTERS).join('')
  return [
    `${KINDS[language][body.kind]}: ${summary}`,
    part(words.details, body.details),
    part(words.impact, body.impact),
    part(words.tests, body.tests),
  ].join('\n\n')
}

function oneLine(text: string): string {
  return text.replace(/[\p{C}\p{Z}]+/gu, ' ').trim()
}

/** By the first word of a subject line, as people write it in either language. */
export function kindOfSubject(subject: string): CommitKind {
  if (/^(?:fix|bug|hotfix|修正)/i.test(subject)) return 'fix'
  return /^(?:feat|add|feature|追加|機能)/i.test(subject) ? 'feature' : 'other'
}
