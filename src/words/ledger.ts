// Words of `sekisho ledger verify|export|accept-fork` and of `record export`.
import type { Both } from './words.ts'

const CHECKPOINT = {
  signed: { ja: 'あり', en: 'signed' },
  none: { ja: 'なし', en: 'none' },
  behind: { ja: 'あり（その後の記録はまだ署名されていません）', en: 'signed, but not of the newest entries' },
  wrong: { ja: '合いません', en: 'does not fit' },
} as const

export const LEDGER_WORDS = {
  exported: (file: string, publicKey: string): Both<string> => ({
    ja: `書き出しました: ${file}\n確かめる（サーバーなしで）: sekisho-verify ${file} --key ${publicKey}`,
    en: `Written: ${file}\nverify it without a server: sekisho-verify ${file} --key ${publicKey}`,
  }),
  whole: (size: number, checkpoint: keyof typeof CHECKPOINT): Both<string> => ({
    ja: `台帳は完全です: ${size} 件、検印 ${CHECKPOINT[checkpoint].ja}`,
    en: `The ledger is whole: ${size} entries, checkpoint ${CHECKPOINT[checkpoint].en}`,
  }),
  notTheSigned: (signed: number, size: number): Both<string> => ({
    ja: `検印された台帳ではありません。検印されたのは ${signed} 件、いまは ${size} 件です`,
    en: `This is not the ledger that was signed: ${signed} entries were signed, ${size} are here`,
  }),
  cannotBeShown: { ja: '台帳を確かめられません', en: 'The ledger cannot be shown to hold' },
  brokenAt: (entry: number): Both<string> => ({
    ja: `台帳が合いません: ${entry} 件目`,
    en: `The ledger does not hold at entry ${entry}`,
  }),
  /** `root`: the first characters of its root. */
  forkIs: (size: number, root: string): Both<string> => ({
    ja: `台帳はいま ${size} 件です（${root}）。runner が検印した内容のうち、この台帳にないものは戻りません。`,
    en: `The ledger holds ${size} entries (${root}). What the runner signed and is not in it does not come back.`,
  }),
  askFork: { ja: 'ここから続けると署名しますか [y/N] ', en: 'Sign that it goes on from here? [y/N] ' },
  forkNotAccepted: { ja: '認めていません', en: 'Not accepted' },
  goesOn: { ja: '台帳はここから続きます。', en: 'The ledger goes on from here.' },
  secondOwner: {
    ja: 'もう一人の所有者の署名が要ります: sekisho ledger accept-fork',
    en: 'A second owner has to sign: sekisho ledger accept-fork',
  },
} as const
