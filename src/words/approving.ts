// What is asked and said while a person signs: an approval, a keep, and what signs on another machine.
import type { Both } from './words.ts'

export const APPROVING = {
  insideAgent: {
    ja: 'AI エージェントの環境で承認しようとしています',
    en: 'You are about to approve inside an AI agent’s environment',
  },
  forPeople: { ja: '承認は人がするものです', en: 'approving is for a person' },
  ask: { ja: '承認して、署名しますか [y/N] ', en: 'Approve and sign? [y/N] ' },
  cannotStart: (trouble: string): Both<string> => ({
    ja: `いまは始められません: ${trouble}`,
    en: `It cannot start now: ${trouble}`,
  }),
  waitsForSpace: {
    ja: '承認しても、空きができるまで待ちます。承認は使われません',
    en: 'an approval waits until there is space, and is not used up',
  },
  noTerminal: {
    ja: '承認していません。端末がないので確かめられません',
    en: 'Not approved: there is no terminal to ask at',
  },
  askName: (service: string): Both<string> => ({
    ja: `データを入れ替えます。承認するなら、サービスの名前 ${service} をそのまま打ってください: `,
    en: `Its data will be exchanged. To approve, type the name of the service, ${service}: `,
  }),
  askIrreversible: (service: string): Both<string> => ({
    ja: `元に戻せません。承認するなら、サービスの名前 ${service} をそのまま打ってください: `,
    en: `This cannot be undone. To approve, type the name of the service, ${service}: `,
  }),
  anotherName: { ja: '名前が違います。', en: 'Another name.' },
  leftWaiting: (id: string): Both<string> => ({
    ja: `承認していません。${id} は承認待ちのままです`,
    en: `Not approved: ${id} goes on waiting for an approval`,
  }),
  keptAtRunner: (execution: string, by: string): Both<string> => ({
    ja: `runner に維持を渡しました: ${execution}（${by}）。記録には関所が動いたときに載ります。`,
    en: `Kept at the runner: ${execution} (${by}). It comes onto the record when the gate runs.`,
  }),
  signElsewhere: (namespace: string, id: string): Both<string> => ({
    ja: `署名する: ssh-keygen -Y sign -n ${namespace} -f KEY FILE（FILE には上の一行を、改行なしで）\n渡す: sekisho change approve ${id} --signature FILE.sig`,
    en: `sign: ssh-keygen -Y sign -n ${namespace} -f KEY FILE (FILE holds the line above, without a line feed)\nhand in: sekisho change approve ${id} --signature FILE.sig`,
  }),
} as const
