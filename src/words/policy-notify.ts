// Sentences for what is wrong with `notify:` in sekisho.yaml, in both languages.
import type { PolicyWords } from './policy-words.ts'
import type { Language } from './words.ts'

type NotifyCode = Extract<
  keyof PolicyWords,
  `notify.${string}` | 'value.mail' | 'value.host' | 'value.secret_digest'
>

export const POLICY_NOTIFY: Readonly<Record<Language, Pick<PolicyWords, NotifyCode>>> = {
  ja: {
    'value.mail': (d) => ({
      what: `メールアドレスではありません: ${d('value')}`,
      next: ['ops@example.org か、名前 <ops@example.org> の形で書く'],
    }),
    'value.host': (d) => ({
      what: `サーバーの名前ではありません: ${d('value')}`,
      next: ['smtp.example.org のように、名前かアドレスだけを書く。ポートは port に書く'],
    }),
    'value.secret_digest': () => ({
      what: '秘密のダイジェストではありません',
      why: 'このファイルには秘密を書かず、sha256: と 64 桁の 16 進数だけを書きます',
      next: ['sekisho notify secret が新しい秘密とこの行を作る'],
    }),
    'notify.channel_unknown': (d) => ({
      what: `このファイルにない通知先です: ${d('value')}`,
      why: d('channels') === '' ? '' : `あるもの: ${d('channels')}`,
      next: ['notify.channels の下にある名前を書く'],
    }),
    'notify.nobody': () => ({
      what: '宛先が一つもありません',
      next: ['宛先を書くか、この項目を消す'],
    }),
    'notify.person_unknown': (d) => ({
      what: `このファイルにいない人です: ${d('value')}`,
      next: ['people の下にある名前を書く'],
    }),
    'notify.other_kind': (d) => ({
      what: `${d('kind')} の通知先では使わない項目です: ${d('value')}`,
      next: ['この行を消すか、kind を直す'],
    }),
    'notify.open_password': () => ({
      what: 'TLS なしでパスワードを送ることになります',
      why: '途中の誰でも読めます',
      next: ['tls: starttls か tls: tls にするか、user と password を消す'],
    }),
    'notify.open_url': (d) => ({
      what: `暗号化しないアドレスです: ${d('value')}`,
      why: '通知の中身を途中の誰でも読めます',
      next: ['https のアドレスにするか、自分たちの内部ネットワークなら private: true と書く'],
    }),
    'notify.private_needed': (d) => ({
      what: `この機械か内部ネットワークのアドレスです: ${d('value')}`,
      why: '宣言されていない内部のアドレスには送らないので、届くことがありません',
      next: ['自分たちの内部ネットワークなら、この通知先に private: true と書く'],
    }),
    'notify.secret_absent': (d) => ({
      what: `秘密のファイルがありません: ${d('value')}`,
      why: 'できるまで、この通知先には何も届きません',
      next: [`install -m 600 /dev/null ${d('value')} で作り、秘密を書く`, 'sekisho notify test'],
    }),
    'notify.secret_for_all': (d) => ({
      what: `秘密のファイルを誰でも読めます: ${d('value')}`,
      why: '秘密として使われないので、この通知先には何も届きません',
      next: [`chmod o-r ${d('value')}`, 'sekisho notify test'],
    }),
    'notify.secret_empty': (d) => ({
      what: `秘密のファイルが空です: ${d('value')}`,
      why: '書かれるまで、この通知先には何も届きません',
      next: ['秘密を書く', 'sekisho notify test'],
    }),
  },
  en: {
    'value.mail': (d) => ({
      what: `Not a mail address: ${d('value')}`,
      next: ['write ops@example.org, or Name <ops@example.org>'],
    }),
    'value.host': (d) => ({
      what: `Not the name of a server: ${d('value')}`,
      next: ['write a name or an address alone, such as smtp.example.org; the port stands in port'],
    }),
    'value.secret_digest': () => ({
      what: 'Not the digest of a secret',
      why: 'this file holds no secret, only sha256: and 64 hexadecimal digits',
      next: ['sekisho notify secret makes a new secret and this line'],
    }),
    'notify.channel_unknown': (d) => ({
      what: `No such channel in this file: ${d('value')}`,
      why: d('channels') === '' ? '' : `there are: ${d('channels')}`,
      next: ['write a name that stands under notify.channels'],
    }),
    'notify.nobody': () => ({
      what: 'Nobody is named here',
      next: ['name who is told, or remove this key'],
    }),
    'notify.person_unknown': (d) => ({
      what: `No such person in this file: ${d('value')}`,
      next: ['write a name that stands under people'],
    }),
    'notify.other_kind': (d) => ({
      what: `A channel of kind ${d('kind')} does not use ${d('value')}`,
      next: ['remove this line, or correct kind'],
    }),
    'notify.open_password': () => ({
      what: 'The password would be sent without TLS',
      why: 'anybody on the way can read it',
      next: ['write tls: starttls or tls: tls, or remove user and password'],
    }),
    'notify.open_url': (d) => ({
      what: `The address is not encrypted: ${d('value')}`,
      why: 'anybody on the way can read what the notice says',
      next: ['use an https address, or write private: true where this is a network of your own'],
    }),
    'notify.private_needed': (d) => ({
      what: `An address of this machine or of a private network: ${d('value')}`,
      why: 'nothing is sent to a private address that is not declared, so nothing would ever arrive',
      next: ['write private: true for this channel where the network is yours'],
    }),
    'notify.secret_absent': (d) => ({
      what: `The file of the secret is not there: ${d('value')}`,
      why: 'until it is, nothing reaches this channel',
      next: [
        `make it with install -m 600 /dev/null ${d('value')} and write the secret into it`,
        'sekisho notify test',
      ],
    }),
    'notify.secret_for_all': (d) => ({
      what: `Everybody may read the file of the secret: ${d('value')}`,
      why: 'it does not count as a secret, so nothing reaches this channel',
      next: [`chmod o-r ${d('value')}`, 'sekisho notify test'],
    }),
    'notify.secret_empty': (d) => ({
      what: `The file of the secret is empty: ${d('value')}`,
      why: 'until it is written, nothing reaches this channel',
      next: ['write the secret into it', 'sekisho notify test'],
    }),
  },
}
