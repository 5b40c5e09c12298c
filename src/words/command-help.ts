// The line of help of each command that is no single operation of the gate; the others have theirs in the row of the operation.
import type { Both } from './words.ts'

/** By the words of the command. */
export const COMMAND_HELP = {
  'incident isolate': {
    ja: 'このホストを遮断し、管理者の SSH だけを通す（root）',
    en: 'cut this host off but for the administrator’s SSH (root)',
  },
  'incident isolation': {
    ja: '遮断されているか、いつから、だれを通すか（root）',
    en: 'is this host isolated, since when, and whom it admits (root)',
  },
  'incident capture': {
    ja: 'ホストの全体と、その間のアクセスとログインの記録を証拠に取る（root）',
    en: 'seal the whole state, and access and login logs of a window (root)',
  },
  'incident reconnect': {
    ja: '遮断を終える変更を作り、承認を求める',
    en: 'a change that ends the isolation, for approval',
  },
  'incident keep': {
    ja: '端末から始めた遮断を、その端末で維持する（root）',
    en: 'keep an isolation at the terminal where it was begun (root)',
  },
  do: {
    ja: '変更を作り、検査し、試し、封をして、カードを出す',
    en: 'make a change, check it, try it, seal it, and show its card',
  },
  'change approve': {
    ja: 'カードを読んで署名する。有効なうちに一度だけ実行される',
    en: 'read the card and sign; it runs once while it is still valid',
  },
  status: {
    ja: '何が誰を待ち、何が動き、何が不確かか',
    en: 'what waits for whom, what runs, what is uncertain',
  },
  'record show': {
    ja: '変更記録（運用ガイドの様式、台帳だけから）',
    en: 'the change record, in the guide’s form, from the ledger alone',
  },
  'change list': {
    ja: '変更の一覧（何も付けなければ、終わっていないもの）',
    en: 'changes; without options, those that have not ended',
  },
  'change evidence': { ja: '検査と証拠', en: 'checks and their evidence' },
  'change wait': { ja: '次に人が要るまで待つ', en: 'wait until somebody is needed, or it has ended' },
  'change new': { ja: '変更を作るだけ', en: 'make a change, nothing more' },
  'change revise': {
    ja: '次の版を作る（保てるものは保つ）',
    en: 'the next revision; what still holds is kept',
  },
  'change sign': {
    ja: '自分が書いた計画として署名する（承認ではない）',
    en: 'sign a plan as its author, before others approve it',
  },
  'change reject': { ja: '却下する（署名）', en: 'reject it (signed)' },
  'change waive': { ja: '検査を一つ免除する（署名、期限つき）', en: 'waive one check (signed, expires)' },
  'change keep': { ja: '維持する（署名）', en: 'keep it (signed)' },
  'change continue': {
    ja: '終わったか分からない手順を、やり直すか飛ばす（署名）',
    en: 'answer an uncertain step (signed)',
  },
  'change rollback': {
    ja: '終わった変更を取り消す変更を作る（復元なら、前にあったものに戻す）',
    en: 'a new change that takes a finished one back, a restore too',
  },
  'restore full': {
    ja: 'データをすべて、中身の良いバックアップから戻す変更',
    en: 'a change that brings all data back from a backup that is good',
  },
  'restore file': { ja: '一つのファイルを戻す変更', en: 'a change that brings one file back' },
  'restore salvage': {
    ja: '壊れたファイルから読めるレコードを残し、ほかを戻す変更',
    en: 'a change that keeps what can be read of a damaged file and brings back the rest',
  },
  'restore database': { ja: '一つのデータベースを戻す変更', en: 'a change that brings one database back' },
  'restore cancel': {
    ja: '用意している途中の復元を取りやめ、作りかけたものを片づける',
    en: 'end a restore that is being laid out, and clear away what was made',
  },
  'change cancel': {
    ja: '用意している途中のコードや復元を取りやめ、作りかけたものを片づける',
    en: 'end code or a restore that is being prepared, and clear away what was made',
  },
  'record search': {
    ja: '変更の記録から探す（指示、理由、ファイル、人、差分）',
    en: 'search the records of changes: instruction, reason, files, people, difference',
  },
  'record export': { ja: '記録を証明つきで持ち出す', en: 'take the record away with its proof' },
  'ledger accept-fork': {
    ja: '古いデータベースに戻したあと、台帳をここから続ける（所有者）',
    en: 'go on from a ledger that was put back (owner signs)',
  },
  'ledger verify': { ja: '台帳を最初から確かめる', en: 'read the ledger from its first entry' },
  'ledger export': {
    ja: '台帳を書き出す（sekisho-verify で確かめられる）',
    en: 'write the ledger out, for sekisho-verify',
  },
  'ledger checkpoint': {
    ja: '検印する（台帳のいまの先頭に runner が署名する）',
    en: 'sign a checkpoint now',
  },
  'service list': { ja: '対象台帳のサービス', en: 'declared services' },
  'service show': { ja: 'サービスと、変更できるファイル', en: 'a service and the files that can be changed' },
  'service status': { ja: 'いまの健全性（health）', en: 'its health now' },
  'backup list': { ja: '写しと、どこまで読めたか', en: 'copies, and how far each was really read' },
  'backup run': { ja: 'いまバックアップを取る', en: 'take a backup now' },
  'backup show': { ja: '一つのバックアップと、その写し', en: 'one backup and its copies' },
  'backup verify': { ja: '写しをバイト単位で読み直す', en: 'read the copies again, every byte' },
  'backup drill': { ja: '別の場所に戻して、時間を計る', en: 'restore to scratch, compare, and measure' },
  'backup prune': { ja: '決まりに沿って古いものを整理する', en: 'take away what the rules let go' },
  'maintenance start': {
    ja: 'サービスを保守に入れる。時間が来れば自動で元に戻る',
    en: 'put a service under maintenance; it ends by itself',
  },
  'maintenance end': { ja: '保守を終える', en: 'end a maintenance now' },
  'maintenance show': {
    ja: '保守中のサービスと、終わる時刻',
    en: 'services under maintenance, and until when',
  },
  'notify list': {
    ja: '通知の一覧: 誰に、いつ、届いたか',
    en: 'notices: who was told what, when, and whether it arrived',
  },
  'notify show': { ja: '一つの通知と、送った結果のすべて', en: 'one notice with every attempt to tell it' },
  'notify test': { ja: '宛先に試しの通知を送る', en: 'send a test notice to the channels' },
  'notify ack': { ja: '確認したことにし、それ以上知らせない', en: 'acknowledge: it is told no further' },
  'notify mute': { ja: '決めた時間だけ知らせない（理由つき）', en: 'tell nobody for a while, with a reason' },
  'notify secret': {
    ja: '合図や警報を送る側の秘密を作る',
    en: 'make a secret for whoever sends pings or alerts',
  },
  'check run': {
    ja: '日次・週次チェックか、名前で一つの確認を今おこなう（異常かデータなしなら 1）',
    en: 'the daily or weekly items, or one check by name, now (1 on red or no data)',
  },
  'check list': {
    ja: 'すべての確認の今の状態（急ぐものがあれば 1 で終わる）',
    en: 'how every check stands (1 where one asks for somebody now)',
  },
  'check show': {
    ja: '一つの確認の状態と、これまでの異常（異常、遅れ、データなしなら 1）',
    en: 'one check and its findings (1 on red, late or no data)',
  },
  'check history': { ja: '一つの確認の、時間ごとの状態', en: 'how one check stood over time' },
  'check mute': {
    ja: '確認の通知をしばらく止める（理由つき）',
    en: 'tell nobody of a check for a while, with a reason',
  },
  'check unmute': { ja: '止めた通知を再開する', en: 'tell of a muted check again' },
  'check ack': { ja: '異常を引き受ける（通知が止まる）', en: 'take up a finding (its notices end)' },
  login: { ja: '鍵で本人を示す（承認の力はない）', en: 'show who you are with your key (approves nothing)' },
  logout: { ja: 'ログインを取り消す', en: 'end the login' },
  'standing sign': {
    ja: '再起動・再読み込み・バックアップ・標準の変更を一度だけ署名しておく',
    en: 'sign restart, reload, the backups or a standard change once',
  },
  'standing list': { ja: '事前承認の一覧', en: 'standing statements' },
  'standing revoke': { ja: '事前承認を取り消す', en: 'revoke a standing statement' },
  'config apply': { ja: 'sekisho.yaml を確かめて適用する', en: 'check sekisho.yaml and put it in force' },
  'config diff': { ja: '適用すると何が変わるか', en: 'what an apply would change' },
  'config show': { ja: 'sekisho.yaml を見る', en: 'show sekisho.yaml' },
  'person add': { ja: '人を加える（最初の人は所有者）', en: 'add a person (the first one is the owner)' },
  'person remove': { ja: '人を外す', en: 'take a person out' },
  'person list': { ja: '人、鍵、AI の一覧', en: 'people, keys and agents' },
  'key add': {
    ja: '公開鍵を登録する（AI の鍵は、自分の計画への署名だけに使える）',
    en: 'enrol a public key (an agent’s signs its own plans alone)',
  },
  'key revoke': { ja: '鍵を失効させる', en: 'revoke a key' },
  'agent add': { ja: 'AI を加える（担当の人が要る）', en: 'add an agent (it needs a sponsor)' },
  'agent token': { ja: 'AI の鍵（トークン）を発行する', en: 'issue the agent its token' },
  'agent pause': { ja: 'AI を止める、再開する', en: 'pause an agent, or let it go on' },
  'secret put': {
    ja: '秘密の値を端末から runner に渡す',
    en: 'hand a secret from the terminal to the runner',
  },
  'secret list': { ja: '預けた秘密の名前と版', en: 'names and versions of kept secrets' },
  doctor: {
    ja: '保存、台帳、runner、鍵、時計、空き、壁の事実と直し方',
    en: 'facts of store, ledger, runner, keys, clock, disk, wall, and what to do',
  },
  up: { ja: '関所を起動する（この端末で）', en: 'start gate, runner and store in this terminal' },
  down: { ja: '関所を止める', en: 'stop them in order' },
  init: { ja: 'このホストを見て sekisho.yaml を書く', en: 'look at this host and write sekisho.yaml' },
  'install host': {
    ja: 'root 所有のプログラム、systemd の unit、ユーザーを入れる',
    en: 'root-owned code, systemd units, users',
  },
  'uninstall host': { ja: 'それをすべて戻す（記録は残る）', en: 'take all of that back (records stay)' },
  'install claude-code': {
    ja: 'Claude Code の前に番人を入れる（--managed はこの機械すべて）',
    en: 'put the guard in front of Claude Code; --managed: on the whole machine',
  },
  'uninstall claude-code': {
    ja: '番人を外す（ほかの設定は残る）',
    en: 'take the guard out; all other settings stay',
  },
  level: {
    ja: '観察（記録だけ）か防護（断る）か。入れた番人も書き直す',
    en: 'observe (records only) or guard (refuses); rewrites every hook that was put in',
  },
  'agent resume': {
    ja: '断られ続けて止められた AI を再開する（人だけができる）',
    en: 'let an agent go on that was paused after refusals; only a person can',
  },
  'guard check': {
    ja: '命令が本番に何をするかを答える（実行しない）',
    en: 'what a command would do to production; nothing is run',
  },
  'guard explain': {
    ja: '命令がいまこの機械のどこまで届くかを数える（実行しない）',
    en: 'how far a command reaches on this machine now; nothing is run',
  },
  'guard self-test': {
    ja: '入れた番人に、この機械で断るべきものを実際に問う',
    en: 'ask every hook that was put in what it must refuse on this machine',
  },
  'guard batch': {
    ja: '一行に一つの問い（NDJSON）へ一行ずつ答える',
    en: 'NDJSON questions in, an answer a line out',
  },
  completion: {
    ja: 'シェルの補完（使い方: eval "$(sekisho completion bash)"）',
    en: 'completion for the shell: eval "$(sekisho completion bash)"',
  },
  'runner reconcile': {
    ja: 'runner の記録簿と現実を突き合わせる',
    en: 'compare the runner’s journal with the real state and finish what is open',
  },
  'runner prune': {
    ja: '古くなった変更前の写しを消す（--dry-run は示すだけ）',
    en: 'take away old copies from before changes (--dry-run: only show)',
  },
  'runner fence': {
    ja: '数えられるはずのない順番札を取り消す',
    en: 'take back a fence token that no count can have reached',
  },
  'runner clock': { ja: '時計のずれを認める', en: 'accept the time after a jump' },
} as const satisfies Readonly<Record<string, Both<string>>>

export type CommandName = keyof typeof COMMAND_HELP

/** The headings of `sekisho help`. */
export const COMMAND_GROUPS = {
  everyday: { ja: '毎日使うもの', en: 'every day' },
  change: { ja: '変更', en: 'changes' },
  incident: { ja: '障害', en: 'incidents' },
  record: { ja: '記録と対象', en: 'records and services' },
  rules: { ja: '人と規則', en: 'people and rules' },
  guard: { ja: '番人', en: 'the guard' },
  machine: { ja: 'このマシン', en: 'this machine' },
} as const satisfies Readonly<Record<string, Both<string>>>
