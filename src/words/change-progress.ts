// What is printed while a change is made, waits and runs, and the labels of what can be typed about it.
import { LABELS } from './labels.ts'
import type { Both } from './words.ts'

export const CHANGE_PROGRESS = {
  planning: { ja: '計画を作っています', en: 'making the plan' },
  rehearsingSchema: {
    ja: '本番のデータの複製で、適用と戻しを予行中（数分かかることがあります。ほかの変更は進みます）',
    en: 'rehearsing both files on a clone of the data (it may take minutes; other changes go on)',
  },
  tryingInShadow: {
    ja: '検査し、隔離した場所で適用と取り消しを試しています',
    en: 'checking, and trying apply and undo in the shadow',
  },
  tryingExchange: {
    ja: '用意したものを読み直し、入れ替えられるかを試しています',
    en: 'reading again what was laid out, and trying the exchange',
  },
  checkingIsolation: { ja: '遮断の状態を確かめています', en: 'looking at the isolation' },
  sealing: { ja: '封をしています', en: 'sealing' },
  stopWaiting: {
    ja: '待つのをやめる: Ctrl-C（変更は残ります）',
    en: 'stop waiting: Ctrl-C (the change stays)',
  },
  cannotBegin: (trouble: string): Both<string> => ({
    ja: `承認は有効ですが、始められません。ランナー: ${trouble}。直れば始まります: sekisho doctor`,
    en: `It is approved and cannot begin. Runner: ${trouble}. Once that is mended it begins: sekisho doctor`,
  }),
  gateIsSilent: (id: string): Both<string> => ({
    ja: `関所が応答しません。始まったことはランナーが最後まで行います。あとで見る: sekisho change wait ${id}`,
    en: `The gate does not answer. What has begun the runner does to its end. To look later: sekisho change wait ${id}`,
  }),
  approvedBy: (name: string): Both<string> => ({ ja: `承認 ${name}`, en: `approved by ${name}` }),
  asItRan: { ja: '実行の記録', en: 'as it ran' },
  /** `people`: who can; empty where nobody may. */
  approve: (people: string): Both<string> =>
    people === ''
      ? { ja: '承認できる人がいません', en: 'nobody may approve this' }
      : { ja: `承認する（${people}）`, en: `approve (${people})` },
  signs: (author: string): Both<string> => ({ ja: `${author} が署名する`, en: `${author} signs` }),
  askAuthor: {
    ja: '自分が書いた計画として署名しますか [y/N] ',
    en: 'Sign this plan as its author? [y/N] ',
  },
  notSigned: {
    ja: '作成者の署名がまだありません。署名があるまで、ほかの人は承認できません',
    en: 'Not signed by its author yet; until then nobody else can approve it',
  },
  takeBack: { ja: '取り消す', en: 'take back' },
  next: LABELS.next,
  gateAsserted: { ja: '関所の申告', en: 'gate-asserted' },
  validUntil: { ja: '有効', en: 'valid until' },
} as const
