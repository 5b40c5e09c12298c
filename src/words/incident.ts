// Words of incidents on the terminal: states, roles, steps, and the one next action, in both languages.
import type { Both, Language } from './words.ts'

export const INCIDENT_STATE_WORDS: Both<Readonly<Record<string, string>>> = {
  ja: {
    declared: '宣言済み',
    preserving: '証拠を保全中',
    containing: '封じ込め',
    diagnosing: '原因を調査中',
    mitigating: '応急処置中',
    recovering: '復旧中',
    monitoring: '復旧後の監視中',
    resolved: '解決',
    review_due: '事後レビュー待ち',
    closed: '完了',
    false_alarm: '誤報',
  },
  en: {
    declared: 'declared',
    preserving: 'preserving evidence',
    containing: 'containing',
    diagnosing: 'looking for the cause',
    mitigating: 'mitigating',
    recovering: 'recovering',
    monitoring: 'recovered, being watched',
    resolved: 'resolved',
    review_due: 'review is due',
    closed: 'closed',
    false_alarm: 'false alarm',
  },
}

export const INCIDENT_ROLE_WORDS: Both<Readonly<Record<string, string>>> = {
  ja: { commander: '指揮', operations: '作業', communication: '連絡' },
  en: { commander: 'commander', operations: 'operations', communication: 'communication' },
}

const NEXT: Both<Readonly<Record<string, string>>> = {
  ja: {
    seal: '証拠を保全する',
    restart: 'サービスを再起動する',
    change_waits: '変更が人を待っている',
    change_runs: '変更を実行している',
    look: '復旧したかを確かめる',
    recovery: '疑わしい変更を取り消す',
    restore: '健全な最新のバックアップから戻す',
    sign_isolation: 'ホストの遮断に要る署名（まだない）をする。そのあとで遮断する',
    isolate: 'ホストをネットワークから隔離する',
    capture: '隔離中に、全体の証拠を保全する',
    recover_change: '復旧させた、承認された変更を指定する（番号は sekisho change list --all）',
    reconnect: 'ホストの隔離を終える（承認が要る変更）',
    soak: '健全なまま続くかを待つ',
    close: '原因を書いて閉じる',
    review: '原因と、次にすることを書いて閉じる',
    report: '閉じました。報告書を読む',
    nothing: 'することはない',
  },
  en: {
    seal: 'seal the evidence',
    restart: 'restart the service',
    change_waits: 'a change waits for a person',
    change_runs: 'a change is running',
    look: 'look whether it has recovered',
    recovery: 'take the suspect change back',
    restore: 'restore the last known good backup',
    sign_isolation: 'sign that the host may be isolated, which nobody has yet; then isolate it',
    isolate: 'isolate the host',
    capture: 'take the full capture while the host is isolated',
    recover_change: 'name the approved change that recovers it (sekisho change list --all)',
    reconnect: 'end the isolation of the host (a change that is approved)',
    soak: 'wait whether health stays green',
    close: 'write the cause and close it',
    review: 'write the cause and what follows, and close it',
    report: 'it is closed: read the report',
    nothing: 'nothing is left to do',
  },
}

/** What `incident next` has just done, by the state that follows. */
const DONE: Both<Readonly<Record<string, string>>> = {
  ja: {
    containing: '証拠を保全しました',
    diagnosing: '原因を調べました',
    mitigating: '応急処置の段階に入りました',
    recovering: '復旧を確かめています',
    monitoring: '復旧しました（健全を確認）',
  },
  en: {
    containing: 'the evidence is sealed',
    diagnosing: 'causes were looked for',
    mitigating: 'now at the mitigation',
    recovering: 'recovery is being checked',
    monitoring: 'recovered: health is green',
  },
}

/** A healthy service may still be a broken one. */
const HEALTH_ALONE: Both<string> = {
  ja: 'サービスは健全です。侵入の跡が残っていないかは、健全からは分かりません',
  en: 'the service is healthy; whether anything of the break-in is left, health does not say',
}

const GAP: Both<Readonly<Record<string, string>>> = {
  ja: {
    late: '時間切れ',
    failed: '取得できない',
    quota: '証拠の上限',
    no_room: 'ディスクに空きがない',
    no_systemd: 'systemd がない',
    not_there: 'ない',
  },
  en: {
    late: 'out of time',
    failed: 'could not be had',
    quota: 'quota of evidence',
    no_room: 'no room on disk',
    no_systemd: 'no systemd',
    not_there: 'not there',
  },
}

/** A set of evidence is `level1`, or `glass 0123456789ab/1`. */
const SET: Both<Readonly<Record<string, string>>> = {
  ja: {
    level1: '操作の前',
    after: '再起動のあと',
    glass: '緊急の操作の前',
    volatile: '隔離の前の状態',
    capture: '全体の証拠',
  },
  en: {
    level1: 'before anything was touched',
    after: 'after the restart',
    glass: 'before the emergency act',
    volatile: 'state before the isolation',
    capture: 'full capture',
  },
}

const RECOVERY: Both<Readonly<Record<string, string>>> = {
  ja: {
    restart: '再起動',
    restore: 'バックアップからの復元',
    rollback: '変更の取り消し',
    undo: '失敗した変更の自動の取り消し',
    other: '復旧の変更',
  },
  en: {
    restart: 'restart',
    restore: 'restore',
    rollback: 'change taken back',
    undo: 'failed change taken back by itself',
    other: 'recovery change',
  },
}

const ISOLATION: Both<Readonly<Record<string, string>>> = {
  ja: {
    asked: '指示',
    applied: '隔離中（新しいログインを待っている）',
    kept: '隔離中',
    undone: '取り消された（新しいログインがなかった）',
    restored: '復元',
    ended: '終了',
    captured: '全体の証拠を保全',
  },
  en: {
    asked: 'asked for',
    applied: 'cut off (waiting for a new login)',
    kept: 'cut off',
    undone: 'undone (nobody logged in anew)',
    restored: 'restored',
    ended: 'ended',
    captured: 'full capture sealed',
  },
}

export const INCIDENT_WORDS = {
  set: (set: string, language: Language) => SET[language][set.split(' ')[0] ?? ''] ?? set,
  recovery: (what: string, language: Language) => RECOVERY[language][what] ?? what,
  isolation: (event: string, language: Language) => ISOLATION[language][event] ?? event,
  alerts: {
    ja: (count: number, firing: number) => `${count} 件（いま ${firing} 件が発生中）`,
    en: (count: number, firing: number) => `${count} (${firing} firing now)`,
  },
  state: (state: string, language: Language) => INCIDENT_STATE_WORDS[language][state] ?? state,
  next: (what: string, language: Language) => NEXT[language][what] ?? what,
  until: {
    ja: (what: string, time: string) => `${what}（${time} まで）`,
    en: (what: string, time: string) => `${what} (until ${time})`,
  },
  done: (state: string, language: Language, level = 1) =>
    level === 3 && state === 'monitoring' ? HEALTH_ALONE[language] : DONE[language][state],
  gap: (why: string, language: Language) => GAP[language][why] ?? why,
  level: { ja: (level: number) => `レベル${level}`, en: (level: number) => `level ${level}` },
  none: { ja: '開いている障害はありません', en: 'No open incident' },
  joined: { ja: '開いている障害に加わりました', en: 'joined the open incident' },
  noCommander: { ja: '指揮する人がまだいません', en: 'nobody commands it yet' },
  undo: {
    ja: (seconds: string | undefined) =>
      seconds === undefined ? '取り消しは未計測' : `取り消しは試行で ${seconds} 秒`,
    en: (seconds: string | undefined) =>
      seconds === undefined ? 'way back not measured' : `way back ${seconds} s in the trial`,
  },
  undoByValues: {
    ja: (keys: string) => `取り消すには ${keys} の前の値が要る`,
    en: (keys: string) => `the way back needs the earlier value of ${keys}`,
  },
  noCause: { ja: '見つかっていない', en: 'none was found' },
  /** Whom notices reached. */
  reached: {
    ja: (channels: number, deliveries: number) =>
      channels === 0
        ? '誰にも届かない: 通知先（notify の channels）がない'
        : deliveries === 0
          ? 'まだ誰にも届いていない'
          : `${deliveries} 件届いた`,
    en: (channels: number, deliveries: number) =>
      channels === 0
        ? 'nobody is reached: no channel is declared (notify, channels)'
        : deliveries === 0
          ? 'nobody was reached yet'
          : `${deliveries} delivered`,
  },
  notCutOff: { ja: 'いまは遮断していない', en: 'not cut off now' },
  noWayBack: { ja: '取り消せない', en: 'cannot be taken back' },
  /** Of a recovery. */
  didNotHelp: { ja: '健全に戻らなかった', en: 'health did not come back' },
  editedFile: {
    ja: (path: string, since: string) => `${path}（${since} に発見）`,
    en: (path: string, since: string) => `${path} (seen at ${since})`,
  },
  items: {
    ja: (count: number, seconds: string) => `${count} 件、${seconds} 秒`,
    en: (count: number, seconds: string) => `${count} items in ${seconds} s`,
  },
  label: {
    ja: {
      because: 'きっかけ',
      since: '始まり',
      alerts: 'アラート',
      isolation: '隔離',
      roles: '役割',
      evidence: '証拠',
      read: '証拠を読む',
      gaps: '取れなかった証拠',
      causes: '原因',
      seen: 'ほかに見えたこと',
      near: '時刻の近い変更',
      reached: '連絡',
      edited: '関所の外の変更',
      notLooked: '見ていないもの',
      clear: '見て異常なし',
      suspects: '疑わしい変更',
      recoveries: '復旧の変更',
      notes: 'メモ',
      status: '次の状況報告',
      escalation: '次の連絡',
      next: '次に',
      review: '原因（人の判断）',
      held: '止まっている理由',
    },
    en: {
      because: 'because',
      since: 'since',
      alerts: 'alerts',
      isolation: 'isolation',
      roles: 'roles',
      evidence: 'evidence',
      read: 'read evidence',
      gaps: 'not collected',
      causes: 'causes',
      seen: 'also seen',
      near: 'near in time',
      reached: 'reached',
      edited: 'outside change',
      notLooked: 'not looked at',
      clear: 'looked at, clear',
      suspects: 'suspects',
      recoveries: 'recovery',
      notes: 'notes',
      status: 'next status',
      escalation: 'next escalation',
      next: 'next',
      review: 'cause (by a person)',
      held: 'why it waits',
    },
  },
  nothingSealed: {
    ja: 'このインシデントの証拠はまだありません',
    en: 'no evidence of this incident is sealed',
  },
  dropped: {
    ja: (items: number) => `${items} 件は手放したあと、ほかの証拠に場所を譲りました。確かめられません`,
    en: (items: number) =>
      `${items} ${items === 1 ? 'item' : 'items'} gave way to other evidence after the release, and cannot be verified`,
  },
  verified: {
    ja: (items: number, lines: number) => `証拠 ${items} 件と保管記録 ${lines} 行は、記録のとおりです`,
    en: (items: number, lines: number) =>
      `${items} items of evidence and ${lines} lines of custody are as recorded`,
  },
  wrongItem: {
    ja: (item: string, name: string, found: string) => `証拠 ${item}（${name}）: ${found}`,
    en: (item: string, name: string, found: string) => `evidence ${item} (${name}): ${found}`,
  },
  wrongLine: {
    ja: (n: number, item: string, found: string) => `保管記録 ${n} 行目（${item}）: ${found}`,
    en: (n: number, item: string, found: string) => `line ${n} of the custody log (${item}): ${found}`,
  },
  added: {
    ja: (count: number) => `保管記録に、記録されていない行が ${count} 行あります`,
    en: (count: number) => `the custody log has ${count} lines that were not recorded`,
  },
  differs: {
    ja: (item: string) => `証拠 ${item}: 台帳とランナーのジャーナルが一致しません`,
    en: (item: string) => `evidence ${item}: ledger and journal of the runner differ`,
  },
  found: {
    ja: {
      equal: '記録のとおり',
      changed: '変わっている',
      missing: 'なくなっている',
      dropped: '保全の解除後に消された',
    },
    en: {
      equal: 'as recorded',
      changed: 'changed',
      missing: 'missing',
      dropped: 'dropped after its release',
    },
  },
  exported: {
    ja: (count: number, directory: string) => `証拠 ${count} 件を書き出しました: ${directory}`,
    en: (count: number, directory: string) => `${count} items of evidence were written to ${directory}`,
  },
  hold: {
    ja: (id: string, held: boolean) => (held ? `保全を続けます: ${id}` : `保全を解きました: ${id}`),
    en: (id: string, held: boolean) => (held ? `Held: ${id}` : `No longer held: ${id}`),
  },
} as const
