// Words of a restore that is the only way back of a change, as it was rehearsed.
import type { Both } from './words.ts'

export interface RestoreBackWords {
  /** `ageMs` when it was laid out; `without`: secrets of which the copy holds no bytes. */
  readonly rehearsed: (
    ms: number,
    copy: string,
    ageMs: number,
    without: number,
    notRead: readonly string[],
  ) => string
}

const seconds = (ms: number) => (ms / 1000).toFixed(1)
const hours = (ms: number) => (ms / 3_600_000).toFixed(1)

export const RESTORE_BACK: Both<RestoreBackWords> = {
  ja: {
    rehearsed: (ms, copy, age, without, notRead) =>
      `元に戻せない。復元だけが戻し方。予行では ${copy} を別の場所に ${seconds(ms)} 秒で復元し、封じたものと同じと確かめた。失われるもの: その後に書かれたもの（予行のとき ${hours(age)} 時間前の写し）${without > 0 ? `。写しにない秘密 ${without} 件は、いまのまま` : ''}${notRead.length > 0 ? `。読めなかった写し: ${notRead.join('、')}` : ''}`,
  },
  en: {
    rehearsed: (ms, copy, age, without, notRead) =>
      `cannot be undone; only a restore takes it back. In the rehearsal ${copy} was restored beside in ${seconds(ms)} s and equals what was sealed. It loses what was written since (the copy was ${hours(age)} h old then)${without > 0 ? `; ${without} secrets that the copy does not hold stay as they are` : ''}${notRead.length > 0 ? `; could not be read: ${notRead.join(', ')}` : ''}`,
  },
}
