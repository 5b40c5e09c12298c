// What the operating system said, where it said it with a bare code.
import type { Both, Language } from './words.ts'

const ERRNO: Both<Readonly<Record<string, string>>> = {
  ja: {
    EACCES: 'いまの利用者には権限がありません',
    EISDIR: 'ディレクトリです',
    ELOOP: 'リンクが回っています',
    ENOENT: 'ありません',
    ENOTDIR: '途中にディレクトリでないものがあります',
    EPERM: 'いまの利用者には許されていません',
    EROFS: '読み取り専用です',
    EAI_AGAIN: '名前を解決できません（DNS が答えません）',
    ECONNREFUSED: 'そこで待っているものがありません',
    ENOTFOUND: 'その名前はありません',
    ETIMEDOUT: '時間内に応答がありません',
  },
  en: {
    EACCES: 'the present user has no permission',
    EISDIR: 'it is a directory',
    ELOOP: 'its links go round',
    ENOENT: 'it does not exist',
    ENOTDIR: 'something on the way is no directory',
    EPERM: 'the present user is not permitted',
    EROFS: 'it is read-only',
    EAI_AGAIN: 'its name cannot be resolved: no name server answers',
    ECONNREFUSED: 'nobody listens there',
    ENOTFOUND: 'nobody knows its name',
    ETIMEDOUT: 'no answer in time',
  },
}

/** The code as a sentence; anything else as it is. */
export function errnoWord(why: string, language: Language): string {
  return Object.hasOwn(ERRNO[language], why) ? (ERRNO[language][why] ?? why) : why
}
