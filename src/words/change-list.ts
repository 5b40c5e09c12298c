// Words of the list of changes and of the search in their records.
import { RECORD_WORDS } from './record.ts'
import { STATE_WORDS } from './state.ts'
import type { Both, Language } from './words.ts'

export interface ChangeListWords {
  readonly head: readonly [string, string, string, string, string, string, string]
  readonly keptAndClosed: string
  readonly takenBackBy: (change: string) => string
  /** Of a rollback: which change it is of, as a line or in front of its summary. */
  readonly takesBack: (change: string) => string
  /** An agent, and whose words it works on. */
  readonly agentFor: (agent: string, person: string) => string
  readonly noneOpen: string
  readonly noneFound: string
  readonly more: (shown: number) => string
  readonly noHit: (text: string) => string
  readonly moreHits: string
  readonly said: (what: string, by: string) => string
  /** By the kinds of ledger entries. */
  readonly saidKinds: Readonly<Record<string, string>>
  readonly field: Readonly<Record<string, string>>
}

export const CHANGE_LIST_WORDS: Both<ChangeListWords> = {
  ja: {
    head: ['変更', '日時', '誰が', '状態', '種類', 'サービス', '概要'],
    keptAndClosed: '維持・完了',
    takenBackBy: (change) => `${change} が戻した`,
    takesBack: (change) => `${change} の取り消し`,
    agentFor: (agent, person) => `${agent}（指示 ${person}）`,
    noneOpen: '開いている変更はありません。終わったものも見る: sekisho change list --all',
    noneFound: '条件に合う変更はありません。',
    more: (shown) => `ここまで ${shown} 件。続きがあります:`,
    noHit: (text) => `「${text}」を含む記録はありません。`,
    moreHits: '続きがあります:',
    said: (what, by) => (by === '' ? `（${what}）` : `（${what}、${by}）`),
    saidKinds: {
      'check.mute': '通知を止めた',
      'check.mute_ended': '通知を再開した',
      'check.acknowledged': '引き受けた',
      'notice.acknowledged': '通知を引き受けた',
      'notice.muted': '通知を止めた',
    },
    field: {
      text: '指示',
      instruction: '指示',
      summary: '概要',
      reason: '理由',
      impact: '影響',
      risk: 'リスク',
      diff: '差分',
      files: 'ファイル',
      path: 'ファイル',
      by: '人',
      author: '作成者',
      requester: '依頼者',
      service: 'サービス',
    },
  },
  en: {
    head: ['change', 'when', 'who', 'state', 'kind', 'service', 'summary'],
    keptAndClosed: 'kept, done',
    takenBackBy: (change) => `back by ${change}`,
    takesBack: (change) => `takes back ${change}`,
    agentFor: (agent, person) => `${agent} (for ${person})`,
    noneOpen: 'No open changes. To see ended ones too: sekisho change list --all',
    noneFound: 'No change matches.',
    more: (shown) => `${shown} shown so far. There are more:`,
    noHit: (text) => `No record contains “${text}”.`,
    moreHits: 'There are more:',
    said: (what, by) => (by === '' ? ` (${what})` : ` (${what} by ${by})`),
    saidKinds: {
      'check.mute': 'muted',
      'check.mute_ended': 'mute ended',
      'check.acknowledged': 'taken up',
      'notice.acknowledged': 'notice taken up',
      'notice.muted': 'notice muted',
    },
    field: { text: 'instruction', path: 'file', files: 'file' },
  },
}

/** The word of a state in the list; of a change that is closed, how it ended. */
export function listedState(state: string, outcome: string | undefined, language: Language): string {
  if (outcome === undefined || state !== 'closed') return STATE_WORDS[language][state] ?? state
  if (outcome === 'kept') return CHANGE_LIST_WORDS[language].keptAndClosed
  return RECORD_WORDS[language].outcome[outcome] ?? outcome
}
