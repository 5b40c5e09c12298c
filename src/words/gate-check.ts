// What the gate's own checks found, as sentences: drift before the seal, other changes, windows, freezes, health, notification.
import type { Both, Sentence } from './words.ts'

export interface GateCheckValues {
  readonly text: string
  readonly path?: string
}
type Told = Both<(d: GateCheckValues) => Sentence>

export const GATE_CHECK_WORDS = {
  'baseline.moved': {
    ja: (d) => ({
      what: `計画を作ったあとに変わりました: ${d.path ?? d.text}`,
      next: ['sekisho change revise ID'],
    }),
    en: (d) => ({
      what: `it changed after the plan was made: ${d.path ?? d.text}`,
      next: ['sekisho change revise ID'],
    }),
  },
  'conflict.held': {
    ja: (d) => ({ what: `同じ対象を別の変更が実行中です: ${d.text}` }),
    en: (d) => ({ what: `another change is inside on the same target: ${d.text}` }),
  },
  'health.red': {
    ja: (d) => ({ what: `変更の前から健全ではありません: ${d.text}` }),
    en: (d) => ({ what: `not healthy before the change: ${d.text}` }),
  },
  'notification.undecided': {
    ja: () => ({ what: '利用者に知らせるかどうかが決まっていません' }),
    en: () => ({ what: 'whether users are to be told is not decided' }),
  },
  'window.closed': {
    ja: (d) => ({ what: `いまは変更できる時間帯ではありません: ${d.text}` }),
    en: (d) => ({ what: `outside the windows for changes: ${d.text}` }),
  },
  'window.frozen': {
    ja: (d) => ({ what: `変更凍結の期間です: ${d.text}` }),
    en: (d) => ({ what: `changes are frozen: ${d.text}` }),
  },
  'window.over': {
    ja: (d) => ({ what: `頼まれた時間帯は過ぎました: ${d.text}` }),
    en: (d) => ({ what: `the time that was asked for is over: ${d.text}` }),
  },
} satisfies Readonly<Record<string, Told>>
