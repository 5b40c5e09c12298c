// Refusals and failures of backups and restores, in both languages.
import { BACKUP_WORDS } from './backup.ts'
import { drillWhy, notReadWhy, notSignedWhy } from './backup-why.ts'
import { databaseWhy } from './database-why.ts'
import { quoted } from './far-why.ts'
import { LAYING_OUT_WORDS } from './laying-out.ts'
import type { ErrorWords, Language, Reader } from './words.ts'

const wishWord = (d: Reader, language: Language) =>
  LAYING_OUT_WORDS[language].wish(d('kind'), d('what') === '…' ? '' : d('what'))

function beganBy(d: Reader, language: Language): string {
  const words = BACKUP_WORDS[language]
  return LAYING_OUT_WORDS[language].began(
    d('by'),
    words.ago(Number(d('forMs'))),
    words.step[d('step')] ?? d('step'),
    Number(d('percent')),
  )
}

/** Copies are known to lie there, and the directory that holds them is not there. */
const isWithin = (d: Reader) => d('within') === 'daily'

const waitFor = (d: Reader, language: Language) =>
  BACKUP_WORDS[language].span(Math.max(1000, Number(d('forMs')) || 3_600_000))

/** An owner's signature holds at once; where the rules allow no more, they are changed first. */
function raiseLimit(d: Reader, language: Language): readonly string[] {
  if (d('of') === 'agents') return []
  const [limit, cap] = [Number(d('limit')), Number(d('cap'))]
  const isCapped = !(cap > limit)
  const sign = `sekisho standing sign ${d('service')} backup --per-hour ${isCapped ? 'N' : cap}`
  const owner = language === 'ja' ? '所有者がすぐに増やす: ' : 'an owner raises it at once: '
  const then = language === 'ja' ? 'そのあと、所有者が署名する: ' : 'then an owner signs: '
  const first =
    language === 'ja'
      ? 'sekisho.yaml の policy.standing.per_hour を上げ、sekisho config apply'
      : 'raise policy.standing.per_hour in sekisho.yaml, then sekisho config apply'
  return isCapped ? [first, `${then}${sign}`] : [`${owner}${sign}`]
}

const workWord = (d: Reader, language: Language) => BACKUP_WORDS[language].work[d('work')] ?? d('work')

export const BACKUP_ERRORS = {
  'backup.not_declared': {
    ja: (d) => ({
      what: `${d('service')} にはバックアップの決まりがありません`,
      next: ['sekisho.yaml のこのサービスに backup: /backup/名前 と書き、sekisho config apply'],
    }),
    en: (d) => ({
      what: `No backup is declared for ${d('service')}`,
      next: ['write backup: /backup/NAME at this service in sekisho.yaml, then sekisho config apply'],
    }),
  },
  'backup.not_signed': {
    ja: (d) => ({
      what: `${d('service')} のバックアップを始めてよいという、有効な署名がありません`,
      why: notSignedWhy(d('why'), 'ja'),
      next: [`sekisho standing sign ${d('service')} backup`],
    }),
    en: (d) => ({
      what: `No signature in force allows the backups of ${d('service')}`,
      why: notSignedWhy(d('why'), 'en'),
      next: [`sekisho standing sign ${d('service')} backup`],
    }),
  },
  'backup.unknown': {
    ja: (d) => ({
      what: `${d('service')} にそのバックアップはありません: ${d('backup')}`,
      next: [`sekisho backup list --service ${d('service')}`],
    }),
    en: (d) => ({
      what: `${d('service')} has no such backup: ${d('backup')}`,
      next: [`sekisho backup list --service ${d('service')}`],
    }),
  },
  'restore.busy': {
    ja: (d) => ({
      what: `${d('service')} の別の復元を用意しています: ${wishWord(d, 'ja')}`,
      why: `${beganBy(d, 'ja')}。一つのサービスで用意するのは一度に一つです`,
      next: [
        `終わらせる: sekisho restore cancel --service ${d('service')}`,
        '終わるのを待って、もう一度行う',
      ],
    }),
    en: (d) => ({
      what: `Another restore of ${d('service')} is being laid out: ${wishWord(d, 'en')}`,
      why: `${beganBy(d, 'en')}; of one service one is laid out at a time`,
      next: [
        `to end it: sekisho restore cancel --service ${d('service')}`,
        'or wait for it and run it again',
      ],
    }),
  },
  'restore.cancelled': {
    ja: (d) => ({
      what: `復元の用意は ${d('by')} が取りやめました`,
      why: '作りかけたものは、すべて片づけました。サービスには触れていません',
      next: ['要るなら、もう一度 sekisho restore を行う'],
    }),
    en: (d) => ({
      what: `Laying the restore out was cancelled by ${d('by')}`,
      why: 'all that was made for it is cleared away; the service was not touched',
      next: ['if it is needed, run sekisho restore again'],
    }),
  },
  'restore.not_cleared': {
    ja: (d) => ({
      what: `復元の用意は ${d('by')} が取りやめましたが、作りかけたものが残っています`,
      why: `${quoted(d('why'), 'ja')}。サービスには触れていません。ランナーが 10 分おきに、もう一度片づけます`,
      next: ['sekisho doctor'],
    }),
    en: (d) => ({
      what: `Laying the restore out was cancelled by ${d('by')}, and some of what was made for it is left`,
      why: `${quoted(d('why'), 'en')}; the service was not touched, and the runner tries again every 10 minutes`,
      next: ['sekisho doctor'],
    }),
  },
  'restore.none_under_way': {
    ja: (d) => ({
      what: `${d('service')} の復元は、いま用意していません`,
      why: '用意の終わったものは、その変更を取り下げるか、4 時間で片づきます',
      next: ['sekisho change list', 'sekisho change withdraw ID'],
    }),
    en: (d) => ({
      what: `No restore of ${d('service')} is being laid out now`,
      why: 'what is laid out already belongs to its change, and is cleared away after 4 hours when nobody decides',
      next: ['sekisho change list', 'sekisho change withdraw ID'],
    }),
  },
  'restore.foreign': {
    ja: (d) => ({
      what: `${d('path')} に、見覚えのないものがあります`,
      why: `元のものも用意したものも、${d('path')} と ${d('beside')} のどちらかから動かされています。何も動かしていません`,
      next: ['両方の場所を見て、人が元に戻す'],
    }),
    en: (d) => ({
      what: `Something else stands at ${d('path')}`,
      why: `the original or what was laid out was moved away from ${d('path')} or ${d('beside')}; nothing was moved`,
      next: ['look at both places; a person puts them right'],
    }),
  },
  'restore.loss_grew': {
    ja: (d) => ({
      what: `${d('service')} のデータが、用意したあとに変わりました`,
      why: '失うものが、一覧に出したものと違います。何も入れ替えていません',
      next: [
        '同じコマンド（sekisho restore か sekisho change rollback）をもう一度行い、新しい一覧を承認する',
        '書き込みがやまないなら、同じコマンドに --stop-first を付ける。先に止め、復元が終わると起動します',
      ],
    }),
    en: (d) => ({
      what: `The data of ${d('service')} has changed since the restore was laid out`,
      why: 'what would be lost is not what the lists say; nothing was exchanged',
      next: [
        'run the same command again (sekisho restore or sekisho change rollback) and approve the new lists',
        'if it never stops writing, add --stop-first to the same line: it is stopped first, and the restore starts it again',
      ],
    }),
  },
  'restore.evidence_gone': {
    ja: (d) => ({
      what: `${d('change')} の前にあったものが、もうありません${d('path') === '' ? '' : `: ${d('path')}`}`,
      why: '置き換えたものは、データの隣の .sekisho-staging に 30 日残します。期限が過ぎて片づけたか、人が動かしたか消しました',
      next: [
        `sekisho backup list --service ${d('service')}`,
        'バックアップから戻す: sekisho restore full --from ID',
      ],
    }),
    en: (d) => ({
      what: `What stood there before ${d('change')} is not there any more${d('path') === '' ? '' : `: ${d('path')}`}`,
      why: 'what was exchanged stays for 30 days in .sekisho-staging beside the data; its time is over and it was cleared away, or somebody has moved or removed it',
      next: [
        `sekisho backup list --service ${d('service')}`,
        'bring a backup back: sekisho restore full --from ID',
      ],
    }),
  },
  'restore.evidence_busy': {
    ja: (d) => ({
      what: `前にあったものに、今も誰かが書いています: ${d('path')}`,
      why: '入れ替える前から開いたままのプログラムが書いているか、読めないようにしています。何が戻るのかを確かめられません',
      next: [`lsof ${d('path')}`, 'そのプログラムを止め、同じコマンドをもう一度行う'],
    }),
    en: (d) => ({
      what: `Somebody still writes into what stood there before: ${d('path')}`,
      why: 'a program that has had it open since before it was exchanged writes, or keeps it from being read; what would come back cannot be told',
      next: [`lsof ${d('path')}`, 'stop that program, and run the same command again'],
    }),
  },
  'restore.taken_back': {
    ja: (d) => ({
      what: `${d('change')} は、もう取り消してあります${d('by') === '' ? '' : `（${d('by')}）`}`,
      why: '前にあったものは、もう元の場所に戻っています。その取り消しを取り消せば、復元したものにもう一度入れ替わります',
      next:
        d('by') === ''
          ? [`sekisho change list --all --service ${d('service')}`, 'sekisho change rollback ID']
          : [`sekisho change rollback ${d('by')}`],
    }),
    en: (d) => ({
      what: `${d('change')} has been taken back already${d('by') === '' ? '' : `, by ${d('by')}`}`,
      why: 'what stood there before it is in its place again; taking that change back brings what was restored once more',
      next:
        d('by') === ''
          ? [`sekisho change list --all --service ${d('service')}`, 'sekisho change rollback ID']
          : [`sekisho change rollback ${d('by')}`],
    }),
  },
  'restore.not_ready': {
    ja: (d) => ({ what: 'まだ用意しています', why: d('step') }),
    en: (d) => ({ what: 'It is still being laid out', why: d('step') }),
  },
  'restore.parent_missing': {
    ja: (d) => ({
      what: `戻す先のフォルダーがありません: ${d('parent')}`,
      why: '誰のもので、誰が書けるかは、その下のバックアップには入っていません。勝手には作りません',
      next: [`持ち主と権限を決めて作る: mkdir ${d('parent')}`, '同じコマンドをもう一度行う'],
    }),
    en: (d) => ({
      what: `The directory that it would stand in is not there: ${d('parent')}`,
      why: 'whose it is and who may write in it stands in no backup of what is below it, so it is not made by itself',
      next: [`make it with its owner and mode: mkdir ${d('parent')}`, 'run the same command again'],
    }),
  },
  'restore.secret_missing': {
    ja: (d) => ({
      what: `${d('path')} の中身は、この写しにありません`,
      why: '秘密のファイルは、暗号化した写しにだけ入っています',
      next: ['restic の写しから戻すか、今のファイルをその場所に置いてからもう一度行う'],
    }),
    en: (d) => ({
      what: `The bytes of ${d('path')} are not in this copy`,
      why: 'a secret file stands in an encrypted copy alone',
      next: ['restore from a restic copy, or put the present file there and run it again'],
    }),
  },
  'restore.stage_damaged': {
    ja: (d) => ({
      what: `用意したものが、用意したときと違います: ${d('path')}`,
      why: '前から開いていたプログラムが書いたか、誰かが動かしたか、読めなくしています。今あるものはそのままです',
      next: ['同じコマンドをもう一度行う'],
    }),
    en: (d) => ({
      what: `What was laid out is not what it was: ${d('path')}`,
      why: 'a program that had it open since before has written into it, or somebody has moved it or keeps it from being read; what stands there now was left as it is',
      next: ['run the same command again'],
    }),
  },
  'restore.too_many': {
    ja: (d) => ({
      what: `${d('service')} の復元を、もう ${d('count')} 件用意してあります`,
      why: '一件ごとに、データもう一つ分の場所を、サービスと同じディスクで使います。誰も決めないものは、4 時間で片づきます',
      next: ['sekisho change list', '用意したもののどれかを承認するか、4 時間待つ'],
    }),
    en: (d) => ({
      what: `${d('count')} restores of ${d('service')} are laid out already`,
      why: 'each takes the room of the data once more on the disk that the service writes to; what nobody decides is cleared away after 4 hours',
      next: ['sekisho change list', 'approve one of them, or wait for the 4 hours'],
    }),
  },
  'restore.stage_gone': {
    ja: (d) => ({
      what: `用意したものがもうありません（${d('stage')}）`,
      why: '期限が切れたか、片づけられました',
      next: ['同じコマンドをもう一度行う'],
    }),
    en: (d) => ({
      what: `What was laid out is not there any more (${d('stage')})`,
      why: 'its time is over, or it was cleared away',
      next: ['run the same command again'],
    }),
  },
  'backup.busy': {
    ja: (d) => ({
      what: `${d('service')} の${workWord(d, 'ja')}が進行中です`,
      why: '一度に一つずつ行います',
      next: [`sekisho backup list --service ${d('service')}`],
    }),
    en: (d) => ({
      what: `Already under way for ${d('service')}: ${workWord(d, 'en')}`,
      why: 'one is done at a time',
      next: [`sekisho backup list --service ${d('service')}`],
    }),
  },
  'backup.content_not_read': {
    ja: (d) => ({
      what: `中身を読めませんでした: ${d('path')}`,
      why: `中身を確かめる処理が終わりませんでした${notReadWhy(d('why'), 'ja')}。良いとも悪いとも言えません`,
      next: ['もう一度 sekisho backup verify を行う'],
    }),
    en: (d) => ({
      what: `The content was not read: ${d('path')}`,
      why: `judging it did not come to its end${notReadWhy(d('why'), 'en')}; it is called neither good nor bad`,
      next: ['read it again: sekisho backup verify'],
    }),
  },
  'backup.drill_failed': {
    ja: (d) => ({
      what: `復元の訓練に失敗しました: ${d('item')}`,
      why: drillWhy(d('why'), 'ja'),
      next: ['sekisho backup list', 'sekisho backup run'],
    }),
    en: (d) => ({
      what: `The restore drill failed at ${d('item')}`,
      why: drillWhy(d('why'), 'en'),
      next: ['sekisho backup list', 'sekisho backup run'],
    }),
  },
  'backup.nothing_sound': {
    ja: (d) => ({
      what: `${d('service')} に、使える写しがありません`,
      why: '一つも取れていないか、取れたものがどれも疑わしくなっています',
      next: [`sekisho backup run --service ${d('service')}`],
    }),
    en: (d) => ({
      what: `${d('service')} has no sound copy`,
      why: 'none was made yet, or each of them is suspect',
      next: [`sekisho backup run --service ${d('service')}`],
    }),
  },
  'backup.target_missing': {
    ja: (d) => ({
      what: `写しの置き場所がありません: ${d('path')}${d('copy') === '' ? '' : `（${d('copy')}）`}`,
      why: 'ディスクが接続されていないようです。同じ名前の空の場所に書かないように、勝手には作りません',
      next: isWithin(d)
        ? [
            `ディスクを接続する: findmnt --target ${d('path')}`,
            `そこにあった写しがもう戻らないなら、root で作る: mkdir -m 0755 -p ${d('path')}/daily`,
          ]
        : [`ディスクを接続する。はじめてなら、root で作る: mkdir -m 0755 -p ${d('path')}`],
    }),
    en: (d) => ({
      what: `The place of the ${d('copy') === '' ? 'copies' : `copy ${d('copy')}`} is not there: ${d('path')}`,
      why: 'its disk seems not to be mounted; an empty directory of that name is not made in its place',
      next: isWithin(d)
        ? [
            `mount the disk: findmnt --target ${d('path')}`,
            `if the copies that lay there will not come back, make it as root: mkdir -m 0755 -p ${d('path')}/daily`,
          ]
        : [`mount the disk; the first time, make it as root: mkdir -m 0755 -p ${d('path')}`],
    }),
  },
  'restore.item_unknown': {
    ja: (d) => ({
      what: `${d('service')} のデータに、それはありません: ${d('what')}`,
      why: `${d('service')} のデータ: ${d('among') || 'なし'}。ファイルは絶対パスで書きます`,
      next: [`sekisho backup list --service ${d('service')}`],
    }),
    en: (d) => ({
      what: `That is not among the data of ${d('service')}: ${d('what')}`,
      why: `the data of ${d('service')}: ${d('among') || 'none'}. A file is written with its whole path`,
      next: [`sekisho backup list --service ${d('service')}`],
    }),
  },
  'restore.not_file': {
    ja: (d) => ({
      what: `ファイルではありません: ${d('what')}`,
      why: `${d('type') === 'link' ? 'シンボリックリンク' : 'ディレクトリ'}です。restore file が戻すのは、ファイル一つです`,
      next: [
        'ファイルのパスを書く',
        `全体を戻す: sekisho restore full --last-known-good --service ${d('service')}`,
      ],
    }),
    en: (d) => ({
      what: `That is no file: ${d('what')}`,
      why: `it is a ${d('type') === 'link' ? 'symbolic link' : 'directory'}; restore file brings back one file`,
      next: [
        'write the path of a file',
        `bring back all of it: sekisho restore full --last-known-good --service ${d('service')}`,
      ],
    }),
  },
  'backup.cut_off': {
    ja: () => ({
      what: '途中で切れました',
      why: '実行中にランナーが止まりました。書きかけは、次のときに片づけます',
      next: ['もう一度 sekisho backup run を行う'],
    }),
    en: () => ({
      what: 'It was cut off',
      why: 'the runner ended in the middle; what was half-written is swept at the next run',
      next: ['run it again: sekisho backup run'],
    }),
  },
  'backup.broke': {
    ja: (d) => ({
      what: 'バックアップの処理に、関所の不具合があります',
      why: quoted(d('why'), 'ja'),
      next: ['sekisho doctor の出力を添えて知らせてください'],
    }),
    en: (d) => ({
      what: 'A fault of ours stopped the backup',
      why: quoted(d('why'), 'en'),
      next: ['please report it with what sekisho doctor says'],
    }),
  },
  'backup.too_often': {
    ja: (d) => ({
      what: `${d('service')} の${workWord(d, 'ja')}は、この 1 時間に ${d('limit')} 回${d('of') === 'agents' ? '、AI の頼みで' : ''}行いました`,
      why: `${d('of') === 'agents' ? '上限の半分は、人のために取ってあります' : '所有者が署名した上限です'}。次にできるのは ${waitFor(d, 'ja')}後です`,
      next: [`いまの様子: sekisho backup list --service ${d('service')}`, ...raiseLimit(d, 'ja')],
    }),
    en: (d) => ({
      what: `Done ${d('limit')} times within the hour for ${d('service')}${d('of') === 'agents' ? ' at the wish of agents' : ''}: ${workWord(d, 'en')}`,
      why: `${d('of') === 'agents' ? 'half of the limit is kept for people' : 'that is the limit that an owner signed'}; the next one is possible in ${waitFor(d, 'en')}`,
      next: [`how it stands: sekisho backup list --service ${d('service')}`, ...raiseLimit(d, 'en')],
    }),
  },
  'backup.drill_query': {
    ja: (d) => ({
      what: `復元したデータベースが、訓練の問いに答えません: ${d('query')}`,
      why: databaseWhy(d('why'), 'ja'),
      next: ['sekisho.yaml の backup の drill の query を直して、sekisho config apply'],
    }),
    en: (d) => ({
      what: `The restored database does not answer the question of the drill: ${d('query')}`,
      why: databaseWhy(d('why'), 'en'),
      next: ['mend query at drill of backup in sekisho.yaml, then sekisho config apply'],
    }),
  },
  'backup.target_not_directory': {
    ja: (d) => ({
      what: `写しの置き場所がフォルダーではありません: ${d('path')}（${d('copy')}）`,
      why: 'フォルダーでないものの中には写しを置けません',
      next: [`ls -ld ${d('path')}`, 'to: の場所を直して、sekisho config apply'],
    }),
    en: (d) => ({
      what: `The place of the copy ${d('copy')} is no directory: ${d('path')}`,
      why: 'a copy can only lie in a directory',
      next: [`ls -ld ${d('path')}`, 'mend to:, then sekisho config apply'],
    }),
  },
} as const satisfies ErrorWords
