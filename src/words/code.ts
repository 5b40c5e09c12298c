// Words of a change of code on card and record: what was measured, what the suites said, what the difference is of.
import type { Both } from './words.ts'

export type TouchedKind =
  | 'routes'
  | 'models'
  | 'tables'
  | 'migrations'
  | 'environment'
  | 'units'
  | 'movedUnits'
  | 'dependencies'
  | 'importers'
  | 'tableUsers'
  | 'notRead'

export interface CodeWords {
  readonly label: Readonly<
    Record<'rehearsal' | 'tests' | 'failed' | 'code' | 'commit' | 'touches' | 'noted' | 'goesBack', string>
  >
  /** What the sources of the change declare, by its kind. */
  readonly touches: Readonly<Record<TouchedKind, (list: string) => string>>
  readonly touchesNothing: string
  readonly more: (count: number) => string
  /** Seconds as texts: the shortest and the longest of the runs. */
  readonly measured: (deploy: string, back: string) => string
  /** `perSecond`: so many were sent, each on a connection of its own. */
  readonly lost: (deploy: string, back: string, perSecond?: number) => string
  readonly socketsHeld: (list: string) => string
  readonly backHealthy: (times: number) => string
  readonly dataOf: (path: string, backup: string, hours: string, differs: number) => string
  readonly dataLive: (path: string) => string
  readonly notMeasured: string
  readonly notRehearsed: string
  readonly rehearsalRed: (step: string) => string
  readonly notCompared: (list: string) => string
  readonly realSecrets: (list: string) => string
  readonly stayed: (list: string) => string
  /** What production was before the change. */
  readonly startedFrom: (branch: string, commit: string, subject: string) => string
  readonly statusBefore: (changed: number) => string
  readonly suites: (before: string, after: string) => string
  readonly suite: (passed: number, failed: number, skipped: number) => string
  readonly coverage: (before: string, after: string) => string
  readonly asTheySay: string
  readonly testsNotRun: string
  /** Of a suite that was started: its report names no test, or there is none. */
  readonly noTestTold: string
  /** `on`: what runs now. */
  readonly goesBackTo: (commit: string, branch: string, on: string) => string
  readonly deploys: (commit: string, branch: string, on: string) => string
  readonly undo: (seconds: string) => string
  readonly undoNotRehearsed: string
  readonly undoRed: string
  readonly committed: (commit: string) => string
  readonly commitFailed: (commit: string, why: string) => string
  readonly pushed: string
  readonly pushFailed: (why: string) => string
  /** The deployed code was started on the new schema and is well there. */
  readonly codeAlone: string
  /** It is not: the schema has to go back with the code. */
  readonly needsDown: (fault: string) => string
  readonly oldCodeAccepted: (reason: string) => string
  readonly oldCodeNotTried: string
  readonly undoWithSchema: (seconds: string) => string
  /** What is another one after the way back, and legitimately so. */
  readonly notSame: string
}

const ja: CodeWords = {
  label: {
    rehearsal: '予行',
    tests: 'テスト',
    failed: '失敗',
    code: 'コード',
    commit: 'コミット',
    touches: '触れる先',
    noted: '注記',
    goesBack: '戻し方',
  },
  touches: {
    routes: (list) => `ルート ${list}`,
    models: (list) => `列 ${list}`,
    tables: (list) => `テーブル ${list}`,
    migrations: (list) => `スキーマ ${list}`,
    environment: (list) => `新しく読む環境変数 ${list}`,
    units: (list) => `ユニットとサイト ${list}`,
    movedUnits: (list) => `サービスと一緒に止まるか起動し直すユニット ${list}`,
    dependencies: (list) => `パッケージ ${list}`,
    importers: (list) => `変えたコードを使うもの ${list}`,
    tableUsers: (list) => `そのテーブルを名指しするもの ${list}`,
    notRead: (list) => `読んでいないもの ${list}`,
  },
  touchesNothing:
    'ルート・列・環境変数・ユニット・パッケージの変更はなく、変えたコードを使うほかのファイルもありません',
  more: (count) => `ほか ${count} 件`,
  measured: (deploy, back) => `配置 ${deploy} 秒、取り消し ${back} 秒（本番の写しで実測）`,
  lost: (deploy, back, perSecond) =>
    `応えられない要求 配置で ${deploy} 件、取り消しで ${back} 件${perSecond === undefined ? '' : `（毎秒 ${perSecond} 件を送って）`}`,
  socketsHeld: (list) => `入れ替えのあいだもソケット ${list} は開いたまま`,
  backHealthy: (times) => `戻り先のリリースは部屋で起動し、${times} 回とも健全`,
  dataOf: (path, backup, hours, differs) =>
    `${path} のデータはバックアップ ${backup} から（${hours} 時間前、いまと違うファイル ${differs} 件）`,
  dataLive: (path) => `${path} のデータはいまのディレクトリーから（バックアップからではない）`,
  notMeasured: '応えられない要求の数は測っていません',
  notRehearsed: '予行していません。取り消しにかかる時間は分かりません',
  rehearsalRed: (step) => `予行は失敗しました: ${step}`,
  notCompared: (list) => `比べていないもの: ${list}`,
  realSecrets: (list) => `予行の部屋に本物の秘密を渡しました: ${list}`,
  stayed: (list) => `値をそのまま渡した変数（数・スイッチ・手元の宛先・パス）: ${list}`,
  startedFrom: (branch, commit, subject) => `変更前のコード: ${branch} の ${commit}（${subject}）`,
  statusBefore: (changed) =>
    changed === 0
      ? '変更前の作業ツリー: コミットのとおり'
      : `変更前の作業ツリー: コミットと違うもの ${changed} 件`,
  suites: (before, after) => `前 ${before} → 後 ${after}`,
  suite: (passed, failed, skipped) => `成功 ${passed} 失敗 ${failed} 省略 ${skipped}`,
  coverage: (before, after) => `網羅率 ${before} → ${after}`,
  asTheySay: '候補のテスト自身の報告',
  testsNotRun: 'テストを動かしていません',
  noTestTold: 'テストの結果は一つもありません',
  goesBackTo: (commit, branch, on) => `前に動いていた ${commit} に戻す（いまは ${branch} の ${on}）`,
  deploys: (commit, branch, on) => `${commit}（いまは ${branch} の ${on}）`,
  undo: (seconds) => `前のコードに戻して起動し直す（予行で ${seconds} 秒、差なし）`,
  undoNotRehearsed: '前のコードに戻して起動し直す（予行していません）',
  undoRed: '前のコードに戻して起動し直す（予行では元どおりになりませんでした）',
  committed: (commit) => `コミット ${commit}`,
  commitFailed: (commit, why) => `コミット ${commit} は、ブランチに置けていません: ${why}`,
  pushed: 'push 済み',
  pushFailed: (why) => `push できていません: ${why}`,
  codeAlone: 'コードだけで戻せる（いまのコードを新しいスキーマで起動し、健全性と動作確認を見た）',
  needsDown: (fault) =>
    `コードだけでは戻せない。スキーマを戻す SQL か復元が要る（いまのコードは新しいスキーマで動かない: ${fault}）`,
  oldCodeAccepted: (reason) => `承知のうえ: ${reason}`,
  oldCodeNotTried: 'コードだけで戻せるかどうか: 未計測',
  undoWithSchema: (seconds) =>
    `前のコードとスキーマに戻して起動し直す（予行で ${seconds} 秒、ファイルとスキーマに差なし）`,
  notSame: '戻しても同じにならないもの: シーケンスの値、行の物理的な並び、統計',
}

const en: CodeWords = {
  label: {
    rehearsal: 'rehearsed',
    tests: 'tests',
    failed: 'failed',
    code: 'code',
    commit: 'commit',
    touches: 'touches',
    noted: 'noted',
    goesBack: 'goes back',
  },
  touches: {
    routes: (list) => `routes ${list}`,
    models: (list) => `columns ${list}`,
    tables: (list) => `tables ${list}`,
    migrations: (list) => `schema ${list}`,
    environment: (list) => `variables that are newly read ${list}`,
    units: (list) => `units and sites ${list}`,
    movedUnits: (list) => `units that stop or restart with the service ${list}`,
    dependencies: (list) => `packages ${list}`,
    importers: (list) => `used by ${list}`,
    tableUsers: (list) => `files that name those tables ${list}`,
    notRead: (list) => `not read ${list}`,
  },
  touchesNothing: 'no route, column, variable, unit or package changes, and no other file uses what changed',
  more: (count) => `${count} more`,
  measured: (deploy, back) => `deploy ${deploy} s, way back ${back} s, measured in a clone of production`,
  lost: (deploy, back, perSecond) =>
    `requests without an answer: ${deploy} in the deploy, ${back} in the way back${perSecond === undefined ? '' : ` (${perSecond} a second were sent)`}`,
  socketsHeld: (list) => `the socket ${list} stayed open while the service was replaced`,
  backHealthy: (times) =>
    `the release that the way back names was started in the room and was healthy ${times === 1 ? 'once' : `${times} times`}`,
  dataOf: (path, backup, hours, differs) =>
    `data of ${path} from backup ${backup}, ${hours} h old; ${differs === 1 ? '1 file differs' : `${differs} files differ`} now`,
  dataLive: (path) => `data of ${path} from the directory as it is, not from a backup`,
  notMeasured: 'requests without an answer were not measured',
  notRehearsed: 'not rehearsed: how long the way back takes is not known',
  rehearsalRed: (step) => `the rehearsal failed: ${step}`,
  notCompared: (list) => `not compared: ${list}`,
  realSecrets: (list) => `the room got real secrets: ${list}`,
  stayed: (list) => `variables that kept their plain value (number, switch, local address, path): ${list}`,
  startedFrom: (branch, commit, subject) => `code before: ${branch} at ${commit} (${subject})`,
  statusBefore: (changed) =>
    changed === 0
      ? 'work tree before: as committed'
      : `work tree before: ${changed} ${changed === 1 ? 'path is' : 'paths are'} not as committed`,
  suites: (before, after) => `before ${before} → after ${after}`,
  suite: (passed, failed, skipped) => `${passed} passed, ${failed} failed, ${skipped} skipped`,
  coverage: (before, after) => `coverage ${before} → ${after}`,
  asTheySay: 'as the candidate’s tests say',
  testsNotRun: 'no tests were run',
  noTestTold: 'no test gave a result',
  goesBackTo: (commit, branch, on) => `back to ${commit}, which ran before (now ${branch} is at ${on})`,
  deploys: (commit, branch, on) => `${commit} (now ${branch} is at ${on})`,
  undo: (seconds) => `the code before, and a restart (rehearsed: ${seconds} s, no difference)`,
  undoNotRehearsed: 'the code before, and a restart (not rehearsed)',
  undoRed: 'the code before, and a restart (in the rehearsal something was different afterwards)',
  committed: (commit) => `commit ${commit}`,
  commitFailed: (commit, why) => `commit ${commit} is not on the branch: ${why}`,
  pushed: 'pushed',
  pushFailed: (why) => `not pushed: ${why}`,
  codeAlone:
    'code alone goes back (the deployed code was started on the new schema; health and smoke test were looked at)',
  needsDown: (fault) =>
    `code alone does not go back: it needs the way down of the schema, or a restore (the deployed code does not run on the new schema: ${fault})`,
  oldCodeAccepted: (reason) => `accepted: ${reason}`,
  oldCodeNotTried: 'whether code alone goes back was not measured',
  undoWithSchema: (seconds) =>
    `code and schema before, and a restart (rehearsed: ${seconds} s, no difference in files and schema)`,
  notSame: 'not the same after it: positions of sequences, physical order of rows, statistics',
}

export const CODE_WORDS: Both<CodeWords> = { ja, en }
