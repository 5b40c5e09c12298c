// Words of `sekisho secret put|list`.
import type { Both } from './words.ts'

export const SECRET_WORDS = {
  noService: (given: string): Both<string> => ({
    ja: `サービスの名前ではありません: ${given}`,
    en: `not the name of a service: ${given}`,
  }),
  none: { ja: 'まだありません。', en: 'None yet.' },
  ask: (key: string): Both<string> => ({
    ja: `${key} の値（表示されません）: `,
    en: `value of ${key} (not shown): `,
  }),
  empty: { ja: '値が空です', en: 'an empty value' },
  keptForBackup: (reference: string, version: number, service: string): Both<string> => ({
    ja: `預かりました: ${reference}（版 ${version}）\n次のバックアップから使います: sekisho backup run --service ${service}`,
    en: `Kept: ${reference} (version ${version})\nthe next backup uses it: sekisho backup run --service ${service}`,
  }),
  kept: (reference: string, version: number, service: string, key: string): Both<string> => ({
    ja: `預かりました: ${reference}（版 ${version}）\n使う: sekisho do config --service ${service} --secret ${key}=${reference} --instruction "…"`,
    en: `Kept: ${reference} (version ${version})\nuse it: sekisho do config --service ${service} --secret ${key}=${reference} --instruction "…"`,
  }),
} as const
