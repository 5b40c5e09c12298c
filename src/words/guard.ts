// What the guard says: for each rule what would happen and why it is stopped, in both languages. The guard holds no sentences.
import type { Instead } from '../base/instead.ts'
import { GUARD_RULE_WORDS } from './guard-rules.ts'
import { type GuardParams, type GuardSentence, type GuardWords, plain } from './guard-sentence.ts'
import { GUARD_TOOL_WORDS } from './guard-tools.ts'
import type { Both, Language } from './words.ts'

const ACCESS: Both<Readonly<Record<string, string>>> = {
  ja: {
    read: '読みます',
    write: '書き換えます',
    delete: '削除または移動します',
    send: 'このサーバーの外に送ります',
  },
  en: { read: 'reads', write: 'writes', delete: 'deletes or moves', send: 'sends away from this host:' },
}
const done = (language: Language, { access = 'write', path = '' }: GuardParams) =>
  language === 'ja'
    ? `${path} を${ACCESS.ja[access] ?? access}。`
    : `It ${ACCESS.en[access] ?? access} ${path}.`

const path = (jaWhy: string, enWhy: string): GuardWords => ({
  ja: (params) => ({ what: done('ja', params), why: jaWhy }),
  en: (params) => ({ what: done('en', params), why: enWhy }),
})

/** Around the service's name. */
const debug = (ja: string, jaWhy: string, en: string, enWhy: string): GuardWords => ({
  ja: ({ service = '' }) => ({ what: `${service} ${ja}`, why: jaWhy }),
  en: ({ service = '' }) => ({ what: `It ${en} ${service}.`, why: enWhy }),
})

/** What was typed is the gate's own verb. */
const self = (jaWhy: string, enWhy: string): GuardWords => ({
  ja: ({ what = 'sekisho' }) => ({ what: `${what} を AI が行おうとしています。`, why: jaWhy }),
  en: ({ what = 'sekisho' }) => ({ what: `An agent is about to do: ${what}.`, why: enWhy }),
})

export const GUARD_WORDS: Readonly<Record<string, GuardWords>> = {
  ...GUARD_RULE_WORDS,
  ...GUARD_TOOL_WORDS,
  'protect.data': path(
    '本番のデータです。データはアプリケーションの API からのみ変更できます（読むことは自由です）。',
    'This is production data. It changes only through the application’s API; reading it is free.',
  ),
  'protect.secret': path(
    '秘密の値が入っているファイルです。読むことも書くこともできません。',
    'Secret values are in this file. It is neither read nor written from here.',
  ),
  'protect.config': path(
    '宣言された設定ファイルです。試験と承認を通る変更として行います。',
    'This is a declared configuration file. It is changed by a change that is tried and approved.',
  ),
  'protect.self': path(
    '関所そのものの規則・コード・記録です。ここからは変えられません。',
    'These are the gate’s own rules, code and records. They are not changed from here.',
  ),
  'protect.system': path(
    '資格情報または機械そのもののファイルです。',
    'This is a credential, or a file of the machine itself.',
  ),
  'fs.system': {
    ja: (params) => ({
      what: done('ja', params),
      why:
        params['part'] === 'one'
          ? 'システムの場所にあるものです。人が先に確かめます。'
          : '機械そのもの、またはその大部分です。元に戻せません。',
    }),
    en: (params) => ({
      what: done('en', params),
      why:
        params['part'] === 'one'
          ? 'It lies in a place of the system. A person looks first.'
          : 'This is the machine itself or a large part of it. It cannot be undone.',
    }),
  },
  'protect.system-secret': path(
    '鍵・トークン・パスワードが置かれる場所です。',
    'Keys, tokens or passwords are kept there.',
  ),
  'fs.whole': path(
    '作業しているディレクトリ全体、またはその上の階層です。',
    'This is the whole working directory, or a directory above it.',
  ),
  'fs.delete': path(
    'ビルドで作り直せるものではありません。削除すると戻りません。',
    'A build does not make it again. What is deleted does not come back.',
  ),
  'fs.repository': path(
    'git の履歴そのものです。失われた履歴は戻りません。',
    'This is git’s own history. A history that is lost does not come back.',
  ),
  'fs.manifest': path(
    'プロジェクトの構成を決めるファイルです。',
    'This file says what the project is made of.',
  ),
  'fs.truncate': path('ファイルの中身が空になります。', 'The file loses what it holds.'),
  'fs.startup': path(
    'ログインのたびに読み込まれるファイルです。書いた内容は後で実行されます。',
    'It is read at each login; what is written there runs later.',
  ),
  'fs.mode': path(
    '誰でも書き込める、または所有者の権限で動くようになります。',
    'Everyone could write it, or it would run with its owner’s rights.',
  ),
  'exec.option': plain(
    'オプションで渡されたプログラムを実行します。',
    '読むだけに見えるコマンドが、別のプログラムを動かします。',
    'It runs a program that is given as an option.',
    'A command that seems only to read starts another program.',
  ),
  'host.shutdown': plain(
    'サーバーを停止または再起動します。',
    '本番のサーバーを強制的に止めることは禁じられています。',
    'It shuts down or restarts the server.',
    'A production server is never stopped by force.',
  ),
  'exec.downloaded': plain(
    'ネットワークから来たコードをそのまま実行します。',
    '誰も読んでいないコードです。保存して読んでから実行してください。',
    'It runs code straight from the network.',
    'Nobody has read it. Save it, read it, then run it.',
  ),
  'exec.decoded': plain(
    '符号化された、読めないコードを実行します。',
    '何を行うか誰にも見えません。',
    'It runs code out of a decoder.',
    'Nobody can see what it does.',
  ),
  'exec.unknown': plain(
    '何を実行するか分からないコードです。',
    '守られたものに届くことがあるので確かめます。',
    'It is not known what code this runs.',
    'It could reach what is protected.',
  ),
  'exec.unlisted': plain(
    '番人の知らないプログラムです。',
    '規則（guard.strict）が、知らないプログラムは確かめると決めています。',
    'The guard does not know this program.',
    'The rules (guard.strict) say that what is not known is asked about.',
  ),
  'exec.shell-server': plain(
    '外から使えるシェルを開きます。',
    '誰でもこの機械を操作できるようになります。',
    'It opens a shell to the network.',
    'Anybody could act on this machine.',
  ),
  'exec.bomb': plain(
    '自分を際限なく増やすプログラムです。',
    '機械が応答しなくなります。',
    'It multiplies itself without end.',
    'The machine would stop answering.',
  ),
  'schedule.remove': plain(
    '予定された仕事をすべて消します。',
    'バックアップなどが黙って止まります。',
    'It removes scheduled jobs.',
    'Backups and the like stop in silence.',
  ),
  'history.destroy': plain(
    '操作の記録を消します。',
    '何が起きたか後から分からなくなります。',
    'It destroys records of what was done.',
    'Nobody can tell later what happened.',
  ),
  'net.firewall': plain(
    'ネットワークまたは防火壁を変えます。',
    '自分も入れなくなることがあります。',
    'It changes the network or the firewall.',
    'You may lock yourself out.',
  ),
  'http.mutate': plain(
    '外の、または本番の API に変更を送ります。',
    '記録される変更として行います。',
    'It sends a change to an API.',
    'It is done as a recorded change.',
  ),
  'debug.attach': debug(
    'の動いているプロセスまたは通信に、デバッガーや追跡をつなぎます。',
    'つないでいる間は止まり、メモリの秘密も見えます。本番ではデバッグせず、状態とログで調べます。',
    'attaches a debugger or a tracer to the running process or the traffic of',
    'It stops while it is looked at, and its memory holds secrets. Production is looked at through status and logs.',
  ),
  'debug.server': debug(
    'の本番の場所で、デバッグ用または開発用のサーバーを起動します。',
    '誰でもコードを送れる入口が開くことがあります。本番ではデバッグせず、ログで調べます。',
    'starts a debug or development server in the place of',
    'It may open a door through which anybody runs code. Production is looked at through its logs.',
  ),
  'debug.second': debug(
    'の本番の場所で、サーバーをもう一つ動かします。',
    '同じデータに二つのサーバーが書き込み、互いの書き込みを失わせます。別の作業ツリーで動かしてください。',
    'starts one more server in the place of',
    'Two servers would write to the same data, each over what the other wrote. Start it in another working tree.',
  ),
  'debug.script': debug(
    'の本番の場所で、その場限りのコードまたはコンソールを動かします。',
    '誰も読んでいないコードが、本番のデータに届きます。直すときは変更として行います。',
    'runs code of the moment, or a console, in the place or on the data of',
    'Nobody has read this code, and it reaches production data. A repair is made as a change.',
  ),
  'self.approve': self(
    '承認・却下・免除・維持などの決定は、人が自分の鍵で署名するものです。AI は決定を運びません。人に頼んで、ここで待ちます。',
    'Approving, rejecting, waiving, keeping are decisions that a person signs. An agent carries none of them: ask, and wait here.',
  ),
  'self.policy': self(
    '規則・人・鍵は、所有者が自分で変えます。AI が変えられるなら、規則になりません。',
    'Rules, people and keys are changed by their owner. What an agent could change would be no rule.',
  ),
  'self.key': self(
    'これは人の署名、または人の代わりになる鍵です。AI は自分のトークンだけを使います。',
    'This is a person’s signature, or what stands for a person. An agent uses its own token and nothing else.',
  ),
  'self.guard': plain(
    '番人の設定を変える、または外します。',
    '番人は自分では外せません。人が sekisho で行います。',
    'It changes or removes the guard.',
    'The guard is not removed from inside; a person does it with sekisho.',
  ),
  'input.unreadable': plain(
    '読めない入力です。',
    '何を行うか分からないものは通しません。',
    'This input cannot be read.',
    'What is not understood is not let through.',
  ),
}

const LIMIT: GuardWords = plain(
  '大きすぎる、または深すぎて、最後まで読めません。',
  '読めなかった部分があるものは、確かめてからにします。',
  'It is too large or too deep to be read to its end.',
  'What was not read to its end is confirmed first.',
)

/** A rule without words of its own would be a bug; a test holds every rule against this. */
export function guardSentence(rule: string, params: GuardParams, language: Language): GuardSentence {
  const words = GUARD_WORDS[rule] ?? (rule.startsWith('limit.') ? LIMIT : undefined)
  return words === undefined ? { what: rule } : words[language](params)
}

/** Where it stands, when it does not stand in the text itself. */
export const readLine = (files: readonly string[], language: Language): string =>
  language === 'ja' ? `書いてあるところ: ${files.join('、')}` : `It stands in ${files.join(', ')}.`

export const VERDICT_WORDS: Both<Readonly<Record<'allow' | 'ask' | 'deny', string>>> = {
  ja: { allow: '許可', ask: '確認', deny: '拒否' },
  en: { allow: 'allow', ask: 'ask', deny: 'deny' },
}

const quoted = (word: string) => (/^[\w@%+=:,./~-]+$/.test(word) ? word : `"${word.replaceAll('"', '\\"')}"`)

/** A name in Latin letters stands apart from the Japanese behind it. */
const apart = (name: string) => (/[!-~]$/.test(name) ? `${name} ` : name)

export function insteadLine(instead: Instead, language: Language): string {
  switch (instead.kind) {
    case 'command':
      return instead.words.map(quoted).join(' ')
    case 'endpoint':
      return language === 'ja'
        ? `API を使う: ${instead.base}${instead.docs === undefined ? '' : ` （${instead.docs}）`}`
        : `use the API: ${instead.base}${instead.docs === undefined ? '' : ` (${instead.docs})`}`
    case 'ask':
      return language === 'ja'
        ? `ここで止まり、${apart(instead.name ?? '担当者')}に確かめる`
        : `stop here and ask ${instead.name ?? 'the person in charge'}`
  }
}
