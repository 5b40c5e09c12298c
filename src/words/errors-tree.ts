// What people read when a tree cannot be copied, verified, restored or exchanged.
import { shellWord } from '../base/shell-word.ts'
import { sizeText } from './amounts.ts'
import { errnoWord } from './errno.ts'
import { quoted } from './remote-copy-why.ts'
import { causeOf, sqliteWhy } from './sqlite-why.ts'
import type { Both, ErrorWords, Language, Reader } from './words.ts'

/** Why there is no place for a tree beside its target. */
const PLACE_WHY: Both<Readonly<Record<string, string>>> = {
  ja: {
    mount: 'データのディレクトリそのものがマウント先です。一段下のディレクトリに置けば入れ替えられます',
    writable: '同じファイルシステムの上に、ほかの人が書き込めないディレクトリがありません',
    taken: '置き場所の名前が、関所のものではないもので塞がっています',
  },
  en: {
    mount: 'the data directory itself is a mount point; data one level below can be exchanged',
    writable: 'no directory above it on the same file system is closed to everybody else',
    taken: 'the name of the place is taken by something that is not ours',
  },
}

/** What is never brought back. */
const REFUSED_WHY: Both<Readonly<Record<string, string>>> = {
  ja: {
    absolute: '名前がディレクトリの外を指します',
    device: '普通のファイル・ディレクトリ・リンクではありません',
    digest: '内容が目録のダイジェストと一致しません',
    'hard link': 'ハードリンクの相手が、戻すディレクトリの外にあります',
    'no bytes': 'このコピーには中身がありません',
    order: '目録の並びが正しくありません',
    parent: '親のディレクトリが目録にありません',
    setuid: 'setuid または setgid の付いたファイルです',
    size: '目録にある大きさと違います',
  },
  en: {
    absolute: 'its name leads out of the directory',
    device: 'it is neither a regular file, nor a directory, nor a link',
    digest: 'its content does not have the digest of the manifest',
    'hard link': 'its hard link leads out of the tree',
    'no bytes': 'this copy does not hold its bytes',
    order: 'the manifest is not in order',
    parent: 'its directory is not in the manifest',
    setuid: 'it is a file with setuid or setgid',
    size: 'it is not of the size in the manifest',
  },
}

/** Bytes as people read them. */
const bytes = (d: Reader<'free' | 'need' | 'promised'>, key: 'free' | 'need' | 'promised') =>
  /^\d+$/.test(d(key)) ? sizeText(Number(d(key))) : d(key)
/** Of what is free some is kept for others. */
const isPromised = (d: Reader<'promised'>) => /^[1-9]\d*$/.test(d('promised'))

/** A copy that is made after it can be brought back. */
const clearedFirst = (d: Reader<'path' | 'why'>) =>
  d('why') === 'setuid' ? [`chmod ug-s ${shellWord(d('path'))}`, 'sekisho backup run'] : []

const word = (table: Both<Readonly<Record<string, string>>>, d: Reader<'why'>, language: Language): string =>
  table[language][d('why')] ?? errnoWord(d('why'), language)

export const TREE_ERRORS = {
  'backup.aborted': {
    ja: {
      what: '途中で止められました',
      why: '書きかけのものは数えず、次の実行が片付けます',
      next: ['もう一度 sekisho backup run を行う'],
    },
    en: {
      what: 'It was stopped on the way',
      why: 'what was half written does not count, and the next run clears it away',
      next: ['run it again: sekisho backup run'],
    },
  },
  'backup.attributes_failed': {
    ja: (d) => ({
      what: `拡張属性または ACL を扱えません: ${d('path')}`,
      why: quoted(d('why'), 'ja'),
      next: ['apt-get install attr acl'],
    }),
    en: (d) => ({
      what: `Attributes or ACLs cannot be handled: ${d('path')}`,
      why: quoted(d('why'), 'en'),
      next: ['apt-get install attr acl'],
    }),
  },
  'backup.changed_while_read': {
    ja: {
      what: '読んでいる間に変わり続けました: {path}',
      why: '3 回読み直しても同じ内容になりません。半端な内容は写しに入れません',
      next: ['書き込みが静かなときに、もう一度 sekisho backup run を行う', 'lsof {path}'],
    },
    en: {
      what: 'It kept changing while it was read: {path}',
      why: 'three more readings did not agree, and half of a change is no backup',
      next: ['run it again when fewer write: sekisho backup run', 'lsof {path}'],
    },
  },
  'backup.exchange_busy': {
    ja: {
      what: 'ディレクトリを入れ替えられません: {path}',
      why: 'マウント先になっています (EBUSY)。データを一段下に置いてください',
      next: ['findmnt -T {path}'],
    },
    en: {
      what: 'The directory cannot be exchanged: {path}',
      why: 'something is mounted on it (EBUSY); keep the data one level below',
      next: ['findmnt -T {path}'],
    },
  },
  'backup.exchange_moved': {
    ja: {
      what: '入れ替えの途中で、別のものに置き換わりました: {path}',
      why: '確かめたディレクトリではありません',
      next: ['stat {path}'],
    },
    en: {
      what: 'Something else stands at {path}',
      why: 'it is not the directory that was looked at before the exchange',
      next: ['stat {path}'],
    },
  },
  'backup.exchange_taken': {
    ja: {
      what: '何もなかったはずの場所に、今は何かがあります: {path}',
      why: '用意したあとに、誰かが作りました。何も置き換えていません',
      next: ['stat {path}', 'もう一度 sekisho restore を行う'],
    },
    en: {
      what: 'Something stands at {path} now, where nothing did',
      why: 'it was made after the restore was laid out; nothing was replaced',
      next: ['stat {path}', 'run sekisho restore again'],
    },
  },
  'backup.exchange_not_empty': {
    ja: {
      what: '入れ替えられません: {path}',
      why: '道具が入れ替えではなく上書きをしようとしました (ENOTEMPTY)',
    },
    en: {
      what: 'It cannot be exchanged: {path}',
      why: 'the tool tried to replace and not to exchange (ENOTEMPTY)',
    },
  },
  'backup.exchange_other_volume': {
    ja: {
      what: '入れ替えられません: {path}',
      why: '二つのディレクトリが別のファイルシステムにあります (EXDEV)',
      next: ['findmnt -T {path}'],
    },
    en: {
      what: 'It cannot be exchanged: {path}',
      why: 'the two directories lie on different file systems (EXDEV)',
      next: ['findmnt -T {path}'],
    },
  },
  'backup.exchange_unavailable': {
    ja: {
      what: 'ディレクトリを一度に入れ替える手段がありません: {path}',
      why: '試したもの: {tried}',
      next: ['apt-get install coreutils util-linux perl'],
    },
    en: {
      what: 'Nothing here exchanges two directories in one step: {path}',
      why: 'tried: {tried}',
      next: ['apt-get install coreutils util-linux perl'],
    },
  },
  'backup.inside_source': {
    ja: {
      what: '写しの置き場所が、写す元のデータの中にあります: {path}',
      why: '{source} が壊れるときに写しも失われ、写しの中に前の写しが入ってしまいます',
      next: ['別のディスクの場所を to: に書いて、sekisho config apply', 'realpath {path}'],
    },
    en: {
      what: 'The place of the copies lies inside of the data: {path}',
      why: 'what destroys {source} would take the copies with it, and each would hold the ones before',
      next: ['write a place on another disk at to:, then sekisho config apply', 'realpath {path}'],
    },
  },
  'backup.links_outside': {
    ja: {
      what: '対象の外にも名前のあるファイルです: {path}',
      why: 'ハードリンクは {links} 個、対象の中にあるのは {found} 個です',
      next: ['find / -xdev -samefile {path}'],
    },
    en: {
      what: 'The file has names outside of what is copied: {path}',
      why: 'it has {links} hard links, {found} of them inside',
      next: ['find / -xdev -samefile {path}'],
    },
  },
  'backup.no_inodes': {
    ja: {
      what: 'ファイルの数の余裕 (inode) が足りません: {path}',
      why: '必要 {need}、空き {free}',
      next: ['df -i {path}'],
    },
    en: {
      what: 'Not enough inodes on the volume of {path}',
      why: '{need} are needed, {free} are free',
      next: ['df -i {path}'],
    },
  },
  'backup.no_space': {
    ja: (d) => ({
      what: `空き容量が足りません: ${d('path')}`,
      why: `要るのは ${bytes(d, 'need')}、空きは ${bytes(d, 'free')} です${isPromised(d) ? `（いま用意しているほかの復元に ${bytes(d, 'promised')} を取ってあります）` : ''}。何も書いていません`,
      next: [`df -h ${d('path')}`],
    }),
    en: (d) => ({
      what: `Not enough space on the volume of ${d('path')}`,
      why: `${bytes(d, 'need')} are needed, ${bytes(d, 'free')} are free${isPromised(d) ? ` (${bytes(d, 'promised')} are kept for other restores that are being laid out)` : ''}; nothing was written`,
      next: [`df -h ${d('path')}`],
    }),
  },
  'backup.no_staging_place': {
    ja: (d) => ({
      what: `復元したものを置く場所がありません: ${d('path')}`,
      why: word(PLACE_WHY, d, 'ja'),
      next: [`findmnt -T ${d('path')}`, `namei -l ${d('path')}`],
    }),
    en: (d) => ({
      what: `There is no place to restore beside ${d('path')}`,
      why: word(PLACE_WHY, d, 'en'),
      next: [`findmnt -T ${d('path')}`, `namei -l ${d('path')}`],
    }),
  },
  'backup.not_copied': {
    ja: (d) => ({
      what: `バックアップは失敗です: ${d('item')} の ${d('count')} 個を写せません`,
      why: `${d('paths')}（${causeOf(d('why'), 'ja')}）`,
      next: ['挙げられたファイルを読めるようにして、もう一度行う: ls -l'],
    }),
    en: (d) => ({
      what: `The backup failed: ${d('count')} of ${d('item')} could not be copied`,
      why: `${d('paths')}: ${causeOf(d('why'), 'en')}`,
      next: ['make these readable and run it again: ls -l'],
    }),
  },
  'backup.path_link': {
    ja: {
      what: '途中に、ほかの人が変えられるリンクがあります: {path}',
      why: 'どこへ導かれるか分からないため、たどりません',
      next: ['namei -l {path}'],
    },
    en: {
      what: 'On the way stands a link that somebody else can change: {path}',
      why: 'it could lead anywhere, so it is not followed',
      next: ['namei -l {path}'],
    },
  },
  'backup.restore_refused': {
    ja: (d) => ({
      what: `戻せません: ${d('path')}`,
      why: word(REFUSED_WHY, d, 'ja'),
      next: [...clearedFirst(d), '別の写しから戻す: sekisho backup list'],
    }),
    en: (d) => ({
      what: `It is not restored: ${d('path')}`,
      why: word(REFUSED_WHY, d, 'en'),
      next: [...clearedFirst(d), 'restore from another copy: sekisho backup list'],
    }),
  },
  'backup.snapshot_damaged': {
    ja: {
      what: 'バックアップ {id} が壊れています',
      why: '{path} — {why}',
      next: ['sekisho backup show {id}', 'sekisho backup run'],
    },
    en: {
      what: 'Backup {id} is damaged',
      why: '{path}: {why}',
      next: ['sekisho backup show {id}', 'sekisho backup run'],
    },
  },
  'backup.snapshot_exists': {
    ja: {
      what: 'バックアップ {id} はもうあります',
      why: '書き上げたものには二度と書きません',
      next: ['もう一度 sekisho backup run を行う'],
    },
    en: {
      what: 'Backup {id} exists already',
      why: 'what is finished is never written to again',
      next: ['run it again: sekisho backup run'],
    },
  },
  'backup.snapshot_missing': {
    ja: {
      what: 'バックアップ {id} がありません: {to}',
      why: '人が消したか、ディスクが接続されていません',
      next: ['ls {to}/daily', 'findmnt -T {to}'],
    },
    en: {
      what: 'Backup {id} is not there: {to}',
      why: 'somebody removed it, or its disk is not mounted',
      next: ['ls {to}/daily', 'findmnt -T {to}'],
    },
  },
  'backup.source_missing': {
    ja: (d) => ({
      what: `写す元のデータがありません: ${d('path')}`,
      why: `${errnoWord(d('why'), 'ja')}。ディスクが接続されていないか、場所が変わりました`,
      next: [`ls -ld ${d('path')}`, 'sekisho.yaml の data の dir を確かめる'],
    }),
    en: (d) => ({
      what: `The data that should be copied is not there: ${d('path')}`,
      why: `${errnoWord(d('why'), 'en')}; its disk is not mounted, or it has moved`,
      next: [`ls -ld ${d('path')}`, 'check dir at data in sekisho.yaml'],
    }),
  },
  'backup.sqlite_failed': {
    ja: (d) => ({
      what: `SQLite の写しを作れません: ${d('path')}`,
      why: sqliteWhy(d('why'), 'ja'),
      next: [`fuser -v ${d('path')}`, 'もう一度 sekisho backup run を行う'],
    }),
    en: (d) => ({
      what: `The SQLite database cannot be backed up: ${d('path')}`,
      why: sqliteWhy(d('why'), 'en'),
      next: [`fuser -v ${d('path')}`, 'run sekisho backup run again'],
    }),
  },
  'backup.sync_failed': {
    ja: (d) => ({
      what: `ディスクへの書き込みを確かめられません: ${d('path')}`,
      why: `${quoted(errnoWord(d('why'), 'ja'), 'ja')}。やり直して成功とは言いません`,
      next: ['dmesg | tail', `df -h ${d('path')}`],
    }),
    en: (d) => ({
      what: `What was written cannot be made sure on disk: ${d('path')}`,
      why: `${errnoWord(d('why'), 'en')}; a failed sync is a failed backup`,
      next: ['dmesg | tail', `df -h ${d('path')}`],
    }),
  },
  'backup.too_deep': {
    ja: {
      what: 'ディレクトリが深すぎます: {path}',
      why: '上限は {limit} 段です',
      next: ['浅い場所に移して、もう一度 sekisho backup run を行う'],
    },
    en: {
      what: 'Directories are nested too deeply: {path}',
      why: 'the limit is {limit}',
      next: ['move it to where it is less deep, then: sekisho backup run'],
    },
  },
  'backup.under_way': {
    ja: {
      what: 'この置き場所では別のバックアップが動いています: {path}',
      why: '一つの場所に同時に書くのは一つだけです',
      next: ['それが終わるのを待って、もう一度 sekisho backup run を行う', 'fuser -v {path}'],
    },
    en: {
      what: 'Another backup is at work in {path}',
      why: 'only one at a time writes into one place',
      next: ['wait for it to end, then: sekisho backup run', 'fuser -v {path}'],
    },
  },
} as const satisfies ErrorWords
