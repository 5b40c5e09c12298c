// Sentences for the way of a change (change/).
import { stateWord, wishWord } from './state.ts'
import type { ErrorWords } from './words.ts'

/** A rule that refuses does not always know whose change it is. */
const showOf = (change: string) =>
  change.startsWith('CHG-') ? `sekisho change show ${change}` : 'sekisho change list'

export const CHANGE_ERRORS = {
  'change.wrong_state': {
    ja: (d) => ({
      what: `いまはできません: ${wishWord(d('event'), 'ja')}`,
      why: `変更の状態は「${stateWord(d('state'), 'ja')}」です`,
      next: [showOf(d('change'))],
    }),
    en: (d) => ({
      what: `Not possible now: ${wishWord(d('event'), 'en')}`,
      why: `the change is ${stateWord(d('state'), 'en')}`,
      next: [showOf(d('change'))],
    }),
  },
  'change.several_concerns': {
    ja: {
      what: '関係のないファイルを一度に変えようとしています: {files}',
      why: 'この関所の決まりでは、1 つの変更は 1 つの目的に限ります（policy.one_concern: block）。理由を述べれば、まとめて出せます',
      next: ['ファイルごとに別の変更として出す', 'まとめる理由を付けて出し直す: --reason "…"'],
    },
    en: {
      what: 'The change touches unrelated files: {files}',
      why: 'the rules of this gate take one concern at a time (policy.one_concern: block), unless a reason is given',
      next: ['propose each file as a change of its own', 'or say why they belong together: --reason "…"'],
    },
  },
  'seal.checks_open': {
    ja: {
      what: 'まだ通っていない検査があります: {checks}',
      why: '通っていない、または分からない検査があるあいだは、承認を求められません',
      next: ['sekisho change evidence {change}', 'sekisho change check {change}'],
    },
    en: {
      what: 'Checks are still open: {checks}',
      why: 'nobody is asked to approve while a check is red or unknown',
      next: ['sekisho change evidence {change}', 'sekisho change check {change}'],
    },
  },
  'seal.explanation_missing': {
    ja: {
      what: '影響とリスクの説明がありません',
      why: '作成者（{author}）が指示した本人ではないので、説明が要ります（運用ガイド「3段階承認」の2）',
      next: ['sekisho change revise {change} --impact "…" --risk "…"'],
    },
    en: {
      what: 'The explanation of impact and risk is missing',
      why: "the author ({author}) is not the person who instructed, so stage 2 of the guide's approval is needed",
      next: ['sekisho change revise {change} --impact "…" --risk "…"'],
    },
  },
  'seal.not_planned': {
    ja: { what: 'まだ計画がありません', next: ['sekisho change check {change}'] },
    en: { what: 'There is no plan yet', next: ['sekisho change check {change}'] },
  },
  'seal.notification_undecided': {
    ja: {
      what: '利用者に知らせるかどうかが決まっていません',
      next: ['sekisho change revise {change} --notify not_needed'],
    },
    en: {
      what: 'Whether users are to be told is not decided',
      next: ['sekisho change revise {change} --notify not_needed'],
    },
  },
} as const satisfies ErrorWords
