// Words of `sekisho incident capture`: what was taken, what was not and why, and what the logs say.
import type { Both } from './words.ts'

interface CaptureLines {
  readonly taken: (items: number, bytes: number, ms: number) => string
  readonly gap: (name: string, why: string) => string
  readonly writes: (groups: number, lines: number) => string
  readonly logins: (groups: number, lines: number) => string
  readonly group: (key: readonly string[], count: number, last: string) => string
  readonly more: (lines: number) => string
  readonly unstamped: (lines: number) => string
  readonly notUnderstood: (lines: number) => string
  /** Beside them nothing is called none. */
  readonly noneKnown: {
    readonly writes: (lines: number) => string
    readonly logins: (lines: number) => string
  }
}

const WHY: Both<Readonly<Record<string, string>>> = {
  ja: {
    late: '時間内に終わらない',
    failed: '取れない',
    cut: '途中まで',
    not_there: 'ない',
    quota: '証拠の上限',
    no_room: '空きがない',
    packed: 'この圧縮は読めない',
  },
  en: {
    late: 'not in time',
    failed: 'could not be had',
    cut: 'in part',
    not_there: 'not there',
    quota: 'over the quota of evidence',
    no_room: 'no room',
    packed: 'packed in a way that is not read',
  },
}
const OUTCOMES: Both<Readonly<Record<string, string>>> = {
  ja: { failed: '失敗', accepted: '成功', unknown_user: 'いない利用者', given_up: '途中で切断' },
  en: { failed: 'failed', accepted: 'accepted', unknown_user: 'unknown user', given_up: 'given up' },
}
const mebibytes = (bytes: number) => (bytes / 1_048_576).toFixed(1)
const seconds = (ms: number) => (ms / 1000).toFixed(1)

export const CAPTURE_WORDS = {
  taking: { ja: '証拠を取っています（1 分まで）', en: 'taking evidence (a minute at most)' },
  lines: {
    ja: {
      taken: (items, bytes, ms) =>
        `証拠 ${items} 件、${mebibytes(bytes)} MiB を封じました（${seconds(ms)} 秒）`,
      gap: (name, why) => `  取っていない: ${name}（${WHY.ja[why] ?? why}）`,
      writes: (groups, all) =>
        groups === 0 ? `書き込む要求: なし（期間内の行 ${all}）` : `書き込む要求（期間内の行 ${all}）`,
      logins: (groups, all) =>
        groups === 0 ? `ログイン: なし（期間内の行 ${all}）` : `ログイン（期間内の行 ${all}）`,
      group: ([first = '', ...rest], count, last) =>
        `  ${count} 回  ${[OUTCOMES.ja[first] ?? first, ...rest].join('  ')}  最後 ${last}`,
      more: (count) => `  ほかに ${count} 行`,
      notUnderstood: (count) => `  形の分からない行が ${count} あり、何の行かは分かりません`,
      noneKnown: {
        writes: (all) => `書き込む要求: 分かった行にはなし（期間内の行 ${all}）`,
        logins: (all) => `ログイン: 分かった行にはなし（期間内の行 ${all}）`,
      },
      unstamped: (count) => `時刻の読めない行が ${count} あり、数えていません`,
    },
    en: {
      taken: (items, bytes, ms) =>
        `${items} items of evidence sealed, ${mebibytes(bytes)} MiB (${seconds(ms)} s)`,
      gap: (name, why) => `  not taken: ${name} (${WHY.en[why] ?? why})`,
      writes: (groups, all) =>
        groups === 0
          ? `requests that write: none (${all} lines in the window)`
          : `requests that write (${all} lines in the window)`,
      logins: (groups, all) =>
        groups === 0 ? `logins: none (${all} lines in the window)` : `logins (${all} lines in the window)`,
      group: ([first = '', ...rest], count, last) =>
        `  ${count} ×  ${[OUTCOMES.en[first] ?? first, ...rest].join('  ')}  last ${last}`,
      more: (count) => `  ${count} lines more`,
      notUnderstood: (count) => `  ${count} lines are in no form that is known: what they are is not known`,
      noneKnown: {
        writes: (all) =>
          `requests that write: none among the lines that were understood (${all} in the window)`,
        logins: (all) => `logins: none among the lines that were understood (${all} in the window)`,
      },
      unstamped: (count) => `${count} lines bear no time that could be read and are not counted`,
    },
  } satisfies Both<CaptureLines>,
} as const
