// What `install claude-code`, `uninstall claude-code` and `level` say.
import type { Both } from './words.ts'

export interface InstallWords {
  readonly installed: (path: string, level: string, isSame: boolean) => string
  readonly uninstalled: (path: string, isSame: boolean) => string
  readonly ask: (path: string) => string
  readonly notWritten: (path: string) => string
  readonly backup: (path: string) => string
  /** `isWhole`: every hook that was put in has the level. */
  readonly level: (level: string, version: string, isWhole: boolean) => string
  readonly rewired: (path: string) => string
  readonly notRewired: (path: string, why: string) => string
  readonly noHooks: string
}

export const INSTALL_WORDS: Both<InstallWords> = {
  ja: {
    installed: (path, level, isSame) =>
      `${isSame ? 'もう入っています' : '番人を入れました'}: ${path}（${
        level === 'observe'
          ? '観察: 何も止めず、止めたはずのものを記録します'
          : '防護: 断り、動かなければ通しません'
      }）${level === 'observe' ? '\n止めるようにする  sekisho level guard' : ''}`,
    uninstalled: (path, isSame) =>
      isSame ? `番人は入っていません: ${path}` : `番人を外しました: ${path}（ほかの設定は元のまま）`,
    ask: (path) => `${path} に書きますか [y/N] `,
    notWritten: (path) => `${path} は変えていません`,
    backup: (path) => `元の写し  ${path}`,
    level: (level, version, isWhole) =>
      !isWhole
        ? `規則は${level === 'observe' ? '観察' : '防護'}にしました（版 ${version}）。ただし、次のうち書き直せない番人は前の水準のままです。`
        : level === 'observe'
          ? `観察にしました（版 ${version}）。番人は何も止めず、止めたはずのものを記録します。`
          : `防護にしました（版 ${version}）。番人は断り、動かなければ通しません。`,
    rewired: (path) => `書き直しました  ${path}`,
    notRewired: (path, why) => `書き直せません  ${path}: ${why}`,
    noHooks:
      'この関所の一覧には、番人を入れた場所がありません。\n入れる  sekisho install claude-code\n利用者が自分で入れた場所では、その人がそこでもう一度  sekisho install claude-code',
  },
  en: {
    installed: (path, level, isSame) =>
      `${isSame ? 'The guard is in place already' : 'The guard is in place'}: ${path} (${
        level === 'observe'
          ? 'observe: it stops nothing, and records what it would have refused'
          : 'guard: it refuses, and lets nothing through when it cannot run'
      })${level === 'observe' ? '\nlet it refuse  sekisho level guard' : ''}`,
    uninstalled: (path, isSame) =>
      isSame
        ? `The guard is not in it: ${path}`
        : `The guard is taken out: ${path} (all other settings stay as they are)`,
    ask: (path) => `Write this to ${path}? [y/N] `,
    notWritten: (path) => `${path} was not changed`,
    backup: (path) => `as it was  ${path}`,
    level: (level, version, isWhole) =>
      !isWhole
        ? `The rules say ${level} (version ${version}), but a hook below that is not rewritten has its former level.`
        : level === 'observe'
          ? `Level observe (version ${version}): the guard stops nothing and records what it would have refused.`
          : `Level guard (version ${version}): the guard refuses, and lets nothing through when it cannot run.`,
    rewired: (path) => `rewritten  ${path}`,
    notRewired: (path, why) => `not rewritten  ${path}: ${why}`,
    noHooks:
      'No place is on this gate’s list where the guard was put in.\nput it in  sekisho install claude-code\nwhere a user put it in, that user types there again  sekisho install claude-code',
  },
}
