// Words of the report of an incident: the guide's form, its timeline, and the draft of the review, in both languages.
import type { Both } from './words.ts'

export interface ReportWords {
  readonly title: (id: string) => string
  readonly heading: Readonly<
    Record<
      'summary' | 'impact' | 'timeline' | 'evidence' | 'cause' | 'response' | 'told' | 'unknown' | 'review',
      string
    >
  >
  readonly none: string
  readonly notKnown: string
  readonly levelName: Readonly<Record<string, string>>
  readonly summary: Readonly<
    Record<'level' | 'service' | 'state' | 'opened' | 'because' | 'commander', string>
  >
  readonly impact: Readonly<Record<'from' | 'until' | 'lasted', string>>
  readonly minutes: (count: number) => string
  readonly system: string
  /** One line of the timeline, by the kind of the entry. */
  readonly event: {
    readonly opened: (by: string, because: string) => string
    readonly joined: (by: string, because: string) => string
    readonly evidence: (set: string, items: number, gaps: number, seconds: string) => string
    readonly skipped: (by: string, reason: string) => string
    readonly recovery: (what: string, change: string, takesBack: string | undefined) => string
    readonly recovering: (change: string, approved: string) => string
    readonly recovered: (change: string, good: string, of: string) => string
    readonly notRecovered: (change: string) => string
    readonly relapsed: (good: string, of: string) => string
    readonly causes: (count: number) => string
    readonly contained: string
    readonly acknowledged: (by: string) => string
    readonly noted: (by: string, text: string) => string
    readonly status: (by: string, text: string) => string
    readonly role: (role: string, person: string, by: string) => string
    readonly handover: (from: string, to: string, note: string) => string
    readonly told: (why: string, people: string) => string
    readonly resolved: (by: string) => string
    readonly closed: (by: string) => string
    readonly dismissed: (by: string, reason: string) => string
    readonly isolation: (event: string) => string
    readonly fileChanged: (path: string) => string
    readonly filePutBack: (path: string) => string
    readonly glassOpened: (person: string, verbs: string, reason: string) => string
    readonly glassIntent: (verb: string, service: string) => string
    readonly glassOutcome: (result: string) => string
    readonly glassReviewed: (person: string, text: string) => string
    readonly other: (kind: string) => string
  }
  readonly approved: Readonly<Record<string, string>>
  readonly what: Readonly<Record<string, string>>
  readonly toldWhy: Readonly<Record<string, string>>
  readonly isolation: Readonly<Record<string, string>>
  readonly sets: Readonly<Record<string, string>>
  readonly gap: (name: string, why: string) => string
  readonly item: (item: string, name: string, digest: string, size: string) => string
  readonly byPerson: string
  readonly watched: (looks: string, from: string, until: string) => string
  readonly withoutSoak: (reason: string) => string
  /** A restart that was ordered and not begun when the incident ended. */
  readonly notNeeded: (change: string) => string
  /** Of what the ledger was told later than it happened. */
  readonly recordedAt: (time: string) => string
  readonly result: Readonly<Record<string, string>>
  readonly clear: (kinds: string) => string
  readonly nobodyTold: string
  readonly delivered: (at: string, channel: string) => string
  readonly notDelivered: (at: string, channel: string) => string
  readonly nobodyReached: string
  readonly noChannel: string
  readonly noCause: string
  /** A change that is near in time, and of which nothing else is known. */
  readonly near: (sentence: string) => string
  /** What follows from the causes. */
  readonly seen: (sentence: string) => string
  readonly edited: (path: string, since: string) => string
  readonly notLaterThan: (declared: string) => string
  readonly atLeast: (time: string) => string
  readonly cutOff: (
    from: string,
    until: string | undefined,
    lasted: string | undefined,
    address: string | undefined,
  ) => string
  readonly review: Readonly<Record<'planned' | 'actual' | 'actions' | 'questions' | 'firstResponse', string>>
  readonly withinOf: (took: string, limit: string) => string
  readonly questions: readonly string[]
}

const JA: ReportWords = {
  title: (id) => `障害報告書 ${id}`,
  heading: {
    summary: '概要',
    impact: '影響',
    timeline: '経過',
    evidence: '証拠',
    cause: '原因',
    response: '対応',
    told: '連絡',
    unknown: '分からないこと',
    review: '事後レビュー（案）',
  },
  none: 'なし',
  notKnown: '不明',
  levelName: {
    '1': 'レベル1: サービス停止（Critical）',
    '2': 'レベル2: データ破損（High）',
    '3': 'レベル3: セキュリティインシデント（Critical）',
  },
  summary: {
    level: '区分',
    service: 'サービス',
    state: '状態',
    opened: '宣言',
    because: 'きっかけ',
    commander: '指揮',
  },
  impact: { from: '始まり', until: '復旧', lasted: '続いた時間' },
  minutes: (count) => `${count} 分`,
  system: 'Sekisho',
  event: {
    opened: (by, because) => `障害を宣言（${by}）:「${because}」`,
    joined: (by, because) => `同じ障害の連絡（${by}）:「${because}」`,
    evidence: (set, items, gaps, seconds) =>
      `証拠を保全（${set}）: ${items} 件、${seconds} 秒${gaps === 0 ? '' : `、取れなかったもの ${gaps} 件`}`,
    skipped: (by, reason) => `証拠を待たないと判断（${by}）:「${reason}」`,
    recovery: (what, change, back) =>
      `${what}: ${change}${back === undefined ? '' : `（${back} を元に戻す）`}`,
    recovering: (change, approved) => `復旧を開始: ${change}（${approved}）`,
    recovered: (change, good, of) => `復旧を確認: ${change} のあと、健全 ${good}/${of}`,
    notRecovered: (change) => `${change} のあとも復旧していない`,
    relapsed: (good, of) => `再発: 健全 ${good}/${of}`,
    causes: (count) => `原因を調査: ${count} 件`,
    contained: '封じ込めに移行',
    acknowledged: (by) => `${by} が対応を開始`,
    noted: (by, text) => `メモ（${by}）:「${text}」`,
    status: (by, text) => `状況報告（${by}）:「${text}」`,
    role: (role, person, by) => `${role}を ${person} に（${by}）`,
    handover: (from, to, note) => `指揮を引き継ぎ: ${from} → ${to}「${note}」`,
    told: (why, people) => `連絡の宛先（${why}）: ${people}`,
    resolved: (by) => `解決（${by}）`,
    closed: (by) => `完了（${by}）`,
    dismissed: (by, reason) => `誤報と判断（${by}）:「${reason}」`,
    isolation: (event) => `隔離: ${event}`,
    fileChanged: (path) => `関所の外で変えられたファイルを発見: ${path}`,
    filePutBack: (path) => `関所の外で変えられたファイルは、知っているとおりになった: ${path}`,
    glassOpened: (person, verbs, reason) => `緊急解錠（${person}）: ${verbs}「${reason}」`,
    glassIntent: (verb, service) => `緊急解錠で実行: ${service} の ${verb}`,
    glassOutcome: (result) => `緊急解錠の結果: ${result}`,
    glassReviewed: (person, text) => `緊急解錠をレビュー（${person}）:「${text}」`,
    other: (kind) => kind,
  },
  approved: { people: '人が承認', standing: '事前承認', no: '承認なし' },
  what: {
    restart: 'サービスの再起動を指示',
    restore: 'バックアップからの復元を指示',
    rollback: '変更の取り消しを指示',
    other: 'サービスの変更が維持された（健全を確かめる）',
  },
  toldWhy: {
    opened: '宣言',
    unacknowledged: '応答なし',
    relapsed: '再発',
    status_due: '状況報告の時刻',
    review_due: '事後レビューの期限',
  },
  isolation: {
    asked: '指示',
    applied: '適用',
    kept: '維持',
    undone: '取り消し',
    restored: '復元',
    ended: '終了',
    captured: '全体の証拠を保全',
  },
  sets: {
    level1: '操作の前',
    after: '再起動のあと',
    glass: '緊急の操作の前',
    volatile: '揮発する状態',
    capture: '全体の証拠',
  },
  gap: (name, why) => `取れなかった証拠 ${name}: ${why}`,
  item: (item, name, digest, size) => `${item} ${name}  sha256 ${digest}  ${size}`,
  byPerson: '人の判断',
  watched: (looks, from, until) => `${from} から ${until} まで ${looks} 回、健全を確認`,
  recordedAt: (time) => `（台帳に載ったのは ${time}）`,
  result: { applied: '成功', failed: '失敗', unknown: '不明' },
  withoutSoak: (reason) => `健全が続くのを待たずに解決:「${reason}」`,
  notNeeded: (change) => `${change} は始まっていなかったので、取り下げた`,
  clear: (kinds) => `見て異常なし: ${kinds}`,
  nobodyTold: '連絡の宛先になる人がいない',
  delivered: (at, channel) => `${at}  届いた: ${channel}`,
  notDelivered: (at, channel) => `${at}  届かなかった: ${channel}`,
  nobodyReached: '誰かに届いた記録はない',
  noChannel: '誰にも届いていない: 通知先（notify の channels）が書かれていない',
  noCause: '関所が見た範囲では、原因は見つかっていない',
  seen: (sentence) => `ほかに見えたこと — ${sentence}`,
  edited: (path, since) => `関所の外で変えられたファイル: ${path}（${since} に発見）`,
  near: (sentence) => `時刻が近いだけの変更 — ${sentence}`,
  notLaterThan: (declared) => `不明（遅くとも ${declared} に宣言）`,
  atLeast: (time) => `${time} 以上`,
  cutOff: (from, until, lasted, address) =>
    `遮断: ${from} から${until === undefined ? '（続いている）' : ` ${until} まで（${lasted}）`}。通したのは${address === undefined || address === '' ? 'この端末' : ` ${address} からの SSH `}だけ`,
  review: {
    planned: '予定',
    actual: '実際',
    actions: '次にすること（担当）',
    questions: '話し合うこと',
    firstResponse: '最初の対応',
  },
  withinOf: (took, limit) => `${took}（目標 ${limit}）`,
  questions: ['何がうまくいったか', '何に時間がかかったか', '同じことを、次はもっと早く見つけられるか'],
}

const EN: ReportWords = {
  title: (id) => `Incident report ${id}`,
  heading: {
    summary: 'Summary',
    impact: 'Impact',
    timeline: 'Timeline',
    evidence: 'Evidence',
    cause: 'Cause',
    response: 'Response',
    told: 'Who was told',
    unknown: 'What is not known',
    review: 'Review after the incident (draft)',
  },
  none: 'none',
  notKnown: 'not known',
  levelName: {
    '1': 'Level 1: service down (critical)',
    '2': 'Level 2: data damaged (high)',
    '3': 'Level 3: security incident (critical)',
  },
  summary: {
    level: 'Level',
    service: 'Service',
    state: 'State',
    opened: 'Declared',
    because: 'Because',
    commander: 'Commander',
  },
  impact: { from: 'From', until: 'Recovered', lasted: 'Lasted' },
  minutes: (count) => `${count} min`,
  system: 'Sekisho',
  event: {
    opened: (by, because) => `declared by ${by}: "${because}"`,
    joined: (by, because) => `told again by ${by}: "${because}"`,
    evidence: (set, items, gaps, seconds) =>
      `evidence sealed (${set}): ${items} items in ${seconds} s${gaps === 0 ? '' : `, ${gaps} not collected`}`,
    skipped: (by, reason) => `${by} decided not to wait for evidence: "${reason}"`,
    recovery: (what, change, back) => `${what}: ${change}${back === undefined ? '' : ` (${back})`}`,
    recovering: (change, approved) => `recovery begun by ${change} (${approved})`,
    recovered: (change, good, of) => `recovered after ${change}: health green ${good} of ${of}`,
    notRecovered: (change) => `not recovered after ${change}`,
    relapsed: (good, of) => `it is back: health green ${good} of ${of}`,
    causes: (count) => `causes looked for: ${count} found`,
    contained: 'containing',
    acknowledged: (by) => `${by} answers for it`,
    noted: (by, text) => `note by ${by}: "${text}"`,
    status: (by, text) => `status by ${by}: "${text}"`,
    role: (role, person, by) => `${person} is ${role} (${by})`,
    handover: (from, to, note) => `handed over by ${from} to ${to}: "${note}"`,
    told: (why, people) => `to be told (${why}): ${people}`,
    resolved: (by) => `resolved by ${by}`,
    closed: (by) => `closed by ${by}`,
    dismissed: (by, reason) => `dismissed as a false alarm by ${by}: "${reason}"`,
    isolation: (event) => `isolation: ${event}`,
    fileChanged: (path) => `seen that a file was changed outside of Sekisho: ${path}`,
    filePutBack: (path) => `the file that was changed outside of Sekisho is as it is known: ${path}`,
    glassOpened: (person, verbs, reason) => `break-glass by ${person}: ${verbs} "${reason}"`,
    glassIntent: (verb, service) => `done by break-glass: ${verb} of ${service}`,
    glassOutcome: (result) => `result of the break-glass: ${result}`,
    glassReviewed: (person, text) => `break-glass reviewed by ${person}: "${text}"`,
    other: (kind) => kind,
  },
  approved: { people: 'approved by a person', standing: 'standing statement', no: 'not approved' },
  what: {
    restart: 'restart ordered',
    restore: 'restore ordered',
    rollback: 'change taken back',
    other: 'a change of the service was kept (health is looked at)',
  },
  toldWhy: {
    opened: 'declared',
    unacknowledged: 'nobody answered',
    relapsed: 'it is back',
    status_due: 'a status is due',
    review_due: 'the review is due',
  },
  isolation: {
    asked: 'asked for',
    applied: 'applied',
    kept: 'kept',
    undone: 'undone',
    restored: 'restored',
    ended: 'ended',
    captured: 'full capture sealed',
  },
  sets: {
    level1: 'before anything was touched',
    after: 'after the restart',
    glass: 'before the emergency act',
    volatile: 'volatile state',
    capture: 'full capture',
  },
  gap: (name, why) => `not collected, ${name}: ${why}`,
  item: (item, name, digest, size) => `${item} ${name}  sha256 ${digest}  ${size}`,
  byPerson: 'As a person judged',
  watched: (looks, from, until) => `health was green in ${looks} looks from ${from} to ${until}`,
  recordedAt: (time) => ` (on the record since ${time})`,
  result: { applied: 'done', failed: 'failed', unknown: 'not known' },
  withoutSoak: (reason) => `resolved without waiting whether health stays green: "${reason}"`,
  notNeeded: (change) => `${change} had not begun, and was withdrawn`,
  clear: (kinds) => `looked at and clear: ${kinds}`,
  nobodyTold: 'nobody is there to be told',
  delivered: (at, channel) => `${at}  reached: ${channel}`,
  notDelivered: (at, channel) => `${at}  not reached: ${channel}`,
  nobodyReached: 'no record says that anybody was reached',
  noChannel: 'nobody was reached: no channel is declared (notify, channels)',
  noCause: 'no cause was found in what Sekisho looked at',
  seen: (sentence) => `also seen: ${sentence}`,
  edited: (path, since) => `changed outside of Sekisho: ${path} (seen at ${since})`,
  near: (sentence) => `only near in time: ${sentence}`,
  notLaterThan: (declared) => `not known (at the latest ${declared} when it was declared)`,
  atLeast: (time) => `at least ${time}`,
  cutOff: (from, until, lasted, address) =>
    `cut off: from ${from}${until === undefined ? ', and still' : ` to ${until} (${lasted})`}; admitted was ${address === undefined || address === '' ? 'the terminal' : `SSH from ${address}`} alone`,
  review: {
    planned: 'planned',
    actual: 'actual',
    actions: 'What follows, and who does it',
    questions: 'To talk about',
    firstResponse: 'First response',
  },
  withinOf: (took, limit) => `${took} (limit ${limit})`,
  questions: ['What went well?', 'What took long?', 'How could the same be seen sooner next time?'],
}

export const REPORT_WORDS: Both<ReportWords> = { ja: JA, en: EN }
