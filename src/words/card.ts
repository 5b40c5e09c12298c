// Lines of the card that stand there only sometimes.
import type { Both } from './words.ts'

interface CardWords {
  /** The service is down: what the change is for, and what happens when it still is afterwards. */
  readonly startsFromDown: (seconds: number) => string
  readonly aloneFrom: (at: string) => string
  /** All checks that apply are green: one line for all of them. */
  readonly allPassed: (n: number) => string
}

export const CARD_WORDS: Both<CardWords> = {
  ja: {
    startsFromDown: (s) =>
      `いま停止中。この変更はそれを直すためのもの。実行後も健全でなければ、人が ${s} 秒以内に「維持する」と言わなければ元に戻す`,
    aloneFrom: (at) => `${at} から、一人で承認できます（単独承認。自分の変更も。却下されるとできません）`,
    allPassed: (n) => `${n} 件すべて通過`,
  },
  en: {
    startsFromDown: (s) =>
      `down now; this change is meant to repair it. Still red afterwards: it goes back unless a person says keep within ${s} s`,
    aloneFrom: (at) =>
      `from ${at} one person alone may approve it, their own change too, unless it is rejected`,
    allPassed: (n) => `all ${n} passed`,
  },
}
