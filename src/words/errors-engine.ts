// Sentences for the engine (run/).
import type { ErrorWords } from './words.ts'

export const ENGINE_ERRORS = {
  'engine.environment': {
    ja: {
      what: '実行エンジンの設定が環境変数にあります: {names}',
      why: '版と担当が黙って変わり、待っている変更が動かなくなります',
      next: ['unset {names}'],
    },
    en: {
      what: "The environment sets the engine's own variables: {names}",
      why: 'they would change its version or owner in silence, and waiting changes would never run',
      next: ['unset {names}'],
    },
  },
  'engine.fault': {
    ja: {
      what: '実行エンジンの障害です: {why}',
      why: 'コード {engineCode}。手順の失敗ではないので、何も元に戻していません',
      next: ['sekisho doctor'],
    },
    en: {
      what: 'A fault of the engine itself: {why}',
      why: 'code {engineCode}; no step failed, so nothing was undone',
      next: ['sekisho doctor'],
    },
  },
  'engine.slot_taken': {
    ja: {
      what: '別のゲートが同じ担当番号で動いています: {slot}',
      why: '一つの担当番号を使えるゲートは一つだけです',
      next: ['sekisho status'],
    },
    en: {
      what: 'Another gate holds slot {slot}',
      why: 'one slot is served by one gate at a time',
      next: ['sekisho status'],
    },
  },
} as const satisfies ErrorWords
