// Words of break-glass on the terminal, in both languages.
import type { Both, Language } from './words.ts'

const RESULTS: Both<Readonly<Record<string, string>>> = {
  ja: { applied: '実行済み', failed: '失敗', unknown: '結果不明' },
  en: { applied: 'done', failed: 'failed', unknown: 'not known how it ended' },
}
const result = (of: string | undefined, language: Language) =>
  RESULTS[language][of ?? ''] ?? (language === 'ja' ? '実行中' : 'under way')

export const GLASS_WORDS = {
  result,
  none: { ja: '緊急解錠はありません', en: 'No break-glass' },
  acting: {
    ja: (verb: string, service: string) => `状態を控えてから、${service} を ${verb} しています`,
    en: (verb: string, service: string) => `taking a snapshot, then ${verb} of ${service}`,
  },
  done: {
    ja: (verb: string, service: string, how: string, items: number, short: string) =>
      `${verb} ${service}: ${result(how, 'ja')}（先に ${items} 件を控えました）\nレビューが要ります  sudo sekisho glass review ${short} --text "…"`,
    en: (verb: string, service: string, how: string, items: number, short: string) =>
      `${verb} of ${service}: ${result(how, 'en')} (${items} items were kept first)\na review is owed  sudo sekisho glass review ${short} --text "…"`,
  },
  reviewed: {
    ja: (short: string, by: string) => `レビューしました: ${short}（${by}）`,
    en: (short: string, by: string) => `Reviewed: ${short} (${by})`,
  },
  owed: { ja: 'レビュー待ち', en: 'review owed' },
  by: {
    ja: (person: string) => `レビュー済み（${person}）`,
    en: (person: string) => `reviewed by ${person}`,
  },
} as const
