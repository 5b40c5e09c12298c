// What a field of a request had to be: one clause for each kind of fault, in both languages. No pattern is ever shown.
import type { Both, Language, Reader } from './words.ts'

type Clause = Both<(d: Reader<'limit' | 'value' | 'values'>) => string>

const value = (d: Reader<'value'>, language: Language) =>
  d('value') === '…' ? '' : language === 'ja' ? `「${d('value')}」は` : `“${d('value')}” is no `
const shape = (ja: string, en: string): Clause => ({
  ja: (d) => `${value(d, 'ja')}${value(d, 'ja') === '' ? '' : '使えません。'}${ja}`,
  en: (d) => (value(d, 'en') === '' ? en : `${value(d, 'en')}${en}`),
})

export const INPUT_WORDS = {
  missing: { ja: () => '必要な項目がありません', en: () => 'it is missing' },
  text: { ja: () => '文字列で書いてください', en: () => 'it must be a text' },
  number: { ja: () => '数で書いてください', en: () => 'it must be a number' },
  list: { ja: () => '並び（配列）で書いてください', en: () => 'it must be a list' },
  object: { ja: () => '項目の組（オブジェクト）で書いてください', en: () => 'it must be an object' },
  kind: { ja: () => '種類が違います', en: () => 'it is of the wrong kind' },
  empty: { ja: () => '空にはできません', en: () => 'it must not be empty' },
  too_long: {
    ja: (d) => `長すぎます。${d('limit')} 文字までです`,
    en: (d) => `it is too long: at most ${d('limit')} characters`,
  },
  too_many: {
    ja: (d) => `多すぎます。${d('limit')} 個までです`,
    en: (d) => `too many: at most ${d('limit')}`,
  },
  too_few: {
    ja: (d) => `少なすぎます。${d('limit')} 個からです`,
    en: (d) => `too few: at least ${d('limit')}`,
  },
  at_most: { ja: (d) => `${d('limit')} 以下にしてください`, en: (d) => `at most ${d('limit')}` },
  at_least: { ja: (d) => `${d('limit')} 以上にしてください`, en: (d) => `at least ${d('limit')}` },
  one_of: { ja: (d) => `使えるのは ${d('values')} です`, en: (d) => `one of ${d('values')}` },
  name: shape(
    '英小文字と数字で始め、英小文字・数字・. _ - だけで 63 文字までです',
    'name: small letters, digits and . _ - after a letter or digit, at most 63 characters',
  ),
  env_key: shape(
    '設定の名前は英字か _ で始め、英数字と _ だけで 200 文字までです',
    'name of a setting: letters, digits and _, not beginning with a digit, at most 200 characters',
  ),
  sql_name: shape(
    'SQL のファイルの名前は、英数字と . _ - だけで 100 文字までです',
    'name of a SQL file: letters, digits and . _ -, at most 100 characters',
  ),
  absolute_path: shape('/ で始まる場所を書いてください', 'absolute path: it must begin with /'),
  change_id: shape('変更の番号は CHG-2026-0001 の形です', 'number of a change, such as CHG-2026-0001'),
  incident_id: shape('障害の番号は INC-2026-0001 の形です', 'number of an incident, such as INC-2026-0001'),
  evidence_item: shape(
    '証拠の番号は E01 の形です。sekisho incident show で見られます',
    'number of an item of evidence, such as E01: sekisho incident show lists them',
  ),
  check_name: shape(
    '確認の名前は、英小文字と数字、. _ - : / * だけです。sekisho check list で見られます',
    'name of a check: sekisho check list has them',
  ),
  notice_id: shape('通知の番号は NTC-2026-0001 の形です', 'number of a notice, such as NTC-2026-0001'),
  digest: shape('SHA-256 は 16 進 64 文字です', 'SHA-256: 64 digits of 0-9 a-f'),
  instant: shape(
    '日時は 2026-01-31T09:00:00.000Z の形です',
    'moment in UTC, such as 2026-01-31T09:00:00.000Z',
  ),
  storable: {
    ja: () => '保存できない文字（NUL、または壊れた文字）が入っています',
    en: () => 'it holds a character that cannot be kept (NUL, or half a character)',
  },
  written: shape(
    '書きかえるところ（… や REASON）がそのままです。あなたの言葉を書いてください',
    'a place to fill in (… or REASON) was left as it is: write your own words',
  ),
  json: { ja: () => '本文は JSON で書いてください', en: () => 'the body must be JSON' },
} as const satisfies Record<string, Clause>

export type Expected = keyof typeof INPUT_WORDS

/** The clause of `expected`; where none is told, the failure's own `why`. */
export function inputWhy(
  d: Reader<'expected' | 'limit' | 'value' | 'values' | 'why'>,
  language: Language,
): string {
  const expected = d('expected')
  return Object.hasOwn(INPUT_WORDS, expected) ? INPUT_WORDS[expected as Expected][language](d) : d('why')
}
