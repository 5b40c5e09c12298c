// The commands of one change: `sekisho change …`.
import { COMMAND_HELP, type CommandName } from '../words/command-help.ts'
import type { Command, OptionSpec } from './command.ts'
import { operationCommand } from './operation-command.ts'

const text: OptionSpec = { type: 'string' }
const many: OptionSpec = { type: 'string', multiple: true }
const yes: OptionSpec = { type: 'boolean' }

/** Options of `do` and `change new`. */
export const WISH: Readonly<Record<string, OptionSpec>> = {
  service: text,
  instruction: text,
  by: text,
  channel: text,
  summary: text,
  reason: text,
  impact: text,
  risk: text,
  notify: text,
  file: many,
  delete: many,
  link: many,
  edit: text,
  env: text,
  set: many,
  secret: many,
  unset: many,
  verb: text,
  up: text,
  down: text,
  database: text,
  irreversible: yes,
  'by-tool': yes,
  call: text,
  run: text,
  param: many,
  body: text,
  'inverse-body': text,
  keep: text,
  from: text,
  until: text,
  commit: text,
  repository: text,
  to: text,
}
export const WISH_USAGE =
  'config|service|schema|code|request|command --service S --instruction "…" [--file PATH=NEWFILE]… [--delete PATH]… [--link PATH=TARGET]… [--edit PATH] [--set KEY=VALUE]… [--secret KEY=REFERENCE]… [--unset KEY]… [--verb restart|reload|start|stop] [--up FILE --down FILE|--irreversible] [--by-tool] [--database NAME] [--call NAME --param KEY=VALUE… --body FILE --inverse-body FILE] [--run NAME] [--commit C] [--repository DIR] [--to previous|COMMIT] [--impact "…" --risk "…"] [--summary "…"] [--reason "…"] [--by PERSON] [--notify needed|not_needed] [--keep person] [--from TIME --until TIME]'

export const WISH_EXAMPLES = [
  'sekisho do service --service NAME --verb restart --instruction "…"',
  'sekisho do config --service NAME --instruction "…" --file PATH=NEWFILE',
  'sekisho do config --service NAME --instruction "…" --set KEY=VALUE',
  'sekisho do schema --service NAME --instruction "…" --up FILE --down FILE',
  'sekisho do code --service NAME --commit HEAD --instruction "…"',
]

type After<N> = N extends `change ${infer V}` ? V : never
type Verb = After<CommandName>

const change = (
  words: Verb,
  usage: string,
  options: Readonly<Record<string, OptionSpec>> = {},
  takes: readonly [number, number] = [1, 1],
): Command => ({
  words: `change ${words}`,
  usage,
  help: COMMAND_HELP[`change ${words}` as const],
  options,
  takes,
  group: 'change',
  load: () => import('./commands/change.ts'),
})

const SIGN: Readonly<Record<string, OptionSpec>> = {
  key: text,
  reason: text,
  statement: yes,
  signature: text,
  yes,
  'no-wait': yes,
  typed: text,
}

export const APPROVE: Command = change(
  'approve',
  'ID [--key FILE] [--yes] [--no-wait] [--statement | --signature FILE|-]',
  SIGN,
)

export const CHANGE_COMMANDS: readonly Command[] = [
  change(
    'list',
    '[--all] [--service S] [--state STATE] [--file PATH] [--by WHO] [--since TIME] [--until TIME] [--limit N] [--after ID]',
    {
      all: yes,
      service: text,
      state: text,
      file: text,
      by: text,
      since: text,
      until: text,
      limit: text,
      after: text,
    },
    [0, 0],
  ),
  operationCommand('changeShow'),
  operationCommand('changePlan'),
  {
    ...operationCommand('changeDiff'),
    usage: 'ID [--file PATH]… [--all]',
    options: { file: many, all: yes },
    load: () => import('./commands/change.ts'),
  },
  change('evidence', 'ID'),
  change('wait', 'ID'),
  change('new', WISH_USAGE, WISH),
  operationCommand('changeCheck'),
  operationCommand('changeTry'),
  operationCommand('changeSeal'),
  change('sign', 'ID [--key FILE] [--yes]', { key: text, yes }),
  change('revise', `ID [${WISH_USAGE.slice(WISH_USAGE.indexOf('[--file'))}] [--key FILE] [--no-wait]`, {
    ...WISH,
    key: text,
    'no-wait': yes,
  }),
  change('reject', 'ID --reason "…" [--key FILE]', SIGN),
  change('waive', 'ID CHECK --reason "…" [--key FILE]', SIGN, [2, 2]),
  operationCommand('changeRun'),
  change('keep', 'ID [--key FILE] [--offline]', {
    ...SIGN,
    offline: yes,
  }),
  change('continue', 'ID retry|skip [--key FILE]', SIGN, [2, 2]),
  operationCommand('changeAbort'),
  operationCommand('changeWithdraw'),
  change(
    'rollback',
    'ID [--instruction "…"] [--by PERSON] [--impact "…" --risk "…"] [--notify needed|not_needed] [--stop-first] [--no-wait]',
    { ...SIGN, instruction: text, by: text, impact: text, risk: text, notify: text, 'stop-first': yes },
  ),
]
