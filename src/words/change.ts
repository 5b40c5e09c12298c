// The words of a change: its states, steps and checks. Both languages, one interface.
import { CHANGE_CODES, type CodeValues } from './change-codes.ts'
import { actionNames } from './plan.ts'
import { STATE_WORDS } from './state.ts'
import type { Both } from './words.ts'

export interface ChangeWords {
  readonly kind: Readonly<Record<string, string>>
  readonly state: Readonly<Record<string, string>>
  readonly rail: readonly [string, string, string, string, string, string, string]
  readonly seal: string
  readonly label: Readonly<
    Record<
      | 'what'
      | 'where'
      | 'when'
      | 'who'
      | 'impact'
      | 'explanation'
      | 'undo'
      | 'keep'
      | 'checks'
      | 'wall'
      | 'approve'
      | 'moved'
      | 'decisions'
      | 'next'
      | 'standing'
      | 'notify'
      | 'reason'
      | 'cause'
      | 'outcome',
      string
    >
  >
  readonly check: Readonly<Record<string, string>>
  readonly verdict: Readonly<Record<string, string>>
  readonly step: Readonly<Record<string, string>>
  readonly proof: Readonly<Record<string, string>>
  /** Sentences of codes with values: moved.*, disagreement.*, wall.*, next.*, proof and outcome reasons. */
  readonly code: (code: string, d: CodeValues) => string
  readonly captured: string
  readonly quoted: string
  readonly forReference: string
  /** `+2 -1`: lines that come and lines that go. */
  readonly lines: (counts: string) => string
  /** What becomes of a file, where it is more than other lines. */
  readonly becomes: Readonly<Record<'made' | 'gone' | 'empty' | 'linked' | 'unlinked', string>>
  readonly noLineFeed: string
  /** In the place of the title of `validation`, where Sekisho has read the text by itself. */
  readonly ownReading: string
  readonly notValidated: (paths: readonly string[]) => string
  readonly whenApproved: string
  readonly windowFrom: (from: string, until: string) => string
  readonly asked: (agent: string, person: string, mode: string) => string
  readonly reload: (unit: string) => string
  readonly restart: (unit: string, stopMs: number | undefined) => string
  readonly stop: (unit: string) => string
  readonly start: (unit: string) => string
  readonly fileOnly: string
  /** Where the machine's name is not known from here. */
  readonly gatesMachine: string
  /** What the way back does with the files: all were there, none was, some were. */
  readonly undoFiles: (which: 'old' | 'new' | 'both') => string
  readonly undoTried: (back: string, seconds: string) => string
  readonly undoNotTried: (back: string) => string
  readonly undoNone: string
  readonly undoIsolateAgain: string
  readonly losesNothing: string
  /** Tried on copies, and the copies were not as before. */
  readonly undoFailed: (back: string) => string
  /** Bytes, owner and mode were equal; access lists and attributes could not be read. */
  readonly extrasNotCompared: string
  readonly keepByProof: string
  /** Restart and reload: nothing to go back to. */
  readonly keepNoWayBack: string
  /** Who moved it, as far as it was looked up: a change, `certificate certbot`, `package NAME VERSIONS`, or `unknown`. */
  readonly movedBy: (by: string) => string
  readonly keepByPerson: (seconds: number) => string
  readonly explained: (impact: string, risk: string) => string
  readonly byAgent: string
  readonly notMeasured: string
  readonly solo: string
  readonly demo: string
  readonly notify: Readonly<Record<'not_needed' | 'needed', string>>
  readonly nothing: string
  readonly standingBy: (person: string, used: number, perHour: number) => string
  /** It ended with a release that changed the procedure. */
  readonly standingEnded: (service: string, verb: string) => string
  readonly ports: (list: string) => string
}

const seconds = (ms: number) => (ms < 10_000 ? (ms / 1000).toFixed(1) : String(Math.round(ms / 1000)))

const ja: ChangeWords = {
  kind: {
    code: 'コード',
    directory: 'データ全体',
    database: 'データベース',
    several: '複数',
    rollback: '取り消し',
    restart: '再起動',
    reload: '再読み込み',
    start: '起動',
    stop: '停止',
    command: 'コマンド',
    reconnect: '遮断の終わり',
    sql: 'SQL',
  },
  state: STATE_WORDS.ja,
  rail: ['指示', '影響', '検査', '試行', '承認', '実行', '記録'],
  seal: '封',
  label: {
    what: '何を',
    where: 'どこで',
    when: 'いつ',
    who: '誰が',
    impact: '影響',
    explanation: '  説明',
    undo: '戻し方',
    keep: '維持',
    checks: '検査',
    wall: '壁',
    approve: '承認する',
    moved: '動いたもの',
    decisions: '判断',
    next: '次に',
    standing: '事前承認',
    notify: '通知',
    reason: '理由',
    cause: '原因',
    outcome: '結果',
  },
  check: {
    baseline: '基準と一致',
    conflict: '実行中の他の変更なし',
    window: '時間帯・凍結',
    health: '健全',
    validation: '構文と設定（隔離）',
    trial: '適用の試行',
    undo: '取り消しの試行',
    notification: '通知の判断',
    backup: 'バックアップ',
    tests: 'テスト',
    rehearsal: '予行',
    impact: '影響',
  },
  verdict: {
    green: '通過',
    red: '不合格',
    unknown: '不明',
    not_tried: '試していません',
    not_applicable: '対象外',
    no_validator: 'この種類を検査する道具はない',
    waived: '免除',
    pending: 'これから',
  },
  step: {
    diagnostics: '状態とログを保全する',
    copies: '控えを取る',
    ...actionNames('ja'),
    'unit.restart': '再起動',
    'unit.reload': 'reload',
    'unit.start': '起動',
    'unit.stop': '停止',
    proof: '効いているか確かめる',
    keep: '維持する',
    undo: '元に戻す',
  },
  proof: {
    schema: 'スキーマが予行と同じ',
    files: 'ファイルの内容・所有者・権限',
    nginx: 'nginx で効いていること',
    unit: 'systemd の設定',
    running: 'サービスの稼働',
    health: '健全',
    probe: '宣言された確認',
    restored: '用意したものがその場所にある',
    deployed: '試したものがそのまま置かれている',
    answers: 'ポートが応答する',
    connected: '遮断が外れている',
    readBack: '読み直すと送ったとおり',
  },
  code: (code, d) => CHANGE_CODES.ja(code, d, ja.check),
  captured: '本人の入力',
  quoted: '引用',
  forReference: '参考・AI',
  lines: (counts) => `${counts} 行`,
  becomes: {
    made: '新しいファイル',
    gone: 'ファイルを削除',
    empty: 'ファイルは空になる',
    linked: '新しいリンク',
    unlinked: 'リンクを削除（リンク先のファイルはそのまま）',
  },
  noLineFeed: '最後に改行なし',
  ownReading: '構文（関所の読み取り）',
  notValidated: (paths) => `検査する道具がないもの: ${paths.join('、')}`,
  whenApproved: '承認されたらすぐ',
  windowFrom: (from, until) => `${from} から ${until} まで`,
  asked: (agent, person, mode) => `${agent}（指示: ${person}、${mode}）`,
  reload: (unit) => `${unit} を reload（再起動なし、停止なし）`,
  restart: (unit, stop) =>
    `${unit} を再起動${stop === undefined ? '' : `（停止に最長 ${seconds(stop)} 秒）`}`,
  stop: (unit) => `${unit} を停止`,
  start: (unit) => `${unit} を起動`,
  fileOnly: 'ファイルだけ（再起動なし）',
  gatesMachine: '関所のある機械',
  undoFiles: (which) =>
    ({
      old: '元のファイルに戻す',
      new: '新しく作ったものを削除する',
      both: '元のファイルに戻し、新しく作ったものを削除する',
    })[which],
  undoTried: (back, s) => `${back}。試行で確認済み ${s} 秒`,
  undoNotTried: (back) => `${back}。試行は未計測`,
  undoNone: 'ありません（再起動・再読み込みは取り消せません）',
  undoIsolateAgain: 'ありません（もう一度遮断するには sekisho incident isolate）',
  losesNothing: '失うもの なし',
  undoFailed: (back) => `${back}。試したが元に戻らなかった（検査を見てください）`,
  extrasNotCompared: 'ACL と拡張属性は比べられなかった',
  keepNoWayBack: '動いていることを確かめる。確かめられなければ「失敗」と言う',
  movedBy: (by) => {
    const [kind, ...rest] = by.split(' ')
    if (kind === 'certificate')
      return rest.length === 0
        ? '証明書の差し替え（誰かは不明）'
        : `証明書の更新（${rest.join(' ')} のファイル）`
    if (kind === 'package') return `パッケージの更新 ${rest.join(' ')}`
    return by === 'unknown' ? '誰かは不明' : by.startsWith('CHG-') ? `${by} の実行` : by
  },
  keepByProof: '効いていることを確かめて自動で維持。確かめられなければ元に戻す',
  keepByPerson: (s) => `人が ${s} 秒以内に「維持する」と言わなければ元に戻す`,
  explained: (impact, risk) => `影響「${impact}」 リスク「${risk}」`,
  byAgent: '参考・AI',
  notMeasured: '未計測',
  solo: '単独承認',
  demo: 'DEMO',
  notify: { not_needed: '利用者への通知は不要', needed: '利用者への通知が必要' },
  nothing: 'なし',
  standingEnded: (service, verb) =>
    `この版で手順が変わったので終わりました。署名し直す: sekisho standing sign ${service} ${verb}`,
  standingBy: (person, used, perHour) => `${person} が署名済み（この 1 時間に ${used} / ${perHour} 回）`,
  ports: (list) => `${list} 番`,
}

const en: ChangeWords = {
  kind: {
    code: 'code',
    directory: 'whole directory',
    database: 'database',
    several: 'several',
    rollback: 'taken back',
    restart: 'restart',
    reload: 'reload',
    start: 'start',
    command: 'command',
    reconnect: 'isolation ended',
    stop: 'stop',
    sql: 'SQL',
  },
  state: STATE_WORDS.en,
  rail: ['asked', 'impact', 'checks', 'trial', 'approval', 'run', 'record'],
  seal: 'seal',
  label: {
    what: 'What',
    where: 'Where',
    when: 'When',
    who: 'Who',
    impact: 'Impact',
    explanation: '  said',
    undo: 'Way back',
    keep: 'Keep',
    checks: 'Checks',
    wall: 'Wall',
    approve: 'approve',
    moved: 'Moved',
    decisions: 'Decided',
    next: 'Next',
    standing: 'Standing',
    notify: 'Notify',
    reason: 'Reason',
    cause: 'Cause',
    outcome: 'Outcome',
  },
  check: {
    baseline: 'baseline',
    conflict: 'no other change running',
    window: 'window, freeze',
    health: 'healthy',
    validation: 'validated (sandbox)',
    trial: 'apply tried',
    undo: 'undo tried',
    notification: 'notification decided',
    backup: 'backup',
    tests: 'tests',
    rehearsal: 'rehearsal',
    impact: 'impact',
  },
  verdict: {
    green: 'passed',
    red: 'failed',
    unknown: 'unknown',
    not_tried: 'not tried',
    not_applicable: 'not applicable',
    no_validator: 'no validator for this kind',
    waived: 'waived',
    pending: 'to come',
  },
  step: {
    diagnostics: 'seal state and logs',
    copies: 'keep copies',
    ...actionNames('en'),
    'unit.restart': 'restart',
    'unit.reload': 'reload',
    'unit.start': 'start',
    'unit.stop': 'stop',
    proof: 'prove it is in effect',
    keep: 'keep',
    undo: 'undo',
  },
  proof: {
    schema: 'schema as rehearsed',
    files: 'bytes, owner, mode',
    nginx: 'nginx in effect',
    unit: 'systemd settings',
    running: 'running',
    health: 'healthy',
    probe: 'declared probe',
    restored: 'what was laid out stands there',
    deployed: 'what was tested stands there',
    answers: 'its ports answer',
    connected: 'no isolation is left',
    readBack: 'what was sent is read back',
  },
  code: (code, d) => CHANGE_CODES.en(code, d, en.check),
  captured: 'captured',
  quoted: 'quoted',
  forReference: 'for reference, AI',
  lines: (counts) => `${counts} ${/^\S1$/.test(counts) ? 'line' : 'lines'}`,
  becomes: {
    made: 'a new file',
    gone: 'the file is deleted',
    empty: 'the file becomes empty',
    linked: 'a new link',
    unlinked: 'the link is removed (the file it leads to stays)',
  },
  noLineFeed: 'no line feed at the end',
  ownReading: 'syntax (read by Sekisho)',
  notValidated: (paths) => `no validator for ${paths.join(', ')}`,
  whenApproved: 'as soon as it is approved',
  windowFrom: (from, until) => `from ${from} until ${until}`,
  asked: (agent, person, mode) => `${agent} (instructed by ${person}, ${mode})`,
  reload: (unit) => `reload ${unit} (no restart, no downtime)`,
  restart: (unit, stop) =>
    `restart ${unit}${stop === undefined ? '' : ` (stopping may take ${seconds(stop)} s)`}`,
  stop: (unit) => `stop ${unit}`,
  start: (unit) => `start ${unit}`,
  fileOnly: 'the file alone (no restart)',
  gatesMachine: 'the gate’s machine',
  undoFiles: (which) =>
    ({
      old: 'put the old file back',
      new: 'remove what was made',
      both: 'put the old files back and remove what was made',
    })[which],
  undoTried: (back, s) => `${back}: tried, ${s} s`,
  undoNotTried: (back) => `${back}: not measured`,
  undoNone: 'none (a restart or reload cannot be taken back)',
  undoIsolateAgain: 'none (to cut it off again: sekisho incident isolate)',
  losesNothing: 'loses nothing',
  undoFailed: (back) => `${back}: tried, and it was not as before (see the checks)`,
  extrasNotCompared: 'access lists and attributes could not be compared',
  keepNoWayBack: 'proven to run again; where it does not, it is said to have failed',
  movedBy: (by) => {
    const [kind, ...rest] = by.split(' ')
    if (kind === 'certificate')
      return rest.length === 0
        ? 'a certificate was replaced, by whom is not known'
        : `certificate renewal (files of ${rest.join(' ')})`
    if (kind === 'package') return `package upgrade ${rest.join(' ')}`
    return by === 'unknown' ? 'by whom is not known' : by.startsWith('CHG-') ? `by ${by}` : by
  },
  keepByProof: 'keeps itself once proven in effect, else goes back',
  keepByPerson: (s) => `goes back unless a person says keep within ${s} s`,
  explained: (impact, risk) => `impact “${impact}”, risk “${risk}”`,
  byAgent: 'for reference, AI',
  notMeasured: 'not measured',
  solo: 'approved by one person alone',
  demo: 'DEMO',
  notify: { not_needed: 'users need not be told', needed: 'users must be told' },
  nothing: 'none',
  standingEnded: (service, verb) =>
    `ended: the procedure changed in this release. Sign again: sekisho standing sign ${service} ${verb}`,
  standingBy: (person, used, perHour) => `signed by ${person} (${used} of ${perHour} used this hour)`,
  ports: (list) => `port ${list}`,
}

export const CHANGE_WORDS: Both<ChangeWords> = { ja, en }
export { seconds }
