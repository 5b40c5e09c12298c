// What stands in a notice beside its own text, and what the terminal says of notices.
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
  noAuthority: {
    ja: 'この通知に返信しても、何も承認も実行もされません。',
    en: 'An answer to this notice approves nothing and starts nothing.',
  },
} as const
