// Every command, in the order of `sekisho help`.
import { BACKUP_COMMANDS, CHECK_COMMANDS, RESTORE_COMMANDS } from './backup-commands.ts'
import { APPROVE, CHANGE_COMMANDS, WISH, WISH_EXAMPLES, WISH_USAGE } from './change-commands.ts'
import type { Command, OptionSpec } from './command.ts'
import { GUARD_COMMANDS } from './guard-commands.ts'
import { otherOperationCommands } from './operation-command.ts'

const text: OptionSpec = { type: 'string' }
const many: OptionSpec = { type: 'string', multiple: true }
const yes: OptionSpec = { type: 'boolean' }

const people = (
  words: string,
  usage: string,
  ja: string,
  en: string,
  takes: readonly [number, number],
): Command => ({
  words,
  usage,
  help: { ja, en },
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
  words: string,
  usage: string,
  ja: string,
  en: string,
  load: Command['load'],
  options: Readonly<Record<string, OptionSpec>> = {},
  takes: readonly [number, number] = [0, 0],
): Command => ({ words, usage, help: { ja, en }, options, takes, group: 'machine', load })

const PLACED: readonly Command[] = [
  {
    words: 'do',
    usage: `${WISH_USAGE} [--key FILE] [--no-wait]`,
    help: {
      ja: '変更を作り、検査し、試し、封をして、カードを出す',
      en: 'make a change, check it, try it, seal it, and show its card',
    },
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
    help: {
      ja: '何が誰を待ち、何が動き、何が不確かか',
      en: 'what waits for whom, what runs, what is uncertain',
    },
    options: {},
    takes: [0, 0],
    group: 'everyday',
    load: () => import('./commands/status.ts'),
  },
  {
    words: 'record show',
    usage: 'ID [--format md|json]',
    help: {
      ja: '変更記録（運用ガイドの様式、台帳だけから）',
      en: 'the change record, in the guide’s form, from the ledger alone',
    },
    options: { format: text },
    takes: [1, 1],
    group: 'everyday',
    load: () => import('./commands/record.ts'),
  },
  ...CHANGE_COMMANDS,
  ...RESTORE_COMMANDS,
  {
    words: 'record search',
    usage: 'TEXT [--limit N] [--before N]',
    help: {
      ja: '変更の記録から探す（指示、理由、ファイル、人、差分）',
      en: 'search the records of changes: instruction, reason, files, people, difference',
    },
    options: { limit: text, before: text },
    takes: [1, 1],
    group: 'record',
    load: () => import('./commands/change-list.ts'),
  },
  {
    words: 'record export',
    usage: 'ID [--out FILE]',
    help: { ja: '記録を証明つきで持ち出す', en: 'take the record away with its proof' },
    options: { out: text },
    takes: [1, 1],
    group: 'record',
    load: () => import('./commands/record.ts'),
  },
  {
    words: 'ledger accept-fork',
    usage: '[--key FILE] [--yes]',
    help: {
      ja: '古いデータベースに戻したあと、台帳をここから続ける（所有者）',
      en: 'go on from a ledger that was put back (owner signs)',
    },
    options: { key: text, yes },
    takes: [0, 0],
    group: 'record',
    load: () => import('./commands/fork.ts'),
  },
  ...(['verify', 'export', 'checkpoint'] as const).map(
    (word): Command => ({
      words: `ledger ${word}`,
      usage: word === 'export' ? '[--change ID] [--out FILE]' : '',
      help: {
        verify: { ja: '台帳を最初から確かめる', en: 'read the ledger from its first entry' },
        export: {
          ja: '台帳を書き出す（sekisho-verify で確かめられる）',
          en: 'write the ledger out, for sekisho-verify',
        },
        checkpoint: { ja: '検印する（台帳のいまの先頭に runner が署名する）', en: 'sign a checkpoint now' },
      }[word],
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
      help: {
        list: { ja: '対象台帳のサービス', en: 'declared services' },
        show: { ja: 'サービスと、変更できるファイル', en: 'a service and the files that can be changed' },
        status: { ja: 'いまの健全性（health）', en: 'its health now' },
      }[word],
      options: {},
      takes: word === 'list' ? [0, 0] : [1, 1],
      group: 'record',
      load: () => import('./commands/service.ts'),
    }),
  ),
  ...BACKUP_COMMANDS,
  ...CHECK_COMMANDS,
  {
    words: 'login',
    usage: '[PERSON] [--key FILE]',
    help: { ja: '鍵で本人を示す（承認の力はない）', en: 'show who you are with your key (approves nothing)' },
    options: { key: text },
    takes: [0, 1],
    group: 'rules',
    load: () => import('./commands/login.ts'),
  },
  {
    words: 'logout',
    usage: '',
    help: { ja: 'ログインを取り消す', en: 'end the login' },
    options: {},
    takes: [0, 0],
    group: 'rules',
    load: () => import('./commands/login.ts'),
  },
  ...(['sign', 'list', 'revoke'] as const).map(
    (word): Command => ({
      words: `standing ${word}`,
      usage: {
        sign: 'SERVICE restart|reload|backup [--per-hour N] [--key FILE]',
        list: '',
        revoke: 'DIGEST [--key FILE] [--offline]',
      }[word],
      help: {
        sign: {
          ja: '再起動・再読み込み・バックアップを一度だけ署名しておく',
          en: 'sign restart, reload or the backups of a service once',
        },
        list: { ja: '事前承認の一覧', en: 'standing statements' },
        revoke: { ja: '事前承認を取り消す', en: 'revoke a standing statement' },
      }[word],
      options: { key: text, 'per-hour': text, yes, ...(word === 'revoke' ? { offline: yes } : {}) },
      takes: word === 'sign' ? [2, 2] : word === 'list' ? [0, 0] : [1, 1],
      group: 'rules',
      load: () => import('./commands/standing.ts'),
    }),
  ),
  ...(['apply', 'diff', 'show'] as const).map(
    (word): Command => ({
      words: `config ${word}`,
      usage: word === 'show' ? '' : '[--offline]',
      help: {
        apply: { ja: 'sekisho.yaml を確かめて適用する', en: 'check sekisho.yaml and put it in force' },
        diff: { ja: '適用すると何が変わるか', en: 'what an apply would change' },
        show: { ja: 'sekisho.yaml を見る', en: 'show sekisho.yaml' },
      }[word],
      options: word === 'show' ? {} : { offline: yes },
      takes: [0, 0],
      group: 'rules',
      load: () => import('./commands/config.ts'),
    }),
  ),
  people(
    'person add',
    'ID [--name NAME] [--key FILE] [--class file|device] [--role ROLE]… [--service S]…',
    '人を加える（最初の人は所有者）',
    'add a person (the first one is the owner)',
    [1, 1],
  ),
  people('person remove', 'ID', '人を外す', 'take a person out', [1, 1]),
  people('person list', '', '人、鍵、AI の一覧', 'people, keys and agents', [0, 0]),
  people(
    'key add',
    'PERSON FILE|KEY [--class file|device]',
    '公開鍵を登録する',
    'enrol a public key',
    [2, 2],
  ),
  people('key revoke', 'FINGERPRINT', '鍵を失効させる', 'revoke a key', [1, 1]),
  people(
    'agent add',
    'ID [--name NAME] [--model MODEL] [--sponsor PERSON]',
    'AI を加える（担当の人が要る）',
    'add an agent (it needs a sponsor)',
    [1, 1],
  ),
  people('agent token', 'ID', 'AI の鍵（トークン）を発行する', 'issue the agent its token', [1, 1]),
  people('agent pause', 'ID [--resume]', 'AI を止める、再開する', 'pause an agent, or let it go on', [1, 1]),
  ...(['put', 'list'] as const).map(
    (word): Command => ({
      words: `secret ${word}`,
      usage: word === 'put' ? 'SERVICE KEY' : 'SERVICE',
      help: {
        put: { ja: '秘密の値を端末から runner に渡す', en: 'hand a secret from the terminal to the runner' },
        list: { ja: '預けた秘密の名前と版', en: 'names and versions of kept secrets' },
      }[word],
      options: {},
      takes: word === 'put' ? [2, 2] : [1, 1],
      group: 'rules',
      load: () => import('./commands/secret.ts'),
    }),
  ),
  {
    words: 'doctor',
    usage: '',
    help: {
      ja: '保存、台帳、runner、鍵、時計、空き、壁の事実と直し方',
      en: 'facts of store, ledger, runner, keys, clock, disk, wall, and what to do',
    },
    options: {},
    takes: [0, 0],
    group: 'machine',
    load: () => import('./commands/doctor.ts'),
  },
  machine(
    'up',
    '[--data DIR] [--port N]',
    '関所を起動する（この端末で）',
    'start gate, runner and store in this terminal',
    () => import('./commands/up.ts'),
    { port: text },
  ),
  machine('down', '[--data DIR]', '関所を止める', 'stop them in order', () => import('./commands/up.ts')),
  machine(
    'init',
    '[--owner NAME] [--out FILE] [--add SERVICE]',
    'このホストを見て sekisho.yaml を書く',
    'look at this host and write sekisho.yaml',
    () => import('./commands/init.ts'),
    { out: text, owner: text, add: text },
  ),
  machine(
    'install host',
    '',
    'root 所有のプログラム、systemd の unit、ユーザーを入れる',
    'root-owned code, systemd units, users',
    () => import('./commands/install.ts'),
  ),
  machine(
    'uninstall host',
    '',
    'それをすべて戻す（記録は残る）',
    'take all of that back (records stay)',
    () => import('./commands/install.ts'),
  ),
  ...GUARD_COMMANDS,
  machine(
    'completion',
    'bash|zsh',
    'シェルの補完（使い方: eval "$(sekisho completion bash)"）',
    'completion for the shell: eval "$(sekisho completion bash)"',
    async () => (await import('./commands/completion.ts')).completing(COMMANDS),
    {},
    [1, 1],
  ),
  machine(
    'runner reconcile',
    '',
    'runner の記録簿と現実を突き合わせる',
    'compare the runner’s journal with the real state and finish what is open',
    () => import('./commands/runner.ts'),
  ),
  machine(
    'runner prune',
    '[--dry-run]',
    '古くなった変更前の写しを消す（--dry-run は示すだけ）',
    'take away old copies from before changes (--dry-run: only show)',
    () => import('./commands/runner.ts'),
    { 'dry-run': yes },
  ),
  machine(
    'runner fence',
    'reset TARGET',
    '数えられるはずのない順番札を取り消す',
    'take back a fence token that no count can have reached',
    () => import('./commands/runner.ts'),
    {},
    [2, 2],
  ),
  machine(
    'runner clock',
    'accept',
    '時計のずれを認める',
    'accept the time after a jump',
    () => import('./commands/runner.ts'),
    {},
    [1, 1],
  ),
]

/** A row with a command and without a place of its own stands behind the others of its group. */
export const COMMANDS: readonly Command[] = [...PLACED, ...otherOperationCommands(PLACED)]

export const GROUPS: Readonly<Record<Command['group'], { readonly ja: string; readonly en: string }>> = {
  everyday: { ja: '毎日使うもの', en: 'every day' },
  change: { ja: '変更', en: 'changes' },
  record: { ja: '記録と対象', en: 'records and services' },
  rules: { ja: '人と規則', en: 'people and rules' },
  guard: { ja: '番人', en: 'the guard' },
  machine: { ja: 'このマシン', en: 'this machine' },
}
