// Words of backups: works, levels by name, places, and what the lists say.
import { AGO, SPAN, sizeText } from './amounts.ts'
import { contentFault } from './content-fault.ts'
import { TARGET_FACTS } from './target-facts.ts'
import type { Both, Sentence } from './words.ts'

export interface Moving {
  readonly work: string
  readonly step: string
  readonly entries: number
  readonly totalEntries: number
  readonly bytes: number
  readonly totalBytes: number
  readonly rate: number
  readonly backup?: string | undefined
  readonly copyNumber?: number | undefined
  readonly copyCount?: number | undefined
}

export interface BackupWords {
  readonly work: Readonly<Record<string, string>>
  readonly step: Readonly<Record<string, string>>
  /** The level by name, never by number. */
  readonly level: Readonly<Record<string, string>>
  readonly place: Readonly<Record<string, string>>
  readonly state: Readonly<Record<string, string>>
  readonly title: (service: string) => string
  readonly pruning: {
    readonly nothing: (kept: number) => string
    readonly blocked: Readonly<Record<string, string>>
    readonly goes: (count: number, size: string, kept: number) => string
    readonly why: Readonly<Record<string, string>>
    readonly ask: string
    readonly left: string
  }
  readonly none: (service: string) => string
  readonly notSigned: (service: string) => string
  readonly newest: string
  readonly backedUp: (level: string, age: string) => string
  readonly nothingCounts: string
  readonly rulesChanged: string
  readonly onlySameDisk: string
  readonly notSound: string
  readonly fromTheFuture: string
  readonly tooOld: (age: string) => string
  readonly rpo: (actual: string, promised: string | undefined, of: number) => string
  readonly rto: (actual: string, promised: string | undefined, drills: number) => string
  readonly notMeasured: string
  readonly due: (work: string) => string
  readonly running: (work: string) => string
  readonly lastFailed: (work: string, at: string) => string
  readonly columns: {
    readonly backup: string
    readonly copy: string
    readonly level: string
    readonly size: string
  }
  readonly more: (count: number) => string
  readonly legend: string
  readonly joined: (work: string) => string
  readonly goesOn: (work: string) => string
  readonly failed: (work: string) => string
  readonly waitsFor: (work: string) => string
  readonly copyOf: (number: number, count: number) => string
  readonly moving: (now: Moving) => string
  readonly ago: (ms: number) => string
  readonly span: (ms: number) => string
  readonly imported: string
  readonly heldBy: (who: string) => string
  readonly earned: (level: string, at: string) => string
  readonly restored: (took: string) => string
  /** Brought back, and the service did not get well on it. */
  readonly notBooted: (fault: string) => string
  /** Brought back, and what it lacks. */
  readonly butSecrets: (count: number) => string
  readonly doesNotCount: string
  /** What was seen where copies lie, by its code: `unlink`, `disks` … and the value. */
  readonly seen: (code: string, value: string) => string
  /** What is wrong with the content of the newest copy, and what to do. */
  readonly bad: (of: BadContent) => Sentence
  /** Extended attributes and ACLs are not in the copies of this target. */
  readonly withoutAttributes: (copy: string) => Sentence
  /** Copies in the guide's layout that the journal does not know: they are taken over. */
  readonly notKnown: (names: string, service: string) => Sentence
  /** Copies whose name does not say when they were made; `first` with its place. */
  readonly notNamed: (names: string, first: string) => Sentence
  /** Files of another form that nobody but a person can bring back. */
  readonly notUsable: (names: string) => Sentence
  /** A dump holds passwords as they are. */
  readonly passwordsInside: (what: string) => Sentence
}

export interface BadContent {
  readonly service: string
  readonly backup: string
  readonly copy: string
  readonly item: string
  readonly fault: string
}

/** Many fewer or many more than before: a question, which whoever may change the rules answers by the backup's name. */
const isTrend = (fault: string) => /(?:^|: )(?:shrunk|grown|database_gone)\b/.test(fault)

function movingText(
  now: Moving,
  words: Pick<BackupWords, 'work' | 'step' | 'copyOf'>,
  left: (seconds: number) => string,
): string {
  const { work, step, entries, bytes, totalEntries, totalBytes, rate } = now
  // The total of live data is an estimate: once it is passed, only what was counted is known.
  const of = bytes <= totalBytes ? `${sizeText(bytes)} / ${sizeText(totalBytes)}` : sizeText(bytes)
  const count = entries <= totalEntries ? `${entries} / ${totalEntries}` : String(entries)
  const parts = [`${words.work[work] ?? work}: ${words.step[step] ?? step}`]
  if (now.copyCount !== undefined) parts.push(words.copyOf(now.copyNumber ?? 0, now.copyCount))
  if (entries > 0) parts.push(count)
  if (bytes > 0) parts.push(of)
  if (rate > 0) parts.push(`${sizeText(rate)}/s`)
  if (rate > 0 && totalBytes > bytes) parts.push(left(Math.ceil((totalBytes - bytes) / rate)))
  return parts.join('  ')
}

const JA: BackupWords = {
  work: {
    restore: '復元の用意',
    backup: 'バックアップ',
    verify: '読み直し',
    drill: '復元の訓練',
    prune: '整理',
  },
  step: {
    starting: '始めます',
    place: '置き場所を確かめています',
    importing: 'ほかで取ったバックアップを読み込んでいます',
    unpacking: 'tar を開いています',
    reading: '読んでいます',
    dumping: 'データベースを書き出しています',
    writing: '書いています',
    syncing: 'ディスクに落としています',
    verifying: 'バイト単位で読み直しています',
    content: '中身を確かめています',
    fetching: '写しを取り寄せています',
    copying: 'ほかの写しを作っています',
    restoring: '別の場所に戻しています',
    comparing: '突き合わせています',
    waiting: '同じデータベースサーバーを使うほかの仕事が終わるのを待っています',
    loading: 'データベースを別に立ち上げて読み込んでいます',
    removing: '消しています',
    clearing: '作りかけたものを片づけています',
  },
  level: { written: '未確認', digest: '整合', content: '内容', restored: '復元', booted: '起動' },
  seen: TARGET_FACTS.ja,
  place: {
    'same-disk': '同じディスク',
    'other-disk': '別のディスク',
    'off-host': '別のサーバー（ここから消せる）',
    'off-host-append-only': '別のサーバー（ここからは消せない）',
  },
  state: { sound: '', suspect: '疑いあり', failed: '失敗', pruned: '整理済み' },
  title: (service) => `${service} のバックアップ`,
  pruning: {
    nothing: (kept) => `整理するものはありません（残すもの ${kept} 件）`,
    blocked: {
      newest_below_content: '一つも消しません: 最も新しいバックアップの中身が良いと分かっていません',
      clock: '一つも消しません: 時計が大きくずれています',
    },
    goes: (count, size, kept) => `次の ${count} 件、${size} を消します（残すもの ${kept} 件）`,
    why: { replaced: '同じ日の新しいものがある', past: '残す日・週・月より古い' },
    ask: '消しますか [y/N] ',
    left: '消していません。',
  },
  none: (service) => `${service} のバックアップはまだありません`,
  notSigned: (service) => `有効な署名がありません。sekisho standing sign ${service} backup`,
  newest: '新しい順',
  backedUp: (level, age) => `バックアップ済み: ${level}まで確認、${age}`,
  rulesChanged: 'バックアップ済みとは言えません: 決まりが変わってから、写しの中身を読んでいません',
  nothingCounts: 'バックアップ済みとは言えません: 内容まで読めた写しがありません',
  onlySameDisk: 'バックアップ済みとは言えません: 写しがデータと同じディスクにしかありません',
  notSound: 'バックアップ済みとは言えません: 写しは壊れているか、途中で失敗したものだけです',
  fromTheFuture: 'バックアップ済みとは言えません: 写しの時刻が、いまより先です（時計を確かめてください）',
  tooOld: (age) => `バックアップ済みとは言えません: 数えられる写しの最後は${age}`,
  rpo: (actual, promised, of) =>
    `失われる期間 ${actual}${promised === undefined ? '' : `（約束 ${promised}）`}${of < 2 ? '' : `（最近 ${of} 回の間隔のうち最も長いもの）`}`,
  rto: (actual, promised, drills) =>
    `復旧の所要時間 ${actual}${promised === undefined ? '' : `（約束 ${promised}）`}${drills === 0 ? '' : `（訓練 ${drills} 回のうち最も長いもの）`}`,
  notMeasured: '未計測',
  due: (work) => `実行予定（今）: ${work}`,
  running: (work) => `進行中: ${work}`,
  lastFailed: (work, at) => `${work}が ${at} に失敗しました`,
  columns: { backup: 'バックアップ', copy: '写し', level: '確認', size: '大きさ' },
  more: (count) => `ほかに ${count} 件`,
  legend: '·未確認  ▁整合  ▄内容  █復元  ×疑いあり・失敗',
  joined: (work) => `${work}はすでに進行中です。終わるまで見ています`,
  goesOn: (work) => `${work}は続いています。sekisho backup list`,
  failed: (work) => `${work}に失敗しました`,
  waitsFor: (work) => `${work}が終わるのを待っています`,
  copyOf: (number, count) => `写し ${number} / ${count}`,
  moving: (now) => movingText(now, JA, (s) => (s < 90 ? `あと ${s} 秒` : `あと ${Math.round(s / 60)} 分`)),
  ago: AGO.ja,
  span: SPAN.ja,
  imported: '取り込み',
  heldBy: (who) => `保持: ${who}`,
  earned: (level, at) => `${level}  ${at}`,
  notBooted: (fault) => `この写しの上では起動していない: ${fault}`,
  restored: (took) => `復元にかかった時間 ${took}`,
  butSecrets: (count) => `秘密 ${count} 件を除く`,
  doesNotCount: '数えない',
  bad: ({ service, backup, copy, item, fault }) => ({
    what: `${backup}（${copy}）の中身が良くありません: ${item}`,
    why: contentFault(fault, 'ja'),
    next: [
      `今のデータが壊れているなら: sekisho restore full --last-known-good --service ${service}`,
      isTrend(fault)
        ? `それで正しいなら: sekisho.yaml の backup に accepted: [${backup}] と書いて、sekisho config apply`
        : '決まりのほうが違うなら: sekisho.yaml の invariants を直して、sekisho config apply',
    ],
  }),
  withoutAttributes: (copy) => ({
    what: `拡張属性と ACL は、写しに入っていません: ${copy}`,
    why: 'それを読む道具 (getfattr・getfacl) が、このホストにありません',
    next: ['apt-get install attr acl'],
  }),
  notKnown: (names, service) => ({
    what: `置き場所に、まだ取り込んでいない写しがあります: ${names}`,
    why: 'ほかの仕組みが作ったか、関所の記録簿（ジャーナル）が失われました。読めたところまでを、その写しの確認とします',
    next: [`sekisho backup verify --service ${service}`],
  }),
  notNamed: (names, first) => ({
    what: `名前から時刻の分からない写しがあります: ${names}`,
    why: '取り込めるのは 20261125_030000 の形（取った日時）の名前だけです',
    next: [`取った日時の名前を付ける: cp -al ${first} ${first.replace(/[^/]*$/, '')}20261125_030000`],
  }),
  notUsable: (names) => ({
    what: `関所では戻せないファイルがあります: ${names}`,
    why: '持ち主や設定が分からない書き出しです。数に入れず、消しもしません',
    next: ['要るなら、人が psql や pg_restore で戻す。これからの分は databases に書けば関所が取ります'],
  }),
  passwordsInside: (what) => ({
    what: `データベースの写しに、パスワードがそのまま入っています: ${what}`,
    why: '外のサーバーへの接続の設定は、pg_dump がパスワードごと書き出します。読めるのは root と sekisho-backup グループだけです',
    next: ['~postgres/.pgpass か証明書に移し、OPTIONS から password を外す'],
  }),
}

const EN: BackupWords = {
  work: {
    restore: 'laying the restore out',
    backup: 'backup',
    verify: 'reading again',
    drill: 'restore drill',
    prune: 'pruning',
  },
  step: {
    starting: 'starting',
    place: 'finding out where the copies lie',
    importing: 'taking over what another job has made',
    unpacking: 'unpacking an archive',
    reading: 'reading',
    dumping: 'dumping the database',
    writing: 'writing',
    syncing: 'syncing to disk',
    verifying: 'reading every byte again',
    content: 'judging the content',
    fetching: 'bringing the copy here',
    copying: 'making the other copies',
    restoring: 'restoring to scratch',
    comparing: 'comparing',
    waiting: 'waiting for other work in the same database server',
    loading: 'loading the database apart',
    removing: 'removing',
    clearing: 'clearing away what was made',
  },
  level: {
    written: 'not read',
    digest: 'digest',
    content: 'content',
    restored: 'restored',
    booted: 'booted',
  },
  seen: TARGET_FACTS.en,
  place: {
    'same-disk': 'same disk',
    'other-disk': 'another disk',
    'off-host': 'another host (can be erased from here)',
    'off-host-append-only': 'another host (cannot be erased from here)',
  },
  state: { sound: '', suspect: 'suspect', failed: 'failed', pruned: 'pruned' },
  title: (service) => `Backups of ${service}`,
  pruning: {
    nothing: (kept) => `There is nothing to prune (${kept} kept)`,
    blocked: {
      newest_below_content: 'Nothing is removed: the newest backup is not known to be good',
      clock: 'Nothing is removed: the clock has jumped',
    },
    goes: (count, size, kept) => `These ${count}, ${size}, will be removed (${kept} kept):`,
    why: { replaced: 'a newer one of the same day is kept', past: 'older than what is kept' },
    ask: 'Remove them? [y/N] ',
    left: 'Nothing was removed.',
  },
  none: (service) => `No backups of ${service} yet`,
  notSigned: (service) => `no signature for it is in force: sekisho standing sign ${service} backup`,
  newest: 'newest first',
  backedUp: (level, age) => `backed up: ${level}, ${age}`,
  rulesChanged: 'not backed up: the content of the copies was not read since the rules have changed',
  nothingCounts: 'not backed up: no copy was read as far as its content',
  onlySameDisk: 'not backed up: the copies lie on the same disk as the data',
  notSound: 'not backed up: the copies are damaged, or failed while they were made',
  fromTheFuture: 'not backed up: the copies bear a time that is yet to come (look at the clock)',
  tooOld: (age) => `not backed up: the last copy that counts is of ${age}`,
  rpo: (actual, promised, of) =>
    `would lose ${actual}${promised === undefined ? '' : ` (promised ${promised})`}${of < 2 ? '' : ` (longest of the last ${of} intervals)`}`,
  rto: (actual, promised, drills) =>
    `restore takes ${actual}${promised === undefined ? '' : ` (promised ${promised})`}${drills === 0 ? '' : ` (worst of ${drills} ${drills === 1 ? 'drill' : 'drills'})`}`,
  notMeasured: 'not measured',
  due: (work) => `due now: ${work}`,
  running: (work) => `under way: ${work}`,
  lastFailed: (work, at) => `${work} failed at ${at}`,
  columns: { backup: 'backup', copy: 'copy', level: 'read', size: 'size' },
  more: (count) => `and ${count} more`,
  legend: '·not read  ▁digest  ▄content  █restored  ×suspect or failed',
  joined: (work) => `${work} was under way already; watching it`,
  goesOn: (work) => `${work} goes on: sekisho backup list`,
  failed: (work) => `${work} failed`,
  waitsFor: (work) => `waiting for ${work} to end`,
  copyOf: (number, count) => `copy ${number} of ${count}`,
  moving: (now) => movingText(now, EN, (s) => (s < 90 ? `${s} s left` : `${Math.round(s / 60)} min left`)),
  ago: AGO.en,
  span: SPAN.en,
  imported: 'imported',
  heldBy: (who) => `held by ${who}`,
  earned: (level, at) => `${level}  ${at}`,
  notBooted: (fault) => `the service did not get well on this copy: ${fault}`,
  restored: (took) => `restoring took ${took}`,
  butSecrets: (count) => `but for ${count} ${count === 1 ? 'secret' : 'secrets'}`,
  doesNotCount: 'does not count',
  bad: ({ service, backup, copy, item, fault }) => ({
    what: `The content of ${backup} (${copy}) is not good: ${item}`,
    why: contentFault(fault, 'en'),
    next: [
      `if the data is damaged now: sekisho restore full --last-known-good --service ${service}`,
      isTrend(fault)
        ? `if it is right so: write accepted: [${backup}] under backup in sekisho.yaml, then sekisho config apply`
        : 'if the rules are wrong: mend invariants in sekisho.yaml, then sekisho config apply',
    ],
  }),
  withoutAttributes: (copy) => ({
    what: `Extended attributes and ACLs are not in the copies of ${copy}`,
    why: 'getfattr and getfacl, which read them, are not on this host',
    next: ['apt-get install attr acl'],
  }),
  notKnown: (names, service) => ({
    what: `Copies lie there that were not taken over yet: ${names}`,
    why: 'another job made them, or the runner’s journal was lost; they count for what is read of them',
    next: [`sekisho backup verify --service ${service}`],
  }),
  notNamed: (names, first) => ({
    what: `Copies lie there whose names do not say when they were made: ${names}`,
    why: 'only names such as 20261125_030000, the moment they were made, are taken over',
    next: [`give it the name of that moment: cp -al ${first} ${first.replace(/[^/]*$/, '')}20261125_030000`],
  }),
  notUsable: (names) => ({
    what: `Files that sekisho cannot restore: ${names}`,
    why: 'a bare dump does not say owner, rights or settings; it is not counted, and not removed',
    next: ['bring it back by psql or pg_restore; what is named at databases is backed up from now on'],
  }),
  passwordsInside: (what) => ({
    what: `A dump of a database holds passwords as they are: ${what}`,
    why: 'pg_dump writes connections to other servers with their passwords; only root and the group sekisho-backup may read the copy',
    next: ['move them to ~postgres/.pgpass or to certificates, and drop password from OPTIONS'],
  }),
}

export const BACKUP_WORDS: Both<BackupWords> = { ja: JA, en: EN }
