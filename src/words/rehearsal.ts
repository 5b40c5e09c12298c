// What a rehearsal found, as sentences: the step and the fault, what was different, what was not compared. The runner writes codes; these are read on card, record
// and in the list of problems. Codes are those of plans/receipt.ts; a text that holds none of them is shown as it is.
import type { Both, Language } from './words.ts'

type Table = Both<Readonly<Record<string, string>>>

const STEPS: Table = {
  ja: {
    clone: '本番の写しを作るところ',
    boot: 'いま動いているリリースの起動',
    'old-code': '新しいスキーマで動かした、いまのコード',
    deploy: '配置',
    'deploy-health': '配置した後の健全性の確認',
    smoke: '動作確認（smoke）',
    call: '呼び出し',
    read: '呼び出した後の読み返し',
    inverse: '元に戻す呼び出し',
    command: 'コマンドの実行',
    back: '取り消し',
    'back-health': '取り消した後の健全性の確認',
    compare: '取り消した後の比べ合わせ',
  },
  en: {
    clone: 'cloning production',
    boot: 'the start of the release that runs now',
    'old-code': 'the deployed code on the new schema',
    deploy: 'the deploy',
    'deploy-health': 'health after the deploy',
    smoke: 'the smoke test',
    call: 'the call',
    read: 'what was read back after the call',
    inverse: 'the inverse call',
    command: 'the command',
    back: 'the way back',
    'back-health': 'health after the way back',
    compare: 'the comparison after the way back',
  },
}

const FAULTS: Table = {
  ja: {
    not_cloned: '写せませんでした',
    not_started: '起動できませんでした',
    ended: 'サービスが途中で終わりました',
    unhealthy: '健全になりませんでした',
    failed: '失敗しました',
    refused: 'サービスが断りました',
    no_answer: '応えがありませんでした',
    credential:
      '部屋のサービスは、この資格情報を知りません（repo のあるサービスなら rehearse: { secrets: { 名前: real } } と書けば本物を渡せます）',
    time: '時間内に終わりませんでした',
    memory: 'メモリーの上限を超えました',
    processes: 'プロセス数の上限を超えました',
    disk: 'ディスクの上限を超えました',
    outside: '変更の対象でない場所が変わりました',
    different: '元どおりになりませんでした',
    cancelled: '途中で止められました',
    no_space: '写しを置く空きがありません',
    unavailable: 'このホストでは予行できません',
    no_health:
      '予行の部屋で尋ねられる健全性の URL がありません（rehearse.health に http://localhost:… を書く）',
    no_address: '予行の部屋で呼び出せる URL がありません（api.rehearse に http://localhost:… を書く）',
    nothing_deployed: 'いま動いているリリースがありません',
    no_rules: 'コードの規則がありません',
    no_systemd: 'systemd の unit がありません',
  },
  en: {
    not_cloned: 'it could not be cloned',
    not_started: 'it could not be started',
    ended: 'the service ended',
    unhealthy: 'it did not become healthy',
    failed: 'it failed',
    refused: 'the service refused it',
    no_answer: 'there was no answer',
    credential:
      'the service in the room does not know the credential (rehearse: { secrets: { NAME: real } } gives it the real one)',
    time: 'it did not end in time',
    memory: 'it took more memory than a room may',
    processes: 'it started more processes than a room may',
    disk: 'it wrote more than a room may',
    outside: 'a place changed that is no target of the change',
    different: 'something is not as it was before',
    cancelled: 'it was stopped',
    no_space: 'there is no room for a clone',
    unavailable: 'this host cannot rehearse it',
    no_health:
      'there is no health URL that can be asked in the room (set rehearse.health to http://localhost:…)',
    no_address: 'there is no address that can be called in the room (set api.rehearse to http://localhost:…)',
    nothing_deployed: 'no release runs now',
    no_rules: 'there are no rules of the code',
    no_systemd: 'there is no systemd unit',
  },
}

const FIELDS: Table = {
  ja: {
    added: '増えた',
    missing: 'なくなった',
    type: '種類が違う',
    mode: '権限が違う',
    owner: '持ち主が違う',
    content: '内容が違う',
    target: 'リンク先が違う',
  },
  en: {
    added: 'is new',
    missing: 'is gone',
    type: 'is of another type',
    mode: 'has another mode',
    owner: 'has another owner',
    content: 'has other content',
    target: 'leads elsewhere',
  },
}

const AFTER: Table = {
  ja: { deploy: '配置した後', back: '取り消した後' },
  en: { deploy: 'after the deploy', back: 'after the way back' },
}

const NOT_COMPARED: Table = {
  ja: {
    live: 'サービスが書き込む生きたデータ',
    scratch: '予行の部屋だけの空の場所',
    acl: 'ACL',
    attributes: '拡張属性',
    left_out: '写さなかったもの',
    made_secret: '秘密を作り物に替えたもの',
    hard_link: 'ハードリンクのつながり',
    special: 'ソケットやデバイス',
    owner: '持ち主',
    database: 'データベース',
    no_database: '部屋になかったデータベース。変更がそこで何をするかは見ていない',
    network: 'ネットワーク',
    notify: '起動の通知',
    socket: 'ソケットの unit',
    load: '応えられない要求の数（測っていない）',
    too_many: 'ほかにもあります',
    unit_setting: '部屋では効かない unit の設定',
    built: '依存関係とビルドが作るもの（試験にはあり、in-place では置かれない）',
    sick: 'いま動いているリリースは部屋でも健全でない',
  },
  en: {
    live: 'live data that the service writes',
    scratch: 'an empty place of the room',
    acl: 'ACLs',
    attributes: 'extended attributes',
    left_out: 'left out of the clone',
    made_secret: 'made values stand for secrets',
    hard_link: 'hard links',
    special: 'sockets and devices',
    owner: 'owners',
    database: 'the database',
    no_database: 'a database that the room did not have: what the change does with it was not looked at',
    network: 'the network',
    notify: 'the notice of readiness',
    socket: 'the socket unit',
    load: 'requests without an answer (not measured)',
    too_many: 'and more',
    unit_setting: 'a setting of the unit that a room does not apply',
    built: 'what dependencies and build make: tested, and not deployed in place',
    sick: 'the release that runs now is not healthy in the room either',
  },
}

const word = (table: Table, code: string, language: Language): string | undefined =>
  Object.hasOwn(table[language], code) ? table[language][code] : undefined

/** Of `STEP: FAULT` or `STEP: FAULT EXIT`; `what` is a path, a program, or what the service said last. */
export function rehearsalFault(text: string, what: string | undefined, language: Language): string {
  const found = /^([a-z-]+): ([a-z_]+)(?: (\d{1,3}))?$/.exec(text)
  const step = word(STEPS, found?.[1] ?? '', language)
  const fault = word(FAULTS, found?.[2] ?? '', language)
  if (step === undefined || fault === undefined) return what === undefined ? text : `${text} (${what})`
  const exit = found?.[3]
  const named = what === undefined ? '' : `: ${what}`
  if (language === 'ja')
    return `${step}: ${fault}${exit === undefined ? '' : `（終了コード ${exit}）`}${named}`
  return `${step}: ${fault}${exit === undefined ? '' : ` (exit ${exit})`}${named}`
}

/** Of `AFTER FIELD PATH`. */
export function rehearsalDifference(text: string, language: Language): string {
  const found = /^([a-z]+) ([a-z]+) (.+)$/s.exec(text)
  const after = word(AFTER, found?.[1] ?? '', language)
  const field = word(FIELDS, found?.[2] ?? '', language)
  if (found?.[2] === 'other' && after !== undefined)
    return language === 'ja'
      ? `${after}に違うパスがほかに ${found[3]} 件（名前は runner のログ）`
      : `${found[3]} other ${found[3] === '1' ? 'path is' : 'paths are'} different ${after} (their names are in the runner’s log)`
  if (found === null || after === undefined || field === undefined) return text
  return language === 'ja' ? `${after}に${field}: ${found[3]}` : `${found[3]} ${field} ${after}`
}

/** Of `WHY WHAT`. */
export function rehearsalNotCompared(text: string, language: Language): string {
  const at = text.indexOf(' ')
  const [why, what] = at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
  const reason = word(NOT_COMPARED, why, language)
  if (reason === undefined) return text
  if (why === 'too_many') return language === 'ja' ? `全部で ${what} 件` : `${what} in all`
  if (why === 'acl' || why === 'attributes' || why === 'load' || why === 'built' || what === '') return reason
  return language === 'ja' ? `${what}（${reason}）` : `${what} (${reason})`
}

/** Of `STEP: FAULT EXIT WHAT`, as a problem and the facts of the card hold it. */
export function oldCodeText(text: string, language: Language): string {
  const found = /^([a-z-]+): ([a-z_]+)(?: (\d{1,3})(?= |$))?(?: (.+))?$/s.exec(text)
  if (found === null) return text
  const [, step = '', code = '', exit, what] = found
  return rehearsalFault(`${step}: ${code}${exit === undefined ? '' : ` ${exit}`}`, what, language)
}

type Told = Both<(fault: string) => readonly string[]>

/** The deployed code does not run on the new schema. `open`: the author accepts it, and nobody shuts the users out meanwhile. */
export const OLD_CODE: Readonly<Record<'rehearsal.old_code' | 'rehearsal.old_code_open', Told>> = {
  'rehearsal.old_code': {
    ja: (fault) => [
      `いま動いているコードは、新しいスキーマでは動きません（${fault}）`,
      '移行からコードの入れ替えまでのあいだ使えず、コードだけ戻すこともできません。先に足すだけの移行を出し、古いコードがなくなってから消す移行を出してください。承知のうえなら、移行の文の直前の行に -- sekisho: accept old_code: 理由（maintenance の宣言が要ります）',
    ],
    en: (fault) => [
      `the deployed code does not run on the new schema (${fault})`,
      'from the migration until the restart nobody could use it, and code alone could not go back; propose a migration that only adds, and take away in a later one, when the old code is gone. To accept it, write on the line before a statement of the migration: -- sekisho: accept old_code: REASON (maintenance must be declared)',
    ],
  },
  'rehearsal.old_code_open': {
    ja: (fault) => [
      `いま動いているコードが新しいスキーマで動かないこと（${fault}）を承知していますが、そのあいだ利用者を止めるものがありません`,
      'sekisho.yaml の services に maintenance: { on, off } を書いて、もう一度出してください',
    ],
    en: (fault) => [
      `it is accepted that the deployed code does not run on the new schema (${fault}), and nothing shuts the users out meanwhile`,
      'declare maintenance: { on, off } of the service in sekisho.yaml and propose it again',
    ],
  },
}
