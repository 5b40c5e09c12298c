// The words of a plan's lines: what will be run, how it is proven, and the way back. Commands and paths stay as they are.
import type { Both, Language } from './words.ts'

/** The patterns of a change, in the order in which they are listed, and what people read them as. What a pattern does: plans/patterns.ts. */
export const PATTERN_NAMES = {
  config: { ja: '設定の変更', en: 'configuration' },
  service: { ja: 'サービスの操作', en: 'service' },
  data: { ja: 'データの復元', en: 'data restored' },
  schema: { ja: 'スキーマの変更', en: 'schema' },
  code: { ja: 'コードの変更', en: 'code' },
  isolation: { ja: '遮断の終わり', en: 'isolation ended' },
  request: { ja: 'API によるデータの変更', en: 'data by request' },
  command: { ja: '宣言されたコマンド', en: 'declared command' },
} as const satisfies Readonly<Record<string, Both<string>>>
export type Pattern = keyof typeof PATTERN_NAMES

/** What each kind of action is called where a step is named. */
const ACTION_NAMES: Readonly<Record<string, Both<string>>> = {
  assertLoss: { ja: '失うものをもう一度比べる', en: 'compare the loss once more' },
  exchange: { ja: '用意したものと入れ替える', en: 'exchange with what was laid out' },
  request: { ja: 'リクエストを一度だけ送る', en: 'send the request once' },
  maintenance: { ja: 'メンテナンスを切り替える', en: 'turn maintenance on or off' },
  migrate: { ja: 'SQL を実行する', en: 'run the SQL' },
  migrateByTool: { ja: 'マイグレーションツールを動かす', en: 'run the migration tool' },
  renameDatabase: { ja: 'データベースの名前を入れ替える', en: 'exchange the names of databases' },
  replaceFiles: { ja: 'ファイルを置き換える', en: 'replace the files' },
  editEnv: { ja: '環境設定を書き換える', en: 'edit the environment file' },
  daemonReload: { ja: 'systemd に読み直させる', en: 'systemd daemon-reload' },
  unit: { ja: 'サービスを操作する', en: 'act on the service' },
  layRelease: { ja: 'リリースに切り替える', en: 'switch to the release' },
  placeTree: { ja: '変わるファイルを入れ替える', en: 'exchange the changed files' },
  exec: { ja: '宣言されたコマンドを動かす', en: 'run the declared command' },
  commit: { ja: 'コミットを作る', en: 'make the commit' },
  endIsolation: { ja: 'ホストの遮断を終える', en: 'end the isolation of the host' },
}

export function actionNames(language: Language): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(ACTION_NAMES).map(([kind, name]) => [kind, name[language]]))
}

export interface PlanWords {
  readonly absent: string
  readonly bytes: (count: number) => string
  readonly secret: (keyed: string) => string
  readonly linkTo: (target: string) => string
  readonly edit: (path: string, before: string) => string
  readonly set: (setting: string) => string
  readonly setSecret: (key: string, reference: string, version: number) => string
  readonly unset: (key: string) => string
  readonly putBack: (path: string, state: string) => string
  readonly copy: (path: string) => string
  readonly errorLog: string
  readonly keptByProof: (seconds: number) => string
  readonly keptByPerson: (seconds: number) => string
  readonly files: string
  readonly nginx: (unit: string, errorLog: string, stable: number) => string
  readonly unit: (unit: string, restarted: boolean, stable: number) => string
  readonly running: (unit: string, active: boolean, newer: boolean, stable: number) => string
  readonly answers: (unit: string, greeting: string, stable: number) => string
  readonly health: string
  readonly probe: (path: string) => string
  readonly assertLoss: (lists: string) => string
  readonly exchange: (path: string, from: string, digest: string) => string
  readonly rename: (database: string, beside: string, from: string, digest: string) => string
  readonly moveIn: (path: string, from: string, digest: string) => string
  readonly renameIn: (database: string, beside: string, from: string, digest: string) => string
  /** What stood there before a change, as a source of what comes. */
  readonly evidence: (change: string) => string
  readonly exchangeEvidence: (path: string, from: string, digest: string) => string
  readonly renameEvidence: (database: string, beside: string, from: string, digest: string) => string
  readonly moveInEvidence: (path: string, from: string, digest: string) => string
  readonly renameInEvidence: (database: string, beside: string, from: string, digest: string) => string
  /** Nothing stood there before a change. */
  readonly moveOut: (path: string, from: string) => string
  readonly renameOut: (database: string, beside: string, from: string) => string
  readonly moveInAgain: (path: string) => string
  readonly renameInAgain: (database: string, beside: string) => string
  readonly exchangeBack: (path: string) => string
  readonly moveAway: (path: string) => string
  readonly renameAway: (database: string, beside: string) => string
  readonly renameBack: (database: string, beside: string) => string
  readonly restored: (what: string) => string
  readonly broughtBack: (what: string) => string
  readonly migrate: (database: string, role: string, file: string, digest: string) => string
  readonly migrateByTool: (
    database: string,
    role: string,
    command: string,
    directory: string,
    digest: string,
  ) => string
  readonly migrateStaged: string
  readonly migrateStatus: (command: string) => string
  readonly migrateByToolBack: (database: string, role: string, command: string) => string
  readonly migrateLimits: (lock: number, within: number) => string
  readonly migrateMarks: string
  readonly migrateBound: string
  readonly migrateBack: (database: string, role: string, file: string, digest: string) => string
  readonly schemaAsRehearsed: (database: string) => string
  readonly layRelease: (link: string, release: string, digest: string) => string
  readonly releaseBack: (link: string) => string
  readonly unlinkRelease: (link: string) => string
  readonly placeTree: (path: string, count: number, digest: string) => string
  readonly treeBack: (path: string, count: number) => string
  readonly exec: (command: string, directory: string) => string
  readonly execSealed: (digest: string) => string
  readonly execWrites: (path: string) => string
  readonly commit: (branch: string, commit: string, on: string) => string
  readonly push: (url: string) => string
  readonly deployed: (path: string) => string
  readonly endIsolation: (incident: string, table: string) => string
  readonly connected: string
  readonly request: (method: string, url: string) => string
  readonly requestAs: (reference: string, version: number) => string
  readonly requestBack: (method: string, url: string) => string
  readonly readBack: (url: string) => string
}

const ja: PlanWords = {
  absent: 'なし',
  bytes: (count) => `${count} バイト`,
  secret: (keyed) => `秘密 ${keyed}`,
  linkTo: (target) => `${target} へのリンク`,
  edit: (path, before) => `${path} を書き換える（いまは ${before}）`,
  set: (setting) => `設定 ${setting}`,
  setSecret: (key, reference, version) => `設定 ${key} に秘密 ${reference} の版 ${version}`,
  unset: (key) => `削除 ${key}`,
  putBack: (path, state) => `${path} を戻す: ${state}`,
  copy: (path) => `${path} の控え`,
  errorLog: 'エラーログの最後の行',
  keptByProof: (seconds) =>
    `効いていると確かめられたら自動で維持する。${seconds} 秒以内に確かめられなければ元に戻す`,
  keptByPerson: (seconds) => `人が ${seconds} 秒以内に「維持する」と言えば維持する。言わなければ元に戻す`,
  files: 'ファイルの内容・所有者・権限が計画どおり',
  nginx: (unit, errorLog, stable) =>
    `${unit}: 効いているファイルが計画どおり、worker がすべて新しい、待受が試行と同じ、${errorLog} に [emerg] がない。${stable} ミリ秒続くこと`,
  unit: (unit, restarted, stable) =>
    `${unit}: 読み込まれ、新しい警告がなく、設定が計画どおりに読める${restarted ? '、起動し直している' : ''}。${stable} ミリ秒続くこと`,
  running: (unit, active, newer, stable) =>
    `${unit}: ${active ? '動いている' : '止まっている'}${newer ? '、起動し直している' : ''}。${stable} ミリ秒続くこと`,
  answers: (unit, greeting, stable) =>
    `${unit}: 動いていて、接続すると ${greeting} と応える（すべての待受）。${stable} ミリ秒続くこと`,
  health: '宣言された健全さの確認（決めた回数のうち、要る回数が緑）',
  probe: (path) => `${path} に宣言された確認`,
  assertLoss: (lists) => `失うものが承認されたとおりか、止めてからもう一度比べる（${lists}）`,
  exchange: (path, from, digest) =>
    `${path} を ${from} から並べて用意したもの（${digest}）と一度に入れ替える`,
  rename: (database, beside, from, digest) =>
    `データベース ${database} を ${from} から読み込んだ ${beside}（${digest}）と、1 つのトランザクションで名前を入れ替える`,
  moveIn: (path, from, digest) =>
    `何もない ${path} に、${from} から用意したものを置く（${digest}）。何も置き換えない`,
  renameIn: (database, beside, from, digest) =>
    `データベース ${database} はない。${from} から読み込んだ ${beside}（${digest}）を、その名前に変える`,
  evidence: (change) => `${change} の前にあったもの`,
  exchangeEvidence: (path, from, digest) =>
    `${path} を、隣に残してある ${from}（${digest}）と一度に入れ替える`,
  renameEvidence: (database, beside, from, digest) =>
    `データベース ${database} を、${from} である ${beside}（${digest}）と、1 つのトランザクションで名前を入れ替える`,
  moveInEvidence: (path, from, digest) =>
    `何もない ${path} に、隣に残してある ${from} を置く（${digest}）。何も置き換えない`,
  renameInEvidence: (database, beside, from, digest) =>
    `データベース ${database} はない。${from} である ${beside}（${digest}）を、その名前に変える`,
  moveOut: (path, from) => `${path} を隣へ移す（${from}はない）`,
  renameOut: (database, beside, from) =>
    `データベース ${database} の名前を ${beside} に変える（${from}はない）`,
  moveInAgain: (path) => `${path} に、移したものを戻す`,
  renameInAgain: (database, beside) => `データベース ${beside} の名前を ${database} に戻す`,
  exchangeBack: (path) => `${path} を元のものともう一度入れ替える`,
  moveAway: (path) => `${path} を、もう一度よそへ移す（もとは何もなかった）`,
  renameAway: (database, beside) =>
    `データベース ${database} の名前を ${beside} に戻す（もとは何もなかった）`,
  renameBack: (database, beside) => `データベース ${database} と ${beside} の名前をもう一度入れ替える`,
  restored: (what) => `${what} に用意したものがあり、中身の決まりを満たす`,
  broughtBack: (what) => `${what} が、取り消す変更の前のとおりになっている（中身は判定しない）`,
  migrate: (database, role, file, digest) =>
    `データベース ${database} で、ロール ${role} が ${file}（${digest}）を一度だけ実行する`,
  migrateByTool: (database, role, command, directory, digest) =>
    `データベース ${database} に、ロール ${role} として「${command}」を一度だけ実行する（${directory} のファイル ${digest}）`,
  migrateStaged: 'ファイルは、このコードと一緒に用意したものだけを使う（いま置かれているものは使わない）',
  migrateStatus: (command) => `前後に「${command}」を実行し、その出力で適用されたかどうかを決める`,
  migrateByToolBack: (database, role, command) =>
    `データベース ${database} に、ロール ${role} として「${command}」を実行して戻す`,
  migrateLimits: (lock, within) => `ロックは ${lock} 秒まで待ち、全体は ${within} 秒で打ち切る`,
  migrateMarks:
    '同じトランザクションで、データベースのスキーマ「sekisho」に印の行を加える（なければ作り、残す）',
  migrateBound: '失われる値を確定の前に数え、予行より多ければ確定しない',
  migrateBack: (database, role, file, digest) =>
    `データベース ${database} で、ロール ${role} が ${file}（${digest}）を実行して戻す`,
  schemaAsRehearsed: (database) => `データベース ${database} のスキーマが、予行の結果と同じ`,
  layRelease: (link, release, digest) => `${link} を ${release}（${digest}）へ一度に切り替える`,
  releaseBack: (link) => `${link} を前のリリースへ戻す`,
  unlinkRelease: (link) => `${link} を外す（もとは何もなかった）`,
  placeTree: (path, count, digest) =>
    `${path} の変わるファイル ${count} 個を、並べて用意したもの（${digest}）と入れ替える`,
  treeBack: (path, count) => `${path} の ${count} 個のファイルを元のものと入れ替える`,
  exec: (command, directory) => `${directory} で ${command} を動かす（サービスの利用者として）`,
  execSealed: (digest) =>
    `動かすのは封をしたファイルの写し（${digest.slice(0, 12)}）だけ。ほかの場所のプログラムは、システムのものだけを動かせる`,
  execWrites: (path) => `${path} に書き込める。ほかの場所には書き込めない`,
  commit: (branch, commit, on) =>
    `候補 ${commit} の中身を ${on} の上の 1 つのコミットにする。維持が決まったら ${branch} を進める`,
  push: (url) => `維持が決まったら ${url} へ送る（早送りだけ）`,
  deployed: (path) => `${path} が、用意して試したものと 1 バイトも違わない`,
  endIsolation: (incident, table) => `${incident} のための遮断を終え、表 ${table} を外して通信を戻す`,
  connected: '遮断の表も記録もない',
  request: (method, url) => `${method} ${url} を一度だけ送る`,
  requestAs: (reference, version) => `  認証: 秘密 ${reference} の版 ${version}`,
  requestBack: (method, url) => `${method} ${url} を送る`,
  readBack: (url) => `${url} を読み直すと、送ったとおりになっている`,
}

const en: PlanWords = {
  absent: 'absent',
  bytes: (count) => `${count} bytes`,
  secret: (keyed) => `secret ${keyed}`,
  linkTo: (target) => `link to ${target}`,
  edit: (path, before) => `edit ${path} (${before})`,
  set: (setting) => `set ${setting}`,
  setSecret: (key, reference, version) => `set ${key} to secret ${reference} version ${version}`,
  unset: (key) => `unset ${key}`,
  putBack: (path, state) => `put back ${path}: ${state}`,
  copy: (path) => `copy ${path}`,
  errorLog: 'error log, last lines',
  keptByProof: (seconds) => `keep by proof, within ${seconds} s, else undo`,
  keptByPerson: (seconds) => `keep by person, within ${seconds} s, else undo`,
  files: 'bytes, owner and mode of each file as planned',
  nginx: (unit, errorLog, stable) =>
    `${unit}: effective files as planned, every worker new, sockets as in the trial, no [emerg] in ${errorLog}, stable ${stable} ms`,
  unit: (unit, restarted, stable) =>
    `${unit}: loaded, no new warning, settings read back${restarted ? ', newer invocation' : ''}, stable ${stable} ms`,
  running: (unit, active, newer, stable) =>
    `${unit}: ${active ? 'active' : 'inactive'}${newer ? ', newer invocation' : ''}, stable ${stable} ms`,
  answers: (unit, greeting, stable) =>
    `${unit}: active, and each of its ports answers with ${greeting}, stable ${stable} ms`,
  health: 'declared health, N of M',
  probe: (path) => `declared probe of ${path}`,
  assertLoss: (lists) =>
    `after the stop, what would be lost is compared once more with what was approved (${lists})`,
  exchange: (path, from, digest) =>
    `exchange ${path} in one step with what was laid out from ${from} (${digest})`,
  rename: (database, beside, from, digest) =>
    `exchange the names of database ${database} and ${beside}, loaded from ${from} (${digest}), in one transaction`,
  moveIn: (path, from, digest) =>
    `move what was laid out from ${from} (${digest}) to ${path}, where nothing stands; nothing is replaced`,
  renameIn: (database, beside, from, digest) =>
    `give the name of database ${database}, which is not there, to ${beside}, loaded from ${from} (${digest})`,
  evidence: (change) => `what stood there before ${change}`,
  exchangeEvidence: (path, from, digest) =>
    `exchange ${path} in one step with ${from}, kept beside (${digest})`,
  renameEvidence: (database, beside, from, digest) =>
    `exchange the names of database ${database} and ${beside}, ${from} (${digest}), in one transaction`,
  moveInEvidence: (path, from, digest) =>
    `move ${from}, kept beside (${digest}), to ${path}, where nothing stands; nothing is replaced`,
  renameInEvidence: (database, beside, from, digest) =>
    `give the name of database ${database}, which is not there, to ${beside}, ${from} (${digest})`,
  moveOut: (path, from) => `move ${path} beside (${from}: nothing)`,
  renameOut: (database, beside, from) => `give database ${database} the name ${beside} (${from}: none)`,
  moveInAgain: (path) => `move what stood there to ${path} again`,
  renameInAgain: (database, beside) => `give database ${beside} the name ${database} again`,
  exchangeBack: (path) => `exchange ${path} again with the original`,
  moveAway: (path) => `move ${path} away again (nothing stood there)`,
  renameAway: (database, beside) => `give database ${database} the name ${beside} again (none had its name)`,
  renameBack: (database, beside) => `exchange the names of database ${database} and ${beside} again`,
  restored: (what) => `${what} is what was laid out, and its content holds the rules`,
  broughtBack: (what) =>
    `${what} is as it was before the change that is taken back (its content is not judged)`,
  migrate: (database, role, file, digest) =>
    `run ${file} (${digest}) once on database ${database} as role ${role}`,
  migrateByTool: (database, role, command, directory, digest) =>
    `run ${command} once on database ${database} as role ${role} (files of ${directory}, ${digest})`,
  migrateStaged: 'its files are those that were staged with this code, and not those that stand there now',
  migrateStatus: (command) => `run ${command} before and after; what it says decides whether it was applied`,
  migrateByToolBack: (database, role, command) => `run ${command} on database ${database} as role ${role}`,
  migrateLimits: (lock, within) => `wait ${lock} s for a lock, ${within} s for all of it`,
  migrateMarks:
    'add a marker row in the same transaction, in the schema sekisho of the database (made where it is missing; it stays)',
  migrateBound:
    'count what would be lost before COMMIT, and do not commit where it is more than in the rehearsal',
  migrateBack: (database, role, file, digest) =>
    `run ${file} (${digest}) on database ${database} as role ${role}`,
  schemaAsRehearsed: (database) => `schema of database ${database} as in the rehearsal`,
  layRelease: (link, release, digest) => `switch ${link} in one step to ${release} (${digest})`,
  releaseBack: (link) => `switch ${link} back to the release before`,
  unlinkRelease: (link) => `take ${link} away (nothing stood there)`,
  placeTree: (path, count, digest) =>
    `exchange ${count} changed files of ${path} with what was laid out beside (${digest})`,
  treeBack: (path, count) => `exchange ${count} files of ${path} again with the originals`,
  exec: (command, directory) => `run ${command} in ${directory}, as the user of the service`,
  execSealed: (digest) =>
    `what runs is a copy of the sealed files (${digest.slice(0, 12)}); of other places only programs of the system can be started`,
  execWrites: (path) => `it may write ${path}, and no other place`,
  commit: (branch, commit, on) =>
    `make one commit on ${on} of the content of ${commit}; ${branch} moves when the change is kept`,
  push: (url) => `push to ${url} when the change is kept, fast-forward only`,
  deployed: (path) => `${path} is what was staged and tested, byte for byte`,
  endIsolation: (incident, table) =>
    `end the isolation for ${incident}: table ${table} is taken away, traffic passes again`,
  connected: 'neither table nor record of an isolation is there',
  request: (method, url) => `send ${method} ${url} once`,
  requestAs: (reference, version) => `  as: secret ${reference}, version ${version}`,
  requestBack: (method, url) => `send ${method} ${url}`,
  readBack: (url) => `${url} read again holds what was sent`,
}

export const PLAN_WORDS: Both<PlanWords> = { ja, en }
