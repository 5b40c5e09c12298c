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
      ja: '各行の時刻・利用者・命令の形だけ。cron の検査の道具はない',
      en: 'time, user and command of each line; cron has no program that checks them',
    },
    read: readCrontab,
  },
  shown: { by: 'place' },
  impact: 'none',
}
