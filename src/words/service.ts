// Words of `sekisho service list|show|status`.
import type { Both } from './words.ts'

const VERDICTS: Both<Readonly<Record<'green' | 'red' | 'no_data', string>>> = {
  ja: { green: '健全', red: '異常', no_data: 'データなし' },
  en: { green: 'healthy', red: 'not healthy', no_data: 'no data' },
}

export const SERVICE_WORDS = {
  none: { ja: 'サービスはまだありません。sekisho init', en: 'No services yet: sekisho init' },
  looking: { ja: '健全さを一度だけ確かめています', en: 'looking at its health, once' },
  verdicts: VERDICTS,
  /** Of a file that nothing has to be done for after it was written. */
  notActivated: { ja: 'そのまま', en: 'none' },
  secret: {
    ja: '秘密。--set、--secret、--unset で鍵ごとに変える',
    en: 'secret: changed key by key, --set --secret --unset',
  },
  lastChange: { ja: '最後の変更', en: 'last change' },
} as const
