// What the way back of a schema takes of what is there, and what it does with rows that the change makes possible.
import { type Told, where } from './schema-tool.ts'

/** What stands in the text of a problem. */
export function values(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
  } catch {
    return {}
  }
}
export const textOf = (value: unknown) => (value === undefined ? '' : String(value))
export const listOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : [])

export const WAY_BACK_WORDS = {
  'schema.not_counted': {
    ja: (d) => {
      const { what, count, most } = values(d.text)
      if (count !== undefined)
        return {
          what: `${where(d)}失われるものの数が ${textOf(count)} 件あり、取り消しの上限 ${textOf(most)} 件を超えます`,
          why: '承認の画面にすべては並べられず、並ばない数には本番での上限もないので、取り消しとしては実行しません。SQL を分けて、ふつうの変更（sekisho do schema）として出してください',
        }
      return {
        what: `${where(d)}${textOf(what)} から失うものを数えられません`,
        why: '数を承認できず、本番でも数えられないので、取り消しとしては実行しません。DROP TABLE、DROP COLUMN、TRUNCATE でその名前をスキーマとともに書いた SQL を、ふつうの変更（sekisho do schema）として出してください',
      }
    },
    en: (d) => {
      const { what, count, most } = values(d.text)
      if (count !== undefined)
        return {
          what: `${where(d)}it has ${textOf(count)} numbers of what is lost, and a rollback holds ${textOf(most)}`,
          why: 'the screen of the approval cannot show them all, and production has no bound for those that it leaves out, so it does not run as a rollback. Divide the SQL and ask for it as ordinary changes (sekisho do schema)',
        }
      return {
        what: `${where(d)}what ${textOf(what)} loses could not be counted`,
        why: 'nobody can approve its number and production has no bound for it, so it does not run as a rollback. Ask for it as an ordinary change (sekisho do schema) whose DROP TABLE, DROP COLUMN or TRUNCATE names it with its schema',
      }
    },
  },
  'schema.back_takes': {
    ja: (d) => {
      const { kind, table, cascade } = values(d.text)
      const of = cascade === true ? `${textOf(table)} と、それを参照するテーブル` : textOf(table)
      return {
        what: `${where(d)}戻す SQL が、${of} ${kind === 'table' ? 'を削除します' : 'の行を消します'}`,
        why: '変更のあとに書かれた行も消えることがあり、自動の取り消しは誰にも尋ねません。承知のうえなら、文の直前の行に -- sekisho: accept rows_at_risk: 理由',
      }
    },
    en: (d) => {
      const { kind, table, cascade } = values(d.text)
      const of = cascade === true ? `${textOf(table)} and of tables that refer to it` : textOf(table)
      return {
        what: `${where(d)}the way back ${kind === 'table' ? 'drops' : 'deletes rows of'} ${of}`,
        why: 'rows that are written after the change may go with it, and an automatic undo asks nobody. To accept it, write on the line before the statement: -- sekisho: accept rows_at_risk: REASON',
      }
    },
  },
  'schema.nulls_hold': {
    ja: (d) => {
      const { table, columns } = values(d.text)
      return {
        what: `${where(d)}${listOf(columns).join('、')} が NULL の行が ${textOf(table)} にあると、戻す SQL が最後まで実行できません`,
        why: '変更のあとに書ける行なので、複製で試しました。戻す SQL でその行を扱うか、承知のうえなら、文の直前の行に -- sekisho: accept rows_at_risk: 理由',
      }
    },
    en: (d) => {
      const { table, columns } = values(d.text)
      return {
        what: `${where(d)}the way back does not run to its end while rows of ${textOf(table)} have NULL in ${listOf(columns).join(', ')}`,
        why: 'such rows can be written after the change, and were tried on the clone. Treat them in the way back, or to accept it, write on the line before its statement: -- sekisho: accept rows_at_risk: REASON',
      }
    },
  },
  'schema.nulls_lost': {
    ja: (d) => {
      const { table, columns, added, lost } = values(d.text)
      return {
        what: `${where(d)}戻すと、${listOf(columns).join('、')} が NULL の ${textOf(table)} の行が、失われるかほかの値になります: 追加した ${textOf(added)} 行のうち ${textOf(lost)} 行`,
        why: '変更のあとに書ける行なので、複製で試しました。承知のうえなら、戻す SQL の文の直前の行に -- sekisho: accept rows_at_risk: 理由',
      }
    },
    en: (d) => {
      const { table, columns, added, lost } = values(d.text)
      return {
        what: `${where(d)}the way back loses or changes rows of ${textOf(table)} with NULL in ${listOf(columns).join(', ')}: ${textOf(lost)} of ${textOf(added)} added rows`,
        why: 'such rows can be written after the change, and were tried on the clone. To accept it, write on the line before its statement: -- sekisho: accept rows_at_risk: REASON',
      }
    },
  },
} as const satisfies Readonly<Record<string, Told>>
