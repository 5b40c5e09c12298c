// What `check list`, `show`, `history`, `mute`, `unmute` and `ack` say around the sentences of the checks.
import type { Both } from './words.ts'

/** What the numbers of an item count. */
const UNITS: Readonly<Record<string, readonly [ja: string, en: string]>> = {
  disk: ['%', ' %'],
  memory: ['%', ' %'],
  inodes: ['%', ' %'],
  api: [' ミリ秒', ' ms'],
  certificate: [' 日', ' days'],
  errors: [' 件', ' errors'],
  updates: [' 件', ' updates'],
  clock: [' ミリ秒', ' ms'],
}

interface HeadCounts {
  /** Nothing asks for somebody now. */
  readonly isCalm: boolean
  readonly red: number
  readonly warning: number
  readonly weekly: number
  readonly late: number
  readonly noData: number
  readonly good: number
}

/** The words of `check list`, `show`, `history`, `mute` and `ack`. */
export const CHECK_VIEW_WORDS = {
  /** Each check is counted once, as in `status`: a weekly item that is not good is counted as weekly alone. */
  head: (of: HeadCounts): Both<string> => ({
    ja: `確認 ${of.isCalm ? '' : '要確認   '}異常 ${of.red}、注意 ${of.warning}${of.weekly === 0 ? '' : `、週次の異常 ${of.weekly}（急ぎません）`}、遅れ ${of.late}、データなし ${of.noData}、良好 ${of.good}`,
    en: `checks ${of.isCalm ? '' : 'look here   '}${of.red} red, ${of.warning} warning${of.weekly === 0 ? '' : `, ${of.weekly} weekly (not urgent)`}, ${of.late} late, ${of.noData} without data, ${of.good} good`,
  }),
  states: {
    good: { ja: '良好', en: 'good' },
    warning: { ja: '注意', en: 'warning' },
    red: { ja: '異常', en: 'red' },
    no_data: { ja: 'データなし', en: 'no data' },
    late: { ja: '遅れ', en: 'late' },
    not_looked_at: { ja: '未確認', en: 'not looked at' },
  },
  since: (state: string, age: string): Both<string> => ({
    ja: `${state}（${age}から）`,
    en: `${state} (since ${age})`,
  }),
  looked: (age: string, every: string): Both<string> => ({
    ja: `最後の確認 ${age}、${every}ごと`,
    en: `last looked at ${age}, every ${every}`,
  }),
  /** The state is held by earlier looks. */
  said: (what: string, at: string): Both<string> => ({
    ja: `${at} の答え: ${what}`,
    en: `answer of ${at}: ${what}`,
  }),
  newest: (state: string, at: string, what: string): Both<string> => ({
    ja: `最新の答え（${at}）は${state}: ${what}`,
    en: `the newest answer (${at}) is ${state}: ${what}`,
  }),
  newestShort: (state: string, at: string): Both<string> => ({
    ja: `最新の答え（${at}）は${state}`,
    en: `the newest answer (${at}) is ${state}`,
  }),
  notAgreed: {
    ja: 'まだ切り替えていません。同じ答えが続いたら切り替えます',
    en: 'not counted yet: it counts when the next looks say the same',
  },
  /** Of `check run`: the check stands otherwise than this look. */
  stands: (state: string, flapping: boolean): Both<string> => ({
    ja: `まだ数えていません。確認の状態は「${state}」のままで、${flapping ? '同じ答えが 10 分続いたら' : '次の確認も同じ答えなら'}切り替わります`,
    en: `not counted yet: the check stands as ${state} until ${flapping ? 'the answer has been the same for 10 minutes' : 'the next looks say the same'}`,
  }),
  follows: (cause: string): Both<string> => ({ ja: `${cause} に続くもの`, en: `follows from ${cause}` }),
  /** `pattern`: what was named, where it is more than the check. */
  muted: (until: string, by: string, reason: string, pattern = ''): Both<string> => ({
    ja: `${by} が通知を ${until} まで止めています${pattern === '' ? '' : `（${pattern}）`}「${reason}」`,
    en: `muted${pattern === '' ? '' : ` (${pattern})`} by ${by} until ${until}: "${reason}"`,
  }),
  acknowledged: (by: string, reason: string): Both<string> => ({
    ja: `${by} が引き受けました${reason === '' ? '' : `「${reason}」`}`,
    en: `taken up by ${by}${reason === '' ? '' : `: "${reason}"`}`,
  }),
  muteEnded: (by: string, pattern = ''): Both<string> => ({
    ja: `${by} が通知を再開しました${pattern === '' ? '' : `（${pattern}）`}`,
    en: `mute${pattern === '' ? '' : ` (${pattern})`} ended by ${by}`,
  }),
  muteOver: (pattern = ''): Both<string> => ({
    ja: `通知を止める時間が終わりました${pattern === '' ? '' : `（${pattern}）`}`,
    en: `the mute${pattern === '' ? '' : ` (${pattern})`} was over`,
  }),
  mutedOnce: (until: string, by: string, reason: string, pattern = ''): Both<string> => ({
    ja: `${by} が通知を ${until} まで止めました${pattern === '' ? '' : `（${pattern}）`}「${reason}」`,
    en: `muted${pattern === '' ? '' : ` (${pattern})`} by ${by} until ${until}: "${reason}"`,
  }),
  flapping: {
    ja: '行ったり来たりしています。同じ答えが 10 分続くまで、悪いほうのままにします',
    en: 'goes back and forth: it is held at the worse until the answer has been the same for 10 minutes',
  },
  findings: { ja: 'これまでの異常', en: 'findings' },
  /** Behind the newest. */
  older: (count: number, check: string): Both<string> => ({
    ja: `ほかに古いもの ${count} 件  sekisho check show ${check} --json`,
    en: `and ${count} older  sekisho check show ${check} --json`,
  }),
  none: { ja: 'なし', en: 'none' },
  open: { ja: '続いています', en: 'open' },
  lasted: (span: string): Both<string> => ({ ja: `${span}で終わりました`, en: `ended after ${span}` }),
  /** `good`, `red`: the marks as they are drawn. */
  history: (step: string, good: string, red: string): Both<string> => ({
    ja: `一つの目盛りは${step}。${good} は良好、! は注意、${red} は異常、? はデータなしか遅れ、空白は見るはずの時間に誰も見ていない`,
    en: `one mark is ${step}: ${good} good, ! warning, ${red} red, ? no data or late, blank: nobody looked in its time`,
  }),
  /** The highest value of the bars. */
  highest: (item: string, value: number): Both<string> => {
    const [ja, en] = UNITS[item] ?? ['', '']
    return { ja: `最大 ${value}${ja}`, en: `highest ${value}${en}` }
  },
  mutedNow: (pattern: string, until: string): Both<string> => ({
    ja: `${pattern} の通知を ${until} まで止めました。表示はこれまでどおりです`,
    en: `nobody is told of ${pattern} until ${until}; it is shown as ever`,
  }),
  unmutedNow: (pattern: string): Both<string> => ({
    ja: `${pattern} の通知を再開しました`,
    en: `${pattern} is told of again`,
  }),
  acknowledgedNow: (check: string, finding: string): Both<string> => ({
    ja: `${check} を引き受けました（${finding}）。悪くならない限り、もう通知しません`,
    en: `${check} is taken up (${finding}): no further notices until it is worse`,
  }),
} as const
