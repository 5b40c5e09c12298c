// Sentences for the store (db/).
import { errnoWord } from './errno.ts'
import type { ErrorWords, Language, Reader } from './words.ts'

export const DB_ERRORS = {
  'store.as_root': {
    ja: {
      what: 'データベースを root では動かしません',
      why: '専用の利用者が要ります',
      next: ['sekisho install host'],
    },
    en: {
      what: 'The store never runs as root',
      why: 'it needs an account of its own',
      next: ['sekisho install host'],
    },
  },
  'store.busy': {
    ja: { what: 'データベースが混み合っています', why: '{why}', next: ['少し待ってもう一度'] },
    en: { what: 'The store is busy', why: '{why}', next: ['wait a moment and try again'] },
  },
  'store.checksums_off': {
    ja: {
      what: 'このデータベースは使えません: データチェックサムが無効です',
      why: '壊れた記録に気づけません',
      next: ['サーバーを止めてから: pg_checksums --enable -D <データの場所>'],
    },
    en: {
      what: 'This database server is refused: data checksums are off',
      why: 'damaged records would go unnoticed',
      next: ['with the server stopped: pg_checksums --enable -D <its data directory>'],
    },
  },
  'store.choice_unreadable': {
    ja: {
      what: 'データベースの選択記録を読めません: {path}',
      why: 'どのプログラムで作られたか分からないので始めません',
      next: ['バックアップからこのファイルを戻す'],
    },
    en: {
      what: "The store's choice of programs cannot be read: {path}",
      why: 'it says which programs made the data, so nothing is started',
      next: ['put this file back from a backup'],
    },
  },
  'store.commit_unknown': {
    ja: {
      what: '確定の途中でデータベースとの接続が切れました',
      why: '記録されたかどうかは、まだ分かりません',
      next: ['sekisho status で確かめてから、必要ならもう一度'],
    },
    en: {
      what: 'The connection to the store was lost while committing',
      why: 'whether it was recorded is not known yet',
      next: ['look with: sekisho status, and repeat only if it is not there'],
    },
  },
  'store.damaged': {
    ja: {
      what: 'データベースの中身が壊れています',
      why: '{why}',
      next: ['sekisho doctor', 'sekisho ledger verify'],
    },
    en: {
      what: 'The store holds damaged data',
      why: '{why}',
      next: ['sekisho doctor', 'sekisho ledger verify'],
    },
  },
  'store.dies': {
    ja: {
      what: 'データベースが繰り返し止まります',
      why: '短い間に {times} 回止まったので、再起動をやめました',
      next: ['<データの場所>/pg/log/postgres.log を見る', 'sekisho doctor'],
    },
    en: {
      what: 'The store keeps dying',
      why: 'it ended {times} times in a short while and is not started again',
      next: ['read <data>/pg/log/postgres.log', 'sekisho doctor'],
    },
  },
  'store.fsync_off': {
    ja: {
      what: 'このデータベースは使えません: fsync が off です',
      why: '停電すると、記録したはずのものが消えます',
      next: ['ALTER SYSTEM SET fsync = on', 'SELECT pg_reload_conf()'],
    },
    en: {
      what: 'This database server is refused: fsync is off',
      why: 'a power cut would take what it said it had recorded',
      next: ['ALTER SYSTEM SET fsync = on', 'SELECT pg_reload_conf()'],
    },
  },
  'store.full': {
    ja: {
      what: 'データベースの置き場所に空きがありません: {path}',
      why: '途中まで書いたものはありません。空きができれば自分で続けます',
      next: ['df -h で確かめ、空きを作る'],
    },
    en: {
      what: 'No space left where the store lies: {path}',
      why: 'nothing is half-written; it goes on by itself when there is space',
      next: ['look with df -h and free some space'],
    },
  },
  'store.full_page_writes_off': {
    ja: {
      what: 'このデータベースは使えません: full_page_writes が off です',
      why: '停電でページが半分だけ書かれると直せません',
      next: ['ALTER SYSTEM SET full_page_writes = on', 'SELECT pg_reload_conf()'],
    },
    en: {
      what: 'This database server is refused: full_page_writes is off',
      why: 'a page half-written in a power cut could not be mended',
      next: ['ALTER SYSTEM SET full_page_writes = on', 'SELECT pg_reload_conf()'],
    },
  },
  'store.held': {
    ja: {
      what: 'ほかのプロセスがデータベースの場所を使っているようです: {path}',
      why: 'プロセス {pid} が終わったと確かめられないので、何も消さずに止まりました',
      next: ['ps -fp {pid} で確かめる'],
    },
    en: {
      what: "Another process seems to use the store's directory: {path}",
      why: 'process {pid} is not proven to be gone, so nothing was removed and nothing started',
      next: ['look with ps -fp {pid}'],
    },
  },
  'store.lock_timeout': {
    ja: {
      what: '別の起動処理が終わりません',
      why: '{path} をほかのプロセスが持ち続けています',
      next: ['fuser -v {path} で確かめる'],
    },
    en: {
      what: 'Another start of the store does not end',
      why: 'another process keeps {path}',
      next: ['look with fuser -v {path}'],
    },
  },
  'store.migration_changed': {
    ja: {
      what: '適用済みの移行が書き換えられています: {migration}',
      why: 'データベースとプログラムが同じものか確かめられません',
      next: ['元の版の sekisho を使う'],
    },
    en: {
      what: 'A migration that was already applied has been changed: {migration}',
      why: 'database and program may no longer mean the same',
      next: ['use the release of sekisho that belongs to this database'],
    },
  },
  'store.migration_failed': {
    ja: {
      what: '移行に失敗しました: {migration}',
      why: '{why}。この移行は取り消され、それより前はそのままです',
      next: ['sekisho doctor'],
    },
    en: {
      what: 'A migration failed: {migration}',
      why: '{why}; it was rolled back, the earlier ones stay',
      next: ['sekisho doctor'],
    },
  },
  'store.migration_order': {
    ja: { what: '移行の並びが正しくありません: {migration}', why: 'プログラムの誤りです' },
    en: {
      what: 'The list of migrations is out of order at {migration}',
      why: 'a fault of the program',
    },
  },
  'store.newer': {
    ja: {
      what: 'データベースがこの sekisho より新しい版で作られています',
      why: '知らない移行があります: {migration}',
      next: ['新しい版の sekisho を使う'],
    },
    en: {
      what: 'The database is newer than this sekisho',
      why: 'it has a migration unknown here: {migration}',
      next: ['use the newer release of sekisho'],
    },
  },
  'store.no_permission': {
    ja: { what: 'データベースでその操作は許されていません', why: '{why}' },
    en: { what: 'The store does not allow this role to do that', why: '{why}' },
  },
  'store.no_programs': {
    ja: {
      what: 'PostgreSQL のプログラムが見つかりません',
      why: '同梱のものも、このマシンの PostgreSQL {oldest} 以上もありません',
      next: ['apt-get install postgresql', 'または DATABASE_URL を設定する'],
    },
    en: {
      what: 'No PostgreSQL programs were found',
      why: "neither the bundled ones nor the host's, {oldest} or newer",
      next: ['apt-get install postgresql', 'or set DATABASE_URL'],
    },
  },
  'store.other_major': {
    ja: {
      what: 'データベースの版が合いません: {path}',
      why: 'データは PostgreSQL {major}、プログラムは {programs} です',
      next: ['sekisho doctor'],
    },
    en: {
      what: 'Data and programs of the store do not fit: {path}',
      why: 'the data is of PostgreSQL {major}, the programs are {programs}',
      next: ['sekisho doctor'],
    },
  },
  'store.password_lost': {
    ja: {
      what: 'データベースのパスワードを読めません: {path}',
      why: 'ファイルがないか、壊れています',
      next: ['バックアップからこのファイルを戻す'],
    },
    en: {
      what: "The store's password cannot be read: {path}",
      why: 'the file is missing or damaged',
      next: ['put this file back from a backup'],
    },
  },
  'store.path_too_long': {
    ja: {
      what: 'データの場所の名前が長すぎます: {path}',
      why: 'ソケットのために {limit} バイトまでです',
      next: ['短い場所を選ぶ: sekisho up --data <場所>'],
    },
    en: {
      what: 'The path of the data directory is too long: {path}',
      why: 'a socket lies in it, so it may have {limit} bytes',
      next: ['choose a shorter one: sekisho up --data <directory>'],
    },
  },
  'store.programs_gone': {
    ja: {
      what: 'このデータベースを作ったプログラムがありません: {path}',
      why: 'PostgreSQL {major} が要ります。ほかの版には黙って替えません',
      next: ['apt-get install postgresql-{major}'],
    },
    en: {
      what: 'The programs that made this store are gone: {path}',
      why: 'it needs PostgreSQL {major}; another major is never taken in silence',
      next: ['apt-get install postgresql-{major}'],
    },
  },
  'store.read_only': {
    ja: {
      what: 'このデータベースには書けません',
      why: '{why}',
      next: ['書き込めるサーバーを DATABASE_URL に書く'],
    },
    en: {
      what: 'This database cannot be written to',
      why: '{why}',
      next: ['name the primary server in DATABASE_URL'],
    },
  },
  'store.refused_login': {
    ja: {
      what: 'データベースに入れません',
      why: '{why}',
      next: ['DATABASE_URL の利用者とパスワードを確かめる'],
    },
    en: {
      what: 'The database refused the login',
      why: '{why}',
      next: ['check user and password in DATABASE_URL'],
    },
  },
  'store.start_failed': {
    ja: {
      what: 'データベースを始められません',
      why: '{program}: {why}',
      next: ['sekisho doctor'],
    },
    en: {
      what: 'The store cannot be started',
      why: '{program}: {why}',
      next: ['sekisho doctor'],
    },
  },
  'store.served': {
    ja: {
      what: 'この場所のデータベースは別のプロセスが動かしています: {path}',
      why: 'PostgreSQL（プロセス {pid}）はそのまま動いています',
      next: ['sekisho status'],
    },
    en: {
      what: 'Another process serves the store of {path}',
      why: 'its PostgreSQL (process {pid}) was left running as it is',
      next: ['sekisho status'],
    },
  },
  'store.start_timeout': {
    ja: {
      what: 'データベースが時間内に始まりません',
      why: '上限は {limit} です。復旧に時間がかかることがあります',
      next: ['もう一度 sekisho up'],
    },
    en: {
      what: 'The store did not start in time',
      why: 'the limit is {limit}; recovery may take long',
      next: ['sekisho up once more'],
    },
  },
  'store.stop_timeout': {
    ja: {
      what: 'データベースが止まりません: プロセス {pid}',
      why: '{limit} 待ちました',
      next: ['ps -fp {pid} で確かめる'],
    },
    en: {
      what: 'The store does not stop: process {pid}',
      why: 'it was given {limit}',
      next: ['look with ps -fp {pid}'],
    },
  },
  'store.synchronous_commit_off': {
    ja: {
      what: 'このデータベースは使えません: synchronous_commit が off です',
      why: '停電すると、直前に記録したものが消えます',
      next: ['ALTER SYSTEM SET synchronous_commit = on', 'SELECT pg_reload_conf()'],
    },
    en: {
      what: 'This database server is refused: synchronous_commit is off',
      why: 'a power cut would take what was recorded last',
      next: ['ALTER SYSTEM SET synchronous_commit = on', 'SELECT pg_reload_conf()'],
    },
  },
  'store.timeout': {
    ja: { what: 'データベースが時間内に答えません', why: '{why}', next: ['もう一度'] },
    en: { what: 'The store did not answer in time', why: '{why}', next: ['try again'] },
  },
  'store.too_old': {
    ja: {
      what: 'このデータベースは古すぎます: PostgreSQL {version}',
      why: '{oldest} 以上が要ります',
      next: ['PostgreSQL {oldest} 以上のサーバーを DATABASE_URL に書く'],
    },
    en: {
      what: 'This database server is too old: PostgreSQL {version}',
      why: '{oldest} or newer is needed',
      next: ['name a server of PostgreSQL {oldest} or newer in DATABASE_URL'],
    },
  },
  'store.unavailable': {
    ja: (d) => ({
      what: 'データベースにつながりません',
      why: storeWhy(d, 'ja'),
      next:
        d('named') === 'DATABASE_URL'
          ? ['PostgreSQL が動いているか、DATABASE_URL が正しいかを確かめる']
          : ['sekisho doctor', 'sekisho up'],
    }),
    en: (d) => ({
      what: 'The store cannot be reached',
      why: storeWhy(d, 'en'),
      next:
        d('named') === 'DATABASE_URL'
          ? ['see that PostgreSQL runs and that DATABASE_URL is right']
          : ['sekisho doctor', 'sekisho up'],
    }),
  },
} as const satisfies ErrorWords

/** The driver and the server speak English of their own; what they say here is one of a few things. */
function storeWhy(d: Reader<'why'>, language: Language): string {
  const why = d('why')
  if (/^timeout|timeout expired/.test(why)) return errnoWord('ETIMEDOUT', language)
  if (why === 'ENOENT') return language === 'ja' ? 'ソケットがありません' : 'its socket is not there'
  if (/terminat|shutting down|starting up|recovery/i.test(why))
    return language === 'ja' ? '止まるところか、始まるところです' : 'it is being stopped or started'
  return errnoWord(why, language)
}
