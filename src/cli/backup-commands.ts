// The commands of backups, in the order of `sekisho help`.
import { COMMAND_HELP, type CommandName } from '../words/command-help.ts'
import type { Command, OptionSpec } from './command.ts'

const text: OptionSpec = { type: 'string' }
const yes: OptionSpec = { type: 'boolean' }

export const BACKUP_COMMANDS: readonly Command[] = (
  ['list', 'run', 'show', 'verify', 'drill', 'prune'] as const
).map((word) => ({
  words: `backup ${word}`,
  usage: `${word === 'show' ? 'ID ' : ''}[--service S]${word === 'list' || word === 'show' ? '' : ' [--no-wait]'}${word === 'prune' ? ' [--yes]' : word === 'verify' ? ' [--all]' : ''}`,
  help: COMMAND_HELP[`backup ${word}` as const],
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
const LAY_OUT: readonly Command[] = (['full', 'file', 'salvage', 'database'] as const).map((word) => ({
  words: `restore ${word}`,
  usage: `${word === 'full' ? '' : word === 'database' ? 'NAME ' : 'PATH '}--last-known-good | --from ID [--service S] [--copy NAME] [--mix] [--stop-first] [--notify needed|not_needed] [--no-wait]`,
  help: COMMAND_HELP[`restore ${word}` as const],
  options: RESTORE,
  takes: word === 'full' ? [0, 0] : [1, 1],
  group: 'change',
  ...(word === 'full' ? { examples: ['sekisho restore full --last-known-good --service NAME'] } : {}),
  load: () => import('./commands/restore.ts'),
}))

export const RESTORE_COMMANDS: readonly Command[] = [
  ...LAY_OUT,
  ...(['restore cancel', 'change cancel'] as const).map(
    (words): Command => ({
      words,
      usage: '[--service S]',
      help: COMMAND_HELP[words],
      options: { service: text },
      // A change that is named is one that was proposed: it is withdrawn, and told so.
      takes: [0, words === 'change cancel' ? 1 : 0],
      group: 'change',
      load: () => import('./commands/restore.ts'),
    }),
  ),
]

const check = (
  words: CommandName,
  usage: string,
  options: Command['options'],
  takes: Command['takes'] = [1, 1],
): Command => ({
  words,
  usage,
  help: COMMAND_HELP[words],
  options,
  takes,
  group: 'record',
  load: () => (words === 'check run' ? import('./commands/check.ts') : import('./commands/check-state.ts')),
})

export const CHECK_COMMANDS: readonly Command[] = [
  check('check list', '', {}, [0, 0]),
  check('check run', 'daily|weekly|NAME [--service S]', { service: text }),
  check('check show', 'NAME', {}),
  check('check history', 'NAME [--for DURATION]', { for: text }),
  check('check mute', 'NAME --for DURATION --reason TEXT', { for: text, reason: text }),
  check('check unmute', 'NAME', {}),
  check('check ack', 'NAME --reason TEXT', { reason: text }),
]
