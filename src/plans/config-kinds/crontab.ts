// The system's crontabs, with a column for the user. cron reads them anew within a minute, and has no program that checks them:
// Debian's `crontab -n` knows only the form without that column.
import { readCrontab } from './crontab-text.ts'
import type { KindRow } from './kind.ts'

export const crontab: KindRow = {
  name: { ja: 'crontab', en: 'crontab' },
  places: [/^\/etc\/crontab$/, /^\/etc\/cron\.d\/[^/]+$/],
  activation: 'none',
  validator: {
    by: 'reading',
    name: 'crontab',
    looked: {
      ja: '時刻の欄か@名・利用者・命令の形だけを自前で読んだ。命令は動かしていない',
      en: 'read by Sekisho alone: time or @name, user, command of each line; no command was run',
    },
    read: readCrontab,
  },
  shown: { by: 'place' },
  impact: 'none',
}
