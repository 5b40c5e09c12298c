// What is wrong with the status command of a migration tool, as its rehearsal saw it; and where such a sentence begins.
import type { Both, Sentence } from './words.ts'

export interface SchemaProblem {
  readonly text: string
  readonly path?: string
  readonly line?: number
}
export type Told = Both<(d: SchemaProblem) => Sentence>

export const where = ({ path, line }: SchemaProblem) =>
  path === undefined ? '' : `${path}${line === undefined ? '' : `:${line}`}  `

export const TOOL_WORDS = {
  'schema.status_failed': {
    ja: (d) => ({
      what: `${where(d)}status のコマンドが答えません`,
      why: `前後の出力で適用されたかどうかを決めるので、終了コード 0 で答える必要があります。${d.text}`,
    }),
    en: (d) => ({
      what: `${where(d)}the status command gives no answer`,
      why: `what it prints before and after decides whether something was applied, so it must end with 0. ${d.text}`,
    }),
  },
  'schema.status_same': {
    ja: (d) => ({
      what: `${where(d)}実行の前と後で、status の出力が同じです`,
      why: '途中で落ちたとき、適用されたかどうかを決められません。適用するものがないか、status がデータベースを見ていません',
    }),
    en: (d) => ({
      what: `${where(d)}status says the same before and after`,
      why: 'after a crash nobody could tell whether it was applied: there is nothing to apply, or status does not look at the database',
    }),
  },
  'schema.status_moves': {
    ja: (d) => ({
      what: `${where(d)}同じ状態なのに、status の出力が毎回違います`,
      why: '時刻や番号など、データベースの状態ではないものを出しています。出力が変わらないコマンドを書いてください',
    }),
    en: (d) => ({
      what: `${where(d)}status says something else each time of the same state`,
      why: 'it prints what is no state of the database, such as a time; declare a command whose output stays',
    }),
  },
  'schema.status_back': {
    ja: (d) => ({
      what: `${where(d)}元に戻したあと、status の出力が前と違います`,
      why: 'ツールの down は、up が進めた分だけを戻す必要があります（alembic downgrade は、進めた数だけ戻す）',
    }),
    en: (d) => ({
      what: `${where(d)}after the way back status says something else than before`,
      why: 'down must take back exactly what up did (alembic downgrade by as many steps)',
    }),
  },
} as const satisfies Readonly<Record<string, Told>>
