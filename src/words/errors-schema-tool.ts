// Sentences for what goes wrong with a declared migration tool.
import type { ErrorWords } from './words.ts'

export const TOOL_ERRORS = {
  'schema.by_tool': {
    ja: {
      what: 'データベース {database} は、宣言したマイグレーションツールで変えます',
      why: 'SQL ファイルと混ぜると、ツールは自分がどこまで進んだか分からなくなります',
      next: ['sekisho do schema --service {service} --database {database} --by-tool --instruction "…"'],
    },
    en: {
      what: 'Database {database} is changed by its declared migration tool',
      why: 'beside SQL files the tool would not know how far it is',
      next: ['sekisho do schema --service {service} --database {database} --by-tool --instruction "…"'],
    },
  },
  'schema.not_by_tool': {
    ja: {
      what: 'データベース {database} には、マイグレーションツールが宣言されていません',
      why: '何を実行するかは sekisho.yaml にだけ書けます',
      next: ['migrations に tool: argv と directory、up、down、status を書く', 'sekisho config apply'],
    },
    en: {
      what: 'No migration tool is declared for database {database}',
      why: 'what is run is said by sekisho.yaml alone',
      next: [
        'write tool: argv with directory, up, down and status at its migrations',
        'sekisho config apply',
      ],
    },
  },
  'schema.status_other': {
    ja: {
      what: 'データベース {database} が、予行したときの状態にありません',
      why: '{command} の出力が、予行の前と違います。何も実行していません',
      next: ['sekisho change revise {change}'],
    },
    en: {
      what: 'Database {database} is not where the rehearsal began',
      why: '{command} says something else than before the rehearsal; nothing was run',
      next: ['sekisho change revise {change}'],
    },
  },
  'schema.tool_failed': {
    ja: {
      what: '{command} は、データベース {database} で最後まで実行できませんでした',
      why: '{why}',
    },
    en: {
      what: '{command} did not run to its end on database {database}',
      why: '{why}',
    },
  },
  'schema.tool_files_kind': {
    ja: {
      what: '{directory} に、封印できないものがあります: {path}（{kind}）',
      why: '封印できるのは、普通のファイル、ディレクトリ、リンクだけです',
      next: ['取り除くか、sekisho.yaml の directory に別のディレクトリを書く'],
    },
    en: {
      what: '{directory} holds what cannot be sealed: {path} ({kind})',
      why: 'files, directories and links are sealed, and nothing else',
      next: ['remove it, or declare another directory in sekisho.yaml'],
    },
  },
  'schema.tool_files_many': {
    ja: {
      what: '{directory} が大きすぎます',
      why: 'ファイルは {limit} 個、全体で {bytes} バイトまでです（{files} 個まで読みました）',
      next: ['動かすファイルだけのディレクトリを sekisho.yaml の directory に書く'],
    },
    en: {
      what: '{directory} is too large',
      why: 'the limit is {limit} files and {bytes} bytes ({files} were read)',
      next: ['declare a directory with the files that run alone in sekisho.yaml'],
    },
  },
  'schema.tool_files_moved': {
    ja: {
      what: '{directory} のファイルが、承認されたものと違います',
      why: '承認されたファイルだけを実行します。何も実行していません',
      next: ['sekisho change revise {change}'],
    },
    en: {
      what: 'The files of {directory} are not those that were approved',
      why: 'only these would be run; nothing was',
      next: ['sekisho change revise {change}'],
    },
  },
  'schema.tool_uncertain': {
    ja: {
      what: '{command} がデータベース {database} に適用されたかどうか、分かりません',
      why: 'status の出力とスキーマが、実行前とも予行の結果とも違います。{why}',
      next: ['データベースを調べ、前か後のどちらかに揃える', 'sekisho change continue {change}'],
    },
    en: {
      what: 'Whether {command} was applied to database {database} is not known',
      why: 'status and schema are neither as before nor as in the rehearsal; {why}',
      next: ['look at the database, and bring it to one of the two', 'sekisho change continue {change}'],
    },
  },
} as const satisfies ErrorWords
