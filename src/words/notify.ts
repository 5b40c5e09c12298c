// Words of `sekisho notify`: how a notice stands, and what a channel answered.
import type { Both, Language } from './words.ts'

export type NoticeShown = 'open' | 'muted' | 'acknowledged' | 'resolved' | 'withdrawn'

const STATES: Both<Readonly<Record<NoticeShown, string>>> = {
  ja: {
    open: '未対応',
    muted: '一時停止',
    acknowledged: '確認済み',
    resolved: '解消',
    withdrawn: '取り下げ',
  },
  en: {
    open: 'open',
    muted: 'muted',
    acknowledged: 'acknowledged',
    resolved: 'over',
    withdrawn: 'withdrawn',
  },
}

/** By the first word of what a channel answered; the rest is a value. */
const ANSWERS: Readonly<Record<string, Both<(value: string) => string>>> = {
  http: { ja: (value) => `相手の返事は ${value}`, en: (value) => `the other side answered ${value}` },
  smtp: {
    ja: (value) => `メールサーバーの返事は ${value}`,
    en: (value) => `the mail server answered ${value}`,
  },
  redirect: {
    ja: (value) => `別の場所へ転送されました (${value})。転送先には送りません`,
    en: (value) => `it redirects (${value}); a redirect is not followed`,
  },
  timeout: { ja: () => '時間内に返事がありません', en: () => 'there was no answer in time' },
  certificate: {
    ja: (value) => `証明書を信用できません (${value})`,
    en: (value) => `its certificate does not count (${value})`,
  },
  name: {
    ja: (value) => `名前からアドレスが分かりません (${value})`,
    en: (value) => `its name has no address (${value})`,
  },
  address_refused: {
    ja: (value) =>
      `${value} は宣言されていない内部のアドレスです。自分たちの内部ネットワークなら private: true と書きます`,
    en: (value) =>
      `${value} is a private address that is not declared: write private: true where it is yours`,
  },
  broken: { ja: (value) => `つながりません (${value})`, en: (value) => `there is no connection (${value})` },
  bad_url: { ja: () => 'アドレスとして読めません', en: () => 'its address cannot be read' },
  tls_missing: {
    ja: () => 'メールサーバーが TLS を使えません。平文でよいなら tls: none と書きます',
    en: () => 'the mail server offers no TLS: write tls: none where that is meant',
  },
  login_refused: {
    ja: () => 'メールサーバーが利用者名かパスワードを断りました',
    en: () => 'the mail server refused the user name or the password',
  },
  secret_unreadable: {
    ja: () => '秘密のファイルを読めません',
    en: () => 'the file of the secret cannot be read',
  },
  secret_for_all: {
    ja: () => '秘密のファイルを誰でも読めます。chmod o-r してください',
    en: () => 'everybody may read the file of the secret: chmod o-r',
  },
  secret_empty: { ja: () => '秘密のファイルが空です', en: () => 'the file of the secret is empty' },
  ca_unreadable: {
    ja: () => '認証局のファイルを読めません',
    en: () => 'the file of the authority cannot be read',
  },
  no_channel: {
    ja: () => '通知先がもう宣言されていません',
    en: () => 'the channel is not declared any more',
  },
}

export function answerText(answer: string, language: Language): string {
  const [word = '', ...rest] = answer.split(' ')
  return ANSWERS[word]?.[language](rest.join(' ')) ?? answer
}

export const NOTIFY_WORDS = {
  states: STATES,
  none: {
    ja: '通知はまだありません。宛先を試す  sekisho notify test',
    en: 'There is no notice yet. To try the channels  sekisho notify test',
  },
  told: { ja: '届いた', en: 'told' },
  failed: { ja: '届かない', en: 'not told' },
  nobody: { ja: 'まだ誰にも届いていません', en: 'nobody has been told yet' },
  mutedUntil: { ja: (at: string) => `${at} まで一時停止`, en: (at: string) => `muted until ${at}` },
  by: { ja: (who: string) => `確認した人: ${who}`, en: (who: string) => `acknowledged by ${who}` },
  items: { ja: (count: number) => `${count} 件`, en: (count: number) => `${count} items` },
  waiting: { ja: '送っています', en: 'sending' },
  notSent: {
    ja: 'まだ送られていません。sekisho-watch が動いているか確かめてください  sekisho doctor',
    en: 'Not sent yet. See whether sekisho-watch runs  sekisho doctor',
  },
  acknowledged: {
    ja: (id: string) => `確認しました: ${id}。これ以上は知らせません`,
    en: (id: string) => `Acknowledged: ${id}. It is told no further`,
  },
  muted: {
    ja: (id: string, at: string) => `${id} を ${at} まで知らせません`,
    en: (id: string, at: string) => `${id} is told to nobody until ${at}`,
  },
  secret: {
    ja: (secret: string, digest: string) =>
      [
        `送る側に渡す秘密（一度だけ表示します）: ${secret}`,
        `sekisho.yaml に書く行                : secret: "${digest}"`,
      ].join('\n'),
    en: (secret: string, digest: string) =>
      [
        `for whoever sends (shown once): ${secret}`,
        `for sekisho.yaml               : secret: "${digest}"`,
      ].join('\n'),
  },
} as const

export const MAINTENANCE_WORDS = {
  none: { ja: '保守中のサービスはありません', en: 'No service is under maintenance' },
  on: {
    ja: (service: string, until: string) => `${service} は保守中です。${until} に自動で終わります`,
    en: (service: string, until: string) => `${service} is under maintenance, and ends by itself at ${until}`,
  },
  off: {
    ja: (service: string) => `${service} の保守は終わりました`,
    en: (service: string) => `The maintenance of ${service} has ended`,
  },
  turning: {
    ja: (service: string, why: string) => `${service} をまだ戻せていません。15 秒ごとに試しています: ${why}`,
    en: (service: string, why: string) =>
      `${service} is not turned back yet; it is tried every 15 seconds: ${why}`,
  },
} as const
