// The commands of backups, in the order of `sekisho help`.
import type { Command, OptionSpec } from './command.ts'

const text: OptionSpec = { type: 'string' }
const yes: OptionSpec = { type: 'boolean' }

const HELP = {
  list: { ja: '写しと、どこまで読めたか', en: 'copies, and how far each was really read' },
  run: { ja: 'いまバックアップを取る', en: 'take a backup now' },
  show: { ja: '一つのバックアップと、その写し', en: 'one backup and its copies' },
  verify: { ja: '写しをバイト単位で読み直す', en: 'read the copies again, every byte' },
  drill: { ja: '別の場所に戻して、時間を計る', en: 'restore to scratch, compare, and measure' },
  prune: { ja: '決まりに沿って古いものを整理する', en: 'take away what the rules let go' },
} as const

export const BACKUP_COMMANDS: readonly Command[] = (
  ['list', 'run', 'show', 'verify', 'drill', 'prune'] as const
).map((word) => ({
  words: `backup ${word}`,
  usage: `${word === 'show' ? 'ID ' : ''}[--service S]${word === 'list' || word === 'show' ? '' : ' [--no-wait]'}${word === 'prune' ? ' [--yes]' : word === 'verify' ? ' [--all]' : ''}`,
  help: HELP[word],
  options: {
    service: text,
    ...(word === 'list' || word === 'show' ? {} : { 'no-wait': yes }),
    ...(word === 'prune' ? { yes } : {}),
    ...(word === 'verify' ? { all: yes } : {}),
  },
  takes: word === 'show' ? [1, 1] : [0, 0],
  group: 'record',
  load: () => import('./commands/backup.ts'),
}))

const RESTORE: Readonly<Record<string, OptionSpec>> = {
  service: text,
  from: text,
  'last-known-good': yes,
  copy: text,
  mix: yes,
  'stop-first': yes,
  instruction: text,
  by: text,
  impact: text,
  risk: text,
  notify: text,
  key: text,
  typed: text,
  yes,
  statement: yes,
  signature: text,
  reason: text,
  'no-wait': yes,
}
const RESTORE_HELP = {
  full: {
    ja: 'データをすべて、中身の良いバックアップから戻す変更',
    en: 'a change that brings all data back from a backup that is good',
  },
  file: { ja: '一つのファイルを戻す変更', en: 'a change that brings one file back' },
  salvage: {
    ja: '壊れたファイルから読めるレコードを残し、ほかを戻す変更',
    en: 'a change that keeps what can be read of a damaged file and brings back the rest',
  },
  database: { ja: '一つのデータベースを戻す変更', en: 'a change that brings one database back' },
} as const

const LAY_OUT: readonly Command[] = (['full', 'file', 'salvage', 'database'] as const).map((word) => ({
  words: `restore ${word}`,
  usage: `${word === 'full' ? '' : word === 'database' ? 'NAME ' : 'PATH '}--last-known-good | --from ID [--service S] [--copy NAME] [--mix] [--stop-first] [--notify needed|not_needed] [--no-wait]`,
  help: RESTORE_HELP[word],
  options: RESTORE,
  takes: word === 'full' ? [0, 0] : [1, 1],
  group: 'change',
  ...(word === 'full' ? { examples: ['sekisho restore full --last-known-good --service NAME'] } : {}),
  load: () => import('./commands/restore.ts'),
}))

export const RESTORE_COMMANDS: readonly Command[] = [
  ...LAY_OUT,
  {
    words: 'restore cancel',
    usage: '[--service S]',
    help: {
      ja: '用意している途中の復元を取りやめ、作りかけたものを片づける',
      en: 'end a restore that is being laid out, and clear away what was made',
    },
    options: { service: text },
    takes: [0, 0],
    group: 'change',
    load: () => import('./commands/restore.ts'),
  },
]

export const CHECK_COMMANDS: readonly Command[] = [
  {
    words: 'check run',
    usage: 'daily|weekly [--service S]',
    help: {
      ja: '日次、週次チェックを今おこなう（異常かデータなしなら 1 で終わる）',
      en: 'the daily or weekly check, now (ends with 1 on red or no data)',
    },
    options: { service: text },
    takes: [1, 1],
    group: 'record',
    load: () => import('./commands/check.ts'),
  },
]
