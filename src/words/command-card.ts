// Words of a declared command on the card: what its rehearsal did, what it changed, how it is taken back.
import type { Both } from './words.ts'

export interface CommandCardWords {
  readonly played: (bootMs: number, commandMs: number) => string
  readonly back: (ms: number) => string
  readonly backOfNothing: (ms: number) => string
  readonly backRed: string
  readonly backNotRehearsed: string
  readonly backWaived: string
}

const seconds = (ms: number) => (ms / 1000).toFixed(2)

export const COMMAND_CARD: Both<CommandCardWords> = {
  ja: {
    played: (boot, command) =>
      `予行の部屋で、いまのリリースを ${seconds(boot)} 秒で起動し、コマンドは ${seconds(command)} 秒で終わった`,
    back: (ms) =>
      `元に戻すコマンドを動かす。予行では ${seconds(ms)} 秒で、比べたファイルと表は元どおりになった`,
    backOfNothing: (ms) =>
      `元に戻すコマンドを動かす。予行では ${seconds(ms)} 秒で終わった。比べたものは何も変わっていなかったので、戻したものもない`,
    backRed: '元に戻すコマンドは、予行で元どおりにしなかった',
    backNotRehearsed: '元に戻すコマンドを動かす。予行していない',
    backWaived: '元に戻すコマンドを動かす。予行は免除された',
  },
  en: {
    played: (boot, command) =>
      `in the room the deployed release started in ${seconds(boot)} s and the command ended in ${seconds(command)} s`,
    back: (ms) =>
      `its way back is run; in the rehearsal it took ${seconds(ms)} s, and the files and tables that were compared were as before`,
    backOfNothing: (ms) =>
      `its way back is run; in the rehearsal it took ${seconds(ms)} s, and nothing that was compared had changed, so nothing was taken back`,
    backRed: 'the way back did not bring back what was there in the rehearsal',
    backNotRehearsed: 'its way back is run; it was not rehearsed',
    backWaived: 'its way back is run; its rehearsal was waived',
  },
}
