// Causes of a level 1 incident with what was measured, and what was not looked at and why, in both languages.
import { sizeText } from './amounts.ts'
import { healthDetail } from './health.ts'
import { visibleLine } from './layout.ts'
import type { Both, Language } from './words.ts'

export const CAUSE_KINDS = [
  'process',
  'answer',
  'memory',
  'disk',
  'descriptors',
  'database',
  'change',
] as const
export type CauseKind = (typeof CAUSE_KINDS)[number]
export const CAUSE_CODES = [
  'process.stopped',
  'process.device',
  'answer.health',
  'answer.log',
  'memory.limit',
  'memory.machine',
  'memory.killed',
  'memory.log',
  'memory.grew',
  'disk.full',
  'disk.inodes',
  'disk.log',
  'descriptors.limit',
  'descriptors.log',
  'database.connections',
  'database.full',
  'database.locks',
  'database.log',
  'change.taken_back',
  'change.before',
] as const
export type CauseCode = (typeof CAUSE_CODES)[number]
export const NOT_LOOKED_CODES = [
  'no_process',
  'no_unit',
  'no_limit',
  'no_machine',
  'not_collected',
  'statfs_failed',
  'process_unread',
  'descriptors_unread',
  'database_failed',
  'log_unread',
  'log_silent',
  'log_unstamped',
  'log_cut',
  'not_restarted',
  'memory_unread',
  'changes_earlier',
  'no_health',
  'health_unread',
] as const
export type NotLookedCode = (typeof NOT_LOOKED_CODES)[number]

type Values = Readonly<Record<string, string | number>>
const text = (values: Values, name: string) => visibleLine(String(values[name] ?? '…'))
const size = (values: Values, name: string) => sizeText(Number(values[name] ?? 0))
const percent = (values: Values, of: string, total: string) =>
  `${Math.floor((Number(values[of] ?? 0) / Math.max(1, Number(values[total] ?? 1))) * 100)}%`
const undo = (values: Values) =>
  values['undoMs'] === undefined ? undefined : (Number(values['undoMs']) / 1000).toFixed(1)

export const CAUSE_KIND_WORDS: Both<Readonly<Record<CauseKind, string>>> = {
  ja: {
    process: 'プロセス',
    answer: '応答',
    memory: 'メモリ',
    disk: 'ディスク',
    descriptors: 'ファイル記述子',
    database: 'データベース',
    change: '直前の変更',
  },
  en: {
    process: 'process',
    answer: 'answer',
    memory: 'memory',
    disk: 'disk',
    descriptors: 'file descriptors',
    database: 'database',
    change: 'last change',
  },
}

const LOGS: Both<Readonly<Record<string, string>>> = {
  ja: { kernel: 'カーネルのログ', journal: 'ジャーナル', errorLog: 'エラーログ', '-': 'ログ' },
  en: { kernel: 'the kernel log', journal: 'the journal', errorLog: 'the error log', '-': 'the logs' },
}
/** `errorLog NAME` is the error log of the service in front. */
function log(values: Values, language: Language): string {
  const [kind = '', ...service] = text(values, 'log').split(' ')
  const named = LOGS[language][kind] ?? text(values, 'log')
  if (service.length === 0) return named
  return language === 'ja' ? `${service.join(' ')} の${named}` : `${named} of ${service.join(' ')}`
}
const seen = (values: Values, language: Language) =>
  healthDetail({ detail: text(values, 'seen'), milliseconds: Number(values['ms'] ?? 0) }, language)

const CAUSES: Both<Readonly<Record<CauseCode, (values: Values) => string>>> = {
  ja: {
    'process.stopped': (v) =>
      `${text(v, 'name')}（${text(v, 'pid')}）はシグナルで止められている（状態 ${text(v, 'state')}）`,
    'process.device': (v) =>
      `${text(v, 'name')}（${text(v, 'pid')}）はディスクなどの装置を待っている（状態 D）`,
    'answer.health': (v) => `${text(v, 'url')} — ${seen(v, 'ja')}`,
    'answer.log': (v) =>
      `${log(v, 'ja')}に、後ろのサービスから応答がないという行が ${text(v, 'count')} 行:「${text(v, 'line')}」`,
    'memory.limit': (v) => `${text(v, 'unit')} が上限 ${size(v, 'limit')} のうち ${size(v, 'used')} を使用`,
    'memory.machine': (v) => `この機械の空きメモリが ${size(v, 'available')} / ${size(v, 'total')}`,
    'memory.killed': (v) => `${text(v, 'unit')} はメモリ不足でカーネルに止められた`,
    'memory.log': (v) => `${log(v, 'ja')}に ${text(v, 'count')} 行:「${text(v, 'line')}」`,
    'memory.grew': (v) => `再起動の前 ${size(v, 'before')}、後 ${size(v, 'after')}（漏れの疑い）`,
    'disk.full': (v) =>
      `${text(v, 'path')} の空きが ${size(v, 'free')} / ${size(v, 'total')}（${percent(v, 'free', 'total')}）`,
    'disk.inodes': (v) => `${text(v, 'path')} の空き inode が ${text(v, 'free')} / ${text(v, 'total')}`,
    'disk.log': (v) => `${log(v, 'ja')}に ${text(v, 'count')} 行:「${text(v, 'line')}」`,
    'descriptors.limit': (v) =>
      `${text(v, 'name')}（${text(v, 'pid')}）が ${text(v, 'limit')} 個のうち ${text(v, 'open')} 個を使用`,
    'descriptors.log': (v) => `${log(v, 'ja')}に ${text(v, 'count')} 行:「${text(v, 'line')}」`,
    'database.connections': (v) =>
      `PostgreSQL（ポート ${text(v, 'port')}）の接続が ${text(v, 'limit')} のうち ${text(v, 'open')}`,
    'database.full': (v) => `PostgreSQL（ポート ${text(v, 'port')}）が新しい接続を受け付けない`,
    'database.locks': (v) =>
      `PostgreSQL（ポート ${text(v, 'port')}）で ${text(v, 'waiting')} セッションがロックを待ち、${text(v, 'idle')} セッションがトランザクションを開いたまま`,
    'database.log': (v) => `${log(v, 'ja')}に ${text(v, 'count')} 行:「${text(v, 'line')}」`,
    'change.taken_back': (v) =>
      `${text(v, 'change')}（${text(v, 'what')}）。${text(v, 'by')} で元に戻し、そのあと健全`,
    'change.before': (v) =>
      `${text(v, 'change')}（${text(v, 'what')}）の ${text(v, 'minutes')} 分後に始まった。取り消し: ${undo(v) === undefined ? '未計測' : `試行で ${undo(v)} 秒`}`,
  },
  en: {
    'process.stopped': (v) =>
      `${text(v, 'name')} (${text(v, 'pid')}) was stopped by a signal (state ${text(v, 'state')})`,
    'process.device': (v) =>
      `${text(v, 'name')} (${text(v, 'pid')}) was waiting for a device such as a disk (state D)`,
    'answer.health': (v) => `${text(v, 'url')}: ${seen(v, 'en')}`,
    'answer.log': (v) =>
      `${text(v, 'count')} lines in ${log(v, 'en')} say that the service behind it gave no answer: "${text(v, 'line')}"`,
    'memory.limit': (v) => `${text(v, 'unit')} used ${size(v, 'used')} of its limit of ${size(v, 'limit')}`,
    'memory.machine': (v) => `the machine had ${size(v, 'available')} of ${size(v, 'total')} available`,
    'memory.killed': (v) => `the kernel ended ${text(v, 'unit')} for lack of memory`,
    'memory.log': (v) => `${text(v, 'count')} lines in ${log(v, 'en')}: "${text(v, 'line')}"`,
    'memory.grew': (v) =>
      `${size(v, 'before')} before the restart, ${size(v, 'after')} after it: a leak is likely`,
    'disk.full': (v) =>
      `${text(v, 'path')} had ${size(v, 'free')} of ${size(v, 'total')} free (${percent(v, 'free', 'total')})`,
    'disk.inodes': (v) => `${text(v, 'path')} had ${text(v, 'free')} of ${text(v, 'total')} inodes free`,
    'disk.log': (v) => `${text(v, 'count')} lines in ${log(v, 'en')}: "${text(v, 'line')}"`,
    'descriptors.limit': (v) =>
      `${text(v, 'name')} (${text(v, 'pid')}) had ${text(v, 'open')} of ${text(v, 'limit')} open`,
    'descriptors.log': (v) => `${text(v, 'count')} lines in ${log(v, 'en')}: "${text(v, 'line')}"`,
    'database.connections': (v) =>
      `PostgreSQL on port ${text(v, 'port')} had ${text(v, 'open')} of ${text(v, 'limit')} connections`,
    'database.full': (v) => `PostgreSQL on port ${text(v, 'port')} let no further session in`,
    'database.locks': (v) =>
      `PostgreSQL on port ${text(v, 'port')}: ${text(v, 'waiting')} sessions waited for a lock, ${text(v, 'idle')} were idle in a transaction`,
    'database.log': (v) => `${text(v, 'count')} lines in ${log(v, 'en')}: "${text(v, 'line')}"`,
    'change.taken_back': (v) =>
      `${text(v, 'change')} (${text(v, 'what')}): taken back by ${text(v, 'by')}, after that healthy`,
    'change.before': (v) =>
      `it began ${text(v, 'minutes')} min after ${text(v, 'change')} (${text(v, 'what')}); way back: ${undo(v) === undefined ? 'not measured' : `${undo(v)} s in the trial`}`,
  },
}

const NOT_LOOKED: Both<Readonly<Record<NotLookedCode, (values: Values) => string>>> = {
  ja: {
    no_process: (v) => `${text(v, 'unit')} のプロセスがない`,
    no_unit: () => 'systemd の unit を読めない',
    no_limit: (v) => `${text(v, 'unit')} にメモリの上限がない`,
    no_machine: () => '/proc/meminfo を読めない',
    not_collected: () => '証拠に含まれていない',
    statfs_failed: (v) => `${text(v, 'path')} の空きを読めない`,
    process_unread: (v) => `${text(v, 'name')}（${text(v, 'pid')}）の状態を読めない`,
    descriptors_unread: (v) => `${text(v, 'name')}（${text(v, 'pid')}）の記述子を読めない`,
    database_failed: (v) => `${text(v, 'name')}（ポート ${text(v, 'port')}）に聞けない: ${text(v, 'why')}`,
    log_unread: (v) => `${log(v, 'ja')}を読めない`,
    log_silent: (v) => `${log(v, 'ja')}に直前 1 時間の行がない`,
    log_unstamped: (v) => `${log(v, 'ja')}の行に時刻がない`,
    log_cut: (v) => `${log(v, 'ja')}は長く、末尾だけを読んだ`,
    not_restarted: () => '再起動していないので、増え方は分からない',
    memory_unread: (v) => `${text(v, 'unit')} のプロセス ${text(v, 'count')} 個のメモリを読めない`,
    changes_earlier: (v) => `1 日以内の変更が ${text(v, 'count')} 件ある（直前 1 時間のものではない）`,
    no_health: () => '健全（health）の宣言がない',
    health_unread: () => '健全を計れない',
  },
  en: {
    no_process: (v) => `${text(v, 'unit')} had no process`,
    no_unit: () => 'the systemd unit could not be read',
    no_limit: (v) => `${text(v, 'unit')} has no limit of memory`,
    no_machine: () => '/proc/meminfo could not be read',
    not_collected: () => 'it is not in the evidence',
    statfs_failed: (v) => `the space of ${text(v, 'path')} could not be read`,
    process_unread: (v) => `the state of ${text(v, 'name')} (${text(v, 'pid')}) could not be read`,
    descriptors_unread: (v) => `the descriptors of ${text(v, 'name')} (${text(v, 'pid')}) could not be read`,
    database_failed: (v) =>
      `${text(v, 'name')} on port ${text(v, 'port')} could not be asked: ${text(v, 'why')}`,
    log_unread: (v) => `${log(v, 'en')} could not be read`,
    log_silent: (v) => `${log(v, 'en')} has no line of the hour before`,
    log_unstamped: (v) => `the lines of ${log(v, 'en')} bear no time`,
    log_cut: (v) => `${log(v, 'en')} is long, and only its end was read`,
    not_restarted: () => 'there was no restart, so growth is not known',
    memory_unread: (v) =>
      `the memory of ${text(v, 'count')} processes of ${text(v, 'unit')} could not be read`,
    changes_earlier: (v) => `${text(v, 'count')} changes within a day, not in the hour before it began`,
    no_health: () => 'no health is declared',
    health_unread: () => 'health could not be measured',
  },
}

interface Found<Code> {
  readonly kind: CauseKind
  readonly code: Code
  readonly values: Values
}
const kindOf = (kind: CauseKind, language: Language) => CAUSE_KIND_WORDS[language][kind]

/** Nothing is known of it but its time: it may be innocent. */
export const isNearOnly = ({ code }: Pick<Found<CauseCode>, 'code'>): boolean => code === 'change.before'

export const causeSentence = ({ kind, code, values }: Found<CauseCode>, language: Language): string =>
  `${kindOf(kind, language)}: ${CAUSES[language][code](values)}`

export const notLookedSentence = ({ kind, code, values }: Found<NotLookedCode>, language: Language): string =>
  `${kindOf(kind, language)}: ${NOT_LOOKED[language][code](values)}`
