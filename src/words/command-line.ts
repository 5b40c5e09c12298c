// What is wrong with a line that was typed, and the page of `sekisho help`.
import type { Both } from './words.ts'

export const COMMAND_LINE = {
  argumentMissing: (command: string): Both<string> => ({
    ja: `引数が足りません: ${command}`,
    en: `an argument is missing: ${command}`,
  }),
  argumentUnexpected: (given: string): Both<string> => ({
    ja: `余分な引数です: ${given}`,
    en: `unexpected argument: ${given}`,
  }),
  secondWordMissing: (first: string): Both<string> => ({
    ja: `${first} の次の言葉が足りません`,
    en: `${first} needs a second word`,
  }),
  wrongValue: (option: string, choices: string, given: string): Both<string> => ({
    ja: `${option} に書けるのは ${choices} です（${given}）`,
    en: `${option} takes ${choices}, not ${given === '' ? '""' : given}`,
  }),
  placeholder: (given: string): Both<string> => ({
    ja: `${given} は書きかえるところです。あなたの言葉や値を入れてください`,
    en: `${given} is a place to fill in: write your own words or value there`,
  }),
  noChangeId: (given: string): Both<string> => ({
    ja: `変更の番号は CHG-2026-0001 の形です（${given}）`,
    en: `the id of a change looks like CHG-2026-0001, not ${given}`,
  }),
  noPattern: (known: readonly string[], given: string): Both<string> => ({
    ja: `PATTERN は ${known.join(' か ')} です（${given}）`,
    en: `PATTERN is ${known.join(' or ')}, not ${given}`,
  }),
  instruction: {
    ja: '--instruction "…"（人の言葉をそのまま）',
    en: '--instruction "…" (a person’s words, verbatim)',
  },
  verbIsForService: (verb: string): Both<string> => ({
    ja: `--verb ${verb} は service の変更で使います: sekisho do service --verb restart|reload|start|stop`,
    en: `--verb ${verb} is for a service: sekisho do service --verb restart|reload|start|stop`,
  }),
  codeTakesCommit: {
    ja: 'コードの変更で使えるのは --commit、--repository、--to と、サイトの nginx のファイルの --file です。ほかのファイルは config、操作は service で変えます',
    en: 'a change of pattern code takes --commit, --repository, --to, and --file for nginx files of its site; other files are changed with config, a unit with service',
  },
  commitIsForCode: {
    ja: '--commit と --repository は、新しいコミットを入れるコードの変更で使います。取り消しのコミットは変えられません。--to は do code で使います',
    en: '--commit and --repository give a change of code another commit; what a change takes back stays as it is, and --to belongs to do code',
  },
  serviceTakesVerb: {
    ja: 'service の変更で使えるのは --verb restart|reload|start|stop だけです。ファイルは config で変えます',
    en: 'a change of pattern service takes --verb restart|reload|start|stop only; files are changed with config',
  },
  sqlIsForSchema: {
    ja: '--up、--down、--database は schema の変更で使います: sekisho do schema --up FILE --down FILE',
    en: '--up, --down and --database are for a schema: sekisho do schema --up FILE --down FILE',
  },
  toolOrFiles: {
    ja: '--by-tool のときは、--up、--down、--irreversible を書きません。何を実行するかは sekisho.yaml にあります',
    en: 'with --by-tool there is no --up, --down or --irreversible: sekisho.yaml says what is run',
  },
  schemaTakesSql: {
    ja: 'schema の変更で使えるのは --up と --down（と --database）だけです。ファイルは config で変えます',
    en: 'a change of pattern schema takes --up and --down (and --database) only; files are changed with config',
  },
  sqlName: (name: string): Both<string> => ({
    ja: `SQL のファイルの名前は、英数字、点、下線、ハイフンで書きます: ${name}`,
    en: `the name of a SQL file has letters, digits, dot, underscore and dash only: ${name}`,
  }),
  windowNeedsBoth: {
    ja: '時間帯は --from と --until の両方で: --from 2026-11-25T22:00:00+09:00 --until 2026-11-25T23:00:00+09:00',
    en: 'a window needs both --from and --until: --from 2026-11-25T22:00:00+09:00 --until 2026-11-25T23:00:00+09:00',
  },
  notAbsolute: (path: string): Both<string> => ({
    ja: `絶対パスで書いてください: ${path}`,
    en: `an absolute path, please: ${path}`,
  }),
  notBothBackups: {
    ja: '--last-known-good か --from のどちらか一方だけです',
    en: '--last-known-good or --from ID, not both',
  },
  /** `fault`: the error as it came. */
  bug: (fault: string | undefined): Both<string> => ({
    ja: `sekisho の不具合です。実行中の変更は runner が続けます（sekisho status）。\n${fault}`,
    en: `This is a bug in sekisho. A change that is running goes on at the runner (sekisho status).\n${fault}`,
  }),
} as const

const FOOT: Both<readonly string[]> = {
  ja: ['どのコマンドにも: --json  --lang ja|en  --ascii', 'くわしく: sekisho help COMMAND'],
  en: ['with every command: --json  --lang ja|en  --ascii', 'more: sekisho help COMMAND'],
}

export const HELP_WORDS = {
  title: {
    ja: '関所 Sekisho — 本番へのすべての変更が通る門',
    en: 'Sekisho (関所): the gate through which every production change passes',
  },
  foot: FOOT,
  options: { ja: 'オプション', en: 'options' },
  examples: { ja: '例', en: 'for instance' },
} as const
