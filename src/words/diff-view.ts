// A difference as `sekisho change diff` shows it on a terminal, and what the record says of sections that an approver did not open.
import type { Language } from './words.ts'

export interface DiffWords {
  readonly becomes: Readonly<Record<'made' | 'gone' | 'empty' | 'linked' | 'unlinked', string>>
  readonly noLineFeed: string
  readonly head: (id: string, files: number) => string
  readonly sealed: (digest: string) => string
  readonly notSealed: (digest: string) => string
  readonly other: (digest: string) => string
  /** For agents, of the files of a migration tool or of a command. */
  readonly withoutTexts: string
  readonly folded: (count: number) => string
  /** On the record, of one approval. */
  readonly openedAll: (of: number) => string
  readonly unopened: (count: number, of: number, paths: readonly string[]) => string
}

export const DIFF_VIEW: Readonly<Record<Language, DiffWords>> = {
  ja: {
    becomes: {
      made: '新しいファイル',
      gone: 'ファイルを削除',
      empty: 'ファイルは空になる',
      linked: '新しいリンク',
      unlinked: 'リンクを削除',
    },
    noLineFeed: '最後に改行なし',
    head: (id, files) => `${id}  差分 ${files} ファイル`,
    sealed: (digest) => `sha256 ${digest}  封の中の差分と一致`,
    notSealed: (digest) => `sha256 ${digest}  まだ封をしていません`,
    other: (digest) => `sha256 ${digest}  封の中の差分と違います。承認しないでください`,
    withoutTexts:
      '移行ツールやコマンドのファイルの中身は人にだけ見せます。封の中の差分は、中身を含む全体です',
    folded: (count) => `折りたたんだもの ${count}。すべて開く:`,
    openedAll: (of) => `差分 ${of} ファイルのすべてが、カードか change diff で出力された`,
    unopened: (count, of, paths) =>
      `差分 ${of} ファイルのうち ${count} は、カードにも change diff にも出ていない: ${paths.join('、')}${count > paths.length ? ` ほか ${count - paths.length}` : ''}`,
  },
  en: {
    becomes: {
      made: 'a new file',
      gone: 'the file is deleted',
      empty: 'the file becomes empty',
      linked: 'a new link',
      unlinked: 'the link is removed',
    },
    noLineFeed: 'no line feed at the end',
    head: (id, files) => `${id}  the difference: ${files} ${files === 1 ? 'file' : 'files'}`,
    sealed: (digest) => `sha256 ${digest}  the one under the seal`,
    notSealed: (digest) => `sha256 ${digest}  not sealed yet`,
    other: (digest) => `sha256 ${digest}  NOT the one under the seal: do not approve`,
    withoutTexts:
      'the texts of files of a migration tool or of a command are for people; under the seal is the whole difference',
    folded: (count) => `${count} folded. To open all:`,
    openedAll: (of) =>
      `the whole difference was printed for them, on the card or by change diff (${of} ${of === 1 ? 'file' : 'files'})`,
    unopened: (count, of, paths) =>
      `neither the card nor change diff printed ${count} of ${of} files of the difference: ${paths.join(', ')}${count > paths.length ? ` and ${count - paths.length} more` : ''}`,
  },
}
