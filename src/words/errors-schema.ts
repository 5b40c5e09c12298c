// Sentences for what goes wrong with a change of a schema.
import { databaseWhy } from './database-why.ts'
import { TOOL_ERRORS } from './errors-schema-tool.ts'
import type { ErrorWords } from './words.ts'

export const SCHEMA_ERRORS = {
  ...TOOL_ERRORS,
  'schema.not_declared': {
    ja: (d) => ({
      what:
        d('database') === ''
          ? `サービス ${d('service')} には、データベースが書かれていません`
          : `サービス ${d('service')} のデータベース ${d('database')} は、スキーマの変更を受け付けません`,
      why:
        d('declared') === ''
          ? 'sekisho.yaml に、SQL を実行するロールが書かれていません'
          : `migrations が書かれているのは ${d('declared')} です。どれかを --database で選びます`,
      next: [
        `sekisho.yaml: services.${d('service')} に  databases: [ { name: ${d('database') || 'NAME'}, migrations: { role: ROLE } } ]`,
        'sekisho config apply',
      ],
    }),
    en: (d) => ({
      what:
        d('database') === ''
          ? `Service ${d('service')} declares no database`
          : `Database ${d('database')} of service ${d('service')} takes no change of its schema`,
      why:
        d('declared') === ''
          ? 'sekisho.yaml does not say which role runs SQL there'
          : `migrations are declared for ${d('declared')}; choose one with --database`,
      next: [
        `in sekisho.yaml: services.${d('service')}  databases: [ { name: ${d('database') || 'NAME'}, migrations: { role: ROLE } } ]`,
        'sekisho config apply',
      ],
    }),
  },
  'schema.agent_accepts': {
    ja: {
      what: '{file} には、指摘を承知したという注記（-- sekisho: accept）があります',
      why: 'エージェントは、失われるものを人の代わりに承知できません',
      next: [
        '注記を消して出し直す',
        'または、人が同じ SQL で変更を作る（sekisho do schema、sekisho do code）か直す（sekisho change revise）',
      ],
    },
    en: {
      what: '{file} accepts a finding in a comment (-- sekisho: accept)',
      why: 'an agent does not accept for people what is lost',
      next: [
        'propose it again without the comment',
        'or a person makes the change with this SQL (sekisho do schema, sekisho do code) or revises it (sekisho change revise)',
      ],
    },
  },
  'schema.no_down': {
    ja: {
      what: '{up} を元に戻す SQL がありません',
      why: '戻す SQL がないと、失敗したときに復元するしかなくなり、変更のあとに書かれたものが失われます',
      next: [
        'sekisho do schema --service {service} --up {up} --down FILE --instruction "…"',
        'sekisho do schema --service {service} --up {up} --irreversible --instruction "…"',
      ],
    },
    en: {
      what: 'There is no SQL that takes {up} back',
      why: 'without it only a restore could, which loses what was written since',
      next: [
        'sekisho do schema --service {service} --up {up} --down FILE --instruction "…"',
        'sekisho do schema --service {service} --up {up} --irreversible --instruction "…"',
      ],
    },
  },
  'schema.other_major': {
    ja: {
      what: '予行に使う PostgreSQL の版が、本番と違います',
      why: '本番は {live}、ここにあるのは {here} です。別の版での予行は、本番で何が起きるかを示しません',
      next: ['本番と同じ版の postgresql パッケージを入れる'],
    },
    en: {
      what: 'The rehearsal needs the PostgreSQL of production',
      why: 'production runs {live}, here is {here}; a rehearsal on another major does not show what production does',
      next: ['install the postgresql package of the same major'],
    },
  },
  'schema.role_missing': {
    ja: {
      what: 'ロール {role} がありません',
      why: 'データベース {database} の SQL は、このロールが実行すると sekisho.yaml に書かれています',
      next: ['CREATE ROLE で作るか、sekisho.yaml の migrations.role を直して sekisho config apply'],
    },
    en: {
      what: 'There is no role {role}',
      why: 'sekisho.yaml says that it runs the SQL of database {database}',
      next: ['create it, or mend migrations.role in sekisho.yaml and run sekisho config apply'],
    },
  },
  'schema.role_powerful': {
    ja: {
      what: 'ロール {role} には、SQL の実行に要らない権限があります: {powers}',
      why: 'スキーマの変更は、データベースの外に手が届かないロールでだけ実行します',
      next: ['{database} のテーブルを持つ普通のロールを sekisho.yaml の migrations.role に書く'],
    },
    en: {
      what: 'Role {role} may do more than a migration needs: {powers}',
      why: 'a migration runs only as a role that reaches nothing beyond its database',
      next: ['name an ordinary role that owns the tables of {database} at migrations.role in sekisho.yaml'],
    },
  },
  'schema.marker_foreign': {
    ja: {
      what: 'データベース {database} のスキーマ sekisho を、管理者でないロールが持っています',
      why: 'ここに一度だけの実行の印を書きます。持ち主は印を書き換えられるので、何が実行されたか分からなくなります',
      next: ['中身を確かめ、ALTER SCHEMA sekisho RENAME TO … で名前を変える'],
    },
    en: {
      what: 'Schema sekisho of database {database} belongs to a role that is no administrator',
      why: 'the marks that make a migration run once are written there, and its owner could alter them',
      next: ['look what it holds, and give it another name: ALTER SCHEMA sekisho RENAME TO …'],
    },
  },
  'schema.not_ended': {
    ja: {
      what: 'データベース {database} で、打ち切った SQL のセッションが終わりません',
      why: '10 秒のあいだ終わらせようとしました。まだロックを持ち、このあとで確定することもあるので、適用されたかどうかは分かりません',
      next: ['pg_stat_activity で sekisho のログインのセッションを見て終わらせ、sekisho change continue'],
    },
    en: {
      what: 'A session of the SQL that was ended is still there in database {database}',
      why: 'it was told to end for 10 s; it may hold its locks and commit yet, so whether it was applied is not known',
      next: [
        'look at the sessions of the login of sekisho in pg_stat_activity, end them, then sekisho change continue',
      ],
    },
  },
  'schema.reached': {
    ja: {
      what: '{file} は、データベース {database} のスキーマの外を変えました: {what}',
      why: 'ロールのパスワードや設定は、戻す SQL でも元に戻りません。サービスが次の接続に失敗することがあります',
      next: ['ロールとデータベースの設定を確かめて手で戻し、パスワードを付け直す'],
    },
    en: {
      what: '{file} has altered what lies beyond the schema of database {database}: {what}',
      why: 'no way back restores the password or the settings of a role; the service may fail at its next connection',
      next: [
        'look at the role and the settings of the database, put them back by hand, and set the password anew',
      ],
    },
  },
  'schema.moved': {
    ja: {
      what: 'データベース {database} のスキーマが、計画のあとで変わりました',
      why: '計画は、そのときのスキーマを前提にしています',
      next: ['sekisho change revise {change}'],
    },
    en: {
      what: 'The schema of database {database} has changed since the plan was made',
      why: 'the plan rests on the schema as it was then',
      next: ['sekisho change revise {change}'],
    },
  },
  'schema.failed': {
    ja: (d) => ({
      what: `${d('file')} は、データベース ${d('database')} で最後まで実行できませんでした`,
      why: databaseWhy(d('why'), 'ja'),
    }),
    en: (d) => ({
      what: `${d('file')} did not run to its end on database ${d('database')}`,
      why: databaseWhy(d('why'), 'en'),
    }),
  },
  'schema.back_deletes': {
    ja: {
      what: '{file} は、データベース {database} の行を消すので確定しませんでした: {rows}',
      why: '変更のあとに書かれた行かもしれません。消すことは、そのファイルで承知されていません。ロールバックして、何も消していません',
      next: ['その行を見て、要るものを別の場所に写してから手で消し、もう一度取り消す'],
    },
    en: {
      what: '{file} was not committed on database {database}, for it deletes rows: {rows}',
      why: 'they may have been written after the change, and its file does not accept that they go; it was rolled back, and nothing was deleted',
      next: [
        'look at these rows, keep elsewhere what is needed, delete them by hand, and take it back again',
      ],
    },
  },
  'schema.not_back': {
    ja: {
      what: '{file} は、データベース {database} で前に実行した変更を取り消すものではありません',
      why: 'このホストの実行記録に、その変更がありません。取り消しとしてではなく、ふつうの変更として出せます',
      next: ['sekisho do schema --service NAME --up {file} --down FILE --instruction "…"'],
    },
    en: {
      what: '{file} takes back no change that ran on database {database}',
      why: 'the journal of this host does not have that change; ask for it as a change of its own',
      next: ['sekisho do schema --service NAME --up {file} --down FILE --instruction "…"'],
    },
  },
  'schema.losses_unknown': {
    ja: {
      what: '{file} は、データベース {database} で失うものの数が分からないので、実行していません',
      why: '承認された予行の記録に、その数がありません。もう一度試すと数え、承認の画面に出ます',
      next: ['sekisho change list'],
    },
    en: {
      what: '{file} was not run on database {database}, for nobody knows how much it may lose',
      why: 'the trial that was approved has no numbers of it; a new trial counts and shows them to whoever approves',
      next: ['sekisho change list'],
    },
  },
  'schema.loses_more': {
    ja: {
      what: '{file} は、データベース {database} で承認より多くの値を失うので、確定しませんでした: {rows}',
      why: '予行のあとに書かれたものです。何も失われていません。もう一度試すと、いまの数が承認の画面に出ます',
      next: ['sekisho change list'],
    },
    en: {
      what: '{file} was not committed on database {database}, for it would lose more than was approved: {rows}',
      why: 'it was written since the rehearsal; nothing was lost. A new trial shows the numbers of now to whoever approves',
      next: ['sekisho change list'],
    },
  },
  'schema.late': {
    ja: {
      what: '{file} は、{limit} 秒以内に終わらなかったので打ち切りました',
      why: 'データベース {database} では、そのトランザクションは何も残していません',
    },
    en: {
      what: '{file} did not end within {limit} s and was ended',
      why: 'its transaction left nothing in database {database}',
    },
  },
} as const satisfies ErrorWords
