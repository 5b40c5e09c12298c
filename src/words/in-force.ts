// What is said when rules were applied: they are in force where the runner has taken them, and not before.
import type { Both } from './words.ts'

export interface AppliedRules {
  readonly version: string
  /** They are the ones that were applied before. */
  readonly isSame: boolean
  /** The runner has answered that it took them. */
  readonly isTaken: boolean
}

export const IN_FORCE: Both<(of: AppliedRules) => string> = {
  ja: ({ version, isSame, isTaken }) => {
    const number = version.slice(0, 8)
    if (!isTaken)
      return `${isSame ? '前と同じ規則です' : '書きました'}（版 ${number}）。runner は動いていないので、起動したときから有効です。`
    return isSame ? 'もう適用されています。' : `適用しました（版 ${number}）。`
  },
  en: ({ version, isSame, isTaken }) => {
    const number = version.slice(0, 8)
    if (!isTaken)
      return `${isSame ? 'The rules are the same' : 'Written'} (version ${number}). The runner is not running: they are in force when it starts.`
    return isSame ? 'It is in force already.' : `In force (version ${number}).`
  },
}

/** `config diff` where no rule differs. `isSame`: nor does the version, so that an apply writes nothing. */
export const NO_DIFFERENCE: Both<(isSame: boolean) => string> = {
  ja: (isSame) =>
    isSame
      ? 'ファイルの規則は、いま有効な規則と同じです。'
      : '規則に違いは見つかりません。ガードが読むファイルは別の版なので、sekisho config apply が書き直します。',
  en: (isSame) =>
    isSame
      ? 'The file says the same as the rules in force.'
      : 'No rule was found to differ. The file that the guard reads is of another version: sekisho config apply writes it again.',
}
