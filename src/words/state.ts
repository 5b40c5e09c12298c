// The states of a change and the wishes that a state refuses, as words: for the card, and for the refusal itself.
import type { Both, Language } from './words.ts'

export const STATE_WORDS: Both<Readonly<Record<string, string>>> = {
  ja: {
    draft: '下書き',
    planned: '計画済み',
    checking: '検査中',
    blocked: '検査で止まっています',
    ready: '検査済み',
    awaiting_approval: '承認待ち',
    approved: '承認済み',
    scheduled: '実行待ち',
    executing: '実行中',
    paused: '人の判断待ち',
    verifying: '確認中',
    awaiting_keep: '維持の確認待ち',
    rolling_back: '元に戻しています',
    stuck: '元に戻せていません（人が要ります）',
    halted: '途中で止まっています（人が要ります）',
    lost: 'ランナーが実行を知りません（人が要ります）',
    void: '無効（中身か前提が動きました）',
    succeeded: '維持しました',
    rolled_back: '元に戻しました',
    failed: '失敗（戻っていないものがあります。人が要ります）',
    closed: '完了',
    rejected: '却下',
    expired: '期限切れ',
    withdrawn: '取り下げ',
  },
  en: {
    draft: 'draft',
    planned: 'planned',
    checking: 'being checked',
    blocked: 'blocked by a check',
    ready: 'checked',
    awaiting_approval: 'waiting for approval',
    approved: 'approved',
    scheduled: 'about to run',
    executing: 'running',
    paused: 'waiting for a person',
    verifying: 'being proven',
    awaiting_keep: 'waiting for keep',
    rolling_back: 'being undone',
    stuck: 'not undone (a person is needed)',
    halted: 'stopped on the way (a person is needed)',
    lost: 'unknown to the runner (a person is needed)',
    void: 'void (content or premises moved)',
    succeeded: 'kept',
    rolled_back: 'undone',
    failed: 'failed, not all as before (a person is needed)',
    closed: 'closed',
    rejected: 'rejected',
    expired: 'expired',
    withdrawn: 'withdrawn',
  },
}

const WISHES: Both<Readonly<Record<string, string>>> = {
  ja: {
    approve: '承認',
    reject: '却下',
    author: '作成者の署名',
    waive: '検査の免除',
    start: '実行',
    run: '実行',
    check: '検査',
    try: '試行',
    seal: '封',
    revise: '新しい版を作ること',
    withdraw: '取り下げ',
    abort: '中止',
    keep: '維持',
    continue: '続行',
    rollback: '取り消し',
  },
  en: {
    approve: 'approving',
    reject: 'rejecting',
    author: 'signing as the author',
    waive: 'waiving a check',
    start: 'running',
    run: 'running',
    check: 'checking',
    try: 'trying',
    seal: 'sealing',
    revise: 'revising',
    withdraw: 'withdrawing',
    abort: 'aborting',
    keep: 'keeping',
    continue: 'going on',
    rollback: 'taking back',
  },
}

export function stateWord(state: string, language: Language): string {
  return STATE_WORDS[language][state] ?? state
}

/** What somebody wanted to do with a change, as the refusal names it. */
export function wishWord(event: string, language: Language): string {
  return WISHES[language][event] ?? event
}

/** An operation of the gate as people call it: of a change by its verb, the few others by a word of their own. */
export function operationWord(operation: string, language: Language): string {
  const own = OPERATIONS[language][operation]
  if (own !== undefined) return own
  return operation.startsWith('change.') ? wishWord(operation.slice('change.'.length), language) : operation
}

const OPERATIONS: Both<Readonly<Record<string, string>>> = {
  ja: {
    'change.create': '変更を申し出ること',
    'change.read': '変更を読むこと',
    'standing.sign': '事前承認の署名',
    'standing.revoke': '事前承認の取り消し',
    'token.issue': 'トークンを渡すこと',
    'token.revoke': 'トークンの取り消し',
    'ledger.read': '台帳を読むこと',
    'ledger.export': '台帳の書き出し',
    'record.read': '記録を読むこと',
    'fork.accept': '台帳の分かれ目を認めること',
    'agent.resume': '止められた AI を再開すること',
    'check.mute': '確認の通知を止めること',
    'check.acknowledge': '異常を引き受けること',
    'notice.test': '試しの通知を送ること',
    'maintenance.run': 'サービスを保守に入れること、戻すこと',
    'notice.acknowledge': '通知を確認済みにすること',
    'backup.read': 'バックアップの様子を見ること',
    'backup.run': 'バックアップを頼むこと',
    'backup.prune': '古いバックアップの整理',
    'restore.stage': '復元の用意',
    'incident.open': '障害の宣言',
    'incident.read': '障害を読むこと',
    'incident.note': '障害にメモを残すこと',
    'incident.act': '障害への対応',
    'incident.evidence': '証拠を読むこと',
    'restore.cancel': '復元の用意の取りやめ',
  },
  en: {
    'change.create': 'proposing a change',
    'change.read': 'reading a change',
    'standing.sign': 'signing a standing statement',
    'standing.revoke': 'revoking a standing statement',
    'token.issue': 'giving out a token',
    'token.revoke': 'revoking a token',
    'ledger.read': 'reading the ledger',
    'ledger.export': 'exporting the ledger',
    'record.read': 'reading the record',
    'fork.accept': 'accepting a fork of the ledger',
    'agent.resume': 'letting a paused agent go on',
    'check.mute': 'muting a check',
    'check.acknowledge': 'taking up a finding',
    'notice.test': 'sending a test notice',
    'maintenance.run': 'putting a service under maintenance, and ending it',
    'notice.acknowledge': 'acknowledging a notice',
    'backup.read': 'looking at backups',
    'backup.run': 'asking for a backup',
    'backup.prune': 'taking old backups away',
    'restore.stage': 'laying a restore out',
    'incident.open': 'declaring an incident',
    'incident.read': 'reading incidents',
    'incident.note': 'writing a note into an incident',
    'incident.act': 'acting in an incident',
    'incident.evidence': 'reading evidence',
    'restore.cancel': 'cancelling a restore that is being laid out',
  },
}
