// The commands that isolate this host: root's own, at the runner's admin door, so that they work while gate and store are down.
import { COMMAND_HELP } from '../words/command-help.ts'
import type { Command } from './command.ts'

export const ISOLATION_COMMANDS: readonly Command[] = [
  {
    words: 'incident isolate',
    usage: 'ID [--from ADDRESS] [--yes]',
    help: COMMAND_HELP['incident isolate'],
    options: { from: { type: 'string' }, yes: { type: 'boolean' } },
    takes: [1, 1],
    group: 'incident',
    load: () => import('./commands/isolation.ts'),
  },
  {
    words: 'incident isolation',
    usage: '',
    help: COMMAND_HELP['incident isolation'],
    options: {},
    takes: [0, 0],
    group: 'incident',
    load: () => import('./commands/isolation.ts'),
  },
  {
    words: 'incident capture',
    usage: 'ID [--since TIME] [--until TIME] [--service S]',
    help: COMMAND_HELP['incident capture'],
    options: { since: { type: 'string' }, until: { type: 'string' }, service: { type: 'string' } },
    takes: [1, 1],
    group: 'incident',
    load: () => import('./commands/capture.ts'),
  },
  {
    words: 'incident reconnect',
    usage: 'ID [--service S] [--instruction "…"] [--by PERSON] [--impact "…" --risk "…"] [--key FILE]',
    help: COMMAND_HELP['incident reconnect'],
    options: Object.fromEntries(
      ['service', 'instruction', 'by', 'impact', 'risk', 'key'].map((name) => [name, { type: 'string' }]),
    ),
    takes: [1, 1],
    group: 'incident',
    load: () => import('./commands/reconnect.ts'),
  },
  {
    words: 'incident keep',
    usage: 'ID',
    help: COMMAND_HELP['incident keep'],
    options: {},
    takes: [1, 1],
    group: 'incident',
    load: () => import('./commands/isolation.ts'),
  },
]
