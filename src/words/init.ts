// The comments of the sekisho.yaml that `sekisho init` writes, and what it says it could not tell.
import { LABELS, listed } from './labels.ts'
import type { Both, Language } from './words.ts'

type Values = Readonly<Record<string, string>>

export interface InitWords {
  readonly head: (host: string) => readonly string[]
  readonly name: string
  readonly zone: string
  readonly health: string
  readonly noHealth: readonly string[]
  readonly configs: string
  readonly noConfigs: string
  readonly names: (names: string) => string
  readonly data: string
  readonly databases: readonly string[]
  /** Above the commented line of the backup: that nobody has signed yet. */
  readonly backup: (sign: string) => readonly string[]
  /** Where a copy counts; the mount point that was found on another disk. */
  readonly disk: (place: string | undefined) => string
  /** Above the proposed code of a service. */
  readonly code: readonly string[]
  readonly runs: (start: string, user: string, environment: string, unit: string) => string
  readonly startsIn: Readonly<Record<'releases' | 'in-place', (unit: string) => string>>
  readonly push: (path: string) => string
  readonly noTest: string
  readonly inRoom: string
  readonly certificates: (paths: string) => string
  readonly people: readonly string[]
  readonly keyFound: (path: string) => string
  readonly keyMissing: string
  readonly agents: readonly string[]
  readonly incidents: readonly string[]
  readonly policy: readonly string[]
  readonly unclearHead: string
  /** A question with the line of the file where it is answered. */
  readonly atLine: (line: number, text: string) => string
  /** Above the paths that no agent may read. */
  readonly secrets: readonly string[]
  readonly moreLogs: (paths: string) => string
  readonly tracked: (dir: string, count: number) => string
  readonly added: (host: string) => string
  readonly unclear: Readonly<Record<string, (v: Values) => string>>
}

const v = (values: Values, key: string) => values[key] ?? ''

export const INIT_WORDS: Readonly<Record<Language, InitWords>> = {
  ja: {
    head: (host) => [
      `${host} を見て sekisho init が作りました。ここに書いたものだけが、関所を通して変えられます。`,
      '消す、直す、足すのは自由です。効くのは sekisho config apply をしてからです。',
    ],
    name: 'この関所の名前',
    zone: '時刻の表示と、時間帯や凍結に使う',
    health: 'この応答が返ることを、変更の前後に確かめる',
    noHealth: [
      '健全かどうかを答えるアドレスが分かりませんでした。あれば書いてください。',
      'health: { url: https://localhost/health, status: 200 }',
    ],
    configs: '変えてよいファイル',
    noConfigs: '変えてよいファイルは見つかりませんでした',
    names: (names) => `${names}`,
    databases: [
      'ユニットか環境変数ファイルか、いまの接続から見つけた、このホストの PostgreSQL のデータベース。',
      '合っていれば、次の行の # を消してください。role はテーブルの所有者（管理者のロールは使えません）。',
      'スキーマの変更には、中身まで確かめた、別のディスクのバックアップが要ります。',
    ],
    data: '動いているデータらしい場所（ファイルと、ユニットが書き込む場所から）。データなら、次の行の # を消してください。',
    backup: (sign) => [
      'バックアップ。取るのは、# を消して config apply をし、所有者が一度だけ署名してからです（まだ誰も署名していません）:',
      `  ${sign}`,
    ],
    disk: (place) =>
      place === undefined
        ? 'to のディレクトリは先に作ります（持ち主 root）。データと別のディスクにあるものだけを、バックアップ済みと数えます。'
        : `${place} は別のディスクに見えます。to のディレクトリは root のものでなければなりません。`,
    code: [
      'このサービスのコード。関所を通して変えるなら、次の行から # を消してください。行末は、読んだ場所です。',
      'テストは前と後に走ります。配備したものは、サービスの健全さで確かめます（health が要ります）。',
    ],
    runs: (start, user, environment, unit) =>
      `${unit}: ${user} が ${start} を動かします${environment === '' ? '' : `。環境変数 ${environment}`}`,
    startsIn: {
      releases: (unit) => `${unit}: current の先で始まる`,
      'in-place': (unit) => `${unit}: この作業ツリーで始まる`,
    },
    push: (path) => `${path}: origin。変更が済むごとに送る。送らないなら消す`,
    noTest: '結果をファイルに書くテストの命令が分かりませんでした。書いてください。',
    inRoom: '予行の部屋には nginx がないので、サービス自身に聞く',
    certificates: (paths) => `証明書（見るだけで、変えません）: ${paths}`,
    people: ['承認する人。一人だけなら、その人が持ち主です。'],
    keyFound: (path) => `${path} にある鍵。あなたのものなら、次の行の # を消してください。`,
    keyMissing:
      'あなたの公開鍵（~/.ssh/id_ed25519.pub の一行）を入れて、行頭の # を消してください。なければ ssh-keygen -t ed25519',
    incidents: [
      'サービスの確認が赤になったときと、変更が失敗したときに、障害をひとりでに宣言し、証拠を保全して知らせるなら、',
      '次の行の # を消してください。誰も見ていない夜のためです。再起動は人が指示するまで待ちます。',
    ],
    agents: ['AI を使うなら、次の行の # を消してください。AI は承認も実行もできません。'],
    policy: ['observe は見るだけ、guard は止める、enforce は関所のほかに道がないことを確かめる'],
    unclearHead: '分からなかったこと（番号はこのファイルの行）',
    atLine: (line, text) => `${line} 行目  ${text}`,
    secrets: ['見つけた秘密鍵と環境変数のファイル。AI に読ませません。'],
    moreLogs: (paths) => `ほかのログ（ここには一つずつしか書けません）: ${paths}`,
    tracked: (dir, count) =>
      `git が ${dir} の ${count} 個のファイルを追跡しています。git checkout や stash や pull で、動いているデータが古いものに戻ります。`,
    added: (host) => `sekisho init --add が ${host} を見て足しました。`,
    unclear: {
      no_health: (d) => `${v(d, 'service')}: 健全かどうかを答えるアドレス`,
      own_certificate: (d) =>
        `${v(d, 'service')}: 健全かどうかは ${v(d, 'path')} だけを信じて確かめます。証明書を更新したあとも同じファイルか`,
      more_logs: (d) => `${v(d, 'service')}: どのログを見るか。書かなかったもの: ${v(d, 'paths')}`,
      is_data: (d) => `${v(d, 'service')}: ${v(d, 'path')} は動いているデータか`,
      broken_json: (d) => `${v(d, 'path')} は、いま JSON として読めません`,
      passwords: (d) =>
        `${v(d, 'paths')} にはパスワードか鍵の項目があります。写しに入れないなら secret: [ファイル名] を足す`,
      tracked_data: (d) =>
        `git が ${v(d, 'dir')} の ${v(d, 'count')} 個のファイルを追跡しています。データなら git の外に出すか（git -C ${v(d, 'repository')} rm -r --cached ${v(d, 'dir')}）`,
      no_backup_disk: (d) => `${v(d, 'service')}: 写しの置き場所。データと別のディスクが見つかりません`,
      no_unit_of_site: (d) => `${v(d, 'path')} が渡す ${v(d, 'port')} 番で待つユニット`,
      elsewhere: (d) => `${v(d, 'path')} が渡す先: ${v(d, 'to')}`,
      template_unit: (d) =>
        `${v(d, 'unit')} のどの実体を使っているか（使うなら NAME@1.service のように書く）`,
      env_pattern: (d) => `${v(d, 'unit')} の EnvironmentFile=${v(d, 'path')} が指すファイル`,
      file_refused: (d) => `${v(d, 'path')} は扱えません（${v(d, 'why')}）`,
      file_shared: (d) => `${v(d, 'path')} は ${v(d, 'second')} も使います。${v(d, 'first')} に入れました`,
      no_services: () => 'サービスが見つかりません。services の下に書いてください',
      no_systemd: () => 'systemd がありません',
      two_units: (d) =>
        `${v(d, 'path')} は複数のユニットに渡します（${v(d, 'units')}）。最初のものに入れました`,
      code_branch: (d) => `${v(d, 'service')}: 配備の枝。${v(d, 'path')} に枝の名前がありません`,
      code_remote: (d) =>
        `${v(d, 'service')}: 送り先。${v(d, 'path')} の origin は、パスワードを含むか、送れないアドレスです（https か ssh で書く）`,
      code_test: (d) =>
        `${v(d, 'service')}: 結果をファイルに書くテストの命令（${v(d, 'path')} から分からなかったもの）`,
      code_lock: (d) =>
        `${v(d, 'service')}: パッケージの入れかた。${v(d, 'path')} の隣に lock ファイルがありません`,
      code_packages: (d) =>
        `${v(d, 'service')}: ${v(d, 'path')} のパッケージをどう入れるか（dependencies）。システムのものを使うなら要りません`,
      name_odd: (d) => `${v(d, 'unit')} は名前に使えない字を含むか重なるので、${v(d, 'service')} としました`,
    },
  },
  en: {
    head: (host) => [
      `Written by sekisho init from what ${host} shows. Only what stands here can be changed through the gate.`,
      'Remove, mend and add as you like. It holds once you say sekisho config apply.',
    ],
    name: 'the name of this gate',
    zone: 'for the times that are shown, for windows and freezes',
    health: 'asked before and after every change',
    noHealth: [
      'No address was found that says whether the service is well. Write it here if there is one.',
      'health: { url: https://localhost/health, status: 200 }',
    ],
    configs: 'files that may be changed',
    noConfigs: 'no file was found that may be changed',
    names: (names) => `${names}`,
    databases: [
      'Databases of the PostgreSQL of this host, found in the unit, an env file, or open sessions.',
      'If they are right, remove the # of the next lines. role: who owns the tables, never a superuser.',
      'A change of a schema needs a backup on another disk that was read as far as its content.',
    ],
    data: 'What looks like live data, by its files and by where the unit writes. If it is, remove the # of the next lines.',
    backup: (sign) => [
      'Backups begin once the # is gone, config apply is said, and an owner has signed once (nobody has yet):',
      `  ${sign}`,
    ],
    disk: (place) =>
      place === undefined
        ? 'Make the directory of `to` first, owned by root. Only a copy on another disk than the data counts as backed up.'
        : `${place} looks like another disk. The directory of \`to\` must be there and belong to root.`,
    code: [
      'The code of this service. To change it through the gate, remove the # of the next lines; each ends with where it was read.',
      'Tests run before and after. What is deployed is proven by the health of the service, which must be declared.',
    ],
    runs: (start, user, environment, unit) =>
      `${unit}: ${user} runs ${start}${environment === '' ? '' : `; variables ${environment}`}`,
    startsIn: {
      releases: (unit) => `${unit}: it starts behind the link current`,
      'in-place': (unit) => `${unit}: it starts in this work tree`,
    },
    push: (path) => `origin of ${path}: pushed after each kept change; remove it to push nothing`,
    noTest: 'No test command was found that writes its results into a file. Write it here.',
    inRoom: 'a rehearsal has no nginx: the service itself is asked',
    certificates: (paths) => `certificates (looked at, never changed): ${paths}`,
    people: ['Who approves. One person alone is the owner.'],
    keyFound: (path) => `The key in ${path}. If it is yours, remove the # in front of the next line.`,
    keyMissing:
      'Put your public key here (the line of ~/.ssh/id_ed25519.pub) and remove the #. To make one: ssh-keygen -t ed25519',
    incidents: [
      'If a red check of a service, and a change that fails, should open an incident by itself, seal the evidence and tell people,',
      'remove the # of this line. It is for nights in which nobody looks; a restart waits for a person.',
    ],
    agents: [
      'If you work with an AI agent, remove the # of these lines. It can neither approve nor execute.',
    ],
    policy: ['observe looks on, guard refuses, enforce proves that there is no way but the gate'],
    unclearHead: 'What could not be told (the numbers are lines of this file)',
    atLine: (line, text) => `line ${line}  ${text}`,
    secrets: ['Private keys and env files that were found. No agent may read them.'],
    moreLogs: (paths) => `more logs (there is room for one of each kind): ${paths}`,
    tracked: (dir, count) =>
      `git tracks ${count} files in ${dir}: git checkout, stash or pull can put old data in the place of live data.`,
    added: (host) => `Added by sekisho init --add from what ${host} shows.`,
    unclear: {
      no_health: (d) => `${v(d, 'service')}: the address that says whether it is well`,
      own_certificate: (d) =>
        `${v(d, 'service')}: its health is asked trusting ${v(d, 'path')} alone. Is that still the file once the certificate is renewed?`,
      more_logs: (d) => `${v(d, 'service')}: which logs to read. Left out: ${v(d, 'paths')}`,
      is_data: (d) => `${v(d, 'service')}: is ${v(d, 'path')} live data?`,
      broken_json: (d) => `${v(d, 'path')} cannot be read as JSON now`,
      passwords: (d) =>
        `${v(d, 'paths')} has a field for a password or a key. To leave it out of the copies, add secret: [FILE]`,
      tracked_data: (d) =>
        `git tracks ${v(d, 'count')} files in ${v(d, 'dir')}. If that is live data, should git leave it alone? git -C ${v(d, 'repository')} rm -r --cached ${v(d, 'dir')}`,
      no_backup_disk: (d) => `${v(d, 'service')}: where copies go. No disk was found but the one of the data`,
      no_unit_of_site: (d) => `which unit listens on port ${v(d, 'port')}, to which ${v(d, 'path')} sends`,
      elsewhere: (d) => `where ${v(d, 'path')} sends to: ${v(d, 'to')}`,
      template_unit: (d) => `which instances of ${v(d, 'unit')} are in use (write one as NAME@1.service)`,
      env_pattern: (d) => `which files EnvironmentFile=${v(d, 'path')} of ${v(d, 'unit')} means`,
      file_refused: (d) => `${v(d, 'path')} cannot be taken (${v(d, 'why')})`,
      file_shared: (d) => `${v(d, 'path')} is used by ${v(d, 'second')} too; it stands at ${v(d, 'first')}`,
      no_services: () => 'no service was found: write them below services',
      no_systemd: () => 'there is no systemd',
      two_units: (d) => `${v(d, 'path')} sends to several units (${v(d, 'units')}); it stands at the first`,
      code_branch: (d) => `${v(d, 'service')}: the branch that is deployed; ${v(d, 'path')} names none`,
      code_remote: (d) =>
        `${v(d, 'service')}: where to push; origin in ${v(d, 'path')} holds a password or is no address to push to (write https or ssh)`,
      code_test: (d) =>
        `${v(d, 'service')}: the test command that writes its results into a file; ${v(d, 'path')} did not tell`,
      code_lock: (d) =>
        `${v(d, 'service')}: how its packages are installed; beside ${v(d, 'path')} lies no lock file`,
      code_packages: (d) =>
        `${v(d, 'service')}: how the packages of ${v(d, 'path')} are installed (dependencies); nothing to say where the system has them`,
      name_odd: (d) =>
        `${v(d, 'unit')} has letters a name cannot have, or is there twice: it is called ${v(d, 'service')}`,
    },
  },
}

/** What `sekisho init` says on the terminal. */
export const INIT_DONE = {
  looking: { ja: 'このホストを見ています', en: 'looking at this host' },
  written: (path: string): Both<string> => ({ ja: `書きました: ${path}`, en: `Written: ${path}` }),
  found: (services: readonly string[]): Both<string> => ({
    ja: `見つけたサービス: ${listed(services, 'ja') || LABELS.none.ja}`,
    en: `services found: ${listed(services, 'en') || LABELS.none.en}`,
  }),
  added: (services: readonly string[]): Both<string> => ({
    ja: `足したサービス: ${listed(services, 'ja')}`,
    en: `service added: ${listed(services, 'en')}`,
  }),
} as const
