// Refusals and failures of restores, in both languages.
import { BACKUP_WORDS } from './backup.ts'
import { contentFault } from './content-fault.ts'
import { LAYING_OUT_WORDS } from './laying-out.ts'
import { quoted } from './remote-copy-why.ts'
import type { ErrorWords, Language, Reader } from './words.ts'

const wishWord = (d: Reader<'kind' | 'what'>, language: Language) =>
  LAYING_OUT_WORDS[language].wish(d('kind'), d('what') === '…' ? '' : d('what'))

function beganBy(d: Reader<'by' | 'forMs' | 'percent' | 'step'>, language: Language): string {
  const words = BACKUP_WORDS[language]
  return LAYING_OUT_WORDS[language].began(
    d('by'),
    words.ago(Number(d('forMs'))),
    words.step[d('step')] ?? d('step'),
    Number(d('percent')),
  )
}

/** Which changes hold what is laid out: a stuck one first, for nothing else of it goes on without an answer. */
function answerable(d: Reader<'stuck' | 'waiting'>, language: Language): readonly string[] {
  const ids = (key: 'stuck' | 'waiting') =>
    d(key) === '…'
      ? []
      : d(key)
          .split(' ')
          .filter((id) => id !== '')
  const [stuck, waiting] = [ids('stuck'), ids('waiting')]
  if (stuck.length === 0 && waiting.length === 0) return ['sekisho change list']
  const [goOn, answer, drop] =
    language === 'ja' ? ['止まっています', '判断する', 'やめる'] : ['is stuck', 'to answer it', 'to end it']
  return [
    ...stuck.map((id) =>
      language === 'ja'
        ? `${id} は${goOn}: sekisho change continue ${id} retry（または skip）`
        : `${id} ${goOn}: sekisho change continue ${id} retry (or skip)`,
    ),
    ...waiting.flatMap((id) => [
      `${answer}: sekisho change show ${id}`,
      `${drop}: sekisho change withdraw ${id}`,
    ]),
  ]
}

export const RESTORE_ERRORS = {
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
    ja: {
      what: '復元の用意は {by} が取りやめました',
      why: '作りかけたものは、すべて片づけました。サービスには触れていません',
      next: ['要るなら、もう一度 sekisho restore を行う'],
    },
    en: {
      what: 'Laying the restore out was cancelled by {by}',
      why: 'all that was made for it is cleared away; the service was not touched',
      next: ['if it is needed, run sekisho restore again'],
    },
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
    ja: {
      what: '{service} の復元は、いま用意していません',
      why: '用意の終わったものは、その変更を取り下げるか、4 時間で片づきます',
      next: ['sekisho change list', 'sekisho change withdraw ID'],
    },
    en: {
      what: 'No restore of {service} is being laid out now',
      why: 'what is laid out already belongs to its change, and is cleared away after 4 hours when nobody decides',
      next: ['sekisho change list', 'sekisho change withdraw ID'],
    },
  },
  'restore.foreign': {
    ja: {
      what: '{path} に、見覚えのないものがあります',
      why: '元のものも用意したものも、{path} と {beside} のどちらかから動かされています。何も動かしていません',
      next: ['両方の場所を見て、人が元に戻す'],
    },
    en: {
      what: 'Something else stands at {path}',
      why: 'the original or what was laid out was moved away from {path} or {beside}; nothing was moved',
      next: ['look at both places; a person puts them right'],
    },
  },
  'restore.loss_grew': {
    ja: {
      what: '{service} のデータが、用意したあとに変わりました',
      why: '失うものが、一覧に出したものと違います。何も入れ替えていません',
      next: [
        '同じコマンド（sekisho restore か sekisho change rollback）をもう一度行い、新しい一覧を承認する',
        '書き込みがやまないなら、同じコマンドに --stop-first を付ける。先に止め、復元が終わると起動します',
      ],
    },
    en: {
      what: 'The data of {service} has changed since the restore was laid out',
      why: 'what would be lost is not what the lists say; nothing was exchanged',
      next: [
        'run the same command again (sekisho restore or sekisho change rollback) and approve the new lists',
        'if it never stops writing, add --stop-first to the same line: it is stopped first, and the restore starts it again',
      ],
    },
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
    ja: {
      what: '前にあったものに、今も誰かが書いています: {path}',
      why: '入れ替える前から開いたままのプログラムが書いているか、読めないようにしています。何が戻るのかを確かめられません',
      next: ['lsof {path}', 'そのプログラムを止め、同じコマンドをもう一度行う'],
    },
    en: {
      what: 'Somebody still writes into what stood there before: {path}',
      why: 'a program that has had it open since before it was exchanged writes, or keeps it from being read; what would come back cannot be told',
      next: ['lsof {path}', 'stop that program, and run the same command again'],
    },
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
    ja: { what: 'まだ用意しています', why: '{step}' },
    en: { what: 'It is still being laid out', why: '{step}' },
  },
  'restore.parent_missing': {
    ja: {
      what: '戻す先のディレクトリがありません: {parent}',
      why: '誰のもので、誰が書けるかは、その下のバックアップには入っていません。勝手には作りません',
      next: ['持ち主と権限を決めて作る: mkdir {parent}', '同じコマンドをもう一度行う'],
    },
    en: {
      what: 'The directory that it would stand in is not there: {parent}',
      why: 'whose it is and who may write in it stands in no backup of what is below it, so it is not made by itself',
      next: ['make it with its owner and mode: mkdir {parent}', 'run the same command again'],
    },
  },
  'restore.secret_missing': {
    ja: {
      what: '{path} の中身は、この写しにありません',
      why: '秘密のファイルは、暗号化した写しにだけ入っています',
      next: ['restic の写しから戻すか、今のファイルをその場所に置いてからもう一度行う'],
    },
    en: {
      what: 'The bytes of {path} are not in this copy',
      why: 'a secret file stands in an encrypted copy alone',
      next: ['restore from a restic copy, or put the present file there and run it again'],
    },
  },
  'restore.stage_damaged': {
    ja: {
      what: '用意したものが、用意したときと違います: {path}',
      why: '前から開いていたプログラムが書いたか、誰かが動かしたか、読めなくしています。今あるものはそのままです',
      next: ['同じコマンドをもう一度行う'],
    },
    en: {
      what: 'What was laid out is not what it was: {path}',
      why: 'a program that had it open since before has written into it, or somebody has moved it or keeps it from being read; what stands there now was left as it is',
      next: ['run the same command again'],
    },
  },
  'restore.too_many': {
    ja: (d) => ({
      what: `${d('service')} の復元を、もう ${d('count')} 件用意してあります`,
      why: '一件ごとに、データもう一つ分の場所を、サービスと同じディスクで使います。誰も決めないものは、4 時間で片づきます',
      next: [...answerable(d, 'ja'), 'それでも足りなければ、4 時間待つ'],
    }),
    en: (d) => ({
      what: `${d('count')} restores of ${d('service')} are laid out already`,
      why: 'each takes the room of the data once more on the disk that the service writes to; what nobody decides is cleared away after 4 hours',
      next: [...answerable(d, 'en'), 'or wait for the 4 hours'],
    }),
  },
  'restore.stage_gone': {
    ja: {
      what: '用意したものがもうありません（{stage}）',
      why: '期限が切れたか、片づけられました',
      next: ['同じコマンドをもう一度行う'],
    },
    en: {
      what: 'What was laid out is not there any more ({stage})',
      why: 'its time is over, or it was cleared away',
      next: ['run the same command again'],
    },
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
  'restore.no_good_backup': {
    ja: (d) => ({
      what: `${d('service')} に、中身の良いバックアップがありません`,
      why: contentFault(d('why'), 'ja'),
      next: [`sekisho backup list --service ${d('service')}`],
    }),
    en: (d) => ({
      what: `${d('service')} has no backup whose content is good`,
      why: contentFault(d('why'), 'en'),
      next: [`sekisho backup list --service ${d('service')}`],
    }),
  },
  'restore.not_read_yet': {
    ja: {
      what: '{service} に、まだ読んでいない写しがあります: {names}',
      why: 'ほかの仕組みが作ったか、関所の記録簿（ジャーナル）が失われました。読んで確かめるまで、復元には使いません',
      next: ['sekisho backup verify --service {service}', '読み終わったら、同じ行をもう一度'],
    },
    en: {
      what: '{service} has copies that were not read yet: {names}',
      why: 'another job made them, or the runner’s journal was lost; nothing is restored of them before they are read',
      next: ['sekisho backup verify --service {service}', 'then the same line again'],
    },
  },
} as const satisfies ErrorWords
