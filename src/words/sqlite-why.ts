// What SQLite and the system said of a file that could not be copied.
import { errnoWord } from './errno.ts'
import { quoted } from './far-why.ts'
import type { Both, Language } from './words.ts'

/** Of the first of several: a code of the system, or what the program that was asked said. */
export function causeOf(why: string, language: Language): string {
  const word = errnoWord(why, language)
  return word === why ? sqliteWhy(why, language) : word
}

/** What SQLite said, in its own few words. */
export function sqliteWhy(why: string, language: Language): string {
  const said: Both<readonly (readonly [RegExp, string])[]> = {
    ja: [
      [/locked|busy/, 'ほかの処理が書き込みを続けていて、読む番が来ません'],
      [/unable to open|readonly|permission|access/i, 'ファイルの持ち主の権限では開けません'],
      [/malformed|not a database|corrupt/, 'データベースとして壊れています'],
      [/full/, 'ディスクに空きがありません'],
    ],
    en: [
      [/locked|busy/, 'somebody keeps writing, and there is no turn for reading'],
      [/unable to open|readonly|permission|access/i, 'it cannot be opened with the rights of its owner'],
      [/malformed|not a database|corrupt/, 'it is damaged as a database'],
      [/full/, 'the disk is full'],
    ],
  }
  return said[language].find(([form]) => form.test(why))?.[1] ?? quoted(why, language)
}
