// What the rehearsal of a change of a schema found, as sentences: rules of the text, and what was seen in the clone.
import { databaseWhy } from './database-why.ts'
import { ENTRY_JA } from './schema-entries.ts'
import { type SchemaProblem, TOOL_WORDS, type Told, where } from './schema-tool.ts'
import { listOf, textOf, values, WAY_BACK_WORDS } from './schema-way-back.ts'
import type { Both, Language, Sentence } from './words.ts'

/** A finding of the lint: what it does, what to write instead, how it is accepted. */
function rule(
  name: string,
  ja: (table: string, column: string) => string,
  en: (table: string, column: string) => string,
): Told {
  const sentence = (d: SchemaProblem, language: Language): Sentence => {
    const { table, column, rewrite } = values(d.text)
    const said = (language === 'ja' ? ja : en)(textOf(table), textOf(column))
    const instead = listOf(rewrite)
    return {
      what: `${where(d)}${said}`,
      why: WAYS[language](name, instead),
    }
  }
  return { ja: (d) => sentence(d, 'ja'), en: (d) => sentence(d, 'en') }
}

const WAYS: Both<(rule: string, instead: readonly string[]) => string> = {
  ja: (name, instead) =>
    `${instead.length === 0 ? '' : `安全な書き方: ${instead.join('; ')}。`}承知のうえなら、文の直前の行に -- sekisho: accept ${name}: 理由`,
  en: (name, instead) =>
    `${instead.length === 0 ? '' : `Safe form: ${instead.join('; ')}. `}To accept it, write on the line before the statement: -- sekisho: accept ${name}: REASON`,
}

function refused(ja: string, en: string): Told {
  return {
    ja: (d) => ({ what: `${where(d)}${ja}`, why: d.text }),
    en: (d) => ({ what: `${where(d)}${en}`, why: d.text }),
  }
}

const HOW: Both<Readonly<Record<string, string>>> = {
  ja: { gone: 'なくなった', new: '増えた', other: '変わった' },
  en: { gone: 'gone', new: 'new', other: 'altered' },
}

/** `gone column public.articles.title`, in words. */
function entryText(line: string, language: Language): string {
  const [how = '', ...rest] = line.split(' ')
  const name =
    language === 'en'
      ? rest.join(' ')
      : rest.map((word, i) => (i < rest.length - 1 ? (ENTRY_JA[word] ?? word) : word)).join(' ')
  return `${name}${language === 'ja' ? `（${HOW.ja[how] ?? how}）` : ` (${HOW.en[how] ?? how})`}`
}

function entriesText(text: string, language: Language): string {
  const { entries, more } = values(text)
  const shown = listOf(entries).map((one) => entryText(one, language))
  const rest = Number(more ?? 0)
  if (shown.length === 0)
    return language === 'ja'
      ? `本番にも SQL にも名前のないもの ${rest} 件`
      : `${rest} whose names neither production nor the SQL has`
  return `${shown.join(', ')}${rest > 0 ? (language === 'ja' ? `、ほか ${rest}` : `, and ${rest} more`) : ''}`
}

function compared(ja: string, en: string): Told {
  return {
    ja: (d) => ({ what: `${where(d)}${ja}`, why: entriesText(d.text, 'ja') }),
    en: (d) => ({ what: `${where(d)}${en}`, why: entriesText(d.text, 'en') }),
  }
}

function ran(ja: string, en: string): Told {
  return {
    ja: (d) => ({ what: `${where(d)}${ja}`, why: databaseWhy(d.text, 'ja') }),
    en: (d) => ({ what: `${where(d)}${en}`, why: databaseWhy(d.text, 'en') }),
  }
}

const count = (value: unknown, language: Language) =>
  value === undefined ? (language === 'ja' ? 'なし' : 'none') : String(value)

export const SCHEMA_WORDS = {
  'sql.index_locks': rule(
    'index_locks',
    (t) => `索引を作るあいだ、テーブル ${t} に書けません`,
    (t) => `building the index shuts out writes to table ${t}`,
  ),
  'sql.drop_index_locks': rule(
    'drop_index_locks',
    (t) => `索引 ${t} を消すあいだ、テーブルを読めません`,
    (t) => `dropping index ${t} shuts out reads of its table`,
  ),
  'sql.constraint_scans': rule(
    'constraint_scans',
    (t) => `制約を加えるあいだ、テーブル ${t} の全行を読み、書けません`,
    (t) => `adding the constraint reads all of table ${t} and shuts out writes`,
  ),
  'sql.not_null_scans': rule(
    'not_null_scans',
    (t, c) => `${t}.${c} を NOT NULL にするあいだ、全行を読み、テーブルを読めません`,
    (t, c) => `setting ${t}.${c} to NOT NULL reads all rows and shuts out reads`,
  ),
  'sql.unique_builds': rule(
    'unique_builds',
    (t) => `一意の制約が索引を作るあいだ、テーブル ${t} を読めません`,
    (t) => `the unique constraint builds its index while table ${t} cannot be read`,
  ),
  'sql.column_rewrites': rule(
    'column_rewrites',
    (t, c) => `列 ${t}.${c} を加えると、テーブルの全行を書き直します`,
    (t, c) => `adding column ${t}.${c} rewrites every row of the table`,
  ),
  'sql.column_required': rule(
    'column_required',
    (t, c) => `既定値のない NOT NULL の列 ${t}.${c} は、行のあるテーブルでは失敗します`,
    (t, c) => `column ${t}.${c} is NOT NULL without a default: it fails on a table that has rows`,
  ),
  'sql.type_rewrites': rule(
    'type_rewrites',
    (t, c) => `列 ${t}.${c} の型を変えると、テーブルの全行を書き直すことがあります`,
    (t, c) => `changing the type of ${t}.${c} may rewrite every row of the table`,
  ),
  'sql.drop_column': rule(
    'drop_column',
    (t, c) => `列 ${t}.${c} の値が失われます`,
    (t, c) => `the values of column ${t}.${c} are lost`,
  ),
  'sql.drop_table': rule(
    'drop_table',
    (t) => `テーブル ${t} の行が失われます`,
    (t) => `the rows of table ${t} are lost`,
  ),
  'sql.truncate': rule(
    'truncate',
    (t) => `テーブル ${t} の行がすべて失われます`,
    (t) => `all rows of table ${t} are lost`,
  ),
  'sql.rename': rule(
    'rename',
    (t, c) => `${c === '' ? t : `${t}.${c}`} の名前が変わると、動いているコードは古い名前を使えません`,
    (t, c) => `code that runs now cannot use ${c === '' ? t : `${t}.${c}`} under its old name`,
  ),
  'sql.all_rows': rule(
    'all_rows',
    (t) => `テーブル ${t} の全行に及びます（WHERE がない）`,
    (t) => `it touches every row of table ${t} (no WHERE)`,
  ),
  'sql.timeout_changed': rule(
    'timeout_changed',
    () => '待ち時間の上限を変えています',
    () => 'it changes a limit of time',
  ),
  'sql.full_rewrite': rule(
    'full_rewrite',
    (t) => `テーブル ${t} を丸ごと書き直し、そのあいだ読めません`,
    (t) => `it rewrites table ${t} whole and shuts out reads`,
  ),
  'sql.lock_table': rule(
    'lock_table',
    (t) => `テーブル ${t} を明示的にロックします`,
    (t) => `it locks table ${t} by name`,
  ),
  'sql.refused_backslash': refused(
    'psql のコマンド（\\ で始まる）は使えません',
    'a command of psql (backslash) is refused',
  ),
  'sql.refused_copy': refused(
    'COPY は使えません。サーバーのファイルやプログラムに届きます',
    'COPY is refused: it reaches files and programs of the server',
  ),
  'sql.refused_transaction': refused(
    'トランザクションの区切りは書けません。ファイル全体が 1 つで、印の行と一緒に確定します',
    'transaction commands are refused: the file is one transaction, with the marker row in it',
  ),
  'sql.refused_role': refused('ロールは変えられません', 'roles are not changed by a migration'),
  'sql.refused_database': refused(
    'ほかのデータベースやサーバーには触れられません',
    'other databases and servers are not touched by a migration',
  ),
  'sql.refused_server': refused(
    'サーバー全体に及ぶ文は使えません',
    'statements about the whole server are refused',
  ),
  'sql.refused_marker': refused(
    'スキーマ sekisho は、一度だけの実行を確かめるためのものです',
    'schema sekisho holds what makes a migration run once',
  ),
  'sql.refused_strings': refused(
    'standard_conforming_strings は変えられません',
    'standard_conforming_strings is not changed',
  ),
  'sql.refused_too_long': refused(
    '1 つの文が長すぎます（120 kB まで）',
    'one statement is too long (120 kB at most)',
  ),
  'sql.refused_too_many': refused(
    '1 つのファイルに書ける文は 500 までです。続きは次の移行に分けます',
    'a file has at most 500 statements; the rest goes into a migration of its own',
  ),
  'sql.refused_nothing': refused('文がありません', 'there is no statement in it'),
  'schema.clone_differs': compared(
    '複製のスキーマが本番と違います',
    'the schema of the clone is not that of production',
  ),
  'schema.touches_roles': compared(
    'ロール、所属、設定など、データベースのスキーマの外を変えます。戻す SQL では元に戻りません',
    'it alters roles, memberships or settings beyond the schema, which no way back restores',
  ),
  'schema.up_failed': ran('複製で最後まで実行できませんでした', 'it did not run to its end on the clone'),
  'schema.applied_by_hand': {
    ja: (d) => ({
      what: `${where(d)}この移行は、本番でもう適用されています（手で、または別の道具で）`,
      why: `複製では「${databaseWhy(d.text, 'ja')}」で止まり、戻してからなら最後まで実行できました。移行を外すか、sekisho do schema で戻してから出してください`,
    }),
    en: (d) => ({
      what: `${where(d)}this migration has been applied in production already, by hand or by another tool`,
      why: `on the clone it stops (${databaseWhy(d.text, 'en')}), and after its way back it runs; leave it out, or take it back first with sekisho do schema`,
    }),
  },
  'schema.half_applied': {
    ja: (d) => ({
      what: `${where(d)}この移行は、本番で途中まで適用されています`,
      why: `複製では「${databaseWhy(d.text, 'ja')}」で止まり、戻す SQL を実行しても揃いません。足りない部分と残った部分を先に直してください`,
    }),
    en: (d) => ({
      what: `${where(d)}a part of this migration has been applied in production`,
      why: `on the clone it stops (${databaseWhy(d.text, 'en')}), and its way back does not mend that; put in order first what is there and what is missing`,
    }),
  },
  'schema.down_failed': ran(
    '戻す SQL が、複製で最後まで実行できませんでした',
    'the way back did not run to its end on the clone',
  ),
  'schema.too_long': ran('複製で時間内に終わりませんでした', 'it did not end in time on the clone'),
  'schema.left_over': compared(
    '失敗したあとに、途中のものが残りました',
    'after it failed, something of it was left',
  ),
  'schema.down_differs': compared(
    '戻しても、スキーマが元と同じになりません',
    'after the way back the schema is not what it was',
  ),
  'schema.rows_differ': {
    ja: (d) => {
      const { table, before, after } = values(d.text)
      const isSame = before === after
      return {
        what: `${where(d)}戻しても、テーブル ${textOf(table)} の行が元と同じになりません`,
        why: isSame
          ? `行数は ${count(before, 'ja')} のまま、中身が違います`
          : `${count(before, 'ja')} 行 → ${count(after, 'ja')} 行`,
      }
    },
    en: (d) => {
      const { table, before, after } = values(d.text)
      const isSame = before === after
      return {
        what: `${where(d)}after the way back the rows of table ${textOf(table)} are not what they were`,
        why: isSame
          ? `still ${count(before, 'en')} rows, with other contents`
          : `${count(before, 'en')} rows → ${count(after, 'en')} rows`,
      }
    },
  },
  'schema.at_risk': {
    ja: (d) => {
      const { table, column, rows } = values(d.text)
      return {
        what: `${where(d)}${textOf(table)}${column === undefined ? '' : `.${textOf(column)}`} の ${textOf(rows)} 行が値を失います`,
        why: '複製で数えました。承知のうえなら、文の直前の行に -- sekisho: accept rows_at_risk: 理由',
      }
    },
    en: (d) => {
      const { table, column, rows } = values(d.text)
      return {
        what: `${where(d)}${textOf(rows)} rows of ${textOf(table)} lose ${column === undefined ? 'what they hold' : `their ${textOf(column)}`}`,
        why: 'counted in the clone. To accept it, write on the line before the statement: -- sekisho: accept rows_at_risk: REASON',
      }
    },
  },
  'schema.left_rows': {
    ja: (d) => {
      const { table, before, after } = values(d.text)
      return {
        what: `${where(d)}テーブルを誰かが使っていて失敗したあとに、${textOf(table)} の行が変わったまま残りました（${count(before, 'ja')} 行 → ${count(after, 'ja')} 行）`,
        why: '途中までが確定しています。1 つのトランザクションで実行できる形にしてください',
      }
    },
    en: (d) => {
      const { table, before, after } = values(d.text)
      return {
        what: `${where(d)}after it failed against somebody who held a table, rows of ${textOf(table)} stayed changed (${count(before, 'en')} rows → ${count(after, 'en')} rows)`,
        why: 'a part of it was committed; write it so that it runs in one transaction',
      }
    },
  },
  'schema.rows_moved': {
    ja: (d) => {
      const { table, before, after } = values(d.text)
      return {
        what: `${where(d)}テーブル ${textOf(table)} の行が、なくなるか別の中身になります（${count(before, 'ja')} 行 → ${count(after, 'ja')} 行）`,
        why: '複製で比べました。元に戻す SQL がなく、どの文が変えたかも分かりません。文を分けて書くか、戻す SQL を付けてください',
      }
    },
    en: (d) => {
      const { table, before, after } = values(d.text)
      return {
        what: `${where(d)}rows of table ${textOf(table)} go or hold something else (${count(before, 'en')} rows → ${count(after, 'en')} rows)`,
        why: 'compared in the clone; no SQL takes it back and no statement was seen to do it. Write it as statements of its own, or add a way back',
      }
    },
  },
  'schema.up_again_failed': ran(
    '戻したあとで、もう一度は実行できませんでした',
    'after it was taken back it did not run again',
  ),
  'schema.down_written_failed': ran(
    'あいだに行が書かれると、戻す SQL が最後まで実行できません',
    'with rows written in between the way back does not run to its end',
  ),
  ...WAY_BACK_WORDS,
  'schema.loses': {
    ja: (d) => {
      const { table, rows, updates, added, changed } = values(d.text)
      return {
        what: `${where(d)}戻すと、${textOf(table)} に書かれたものが失われます: 追加した ${textOf(added)} 行のうち ${textOf(rows)} 行、変えた ${textOf(changed)} 行のうち ${textOf(updates)} 行`,
        why: '変更のあとに利用者が書いたものも、同じように失われます',
      }
    },
    en: (d) => {
      const { table, rows, updates, added, changed } = values(d.text)
      return {
        what: `${where(d)}the way back loses what was written to ${textOf(table)}: ${textOf(rows)} of ${textOf(added)} added rows, ${textOf(updates)} of ${textOf(changed)} changed rows`,
        why: 'what users write after the change is lost in the same way',
      }
    },
  },
  'schema.waits_on': {
    ja: (d) => ({
      what: `${where(d)}テーブル ${textOf(values(d.text)['table'])} を誰かが使っていると、ロックの待ち時間の上限を過ぎても待ち続けます`,
      why: 'そのあいだ、読み書きがすべて後ろに並びます。文の中で lock_timeout を変えていないか確かめてください',
    }),
    en: (d) => ({
      what: `${where(d)}while somebody holds table ${textOf(values(d.text)['table'])} it waits beyond the limit for locks`,
      why: 'everybody who reads and writes queues behind it; look whether a statement changes lock_timeout',
    }),
  },
  'schema.unseen_rewrite': {
    ja: (d) => ({
      what: `${where(d)}テーブル ${textOf(values(d.text)['table'])} を丸ごと書き直しました（文面からは分からない）`,
      why: '複製で測りました。その文を分けて、書き直さない形にしてください',
    }),
    en: (d) => ({
      what: `${where(d)}table ${textOf(values(d.text)['table'])} was rewritten whole, which no rule saw in the text`,
      why: 'measured in the clone; write that statement so that it rewrites nothing',
    }),
  },
  'schema.unseen_lock': {
    ja: (d) => ({
      what: `${where(d)}文の途中で、テーブル ${textOf(values(d.text)['table'])} を読めなくするロックを取り、手放しました`,
      why: '複製で測りました。EXCEPTION の中で失敗した書き直しのことがあります',
    }),
    en: (d) => ({
      what: `${where(d)}inside a statement table ${textOf(values(d.text)['table'])} was shut to readers and given back`,
      why: 'measured in the clone; it may be a rewrite that failed inside of EXCEPTION',
    }),
  },
  ...TOOL_WORDS,
  'schema.not_reached': {
    ja: (d) => ({ what: `${where(d)}実行できなかったので、戻すことも試していません` }),
    en: (d) => ({ what: `${where(d)}it did not run, so its way back was not tried` }),
  },
} as const satisfies Readonly<Record<string, Told>>
