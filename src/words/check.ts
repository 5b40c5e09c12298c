// What the daily and the weekly check say of each item, and what to type. Keyed by the codes that the gate answers.

import { sizeText } from './amounts.ts'
import { BACKUP_WORDS } from './backup.ts'
import { levelText } from './backup-level.ts'
import { CHECK_COPY_WORDS } from './check-copy.ts'
import { CHECK_OWN_WORDS } from './check-own.ts'
import { CHECK_WATCH_WORDS } from './check-watch.ts'
import { contentFault } from './content-fault.ts'
import { BACKUP_REASONS } from './doctor-backup.ts'
import { healthDetail } from './health.ts'
import { nestedWhat } from './nested.ts'
import type { Both, Language, Reader, Sentence } from './words.ts'

type Words = Both<(d: Reader) => Sentence>

const size = (text: string) => sizeText(Number(text) || 0)
const ago = (language: Language, ms: string) => BACKUP_WORDS[language].ago(Number(ms) || 0)
const level = (language: Language, d: Reader) => levelText(language, d('level'), d('bytesOnly'))
const sawText = (d: Reader, language: Language) =>
  healthDetail({ detail: d('saw'), milliseconds: Number(d('milliseconds')) || 0 }, language)
const backups = (word: string) => (d: Reader) => [`sekisho backup ${word} --service ${d('service')}`]
const undeclaredBackup: Words = {
  ja: () => ({ what: 'データなし: バックアップが書かれていません（services の backup）' }),
  en: () => ({ what: 'no data: no backup is declared (backup below the service)' }),
}

const more = (d: Reader, language: Language) =>
  Number(d('more')) > 0 ? { ja: `（ほか ${d('more')} 件）`, en: ` (and ${d('more')} more)` }[language] : ''
/** Lines about requests of Sekisho itself are named beside the count. */
const ofSekisho = (language: Language, d: Reader): string => {
  const count = Number(d('ofSekisho')) || 0
  if (count === 0) return ''
  return language === 'ja'
    ? `。ほかに Sekisho 自身の要求についての ${count} 件は数えていません`
    : `; besides, ${count} about requests of Sekisho itself, which do not count`
}
const times = (text: string) => (text === '1' ? 'once' : `${text} times`)
const part = (d: Reader, language: Language) => contentFault(`${d('part')}: ${d('why')}`, language)
const also = (d: Reader, language: Language) =>
  d('notJudged') === ''
    ? ''
    : { ja: `。${d('notJudged')} は読んでいません`, en: `; ${d('notJudged')} was not looked at` }[language]

/** Why it stopped stands in the journal, which not everybody may read; a service is started by a change. */
const startAgain = (d: Reader) => [
  `sudo journalctl -u ${d('unit')} -n 100 --no-pager`,
  ...(d('service') === '…'
    ? []
    : [`sekisho do service --service ${d('service')} --verb start --instruction "…"`]),
]

/** Every item of the routine checks, in the order in which the guide names them, and what people read it as. */
export const CHECK_ITEMS = {
  service: { ja: 'サービス', en: 'service' },
  disk: { ja: 'ディスク', en: 'disk' },
  memory: { ja: 'メモリ', en: 'memory' },
  errors: { ja: 'エラー', en: 'errors' },
  backup: { ja: 'バックアップ', en: 'backup' },
  data: { ja: 'いまのデータ', en: 'live data' },
  api: { ja: 'API', en: 'API' },
  restored: { ja: '復元の試験', en: 'restore test' },
  rotation: { ja: 'ログの交代', en: 'log rotation' },
  integrity: { ja: 'データの整合', en: 'data integrity' },
  updates: { ja: '更新', en: 'updates' },
  inodes: { ja: 'inode', en: 'inodes' },
  certificate: { ja: '証明書', en: 'certificate' },
  watch: { ja: '見張り', en: 'watch' },
  channels: { ja: '通知先', en: 'channels' },
  ledger: { ja: '台帳', en: 'ledger' },
  guard: { ja: '番人', en: 'guard' },
  clock: { ja: '時計', en: 'clock' },
} as const satisfies Readonly<Record<string, Both<string>>>

/** An item by its name; a check of the owner's own is called as the owner calls it. */
export function checkItemName(item: string, language: Language): string {
  const shipped: Readonly<Record<string, Both<string>>> = CHECK_ITEMS
  return shipped[item]?.[language] ?? item
}

export const CHECK_TITLES: Both<Readonly<Record<string, string>>> = {
  ja: { daily: '日次チェック', weekly: '週次チェック' },
  en: { daily: 'daily check', weekly: 'weekly check' },
}

/** `red` and `no data` are counted apart. */
export const CHECK_SUMMARY: Both<(good: number, red: number, noData: number, warning?: number) => string> = {
  ja: (good, red, noData, warning = 0) =>
    red + noData + warning === 0
      ? `${good} 項目すべて良好`
      : `良好 ${good}${warning === 0 ? '' : `、注意 ${warning}`}、異常 ${red}、データなし ${noData}`,
  en: (good, red, noData, warning = 0) =>
    red + noData + warning === 0
      ? `all ${good} good`
      : `${good} good,${warning === 0 ? '' : ` ${warning} warning,`} ${red} red, ${noData} without data`,
}

export const CHECK_LOOKING: Both<string> = { ja: '確かめています', en: 'looking' }

export const CHECK_NOTHING: Both<string> = {
  ja: '確かめるサービスがまだありません。sekisho init',
  en: 'There is no service to check yet: sekisho init',
}

export const CHECK_WORDS: Readonly<Record<string, Words>> = {
  ...CHECK_COPY_WORDS,
  ...CHECK_OWN_WORDS,
  ...CHECK_WATCH_WORDS,
  'check.unread': {
    ja: (d) => ({ what: `データなし: ${nestedWhat(d, 'ja')}`, next: ['sekisho doctor'] }),
    en: (d) => ({ what: `no data: ${nestedWhat(d, 'en')}`, next: ['sekisho doctor'] }),
  },
  'check.no_unit': {
    ja: () => ({ what: 'データなし: systemd の unit が書かれていません（manager）' }),
    en: () => ({ what: 'no data: no systemd unit is declared (manager)' }),
  },
  'check.running': {
    ja: (d) => ({ what: `${d('unit')} は動いています（${d('sub')}）` }),
    en: (d) => ({ what: `${d('unit')} runs (${d('sub')})` }),
  },
  'check.not_running': {
    ja: (d) => ({
      what: `${d('unit')} が動いていません（${d('active')}、${d('sub')}）`,
      next: startAgain(d),
    }),
    en: (d) => ({
      what: `${d('unit')} does not run (${d('active')}, ${d('sub')})`,
      next: startAgain(d),
    }),
  },
  'check.disk': {
    ja: (d) => ({ what: `${d('path')} ${d('percent')}%（空き ${size(d('free'))}）` }),
    en: (d) => ({ what: `${d('path')} ${d('percent')}% (${size(d('free'))} free)` }),
  },
  'check.disk_full': {
    ja: (d) => ({
      what: `${d('path')} が ${d('percent')}% まで埋まっています（限度 ${d('limit')}%、空き ${size(d('free'))}）`,
      next: [`du -xh --max-depth=2 ${d('path')} | sort -h | tail -20`],
    }),
    en: (d) => ({
      what: `${d('path')} is ${d('percent')}% full (limit ${d('limit')}%, ${size(d('free'))} free)`,
      next: [`du -xh --max-depth=2 ${d('path')} | sort -h | tail -20`],
    }),
  },
  'check.memory': {
    ja: (d) => ({ what: `${d('percent')}% 使用（残り ${size(d('available'))}）` }),
    en: (d) => ({ what: `${d('percent')}% in use (${size(d('available'))} to be had)` }),
  },
  'check.memory_full': {
    ja: (d) => ({
      what: `${d('percent')}% 使用。残りは ${size(d('available'))} だけです`,
      next: ['ps aux --sort=-rss | head -15'],
    }),
    en: (d) => ({
      what: `${d('percent')}% in use, only ${size(d('available'))} to be had`,
      next: ['ps aux --sort=-rss | head -15'],
    }),
  },
  'check.no_memory': {
    ja: () => ({ what: 'データなし: /proc/meminfo に MemAvailable がありません', next: ['free -h'] }),
    en: () => ({ what: 'no data: /proc/meminfo has no MemAvailable', next: ['free -h'] }),
  },
  'check.no_log_declared': {
    ja: () => ({ what: 'データなし: エラーログが書かれていません（logs の error）' }),
    en: () => ({ what: 'no data: no error log is declared (error below logs)' }),
  },
  'check.no_log': {
    ja: (d) => ({
      what: `データなし: ${d('path')} がないか、信頼して読めません`,
      next: [`ls -la ${d('path')}`],
    }),
    en: (d) => ({
      what: `no data: ${d('path')} is not there, or not to be trusted`,
      next: [`ls -la ${d('path')}`],
    }),
  },
  'check.log_without_time': {
    ja: (d) => ({
      what: `データなし: ${d('path')} の行に読める時刻がないので、24 時間のエラーを数えられません`,
      next: [`sudo tail -n 20 ${d('path')}`],
    }),
    en: (d) => ({
      what: `no data: no line of ${d('path')} bears a time that can be read, so 24 h cannot be counted`,
      next: [`sudo tail -n 20 ${d('path')}`],
    }),
  },
  'check.log_in_part': {
    ja: (d) => ({
      what: `データなし: ${d('path')} とローテーションしたログの一部を読めませんでした。読めた部分にエラーはありません`,
      next: [`ls -la ${d('path')}*`],
    }),
    en: (d) => ({
      what: `no data: ${d('path')} and its rotated files were read only in part; the part that was read has no errors`,
      next: [`ls -la ${d('path')}*`],
    }),
  },
  'check.no_errors': {
    ja: (d) => ({ what: `24 時間のエラーは 0 件（${d('path')}）${ofSekisho('ja', d)}` }),
    en: (d) => ({ what: `no errors in 24 h (${d('path')})${ofSekisho('en', d)}` }),
  },
  'check.errors': {
    ja: (d) => ({
      what: `24 時間のエラーは ${d('count')} 件${d('atLeast') === 'true' ? '以上' : ''}（行の時刻で数えて。${d('path')}）${ofSekisho('ja', d)}`,
      next: [`sudo tail -n 100 ${d('path')}`],
    }),
    en: (d) => ({
      what: `${d('atLeast') === 'true' ? 'at least ' : ''}${d('count')} ${d('count') === '1' ? 'error' : 'errors'} in 24 h, by the time of each line (${d('path')})${ofSekisho('en', d)}`,
      next: [`sudo tail -n 100 ${d('path')}`],
    }),
  },
  'check.errors_of_changes': {
    ja: (d) => ({
      what: `24 時間のエラーは 0 件。ほかに nginx がサービスに接続できなかった ${d('ofChanges')} 件は、変更の実行中（${d('changes')}）のものです（${d('path')}）${ofSekisho('ja', d)}`,
    }),
    en: (d) => ({
      what: `no errors in 24 h; besides, nginx could not reach a service ${times(d('ofChanges'))} while a change ran (${d('changes')}; ${d('path')})${ofSekisho('en', d)}`,
    }),
  },
  'check.errors_besides': {
    ja: (d) => ({
      what: `24 時間のエラーは ${d('count')} 件${d('atLeast') === 'true' ? '以上' : ''}。ほかに nginx がサービスに接続できなかった ${d('ofChanges')} 件は、変更の実行中（${d('changes')}）のもので、数えていません（${d('path')}）${ofSekisho('ja', d)}`,
      next: [`sudo tail -n 100 ${d('path')}`],
    }),
    en: (d) => ({
      what: `${d('atLeast') === 'true' ? 'at least ' : ''}${d('count')} ${d('count') === '1' ? 'error' : 'errors'} in 24 h; besides, nginx could not reach a service ${times(d('ofChanges'))} while a change ran (${d('changes')}), which does not count (${d('path')})${ofSekisho('en', d)}`,
      next: [`sudo tail -n 100 ${d('path')}`],
    }),
  },
  'check.no_backup_declared': undeclaredBackup,
  'check.backed_up': {
    ja: (d) => ({
      what: `バックアップ済み（${level('ja', d)}まで確認、${ago('ja', d('ageMs'))}、${d('copy')}）`,
    }),
    en: (d) => ({
      what: `backed up (read: ${level('en', d)}, ${ago('en', d('ageMs'))}, ${d('copy')})`,
    }),
  },
  'check.not_backed_up': {
    ja: (d) => ({
      what: '24 時間以内のバックアップがあるとは言えません',
      why: BACKUP_REASONS.ja[d('why')] ?? d('why'),
      next: backups('list')(d),
    }),
    en: (d) => ({
      what: 'not backed up within 24 h',
      why: BACKUP_REASONS.en[d('why')] ?? d('why'),
      next: backups('list')(d),
    }),
  },
  'check.no_health_declared': {
    ja: () => ({ what: 'データなし: 健全さの確かめ方が書かれていません（health）' }),
    en: () => ({ what: 'no data: no health check is declared (health)' }),
  },
  'check.health_no_data': {
    ja: () => ({ what: 'データなし: 健全さを測れませんでした', next: ['sekisho doctor'] }),
    en: () => ({ what: 'no data: its health could not be measured', next: ['sekisho doctor'] }),
  },
  'check.healthy': {
    ja: (d) => ({ what: `${d('url')} は健全です（${d('of')} 回中 ${d('good')} 回）` }),
    en: (d) => ({ what: `${d('url')} is healthy (${d('good')} of ${d('of')})` }),
  },
  'check.not_healthy': {
    ja: (d) => ({
      what: `${d('url')} が健全ではありません（${d('of')} 回中 ${d('good')} 回。${sawText(d, 'ja')}）`,
      next: [`sekisho service status ${d('service')}`],
    }),
    en: (d) => ({
      what: `${d('url')} is not healthy (${d('good')} of ${d('of')}; ${sawText(d, 'en')})`,
      next: [`sekisho service status ${d('service')}`],
    }),
  },
  'check.no_data_declared': {
    ja: () => ({ what: 'データなし: データの場所が書かれていません（services の data）' }),
    en: () => ({ what: 'no data: no data directory is declared (data below the service)' }),
  },
  'check.data_good': {
    ja: (d) => ({ what: `${d('judged')} 個のファイルを読み、決まりどおりです${also(d, 'ja')}` }),
    en: (d) => ({
      what: `${d('judged')} ${d('judged') === '1' ? 'file' : 'files'} read, as declared${also(d, 'en')}`,
    }),
  },
  'check.data_not_judged': {
    ja: (d) => ({ what: `データなし: 中身を確かめられるファイルがありません${also(d, 'ja')}` }),
    en: (d) => ({ what: `no data: there is no file whose content can be judged${also(d, 'en')}` }),
  },
  'check.data_not_read': {
    ja: (d) => ({ what: `データなし: ${part(d, 'ja')}${more(d, 'ja')}`, next: ['sekisho doctor'] }),
    en: (d) => ({ what: `no data: ${part(d, 'en')}${more(d, 'en')}`, next: ['sekisho doctor'] }),
  },
  'check.data_question': {
    ja: (d) => ({
      what: `前の良い写しと大きさが違います: ${part(d, 'ja')}${more(d, 'ja')}`,
      next: [
        `わざとなら: sekisho backup run --service ${d('service')}`,
        `壊れているなら: sekisho restore full --last-known-good --service ${d('service')}`,
      ],
    }),
    en: (d) => ({
      what: `the size is far from that of the last good copy: ${part(d, 'en')}${more(d, 'en')}`,
      next: [
        `meant: sekisho backup run --service ${d('service')}`,
        `damage: sekisho restore full --last-known-good --service ${d('service')}`,
      ],
    }),
  },
  'check.data_bad': {
    ja: (d) => ({
      what: `いまのデータの中身が良くありません: ${part(d, 'ja')}${more(d, 'ja')}`,
      next: [`sekisho restore full --last-known-good --service ${d('service')}`],
    }),
    en: (d) => ({
      what: `the content of the live data is not good: ${part(d, 'en')}${more(d, 'en')}`,
      next: [`sekisho restore full --last-known-good --service ${d('service')}`],
    }),
  },
}
