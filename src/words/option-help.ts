// What each option of the command line means, with an example of how it is typed. `sekisho help COMMAND` prints them.
import type { Both } from './words.ts'

export interface OptionHelp extends Both<string> {
  /** As it is typed. */
  readonly example: string
}

const of = (example: string, ja: string, en: string): OptionHelp => ({ example, ja, en })

/** By the option's name; where it means something else for one command, by `command words option`. */
export const OPTION_HELP: Readonly<Record<string, OptionHelp>> = {
  add: of(
    '--add web2',
    'すでにある sekisho.yaml に、このサービスを加える',
    'add this service to the sekisho.yaml that is there',
  ),
  after: of(
    '--after CHG-2026-0042',
    'この変更より前に作られたものから（続きを見る）',
    'go on after this change: the next page',
  ),
  all: of('--all', '終わったものも', 'ended ones too'),
  'change diff all': of('--all', '折りたたまずに、すべてのファイルを', 'every file, none of them folded'),
  'change diff file': of(
    '--file src/app.js',
    'このファイルの差分だけを、全部（何度でも）',
    'only this file, whole; as often as needed',
  ),
  'backup verify all': of(
    '--all',
    '順番の来た 10 件だけでなく、すべての写しを読む。中断したら、同じ行で続きから',
    'read every copy, not only the ten whose turn it is; when it was cut off, the same line goes on',
  ),
  action: of(
    '--action "ops1: raise the limit"',
    '次にすることと担当（何度でも）',
    'what follows, and who does it; as often as needed',
  ),
  because: of(
    '--because "503 for all users"',
    'きっかけ。省くと、打った行',
    'why it is declared; the line as it was typed by default',
  ),
  cause: of('--cause "leak in 4.2.1"', '人が判断した原因', 'the cause, as a person judges it'),
  'incident list all': of('--all', '終わったものも', 'ended ones too'),
  item: of('--item E03', 'この証拠だけ', 'this item alone'),
  level: of(
    '--level 3',
    '1: サービス停止、2: データ破損、3: セキュリティ。省くと 1',
    '1: service down, 2: data damaged, 3: security; 1 by default',
  ),
  'incident handover note': of(
    '--note "restart failed twice"',
    '引き継ぐことがら',
    'what the next one has to know',
  ),
  'evidence export out': of(
    '--out /root/INC-2026-0001',
    '書き出すディレクトリ',
    'the directory to write into',
  ),
  'incident open since': of('--since 30m', '利用者が最初に困った時刻', 'when users were first hit'),
  status: of(
    '--status',
    '状況報告として残す（次は 30 分後）',
    'as a status: the next one is due 30 minutes later',
  ),
  'without-soak': of(
    '--without-soak "end of the night shift"',
    '健全が続くのを待たない理由',
    'why the 10 minutes of green health are not waited for',
  ),
  incident: of('--incident INC-2026-0001', '証拠を保全する障害', 'the incident to which the evidence goes'),
  minutes: of(
    '--minutes 10',
    '署名が有効な時間。30 分まで',
    'how long the signature holds; 30 minutes at most',
  ),
  text: of('--text "it was right"', 'レビューの言葉', 'the words of the review'),
  before: of(
    '--before 1200',
    '台帳のこの番号より前から（続きを見る）',
    'go on before this ledger entry: the next page',
  ),
  by: of(
    '--by ops1',
    '指示した人（AI が書くときは省くと担当の人）',
    'the person who instructed; for an agent its sponsor by default',
  ),
  'change list by': of(
    '--by ops1',
    '指示、依頼、作成、判断のどれかをした人や AI',
    'who instructed, asked, wrote or decided: a person or an agent',
  ),
  change: of('--change CHG-2026-0042', 'この変更の分だけ', 'only what belongs to this change'),
  channel: of('--channel mail', '指示がどこで言われたか', 'where the instruction was given'),
  class: of('--class device', '鍵がどこにあるか: file か device', 'where the key is kept: file or device'),
  config: of(
    '--config ./sekisho.yaml',
    '適用済みの規則ではなく、このファイルの規則で答える',
    'answer by the rules of this file, not by those in force',
  ),
  copy: of('--copy offsite', 'どの写しから戻すか（名前）', 'the copy to restore from, by its name'),
  cwd: of(
    '--cwd /srv/mirai',
    'コマンドを打つディレクトリ',
    'the directory in which the command would be typed',
  ),
  delete: of(
    '--delete /etc/nginx/sites-enabled/old',
    'このファイルを削除する。何度でも書ける',
    'delete this file; can be repeated',
  ),
  demo: of(
    '--demo',
    'デモの鍵として登録する（承認に DEMO と付く）',
    'enrol it as a demonstration key: approvals are stamped DEMO',
  ),
  edit: of(
    '--edit /etc/nginx/nginx.conf',
    'このファイルの写しをエディターで開く',
    'open a copy of this file in your editor',
  ),
  env: of(
    '--env /etc/mirai/.env',
    'どの dotenv ファイルか（一つなら省ける）',
    'which dotenv file; not needed where there is one',
  ),
  'dry-run': of(
    '--dry-run',
    '何が消えるかを示すだけで、何も消さない',
    'only show what would go; nothing is removed',
  ),
  file: of(
    '--file /etc/nginx/nginx.conf=./new.conf',
    'このファイルを、手元のファイルの内容に置き換える。- は標準入力',
    'replace this file by the content of yours; - is standard input',
  ),
  up: of(
    '--up db/migrations/0002.up.sql',
    'スキーマを変える SQL のファイル。- は使えない',
    'the SQL file that changes the schema',
  ),
  down: of(
    '--down db/migrations/0002.down.sql',
    '--up を元に戻す SQL のファイル',
    'the SQL file that takes --up back',
  ),
  'by-tool': of(
    '--by-tool',
    'SQL ファイルの代わりに、宣言したマイグレーションツールで変える',
    'changed by the declared migration tool in place of SQL files',
  ),
  irreversible: of(
    '--irreversible',
    '戻す SQL がない。復元でしか戻せないので、二人の承認とサービス名の入力が要る',
    'there is no way down; only a restore takes it back, so two people approve and type the service',
  ),
  call: of(
    '--call retitle',
    '送る呼び出し（data[].api.calls の名前）',
    'the declared call that is sent (data[].api.calls)',
  ),
  run: of(
    '--run reindex',
    '動かすコマンド（commands の名前）',
    'the declared command that is run (commands)',
  ),
  param: of(
    '--param id=7',
    '呼び出しのパスの {id} に入れる値',
    'what stands for {id} in the path of the call',
  ),
  body: of('--body new.json', '送る本文のファイル', 'the file whose content is sent'),
  'inverse-body': of(
    '--inverse-body old.json',
    '元に戻すときに送る本文のファイル',
    'the file whose content is sent to take it back',
  ),
  database: of(
    '--database mirai',
    'どのデータベースか（migrations を書いたものが一つなら省ける）',
    'which database; not needed where one has migrations declared',
  ),
  'change list file': of('--file /etc/nginx/nginx.conf', 'このファイルを変えるもの', 'changes of this file'),
  format: of('--format json', '出し方: md か json', 'the form of the answer: md or json'),
  from: of(
    '--from 2026-11-25T22:00:00+09:00',
    'この時刻より前には始めない（--until と一緒に）',
    'do not start before this time; with --until',
  ),
  'incident isolate from': of(
    '--from 192.0.2.7',
    'この IP アドレスからの SSH だけを通す（省くと、いまの SSH の接続元）',
    'admit SSH from this IP address alone; without it the one that you came from',
  ),
  'incident capture since': of(
    '--since 24h',
    'ログをどの時刻から写すか（省くと 24 時間前から）',
    'from when logs are taken; without it the last 24 h',
  ),
  'incident capture until': of(
    '--until "2026-11-25 22:00"',
    'ログをどの時刻まで写すか（省くと今まで）',
    'until when logs are taken; without it until now',
  ),
  'restore full from': of(
    '--from 20261125_030000',
    'どのバックアップから戻すか',
    'the backup to restore from',
  ),
  impact: of(
    '--impact "larger uploads pass"',
    '影響の説明（AI は必ず）',
    'the explanation of the impact; agents must give it',
  ),
  instruction: of(
    '--instruction "raise the limit to 20 MB"',
    '頼んだ人の言葉をそのまま',
    'the words of the person who asked, verbatim',
  ),
  keep: of(
    '--keep person',
    '人が「維持する」と言うまで待つ。言わなければ元に戻る',
    'wait for a person to keep it, else it goes back',
  ),
  key: of('--key ~/.ssh/id_ed25519', '署名に使う鍵', 'the key to sign with'),
  'person add key': of('--key ./taro.pub', 'その人の公開鍵', 'the public key of that person'),
  'last-known-good': of(
    '--last-known-good',
    '中身の良い最も新しいバックアップを探して使う',
    'find the newest backup with good content and use it',
  ),
  limit: of('--limit 100', '一度に何件まで（200 まで）', 'how many at once, at most 200'),
  link: of(
    '--link /etc/nginx/sites-enabled/wiki=../sites-available/wiki',
    'リンクを作る。何度でも書ける',
    'make a link; can be repeated',
  ),
  look: of('--look', 'この機械にあるものも見る', 'look at what is on this machine too'),
  managed: of('--managed', 'この機械のすべての利用者に', 'for every user of this machine'),
  mix: of(
    '--mix',
    '項目ごとに、良い写しのうち最も新しいものを使う',
    'take each item from the newest copy in which it is good',
  ),
  model: of(
    '--model claude-opus',
    'AI のモデルの名前（記録に出る）',
    'the model of the agent, for the record',
  ),
  name: of('--name "Hanako"', '画面と記録に出る名前', 'the name that screens and records show'),
  commit: of('--commit HEAD', '配置するコミット。書かなければ HEAD', 'the commit to deploy; left out, HEAD'),
  repository: of(
    '--repository ~/mirai',
    'コミットのある作業ディレクトリ。書かなければいまの場所',
    'the working directory with the commit; left out, the current one',
  ),
  to: of(
    '--to previous',
    '前に動いていたコミットに戻す: previous かコミット',
    'go back to what ran before: previous, or a commit',
  ),
  'no-wait': of('--no-wait', '待たずに番号を出して終わる', 'print the id and do not wait'),
  notify: of(
    '--notify not_needed',
    '利用者への通知が要るか: needed か not_needed',
    'whether users must be told: needed or not_needed',
  ),
  offline: of(
    '--offline',
    '関所が動いていなくても、root が runner に直接行う',
    'without the gate: root asks the runner directly',
  ),
  out: of('--out ./history.sekisho', '書き出す先。- は標準出力', 'where to write it; - is standard output'),
  'init out': of('--out ./sekisho.yaml', '書く先', 'where to write it'),
  owner: of('--owner hanako', '所有者になる人の名前', 'the name of the owner'),
  'per-hour': of('--per-hour 6', '1 時間に何回まで', 'at most so many times an hour'),
  port: of('--port 7440', '待ち受けるポート', 'the port to listen on'),
  print: of('--print', '書かずに、書くものを見せる', 'show what would be written, and write nothing'),
  for: of('--for 1h', 'どれだけの間か: 30m、1h、7d', 'for how long: 30m, 1h, 7d'),
  'check mute reason': of(
    '--reason "the disk is being replaced"',
    'なぜ通知を止めるか。記録に残る',
    'why nobody is told; it stays on the record',
  ),
  'check ack reason': of(
    '--reason "I look at it"',
    '何をするつもりか。記録に残る',
    'what you are going to do; it stays on the record',
  ),
  reason: of(
    '--reason "the probe is broken, checked by hand"',
    '理由（記録に残る）',
    'why; it is kept on the record',
  ),
  resume: of('--resume', '止めた AI を再開する', 'let a paused agent go on'),
  risk: of(
    '--risk "the disk fills sooner"',
    'リスクの説明（AI は必ず）',
    'the explanation of the risk; agents must give it',
  ),
  role: of(
    '--role approver',
    '役割: viewer、requester、approver、operator、owner、auditor。何度でも書ける',
    'viewer, requester, approver, operator, owner or auditor; can be repeated',
  ),
  secret: of(
    '--secret API_KEY=mirai/API_KEY',
    '預けた秘密の値をこのキーに入れる。何度でも書ける',
    'set this key to a value kept by secret put; can be repeated',
  ),
  service: of('--service mirai', 'サービスの名前', 'the name of the service'),
  'person add service': of(
    '--service mirai',
    'このサービスだけを受け持つ。何度でも書ける',
    'responsible for this service only; can be repeated',
  ),
  set: of(
    '--set UPLOAD_LIMIT=20',
    '環境設定のキーに値を入れる。何度でも書ける',
    'set a key of the environment file; can be repeated',
  ),
  signature: of(
    '--signature ./approval.sig',
    '別のところで作った署名を渡す。- は標準入力',
    'hand in a signature made elsewhere; - is standard input',
  ),
  since: of(
    '--since 3d',
    'これより後に動きがあったもの（日付、時刻、3d、12h）',
    'something became of it since then: a date, a time, 3d, 12h',
  ),
  sponsor: of('--sponsor hanako', 'AI の担当になる人', 'the person who answers for the agent'),
  state: of(
    '--state "waiting for approval"',
    '状態（画面の言葉か、awaiting_approval のような名前）',
    'the state: the word that is shown, or its name such as awaiting_approval',
  ),
  statement: of('--statement', '署名する文を出すだけにする', 'print the text to sign, and do nothing else'),
  'stop-first': of(
    '--stop-first',
    '書き込みがやまないサービスを、先に止めてから用意する',
    'stop a service that never stops writing before the restore is prepared',
  ),
  summary: of('--summary "upload limit 20 MB"', '一行の概要', 'a summary of one line'),
  tool: of(
    '--tool Edit',
    'シェルではなく、AI のこの道具の呼び出しとして答える',
    'judge a call of this tool of the agent, not a shell command',
  ),
  typed: of(
    '--typed mirai',
    '確認のために打つ名前（端末がないとき）',
    'the name that must be typed to confirm, where there is no terminal',
  ),
  unset: of(
    '--unset OLD_LIMIT',
    '環境設定のキーを消す。何度でも書ける',
    'remove a key of the environment file; can be repeated',
  ),
  until: of(
    '--until 2026-11-25T23:00:00+09:00',
    'この時刻より後には始めない（--from と一緒に）',
    'do not start after this time; with --from',
  ),
  'change list until': of(
    '--until 2026-11-25',
    'これより前に作られたもの（日付はその日の終わりまで）',
    'made before then; a date includes the whole day',
  ),
  verb: of(
    '--verb restart',
    'サービスへの操作: restart、reload、start、stop',
    'what the service is told: restart, reload, start or stop',
  ),
  yes: of('--yes', '尋ねずに進める（端末がないとき）', 'do not ask: where there is no terminal'),
}

/** Undefined where an option has no words yet; a test looks at every command. */
export function optionHelp(command: string, option: string): OptionHelp | undefined {
  const group = command.startsWith('restore ') ? 'restore full' : command
  return OPTION_HELP[`${command} ${option}`] ?? OPTION_HELP[`${group} ${option}`] ?? OPTION_HELP[option]
}
