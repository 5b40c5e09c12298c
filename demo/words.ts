// What the play says between the commands, in both languages.
import type { Both } from '../src/words/words.ts'

/** One for each scene. */
type SceneWords = readonly [
  ...(readonly [string, string, string, string, string]),
  ...(readonly [string, string, string, string, string, string, string, string]),
]

export interface DemoWords {
  readonly form: string
  readonly opening: readonly string[]
  readonly setting: string
  readonly ready: (seconds: string) => string
  readonly enter: string
  readonly noChapter: (last: number) => string
  readonly titles: SceneWords
  readonly why: SceneWords
  readonly instruction: string
  readonly impact: string
  readonly risk: string
  readonly instructionPort: string
  readonly impactPort: string
  readonly riskPort: string
  readonly instructionDrift: string
  readonly impactDrift: string
  readonly riskDrift: string
  readonly instructionRestart: string
  readonly signedOnce: string
  readonly portHolder: string
  readonly before: string
  readonly servedBefore: (value: string) => string
  readonly servedAfter: (value: string) => string
  readonly liveUnchanged: string
  readonly tooLarge: string
  readonly arrived: string
  readonly behind: string
  readonly hung: string
  readonly recovered: (seconds: string) => string
  readonly observing: string
  readonly passed: string
  readonly wouldBe: string
  readonly strict: string
  readonly tries: string
  readonly stillThere: string
  readonly harmless: string
  readonly repeated: string
  readonly resumes: string
  readonly backupSigned: string
  readonly destroyed: string
  readonly copiedDamage: string
  readonly health: (answer: string) => string
  readonly oneLine: string
  readonly oneDisk: string
  readonly typesName: string
  readonly newTitle: string
  readonly articles: readonly string[]
  readonly notesSay: (text: string) => string
  readonly commits: string
  readonly instructionCode: string
  readonly impactCode: string
  readonly riskCode: string
  readonly instructionBack: string
  readonly leavesFile: string
  readonly mended: string
  readonly libraryHas: string
  readonly instructionSchema: string
  readonly impactSchema: string
  readonly riskSchema: string
  readonly downMended: string
  readonly schemaSigned: string
  readonly waivedBackup: string
  readonly oneDiskOnly: string
  readonly rowsNow: (rows: string) => string
  readonly nightCause: string
  readonly nightAction: string
  readonly nightSoak: string
  readonly offline: string
  readonly flipped: string
  readonly end: readonly string[]
  readonly failed: (what: string) => string
  readonly seen: (n: number, of: number) => string
  readonly open: readonly string[]
}

const ja: DemoWords = {
  form: 'このデモは、使い捨てのテストホスト（systemd、nginx と TLS、実際のサービス）の中で動きます。このマシンの nginx、sshd、PostgreSQL、ユーザーには触れません。',
  opening: [
    '関所（Sekisho）は、本番へのすべての変更が通る門です。変更するのが人でも AI でも同じです。',
    '登場するのは、運用 花子（ops1、サービスの所有者）、Claude（AI、花子のために働く）、知識サービス mirai です。',
  ],
  setting: 'デモの環境を用意しています',
  ready: (seconds) => `用意ができました（${seconds} 秒）。`,
  enter: '  [Enter で次へ] ',
  noChapter: (last) => `場面は 1 から ${last} までです: script/demo --chapter N`,
  titles: [
    'AI が変更を申し出る',
    '人が読んで承認する',
    '効いたことを確かめて維持する',
    '「成功」と言うのに効いていない変更',
    'AI は自分の変更を承認できない',
    '関所を通さない編集は見つかる',
    '夜中に固まったサービス。証拠を残してから再起動する',
    'AI が禁じられた命令を打ってみる',
    'データが壊れた。良い写しに戻す',
    'AI がコードを変え、1 コマンドで戻す',
    '戻すと行を失う移行は、行数を挙げて断られる',
    '証明を持ち出す',
    'ファイルを残すコードは予行で断られ、直すと通る',
  ],
  why: [
    'AI は本番に触れません。人の言葉を引用して申し出ると、関所が検査し、隔離した場所で適用と取り消しを試し、封をします。',
    '署名するのは、いま見たこの中身そのものです。1 文字でも動けば無効になります。',
    '「reload が成功した」ではなく「新しい設定が効いている」ことを確かめてから維持します。',
    'nginx -t も reload も成功を返します。それでも効いていません。関所は気づいて、自分で元に戻します。',
    '承認になるのは人の鍵による署名だけです。AI は署名できません。',
    '承認のあとで誰かが関所の外からファイルを変えました。承認した前提が動いたので、実行しません。',
    '状態とログを先に保全します。再起動は所有者が一度だけ署名してあるので、夜中に承認を待ちません。原因は保全した証拠から挙げ、見ていないものは「見ていない」と言います。',
    '番人は AI が打つ前に答えます。断るだけでなく、正しいやり方を示します。書き方を変えても同じです。番人は事故を減らすもので、確実に止めるのは OS の権限です。',
    '選ばれたのは最新の写しではなく、中身が良いと読めた最後の写しです。失うものは承認の前に一件ずつ見せ、戻すのは一度の入れ替えです。壊れたデータは証拠として残ります。',
    'コミットは、変更前と変更後の両方の木でテストし、本番の写しの中で切り替えと戻しを試してから封をします。所要時間は見積もりではなく測った値です。承認のあとは、試したものと同じバイトだけが動きます。',
    '移行は、いまのデータの複製で、適用も戻しも実行してから封をします。止まる時間も、戻すと失う行も、見積もりではなく測った値です。本番で動くのは、試したものと同じ SQL が一度だけです。',
    '台帳はサーバーもネットワークもなしで確かめられます。1 バイト変えると、どこが変わったかまで分かります。',
    '起動した新しいコードが、リリースの外にファイルを書きました。前のコードに戻しても、そのファイルは残ります。予行は本番の写しの中で実際に動かして比べるので、誰かに尋ねる前に赤になります。書かないように直したコミットは通ります。',
  ],
  instruction: 'アップロードの上限を20MBにして',
  impact: '大きな添付が通るようになる',
  risk: 'ディスクが早く減る',
  instructionPort: '8443番でも受けられるようにして',
  impactPort: 'mirai.example.jp と admin.example.jp のうち mirai を 8443 番でも受ける',
  riskPort: '8443 番が外に開く',
  instructionDrift: 'アップロードの上限を30MBにして',
  impactDrift: 'mirai.example.jp で 30MB まで通る。admin.example.jp は変わらない',
  riskDrift: 'ディスクが早く減る',
  instructionRestart: '応答がないので再起動して',
  signedOnce: '花子が一度だけ署名します:',
  portHolder: '（別のプログラムが 8443 番を使っています）',
  before: '変更前',
  servedBefore: (value) => `3 MB の送信 → ${value}`,
  servedAfter: (value) => `3 MB の送信 → ${value}`,
  tooLarge: '大きすぎます',
  arrived: '届きました',
  liveUnchanged: '本番のファイルは、内容・所有者・権限とも変更前と同じです。',
  behind: 'だれかが関所を通さずに編集します:  echo "# hotfix" >> /etc/nginx/sites-available/mirai',
  hung: 'mirai が無限ループで固まりました（応答なし）。',
  recovered: (seconds) => `応答が戻りました。申し出から ${seconds} 秒、承認の待ちなし。`,
  observing: '番人を Claude Code の前に入れます。水準「観察」のうちは、止めずに記録だけをします:',
  passed: '（意見なし: AI はそのまま続けます）',
  wouldBe: '防護の水準なら、こう答えます:',
  strict: '花子が水準を「防護」に上げます:',
  tries: '同じ AI が、運用ガイドの禁じる命令を打ってみます。答えるのは入れた番人です:',
  stillThere: 'データは 1 バイトも変わっていません。',
  harmless: '害のない命令には何も言いません:',
  repeated: '断られた操作が 5 種類になったので、AI は止まりました:',
  resumes: '花子が確かめて、続けさせます:',
  backupSigned: '花子がバックアップに一度だけ署名し、最初の写しが取られます:',
  destroyed: 'そのあと記事が 1 件書かれ、1 件直されました。そして何者かが articles.json を途中で切りました。',
  copiedDamage: '次のバックアップは、壊れたデータを写しました。中身を読んだので「内容」まで上がりません:',
  health: (answer) => `健全性の確認（/health）→ ${answer}`,
  oneDisk: '（このデモにはディスクが一つしかないので「バックアップ済み」とは言いません。戻すのには使えます）',
  oneLine: '夜中の 3 時に打つのは、この 1 行です:',
  typesName: '承認には、戻すサービスの名前を打ちます:',
  newTitle: '今日書いた記事',
  articles: [
    '足場の点検',
    '雨の日の打設',
    '鍵の置き場',
    '停電のとき',
    '新しい重機',
    '朝礼の進め方',
    '安全帯',
    '写真の撮り方',
  ],
  notesSay: (text) => `サービス notes の応答: ${text}`,
  commits: 'Claude が自分の作業場所で、機能とそのテストを 1 つのコミットにします。',
  instructionCode: 'あいさつを Welcome にして',
  impactCode: '表示されるあいさつが変わる',
  riskCode: '表示が崩れる',
  instructionBack: '元のあいさつに戻して',
  leavesFile: 'Claude のコミットは、起動するとファイル index を shared に書きます。',
  mended: 'Claude は、書く行を除いて、もう一度コミットします。',
  libraryHas:
    'データベース library には記事が 1000 件あり、120 件は書庫入りです。AI が、それを別のテーブルに移す移行と、戻す SQL を書きました。何を失ってよいかは人が決めるので、花子が提案します:',
  instructionSchema: '書庫入りの記事を別のテーブルに分けて',
  impactSchema: '書庫入りの 120 件が articles から archive に移る',
  riskSchema: '古いコードからは書庫入りの記事が見えなくなる',
  downMended: '戻す SQL が、移した行を返していませんでした。直して出し直します:',
  schemaSigned: '花子がバックアップに一度だけ署名し、データベースの写しが取られます:',
  waivedBackup:
    'このデモにはディスクが一つしかないので、写しは「バックアップ済み」と数えられません。花子が理由を書いて署名し、それなしで進めます。カードと記録に残ります:',
  oneDiskOnly: 'デモのホストにはディスクが一つしかない',
  rowsNow: (rows) => `articles と archive の行数: ${rows}`,
  nightCause: '無限ループ',
  nightAction: 'ops1: ループの上限を決める',
  nightSoak: 'デモのため待たない',
  offline: '持ち出した台帳を、一つのファイルの検証器で確かめます:',
  flipped: '1 バイトだけ変えてみます:',
  end: ['デモの終わり'],
  failed: (what) => `期待した表示がありませんでした: ${what}`,
  seen: (n, of) => `${of} 件中 ${n} 件を確認しました。`,
  open: ['デモの環境は動いたままです。次に打てるもの:'],
}

const en: DemoWords = {
  form: 'This demo runs inside a throw-away test host (systemd, nginx with TLS, a real service). The nginx, sshd, PostgreSQL and users of this machine are not touched.',
  opening: [
    'Sekisho is the gate through which every production change passes, made by a person or by an AI agent alike.',
    'Who takes part: Hanako (ops1, owner of the service), Claude (an AI agent that works for her), and mirai, a knowledge service.',
  ],
  setting: 'preparing the demo host',
  ready: (seconds) => `Ready (${seconds} s).`,
  enter: '  [Enter to go on] ',
  noChapter: (last) => `There are scenes 1 to ${last}: script/demo --chapter N`,
  titles: [
    'An agent proposes a change',
    'A person reads and approves',
    'Proven in effect, then kept',
    'A change that says "success" and is not in effect',
    'An agent cannot approve itself',
    'An edit outside the gate is found',
    'A service hangs at night: evidence first, then the restart',
    'An agent tries what the guide forbids',
    'The data is destroyed; the last good copy comes back',
    'An agent changes code; one command takes it back',
    'A migration whose way back loses rows is refused, with their number',
    'Taking the proof away',
    'Code that leaves a file is refused by the rehearsal, and passes once it is mended',
  ],
  why: [
    'The agent never touches production. It quotes a person; the gate checks, tries apply and undo in a sandbox, and seals.',
    'What is signed is exactly what was just shown. One byte moves, and the approval is void.',
    'Not "the reload succeeded" but "the new configuration is in effect" is what keeps a change.',
    'nginx -t and the reload both say success, and the change is not in effect. The gate notices and takes it back by itself.',
    'An approval is the signature of a person’s key, and nothing else. An agent cannot make one.',
    'After the approval was asked for, somebody changed the file behind the gate. What was approved no longer holds, so nothing runs.',
    'State and logs are sealed first. The owner has signed restarts once, so that nobody waits for an approval at 3 a.m. Causes are named from the sealed evidence, and what was not looked at is listed as such.',
    'The guard answers before the agent acts, and names the right way. Another spelling gets the same answer. It reduces accidents; what stops an attacker are the rights of the operating system.',
    'Not the newest copy was taken but the last one whose content reads as good. What would be lost was shown record by record before anybody signed, and the exchange is one step. The damaged data is kept as evidence.',
    'The commit was tested on both trees, and deploy and way back were played in a clone of production before it was sealed. Seconds are measured, not estimated. After the approval exactly the bytes that were tried are deployed.',
    'Both files were run on a clone of the data of now before anybody was asked. How long it locks and what the way back loses are measured, not estimated. In production the same SQL runs once.',
    'The ledger is verified with no server and no network. One byte changed, and the place is named.',
    'The new code wrote a file outside of its release when it started. The code before comes back, and the file stays. The rehearsal runs it in a clone of production and compares, so it is red before anybody is asked. A commit that does not write it passes.',
  ],
  instruction: 'raise the upload limit to 20 MB',
  impact: 'larger attachments pass',
  risk: 'the disk fills sooner',
  instructionPort: 'listen on port 8443 as well',
  impactPort: 'of mirai.example.jp and admin.example.jp, mirai answers on 8443 too',
  riskPort: 'port 8443 opens to the outside',
  instructionDrift: 'raise the upload limit to 30 MB',
  impactDrift: 'mirai.example.jp takes 30 MB; admin.example.jp stays as it is',
  riskDrift: 'the disk fills sooner',
  instructionRestart: 'it does not answer, restart it',
  signedOnce: 'Hanako signs once:',
  portHolder: '(another program holds port 8443)',
  before: 'before',
  servedBefore: (value) => `sending 3 MB → ${value}`,
  servedAfter: (value) => `sending 3 MB → ${value}`,
  tooLarge: 'too large',
  arrived: 'arrived',
  liveUnchanged: 'The live file is as it was before: bytes, owner and mode.',
  behind: 'Somebody edits outside the gate:  echo "# hotfix" >> /etc/nginx/sites-available/mirai',
  hung: 'mirai hangs in a busy loop (no answer).',
  recovered: (seconds) => `It answers again: ${seconds} s after the request, with no approval to wait for.`,
  observing: 'The guard is put in front of Claude Code. At level observe it stops nothing and only records:',
  passed: '(no opinion: the agent goes on)',
  wouldBe: 'At level guard it would answer:',
  strict: 'Hanako raises the level to guard:',
  tries: 'The same agent tries what the operations guide forbids. What answers is the installed hook:',
  stillThere: 'Not one byte of the data has changed.',
  harmless: 'To a harmless command it says nothing:',
  repeated: 'After five different refusals the agent is paused:',
  resumes: 'Hanako has looked, and lets it go on:',
  backupSigned: 'Hanako signs once for backups, and the first copy is made:',
  destroyed: 'Then one article is written and one is edited; and something cuts articles.json in the middle.',
  copiedDamage: 'The next backup copies the damage. Its content was read, and it is not called good:',
  health: (answer) => `health check (/health) → ${answer}`,
  oneDisk:
    '(This demo host has one disk, so nothing here is called backed up. A copy on it can be restored all the same.)',
  oneLine: 'At 3 a.m. this one line is what is typed:',
  typesName: 'To approve, the name of the service has to be typed:',
  newTitle: 'Written today',
  articles: [
    'Checking a scaffold',
    'Pouring in the rain',
    'Where the keys are',
    'When the power fails',
    'The new crane',
    'The morning meeting',
    'Harnesses',
    'Taking photographs',
  ],
  notesSay: (text) => `the service notes answers: ${text}`,
  commits: 'Claude commits a feature together with its test in its own clone.',
  instructionCode: 'greet with Welcome',
  impactCode: 'the greeting that is shown changes',
  riskCode: 'the page looks wrong',
  instructionBack: 'bring the old greeting back',
  leavesFile: 'The commit of Claude writes a file index into shared when it starts.',
  mended: 'Claude takes the line out and commits again.',
  libraryHas:
    'Database library holds 1000 articles, 120 of them archived. The agent has written a migration that moves those to a table of their own, and the way back. What may be lost a person decides, so Hanako proposes it:',
  instructionSchema: 'move the archived articles to a table of their own',
  impactSchema: '120 archived articles move from articles to archive',
  riskSchema: 'old code does not see archived articles any more',
  downMended: 'The way back did not bring back the rows that were moved. The agent mends it:',
  schemaSigned: 'Hanako signs once for backups, and a copy of the database is made:',
  waivedBackup:
    'This demo host has one disk, so the copy does not count as a backup. Hanako signs, with a reason, to do without it; card and record say so:',
  oneDiskOnly: 'the demo host has one disk',
  rowsNow: (rows) => `rows of articles and archive: ${rows}`,
  nightCause: 'a busy loop',
  nightAction: 'ops1: bound the loop',
  nightSoak: 'a demonstration does not wait',
  offline: 'The exported ledger, verified by a single file:',
  flipped: 'One byte changed:',
  end: ['End of the demo'],
  failed: (what) => `Expected output is missing: ${what}`,
  seen: (n, of) => `${n} of ${of} checks passed.`,
  open: ['The demo host keeps running. What you can type next:'],
}

export const DEMO_WORDS: Both<DemoWords> = { ja, en }
