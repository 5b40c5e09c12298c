// Japanese sentences for what is wrong with the form of sekisho.yaml: the text, its keys, its values and paths.
import type { PolicyFormWords } from './policy-words.ts'
import type { Reader } from './words.ts'

const KINDS: Readonly<Record<string, string>> = {
  map: '「項目: 値」の組',
  list: '並び',
  text: '文字列',
  number: '数',
  boolean: 'true か false',
  nothing: '空',
}
const kind = (word: string) => KINDS[word] ?? word
const where = (path: string) => (path === '' ? 'ファイルの先頭の階層' : `${path} `)
export const near = (d: Reader) => (d('nearest') === '' ? '' : `${d('nearest')} ではありませんか`)

export const JA_POLICY_FORM: PolicyFormWords = {
  'yaml.syntax': (d) => ({
    what: 'YAML として読めません',
    why: `${d('near') === '' ? '' : `${d('near')} のあたりです。`}ここで止まりました（${d('code')}）`,
    next: ['この行とすぐ上の行の引用符、コロン、かっこを確かめる'],
  }),
  'yaml.indent': (d) => ({
    what: '字下げが合いません',
    why: `${d('near') === '' ? '' : `${d('near')} のあたりです。`}この行は上のどの項目にも属していません`,
    next: ['同じまとまりの行は、先頭の空白の数をそろえる'],
  }),
  'yaml.tab': () => ({
    what: '字下げにタブが使われています',
    why: 'YAML の字下げは空白だけです',
    next: ['タブを空白に置き換える'],
  }),
  'yaml.quote': (d) => ({
    what: '閉じていないものがあるか、使えないエスケープがあります',
    why: `${d('near') === '' ? '' : `${d('near')} のあたりです。`}ここに引用符、かっこ、コロンのどれかが足りません`,
    next: ['閉じる。二重引用符の中の \\ は \\\\ と書く'],
  }),
  'yaml.duplicate_key': () => ({
    what: '同じ項目が二度書かれています',
    why: 'どちらが有効か決められません',
    next: ['片方だけを残す'],
  }),
  'yaml.alias': () => ({
    what: 'このファイルでは参照（*名前）を使えません',
    why: '規則は、書かれたその場所だけで読めるようにしています',
    next: ['値をここに書く'],
  }),
  'yaml.tag': (d) => ({
    what: `このファイルではタグを使えません: ${d('tag')}`,
    next: ['値だけを書く。文字列なら引用符で囲む'],
  }),
  'yaml.many_documents': () => ({
    what: 'ここから二つめの文書が始まっています',
    why: 'このファイルは一つの文書です',
    next: ['--- の行と、使わないほうを消す'],
  }),
  'yaml.too_large': (d) => ({
    what: 'ファイルが大きすぎます',
    why: `上限は ${d('limit')} 文字です`,
    next: ['正しいファイルかどうか確かめる'],
  }),
  'yaml.too_deep': () => ({
    what: '入れ子が深すぎます',
    why: '16 段より深いところに書く項目はありません',
    next: ['閉じていないかっこがないか確かめる'],
  }),
  'yaml.no_text': () => ({
    what: 'ファイルが空です',
    next: ['sekisho init で、このサーバーの様子から作れます'],
  }),
  'key.unknown': (d) => ({
    what: `知らない項目です: ${d('key')}`,
    why: near(d) === '' ? `${where(d('in'))}で使える項目: ${d('known')}` : near(d),
    next: [d('nearest') === '' ? 'この行を消す' : `${d('nearest')}: と書く`],
  }),
  'key.later': (d) => ({
    what: `この版ではまだ使えません: ${d('key')}`,
    why: '守られない規則を置くと、守られていると思われてしまいます',
    next: ['使える版になるまで、行の先頭に # を付けておく'],
  }),
  'key.missing': (d) => ({
    what: `${where(d('in'))}に ${d('key')} がありません`,
    next: [`${d('key')}: … の行を足す`],
  }),
  'value.empty': (d) => ({
    what: `${d('key')} の値がありません`,
    next: ['値を書くか、この行を消す'],
  }),
  'value.kind': (d) => ({
    what: `ここには${kind(d('expected'))}を書きます`,
    why: `今は${kind(d('found'))}です`,
    next: [
      d('expected') === 'text'
        ? '値を引用符で囲む'
        : d('expected') === 'list'
          ? '[ … ] と書くか、- で始まる行を並べる'
          : d('expected') === 'number'
            ? '引用符なしで数を書く'
            : d('expected') === 'boolean'
              ? '引用符なしで true か false を書く'
              : 'この項目の下に、字下げして「項目: 値」を書く',
    ],
  }),
  'value.choice': (d) => ({
    what: `ここでは使えない言葉です: ${d('value')}`,
    why: near(d) === '' ? `使えるもの: ${d('allowed')}` : near(d),
    next: [d('nearest') === '' ? `次のどれかを書く: ${d('allowed')}` : `${d('nearest')} と書く`],
  }),
  'value.later': (d) => ({
    what: `この版ではまだ使えません: ${d('value')}`,
    next: ['使える版になるまで書かない'],
  }),
  'value.range': (d) => ({
    what: '値が範囲の外です',
    why: `${d('min')} から ${d('max')} までです`,
    next: ['この範囲の値を書く'],
  }),
  'value.too_long': (d) => ({
    what: '文字列が長すぎます',
    why: `${d('max')} 文字までです`,
    next: ['短くする'],
  }),
  'value.control': () => ({
    what: '見えない文字が入っています',
    why: '承認の画面で別の文字列に見えてしまいます',
    next: ['手で打ち直す'],
  }),
  'value.name': (d) => ({
    what: `名前として使えません: ${d('value')}`,
    why: '名前は a–z、0–9、点、ハイフン、下線の 63 文字までで、英小文字か数字で始めます',
    next: ['小文字の短い名前にする'],
  }),
  'value.file_name': (d) => ({
    what: `ファイルの名前ではありません: ${d('value')}`,
    why: 'ここに書く名前は、データディレクトリの下のどのディレクトリでも有効です。パスでは書きません',
    next: d('name') === '' ? ['ファイルの名前を書く'] : [`こう書く: ${d('name')}`],
  }),
  'value.call_path': (d) => ({
    what: `呼び出しのパスではありません: ${d('value')}`,
    next: ['/articles/{id}/publish のように書きます'],
  }),
  'value.call_name': (d) => ({
    what: `呼び出しの名前ではありません: ${d('value')}`,
    next: ['小文字の英字、数字、- と _ で書きます'],
  }),
  'value.command_name': (d) => ({
    what: `コマンドの名前ではありません: ${d('value')}`,
    next: ['小文字の英字、数字、- と _ で書きます'],
  }),
  'value.path_below': (d) => ({
    what: `データディレクトリの下のパスではありません: ${d('value')}`,
    why: '中身の決まりは、データディレクトリから見たファイルのパスごとに書きます。先頭の / と .. は使えません',
    next: ['こう書く: users.json、または 2026/articles.json'],
  }),
  'value.table_name': (d) => ({
    what: `テーブルの名前ではありません: ${d('value')}`,
    why: 'テーブルは TABLE か SCHEMA.TABLE と書きます。英字、数字、下線、$ を使い、英字か下線で始めます',
    next: ['データベースでの名前を、引用符なしで書く'],
  }),
  'value.role_name': (d) => ({
    what: `ロールの名前ではありません: ${d('value')}`,
    why: 'PostgreSQL のロールは、英字、数字、下線、ハイフンで、英字か下線から書きます',
    next: ['テーブルを持っている、スーパーユーザーではないロールの名前を書く'],
  }),
  'value.duration': () => ({
    what: '時間の長さとして読めません',
    next: ['数に単位を付ける: 500ms、10s、5m、24h、7d'],
  }),
  'value.size': () => ({
    what: '大きさとして読めません',
    next: ['数に単位を付ける: 64MiB、1GiB'],
  }),
  'value.unit': (d) => ({
    what: `systemd のユニット名ではありません: ${d('value')}`,
    why: '末尾の .service なども名前の一部です',
    next: ['systemctl に出るとおりに書く。例 mirai.service'],
  }),
  'value.url': (d) => ({
    what: `http か https のアドレスではありません: ${d('value')}`,
    next: ['全部書く。例 https://localhost/health'],
  }),
  'value.url_password': () => ({
    what: 'アドレスに利用者名かパスワードが入っています',
    why: 'このファイルを読める人は、それを知ってよい人より多くいます',
    next: ['パスワードなしで答えるアドレスにする'],
  }),
  'value.zone': (d) => ({
    what: `時間帯の名前ではありません: ${d('value')}`,
    next: ['Asia/Tokyo や UTC のように正式な名前で書く'],
  }),
  'value.day': (d) => ({
    what: `曜日ではありません: ${d('value')}`,
    why: `曜日は ${d('days')} です`,
    next: ['一つ書くか、mon-fri のように書く'],
  }),
  'value.time': (d) => ({
    what: `時刻ではありません: ${d('value')}`,
    next: ['"00:00" から "24:00" までの時と分で書く'],
  }),
  'value.date': (d) => ({
    what: `日付や日時ではありません: ${d('value')}`,
    next: ['2026-12-29、2026-12-29 18:00、2026-12-29T18:00:00+09:00 のどれかの形で書く'],
  }),
  'path.not_plain': (d) => ({
    what: `完全なパスではありません: ${d('value')}`,
    why: 'パスは / で始まり、// や . や .. を含まず、/ で終わりません',
    next: ['realpath が出すとおりに書く'],
  }),
  'path.pattern': (d) => ({
    what: `ここではパターンを使えません: ${d('value')}`,
    why: '変更してよいものは一つずつ書きます。使えるのはユニットの drop-in の /etc/systemd/system/NAME.service.d/*.conf だけです',
    next: ['ファイルごとに一行書く'],
  }),
  'path.own': (d) => ({
    what: `Sekisho 自身のものです: ${d('value')}`,
    why: '規則とプログラムは持ち主が変えます。それに従う変更では変えられません',
    next: ['この行を消す'],
  }),
  'path.kernel': (d) => ({
    what: `残るファイルではありません: ${d('value')}`,
    why: '/proc、/sys、/dev の下はカーネルが見せているものです',
    next: ['この行を消す'],
  }),
  'path.not_a_unit': (d) => ({
    what: `systemd がユニットを読む場所ではありません: ${d('value')}`,
    next: [
      '/etc/systemd/system/NAME.service か NAME.service.d/ の中のファイル、または { kind: systemd } だけを書く',
    ],
  }),
}
