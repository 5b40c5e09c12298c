// Errors of PostgreSQL and its programs for a person: known causes as sentences, anything else in the program's own words.
import { quoted } from './remote-copy-why.ts'
import type { Both, Language } from './words.ts'

type Said = (...found: readonly string[]) => string

const SAID: readonly (readonly [RegExp, Both<Said>])[] = [
  [
    /there is no socket of that port/,
    {
      ja: () => 'そのポートのソケットがありません。PostgreSQL が止まっているか、ポートが違います',
      en: () => 'there is no socket of that port: PostgreSQL is stopped, or listens on another port',
    },
  ],
  [
    /no account has the number (\d+)/,
    {
      ja: (uid) => `ソケットの持ち主（番号 ${uid}）が、このホストの利用者にいません`,
      en: (uid) => `the socket belongs to number ${uid}, and no account here has it`,
    },
  ],
  [
    /Connection refused|Is the server running/,
    { ja: () => 'PostgreSQL が起動していません', en: () => 'PostgreSQL is not running' },
  ],
  [
    /the database system is (?:starting up|in recovery|not yet accepting)/,
    { ja: () => 'PostgreSQL が起動の途中です', en: () => 'PostgreSQL is still starting' },
  ],
  [
    /the database system is shutting down/,
    { ja: () => 'PostgreSQL が停止の途中です', en: () => 'PostgreSQL is shutting down' },
  ],
  [
    /pg_hba\.conf (?:rejects|entry)|no pg_hba\.conf entry/,
    {
      ja: () => 'pg_hba.conf が、この接続を許していません',
      en: () => 'pg_hba.conf does not allow this connection',
    },
  ],
  [
    /Peer authentication failed|password authentication failed|no password supplied/,
    {
      ja: () => 'ソケットからの peer 認証が許されていません',
      en: () => 'it does not let the account of the server in by peer login',
    },
  ],
  [
    /role "([^"]*)" does not exist/,
    { ja: (role) => `ロール ${role} がありません`, en: (role) => `there is no role ${role}` },
  ],
  [
    /database "([^"]*)" does not exist/,
    {
      ja: (name) => `${name} という名前のデータベースはありません`,
      en: (name) => `there is no database of the name ${name}`,
    },
  ],
  [
    /column "([^"]*)" of relation "([^"]*)" does not exist/,
    {
      ja: (name, table) => `表 ${table} に、${name} という名前の列はありません`,
      en: (name, table) => `table ${table} has no column ${name}`,
    },
  ],
  [
    /relation "([^"]*)" does not exist/,
    { ja: (name) => `${name} という名前の表はありません`, en: (name) => `there is no table ${name}` },
  ],
  [
    /column "([^"]*)" does not exist/,
    { ja: (name) => `${name} という名前の列はありません`, en: (name) => `there is no column ${name}` },
  ],
  [
    /function (\S+?\(.*?\)) does not exist/,
    { ja: (name) => `関数 ${name} はありません`, en: (name) => `there is no function ${name}` },
  ],
  [
    /syntax error at or near "([^"]*)"/,
    {
      ja: (at) => `SQL として読めません（「${at}」のあたり）`,
      en: (at) => `it is not SQL (near "${at}")`,
    },
  ],
  [
    /cannot execute (\S+) in a read-only transaction/,
    {
      ja: (verb) => `${verb} は書き込みです。読むだけの問いにしてください`,
      en: (verb) => `${verb} writes; only reading is allowed`,
    },
  ],
  [
    /permission denied for (?:table|relation|schema|database) (\S+)/,
    { ja: (name) => `${name} を読む権限がありません`, en: (name) => `there is no right to read ${name}` },
  ],
  [
    /too many connections for (?:database|role) "([^"]*)"/,
    {
      ja: (name) => `${name} の接続が上限（CONNECTION LIMIT）に達しています`,
      en: (name) => `as many connections of ${name} are open as its CONNECTION LIMIT allows`,
    },
  ],
  [
    /too many clients already|remaining connection slots are reserved/,
    {
      ja: () => 'サーバーの接続が上限（max_connections）に達しています',
      en: () => 'as many connections are open as max_connections allows',
    },
  ],
  [
    /canceling statement due to lock timeout.*\[lock_timeout (\d+) ms\]/s,
    {
      ja: (ms) => `表のロックを、宣言どおり ${Number(ms) / 1000} 秒待っても得られませんでした`,
      en: (ms) => `a lock of a table was not to be had within the declared ${Number(ms) / 1000} s`,
    },
  ],
  [
    /canceling statement due to lock timeout|could not obtain lock/,
    {
      ja: () => '表のロックが、文が待ってよい時間のうちに得られませんでした',
      en: () => 'a lock of a table was not to be had within the time that a statement may wait for one',
    },
  ],
  [
    /No space left on device|could not write to file|could not extend file "[^"]*"(?!: [A-Z])/,
    { ja: () => 'ディスクに空きがありません', en: () => 'the disk is full' },
  ],
  [
    /database "([^"]*)" is not currently accepting connections/,
    {
      ja: (name) => `データベース ${name} は、接続を受け付けない設定（ALLOW_CONNECTIONS false）です`,
      en: (name) => `the database ${name} is set to take no connections (ALLOW_CONNECTIONS false)`,
    },
  ],
  [
    /invalid page in block (\d+) of relation ([\w/]+)/,
    {
      ja: (block, file) => `データのファイルが壊れています（${file} のページ ${block}）`,
      en: (block, file) => `a data file is damaged (page ${block} of ${file})`,
    },
  ],
  [
    /could not (?:open|read|stat|access) (?:blocks? [\d.]+ in )?file "((?:base|global|pg_\w+)\/[^"]+)"/,
    {
      ja: (file) => `データのファイルが読めません（${file}）`,
      en: (file) => `a data file cannot be read (${file})`,
    },
  ],
  [
    /timeout expired/,
    {
      ja: () => 'サーバーは動いているようですが、10 秒のうちに答えませんでした',
      en: () => 'the server is there but did not answer within ten seconds',
    },
  ],
  [
    /server closed the connection unexpectedly/,
    {
      ja: () => 'サーバーが途中で接続を切りました（落ちたか、止められています）',
      en: () => 'the server closed the connection in the middle (it crashed or was killed)',
    },
  ],
  [/it did not end in time/, { ja: () => '時間内に終わりませんでした', en: () => 'it did not end in time' }],
  [/it was stopped/, { ja: () => '途中で止められました', en: () => 'it was stopped' }],
  [/the session ended early/, { ja: () => '接続が途中で切れました', en: () => 'the connection was cut' }],
  [
    /what was written is no dump/,
    {
      ja: () => '書き出したものが、ダンプとして読めません',
      en: () => 'what was written does not read as a dump',
    },
  ],
  [
    /its words may hold a value of a row and are not shown(?: \(SQLSTATE (\w+)\))?/,
    {
      ja: (state) =>
        `PostgreSQL のエラーの文に、行の中身が入っているかもしれないので出しません${state === undefined ? '' : `（SQLSTATE ${state}）`}`,
      en: (state) =>
        `the words of PostgreSQL may hold what stands in a row, so they are not shown${state === undefined ? '' : ` (SQLSTATE ${state})`}`,
    },
  ],
  [/it is no SQL/, { ja: () => 'SQL ではありません', en: () => 'it is no SQL' }],
  [/^none$/, { ja: () => '一行も返りませんでした', en: () => 'it found not a single row' }],
]

export function databaseWhy(text: string, language: Language): string {
  for (const [form, said] of SAID) {
    const found = form.exec(text)
    if (found !== null) return said[language](...found.slice(1))
  }
  return quoted(text, language)
}
