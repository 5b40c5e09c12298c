// The commands of the guard, in the order of `sekisho help`.
import { COMMAND_HELP } from '../words/command-help.ts'
import type { Command, OptionSpec } from './command.ts'

const text: OptionSpec = { type: 'string' }
const yes: OptionSpec = { type: 'boolean' }

export const GUARD_COMMANDS: readonly Command[] = [
  {
    words: 'install claude-code',
    usage: '[--managed] [--print] [--yes]',
    help: COMMAND_HELP['install claude-code'],
    options: { managed: yes, print: yes, yes },
    takes: [0, 0],
    group: 'guard',
    load: () => import('./commands/agent-install.ts'),
  },
  {
    words: 'uninstall claude-code',
    usage: '[--managed] [--print] [--yes]',
    help: COMMAND_HELP['uninstall claude-code'],
    options: { managed: yes, print: yes, yes },
    takes: [0, 0],
    group: 'guard',
    load: () => import('./commands/agent-install.ts'),
  },
  {
    words: 'level',
    usage: 'observe|guard [--offline]',
    help: COMMAND_HELP.level,
    options: { offline: yes },
    takes: [1, 1],
    group: 'guard',
    load: () => import('./commands/level.ts'),
  },
  {
    words: 'agent resume',
    usage: 'UID|USER',
    help: COMMAND_HELP['agent resume'],
    options: {},
    takes: [1, 1],
    group: 'guard',
    load: () => import('./commands/agent-resume.ts'),
  },
  {
    words: 'guard check',
    usage: '[--cwd DIR] [--tool NAME] [--config FILE] -- COMMAND…',
    help: COMMAND_HELP['guard check'],
    examples: ["sekisho guard check -- 'rm -rf backend/data/*'"],
    options: { cwd: text, tool: text, config: text },
    takes: [1, 10_000],
    group: 'guard',
    load: () => import('./commands/guard.ts'),
  },
  {
    words: 'guard explain',
    usage: '[--cwd DIR] [--tool NAME] [--config FILE] -- COMMAND…',
    help: COMMAND_HELP['guard explain'],
    examples: ["sekisho guard explain -- 'rm -rf backend/data/*'"],
    options: { cwd: text, tool: text, config: text, look: yes },
    takes: [1, 10_000],
    group: 'guard',
    load: () => import('./commands/guard-explain.ts'),
  },
  {
    words: 'guard self-test',
    usage: '',
    help: COMMAND_HELP['guard self-test'],
    options: {},
    takes: [0, 0],
    group: 'guard',
    load: () => import('./commands/guard-self-test.ts'),
  },
  {
    words: 'guard batch',
    usage: '[--cwd DIR] [--config FILE]',
    help: COMMAND_HELP['guard batch'],
    options: { cwd: text, config: text },
    takes: [0, 0],
    group: 'guard',
    load: () => import('./commands/guard.ts'),
  },
]
