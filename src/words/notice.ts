// What stands in a notice beside its own text, and what the terminal says of notices.
import { localTime } from './local-time.ts'
import type { Both } from './words.ts'

type Tells = 'notice' | 'escalation' | 'over'
type Severity = 'info' | 'warning' | 'red'

const SEVERITY: Both<Readonly<Record<Severity, string>>> = {
  ja: { info: 'お知らせ', warning: '注意', red: '異常' },
  en: { info: 'Notice', warning: 'Warning', red: 'Red' },
}

const title: Both<(tells: Tells, severity: Severity, title: string) => string> = {
  ja: (tells, severity, text) =>
    tells === 'over'
      ? `解消: ${text}`
      : `${tells === 'escalation' ? '未確認・' : ''}${SEVERITY.ja[severity]}: ${text}`,
  en: (tells, severity, text) =>
    tells === 'over'
      ? `Over: ${text}`
      : `${tells === 'escalation' ? 'Not acknowledged · ' : ''}${SEVERITY.en[severity]}: ${text}`,
}

export const NOTICE_WORDS = {
  severity: SEVERITY,
  title,
  usersOver: {
    ja: '次の作業は終わったか、取りやめになりました。',
    en: 'This work has ended, or does not take place.',
  },
  over: { ja: '次の状態は終わりました。', en: 'This is over.' },
  escalated: {
    ja: 'まだ誰も確認していないので、次の宛先に知らせています。',
    en: 'Nobody has acknowledged this yet, so the next one is told.',
  },
  items: {
    ja: (count: number) => `同じ原因のもの: ${count} 件`,
    en: (count: number) => `Findings of this cause: ${count}`,
  },
  acknowledge: {
    ja: (id: string) => `確認したら  sekisho notify ack ${id}`,
    en: (id: string) => `to acknowledge  sekisho notify ack ${id}`,
  },
  alongside: { ja: '同じ原因で、ほかに:', en: 'From the same cause also:' },
  moreLines: {
    ja: (count: number) => `（ほか ${count} 行はここに載せていません）`,
    en: (count: number) => `(${count} more lines are left out here)`,
  },
  andMore: {
    ja: (count: number) => `ほか ${count} 件  sekisho check list`,
    en: (count: number) => `and ${count} more  sekisho check list`,
  },
  /** Title and lines of a notice that stands for many at once. */
  many: {
    ja: {
      title: (count: number) => `短い間に ${count} 件の項目が悪くなりました`,
      lines: ['10 分間に 10 件を超えたので、まとめて一通で知らせます。', '一覧を見る  sekisho check list'],
    },
    en: {
      title: (count: number) => `${count} items turned bad within a short time`,
      lines: ['More than 10 within ten minutes, so they are told as one.', 'to see all  sekisho check list'],
    },
  },
  /** Checks that nobody has looked at in their time, told as one. */
  manyLate: {
    ja: {
      title: (count: number) => `${count} 件の確認が時間内に行われませんでした`,
      lines: [
        'この機械が忙しくて処理時間を得られなかったか、sekisho-watch が進んでいません。',
        '様子を見る  sekisho check show watch',
      ],
    },
    en: {
      title: (count: number) => `${count} checks were not looked at in their time`,
      lines: [
        'This machine gave no processor time to look, or sekisho-watch does not go on.',
        'to see  sekisho check show watch',
      ],
    },
  },
  itemOver: { ja: '（解消）', en: ' (over)' },
  stillBad: {
    ja: (count: number) => `ほかに、まだ良くないもの: ${count} 件`,
    en: (count: number) => `Still not good, beside this: ${count}`,
  },
  test: (by: string) => ({
    ja: { title: '通知の試し', lines: [`${by} が sekisho notify test で送りました。対応は要りません。`] },
    en: {
      title: 'Test notice',
      lines: [`Sent by ${by} with sekisho notify test. Nothing needs to be done.`],
    },
  }),
  noAuthority: {
    ja: 'この通知に返信しても、何も承認も実行もされません。',
    en: 'An answer to this notice approves nothing and starts nothing.',
  },
} as const

/** A ping that stays away. */
export const PING_TEXT = (name: string, lastAt: string | undefined) => ({
  ja: {
    title: `定期の合図が来ていません: ${name}`,
    lines: [
      lastAt === undefined ? '一度も届いていません。' : `最後に届いた時刻: ${lastAt}`,
      '送る側の仕事が動いていないか、ここまで届いていません。',
      '送る側の仕事と、その記録を確かめてください。',
    ],
  },
  en: {
    title: `A regular ping stays away: ${name}`,
    lines: [
      lastAt === undefined ? 'None has ever come.' : `The last one came at ${lastAt}`,
      'The job that sends it does not run, or does not reach this machine.',
      'Look at that job and its log.',
    ],
  },
})

/** Alerts of another program; their titles are its words. */
export const ALERT_TEXT = (source: string, count: number, titles: readonly string[]) => ({
  ja: {
    title: `${source} からの警報 ${count} 件`,
    lines: [
      ...titles.map((one) => `- ${one}`),
      ...(count > titles.length ? [`ほか ${count - titles.length} 件`] : []),
    ],
  },
  en: {
    title: `${count} alert${count === 1 ? '' : 's'} of ${source}`,
    lines: [
      ...titles.map((one) => `- ${one}`),
      ...(count > titles.length ? [`and ${count - titles.length} more`] : []),
    ],
  },
})

/** Around the sentence of a check. */
export const CHECK_NOTICE = {
  ja: {
    host: 'この機械',
    states: { good: '良好', warning: '注意', red: '異常', no_data: 'データなし', late: '遅れ' },
    since: (at: string, state: string) => `${at} から${state}`,
    users: (item: string, service: string | undefined) =>
      service === undefined
        ? '利用者への影響: 今は分かりません。この機械のすべてのサービスに及ぶことがあります'
        : item === 'service' || item === 'api'
          ? `利用者への影響: ${service} を使えないかもしれません`
          : `利用者への影響: 今は分かりません（${service}）`,
  },
  en: {
    host: 'this machine',
    states: { good: 'good', warning: 'warning', red: 'red', no_data: 'no data', late: 'late' },
    since: (at: string, state: string) => `${state} since ${at}`,
    users: (item: string, service: string | undefined) =>
      service === undefined
        ? 'For users: not known now; it can concern every service of this machine'
        : item === 'service' || item === 'api'
          ? `For users: ${service} may not be available`
          : `For users: not known now (${service})`,
  },
} as const

/** What users are told before a change. */
export const USERS_TEXT = (of: {
  readonly change: string
  readonly service: string
  readonly what?: string
  readonly impact?: string
  readonly from?: string
  readonly zone: string
}) => ({
  ja: {
    title: `${of.service} の作業のお知らせ`,
    lines: [
      `作業: ${of.what ?? '設定または構成の変更'}`,
      `開始: ${of.from === undefined ? 'まもなく' : localTime(of.from, of.zone, 'ja')}`,
      ...(of.impact === undefined ? [] : [`影響: ${of.impact}`]),
      `番号: ${of.change}`,
      '終わったときも、取りやめになったときも、もう一度お知らせします。',
    ],
  },
  en: {
    title: `Planned work on ${of.service}`,
    lines: [
      `Work: ${of.what ?? 'a change of its configuration'}`,
      `Begins: ${of.from === undefined ? 'shortly' : localTime(of.from, of.zone, 'en')}`,
      ...(of.impact === undefined ? [] : [`Effect: ${of.impact}`]),
      `Number: ${of.change}`,
      'You are told again when it has ended, or when it does not take place.',
    ],
  },
})
