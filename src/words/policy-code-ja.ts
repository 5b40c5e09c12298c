// Japanese sentences for what is wrong with the declared code of a service.
import type { PolicyCodeWords } from './policy-words.ts'

export const JA_POLICY_CODE: PolicyCodeWords = {
  'repo.needed': (d) => ({
    what: `${d('key')} がありますが、リポジトリが宣言されていません`,
    why: 'どのコードのことかは repo で決まります',
    next: ['サービスに repo: { path: /srv/名前, deploy: releases } を加える', `または ${d('key')} を消す`],
  }),
  'repo.branch': (d) => ({
    what: `ブランチの名前ではありません: ${d('value')}`,
    next: ['git branch に出るとおりに書く（例 main）'],
  }),
  'repo.path_below': (d) => ({
    what: `リリースの下のパスではありません: ${d('value')}`,
    next: ['そこから見たパスで書く。先頭の / と .. は使えません（例 reports/junit.xml）'],
  }),
  'repo.push_url': (d) => ({
    what: `git が送れる宛先ではありません: ${d('value')}`,
    why: '書けるもの: https://ホスト/パス、ssh://ホスト/パス、利用者@ホスト:パス、file:///ディレクトリ',
    next: ['このどれかで書く'],
  }),
  'repo.test_needed': () => ({
    what: 'リポジトリにテストが宣言されていません',
    why: 'テストを動かすまで、コードの変更は通しません',
    next: ['サービスに test: { argv: [npm, test], results: { junit: reports/*.xml } } を加える'],
  }),
  'repo.unit_needed': () => ({
    what: 'リポジトリに unit が宣言されていません',
    why: '新しいコードは、サービスがそれで起動したときに効きます',
    next: ['サービスに manager: { systemd: 名前.service } を加える'],
  }),
  'repo.health_needed': () => ({
    what: 'リポジトリに health が宣言されていません',
    why: '新しいコードが動いていることを確かめるものがありません',
    next: ['サービスに health: http://127.0.0.1:ポート/health を加える'],
  }),
  'repo.twice': (d) => ({
    what: `${d('value')} はもう ${d('other')} のものです`,
    why: '1 つのコードのディレクトリは 1 つのサービスが配置します',
    next: ['repo はどちらか一方に書く'],
  }),
  'repo.inside_release': (d) => ({
    what: `${d('value')} はリリースの中にあります`,
    why: '次のリリースには入りません',
    next: ['releases の外に置き、repo.shared に名前を書く'],
  }),
  'repo.shared_in_place': () => ({
    what: 'shared は deploy: releases のためのものです',
    why: 'in-place では木は 1 つで、宣言したデータはその中に残ります',
    next: ['shared を消すか、deploy: releases にする'],
  }),
  'migrations.tool_needed': (d) => ({
    what: `${d('key')} がありますが、マイグレーションツールの宣言がありません`,
    why: 'SQL ファイルでの変更には要りません',
    next: ['同じところに tool: argv を書く', `または ${d('key')} を消す`],
  }),
  'migrations.status_needed': () => ({
    what: 'マイグレーションツールに status がありません',
    why: '前後の status の出力で、適用されたかどうかを決めます。これがないと、途中で落ちたあとに分からなくなります',
    next: [
      'status: [PROGRAM, …] に、データベースがどこまで進んだかを出すコマンドを書く（alembic current など）',
    ],
  }),
  'migrations.dir_is_sql': () => ({
    what: 'dir は、リポジトリにある SQL ファイルのためのものです',
    why: 'ツールのファイルは directory にあり、コードより先に、単独の変更として適用します',
    next: ['dir を消す', 'または tool を消し、dir に SQL ファイルの組を置く'],
  }),
  'repo.shared_nested': (d) => ({
    what: `${d('value')} が二重に shared に入っています`,
    next: ['外側のディレクトリだけを書く'],
  }),
  'command.words': () => ({
    what: 'コマンドは語の並びで書きます',
    why: 'シェルは通さないので、1 行の文字列では書けません',
    next: ['argv: [npm, run, build] のように書く'],
  }),
  'command.program': () => ({
    what: 'コマンドにプログラムの名前がありません',
    next: ['最初の語にプログラムを書く（例 argv: [npm, test]）'],
  }),
  'command.shell': (d) => ({
    what: `${d('value')} に渡す 1 行は、語の並びではありません`,
    why: 'シェルがその行をどう読むかまでは、承認の対象になりません',
    next: ['その行をリポジトリのスクリプトにして、スクリプトの名前を書く'],
  }),
  'command.unit_needed': () => ({
    what: 'commands には、サービスの unit が要ります',
    why: 'コマンドはサービスの利用者として動き、予行ではサービスの隣で動きます',
    next: ['manager: { systemd: NAME.service } を書く'],
  }),
  'command.outside': (d) => ({
    what: `${d('value')} は、${d('directory')} の中にもシステムの場所にもありません`,
    why: '動かすものは、ディレクトリと一緒に封をするか、システムのものに限ります',
    next: ['プログラムをディレクトリに置き、./PROGRAM のように書く'],
  }),
  'command.writes': (d) => ({
    what: `コマンドは ${d('value')} に書き込めません（${d('other')}）`,
    why: 'コマンド自身のファイル、データ、設定、コードは、それぞれの方法で、それぞれの確かめ方で変えます',
    next: ['コマンドだけのディレクトリを書く。データはサービスの呼び出し（api.calls）で変える'],
  }),
  'command.host': (d) => ({
    what: `ホストの名前ではありません: ${d('value')}`,
    next: ['https:// やパスを付けずに書く（例 registry.npmjs.org）'],
  }),
  'test.one_result': () => ({
    what: 'results には junit か go-json のどちらか 1 つが要ります',
    next: ['results: { junit: reports/*.xml } と書く'],
  }),
  'test.one_coverage': () => ({
    what: 'coverage には lcov か cobertura のどちらか 1 つが要ります',
    next: ['coverage: { lcov: coverage/lcov.info } と書く'],
  }),
  'rehearse.health': (d) => ({
    what: `予行の部屋の中のアドレスではありません: ${d('value')}`,
    why: '部屋ではサービスだけが動き、外へは出られません',
    next: ['サービス自身のポートで書く: http://127.0.0.1:ポート/パス'],
  }),
  'rehearse.health_needed': (d) => ({
    what: `予行では ${d('value')} を確かめられません`,
    why: '部屋ではサービスだけが動き、nginx はなく、外へも出られません',
    next: ['サービス自身のポートで rehearse: { health: http://127.0.0.1:ポート/パス } を加える'],
  }),
}
