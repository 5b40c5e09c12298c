// Words about the runner: why nothing would start now, and what `sekisho runner …` has done.
import { LABELS, listed } from './labels.ts'
import { localTime } from './local-time.ts'
import type { Both, Language } from './words.ts'

export const RUNNER_SILENT: Both<string> = { ja: '応答なし', en: 'does not answer' }

export const RUNNER_TROUBLE = {
  disk: { ja: '空きが足りず、何も始めません', en: 'too little space: nothing starts' },
  journal: { ja: '記録簿が壊れていて、何も始めません', en: 'its journal is damaged: nothing starts' },
  clock: { ja: '時計が大きくずれていて、何も始めません', en: 'the clock has jumped: nothing starts' },
  untrusted: {
    ja: '他人が書き換えられるものがあり、何も始めません',
    en: 'others can change its files: nothing starts',
  },
  ledger: {
    ja: '台帳が検印より古く、何も始めません',
    en: 'the ledger is older than what was signed: nothing starts',
  },
  fork: {
    ja: '台帳が検印したものと違い、何も始めません',
    en: 'the ledger is not the one that was signed: nothing starts',
  },
} as const satisfies Readonly<Record<string, Both<string>>>

const orNone = (parts: readonly string[], language: Language) =>
  listed(parts, language) || LABELS.none[language]

export const RUNNER_WORDS = {
  reconciled: (settled: readonly string[], open: readonly string[]): Both<string> => ({
    ja: `片づけた実行: ${orNone(settled, 'ja')}\n開いている実行: ${orNone(open, 'ja')}`,
    en: `settled: ${orNone(settled, 'en')}\nopen: ${orNone(open, 'en')}`,
  }),
  fenceReset: (target: string, was: number, mark: number): Both<string> => ({
    ja: `${target} の順番札を ${was} から ${mark} に戻しました。runner の記録簿に残ります`,
    en: `The fence token of ${target} is taken back from ${was} to ${mark}. The runner's journal keeps a line of it`,
  }),
  clockAccepted: (at: string, zone: string): Both<string> => ({
    ja: `いまの時刻を認めました: ${localTime(at, zone, 'ja')}`,
    en: `The time is accepted: ${localTime(at, zone, 'en')}`,
  }),
} as const
