// Sentences for what is wrong with the migrations of a commit.
import type { ErrorWords } from './words.ts'

export const MIGRATION_ERRORS = {
  'deploy.migration': {
    ja: {
      what: '宣言されていない場所に、データベースの移行ファイルが加わっています: {path}',
      why: 'どのデータベースに、どのロールで実行するものか、規則から分かりません',
      next: [
        'sekisho.yaml: databases の migrations に dir: （リポジトリの中のディレクトリ）を書く',
        '移行を含まないコミットに分けて出す',
      ],
    },
    en: {
      what: 'The candidate adds a migration in a place that nobody has declared: {path}',
      why: 'the rules do not say for which database it is and which role runs it',
      next: [
        'in sekisho.yaml: dir: (a directory of the repository) in migrations of the database',
        'propose a commit without the migration',
      ],
    },
  },
  'deploy.migration_name': {
    ja: {
      what: '移行ファイルの名前として読めません: {path}',
      why: '移行は 0007_名前.up.sql と 0007_名前.down.sql の組で、番号の順に実行します',
      next: ['ファイルの名前を直して、コミットし直す'],
    },
    en: {
      what: 'This is no name of a migration: {path}',
      why: 'migrations are pairs, 0007_NAME.up.sql and 0007_NAME.down.sql, and run in the order of their numbers',
      next: ['rename the file and commit again'],
    },
  },
  'deploy.migration_changed': {
    ja: {
      what: '前のコミットで適用された移行ファイルが書き換えられています: {path}',
      why: '適用済みの SQL は、ファイルを変えても変わりません。データベースとファイルが食い違います',
      next: ['このファイルを元に戻し、新しい番号の移行を足す'],
    },
    en: {
      what: 'The commit changes a migration that was applied earlier: {path}',
      why: 'what was applied does not change with its file; the database and the file would differ',
      next: ['restore the file, and add a migration with a new number'],
    },
  },
  'deploy.migration_twice': {
    ja: {
      what: '同じ番号 {number} の移行が 2 つあります: {path} と {other}',
      why: 'どちらを先に実行するか決まりません',
      next: ['片方に新しい番号を付けて、コミットし直す'],
    },
    en: {
      what: 'Two migrations have the number {number}: {path} and {other}',
      why: 'nobody knows which of them runs first',
      next: ['give one of them a new number and commit again'],
    },
  },
  'deploy.migration_order': {
    ja: {
      what: '移行 {path} の番号が、本番にある {newest} より後ではありません',
      why: '移行は番号の順に一度ずつ実行します。間に挟まる番号は、順序が変わってしまいます',
      next: ['{newest} より大きい番号に付け替えて、コミットし直す'],
    },
    en: {
      what: 'The number of migration {path} is not behind that of {newest}, which production has',
      why: 'migrations run once each, in the order of their numbers; one in between would change the order',
      next: ['give it a number above that of {newest} and commit again'],
    },
  },
  'deploy.migration_half': {
    ja: {
      what: '移行の組が揃っていません: {path} に対する {missing} がありません',
      why: '戻す SQL がないと、コードと一緒に戻せません',
      next: [
        '{missing} を同じコミットに加える',
        '戻せない変更なら、sekisho do schema --irreversible で先に単独で通す',
      ],
    },
    en: {
      what: 'A migration is not a pair: {path} is there, {missing} is not',
      why: 'without both the schema cannot be taken back with the code',
      next: [
        'add {missing} to the same commit',
        'a change that cannot be taken back goes by itself: sekisho do schema --irreversible',
      ],
    },
  },
  'deploy.migrations_many': {
    ja: {
      what: '一つのコミットに移行が {count} 組あります',
      why: '1 つの変更で実行するのは {limit} 組までです',
      next: ['コミットをいくつかに分ける'],
    },
    en: {
      what: 'The commit has {count} migrations',
      why: 'one change runs at most {limit}',
      next: ['propose it as several commits'],
    },
  },
  'deploy.migration_databases': {
    ja: {
      what: '一つのコミットが複数のデータベースの移行を含んでいます: {databases}',
      why: '1 つの変更が形を変えるデータベースは 1 つです',
      next: ['データベースごとにコミットを分ける'],
    },
    en: {
      what: 'The commit has migrations for several databases: {databases}',
      why: 'one change changes the schema of one database',
      next: ['propose a commit for each database'],
    },
  },
  'deploy.tool_migrations': {
    ja: {
      what: '一つのコミットに、データベース {database} のマイグレーションツールのファイルとほかのコードがあります: {path}、{other}',
      why: 'ツールのディレクトリがコードの木の外まで及ぶので、コミットのファイルだけを封をして実行することができません',
      next: [
        'ツールのファイルだけのコミットに分け、先に sekisho do code で配置する',
        'sekisho do schema --service {service} --database {database} --by-tool --instruction "…"',
        '残りのコードを sekisho do code で出す',
      ],
    },
    en: {
      what: 'The commit has files of the migration tool of database {database} and other code: {path}, {other}',
      why: 'the directory of the tool reaches beyond the tree of the code, so the files of the commit alone cannot be sealed and run',
      next: [
        'make a commit of the files of the tool alone, and deploy it first with sekisho do code',
        'sekisho do schema --service {service} --database {database} --by-tool --instruction "…"',
        'propose the rest of the code with sekisho do code',
      ],
    },
  },
  'deploy.tool_back': {
    ja: {
      what: 'データベース {database} のマイグレーションツールのファイルを、ほかのコードと一緒に取り消すことになりますが、ツールが最後にスキーマを変えたのは別の変更 {newest} です',
      why: 'ツールの down は最後の変更を取り消します。今の指定では、別の変更が取り消されてしまいます',
      next: [
        'sekisho change rollback {newest}',
        'そのあと、新しい変更から順に一つずつ取り消す: sekisho change rollback 変更',
      ],
    },
    en: {
      what: 'This takes back files of the migration tool of database {database} together with other code, and the last change of the schema by the tool is another one: {newest}',
      why: 'the down of the tool takes back its last change, which would be the wrong one',
      next: [
        'sekisho change rollback {newest}',
        'then take back one change at a time, the newest first: sekisho change rollback CHANGE',
      ],
    },
  },
  'deploy.tool_back_none': {
    ja: {
      what: 'データベース {database} のマイグレーションツールのファイルを、ほかのコードと一緒に取り消すことになりますが、ツールがここでスキーマを変えた記録はありません',
      why: 'ツールの down が何を取り消すのか分かりません',
      next: ['新しい変更から順に一つずつ取り消す: sekisho change rollback 変更'],
    },
    en: {
      what: 'This takes back files of the migration tool of database {database} together with other code, and no kept change of the schema by the tool stands here',
      why: 'what the down of the tool would take back is not known',
      next: ['take back one change at a time, the newest first: sekisho change rollback CHANGE'],
    },
  },
  'deploy.stale_clone': {
    ja: {
      what: '予行に使った複製が、いまの本番より古くなっています: データベース {database} のスキーマが変わりました',
      why: '古い形で試した結果は、いまの本番で何が起きるかを示しません',
      next: ['もう一度 sekisho do code を行う（新しい複製で予行します）'],
    },
    en: {
      what: 'The clone of the rehearsal is older than production: the schema of database {database} has changed since',
      why: 'what was tried on the older schema does not show what happens on this one',
      next: ['run sekisho do code again, which rehearses on a new clone'],
    },
  },
} as const satisfies ErrorWords
