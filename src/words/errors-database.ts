// Sentences for what goes wrong with a database: reaching its cluster, dumping, reading and loading a dump, exchanging two of them.
import { shellWord } from '../base/shell-word.ts'
import { databaseWhy } from './database-why.ts'
import type { ErrorWords, Language, Reader } from './words.ts'

export const DATABASE_ERRORS = {
  'backup.db_unreachable': {
    ja: (d) => ({
      what: `PostgreSQL に接続できません: ポート ${d('port')}`,
      why: databaseWhy(d('why'), 'ja'),
      next: ['systemctl status postgresql', 'pg_lsclusters'],
    }),
    en: (d) => ({
      what: `PostgreSQL on port ${d('port')} cannot be reached`,
      why: databaseWhy(d('why'), 'en'),
      next: ['systemctl status postgresql', 'pg_lsclusters'],
    }),
  },
  'backup.db_unknown': {
    ja: {
      what: 'データベースがありません: {database}',
      why: 'ポート {port} の PostgreSQL に、この名前のものはありません',
      next: [
        'sudo -u {account} psql -p {port} -l',
        'sekisho.yaml の databases の name を直して、sekisho config apply',
      ],
    },
    en: {
      what: 'There is no such database: {database}',
      why: 'the PostgreSQL on port {port} has none of that name',
      next: [
        'sudo -u {account} psql -p {port} -l',
        'mend name at databases in sekisho.yaml, then sekisho config apply',
      ],
    },
  },
  'backup.db_refused': {
    ja: (d) => ({
      what: `PostgreSQL に断られました: ${d('role')}（ポート ${d('port')}）`,
      why: databaseWhy(d('why'), 'ja'),
      next: [`pg_hba.conf の先頭に local all ${d('role')} peer と書き、systemctl reload postgresql`],
    }),
    en: (d) => ({
      what: `PostgreSQL refused ${d('role')} on port ${d('port')}`,
      why: databaseWhy(d('why'), 'en'),
      next: [`write local all ${d('role')} peer at the top of pg_hba.conf, then systemctl reload postgresql`],
    }),
  },
  'backup.db_no_client': {
    ja: {
      what: 'pg_dump・pg_restore・psql が見つかりません',
      why: 'データベースの写しを作るには、サーバーと同じかそれより新しい版のこれらの道具が要ります',
      next: ['apt-get install postgresql-client'],
    },
    en: {
      what: 'pg_dump, pg_restore and psql are not to be found',
      why: 'a database is backed up and restored by the client programs of its own major or a newer one',
      next: ['apt-get install postgresql-client'],
    },
  },
  'backup.db_client_old': {
    ja: {
      what: 'PostgreSQL の client が古すぎます: {client}',
      why: 'サーバーは {server} です。古い pg_dump は新しいサーバーのデータを正しく書き出せません',
      next: ['apt install postgresql-client-{server}'],
    },
    en: {
      what: 'The PostgreSQL client programs are too old: {client}',
      why: 'the server is {server}, and an older pg_dump does not know what a newer server holds',
      next: ['apt install postgresql-client-{server}'],
    },
  },
  'backup.db_query_failed': {
    ja: (d) => ({
      what: `データベースへの問い合わせが失敗しました: ${d('database')}`,
      why: databaseWhy(d('why'), 'ja'),
      next: ['PostgreSQL のログを見てから、もう一度行う: pg_lsclusters'],
    }),
    en: (d) => ({
      what: `A query of the database failed: ${d('database')}`,
      why: databaseWhy(d('why'), 'en'),
      next: ['look at the log of PostgreSQL, then run it again: pg_lsclusters'],
    }),
  },
  'backup.db_dump_failed': {
    ja: (d) => ({
      what: `データベースを書き出せませんでした: ${d('database')}`,
      why: `${databaseWhy(d('why'), 'ja')}。書きかけのファイルは残していません`,
      next: ['PostgreSQL のログを見てから、もう一度行う: pg_lsclusters'],
    }),
    en: (d) => ({
      what: `The database could not be dumped: ${d('database')}`,
      why: `${databaseWhy(d('why'), 'en')}; no half-written file was left`,
      next: ['look at the log of PostgreSQL, then run it again: pg_lsclusters'],
    }),
  },
  'backup.db_not_a_dump': {
    ja: (d) => ({
      what: `pg_dump のカスタム形式 (-Fc) ではありません: ${d('path')}`,
      why: `${formatWord(d('format'), 'ja')}。pg_restore では読めないため、何も消さず、何も読み込んでいません`,
    }),
    en: (d) => ({
      what: `Not a dump in the custom format (pg_dump -Fc): ${d('path')}`,
      why: `${formatWord(d('format'), 'en')}; pg_restore cannot load it, so nothing was dropped and nothing was loaded`,
    }),
  },
  'backup.db_dump_damaged': {
    ja: { what: 'データベースのバックアップが壊れています: {path}', why: '{why}' },
    en: { what: 'The dump is damaged: {path}', why: '{why}' },
  },
  'backup.db_dump_refused': {
    ja: {
      what: 'このバックアップは読み込みません: {path}',
      why: 'データ以外に、実行されるものが含まれています: {found}',
    },
    en: {
      what: 'This dump is not loaded: {path}',
      why: 'besides data it holds what would be executed: {found}',
    },
  },
  'backup.db_needs_person': {
    ja: (d) => ({
      what: `サービスの権限では戻せないものが含まれています: ${d('database')}`,
      why: `管理者（superuser）が必要です: ${neededBy(d('found'), 'ja')}`,
      next: [...createRole(d), 'データベースの管理者が内容を確かめ、手で用意してから、もう一度行う'],
    }),
    en: (d) => ({
      what: `The dump holds what the service's own role cannot bring back: ${d('database')}`,
      why: `this needs a database administrator: ${neededBy(d('found'), 'en')}`,
      next: [...createRole(d), 'have an administrator look at it and provide it by hand, then run it again'],
    }),
  },
  'backup.db_load_failed': {
    ja: (d) => ({
      what: `データベースのバックアップを読み込めませんでした: ${d('database')}`,
      why: `${databaseWhy(d('why'), 'ja')}。元のデータベースには触れていません`,
    }),
    en: (d) => ({
      what: `The dump could not be loaded: ${d('database')}`,
      why: `${databaseWhy(d('why'), 'en')}; the live database was not touched`,
    }),
  },
  'backup.db_scratch_failed': {
    ja: (d) => ({
      what: '試し用の PostgreSQL を起動できません',
      why: databaseWhy(d('why'), 'ja'),
      next: ['df -h', 'sekisho doctor'],
    }),
    en: (d) => ({
      what: 'The throw-away PostgreSQL cannot be started',
      why: databaseWhy(d('why'), 'en'),
      next: ['df -h', 'sekisho doctor'],
    }),
  },
  'backup.db_no_loader': {
    ja: {
      what: '管理者以外の権限でデータベースに入れません: {role}',
      why: '{why}。管理者の権限では、データの行を読むことも、バックアップを読み込むこともしません',
      next: ['pg_hba.conf に「local all all peer」または「local all all scram-sha-256」の行を加える'],
    },
    en: {
      what: "There is no way into the cluster without an administrator's rights: {role}",
      why: '{why}; rows are never read, and a dump is never loaded, by a superuser',
      next: ['add the line "local all all peer" or "local all all scram-sha-256" to pg_hba.conf'],
    },
  },
  'backup.db_no_slot': {
    ja: (d) => ({
      what: `データベースに空いている接続がありません: ${d('database')}`,
      why: `${databaseWhy(d('why'), 'ja')}。${d('role')} の接続が一つ要ります。何も読まず、何も書いていません`,
      next: [
        '使っていない接続が閉じるのを待って、もう一度行う',
        `続くなら、ALTER DATABASE の CONNECTION LIMIT か、ポート ${d('port')} の postgresql.conf の max_connections を上げる`,
      ],
    }),
    en: (d) => ({
      what: `There is no free connection to the database: ${d('database')}`,
      why: `${databaseWhy(d('why'), 'en')}; ${d('role')} needs one, and nothing was read or written`,
      next: [
        'wait until a connection is closed, then run it again',
        `if it stays so, raise the CONNECTION LIMIT of the database (ALTER DATABASE), or max_connections in postgresql.conf of port ${d('port')}`,
      ],
    }),
  },
  'backup.db_locale_missing': {
    ja: {
      what: '元のデータベースと同じロケールのデータベースを、このサーバーでは作れません: {database}（{locale}）',
      why: '別のロケールで作ると、文字の並び順と大文字・小文字の扱いが元と変わります。何も読み込まず、元のデータベースには触れていません',
      next: [
        'このロケールを使えるようにする（libc は locale -a で確かめ、icu・builtin は PostgreSQL の版による）',
        'PostgreSQL を再起動してから、もう一度行う',
      ],
    },
    en: {
      what: 'This server cannot make a database with the locale of the original: {database} ({locale})',
      why: 'with another locale texts would be ordered and folded in another way; nothing was loaded, and the live database was not touched',
      next: [
        'provide this locale (libc: see locale -a; icu and builtin depend on the release of PostgreSQL)',
        'restart PostgreSQL, then run it again',
      ],
    },
  },
  'backup.db_moved': {
    ja: {
      what: 'データベースが確認した時のものではありません: {database}',
      why: 'OID は {found}、確認した時は {wanted} でした',
    },
    en: {
      what: 'This is not the database that was looked at: {database}',
      why: 'its object id is {found}, it was {wanted}',
    },
  },
  'backup.db_swap_failed': {
    ja: (d) => ({
      what: `データベースを入れ替えられませんでした: ${d('database')}`,
      why: `${databaseWhy(d('why'), 'ja')}。名前は二つとも元のままです`,
    }),
    en: (d) => ({
      what: `The databases could not be exchanged: ${d('database')}`,
      why: `${databaseWhy(d('why'), 'en')}; both names are as they were`,
    }),
  },
} as const satisfies ErrorWords

function neededBy(found: string, language: Language): string {
  if (language === 'en') return found
  return found
    .replaceAll(/\brole ([^,]+) is missing/g, 'ロール $1 がありません')
    .replaceAll(/\bowner ([^,]+) is a superuser/g, '所有者 $1 は superuser です')
}

/** Named where the owner of the database is no role of the cluster. */
function createRole(d: Reader<'account' | 'missing' | 'port'>): readonly string[] {
  if (d('missing') === '…') return []
  return [`sudo -u ${shellWord(d('account'))} createuser -p ${d('port')} ${shellWord(d('missing'))}`]
}

const FORMATS: Readonly<Record<string, { readonly ja: string; readonly en: string }>> = {
  plain: {
    ja: 'プレーンテキスト（SQL 文のままの書き出し）です',
    en: 'it is a plain text dump, SQL as it is',
  },
  tar: { ja: 'tar 形式です', en: 'it is a tar archive' },
  gzip: { ja: 'gzip で圧縮されています', en: 'it is compressed by gzip' },
  zstd: { ja: 'zstd で圧縮されています', en: 'it is compressed by zstd' },
  empty: { ja: '空のファイルです', en: 'it is empty' },
  custom: { ja: '読めない版のカスタム形式です', en: 'it is of a version that is not known' },
}

function formatWord(format: string, language: 'ja' | 'en'): string {
  return (FORMATS[format] ?? { ja: '見覚えのない形式です', en: 'its format is not known' })[language]
}
