// In which way a file differs from what was approved, as a sentence.
import type { Both, Language } from './words.ts'

type Said = (...found: readonly string[]) => string

const KINDS: Readonly<Record<string, string>> = {
  file: 'ファイル',
  secret: '秘密のファイル',
  link: 'リンク',
  absent: '何もない状態',
}
const kind = (name = '') => KINDS[name] ?? name

const SAID: readonly (readonly [RegExp, Both<Said>])[] = [
  [
    /^something else has this name$/,
    {
      ja: () => '書き替えのために一時的に使う名前に、こちらのものでないものがあります',
      en: () => 'what is written for a moment goes by this name, and something that is not ours has it',
    },
  ],
  [
    /^somebody else made it$/,
    {
      ja: () => '書き替えのために一時的に使うディレクトリを、ほかの誰かが作りました',
      en: () => 'the directory that is used for a moment was made by somebody else',
    },
  ],
  [
    /^it changed while it was (?:being replaced|put back)$/,
    {
      ja: () => '書き替えている間に、誰かが変えました。そのままにしてあります',
      en: () => 'somebody changed it in the middle; it was left as it is',
    },
  ],
  [
    /^(?:its bytes are not the approved ones|other bytes)$/,
    { ja: () => '中身が承認された時と違います', en: () => 'its bytes are not the approved ones' },
  ],
  [
    /^another link target$/,
    { ja: () => 'リンクの指す先が承認された時と違います', en: () => 'the link leads elsewhere' },
  ],
  [
    /^it leads to (.+) now$/,
    { ja: (to) => `いまは ${to} を指しています`, en: (to) => `it leads to ${to} now` },
  ],
  [
    /^owner (\S+) instead of (\S+)$/,
    {
      ja: (now, was) => `持ち主が ${was} ではなく ${now} です`,
      en: (now, was) => `its owner is ${now} instead of ${was}`,
    },
  ],
  [
    /^mode (\d+) instead of (\d+)$/,
    {
      ja: (now, was) => `モードが ${was} ではなく ${now} です`,
      en: (now, was) => `its mode is ${now} instead of ${was}`,
    },
  ],
  [
    /^(file|secret|link|absent) instead of (file|secret|link|absent)$/,
    {
      ja: (now, was) => `${kind(was)}ではなく、${kind(now)}です`,
      en: (now, was) => `it is ${now} instead of ${was}`,
    },
  ],
  [
    /^the secret (\S+) is not the approved one$/,
    {
      ja: (reference) => `預かっている秘密 ${reference} が、承認された時のものと違います`,
      en: (reference) => `the secret ${reference} is not the approved one`,
    },
  ],
]

/** Any other text unchanged. */
export function changedWhy(why: string, language: Language): string {
  for (const [pattern, said] of SAID) {
    const found = pattern.exec(why)
    if (found !== null) return said[language](...found.slice(1))
  }
  return why
}

/** The temporary name beside the file is taken, not the file itself. */
export const isInTheWay = (why: string): boolean =>
  why === 'something else has this name' || why === 'somebody else made it'
