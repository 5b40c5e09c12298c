// The commands about notices.
import { COMMAND_HELP, type CommandName } from '../words/command-help.ts'
import type { Command, OptionSpec } from './command.ts'

const text: OptionSpec = { type: 'string' }

const notify = (
  words: CommandName,
  usage: string,
  takes: readonly [number, number],
  options: Readonly<Record<string, OptionSpec>> = {},
): Command => ({
  words,
  usage,
  help: COMMAND_HELP[words],
  options,
  takes,
  group: 'record',
  load: () => import('./commands/notify.ts'),
})

export const NOTIFY_COMMANDS: readonly Command[] = [
  notify('notify list', '[--limit N]', [0, 0], { limit: text }),
  notify('notify show', 'ID', [1, 1]),
  notify('notify test', '[CHANNEL]…', [0, 50]),
  notify('notify ack', 'ID [--reason "…"]', [1, 1], { reason: text }),
  notify('notify mute', 'ID --for 1h --reason "…"', [1, 1], { for: text, reason: text }),
  notify('notify secret', '', [0, 0]),
]
