// Words of a change of a schema on card and record.
import type { Both } from './words.ts'

export interface SchemaCardWords {
  readonly joiner: string
  readonly notMeasured: string
  readonly shutsNobody: string
  readonly shut: (reads: number, writes: number, tables: readonly string[]) => string
  readonly shutFor: (reads: number, writes: number) => string
  readonly clone: (tables: number, rows: number, ms: number) => string
  readonly sampled: (looks: number, gapMs: number) => string
  readonly differs: (what: string, name: string, live: unknown, clone: unknown) => string
  readonly moved: (table: string, line: number, changed: number, deleted: number) => string
  readonly atRisk: (table: string, column: unknown, line: number, rows: number) => string
  /** Behind a list that shows its first lines. `listed`: so many of them `command` shows, where it does not show all. */
  readonly more: (count: number, command: string, listed?: number) => string
  /** Behind names on one line. */
  readonly others: (count: number) => string
  /** `file`: the way back, where it accepts something itself. */
  readonly accepted: (rule: string, line: number, reason: string, file?: string) => string
  readonly unconfirmed: (rule: string, line: number) => string
  /** `lockMs`: as declared; `triedMs`: with which it was tried on the clone. */
  readonly held: (
    table: string,
    outcome: string,
    of: { readonly ms: number; readonly lockMs?: number; readonly triedMs?: number },
  ) => string
  readonly heldNotTried: string
  readonly byTool: (files: number, before: string, after: string) => string
  /** `since`: the execution of the last kept change by the tool. */
  readonly toolFiles: (since: string | undefined, counts: ToolFileCounts) => string
  readonly toolUntold: (count: number) => string
  readonly toolNotMeasured: string
  readonly noneSeen: string
  readonly movedTable: (table: string, before: unknown, after: unknown) => string
  readonly undoTried: (ms: number) => string
  readonly undoNotTried: string
  readonly onlyRestore: (ms: number) => string
  readonly losesNone: (
    rows: readonly { readonly table: string; readonly added: number; readonly changed: number }[],
  ) => string
  readonly nothingWritten: string
  readonly nulls: (table: string, columns: readonly string[], lost: number, fails: boolean) => string
  readonly goes: (what: readonly string[]) => string
  /** Where the change takes back an earlier one. */
  readonly losesNothing: (what: string, line: number) => string
  readonly told: (rule: string, line: number, table: string) => string
  readonly boundBack: string
  readonly unbounded: (line: number, statement: string) => string
  readonly undoLossy: (ms: number) => string
  readonly notBack: (
    lost: readonly { readonly what: string; readonly rows: number }[],
    more: number,
  ) => string
  readonly reordered: (tables: readonly string[]) => string
  readonly makes: (schema: string) => string
  readonly tablesNotMeasured: (tables: readonly string[]) => string
  readonly onDatabase: (database: string) => string
}

const whole = (ms: number) => String(ms / 1000)
/** Files of a tool since its last kept change. */
export interface ToolFileCounts {
  readonly added: number
  readonly changed: number
  readonly removed: number
}

const seconds = (ms: number) => (ms < 1000 ? `0.${String(ms).padStart(3, '0')}` : (ms / 1000).toFixed(1))
const DIFFERS: Both<Readonly<Record<string, string>>> = {
  ja: {
    setting: '設定',
    owners: '所有者と権限',
    collation: '照合順序',
    extension: '拡張',
    not_loaded: '複製していないもの',
  },
  en: {
    setting: 'setting',
    owners: 'owners and rights',
    collation: 'collation',
    extension: 'extension',
    not_loaded: 'not cloned',
  },
}
const pair = (live: unknown, clone: unknown, [a, b]: readonly [string, string]) =>
  [live === undefined ? '' : `${a} ${String(live)}`, clone === undefined ? '' : `${b} ${String(clone)}`]
    .filter((one) => one !== '')
    .join(', ')

export const SCHEMA_CARD: Both<SchemaCardWords> = {
  ja: {
    joiner: '。',
    notMeasured: '止まる時間: 未計測',
    shutsNobody: '止まる時間: いまあるテーブルは、読み書きとも止まらない（予行）',
    shut: (reads, writes, tables) =>
      `止まる時間: 読めない ${seconds(reads)} 秒、書けない ${seconds(writes)} 秒（予行の最大。${tables.join('、')}）`,
    shutFor: (reads, writes) => `読めない ${seconds(reads)} 秒、書けない ${seconds(writes)} 秒`,
    clone: (tables, rows, ms) => `予行: 本番の複製（${tables} テーブル、${rows} 行）で ${seconds(ms)} 秒`,
    sampled: (looks, gap) =>
      `ロックの見張り: ${looks} 回、最も長い間隔 ${gap} ミリ秒（それより短いロックは見えないことがある）`,
    differs: (what, name, live, clone) =>
      `本番と違う点: ${DIFFERS.ja[what] ?? what} ${name}（${pair(live, clone, ['本番', '複製'])}）`,
    moved: (table, line, changed, deleted) =>
      `${line} 行目: ${table} の ${changed} 行を変え、${deleted} 行を消す（複製で数えた）`,
    atRisk: (table, column, line, rows) =>
      `${table}${column === undefined ? '' : `.${String(column)}`} の ${rows} 行が値を失う（${line} 行目。複製で数えた）`,
    more: (count, command, listed) =>
      `同じ種類のものが、ほかに ${count} 件ある（${listed === undefined ? '全部' : `${listed} 件`}は ${command} に出る）`,
    others: (count) => `ほか ${count} 件`,
    accepted: (rule, line, reason, file) =>
      `承知のうえ: ${file === undefined ? '' : `${file} `}${line} 行目 ${rule}（${reason}）`,
    unconfirmed: (rule, line) =>
      `規則と計測の食い違い: ${line} 行目 ${rule} は、複製では${rule.endsWith('_scans') ? '行を読まなかった' : '書き直しにならなかった'}`,
    held: (table, outcome, { ms, lockMs, triedMs }) => {
      if (outcome === 'went_on') return `${table} を使用中でも進む`
      if (outcome === 'gave_up')
        return lockMs === undefined || triedMs === undefined
          ? `${table} を使用中のとき: ${seconds(ms)} 秒で諦め、スキーマも行も残さない`
          : `${table} を使用中のとき: 宣言どおり ${whole(lockMs)} 秒まで待って諦め、スキーマも行も残さない。そのあいだ、読み書きは後ろに並ぶ（予行は上限 ${whole(triedMs)} 秒で試し、${seconds(ms)} 秒で諦めた）`
      return outcome === 'waited'
        ? `${table} を使用中のとき: ロックの待ち時間の上限を過ぎても待つ`
        : `${table} を使用中のとき: 別の理由で失敗（待つかどうかは未計測）`
    },
    heldNotTried:
      'テーブルを使用中のときにどうなるかは、試していない（戻す SQL がないので、複製では 1 度だけ実行）',
    byTool: (files, before, after) =>
      `マイグレーションツールで変える: 封印したファイル ${files} 個、status は${before === '' ? '空' : `「${before}」`}から${after === '' ? '空' : `「${after}」`}へ`,
    toolFiles: (since, { added, changed, removed }) =>
      added + changed + removed === 0
        ? `ツールのファイルは、前回の変更（${since ?? ''}）から変わっていない`
        : since === undefined
          ? `ツールのファイル: ${added} 個すべてが新しい（このツールで残した変更が、まだない）。中身は sekisho change diff に出る`
          : `ツールのファイル: 前回の変更（${since}）から、追加 ${added} 個、変更 ${changed} 個、削除 ${removed} 個。中身は sekisho change diff に出る`,
    toolUntold: (count) =>
      `中身を出せないファイル ${count} 個（大きいもの、文字でないもの、数が多いもの、全アカウントには読めないもの、認証情報の名前を持つもの）: 大きさとダイジェストだけを示す`,
    noneSeen: '止まる時間: 読み書きを止めるロックは見えなかった（予行。見張りの間隔より短いものは見えない）',
    toolNotMeasured:
      'ツールでは分からないこと: 文ごとのロックと書き直し、消される行や列の文ごとの指摘、SQL の検査。一度だけの実行は、印の行ではなく status とスキーマで決める',
    movedTable: (table, before, after) =>
      `${table} の行が変わる: ${before === undefined ? 'なし' : `${String(before)} 行`}から${after === undefined ? 'なし' : `${String(after)} 行`}へ`,
    undoTried: (ms) => `戻す SQL を実行（予行で ${seconds(ms)} 秒、スキーマと全行が元と同じ）`,
    undoNotTried: '戻す SQL を実行。予行は未計測',
    onlyRestore: (ms) =>
      `元に戻せない。復元だけが戻し方（予行で読み込みに ${seconds(ms)} 秒）。バックアップのあとに書かれたものは失われる`,
    losesNone: (rows) =>
      `変更後に、今ある行と同じ形で書かれた行は残る（試したもの: ${rows.map(({ table, added, changed }) => `${table} に追加 ${added} 行、変更 ${changed} 行`).join('、')}）`,
    nothingWritten: '変更後に書かれた行が残るかは未計測',
    nulls: (table, columns, lost, fails) =>
      `${columns.join('、')} が NULL の ${table} の行は、${fails ? 'あるあいだ戻せない' : lost > 0 ? '戻すと失われるか、ほかの値になる' : '戻しても残る'}（試した）`,
    goes: (what) => `新しいスキーマにしかないものは、なくなる: ${what.join('、')}`,
    losesNothing: (what, line) => `${what} で失われる値は 0（${line} 行目。複製で数えた）`,
    told: (rule, line, table) =>
      `SQL の規則 ${rule}（${line} 行目${table === '' ? '' : `、${table}`}）。前の変更を取り消すので止めない`,
    boundBack: '失われる値は、確定の前に本番でもう一度数える。ここの数より多ければ確定せず、人が見る',
    unbounded: (line, statement) =>
      `${line} 行目の ${statement} はトランザクションの外で動くので、本番で数える上限がない。この種の文は行を消さない`,
    undoLossy: (ms) => `戻す SQL を実行（予行で ${seconds(ms)} 秒、スキーマは元と同じ）`,
    notBack: (lost, more) =>
      `失われた値は戻らない: ${[...lost.map(({ what, rows }) => `${what} の ${rows} 行`), ...(more === 0 ? [] : [`ほか ${more} 件`])].join('、')}`,
    reordered: (tables) =>
      `戻したあと、列の並びだけが元と違う: ${tables.join('、')}（名前で見た中身は同じ。削除した列は元の位置に戻らない）`,
    makes: (schema) =>
      `データベースに、スキーマ ${schema}（一度だけの実行の印。テーブル migration と reach、所有者は管理者）を作り、残す。ダンプに入る`,
    tablesNotMeasured: (tables) => `未計測: ${tables.join('、')}`,
    onDatabase: (database) => `データベース ${database}`,
  },
  en: {
    joiner: '; ',
    notMeasured: 'downtime: not measured',
    shutsNobody: 'downtime: no table that is there now is shut to readers or writers (rehearsal)',
    shut: (reads, writes, tables) =>
      `downtime: no reads for ${seconds(reads)} s, no writes for ${seconds(writes)} s (most of the rehearsal; ${tables.join(', ')})`,
    shutFor: (reads, writes) => `no reads for ${seconds(reads)} s, no writes for ${seconds(writes)} s`,
    clone: (tables, rows, ms) =>
      `rehearsed on a clone of production (${tables} ${tables === 1 ? 'table' : 'tables'}, ${rows} rows) in ${seconds(ms)} s`,
    sampled: (looks, gap) =>
      `locks were looked at ${looks} times, at most ${gap} ms apart (a shorter lock may have been missed)`,
    differs: (what, name, live, clone) =>
      `not as in production: ${DIFFERS.en[what] ?? what} ${name} (${pair(live, clone, ['production', 'clone'])})`,
    moved: (table, line, changed, deleted) =>
      `line ${line}: changes ${changed} and deletes ${deleted} rows of ${table} (counted in the clone)`,
    atRisk: (table, column, line, rows) =>
      `${rows} rows of ${table} lose ${column === undefined ? 'what they hold' : `their ${String(column)}`} (line ${line}; counted in the clone)`,
    more: (count, command, listed) =>
      `${count} more of this kind (${command} lists ${listed === undefined ? 'all' : listed})`,
    others: (count) => `and ${count} more`,
    accepted: (rule, line, reason, file) =>
      `accepted: ${file === undefined ? '' : `${file} `}line ${line} ${rule} (${reason})`,
    unconfirmed: (rule, line) =>
      `rule and measurement disagree: line ${line} ${rule} ${rule.endsWith('_scans') ? 'read no rows' : 'rewrote nothing'} in the clone`,
    held: (table, outcome, { ms, lockMs, triedMs }) => {
      if (outcome === 'went_on') return `goes on while ${table} is held`
      if (outcome === 'gave_up')
        return lockMs === undefined || triedMs === undefined
          ? `while ${table} is held: gives up after ${seconds(ms)} s and leaves neither schema nor rows behind`
          : `while ${table} is held: gives up after the declared ${whole(lockMs)} s and leaves neither schema nor rows behind; readers and writers queue for as long (tried with ${whole(triedMs)} s: it gave up after ${seconds(ms)} s)`
      return outcome === 'waited'
        ? `while ${table} is held: waits beyond the limit for locks`
        : `while ${table} is held: fails for another reason (whether it waits was not measured)`
    },
    heldNotTried:
      'not tried while somebody holds a table (nothing takes it back, so it ran once in the clone)',
    byTool: (files, before, after) =>
      `changed by the migration tool: ${files} sealed files; status goes from ${before === '' ? 'nothing' : `“${before}”`} to ${after === '' ? 'nothing' : `“${after}”`}`,
    toolFiles: (since, { added, changed, removed }) =>
      added + changed + removed === 0
        ? `files of the tool: none differs since the last change by it (${since ?? ''})`
        : since === undefined
          ? `files of the tool: all ${added} are new (no change by it was kept here before); change diff shows their text`
          : `files of the tool since the last change by it (${since}): ${added} new, ${changed} changed, ${removed} gone; change diff shows their text`,
    toolUntold: (count) =>
      `${count} of them are told by size and digest alone (too large, not text, too many, not readable by every account, or named as credentials are)`,
    noneSeen:
      'downtime: no lock that shuts out readers or writers was seen (rehearsal; what is shorter than the looks are apart is not seen)',
    toolNotMeasured:
      'not to be known of a tool: locks and rewrites of each statement, rows and columns at risk by statement, rules of its SQL; once is decided by status and schema, not by a marker row',
    movedTable: (table, before, after) =>
      `rows of ${table} change: ${before === undefined ? 'none' : String(before)} before, ${after === undefined ? 'none' : String(after)} after`,
    undoTried: (ms) => `runs the way back (${seconds(ms)} s in the rehearsal, schema and all rows as before)`,
    undoNotTried: 'runs the way back; not measured',
    onlyRestore: (ms) =>
      `cannot be undone; only a restore takes it back (${seconds(ms)} s to load in the rehearsal), without what was written since the backup`,
    losesNone: (rows) =>
      `rows written after the change that are like those of now stay (tried: ${rows.map(({ table, added, changed }) => `${table} ${added} added, ${changed} changed`).join(', ')})`,
    nothingWritten: 'whether rows written after the change stay was not measured',
    nulls: (table, columns, lost, fails) =>
      `rows of ${table} with NULL in ${columns.join(', ')} ${fails ? 'keep the way back from running' : lost > 0 ? 'are lost or changed by it' : 'stay'} (tried)`,
    goes: (what) => `what only the new schema holds goes with it: ${what.join(', ')}`,
    losesNothing: (what, line) => `0 values of ${what} are lost (line ${line}; counted in the clone)`,
    told: (rule, line, table) =>
      `rule of the text: ${rule} (line ${line}${table === '' ? '' : `, ${table}`}); it does not block, for an earlier change is taken back`,
    boundBack:
      'what is lost is counted again in production before COMMIT: more than stands here is not committed, and a person looks',
    unbounded: (line, statement) =>
      `line ${line}: ${statement} runs outside of a transaction, so no bound holds for it in production; a statement of this kind takes no rows`,
    undoLossy: (ms) => `runs the way back (${seconds(ms)} s in the rehearsal, schema as before)`,
    notBack: (lost, more) =>
      `what is lost does not come back: ${[...lost.map(({ what, rows }) => `${rows} rows of ${what}`), ...(more === 0 ? [] : [`and ${more} more`])].join(', ')}`,
    reordered: (tables) =>
      `after it the columns of ${tables.join(', ')} stand in another order (by name their contents are equal; a dropped column never comes back at its place)`,
    makes: (schema) =>
      `makes the schema ${schema} in the database (marks that it ran once: tables migration and reach, owned by the administrator); it stays, and is in every dump`,
    tablesNotMeasured: (tables) => `not measured: ${tables.join(', ')}`,
    onDatabase: (database) => `database ${database}`,
  },
}
