// Every command, in the order of `sekisho help`.
import { COMMAND_HELP, type CommandName } from '../words/command-help.ts'
import { BACKUP_COMMANDS, CHECK_COMMANDS, RESTORE_COMMANDS } from './backup-commands.ts'
import { APPROVE, CHANGE_COMMANDS, WISH, WISH_EXAMPLES, WISH_USAGE } from './change-commands.ts'
import type { Command, OptionSpec } from './command.ts'
import { GUARD_COMMANDS } from './guard-commands.ts'
import { INCIDENT_COMMANDS } from './incident-commands.ts'
import { ISOLATION_COMMANDS } from './isolation-commands.ts'
import { NOTIFY_COMMANDS } from './notify-commands.ts'
import { otherOperationCommands } from './operation-command.ts'

const text: OptionSpec = { type: 'string' }
const many: OptionSpec = { type: 'string', multiple: true }
const yes: OptionSpec = { type: 'boolean' }

const people = (words: CommandName, usage: string, takes: readonly [number, number]): Command => ({
  words,
  usage,
  help: COMMAND_HELP[words],
  options: {
    name: text,
    key: text,
    class: text,
    role: many,
    service: many,
    model: text,
    sponsor: text,
    resume: yes,
    offline: yes,
    demo: yes,
  },
  takes,
  group: 'rules',
  load: () => import('./commands/people.ts'),
})

const machine = (
  words: CommandName,
  usage: string,
  load: Command['load'],
  options: Readonly<Record<string, OptionSpec>> = {},
  takes: readonly [number, number] = [0, 0],
): Command => ({ words, usage, help: COMMAND_HELP[words], options, takes, group: 'machine', load })

const PLACED: readonly Command[] = [
  {
    words: 'do',
    usage: `${WISH_USAGE} [--key FILE] [--no-wait]`,
    help: COMMAND_HELP.do,
    options: { ...WISH, 'no-wait': yes, key: text },
    takes: [1, 1],
    group: 'everyday',
    examples: WISH_EXAMPLES,
    load: () => import('./commands/do.ts'),
  },
  APPROVE,
  {
    words: 'status',
    usage: '',
    help: COMMAND_HELP.status,
    options: {},
    takes: [0, 0],
    group: 'everyday',
    load: () => import('./commands/status.ts'),
  },
  {
    words: 'record show',
    usage: 'ID [--format md|json]',
    help: COMMAND_HELP['record show'],
    options: { format: text },
    takes: [1, 1],
    group: 'everyday',
    load: () => import('./commands/record.ts'),
  },
  ...CHANGE_COMMANDS,
  ...INCIDENT_COMMANDS,
  ...RESTORE_COMMANDS,
  {
    words: 'record search',
    usage: 'TEXT [--limit N] [--before N]',
    help: COMMAND_HELP['record search'],
    options: { limit: text, before: text },
    takes: [1, 1],
    group: 'record',
    load: () => import('./commands/change-list.ts'),
  },
  {
    words: 'record export',
    usage: 'ID [--out FILE]',
    help: COMMAND_HELP['record export'],
    options: { out: text },
    takes: [1, 1],
    group: 'record',
    load: () => import('./commands/record.ts'),
  },
  {
    words: 'ledger accept-fork',
    usage: '[--key FILE] [--yes]',
    help: COMMAND_HELP['ledger accept-fork'],
    options: { key: text, yes },
    takes: [0, 0],
    group: 'record',
    load: () => import('./commands/fork.ts'),
  },
  ...(['verify', 'export', 'checkpoint'] as const).map(
    (word): Command => ({
      words: `ledger ${word}`,
      usage: word === 'export' ? '[--change ID] [--out FILE]' : '',
      help: COMMAND_HELP[`ledger ${word}` as const],
      options: { out: text, change: text },
      takes: [0, 0],
      group: 'record',
      load: () => import('./commands/ledger.ts'),
    }),
  ),
  ...(['list', 'show', 'status'] as const).map(
    (word): Command => ({
      words: `service ${word}`,
      usage: word === 'list' ? '' : 'SERVICE',
      help: COMMAND_HELP[`service ${word}` as const],
      options: {},
      takes: word === 'list' ? [0, 0] : [1, 1],
      group: 'record',
      load: () => import('./commands/service.ts'),
    }),
  ),
  ...BACKUP_COMMANDS,
  ...CHECK_COMMANDS,
  ...NOTIFY_COMMANDS,
  {
    words: 'login',
    usage: '[PERSON] [--key FILE]',
    help: COMMAND_HELP.login,
    options: { key: text },
    takes: [0, 1],
    group: 'rules',
    load: () => import('./commands/login.ts'),
  },
  {
    words: 'logout',
    usage: '',
    help: COMMAND_HELP.logout,
    options: {},
    takes: [0, 0],
    group: 'rules',
    load: () => import('./commands/login.ts'),
  },
  ...(['sign', 'list', 'revoke'] as const).map(
    (word): Command => ({
      words: `standing ${word}`,
      usage: {
        sign: 'SERVICE restart|reload|backup|isolate|release|keys|command [PATH KEY… | NAME] [--per-hour N] [--key FILE]',
        list: '',
        revoke: 'DIGEST [--key FILE] [--offline]',
      }[word],
      help: COMMAND_HELP[`standing ${word}` as const],
      options: { key: text, 'per-hour': text, yes, ...(word === 'revoke' ? { offline: yes } : {}) },
      takes: word === 'sign' ? [2, 13] : word === 'list' ? [0, 0] : [1, 1],
      group: 'rules',
      load: () => import('./commands/standing.ts'),
    }),
  ),
  ...(['apply', 'diff', 'show'] as const).map(
    (word): Command => ({
      words: `config ${word}`,
      usage: word === 'show' ? '' : '[--offline]',
      help: COMMAND_HELP[`config ${word}` as const],
      options: word === 'show' ? {} : { offline: yes },
      takes: [0, 0],
      group: 'rules',
      load: () => import('./commands/config.ts'),
    }),
  ),
  people(
    'person add',
    'ID [--name NAME] [--key FILE] [--class file|device] [--role ROLE]… [--service S]…',
    [1, 1],
  ),
  people('person remove', 'ID', [1, 1]),
  people('person list', '', [0, 0]),
  people('key add', 'PERSON|AGENT FILE|KEY [--class file|device]', [2, 2]),
  people('key revoke', 'FINGERPRINT', [1, 1]),
  people('agent add', 'ID [--name NAME] [--model MODEL] [--sponsor PERSON] [--key FILE]', [1, 1]),
  people('agent token', 'ID', [1, 1]),
  people('agent pause', 'ID [--resume]', [1, 1]),
  ...(['put', 'list'] as const).map(
    (word): Command => ({
      words: `secret ${word}`,
      usage: word === 'put' ? 'SERVICE KEY' : 'SERVICE',
      help: COMMAND_HELP[`secret ${word}` as const],
      options: {},
      takes: word === 'put' ? [2, 2] : [1, 1],
      group: 'rules',
      load: () => import('./commands/secret.ts'),
    }),
  ),
  {
    words: 'doctor',
    usage: '',
    help: COMMAND_HELP.doctor,
    options: {},
    takes: [0, 0],
    group: 'machine',
    load: () => import('./commands/doctor.ts'),
  },
  machine('up', '[--data DIR] [--port N]', () => import('./commands/up.ts'), { port: text }),
  machine('down', '[--data DIR]', () => import('./commands/up.ts')),
  machine('init', '[--owner NAME] [--out FILE] [--add SERVICE]', () => import('./commands/init.ts'), {
    out: text,
    owner: text,
    add: text,
  }),
  machine('install host', '', () => import('./commands/install.ts')),
  machine('uninstall host', '', () => import('./commands/install.ts')),
  ...GUARD_COMMANDS,
  machine(
    'completion',
    'bash|zsh',
    async () => (await import('./commands/completion.ts')).completing(COMMANDS),
    {},
    [1, 1],
  ),
  ...ISOLATION_COMMANDS,
  machine('runner reconcile', '', () => import('./commands/runner.ts')),
  machine('runner prune', '[--dry-run]', () => import('./commands/runner.ts'), { 'dry-run': yes }),
  machine('runner fence', 'reset TARGET', () => import('./commands/runner.ts'), {}, [2, 2]),
  machine('runner clock', 'accept', () => import('./commands/runner.ts'), {}, [1, 1]),
]

/** A row with a command and without a place of its own stands behind the others of its group. */
export const COMMANDS: readonly Command[] = [...PLACED, ...otherOperationCommands(PLACED)]
