// Lines of the card that stand there only sometimes.
import type { Both } from './words.ts'

interface CardWords {
  /** The service is down: what the change is for, and what happens when it still is afterwards. */
  readonly startsFromDown: (seconds: number) => string
  readonly aloneFrom: (at: string) => string
  /** What cannot be undone: who must sign, and from when one person alone may for the second time. */
  readonly twoGroups: (service: string) => string
  readonly twiceFrom: (service: string, at: string) => string
  readonly onceSigned: (by: string, at: string) => string
  /** All checks that apply are green: one line for all of them. */
  readonly allPassed: (n: number) => string
  /** Behind the first findings of a check. */
  readonly moreFound: (count: number) => string
}

export const CARD_WORDS: Both<CardWords> = {
  ja: {
    startsFromDown: (s) =>
      `いま停止中。この変更はそれを直すためのもの。実行後も健全でなければ、人が ${s} 秒以内に「維持する」と言わなければ元に戻す`,
    aloneFrom: (at) => `${at} から、一人で承認できます（単独承認。自分の変更も。却下されるとできません）`,
    twoGroups: (service) =>
      `元に戻せません。別々のグループの二人が、それぞれ ${service} と打ち込んで署名します`,
    twiceFrom: (service, at) =>
      `元に戻せません。別々のグループの二人が、それぞれ ${service} と打ち込んで署名します。一人なら二度署名し、二度目は ${at} からです（単独承認。却下されるとできません）`,
    onceSigned: (by, at) =>
      `${by} の署名が一つあります。足りないもの: 別のグループの人の署名。または ${at} からの二度目の署名`,
    allPassed: (n) => `${n} 件すべて通過`,
    moreFound: (count) => `ほかに ${count} 件`,
  },
  en: {
    startsFromDown: (s) =>
      `down now; this change is meant to repair it. Still red afterwards: it goes back unless a person says keep within ${s} s`,
    aloneFrom: (at) =>
      `from ${at} one person alone may approve it, their own change too, unless it is rejected`,
    twoGroups: (service) =>
      `cannot be undone: two people of different groups sign, and each types ${service}`,
    twiceFrom: (service, at) =>
      `cannot be undone: two people of different groups sign, and each types ${service}; or one person alone signs twice, the second time from ${at}, unless it is rejected`,
    onceSigned: (by, at) =>
      `signed once by ${by}; missing: a person of another group, or a second signature from ${at}`,
    allPassed: (n) => `all ${n} passed`,
    moreFound: (count) => `and ${count} more`,
  },
}
