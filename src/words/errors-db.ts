// Sentences for the store (db/) and the engine (run/).
import { errnoWord } from './errno.ts'
import type { ErrorWords, Language, Reader } from './words.ts'

export const DB_ERRORS = {
  'engine.environment': {
    ja: (d) => ({
      what: `実行エンジンの設定が環境変数にあります: ${d('names')}`,
      why: '版と担当が黙って変わり、待っている変更が動かなくなります',
      next: [`unset ${d('names')}`],
    }),
    en: (d) => ({
      what: `The environment sets the engine's own variables: ${d('names')}`,
      why: 'they would change its version or owner in silence, and waiting changes would never run',
      next: [`unset ${d('names')}`],
    }),
  },
  'engine.fault': {
    ja: (d) => ({
      what: `実行エンジンの障害です: ${d('why')}`,
      why: `コード ${d('engineCode')}。手順の失敗ではないので、何も元に戻していません`,
      next: ['sekisho doctor'],
    }),
    en: (d) => ({
      what: `A fault of the engine itself: ${d('why')}`,
      why: `code ${d('engineCode')}; no step failed, so nothing was undone`,
      next: ['sekisho doctor'],
    }),
  },
  'engine.slot_taken': {
    ja: (d) => ({
      what: `別のゲートが同じ担当番号で動いています: ${d('slot')}`,
      why: '一つの担当番号を使えるゲートは一つだけです',
      next: ['sekisho status'],
    }),
    en: (d) => ({
      what: `Another gate holds slot ${d('slot')}`,
      why: 'one slot is served by one gate at a time',
      next: ['sekisho status'],
    }),
  },
  'store.as_root': {
    ja: () => ({
      what: 'データベースを root では動かしません',
      why: '専用の利用者が要ります',
      next: ['sekisho install host'],
    }),
    en: () => ({
      what: 'The store never runs as root',
      why: 'it needs an account of its own',
      next: ['sekisho install host'],
    }),
  },
  'store.busy': {
    ja: (d) => ({ what: 'データベースが混み合っています', why: d('why'), next: ['少し待ってもう一度'] }),
    en: (d) => ({ what: 'The store is busy', why: d('why'), next: ['wait a moment and try again'] }),
  },
  'store.checksums_off': {
    ja: () => ({
      what: 'このデータベースは使えません: データチェックサムが無効です',
      why: '壊れた記録に気づけません',
      next: ['サーバーを止めてから: pg_checksums --enable -D <データの場所>'],
    }),
    en: () => ({
      what: 'This database server is refused: data checksums are off',
      why: 'damaged records would go unnoticed',
      next: ['with the server stopped: pg_checksums --enable -D <its data directory>'],
    }),
  },
  'store.choice_unreadable': {
    ja: (d) => ({
      what: `データベースの選択記録を読めません: ${d('path')}`,
      why: 'どのプログラムで作られたか分からないので始めません',
      next: ['バックアップからこのファイルを戻す'],
    }),
    en: (d) => ({
      what: `The store's choice of programs cannot be read: ${d('path')}`,
      why: 'it says which programs made the data, so nothing is started',
      next: ['put this file back from a backup'],
    }),
  },
  'store.commit_unknown': {
    ja: () => ({
      what: '確定の途中でデータベースとの接続が切れました',
      why: '記録されたかどうかは、まだ分かりません',
      next: ['sekisho status で確かめてから、必要ならもう一度'],
    }),
    en: () => ({
      what: 'The connection to the store was lost while committing',
      why: 'whether it was recorded is not known yet',
      next: ['look with: sekisho status, and repeat only if it is not there'],
    }),
  },
  'store.damaged': {
    ja: (d) => ({
      what: 'データベースの中身が壊れています',
      why: d('why'),
      next: ['sekisho doctor', 'sekisho ledger verify'],
    }),
    en: (d) => ({
      what: 'The store holds damaged data',
      why: d('why'),
      next: ['sekisho doctor', 'sekisho ledger verify'],
    }),
  },
  'store.dies': {
    ja: (d) => ({
      what: 'データベースが繰り返し止まります',
      why: `短い間に ${d('times')} 回止まったので、再起動をやめました`,
      next: ['<データの場所>/pg/log/postgres.log を見る', 'sekisho doctor'],
    }),
    en: (d) => ({
      what: 'The store keeps dying',
      why: `it ended ${d('times')} times in a short while and is not started again`,
      next: ['read <data>/pg/log/postgres.log', 'sekisho doctor'],
    }),
  },
  'store.fsync_off': {
    ja: () => ({
      what: 'このデータベースは使えません: fsync が off です',
      why: '停電すると、記録したはずのものが消えます',
      next: ['ALTER SYSTEM SET fsync = on', 'SELECT pg_reload_conf()'],
    }),
    en: () => ({
      what: 'This database server is refused: fsync is off',
      why: 'a power cut would take what it said it had recorded',
      next: ['ALTER SYSTEM SET fsync = on', 'SELECT pg_reload_conf()'],
    }),
  },
  'store.full': {
    ja: (d) => ({
      what: `データベースの置き場所に空きがありません: ${d('path')}`,
      why: '途中まで書いたものはありません。空きができれば自分で続けます',
      next: ['df -h で確かめ、空きを作る'],
    }),
    en: (d) => ({
      what: `No space left where the store lies: ${d('path')}`,
      why: 'nothing is half-written; it goes on by itself when there is space',
      next: ['look with df -h and free some space'],
    }),
  },
  'store.full_page_writes_off': {
    ja: () => ({
      what: 'このデータベースは使えません: full_page_writes が off です',
      why: '停電でページが半分だけ書かれると直せません',
      next: ['ALTER SYSTEM SET full_page_writes = on', 'SELECT pg_reload_conf()'],
    }),
    en: () => ({
      what: 'This database server is refused: full_page_writes is off',
      why: 'a page half-written in a power cut could not be mended',
      next: ['ALTER SYSTEM SET full_page_writes = on', 'SELECT pg_reload_conf()'],
    }),
  },
  'store.held': {
    ja: (d) => ({
      what: `ほかのプロセスがデータベースの場所を使っているようです: ${d('path')}`,
      why: `プロセス ${d('pid')} が終わったと確かめられないので、何も消さずに止まりました`,
      next: [`ps -fp ${d('pid')} で確かめる`],
    }),
    en: (d) => ({
      what: `Another process seems to use the store's directory: ${d('path')}`,
      why: `process ${d('pid')} is not proven to be gone, so nothing was removed and nothing started`,
      next: [`look with ps -fp ${d('pid')}`],
    }),
  },
  'store.lock_timeout': {
    ja: (d) => ({
      what: '別の起動処理が終わりません',
      why: `${d('path')} をほかのプロセスが持ち続けています`,
      next: [`fuser -v ${d('path')} で確かめる`],
    }),
    en: (d) => ({
      what: 'Another start of the store does not end',
      why: `another process keeps ${d('path')}`,
      next: [`look with fuser -v ${d('path')}`],
    }),
  },
  'store.migration_changed': {
    ja: (d) => ({
      what: `適用済みの移行が書き換えられています: ${d('migration')}`,
      why: 'データベースとプログラムが同じものか確かめられません',
      next: ['元の版の sekisho を使う'],
    }),
    en: (d) => ({
      what: `A migration that was already applied has been changed: ${d('migration')}`,
      why: 'database and program may no longer mean the same',
      next: ['use the release of sekisho that belongs to this database'],
    }),
  },
  'store.migration_failed': {
    ja: (d) => ({
      what: `移行に失敗しました: ${d('migration')}`,
      why: `${d('why')}。この移行は取り消され、それより前はそのままです`,
      next: ['sekisho doctor'],
    }),
    en: (d) => ({
      what: `A migration failed: ${d('migration')}`,
      why: `${d('why')}; it was rolled back, the earlier ones stay`,
      next: ['sekisho doctor'],
    }),
  },
  'store.migration_order': {
    ja: (d) => ({ what: `移行の並びが正しくありません: ${d('migration')}`, why: 'プログラムの誤りです' }),
    en: (d) => ({
      what: `The list of migrations is out of order at ${d('migration')}`,
      why: 'a fault of the program',
    }),
  },
  'store.newer': {
    ja: (d) => ({
      what: 'データベースがこの sekisho より新しい版で作られています',
      why: `知らない移行があります: ${d('migration')}`,
      next: ['新しい版の sekisho を使う'],
    }),
    en: (d) => ({
      what: 'The database is newer than this sekisho',
      why: `it has a migration unknown here: ${d('migration')}`,
      next: ['use the newer release of sekisho'],
    }),
  },
  'store.no_permission': {
    ja: (d) => ({ what: 'データベースでその操作は許されていません', why: d('why') }),
    en: (d) => ({ what: 'The store does not allow this role to do that', why: d('why') }),
  },
  'store.no_programs': {
    ja: (d) => ({
      what: 'PostgreSQL のプログラムが見つかりません',
      why: `同梱のものも、このマシンの PostgreSQL ${d('oldest')} 以上もありません`,
      next: ['apt-get install postgresql', 'または DATABASE_URL を設定する'],
    }),
    en: (d) => ({
      what: 'No PostgreSQL programs were found',
      why: `neither the bundled ones nor the host's, ${d('oldest')} or newer`,
      next: ['apt-get install postgresql', 'or set DATABASE_URL'],
    }),
  },
  'store.other_major': {
    ja: (d) => ({
      what: `データベースの版が合いません: ${d('path')}`,
      why: `データは PostgreSQL ${d('major')}、プログラムは ${d('programs')} です`,
      next: ['sekisho doctor'],
    }),
    en: (d) => ({
      what: `Data and programs of the store do not fit: ${d('path')}`,
      why: `the data is of PostgreSQL ${d('major')}, the programs are ${d('programs')}`,
      next: ['sekisho doctor'],
    }),
  },
  'store.password_lost': {
    ja: (d) => ({
      what: `データベースのパスワードを読めません: ${d('path')}`,
      why: 'ファイルがないか、壊れています',
      next: ['バックアップからこのファイルを戻す'],
    }),
    en: (d) => ({
      what: `The store's password cannot be read: ${d('path')}`,
      why: 'the file is missing or damaged',
      next: ['put this file back from a backup'],
    }),
  },
  'store.path_too_long': {
    ja: (d) => ({
      what: `データの場所の名前が長すぎます: ${d('path')}`,
      why: `ソケットのために ${d('limit')} バイトまでです`,
      next: ['短い場所を選ぶ: sekisho up --data <場所>'],
    }),
    en: (d) => ({
      what: `The path of the data directory is too long: ${d('path')}`,
      why: `a socket lies in it, so it may have ${d('limit')} bytes`,
      next: ['choose a shorter one: sekisho up --data <directory>'],
    }),
  },
  'store.programs_gone': {
    ja: (d) => ({
      what: `このデータベースを作ったプログラムがありません: ${d('path')}`,
      why: `PostgreSQL ${d('major')} が要ります。ほかの版には黙って替えません`,
      next: [`apt-get install postgresql-${d('major')}`],
    }),
    en: (d) => ({
      what: `The programs that made this store are gone: ${d('path')}`,
      why: `it needs PostgreSQL ${d('major')}; another major is never taken in silence`,
      next: [`apt-get install postgresql-${d('major')}`],
    }),
  },
  'store.read_only': {
    ja: (d) => ({
      what: 'このデータベースには書けません',
      why: d('why'),
      next: ['書き込めるサーバーを DATABASE_URL に書く'],
    }),
    en: (d) => ({
      what: 'This database cannot be written to',
      why: d('why'),
      next: ['name the primary server in DATABASE_URL'],
    }),
  },
  'store.refused_login': {
    ja: (d) => ({
      what: 'データベースに入れません',
      why: d('why'),
      next: ['DATABASE_URL の利用者とパスワードを確かめる'],
    }),
    en: (d) => ({
      what: 'The database refused the login',
      why: d('why'),
      next: ['check user and password in DATABASE_URL'],
    }),
  },
  'store.start_failed': {
    ja: (d) => ({
      what: 'データベースを始められません',
      why: `${d('program')}: ${d('why')}`,
      next: ['sekisho doctor'],
    }),
    en: (d) => ({
      what: 'The store cannot be started',
      why: `${d('program')}: ${d('why')}`,
      next: ['sekisho doctor'],
    }),
  },
  'store.served': {
    ja: (d) => ({
      what: `この場所のデータベースは別のプロセスが動かしています: ${d('path')}`,
      why: `PostgreSQL（プロセス ${d('pid')}）はそのまま動いています`,
      next: ['sekisho status'],
    }),
    en: (d) => ({
      what: `Another process serves the store of ${d('path')}`,
      why: `its PostgreSQL (process ${d('pid')}) was left running as it is`,
      next: ['sekisho status'],
    }),
  },
  'store.start_timeout': {
    ja: (d) => ({
      what: 'データベースが時間内に始まりません',
      why: `上限は ${d('limit')} です。復旧に時間がかかることがあります`,
      next: ['もう一度 sekisho up'],
    }),
    en: (d) => ({
      what: 'The store did not start in time',
      why: `the limit is ${d('limit')}; recovery may take long`,
      next: ['sekisho up once more'],
    }),
  },
  'store.stop_timeout': {
    ja: (d) => ({
      what: `データベースが止まりません: プロセス ${d('pid')}`,
      why: `${d('limit')} 待ちました`,
      next: [`ps -fp ${d('pid')} で確かめる`],
    }),
    en: (d) => ({
      what: `The store does not stop: process ${d('pid')}`,
      why: `it was given ${d('limit')}`,
      next: [`look with ps -fp ${d('pid')}`],
    }),
  },
  'store.synchronous_commit_off': {
    ja: () => ({
      what: 'このデータベースは使えません: synchronous_commit が off です',
      why: '停電すると、直前に記録したものが消えます',
      next: ['ALTER SYSTEM SET synchronous_commit = on', 'SELECT pg_reload_conf()'],
    }),
    en: () => ({
      what: 'This database server is refused: synchronous_commit is off',
      why: 'a power cut would take what was recorded last',
      next: ['ALTER SYSTEM SET synchronous_commit = on', 'SELECT pg_reload_conf()'],
    }),
  },
  'store.timeout': {
    ja: (d) => ({ what: 'データベースが時間内に答えません', why: d('why'), next: ['もう一度'] }),
    en: (d) => ({ what: 'The store did not answer in time', why: d('why'), next: ['try again'] }),
  },
  'store.too_old': {
    ja: (d) => ({
      what: `このデータベースは古すぎます: PostgreSQL ${d('version')}`,
      why: `${d('oldest')} 以上が要ります`,
      next: [`PostgreSQL ${d('oldest')} 以上のサーバーを DATABASE_URL に書く`],
    }),
    en: (d) => ({
      what: `This database server is too old: PostgreSQL ${d('version')}`,
      why: `${d('oldest')} or newer is needed`,
      next: [`name a server of PostgreSQL ${d('oldest')} or newer in DATABASE_URL`],
    }),
  },
  'store.unavailable': {
    ja: (d) => ({
      what: 'データベースにつながりません',
      why: storeWhy(d, 'ja'),
      next:
        d('named') === 'DATABASE_URL'
          ? ['PostgreSQL が動いているか、DATABASE_URL が正しいかを確かめる']
          : ['sekisho doctor', 'sekisho up で始める'],
    }),
    en: (d) => ({
      what: 'The store cannot be reached',
      why: storeWhy(d, 'en'),
      next:
        d('named') === 'DATABASE_URL'
          ? ['see that PostgreSQL runs and that DATABASE_URL is right']
          : ['sekisho doctor', 'start it with sekisho up'],
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
