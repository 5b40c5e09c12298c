// Why a tar archive that somebody else's job has made is not taken over, with the member that it is about, and what to type.
import { shellWord } from '../base/shell-word.ts'
import type { Both, Language, Sentence } from './words.ts'

/** Of the bytes: no part of it is believed. */
const BROKEN = ['damaged', 'header', 'not_tar', 'truncated'] as const
/** What a plain `tar -C DIRECTORY -czf FILE .` never holds: whoever made it made it in another way. */
const MEMBER = [
  'absolute',
  'attributes',
  'device',
  'fifo',
  'hard_link',
  'kind',
  'link_out',
  'name',
  'no_directory',
  'parent',
  'set_id',
  'sparse',
  'through',
  'twice',
] as const
const OTHER = ['future', 'growing', 'many', 'not_data', 'packer', 'ratio', 'time'] as const

export type ArchiveWhy = (typeof BROKEN)[number] | (typeof MEMBER)[number] | (typeof OTHER)[number]
export const ARCHIVE_WHYS: readonly ArchiveWhy[] = [...BROKEN, ...MEMBER, ...OTHER]

const WHY: Both<Readonly<Record<ArchiveWhy, string>>> = {
  ja: {
    absolute: '名前が / で始まります',
    attributes: 'ACL または拡張属性が付いています。取り込むと失われます',
    damaged: '圧縮されたデータが壊れています',
    device: 'デバイスファイルです',
    fifo: '名前付きパイプ (FIFO) です',
    future: '名前または更新日時が未来です',
    growing:
      '途中で終わっています。まだ書いている途中かもしれないので、最後の変更から 1 時間後にもう一度読みます',
    hard_link: 'ハードリンクの相手が、この前に書かれたデータのファイルではありません',
    header: 'tar のヘッダーが壊れているか、終わりの印の後にデータがあります',
    kind: 'ファイル・ディレクトリ・リンク以外の種類です',
    link_out: 'リンクの先が、データのディレクトリの外です',
    many: '100 万個を超える名前が入っています',
    name: '名前が長すぎるか、使えない文字があります',
    no_directory: '入っているディレクトリの記録がなく、所有者とモードが分かりません',
    not_data: 'sekisho.yaml の data に書いたディレクトリが入っていません',
    not_tar: 'tar ではありません',
    packer: 'この圧縮形式は読みません。読むのは .tar と .tar.gz です',
    parent: '名前に .. があり、外のファイルを指します',
    ratio: '開くと 200 倍を超える大きさになります',
    set_id: 'setuid または setgid が付いています。写しからは戻しません',
    sparse: '穴のあるファイル (sparse) として入っています',
    through: 'ディレクトリではないものの下に、名前があります',
    time: '1 時間では読み終わりません',
    truncated: '途中で終わっています',
    twice: '同じ名前が二度入っています',
  },
  en: {
    absolute: 'the name begins with /',
    attributes: 'it has an ACL or extended attributes, which would be lost',
    damaged: 'the compressed bytes are damaged',
    device: 'it is a device',
    fifo: 'it is a named pipe (FIFO)',
    future: 'its name or its time is in the future',
    growing:
      'it ends in the middle; it may still be written, and is read again an hour after its last change',
    hard_link: 'the other name of the hard link is no file of the data that stands before it',
    header: 'a header of the tar file is damaged, or something stands after its end',
    kind: 'it is neither file, directory nor link',
    link_out: 'the link leads out of the data directory',
    many: 'it holds more than a million names',
    name: 'the name is too long, or holds what no name may hold',
    no_directory: 'the directory that it is in has no entry: its owner and mode are not known',
    not_data: 'no directory that stands below data in sekisho.yaml is in it',
    not_tar: 'it is no tar file',
    packer: 'this kind of compression is not read; .tar and .tar.gz are',
    parent: 'the name holds .. and leads to a file outside',
    ratio: 'unpacked it would be more than 200 times as large',
    set_id: 'it has setuid or setgid, and is never brought back from a copy',
    sparse: 'it is stored as a file with holes (sparse)',
    through: 'the name lies below something that is no directory',
    time: 'it cannot be read within one hour',
    truncated: 'it ends in the middle',
    twice: 'the same name stands in it twice',
  },
}

/** What can be looked at and used all the same, once a person has unpacked it. */
const BY_HAND: ReadonlySet<string> = new Set([
  'attributes',
  'fifo',
  'hard_link',
  'link_out',
  'no_directory',
  'not_data',
  'sparse',
])
const LISTS: ReadonlySet<string> = new Set<string>(MEMBER)
const IS_BROKEN: ReadonlySet<string> = new Set<string>(BROKEN)

/** `archive`: its whole path. */
export function archiveSentence(
  { archive, why, member }: { readonly archive: string; readonly why: string; readonly member?: string },
  language: Language,
): Sentence {
  const named = member === undefined || member === '' ? archive : `${archive}  ${member}`
  const reason = (WHY[language] as Readonly<Record<string, string>>)[why] ?? why
  const path = shellWord(archive)
  const ja = language === 'ja'
  const next =
    why === 'growing'
      ? []
      : why === 'packer'
        ? [ja ? `.tar.gz にする: ${repacked(path)}` : `make a .tar.gz of it: ${repacked(path)}`]
        : IS_BROKEN.has(why)
          ? [
              ja
                ? `別の写しを使う: sekisho backup list。この tar は使えません。確かめる: tar -tf ${path}`
                : `use another copy: sekisho backup list; this one is not usable. See for yourself: tar -tf ${path}`,
            ]
          : [
              ja ? `中を見る: tar -tvf ${path}` : `look into it: tar -tvf ${path}`,
              ...(BY_HAND.has(why) ? [byHand(ja)] : []),
              ...(LISTS.has(why) || why === 'not_data' ? [packed(ja)] : []),
            ]
  return {
    what: ja ? `取り込めない tar: ${named}` : `This archive is not taken over: ${named}`,
    why: reason,
    next,
  }
}

const repacked = (path: string) => `tar -xf ${path} -C DIR && tar -C DIR -czf NAME.tar.gz .`
const byHand = (ja: boolean) =>
  ja
    ? 'これを使うなら、to の下の daily/年月日_時分秒/data に手で開き、sekisho backup verify'
    : 'to use this one, unpack it by hand to daily/YYYYMMDD_HHMMSS/data below to, then sekisho backup verify'
const packed = (ja: boolean) =>
  ja
    ? '次からは、データのディレクトリだけを入れる: tar -C データのディレクトリ -czf 名前.tar.gz .'
    : 'from now on, pack the data directory alone: tar -C DATA_DIRECTORY -czf NAME.tar.gz .'
