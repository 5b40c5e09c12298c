// The commands about notices and maintenance.
import { COMMAND_HELP, type CommandName } from '../words/command-help.ts'
import type { Command, OptionSpec } from './command.ts'

const text: OptionSpec = { type: 'string' }

const notify = (
  words: CommandName,
  usage: string,
  takes: readonly [number, number],
  options: Readonly<Record<string, OptionSpec>> = {},
  load: Command['load'] = () => import('./commands/notify.ts'),
): Command => ({
  words,
  usage,
  help: COMMAND_HELP[words],
  options,
  takes,
  group: 'record',
  load,
})

const lease = () => import('./commands/maintenance.ts')

export const NOTIFY_COMMANDS: readonly Command[] = [
  notify('notify list', '[--limit N]', [0, 0], { limit: text }),
  notify('notify show', 'ID', [1, 1]),
  notify('notify test', '[CHANNEL]…', [0, 50]),
  notify('notify ack', 'ID [--reason "…"]', [1, 1], { reason: text }),
  notify('notify mute', 'ID --for 1h --reason "…"', [1, 1], { for: text, reason: text }),
  notify('notify secret', '', [0, 0]),
  notify(
    'maintenance start',
    '--service S --for 30m --reason "…"',
    [0, 0],
    { service: text, for: text, reason: text },
    lease,
  ),
  notify('maintenance end', '--service S', [0, 0], { service: text }, lease),
  notify('maintenance show', '', [0, 0], {}, lease),
]
