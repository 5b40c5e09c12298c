// Words of a declared call on the card: what its rehearsal did, what it changed, how it is taken back.
import type { Both } from './words.ts'

export interface RequestCardWords {
  /** Milliseconds until the service was well, and until the call was answered. */
  readonly played: (bootMs: number, callMs: number, status: number) => string
  readonly changed: (list: string, more: number) => string
  readonly changedNothing: string
  readonly nothingToCompare: string
  readonly compared: (files: number, tables: number) => string
  readonly notCompared: (list: string) => string
  readonly stayed: (list: string) => string
  readonly red: (fault: string) => string
  readonly notRehearsed: string
  readonly undo: (ms: number) => string
  readonly undoRed: string
  readonly undoNotRehearsed: string
  readonly undoWaived: string
  readonly onlyRestore: string
  /** Where it is sent. */
  readonly ownInterface: string
  /** Fields that the service writes anew: the rules let them differ. */
  readonly differed: (list: string) => string
  readonly rewritten: (list: string) => string
  readonly sequences: string
}

const seconds = (ms: number) => (ms / 1000).toFixed(2)

export const REQUEST_CARD: Both<RequestCardWords> = {
  ja: {
    played: (boot, call, status) =>
      `予行の部屋で、いまのリリースを ${seconds(boot)} 秒で起動し、${seconds(call)} 秒で呼び出した（応答 ${status}）`,
    changed: (list, more) => `変わったもの: ${list}${more > 0 ? ` ほか ${more} 件` : ''}`,
    changedNothing: '比べたファイルと表は、どれも変わらなかった',
    nothingToCompare: '送ったものに、読み返して比べる項目がない',
    compared: (files, tables) => `比べたもの: パス ${files} 件、表 ${tables} 個`,
    notCompared: (list) => `比べていないもの: ${list}`,
    stayed: (list) => `平文のまま使った変数: ${list}`,
    red: (fault) => `赤: ${fault}`,
    notRehearsed: '予行していない',
    undo: (ms) =>
      `元に戻す呼び出しを送る。予行では ${seconds(ms)} 秒で、比べたファイルと表は元どおりになった`,
    undoRed: '元に戻す呼び出しは、予行で元どおりにしなかった',
    undoNotRehearsed: '元に戻す呼び出しを送る。予行していない',
    undoWaived: '元に戻す呼び出しを送る。予行は免除された',
    ownInterface: 'サービス自身の API',
    onlyRestore: '元に戻せない。復元だけが戻し方で、予行していない',
    differed: (list) => `戻した後も違ってよいと宣言され、実際に違ったもの: ${list}`,
    rewritten: (list) => `中身は同じで、書き方が違うもの: ${list}`,
    sequences: '戻した後も同じとは限らないもの: 連番の位置、行の物理的な並び',
  },
  en: {
    played: (boot, call, status) =>
      `in the room the deployed release started in ${seconds(boot)} s and answered the call in ${seconds(call)} s (${status})`,
    changed: (list, more) => `what changed: ${list}${more > 0 ? ` and ${more} more` : ''}`,
    changedNothing: 'none of the files and tables that were compared changed',
    nothingToCompare: 'what is sent has no field that could be read back and compared',
    compared: (files, tables) => `compared: ${files} paths, ${tables} tables`,
    notCompared: (list) => `not compared: ${list}`,
    stayed: (list) => `variables that stayed as they are: ${list}`,
    red: (fault) => `red: ${fault}`,
    notRehearsed: 'not rehearsed',
    undo: (ms) =>
      `what takes it back is sent; in the rehearsal it took ${seconds(ms)} s, and the files and tables that were compared were as before`,
    undoRed: 'what takes it back did not bring back what was there in the rehearsal',
    undoNotRehearsed: 'what takes it back is sent; it was not rehearsed',
    undoWaived: 'what takes it back is sent; its rehearsal was waived',
    ownInterface: 'the interface of the service itself',
    onlyRestore: 'cannot be undone; only a restore takes it back, and that was not rehearsed',
    differed: (list) => `may differ after it by the rules, and did: ${list}`,
    rewritten: (list) => `the same records, written otherwise: ${list}`,
    sequences: 'not the same after it: positions of sequences, physical order of rows',
  },
}
