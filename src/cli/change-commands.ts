// The commands of one change: `sekisho change …`.
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
  keep: text,
  from: text,
  until: text,
}
export const WISH_USAGE =
  'config|service --service S --instruction "…" [--file PATH=NEWFILE]… [--delete PATH]… [--link PATH=TARGET]… [--edit PATH] [--set KEY=VALUE]… [--secret KEY=REFERENCE]… [--unset KEY]… [--verb restart|reload|start|stop] [--impact "…" --risk "…"] [--summary "…"] [--reason "…"] [--by PERSON] [--notify needed|not_needed] [--keep person] [--from TIME --until TIME]'

export const WISH_EXAMPLES = [
  'sekisho do service --service NAME --verb restart --instruction "…"',
  'sekisho do config --service NAME --instruction "…" --file PATH=NEWFILE',
  'sekisho do config --service NAME --instruction "…" --set KEY=VALUE',
]

const change = (
  words: string,
  usage: string,
  ja: string,
  en: string,
  options: Readonly<Record<string, OptionSpec>> = {},
  takes: readonly [number, number] = [1, 1],
): Command => ({
  words: `change ${words}`,
  usage,
  help: { ja, en },
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
  'カードを読んで署名する。有効なうちに一度だけ実行される',
  'read the card and sign; it runs once while it is still valid',
  SIGN,
)

export const CHANGE_COMMANDS: readonly Command[] = [
  change(
    'list',
    '[--all] [--service S] [--state STATE] [--file PATH] [--by WHO] [--since TIME] [--until TIME] [--limit N] [--after ID]',
    '変更の一覧（何も付けなければ、終わっていないもの）',
    'changes; without options, those that have not ended',
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
  { ...operationCommand('changeDiff'), load: () => import('./commands/change.ts') },
  change('evidence', 'ID', '検査と証拠', 'checks and their evidence'),
  change('wait', 'ID', '次に人が要るまで待つ', 'wait until somebody is needed, or it has ended'),
  change('new', WISH_USAGE, '変更を作るだけ', 'make a change, nothing more', WISH),
  operationCommand('changeCheck'),
  operationCommand('changeTry'),
  operationCommand('changeSeal'),
  change(
    'revise',
    `ID [${WISH_USAGE.slice(WISH_USAGE.indexOf('[--file'))}] [--key FILE] [--no-wait]`,
    '次の版を作る（保てるものは保つ）',
    'the next revision; what still holds is kept',
    { ...WISH, key: text, 'no-wait': yes },
  ),
  change('reject', 'ID --reason "…" [--key FILE]', '却下する（署名）', 'reject it (signed)', SIGN),
  change(
    'waive',
    'ID CHECK --reason "…" [--key FILE]',
    '検査を一つ免除する（署名、期限つき）',
    'waive one check (signed, expires)',
    SIGN,
    [2, 2],
  ),
  operationCommand('changeRun'),
  change('keep', 'ID [--key FILE] [--offline]', '維持する（署名）', 'keep it (signed)', {
    ...SIGN,
    offline: yes,
  }),
  change(
    'continue',
    'ID retry|skip [--key FILE]',
    '終わったか分からない手順を、やり直すか飛ばす（署名）',
    'answer an uncertain step (signed)',
    SIGN,
    [2, 2],
  ),
  operationCommand('changeAbort'),
  operationCommand('changeWithdraw'),
  change(
    'rollback',
    'ID [--instruction "…"] [--by PERSON] [--impact "…" --risk "…"] [--notify needed|not_needed] [--stop-first] [--no-wait]',
    '終わった変更を取り消す変更を作る（復元なら、前にあったものに戻す）',
    'a new change that takes a finished one back, a restore too',
    { ...SIGN, instruction: text, by: text, impact: text, risk: text, notify: text, 'stop-first': yes },
  ),
]
