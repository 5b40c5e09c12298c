// Japanese sentences for what is wrong with what sekisho.yaml says.

import { POLICY_CHECKS } from './policy-checks.ts'
import { JA_POLICY_CODE } from './policy-code-ja.ts'
import { JA_POLICY_FORM, near } from './policy-form-ja.ts'
import { POLICY_NOTIFY } from './policy-notify.ts'
import type { PolicyWords } from './policy-words.ts'
import type { Reader } from './words.ts'

const isProtection = (d: Reader) => d('value').startsWith('protect.')

export const JA_POLICY: PolicyWords = {
  ...JA_POLICY_FORM,
  ...JA_POLICY_CODE,
  ...POLICY_CHECKS.ja,
  ...POLICY_NOTIFY.ja,
  'health.good_of': (d) => ({
    what: `${d('of')} 回のうち ${d('good')} 回の成功はあり得ません`,
    next: ['good を of 以下にする'],
  }),
  'health.ca_without_tls': () => ({
    what: 'https でないのに認証局が書かれています',
    why: 'http では証明書が示されません',
    next: ['アドレスを https にするか、ca を消す'],
  }),
  'config.twice': (d) => ({
    what: `二度書かれています: ${d('value')}`,
    why: `${d('other')} にすでに ${d('as')} があります。どちらの規則に従うか決められません`,
    next: ['一か所だけに残す'],
  }),
  'config.unit_needed': (d) => ({
    what: `この ${d('kind')} ファイルを変えたときに再起動か reload をするユニットがありません`,
    next: [
      'サービスに manager: { systemd: NAME.service } を足すか、ここに unit: NAME.service か activation: none を書く',
    ],
  }),
  'config.no_activation': (d) => ({
    what: `読み直されない ${d('kind')} ファイルは、変えても効きません`,
    next: ['activation: reload か activation: restart を書く'],
  }),
  'config.secret_fixed': (d) => ({
    what: `dotenv ファイルはいつも秘密として扱います: ${d('value')}`,
    next: ['secret: false を消す'],
  }),
  'config.keep_person': (d) => ({
    what: `自分が入る道を断ちかねないファイルです: ${d('value')}`,
    why: 'この種の変更は、まだ入れる人が「維持する」と言わなければ元に戻します',
    next: ['keep: proof を消す'],
  }),
  'data.nested': (d) => ({
    what: `${d('value')} は ${d('other')} の中にあるか、同じものです`,
    why: 'バックアップの中の一つのファイルは、一つのディレクトリに属します',
    next: ['外側のディレクトリだけを書く'],
  }),
  'data.invariants_format': (d) => ({
    what: `${d('value')} の中身の決まりには format: json が要ります`,
    why: '中のレコードを読めるのは JSON ファイルだけです',
    next: ['このデータに format: json と書くか、決まりを消す'],
  }),
  'backup.repository': (d) => ({
    what: `ディレクトリでもリポジトリでもありません: ${d('value')}`,
    why: '書けるもの: /絶対/パス、sftp:user@host:/path、rest:https://host/path',
    next: ['このどれかを書く'],
  }),
  'backup.id': (d) => ({
    what: `バックアップの名前ではありません: ${d('value')}`,
    why: '20261125_191200Z のような名前です',
    next: ['sekisho backup list に出ている名前を書く'],
  }),
  'backup.nothing': () => ({
    what: 'ここにはバックアップするものがありません',
    next: ['このサービスの data・databases・configs を書くか、backup を消す'],
  }),
  'backup.inside_data': (d) => ({
    what: `写しの置き場所 ${d('value')} が、データ ${d('dir')} の中にあります`,
    why: 'データが壊れるときに写しも失われ、写しの中に前の写しが入ってしまいます',
    next: ['別のディスクの、独立した場所にする'],
  }),
  'backup.copy_twice': (d) => ({
    what: `同じものが二つの写しに書かれています: ${d('value')}`,
    next: ['写しごとに名前と場所を分ける'],
  }),
  'backup.directory_here': (d) => ({
    what: `kind: directory の写しは、このサーバーの中に置きます: ${d('value')}`,
    next: ['絶対パスを書くか、kind: restic と書く'],
  }),
  'backup.credential_directory': () => ({
    what: 'ディレクトリの写しにパスワードはありません',
    why: '暗号化されないので、秘密の中身は書き込まれません',
    next: ['credential を消すか、kind: restic と書く'],
  }),
  'backup.credential_needed': (d) => ({
    what: `リポジトリ ${d('value')} にはパスワードが要ります`,
    next: ['credential: 名前 と書き、値は sekisho secret put サービス backup/名前 で渡す'],
  }),
  'backup.no_directory': () => ({
    what: 'このサーバーの中のディレクトリの写しが一つ要ります',
    why: 'ほかの写しはそこから作られ、数分で戻すときもそこから読みます',
    next: ['to: /backup/名前 と書くか、kind: directory の写しを足す'],
  }),
  'service.unknown': (d) => ({
    what: `このファイルにないサービスです: ${d('value')}`,
    why: d('known') === '' ? '' : `あるもの: ${d('known')}`,
    next: ['services の下にある名前を書く'],
  }),
  'service.unit_twice': (d) => ({
    what: `二つのサービスが同じユニットを持っています: ${d('unit')}`,
    why: `${d('other')} がすでに持っています`,
    next: ['一つのサービスにまとめるか、片方の manager を消す'],
  }),
  'service.hosts': (d) => ({
    what: `この版ではまだ使えません: 二台めのホスト（${d('other')} のほかに ${d('host')}）`,
    next: ['ホストごとに一つのファイルを置く'],
  }),
  'actor.twice': (d) => ({
    what: `人と AI が同じ名前です: ${d('actor')}`,
    why: '記録で区別できなくなります',
    next: ['AI に別の名前を付ける'],
  }),
  'person.roles_needed': (d) => ({
    what: `${d('person')} の役割（roles）がありません`,
    why: '書かなくても持ち主になるのは、一人だけのときです',
    next: ['roles: [owner] か、viewer、requester、approver、operator、auditor から選んで書く'],
  }),
  'person_key.private': () => ({
    what: '秘密鍵が書かれています',
    why: 'このファイルを読める人がこの鍵で承認できてしまいます。知られたものとして扱ってください',
    next: ['ssh-keygen -t ed25519 で新しい鍵を作る', '.pub で終わるファイルの一行を書く'],
  }),
  'person_key.unreadable': (d) => ({
    what: 'SSH の公開鍵として読めません',
    why:
      d('why') === 'key_malformed'
        ? '鍵が壊れているか、途中で切れています'
        : 'ssh-ed25519 AAAA… のような一行を書きます',
    next: ['.pub で終わるファイルの一行を、引用符で囲んで書く'],
  }),
  'person_key.weak': (d) => ({
    what: `この種類の鍵は使えません${d('type') === '' ? '' : `: ${d('type')}`}`,
    why: '使えるのは Ed25519、ECDSA、3072 ビット以上の RSA です',
    next: ['ssh-keygen -t ed25519 で作る'],
  }),
  'person_key.hardware': () => ({
    what: 'この版ではまだ使えません: セキュリティキーの鍵（sk-…）',
    next: ['使える版になるまで Ed25519 の鍵を使う'],
  }),
  'person_key.twice': (d) => ({
    what: `この鍵はすでに ${d('other')} のものです`,
    why: '署名から誰か一人が分からなければなりません',
    next: [`${d('person')} に自分の鍵を作るか、二つめの行を消す`],
  }),
  'agent.sponsor_needed': (d) => ({
    what: `${d('agent')} が誰のために働くか（sponsor）がありません`,
    next: ['sponsor: に人の名前を書く'],
  }),
  'agent.sponsor_unknown': (d) => ({
    what: `いない人です: ${d('sponsor')}`,
    why: `いる人: ${d('people')}`,
    next: [`${d('agent')} に仕事を頼む人を書く`],
  }),
  'agent.sponsor_agent': (d) => ({
    what: `${d('sponsor')} は AI なので、責任者（sponsor）になれません`,
    why: 'どの AI にも、責任を持つ人が一人います',
    next: [`次のどれかを書く: ${d('people')}`],
  }),
  'policy.window_empty': () => ({
    what: 'この時間帯には時間がありません',
    next: ['from と until を違う時刻にする。一日中なら "00:00" から "24:00"'],
  }),
  'policy.freeze_order': () => ({
    what: '凍結が、始まる前に終わっています',
    next: ['until に後のほうの日時を書く'],
  }),
  'policy.file_keys': () => ({
    what: 'ここではファイルの鍵で承認できません',
    why: 'level が enforce で、AI が運用者と同じ Unix 利用者なので、AI がその鍵を読めます',
    next: [
      'AI に別の Unix 利用者を用意して agent_user: own と書く',
      'または別の端末の鍵で署名し、class: device と書く',
    ],
  }),
  'policy.self_rule': (d) => ({
    what: `${d('rule')} をゆるめることはできません`,
    why: 'self.* は、守りそのものを AI から守る規則です。AI が書き換えうるファイルでゆるめられては、守りになりません',
    next: ['この行を消す。deny のままでよければ書かなくてよい'],
  }),
  'policy.guard_rule': (d) => ({
    what: `番人に、答えを変えられる規則 ${d('value')} はありません`,
    why: isProtection(d)
      ? 'protect.* は、このファイルで宣言したものそのものです。宣言のほうで変えます'
      : near(d) || '規則の名前は、断られたときに出るとおりです（例: fs.delete）',
    next: isProtection(d)
      ? ['この行を消す。何を守るかは data、configs、guard.secrets に書く']
      : [d('nearest') === '' ? '名前を見る: sekisho guard explain -- コマンド' : `${d('nearest')}: と書く`],
  }),
  'approve.nobody': (d) => ({
    what: `${d('service')} の変更を承認できる人がいません`,
    why: '役割が owner か approver で、鍵を持つ人がいません',
    next: [
      '自分の公開鍵を書く: keys: [ "ssh-ed25519 AAAA…" ]',
      '鍵は ~/.ssh/id_ed25519.pub にある。なければ ssh-keygen -t ed25519 で作る',
    ],
  }),
  'approve.dead_end': (d) => ({
    what: `${d('service')} の変更は、必要な承認がそろいません（段階 ${d('tier')}）`,
    why: `必要な承認は ${d('approvals')}、承認できる人は ${d('able')} 人です（役割 ${d('roles')}、鍵 ${d('keys')}）。ほかに承認できる人がいるとき、変更した本人は数えません`,
    next: ['必要な人数を減らすか、もう一人にその役割と鍵を持たせる'],
  }),
  'approve.no_owner': (d) => ({
    what: `${d('service')} に、鍵を持つ持ち主（owner）がいません`,
    why: '事前承認の署名と、止まったときに先へ進めることは、持ち主だけができます',
    next: ['誰か一人に、このサービスの roles: [owner] を持たせる'],
  }),
  'host.link_leaves': (d) => ({
    what: `リンクが、書かれていないファイルを指しています: ${d('value')} → ${d('to')}`,
    why: '実際に変わるファイルが、ここに書かれている必要があります',
    next: [`path: ${d('to')} と書く`],
  }),
  'host.not_regular': (d) => ({
    what: `普通のファイルではありません: ${d('value')}（${d('type')}）`,
    next: ['ファイルのパスを書く'],
  }),
  'host.too_large': (d) => ({
    what: `ファイルが大きすぎます: ${d('value')}`,
    why: `${d('size')} バイトです。上限は ${d('limit')} です`,
    next: ['この行を消す。データは設定ではありません'],
  }),
  'host.hard_links': (d) => ({
    what: `名前が二つ以上あるファイルです: ${d('value')}（ハードリンク ${d('links')}）`,
    why: '置き換えると、名前どうしが別のファイルになります',
    next: ['一つだけのファイルにするか、この行を消す'],
  }),
  'host.no_directory': (d) => ({
    what: `ディレクトリがありません: ${d('value')}`,
    next: ['つづりを確かめるか、ディレクトリを作る'],
  }),
  'host.unreadable': (d) => ({
    what: `調べられませんでした: ${d('value')}`,
    why: d('why'),
    next: ['このファイルの持ち主として apply する'],
  }),
  'host.absent': (d) => ({
    what: `ファイルはまだありません: ${d('value')}`,
    why: '変更で作ることはできます',
    next: ['あるはずなら、つづりを確かめる'],
  }),
  'host.private': (d) => ({
    what: `誰でも読めるファイルではありませんが、その行は見せられます: ${d('value')}`,
    why: '差分とカードは、変更を読める人（AI も）の全員に行を見せ、台帳にも残ります',
    next: ['秘密が入っているなら secret: true と書く'],
  }),
  'host.backup_daily': (d) => ({
    what: `写しの置き場所が daily で終わっています: ${d('value')}`,
    why: '写しは to の下の daily に置きます。ここにある写しは見つかりません',
    next: [`一つ上を書く: ${d('above')}`],
  }),
  'host.health_redirects': (d) => ({
    what: `確認のアドレスが別の場所へ転送しています: ${d('status')}${d('to') === '' ? '' : ` → ${d('to')}`}`,
    why: '最後に答えるのが別のサービスかもしれません',
    next: ['自分で答えるアドレスを書く'],
  }),
  'host.health_certificate': (d) => ({
    what: '確認のアドレスの証明書を信用できません',
    why: d('why'),
    next: ['ca: にこのサービスの認証局を書くか、証明書に載っている名前のアドレスにする'],
  }),
  'host.health_status': (d) => ({
    what: `サービスは今、健全に見えません: ${d('expected')} ではなく ${d('status')}`,
    why: '健全になるか、誰かが署名して免除するまで、変更は待ちます',
    next: ['サービスか、ここの status と json を確かめる'],
  }),
  'host.health_silent': (d) => ({
    what: '確認のアドレスが今は答えません',
    why: d('why'),
    next: ['サービスかアドレスを確かめる'],
  }),
}
