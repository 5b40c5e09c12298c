// Why a server of copies cannot be used. A cause that the runner named is a sentence; anything else stays in the program's own words.
import type { Both, Language, Reader } from './words.ts'

interface Cause {
  readonly why: string
  readonly next: string
}

const CAUSES: Both<Readonly<Record<string, Cause>>> = {
  ja: {
    silent: {
      why: '接続は受けますが、何も答えません。時間切れにしました',
      next: '相手のサーバーで、そのサービスを再起動する',
    },
    timeout: {
      why: '時間内に応答がありません',
      next: '相手のサーバーの電源と、間のファイアウォールを確かめる',
    },
    refused: {
      why: 'そのポートで待っているものがありません',
      next: '相手のサーバーで、そのサービスを起動する',
    },
    no_name: { why: 'サーバーの名前が引けません', next: 'to: に書いた名前と DNS を確かめる' },
    no_route: { why: 'そこまでの経路がありません', next: 'ネットワークを確かめる: ip route' },
    closed: { why: '途中で接続を切られました', next: '相手のサーバーのログを見る' },
    host_key_changed: {
      why: 'ホスト鍵が、預かっているものと違います。別のサーバーにつながっているかもしれません',
      next: '相手の管理者に鍵を確かめてから、NAME.known_hosts を預け直す',
    },
    host_key_unknown: {
      why: 'このサーバーのホスト鍵を預かっていません',
      next: '相手の管理者から鍵を受け取り、NAME.known_hosts として預ける',
    },
    key_refused: {
      why: '預かっている SSH の鍵を、相手が受け付けません',
      next: '公開鍵を相手の authorized_keys に加えるか、NAME.key を預け直す',
    },
    certificate: {
      why: 'サーバー証明書の発行者が、信用できる認証局ではありません',
      next: '相手の認証局の証明書を NAME.ca として預ける',
    },
    certificate_name: {
      why: 'サーバー証明書に書かれた名前が、つなぎ先と違います',
      next: 'to: の名前を証明書に合わせるか、証明書を作り直す',
    },
    certificate_time: {
      why: 'サーバー証明書の期限が切れているか、まだ始まっていません',
      next: '相手の証明書を更新する。こちらの時計も確かめる: date',
    },
    login: {
      why: 'ユーザー名とパスワードを、相手が受け付けません',
      next: '正しい「ユーザー名:パスワード」を NAME.login として預ける',
    },
    forbidden: { why: 'そこへ書くことを、相手が許していません', next: '相手の管理者に、書く権限を頼む' },
    not_restic: {
      why: 'そこで答えているのは restic のサーバーではありません',
      next: 'to: の場所とポートを確かめる',
    },
    full: { why: '相手のディスクに空きがありません', next: '相手のディスクを空ける' },
    read_only: { why: '相手のディスクが読み取り専用になっています', next: '相手のディスクを確かめる: mount' },
  },
  en: {
    silent: {
      why: 'it takes the connection and says nothing; we stopped waiting',
      next: 'restart that service on its server',
    },
    timeout: {
      why: 'no answer in time',
      next: 'see whether that server is on, and the firewalls on the way',
    },
    refused: { why: 'nobody listens on that port', next: 'start that service on its server' },
    no_name: { why: 'the name of the server is unknown', next: 'check the name at to: and the DNS' },
    no_route: { why: 'there is no way to that network', next: 'look at the network: ip route' },
    closed: { why: 'the connection was cut on the way', next: 'look at the log of that server' },
    host_key_changed: {
      why: 'its host key is not the pinned one: this may be another server',
      next: 'ask its administrator for the key, then hand over NAME.known_hosts again',
    },
    host_key_unknown: {
      why: 'no host key of this server was handed over',
      next: 'get the key from its administrator and hand it over as NAME.known_hosts',
    },
    key_refused: {
      why: 'it does not accept the SSH key that was handed over',
      next: 'add the public key to its authorized_keys, or hand over NAME.key again',
    },
    certificate: {
      why: 'its certificate is of an authority that is not trusted here',
      next: 'hand over the certificate of its authority as NAME.ca',
    },
    certificate_name: {
      why: 'its certificate is for another name',
      next: 'write that name at to:, or make the certificate anew',
    },
    certificate_time: {
      why: 'its certificate has expired, or is not valid yet',
      next: 'renew the certificate; check the clock here too: date',
    },
    login: {
      why: 'it does not accept the user and password',
      next: 'hand over the right USER:PASSWORD as NAME.login',
    },
    forbidden: { why: 'it does not allow writing there', next: 'ask its administrator for that right' },
    not_restic: {
      why: 'what answers there is no server of restic',
      next: 'check the place and port at to:',
    },
    full: { why: 'its disk is full', next: 'make room on the disk of that server' },
    read_only: { why: 'its disk is read-only', next: 'look at the disk of that server: mount' },
  },
}

const OTHER: Both<Cause> = {
  ja: { why: '', next: '相手のサーバーと、そこまでのネットワークを確かめる' },
  en: { why: '', next: 'look at that server, and the network to it' },
}

/** The sentence of the cause that the runner named, else the words of the program. */
export function remoteCopyWhy(
  d: Reader<'cause' | 'key' | 'service' | 'why'>,
  language: Language,
): { readonly why: string; readonly next: readonly string[] } {
  const cause = d('cause')
  const known = Object.hasOwn(CAUSES[language], cause) ? CAUSES[language][cause] : undefined
  const { why, next } = known ?? OTHER[language]
  const name = d('key') === '…' ? 'NAME' : d('key')
  return {
    why: why === '' ? quoted(d('why'), language) : why,
    next: [
      next.replace('NAME', name),
      ...(/\bNAME\./.test(next) ? [`sekisho secret put ${d('service')} ${partOf(next, name)}`] : []),
    ],
  }
}

function partOf(next: string, name: string): string {
  return `${name}${/NAME(\.\w+)/.exec(next)?.[1] ?? ''}`
}

/** Quotes a program's own words and marks them as such. */
export function quoted(text: string, language: Language): string {
  return language === 'ja' ? `プログラムの報告:「${text}」` : `the program says: ${text}`
}
