// The words of the change record: the guide's own title and eight headings, in its order, in both languages.
import type { Both } from './words.ts'

export interface RecordWords {
  readonly title: (date: string) => string
  readonly heading: readonly [string, string, string, string, string, string, string, string]
  readonly none: string
  /** It is known that there is none. */
  readonly nothing: string
  readonly seconds: (figure: string) => string
  readonly secondsAtMost: (figure: string) => string
  readonly comma: string
  readonly aside: (parts: readonly string[]) => string
  readonly quote: (text: string) => string
  /** Where an instruction was given, by its common names. */
  readonly channel: Readonly<Record<string, string>>
  readonly erased: string
  readonly quotedBy: (agent: string, at: string) => string
  readonly captured: (at: string) => string
  readonly files: string
  readonly databases: string
  readonly databasesPlanned: string
  readonly filesPlanned: string
  readonly notRun: string
  readonly settings: string
  readonly functions: string
  readonly downtime: string
  /** Of a migration: how long tables were shut, which is no downtime. */
  readonly shut: string
  readonly notCounted: string
  readonly sickFor: (seconds: string) => string
  readonly sickStill: string
  /** Requests that the proxy in front could not hand on; `planned`: of the rehearsal, with its rate. */
  readonly unanswered: (lost: number, requests: number, planned: string) => string
  readonly unansweredAtLeast: (lost: number) => string
  readonly unansweredPlanned: (range: string, perSecond: number) => string
  readonly users: string
  /** By which channel users were told, and when. */
  readonly told: (channel: string, at: string) => string
  readonly tested: string
  readonly live: string
  readonly planned: string
  readonly actual: string
  readonly instructedBy: (who: string, person: string) => string
  readonly himself: (person: string) => string
  /** Another person approved: who wrote it decided who that could be. */
  readonly authorSigned: string
  readonly authorAsserted: string
  readonly standing: (person: string, at: string) => string
  readonly outcome: Readonly<Record<string, string>>
  /** How it came to be kept (change/how-kept.ts). */
  readonly takenBackBy: (change: string) => string
  readonly howKept: Readonly<Record<string, string>>
  readonly downtimeOf: Readonly<Record<string, string>>
  readonly notify: Readonly<Record<string, string>>
  readonly undoRan: (at: string) => string
  readonly undoSchema: (at: string) => string
  /** Of a service that was told something: there are no files to compare. */
  readonly undoTold: (at: string) => string
  readonly undoTried: (seconds: string) => string
  readonly undoNone: string
  readonly undoIsolateAgain: string
  /** Somebody else had written the file after the change; that version is kept. */
  readonly foreign: (path: string, kept: string) => string
  readonly putBack: (path: string) => string
  /** It was not there before. */
  readonly removed: (path: string) => string
  readonly why: string
  readonly cause: string
  readonly solo: string
  readonly typed: (service: string) => string
  readonly demo: string
  readonly key: Readonly<Record<string, string>>
  readonly seal: string
  readonly waived: (check: string, by: string, reason: string) => string
  readonly said: string
  readonly reference: string
}

const ja: RecordWords = {
  title: (date) => `変更記録: ${date}`,
  heading: [
    '変更概要',
    '変更理由',
    '変更内容',
    '影響範囲',
    'テスト結果',
    'ロールバック手順',
    '実施者',
    '承認',
  ],
  none: '記録なし',
  nothing: 'なし',
  seconds: (figure) => `${figure} 秒`,
  secondsAtMost: (figure) => `長くて ${figure} 秒`,
  comma: '、',
  aside: (parts) => `（${parts.join('、')}）`,
  quote: (text) => `「${text}」`,
  channel: { terminal: '端末', api: 'API' },
  erased: '（消去済み。証明は変わりません）',
  quotedBy: (agent, at) => `${agent} による引用、${at}`,
  captured: (at) => `本人の入力、${at}`,
  files: '変更したファイル',
  databases: '変更したデータベース',
  databasesPlanned: '変更するはずだったデータベース',
  filesPlanned: '変更するはずだったファイル',
  notRun: '実行していません。何も変えていません',
  settings: '設定変更項目',
  functions: '影響を受ける機能',
  downtime: 'ダウンタイム',
  shut: 'テーブルのロック',
  notCounted: '利用者の要求は数えていない',
  sickFor: (seconds) => `適用してから ${seconds} 秒のあいだ、宣言された健全さの確認が赤だった`,
  sickStill: '適用したあと、宣言された健全さの確認が赤のままだった',
  unanswered: (lost, requests, planned) =>
    `応えられなかった要求: ${lost} 件（アクセスログの ${requests} 件のうち${planned}）`,
  unansweredAtLeast: (lost) => `応えられなかった要求: ${lost} 件以上（アクセスログを全部は読めていない）`,
  unansweredPlanned: (range, perSecond) => `、予行では毎秒 ${perSecond} 件で ${range} 件`,
  users: 'ユーザー影響',
  told: (channel, at) => `利用者への知らせ: ${channel} に ${at} に届いた`,
  tested: 'テスト環境での検証結果（隔離した試行）',
  live: '本番環境での動作確認結果',
  planned: '計画',
  actual: '実際',
  instructedBy: (who, person) => `${who}（指示: ${person}）`,
  himself: (person) => `${person}（指示: 本人）`,
  authorSigned: '作成者の署名あり（依頼者と、ほかに編集した人の名前は関所の申告）',
  authorAsserted: '作成者の名前は関所の申告（署名なし）',
  standing: (person, at) => `${person}  ${at}（事前承認）`,
  outcome: {
    kept: '維持',
    rolled_back: '元に戻した',
    failed: '失敗（戻っていないものがある）',
    aborted: '中止',
    nothing_done: '何もしていない',
    refused: 'runner が断った',
  },
  takenBackBy: (change) => `。そのあと ${change} が元に戻した`,
  howKept: {
    proven: '効いていることを確かめて維持',
    person_proven: '効いていることを確かめ、人が維持すると決めた',
    person: '人が維持すると決めた（効いていることは確かめられていない）',
  },
  downtimeOf: { none: 'なし', restart: '再起動の間', stop: '停止' },
  notify: { not_needed: '通知は不要と判断', needed: '通知が必要と判断' },
  undoTold: (at) => `実行した（${at}）`,
  undoSchema: (at) => `${at} に実行。スキーマは元と同じ`,
  undoRan: (at) => `実行した（${at}）。元の内容・所有者・権限と一致`,
  undoTried: (seconds) => `試行で確認済み ${seconds} 秒`,
  foreign: (path, kept) => `${path} は変更のあとでほかの人が書き換えていた。その内容は ${kept} に残した`,
  undoNone: '取り消しはない（再起動・再読み込み）',
  undoIsolateAgain: '取り消しはない（もう一度遮断する: sekisho incident isolate）',
  putBack: (path) => `${path} を元の内容・所有者・権限に戻す`,
  removed: (path) => `${path} を削除（変更前はなかった）`,
  why: '理由',
  cause: '原因',
  solo: '単独承認',
  typed: (service) => (service === '' ? '' : `「${service}」と入力`),
  demo: 'DEMO',
  key: { file: '鍵: ファイル', device: '鍵: 別の機器', hardware: '鍵: ハードウェア' },
  seal: '封',
  waived: (check, by, reason) => `免除: ${check}（${by}「${reason}」）`,
  said: '作成者の説明',
  reference: '参考・AI',
}

const en: RecordWords = {
  title: (date) => `Change record: ${date}`,
  heading: [
    'Summary',
    'Reason',
    'What was changed',
    'Impact',
    'Test results',
    'Way back',
    'Carried out by',
    'Approval',
  ],
  none: 'not recorded',
  nothing: 'none',
  seconds: (figure) => `${figure} s`,
  secondsAtMost: (figure) => `at most ${figure} s`,
  comma: ', ',
  aside: (parts) => ` (${parts.join(', ')})`,
  quote: (text) => `“${text}”`,
  channel: { terminal: 'terminal', api: 'API' },
  erased: '(erased; the proof stays whole)',
  quotedBy: (agent, at) => `quoted by ${agent}, ${at}`,
  captured: (at) => `captured, ${at}`,
  files: 'Files changed',
  databases: 'Database changed',
  databasesPlanned: 'Database that was to be changed',
  filesPlanned: 'Files it would have changed',
  notRun: 'it did not run; nothing was changed',
  settings: 'Settings changed',
  functions: 'Functions affected',
  downtime: 'Downtime',
  shut: 'Locks of tables',
  notCounted: 'requests of users were not counted',
  sickFor: (seconds) => `the declared health was red for ${seconds} s after it was applied`,
  sickStill: 'the declared health stayed red after it was applied',
  unanswered: (lost, requests, planned) =>
    `Requests without an answer: ${lost} of the ${requests} in the access log${planned}`,
  unansweredAtLeast: (lost) =>
    `Requests without an answer: at least ${lost}; not all of the access log could be read`,
  unansweredPlanned: (range, perSecond) => `; ${range} in the rehearsal, at ${perSecond} a second`,
  users: 'Users',
  told: (channel, at) => `Users were told: ${channel} took it at ${at}`,
  tested: 'Before production (isolated trial)',
  live: 'In production',
  planned: 'planned',
  actual: 'actual',
  instructedBy: (who, person) => `${who} (instructed by ${person})`,
  himself: (person) => `${person} (own instruction)`,
  authorSigned: 'signed by the author (who asked and who else edited it: gate-asserted)',
  authorAsserted: 'who wrote it is gate-asserted, not signed',
  standing: (person, at) => `${person}  ${at} (standing)`,
  outcome: {
    kept: 'kept',
    rolled_back: 'taken back',
    failed: 'failed (not all as before)',
    aborted: 'aborted',
    nothing_done: 'nothing was done',
    refused: 'refused by the runner',
  },
  takenBackBy: (change) => `; taken back since by ${change}`,
  howKept: {
    proven: 'proven in effect and kept',
    person_proven: 'proven in effect, kept by a person',
    person: 'kept by a person, not proven in effect',
  },
  downtimeOf: { none: 'none', restart: 'during the restart', stop: 'stopped' },
  notify: { not_needed: 'decided: users need not be told', needed: 'decided: users must be told' },
  undoTold: (at) => `run at ${at}`,
  undoSchema: (at) => `run at ${at}; schema equal to before`,
  undoRan: (at) => `run at ${at}; bytes, owner and mode equal to before`,
  undoTried: (seconds) => `tried beforehand, ${seconds} s`,
  foreign: (path, kept) =>
    `${path} had been written by somebody else after the change; that version is kept in ${kept}`,
  undoNone: 'none (a restart or reload cannot be taken back)',
  undoIsolateAgain: 'none (to cut it off again: sekisho incident isolate)',
  putBack: (path) => `put ${path} back: bytes, owner and mode`,
  removed: (path) => `remove ${path}, which was not there before`,
  why: 'why',
  cause: 'cause',
  solo: 'approved by one person alone',
  typed: (service) => (service === '' ? '' : `typed “${service}”`),
  demo: 'DEMO',
  key: { file: 'key: file', device: 'key: other device', hardware: 'key: hardware' },
  seal: 'seal',
  waived: (check, by, reason) => `waived: ${check} (${by}: “${reason}”)`,
  said: 'Explanation by the author',
  reference: 'for reference, AI',
}

export const RECORD_WORDS: Both<RecordWords> = { ja, en }
