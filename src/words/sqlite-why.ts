// Errors of SQLite and the system about a file that could not be copied.
import { errnoWord } from './errno.ts'
import { quoted } from './remote-copy-why.ts'
import type { Both, Language } from './words.ts'

/** The first of several errors: a code of the system, or the words of the program. */
export function causeOf(why: string, language: Language): string {
  const word = errnoWord(why, language)
  return word === why ? sqliteWhy(why, language) : word
}

/** The few errors of SQLite itself. */
export function sqliteWhy(why: string, language: Language): string {
  const said: Both<readonly (readonly [RegExp, string])[]> = {
    ja: [
      [/locked|busy/, 'ほかの処理が書き込みを続けていて、読む番が来ません'],
      [/unable to open|readonly|permission|access/i, 'データディレクトリの持ち主の権限では開けません'],
      [/malformed|not a database|corrupt/, 'データベースとして壊れています'],
      [/^moved$/, '写す間に、その場所が別のファイルを指すようになりました。読んだものは使いません'],
      [
        /^others_write$/,
        'root のものですが、そのディレクトリにほかのアカウントが書けます。root としては読みません。ディレクトリの持ち主をサービスのアカウントに変えるか、書けないようにしてください',
      ],
      [/too big/, '写す間に二倍を超えて大きくなりました'],
      [/full/, 'ディスクに空きがありません'],
    ],
    en: [
      [/locked|busy/, 'somebody keeps writing, and there is no turn for reading'],
      [
        /unable to open|readonly|permission|access/i,
        'it cannot be opened with the rights of the owner of its data directory',
      ],
      [/malformed|not a database|corrupt/, 'it is damaged as a database'],
      [/^moved$/, 'while it was copied its place came to mean another file, and what was read is not used'],
      [
        /^others_write$/,
        'it belongs to root, and other accounts may write to its directory: it is not read as root. Give the directory to the account of the service, or take the right to write from others',
      ],
      [/too big/, 'it grew to more than twice its size while it was copied'],
      [/full/, 'the disk is full'],
    ],
  }
  return said[language].find(([form]) => form.test(why))?.[1] ?? quoted(why, language)
}
