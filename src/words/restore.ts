// Words of a restore on the card.
import { contentFault } from './content-fault.ts'
import type { Both, Language } from './words.ts'

export interface RestoreWords {
  readonly source: (what: string, backup: string, copy: string, taken: string) => string
  /** What stood there before a change. */
  readonly evidence: (what: string, change: string, taken: string) => string
  readonly asItWas: string
  readonly damagedThen: (part: string, why: string) => string
  readonly emptied: (what: string) => string
  readonly joiner: string
  readonly loss: (part: string, gone: number, changed: number, back: number) => string
  readonly unreadable: (salvaged: number) => string
  /** Of a database, where what is there now cannot be read. */
  readonly unlisted: (part: string, back: number) => string
  readonly more: (count: number) => string
  readonly losesNothing: string
  readonly carried: (path: string) => string
  readonly carriedDamaged: (path: string) => string
  readonly missing: (path: string) => string
  readonly absent: (what: string) => string
  readonly awayTried: (seconds: string) => string
  readonly awayNotTried: string
  /** What nobody loads by itself: `globals:5432`, or a setting or right as it stands in the manifest. */
  readonly person: (database: string, what: string) => string
  readonly damaged: (part: string, why: string) => string
  readonly passedOver: (backup: string, why: string) => string
  readonly undoTried: (seconds: string) => string
  readonly undoNotTried: string
  readonly exchangeOnly: string
}

/** What was found of a copy's item that was not chosen, by the verdict's name (backup/choose.ts). */
const PASSED_OVER: Readonly<Record<string, Both<(items: string) => string>>> = {
  good: { ja: (items) => `${items} だけでは揃わない`, en: (items) => `only ${items} of it is good` },
  rubbish: {
    ja: (items) => `${items} の中身が壊れている`,
    en: (items) => `the content of ${items} is damaged`,
  },
  question: {
    ja: (items) => `${items} の件数が大きく違う`,
    en: (items) => `the number of records in ${items} is far off`,
  },
  unreadable: { ja: (items) => `${items} を読めない`, en: (items) => `${items} cannot be read` },
  absent: { ja: (items) => `${items} が入っていない`, en: (items) => `${items} is not in it` },
}

/** What is wrong with a copy's own bytes, by the code that laying it out ended with. */
const COPY_FAULTS: Readonly<Record<string, Both<string>>> = {
  digest: { ja: 'バイトが封じたものと違う', en: 'its bytes are not what was sealed' },
  size: { ja: '大きさが封じたものと違う', en: 'its size is not what was sealed' },
  ENOENT: { ja: 'ファイルがない', en: 'the file is not there' },
  EIO: { ja: 'ディスクから読めない', en: 'its disk does not read it' },
  ELOOP: { ja: 'リンクに置き換わっている', en: 'a link stands in its place' },
  ENOTDIR: {
    ja: '上のディレクトリがほかのものに置き換わっている',
    en: 'something on its way is no directory',
  },
  ENXIO: { ja: 'ソケットに置き換わっている', en: 'a socket stands in its place' },
  device: { ja: '普通のファイルではない', en: 'it is no regular file' },
  type: { ja: '普通のファイルではない', en: 'it is no regular file' },
  secret: { ja: '秘密の中身が入っていない', en: 'the bytes of the secret are not in it' },
}

/** `rubbish data: articles.json: not_json byte 9`: a verdict, the items, and what was found first; anything else stays as it is. */
function passedOverWhy(why: string, language: Language): string {
  const [, verdict = '', items = '', fault] = /^(\S+) (.+?)(?:: (.+))?$/.exec(why) ?? []
  const said = Object.hasOwn(PASSED_OVER, verdict) ? PASSED_OVER[verdict] : undefined
  if (said === undefined || items === '') return why
  const first = fault === undefined ? '' : copyFault(fault, language)
  // It holds the rest: only these bytes are elsewhere.
  if (fault?.endsWith(': secret') === true) return first
  const more = language === 'ja' ? `（${first}）` : ` (${first})`
  return `${said[language](items)}${first === '' ? '' : more}`
}

function copyFault(fault: string, language: Language): string {
  const [, path = '', code = ''] = /^(?:(.*): )?(\S+)$/.exec(fault) ?? []
  const own = Object.hasOwn(COPY_FAULTS, code) ? COPY_FAULTS[code]?.[language] : undefined
  if (own === undefined) return contentFault(fault, language)
  return path === '' ? own : `${path}: ${own}`
}

/** What of a database is no table. */
const OTHER_PARTS: Readonly<Record<string, Both<(database: string) => string>>> = {
  'large objects': {
    ja: (database) => `${database} の大きなオブジェクト（large object）`,
    en: (database) => `${database}, large objects`,
  },
  'whole database': {
    ja: (database) => `データベース ${database} の全体`,
    en: (database) => `the live database ${database}`,
  },
  definitions: {
    ja: (database) => `${database} の定義（列、関数、ビュー、索引など）`,
    en: (database) => `${database}, definitions (columns, functions, views, indexes)`,
  },
}

function partName(part: string, language: Language): string {
  const [, database = '', kind = ''] = /^([^/]+)\/([^/]+)$/.exec(part) ?? []
  const more = /^(\d+) more tables$/.exec(kind)?.[1]
  if (more !== undefined)
    return language === 'ja' ? `${database} のほか ${more} 表` : `${database}, ${more} more tables`
  return (Object.hasOwn(OTHER_PARTS, kind) ? OTHER_PARTS[kind]?.[language](database) : undefined) ?? part
}

export const RESTORE_WORDS: Both<RestoreWords> = {
  ja: {
    source: (what, backup, copy, taken) => `${what} ← ${backup}（${copy}、${taken} の時点）`,
    evidence: (what, change, taken) => `${what} ← ${change} の前にあったもの（${taken} の時点）`,
    asItWas: '前にあったものが、そのまま戻ります。中身は判定せず、壊れていれば壊れたまま戻ります',
    damagedThen: (part, why) => `壊れたまま戻ります: ${part}  ${contentFault(why, 'ja')}`,
    emptied: (what) => `${what} には、前は何もありませんでした。今あるものを隣へ移し、何もない状態にします`,
    joiner: '、',
    loss: (part, gone, changed, back) =>
      `${partName(part, 'ja')}: なくなる ${gone}、元に戻って変わる ${changed}、戻ってくる ${back}`,
    unlisted: (part, back) =>
      `${partName(part, 'ja')}: 今のものは壊れていて読めないので、何がなくなるかは一覧にできません。戻ってくる ${back}`,
    unreadable: (salvaged) => `今のファイルは壊れています。読めたレコードは ${salvaged} 件`,
    more: (count) => `ほか ${count} 件`,
    losesNothing: '今あるものは、何も失われません',
    damaged: (part, why) => `壊れています: ${part}  ${contentFault(why, 'ja')}`,
    missing: (path) =>
      `${path} はないままです（秘密。このバックアップのどの写しにも入っていません）。あとで手で置いてください`,
    absent: (what) => `${what} は今ありません。そこに置くだけで、何も置き換えません`,
    awayTried: (s) => `もう一度よそへ移して、何もない状態に戻す。試行で確認済み ${s} 秒`,
    awayNotTried: 'もう一度よそへ移して、何もない状態に戻す。試行は未計測',
    carriedDamaged: (path) =>
      `${path} は壊れたまま残ります（秘密。このバックアップのどの写しにも入っていません）。このままではサービスが起動しないことがあります`,
    carried: (path) => `${path} は今のまま残します（秘密。この写しには入っていません）`,
    person: (database, what) =>
      /^globals:\d+$/.test(what)
        ? `${database}: ロールとそのパスワードは読み込みません。要るなら、人が restic の写しの db/globals.sql から戻します`
        : `${database}: 管理者が手で戻すもの: ${what}`,
    passedOver: (backup, why) => `${backup} は使いません（${passedOverWhy(why, 'ja')}）`,
    undoTried: (s) =>
      `残すと決まるまでは、もう一度入れ替えて元に戻す。試行で確認済み ${s} 秒。元のデータは証拠として 30 日残す`,
    undoNotTried: '残すと決まるまでは、もう一度入れ替えて元に戻す。試行は未計測',
    exchangeOnly: '一度に入れ替えるだけ（止めるサービスの宣言なし）',
  },
  en: {
    source: (what, backup, copy, taken) => `${what} ← ${backup} (${copy}, as of ${taken})`,
    evidence: (what, change, taken) => `${what} ← what stood there before ${change} (as of ${taken})`,
    asItWas: 'what stood there comes back as it is: its content is not judged, and damage comes back with it',
    damagedThen: (part, why) => `comes back damaged: ${part} (${contentFault(why, 'en')})`,
    emptied: (what) => `nothing stood at ${what} before: what is there now is moved beside`,
    joiner: ', ',
    loss: (part, gone, changed, back) =>
      `${partName(part, 'en')}: ${gone} gone, ${changed} changed back, ${back} come back`,
    unlisted: (part, back) =>
      `${partName(part, 'en')}: what is there now cannot be read, and what would be lost cannot be listed; ${back} come back`,
    unreadable: (salvaged) => `the file that is there is damaged; ${salvaged} records of it can be read`,
    more: (count) => `and ${count} more`,
    losesNothing: 'nothing that is there now is lost',
    damaged: (part, why) => `damaged now: ${part} (${contentFault(why, 'en')})`,
    missing: (path) =>
      `${path} stays missing (secret, in no copy of this backup): put it there by hand afterwards`,
    absent: (what) => `${what} is not there now: what comes back replaces nothing`,
    awayTried: (s) => `moved away again, so that nothing stands there: tried, ${s} s`,
    awayNotTried: 'moved away again, so that nothing stands there: not measured',
    carriedDamaged: (path) =>
      `${path} stays damaged as it is (secret, in no copy of this backup): the service may not start with it`,
    carried: (path) => `${path} stays as it is (secret, not in this copy)`,
    person: (database, what) =>
      /^globals:\d+$/.test(what)
        ? `${database}: roles and their passwords are not loaded; a person brings them back from db/globals.sql of a restic copy, if need be`
        : `${database}: an administrator brings this back by hand: ${what}`,
    passedOver: (backup, why) => `${backup} is passed over (${passedOverWhy(why, 'en')})`,
    undoTried: (s) =>
      `exchanged again, until it is kept: tried, ${s} s; the original stays as evidence for 30 days`,
    undoNotTried: 'exchanged again, until it is kept: not measured',
    exchangeOnly: 'exchanged in one step (no service is declared to be stopped)',
  },
}
