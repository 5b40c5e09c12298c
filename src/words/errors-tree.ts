// What people read when a tree cannot be copied, verified, restored or exchanged.
import { errnoWord } from './errno.ts'
import type { Both, Language, Reader, Sentence } from './words.ts'

type Code =
  | 'backup.aborted'
  | 'backup.attributes_failed'
  | 'backup.changed_while_read'
  | 'backup.exchange_busy'
  | 'backup.exchange_moved'
  | 'backup.exchange_not_empty'
  | 'backup.exchange_other_volume'
  | 'backup.exchange_unavailable'
  | 'backup.inside_source'
  | 'backup.links_outside'
  | 'backup.no_inodes'
  | 'backup.no_space'
  | 'backup.no_staging_place'
  | 'backup.not_copied'
  | 'backup.path_link'
  | 'backup.restore_refused'
  | 'backup.snapshot_damaged'
  | 'backup.snapshot_exists'
  | 'backup.snapshot_missing'
  | 'backup.source_missing'
  | 'backup.sync_failed'
  | 'backup.too_deep'
  | 'backup.under_way'

/** Why there is no place for a tree beside its target. */
const PLACE_WHY: Both<Readonly<Record<string, string>>> = {
  ja: {
    mount: 'データのフォルダーそのものがマウント先です。一段下のフォルダーに置けば入れ替えられます',
    writable: '同じファイルシステムの上に、ほかの人が書き込めないフォルダーがありません',
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
    absolute: '名前がフォルダーの外を指します',
    device: '普通のファイル・フォルダー・リンクではありません',
    digest: '内容が目録のダイジェストと一致しません',
    'hard link': 'ハードリンクの相手が、戻すフォルダーの外にあります',
    'no bytes': 'このコピーには中身がありません',
    order: '目録の並びが正しくありません',
    parent: '親のフォルダーが目録にありません',
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

const word = (table: Both<Readonly<Record<string, string>>>, d: Reader, language: Language): string =>
  table[language][d('why')] ?? errnoWord(d('why'), language)

export const TREE_ERRORS: Readonly<Record<Code, Both<(d: Reader) => Sentence>>> = {
  'backup.aborted': {
    ja: () => ({ what: '途中で止められました', why: '書きかけのものは数えず、次の実行が片付けます' }),
    en: () => ({
      what: 'It was stopped on the way',
      why: 'what was half written does not count, and the next run clears it away',
    }),
  },
  'backup.attributes_failed': {
    ja: (d) => ({ what: `拡張属性または ACL を扱えません: ${d('path')}`, why: d('why') }),
    en: (d) => ({ what: `Attributes or ACLs cannot be handled: ${d('path')}`, why: d('why') }),
  },
  'backup.changed_while_read': {
    ja: (d) => ({
      what: `読んでいる間に変わり続けました: ${d('path')}`,
      why: '3 回読み直しても同じ内容になりません。半端な内容は控えに入れません',
    }),
    en: (d) => ({
      what: `It kept changing while it was read: ${d('path')}`,
      why: 'three more readings did not agree, and half of a change is no backup',
    }),
  },
  'backup.exchange_busy': {
    ja: (d) => ({
      what: `フォルダーを入れ替えられません: ${d('path')}`,
      why: 'マウント先になっています (EBUSY)。データを一段下に置いてください',
      next: [`findmnt -T ${d('path')}`],
    }),
    en: (d) => ({
      what: `The directory cannot be exchanged: ${d('path')}`,
      why: 'something is mounted on it (EBUSY); keep the data one level below',
      next: [`findmnt -T ${d('path')}`],
    }),
  },
  'backup.exchange_moved': {
    ja: (d) => ({
      what: `入れ替えの途中で、別のものに置き換わりました: ${d('path')}`,
      why: '確かめたフォルダーではありません',
      next: [`stat ${d('path')}`],
    }),
    en: (d) => ({
      what: `Something else stands at ${d('path')}`,
      why: 'it is not the directory that was looked at before the exchange',
      next: [`stat ${d('path')}`],
    }),
  },
  'backup.exchange_not_empty': {
    ja: (d) => ({
      what: `入れ替えられません: ${d('path')}`,
      why: '道具が入れ替えではなく上書きをしようとしました (ENOTEMPTY)',
    }),
    en: (d) => ({
      what: `It cannot be exchanged: ${d('path')}`,
      why: 'the tool tried to replace and not to exchange (ENOTEMPTY)',
    }),
  },
  'backup.exchange_other_volume': {
    ja: (d) => ({
      what: `入れ替えられません: ${d('path')}`,
      why: '二つのフォルダーが別のファイルシステムにあります (EXDEV)',
      next: [`findmnt -T ${d('path')}`],
    }),
    en: (d) => ({
      what: `It cannot be exchanged: ${d('path')}`,
      why: 'the two directories lie on different file systems (EXDEV)',
      next: [`findmnt -T ${d('path')}`],
    }),
  },
  'backup.exchange_unavailable': {
    ja: (d) => ({
      what: `フォルダーを一度に入れ替える手段がありません: ${d('path')}`,
      why: `試したもの: ${d('tried')}`,
      next: ['apt-get install coreutils util-linux perl'],
    }),
    en: (d) => ({
      what: `Nothing here exchanges two directories in one step: ${d('path')}`,
      why: `tried: ${d('tried')}`,
      next: ['apt-get install coreutils util-linux perl'],
    }),
  },
  'backup.inside_source': {
    ja: (d) => ({
      what: `控えの置き場所が、控える対象の中にあります: ${d('path')}`,
      why: `対象は ${d('source')} です`,
    }),
    en: (d) => ({
      what: `The place of the copies lies inside what is copied: ${d('path')}`,
      why: `the source is ${d('source')}`,
    }),
  },
  'backup.links_outside': {
    ja: (d) => ({
      what: `対象の外にも名前のあるファイルです: ${d('path')}`,
      why: `ハードリンクは ${d('links')} 個、対象の中にあるのは ${d('found')} 個です`,
      next: [`find / -xdev -samefile ${d('path')}`],
    }),
    en: (d) => ({
      what: `The file has names outside of what is copied: ${d('path')}`,
      why: `it has ${d('links')} hard links, ${d('found')} of them inside`,
      next: [`find / -xdev -samefile ${d('path')}`],
    }),
  },
  'backup.no_inodes': {
    ja: (d) => ({
      what: `ファイルの数の余裕 (inode) が足りません: ${d('path')}`,
      why: `必要 ${d('need')}、空き ${d('free')}`,
      next: [`df -i ${d('path')}`],
    }),
    en: (d) => ({
      what: `Not enough inodes on the volume of ${d('path')}`,
      why: `${d('need')} are needed, ${d('free')} are free`,
      next: [`df -i ${d('path')}`],
    }),
  },
  'backup.no_space': {
    ja: (d) => ({
      what: `空き容量が足りません: ${d('path')}`,
      why: `必要 ${d('need')} バイト、空き ${d('free')} バイト。何も書いていません`,
      next: [`df -h ${d('path')}`],
    }),
    en: (d) => ({
      what: `Not enough space on the volume of ${d('path')}`,
      why: `${d('need')} bytes are needed, ${d('free')} are free; nothing was written`,
      next: [`df -h ${d('path')}`],
    }),
  },
  'backup.no_staging_place': {
    ja: (d) => ({ what: `復元したものを置く場所がありません: ${d('path')}`, why: word(PLACE_WHY, d, 'ja') }),
    en: (d) => ({ what: `There is no place to restore beside ${d('path')}`, why: word(PLACE_WHY, d, 'en') }),
  },
  'backup.not_copied': {
    ja: (d) => ({
      what: `バックアップは失敗です: ${d('item')} の ${d('count')} 個を写せません`,
      why: `${d('paths')} — ${errnoWord(d('why'), 'ja')}`,
    }),
    en: (d) => ({
      what: `The backup failed: ${d('count')} of ${d('item')} could not be copied`,
      why: `${d('paths')}: ${errnoWord(d('why'), 'en')}`,
    }),
  },
  'backup.path_link': {
    ja: (d) => ({
      what: `途中に、ほかの人が変えられるリンクがあります: ${d('path')}`,
      why: 'どこへ導かれるか分からないため、たどりません',
    }),
    en: (d) => ({
      what: `On the way stands a link that somebody else can change: ${d('path')}`,
      why: 'it could lead anywhere, so it is not followed',
    }),
  },
  'backup.restore_refused': {
    ja: (d) => ({ what: `戻せません: ${d('path')}`, why: word(REFUSED_WHY, d, 'ja') }),
    en: (d) => ({ what: `It is not restored: ${d('path')}`, why: word(REFUSED_WHY, d, 'en') }),
  },
  'backup.snapshot_damaged': {
    ja: (d) => ({ what: `バックアップ ${d('id')} が壊れています`, why: `${d('path')} — ${d('why')}` }),
    en: (d) => ({ what: `Backup ${d('id')} is damaged`, why: `${d('path')}: ${d('why')}` }),
  },
  'backup.snapshot_exists': {
    ja: (d) => ({
      what: `バックアップ ${d('id')} はもうあります`,
      why: '書き上げたものには二度と書きません',
    }),
    en: (d) => ({
      what: `Backup ${d('id')} exists already`,
      why: 'what is finished is never written to again',
    }),
  },
  'backup.snapshot_missing': {
    ja: (d) => ({ what: `バックアップ ${d('id')} がありません: ${d('to')}` }),
    en: (d) => ({ what: `Backup ${d('id')} is not there: ${d('to')}` }),
  },
  'backup.source_missing': {
    ja: (d) => ({
      what: `控える対象がありません: ${d('path')}`,
      why: `${d('item')} — ${errnoWord(d('why'), 'ja')}`,
    }),
    en: (d) => ({
      what: `What should be copied is not there: ${d('path')}`,
      why: `${d('item')}: ${errnoWord(d('why'), 'en')}`,
    }),
  },
  'backup.sync_failed': {
    ja: (d) => ({
      what: `ディスクへの書き込みを確かめられません: ${d('path')}`,
      why: `${d('why')}。やり直して成功とは言いません`,
    }),
    en: (d) => ({
      what: `What was written cannot be made sure on disk: ${d('path')}`,
      why: `${d('why')}; a failed sync is a failed backup`,
    }),
  },
  'backup.too_deep': {
    ja: (d) => ({ what: `フォルダーが深すぎます: ${d('path')}`, why: `上限は ${d('limit')} 段です` }),
    en: (d) => ({
      what: `Directories are nested too deeply: ${d('path')}`,
      why: `the limit is ${d('limit')}`,
    }),
  },
  'backup.under_way': {
    ja: (d) => ({ what: `この置き場所では別のバックアップが動いています: ${d('path')}` }),
    en: (d) => ({ what: `Another backup is at work in ${d('path')}` }),
  },
}
