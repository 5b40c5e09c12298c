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
