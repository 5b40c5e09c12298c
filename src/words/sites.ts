// What was asked of the sites that a change of nginx touches, and what was not: the same lines on the run and in the record.
import type { Both, Language } from './words.ts'

interface SiteWords {
  readonly same: (list: string) => string
  readonly different: (url: string, before: string, after: string) => string
  readonly notAsked: (list: string) => string
  readonly none: string
  readonly answer: Readonly<Record<string, string>>
  readonly why: Readonly<Record<string, string>>
  readonly more: (count: string) => string
  readonly joiner: string
  readonly aside: (where: string, why: string) => string
}

const WORDS: Both<SiteWords> = {
  ja: {
    same: (list) => `変更の前と後に GET、応答コードは同じ: ${list}`,
    different: (url, before, after) => `GET ${url}  前 ${before} → 後 ${after}`,
    notAsked: (list) => `尋ねていないもの: ${list}`,
    none: '尋ねたサイトはありません',
    answer: {
      refused: '接続できない',
      timeout: '応答なし（時間切れ）',
      broken: '応答なし（切断）',
      aborted: '中断',
    },
    why: {
      regex: '正規表現',
      internal: '内部専用',
      authenticated: '認証あり',
      name_pattern: '名前が一つに決まらない',
      no_name: '名前なし',
      not_on_loopback: 'ループバックで待ち受けない',
      secret: '秘密のファイル',
      limit: '上限の 20 件を超えた',
    },
    more: (count) => `ほか ${count} 件`,
    joiner: '、',
    aside: (where, why) => `${where}（${why}）`,
  },
  en: {
    same: (list) => `GET before and after the change, same status: ${list}`,
    different: (url, before, after) => `GET ${url}  before ${before} → after ${after}`,
    notAsked: (list) => `not asked: ${list}`,
    none: 'no site was asked',
    answer: {
      refused: 'no connection',
      timeout: 'no answer (timeout)',
      broken: 'no answer (closed)',
      aborted: 'stopped',
    },
    why: {
      regex: 'regular expression',
      internal: 'internal',
      authenticated: 'authenticated',
      name_pattern: 'no single name',
      no_name: 'no name',
      not_on_loopback: 'not listening on loopback',
      secret: 'secret file',
      limit: 'beyond the limit of 20',
    },
    more: (count) => `${count} more`,
    joiner: ', ',
    aside: (where, why) => `${where} (${why})`,
  },
}

/** Of the facts of an nginx proof; none where it did not come to asking. */
export function siteLines(facts: Readonly<Record<string, unknown>>, language: Language): readonly string[] {
  const words = WORDS[language]
  const asked = rows(facts['asked'])
  const notAsked = rows(facts['notAsked'])
  if (asked === undefined || notAsked === undefined) return []
  const answer = (one: Row, key: string) => words.answer[one[key] ?? ''] ?? one[key] ?? ''
  const same = asked.filter((one) => one['before'] === one['after'])
  return [
    ...asked
      .filter((one) => !same.includes(one))
      .map((one) => words.different(one['url'] ?? '', answer(one, 'before'), answer(one, 'after'))),
    ...(same.length === 0
      ? []
      : [
          words.same(
            same.map((one) => words.aside(one['url'] ?? '', answer(one, 'after'))).join(words.joiner),
          ),
        ]),
    ...(asked.length === 0 ? [words.none] : []),
    ...(notAsked.length === 0
      ? []
      : [
          words.notAsked(
            notAsked
              .map(({ where = '', why = '' }) =>
                why === 'more' ? words.more(where) : words.aside(where, words.why[why] ?? why),
              )
              .join(words.joiner),
          ),
        ]),
  ]
}

type Row = Readonly<Record<string, string>>

/** Read as a stranger's: the journal comes from another process. */
function rows(value: unknown): readonly Row[] | undefined {
  if (!Array.isArray(value)) return undefined
  return value.map((one: unknown) =>
    Object.fromEntries(
      Object.entries(typeof one === 'object' && one !== null ? one : {}).map(([key, text]) => [
        key,
        String(text),
      ]),
    ),
  )
}
