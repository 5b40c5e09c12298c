// The commands of backups, in the order of `sekisho help`.
import type { Command, OptionSpec } from './command.ts'

const text: OptionSpec = { type: 'string' }
const yes: OptionSpec = { type: 'boolean' }

const HELP = {
  list: { ja: '写しと、どこまで読めたか', en: 'copies, and how far each was really read' },
  run: { ja: 'いまバックアップを取る', en: 'take a backup now' },
  show: { ja: '一つのバックアップと、その写し', en: 'one backup and its copies' },
  verify: { ja: '写しを一字ずつ読み直す', en: 'read the copies again, every byte' },
  drill: { ja: '別の場所に戻して、時間を計る', en: 'restore to scratch, compare, and measure' },
  prune: { ja: '決まりに沿って古いものを整理する', en: 'take away what the rules let go' },
} as const

export const BACKUP_COMMANDS: readonly Command[] = (
  ['list', 'run', 'show', 'verify', 'drill', 'prune'] as const
).map((word) => ({
  words: `backup ${word}`,
  usage: `${word === 'show' ? 'ID ' : ''}[--service S]${word === 'list' || word === 'show' ? '' : ' [--no-wait]'}`,
  help: HELP[word],
  options: { service: text, ...(word === 'list' || word === 'show' ? {} : { 'no-wait': yes }) },
  takes: word === 'show' ? [1, 1] : [0, 0],
  group: 'record',
  load: () => import('./commands/backup.ts'),
}))
