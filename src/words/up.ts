// What `up`, `down` and `install host` say while they work: one line a fact.
import { shellWord } from '../base/shell-word.ts'
import type { Both } from './words.ts'

export interface UpWords {
  readonly account: (name: string) => string
  readonly copied: (from: string, to: string) => string
  readonly store: (version: string, adopted: boolean) => string
  readonly ready: (url: string, ms: number) => string
  readonly noWall: string
  readonly wall: string
  readonly noRules: (path: string) => string
  /** sekisho.yaml is there, and none of it is in force. */
  readonly notApplied: (path: string) => string
  readonly data: (path: string) => string
  /** Nothing is looked at by itself; everything else works. */
  readonly noWatch: (why: string, log: string) => string
  readonly stopping: string
  readonly stopped: string
  /** The answer of `down`. */
  readonly down: string
  readonly oldRunner: (pid: number) => string
  readonly installed: (path: string) => string
  /** Nothing pins the digest of the host's node; only root can change it. */
  readonly hostNode: (path: string) => string
  readonly unit: (name: string) => string
  /** `other`: where the link of that name leads, or the path itself. */
  readonly foreignCommand: (path: string, command: string, other: string) => string
  readonly startWith: string
  /** Store, runner and gate still run what was there before. */
  readonly restartWith: string
  readonly thenInit: string
  readonly hookOut: (path: string) => string
  readonly hookLeft: (path: string, code: string) => string
  readonly uninstalled: (data: string) => string
  readonly removeWith: (places: readonly string[]) => string
  /** A database of a service, in which the marks of migrations stand. */
  readonly schemaLeft: (database: string, port: number, account: string) => string
  readonly schemaUnknown: (database: string, port: number) => string
}

const ja: UpWords = {
  account: (name) => `利用者 ${name} を作りました`,
  copied: (from, to) => `${from} はほかの人も書けるので、root だけが書ける ${to} に写して動かします`,
  store: (version, adopted) =>
    `保存   PostgreSQL ${version}${adopted ? '（動いていたものを引き継ぎました）' : ''}`,
  ready: (url, ms) => `関所   ${url}（${ms} ミリ秒で起動）`,
  noWall: '壁なし  承認は間違いを防ぎますが、このアカウントを持つ人を止められません',
  wall: '壁     実行は runner だけ（root）。関所と保存は別の利用者で動きます',
  noRules: (path) => `規則   まだありません（${path}）。次に sekisho init`,
  notApplied: (path) => `規則   ${path} はまだ適用されていません。次に sekisho config apply`,
  data: (path) => `場所   ${path}`,
  noWatch: (why, log) => `見張り 始められません（${why}）。自動の確認と通知は行われません。${log}`,
  stopping: '止めています…',
  stopped: '止まりました',
  down: '止めました。',
  oldRunner: (pid) => `残っていた runner（${pid}）を終わらせました`,
  installed: (path) => `${path} に入れました`,
  hostNode: (path) =>
    `node   このホストの ${path} を写しました。SHA-256 は照合していません（root だけが書けることは確かめました）`,
  foreignCommand: (path, command, other) =>
    `${path}${other === path ? '' : `（${other} へのリンク）`}は別のプログラムなので、そのままにしました。その名前を打ってもこの関所のものは動きません\n  rm ${path} && ln -s ${command} ${path}`,
  unit: (name) => `systemd のユニット ${name} を書きました`,
  startWith: '始める  systemctl start sekisho-store sekisho-runner sekisho-gate sekisho-watch',
  restartWith:
    'いま動いているのは前のものです。切り替える  systemctl restart sekisho-store sekisho-runner sekisho-gate sekisho-watch\n  実行中の変更は、再開した runner が最後まで行います',
  thenInit: 'その後  sekisho init',
  hookOut: (path) => `番人を外しました  ${path}`,
  hookLeft: (path, code) =>
    `番人を外せません（${code}）  ${path}\nこのままではエージェントは何もできません。手で外してください: sekisho の行を消す`,
  uninstalled: (data) => `取り除きました。記録と状態は ${data} に残してあります`,
  removeWith: (places) =>
    `すべて消すには  rm -rf ${places.map(shellWord).join(' ')} && userdel sekisho && userdel sekisho-db && userdel sekisho-watch`,
  schemaLeft: (database, port, account) =>
    `データベース ${database} には、スキーマの変更が作ったスキーマ sekisho（一度だけの実行の印）が残っています。消すには\n  runuser -u ${shellWord(account)} -- psql -p ${port} -d ${shellWord(database)} -c 'DROP SCHEMA IF EXISTS sekisho CASCADE'`,
  schemaUnknown: (database, port) =>
    `データベース ${database}（ポート ${port}）に聞けないため、スキーマ sekisho（一度だけの実行の印）が残っているか分かりません`,
}

const en: UpWords = {
  account: (name) => `made the user ${name}`,
  copied: (from, to) =>
    `others can write ${from}, so it is copied to ${to}, which only root can write, and runs there`,
  store: (version, adopted) => `store   PostgreSQL ${version}${adopted ? ' (adopted: it was running)' : ''}`,
  ready: (url, ms) => `gate    ${url} (up in ${ms} ms)`,
  noWall: 'no wall  approvals protect from mistakes, not from somebody with this account',
  wall: 'wall    only the runner acts (root); gate and store run as users of their own',
  noRules: (path) => `rules   none yet (${path}). Next: sekisho init`,
  notApplied: (path) => `rules   ${path} is not applied yet. Next: sekisho config apply`,
  data: (path) => `place   ${path}`,
  noWatch: (why, log) =>
    `watch   cannot be started (${why}): nothing is looked at by itself and nobody is told. ${log}`,
  stopping: 'stopping…',
  stopped: 'stopped',
  down: 'Down.',
  oldRunner: (pid) => `ended a runner that was left (${pid})`,
  installed: (path) => `installed in ${path}`,
  hostNode: (path) =>
    `node    copied the host's own ${path}; its SHA-256 is not pinned (only root can write it: that was checked)`,
  foreignCommand: (path, command, other) =>
    `${path}${other === path ? '' : ` (a link to ${other})`} is another program and was left alone: typing that name does not run this one\n  rm ${path} && ln -s ${command} ${path}`,
  unit: (name) => `wrote the systemd unit ${name}`,
  startWith: 'start with  systemctl start sekisho-store sekisho-runner sekisho-gate sekisho-watch',
  restartWith:
    'what runs is still the one of before; change over with  systemctl restart sekisho-store sekisho-runner sekisho-gate sekisho-watch\n  a change that is running is finished by the runner that comes back',
  thenInit: 'then  sekisho init',
  hookOut: (path) => `the guard is taken out of  ${path}`,
  hookLeft: (path, code) =>
    `the guard could not be taken out (${code}) of  ${path}\nits agent is stopped until you do: delete the entries that name sekisho`,
  uninstalled: (data) => `taken back. Records and state are kept in ${data}`,
  removeWith: (places) =>
    `to remove everything  rm -rf ${places.map(shellWord).join(' ')} && userdel sekisho && userdel sekisho-db && userdel sekisho-watch`,
  schemaLeft: (database, port, account) =>
    `database ${database} still holds the schema sekisho (marks that a change of a schema ran once). To drop it\n  runuser -u ${shellWord(account)} -- psql -p ${port} -d ${shellWord(database)} -c 'DROP SCHEMA IF EXISTS sekisho CASCADE'`,
  schemaUnknown: (database, port) =>
    `database ${database} (port ${port}) could not be asked, so whether it still holds the schema sekisho (marks that a change of a schema ran once) is unknown`,
}

export const UP_WORDS: Both<UpWords> = { ja, en }
