// Why an incident was opened, where nobody but the gate says so: written once, in the language of the installation.
import { CHECK_WORDS, checkItemName } from './check.ts'
import type { Both, Language, Reader } from './words.ts'

/** The item and what was seen of it. */
export function redCheckText(item: string, code: string, values: Reader, language: Language): string {
  const what = CHECK_WORDS[code]?.[language](values).what ?? code
  return `${checkItemName(item, language)}: ${what}`
}

export const FAILED_CHANGE_TEXT: Both<
  Readonly<Record<'undone' | 'failed' | 'stuck', (change: string) => string>>
> = {
  ja: {
    undone: (change) => `変更 ${change} の後の確認が失敗し、変更は元に戻されました`,
    failed: (change) => `変更 ${change} が失敗し、元に戻っていません`,
    stuck: (change) => `変更 ${change} を元に戻せず、人の判断を待っています`,
  },
  en: {
    undone: (change) => `the proof of change ${change} was red, and it was taken back`,
    failed: (change) => `change ${change} failed and was not taken back`,
    stuck: (change) => `change ${change} could not be taken back and waits for a person`,
  },
}

export const ALERTS_TEXT: Both<(source: string, title: string, count: number) => string> = {
  ja: (source, title, count) => `${source}: ${title}${count > 1 ? `（アラート ${count} 件）` : ''}`,
  en: (source, title, count) => `${source}: ${title}${count > 1 ? ` (${count} alerts)` : ''}`,
}
