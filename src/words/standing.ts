// Words of `sekisho standing sign|list|revoke`. `short`: the first characters of a statement's digest, as they are typed.
import type { Both } from './words.ts'

const STATES: Both<Readonly<Record<'live' | 'revoked' | 'demoted' | 'outdated', string>>> = {
  ja: { live: '有効', revoked: '取り消し', demoted: '降格', outdated: '手順が変わり無効' },
  en: { live: 'live', revoked: 'revoked', demoted: 'demoted', outdated: 'outdated' },
}

export const STANDING_WORDS = {
  ask: (verb: string, unit: string, perHour: number): Both<string> => ({
    ja: `${unit} の ${verb} を、1 時間に ${perHour} 回まで、承認なしで実行できるように署名しますか [y/N] `,
    en: `Sign ${verb} of ${unit} once, up to ${perHour} an hour without an approval each time? [y/N] `,
  }),
  askKeys: (path: string, values: string, perHour: number): Both<string> => ({
    ja: `${path} の ${values} への変更を、1 時間に ${perHour} 回まで、承認なしで実行できるように署名しますか。ほかの値は、これまでどおり承認が要ります [y/N] `,
    en: `Sign for ${values} in ${path} once, up to ${perHour} an hour without an approval each time? Every other value needs one as before [y/N] `,
  }),
  askCommand: (name: string, bytes: string, perHour: number): Both<string> => ({
    ja: `コマンド ${name}（中身 ${bytes}）を、1 時間に ${perHour} 回まで、承認なしで実行できるように署名しますか。ファイルや言葉が 1 つでも変われば、これまでどおり承認が要ります [y/N] `,
    en: `Sign for the command ${name} (${bytes}) once, up to ${perHour} an hour without an approval each time? With any other file or word it needs one as before [y/N] `,
  }),
  keysNamed: {
    ja: 'keys には環境ファイルのパスと変数の名前を、command にはコマンドの名前を書きます。ほかの種類には書きません',
    en: 'keys takes the path of the environment file and names of variables, command the name of a command; no other kind takes any',
  },
  cleanSoFar: (what: string, clean: number, needed: number): Both<string> => ({
    ja: `${what}  問題なく終わった実行 ${clean} / ${needed} 回`,
    en: `${what}  clean runs: ${clean} of ${needed}`,
  }),
  proposed: (what: string, clean: number, line: string): Both<string> => ({
    ja: `${what}  ${clean} 回続けて問題なく終わったので、標準の変更にできます\n  ${line}`,
    en: `${what}  has run clean ${clean} times and may become a standard change\n  ${line}`,
  }),
  noTerminal: {
    ja: '署名していません。端末がないので確かめられません',
    en: 'Not signed: there is no terminal to ask at',
  },
  signed: (verb: string, service: string, perHour: number, short: string): Both<string> => ({
    ja: `署名しました: ${service} ${verb}、1 時間に ${perHour} 回まで\n取り消す  sekisho standing revoke ${short}`,
    en: `Signed: ${verb} of ${service}, at most ${perHour} an hour\nto revoke  sekisho standing revoke ${short}`,
  }),
  noneBegins: (given: string): Both<string> => ({
    ja: `その事前承認はありません: ${given}`,
    en: `no standing statement begins with ${given}`,
  }),
  severalBegin: (given: string, count: number): Both<string> => ({
    ja: `${given} で始まる事前承認が ${count} 件あります`,
    en: `${count} standing statements begin with ${given}`,
  }),
  revoked: (verb: string, service: string): Both<string> => ({
    ja: `取り消しました: ${service} ${verb}`,
    en: `Revoked: ${verb} of ${service}`,
  }),
  revokedAtRunner: (short: string, by: string): Both<string> => ({
    ja: `runner に取り消しを渡しました: ${short}（${by}）。この事前承認では、もう何も始まりません。台帳には関所が動いたときに載ります。`,
    en: `Revoked at the runner: ${short} (${by}). Nothing starts by it any more. It comes onto the record when the gate runs.`,
  }),
  states: STATES,
  none: {
    ja: '事前承認はありません。sekisho standing sign SERVICE restart',
    en: 'None. sekisho standing sign SERVICE restart',
  },
} as const
