// The line of help of each command of incidents, in both languages.
import type { Both } from './words.ts'

export const INCIDENT_HELP = {
  'incident open': {
    ja: '障害を宣言する（証拠を保全し、再起動し、復旧を確かめる）',
    en: 'declare an incident: seal the evidence, restart, check the recovery',
  },
  'incident list': { ja: '開いている障害', en: 'open incidents' },
  'incident show': { ja: '一つの障害と、次にすること', en: 'one incident and the one thing to do next' },
  'incident next': { ja: '次の一歩を進める', en: 'do the next step' },
  'incident acknowledge': { ja: '自分が対応すると告げる', en: 'say that you answer for it' },
  'incident note': { ja: '経過にメモを残す', en: 'write a note into the timeline' },
  'incident role': { ja: '指揮・作業・連絡の役割を渡す', en: 'give a role to a person' },
  'incident handover': { ja: '指揮を引き継ぐ', en: 'hand the command over, with a note' },
  'incident recover': {
    ja: '承認された変更を、この障害の復旧にする',
    en: 'let an approved change be the recovery of this incident',
  },
  'incident skip': { ja: '証拠を待たないと記録する', en: 'record that evidence is not waited for' },
  'incident dismiss': { ja: '誤報として閉じる', en: 'close it as a false alarm' },
  'incident close': {
    ja: '原因と次にすることを書いて閉じる',
    en: 'write cause and what follows, and close it',
  },
  'incident verify': {
    ja: '証拠が記録のとおりか確かめる',
    en: 'compare the evidence with what was recorded',
  },
  'incident report': { ja: '障害報告書（台帳だけから）', en: 'the report, from the ledger alone' },
  'incident evidence': {
    ja: '証拠を一つ読む（秘密は除く）',
    en: 'read one item of evidence, without secrets',
  },
  'evidence export': {
    ja: '証拠をそのまま書き出す（root、管理用ソケットだけ）',
    en: 'write raw evidence out (root, by the admin socket alone)',
  },
  'evidence hold': {
    ja: '証拠を消さないように指定する（root）',
    en: 'keep evidence from being dropped (root)',
  },
  'evidence release': { ja: '証拠の保全を解く（root）', en: 'end the hold of evidence (root)' },
  'glass run': {
    ja: '承認なしの緊急操作（root、関所なしでも動く。あとでレビューが要る）',
    en: 'an emergency act without an approval (root; needs no gate; a review is owed)',
  },
  'glass list': { ja: '緊急解錠と、残っているレビュー', en: 'emergency acts, and the reviews that are owed' },
  'glass review': { ja: '緊急解錠をレビューする（署名）', en: 'review an emergency act (signed)' },
} as const satisfies Readonly<Record<string, Both<string>>>
