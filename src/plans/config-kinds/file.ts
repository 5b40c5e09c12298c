// Any other file: nothing of the machine knows what it must look like.
import type { KindRow } from './kind.ts'

export const file: KindRow = {
  name: { ja: 'ファイル', en: 'file' },
  places: [],
  activation: 'none',
  validator: { by: 'none' },
  shown: { by: 'probe', afterRestart: false },
  impact: 'unit',
}
