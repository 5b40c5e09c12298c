// Rules of statements that are unsafe on a database that is served from: each finding with a form that is safe. Rules read words and never rows: what a
// statement really locks and rewrites is measured in the clone, and both stand side by side.
import { tableOfRows } from './refused.ts'
import { behindName, hasWords, head, nameAt, type Statement, skip } from './statements.ts'
import type { Token } from './tokens.ts'

export const LINT_RULES = [
  'index_locks',
  'drop_index_locks',
  'constraint_scans',
  'not_null_scans',
  'unique_builds',
  'column_rewrites',
  'column_required',
  'type_rewrites',
  'drop_column',
  'drop_table',
  'truncate',
  'rename',
  'all_rows',
  'timeout_changed',
  'full_rewrite',
  'lock_table',
] as const
export type LintRule = (typeof LINT_RULES)[number]

export interface Finding {
  readonly rule: LintRule
  readonly line: number
  /** Which statement of the file, from 0: several may stand on one line. */
  readonly statement: number
  readonly table: string
  readonly column?: string
  /** SQL that does the same safely, one statement a line; empty where there is none. */
  readonly rewrite: readonly string[]
  /** Why the author accepts this one, as it stands before the statement. */
  readonly accepted?: string
}

/** What a statement may take away of rows that are there. */
export interface AtRisk {
  readonly kind: 'column' | 'table' | 'rows' | 'type'
  readonly line: number
  readonly statement: number
  readonly table: string
  readonly column?: string
  /** Of a type: as it is written. */
  readonly type?: string
  /** The name that the statement has, where it is found by the search path; `table` is what it means. */
  readonly written?: string
}

type Found = Omit<Finding, 'line' | 'statement' | 'accepted'>

/**
 * `sql`: the text that the statements were cut from, for the comments before them. `isThere`: tables that the database has already, which `IF NOT EXISTS`
 * does not make.
 */
export function lint(
  sql: string,
  statements: readonly Statement[],
  isThere: (table: string) => boolean = () => true,
): readonly Finding[] {
  const made = new Set<string>()
  const findings: Finding[] = []
  const validated = new Set<string>()
  let before = 0
  for (const [number, statement] of statements.entries()) {
    const begin = statement.tokens[0]?.from ?? before
    const accepted = acceptedIn(sql.slice(before, begin))
    before = statement.tokens.at(-1)?.to ?? before
    const table = madeBy(statement, isThere)
    if (table !== undefined) made.add(table)
    if (hasWords(statement, 'VALIDATE', 'CONSTRAINT')) validated.add(bare(alteredBy(statement)?.table ?? ''))
    for (const found of judge(statement)) {
      if (made.has(bare(found.table)) || made.has(found.table)) continue
      // A check that was validated spares the scan.
      if (found.rule === 'not_null_scans' && validated.has(bare(found.table))) continue
      const reason = accepted.get(found.rule)
      findings.push({
        ...found,
        line: statement.line,
        statement: number,
        ...(reason === undefined ? {} : { accepted: reason }),
      })
    }
  }
  return findings
}

/** Why the author accepts something that is measured and no rule of the text; undefined where no statement says it. */
export function acceptedFor(
  sql: string,
  statements: readonly Statement[],
  rule: 'old_code',
): string | undefined {
  return acceptances(sql, statements).flatMap((one) => one.get(rule) ?? [])[0]
}

/** `-- sekisho: accept RULE: REASON` right before a statement holds for this rule and this statement alone. */
function acceptedIn(comments: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const [, rule = '', reason = ''] of comments.matchAll(
    /^[ \t]*--\s*sekisho:\s*accept\s+([a-z_]+)\s*:\s*(\S.*)$/gm,
  ))
    found.set(rule, reason.trim())
  return found
}

/** Of each statement: the acceptances before it, whether a rule of the text has found anything there or not. */
export function acceptances(
  sql: string,
  statements: readonly Statement[],
): readonly ReadonlyMap<string, string>[] {
  let before = 0
  return statements.map(({ tokens }) => {
    const found = acceptedIn(sql.slice(before, tokens[0]?.from ?? before))
    before = tokens.at(-1)?.to ?? before
    return found
  })
}

/** Does a comment accept anything? */
export const isAccepting = (sql: string): boolean => /--\s*sekisho:\s*accept\b/i.test(sql)

/** What accepts that rows or values go, where no rule of the text speaks. */
export const ROWS_AT_RISK = 'rows_at_risk'

/** The public schema is where a name without one usually leads. */
export const bare = (table: string) => table.replace(/^public\./, '')

/** A table that was not there: by the name under which its rows are nobody's. A temporary one hides another of its name, and is not that. */
function madeBy(statement: Statement, isThere: (table: string) => boolean): string | undefined {
  const begin = head(statement, 3)
  if (!/^CREATE (UNLOGGED |TEMP |TEMPORARY )?TABLE\b/.test(begin)) return undefined
  const at = statement.tokens.findIndex(({ upper }) => upper === 'TABLE') + 1
  const from = skip(statement.tokens, at, 'IF', 'NOT', 'EXISTS')
  const table = nameAt(statement.tokens, from)
  if (table === undefined || (from > at && isThere(table))) return undefined
  return begin.startsWith('CREATE TEMP') && isThere(table) ? undefined : bare(table)
}

function judge(statement: Statement): readonly Found[] {
  const begin = head(statement, 5)
  if (/^CREATE (UNIQUE )?INDEX\b/.test(begin)) return indexMade(statement)
  if (/^DROP INDEX\b/.test(begin)) return indexDropped(statement)
  if (/^ALTER TABLE\b/.test(begin)) return altered(statement)
  if (/^DROP TABLE\b/.test(begin)) return named(statement, 2, 'drop_table')
  if (/^TRUNCATE\b/.test(begin))
    return named(statement, 1, 'truncate', (table) => [inBatches(`DELETE FROM ${table}`)])
  if (/^(UPDATE|DELETE)\b/.test(begin) && !statement.tokens.some(({ upper }) => upper === 'WHERE'))
    return [{ rule: 'all_rows', table: tableOfRows(statement) ?? '', rewrite: [inBatches(statement.text)] }]
  if (/^SET\b/.test(begin) && statement.tokens.some(({ text }) => TIMEOUTS.has(text)))
    return [{ rule: 'timeout_changed', table: '', rewrite: [] }]
  if (/^(VACUUM FULL|CLUSTER)\b/.test(begin) || (/^VACUUM\b/.test(begin) && hasWords(statement, 'FULL')))
    return [{ rule: 'full_rewrite', table: '', rewrite: [] }]
  if (/^REINDEX\b/.test(begin) && !hasWords(statement, 'CONCURRENTLY'))
    return [
      {
        rule: 'full_rewrite',
        table: '',
        rewrite: [statement.text.replace(/^(REINDEX\s+\w+)/i, '$1 CONCURRENTLY')],
      },
    ]
  if (/^LOCK\b/.test(begin)) return named(statement, 1, 'lock_table')
  return []
}

const TIMEOUTS: ReadonlySet<string> = new Set([
  'lock_timeout',
  'statement_timeout',
  'idle_in_transaction_session_timeout',
])

function indexMade({ tokens, text }: Statement): readonly Found[] {
  if (tokens.some(({ upper }) => upper === 'CONCURRENTLY')) return []
  const on = tokens.findIndex(({ upper }) => upper === 'ON')
  const table = nameAt(tokens, skip(tokens, on + 1, 'ONLY')) ?? ''
  return [{ rule: 'index_locks', table, rewrite: [text.replace(/INDEX/i, 'INDEX CONCURRENTLY')] }]
}

function indexDropped({ tokens, text }: Statement): readonly Found[] {
  if (tokens.some(({ upper }) => upper === 'CONCURRENTLY')) return []
  const table = nameAt(tokens, skip(tokens, 2, 'IF', 'EXISTS')) ?? ''
  return [{ rule: 'drop_index_locks', table, rewrite: [text.replace(/INDEX/i, 'INDEX CONCURRENTLY')] }]
}

/** In pieces that each hold their locks for a moment; `id` stands for the key. */
const inBatches = (text: string) => `${text} WHERE id BETWEEN 1 AND 10000`

/** Another column of the new type, filled in pieces: code writes both until the old one goes. */
function newColumn(action: readonly Token[], table: string): readonly string[] {
  const column = columnAt(action, 1)
  const type = typeOf(action)
  return [
    `ALTER TABLE ${table} ADD COLUMN ${column}_new ${type}`,
    inBatches(`UPDATE ${table} SET ${column}_new = ${column}`),
  ]
}

function typeOf(action: readonly Token[]): string {
  const at = action.findIndex(({ upper }) => upper === 'TYPE') + 1
  const until = action.findIndex(({ upper }) => upper === 'USING' || upper === 'COLLATE')
  return textOf(action.slice(at, until === -1 ? undefined : until))
}

function named(
  { tokens }: Statement,
  from: number,
  rule: LintRule,
  rewrite: (table: string) => readonly string[] = () => [],
): readonly Found[] {
  const found: Found[] = []
  let at = skip(tokens, from, 'TABLE', 'IF', 'EXISTS', 'ONLY')
  for (;;) {
    const table = nameAt(tokens, at)
    if (table === undefined) return found
    found.push({ rule, table, rewrite: rewrite(table) })
    at = skip(tokens, behindName(tokens, at), '*')
    if (tokens[at]?.upper !== ',') return found
    at = skip(tokens, at + 1, 'ONLY')
  }
}

export interface Altered {
  readonly table: string
  /** The tokens of each action. */
  readonly actions: readonly (readonly Token[])[]
}

/** `ALTER TABLE t a, b`: the table and what is done to it. */
export function alteredBy({ tokens }: Statement): Altered | undefined {
  if (tokens[0]?.upper !== 'ALTER' || tokens[1]?.upper !== 'TABLE') return undefined
  const at = skip(tokens, 2, 'IF', 'EXISTS', 'ONLY')
  const table = nameAt(tokens, at)
  if (table === undefined) return undefined
  const from = skip(tokens, behindName(tokens, at), '*')
  const actions: Token[][] = [[]]
  let depth = 0
  for (const token of tokens.slice(from)) {
    if (token.upper === '(') depth++
    if (token.upper === ')') depth--
    if (token.upper === ',' && depth === 0) actions.push([])
    else actions.at(-1)?.push(token)
  }
  return { table, actions }
}

function altered(statement: Statement): readonly Found[] {
  const found = alteredBy(statement)
  if (found === undefined) return []
  return found.actions.flatMap((action) => judgeAction(action, found.table))
}

const words = (action: readonly Token[]) =>
  action.map(({ upper, kind }) => (kind === 'word' ? upper : '·')).join(' ')
const columnAt = (action: readonly Token[], from: number) =>
  action[skip(action, from, 'COLUMN', 'IF', 'NOT', 'EXISTS')]?.text ?? ''

function judgeAction(action: readonly Token[], table: string): readonly Found[] {
  const said = words(action)
  if (/^RENAME\b/.test(said)) return /^RENAME CONSTRAINT\b/.test(said) ? [] : [renamed(action, table)]
  if (
    /^ADD (CONSTRAINT \S+ )?(FOREIGN KEY|CHECK)\b/.test(said) ||
    /^ADD CONSTRAINT\b.*\b(FOREIGN KEY|CHECK)\b/.test(said)
  )
    return /\bNOT VALID\b/.test(said) ? [] : [constraint(action, table)]
  if (/^ADD (CONSTRAINT \S+ )?(UNIQUE|PRIMARY KEY)\b/.test(said))
    return /\bUSING INDEX\b/.test(said) ? [] : [unique(action, table)]
  if (/^ADD\b/.test(said)) return columnAdded(action, table, said)
  if (/^DROP CONSTRAINT\b/.test(said)) return []
  if (/^DROP\b/.test(said)) return [{ rule: 'drop_column', table, column: columnAt(action, 1), rewrite: [] }]
  if (/^ALTER (COLUMN )?\S+ SET NOT NULL$/.test(said)) return [notNull(columnAt(action, 1), table)]
  if (/^ALTER (COLUMN )?\S+ (SET DATA )?TYPE\b/.test(said))
    return [{ rule: 'type_rewrites', table, column: columnAt(action, 1), rewrite: newColumn(action, table) }]
  if (/^SET (TABLESPACE|LOGGED|UNLOGGED)\b/.test(said)) return [{ rule: 'full_rewrite', table, rewrite: [] }]
  return []
}

function renamed(action: readonly Token[], table: string): Found {
  if (action[1]?.upper === 'TO') return { rule: 'rename', table, rewrite: [] }
  const column = columnAt(action, 1)
  const to = action.at(-1)?.text ?? 'NEW'
  return {
    rule: 'rename',
    table,
    column,
    rewrite: [`CREATE VIEW ${table}_new AS SELECT *, ${column} AS ${to} FROM ${table}`],
  }
}

function constraint(action: readonly Token[], table: string): Found {
  const name = action[1]?.upper === 'CONSTRAINT' ? action[2]?.text : undefined
  const rest = textOf(action)
  return {
    rule: 'constraint_scans',
    table,
    rewrite: [
      `ALTER TABLE ${table} ${rest} NOT VALID`,
      `ALTER TABLE ${table} VALIDATE CONSTRAINT ${name ?? 'NAME'}`,
    ],
  }
}

function unique(action: readonly Token[], table: string): Found {
  const name = action[1]?.upper === 'CONSTRAINT' ? (action[2]?.text ?? 'NAME') : 'NAME'
  const kind = action.some(({ upper }) => upper === 'PRIMARY') ? 'PRIMARY KEY' : 'UNIQUE'
  const open = action.findIndex(({ upper }) => upper === '(')
  const columns = open === -1 ? '(COLUMN)' : textOf(action.slice(open))
  return {
    rule: 'unique_builds',
    table,
    rewrite: [
      `CREATE UNIQUE INDEX CONCURRENTLY ${name} ON ${table} ${columns}`,
      `ALTER TABLE ${table} ADD CONSTRAINT ${name} ${kind} USING INDEX ${name}`,
    ],
  }
}

/** Functions that give another value each time: the default of a new column is then written into each row. */
const VOLATILE =
  /\b(RANDOM|GEN_RANDOM_UUID|UUID_GENERATE_V[14]|UUIDV[47]|CLOCK_TIMESTAMP|TIMEOFDAY|NEXTVAL|TXID_CURRENT)\b/

function columnAdded(action: readonly Token[], table: string, said: string): readonly Found[] {
  const column = columnAt(action, 1)
  const type = action[skip(action, 1, 'COLUMN', 'IF', 'NOT', 'EXISTS') + 1]
  const isSerial = /^(BIG|SMALL)?SERIAL[248]?$/.test(type?.upper ?? '')
  const at = action.findIndex(({ upper }) => upper === 'DEFAULT')
  const given = at === -1 ? '' : words(action.slice(at))
  const isStored = /\bGENERATED ALWAYS AS\b.*\bSTORED\b/.test(said) || /\bAS IDENTITY\b/.test(said)
  const plain = `ALTER TABLE ${table} ADD COLUMN ${column} ${type?.text ?? 'TYPE'}`
  if (isSerial || isStored || VOLATILE.test(given))
    return [
      {
        rule: 'column_rewrites',
        table,
        column,
        rewrite:
          at === -1
            ? []
            : [plain, `ALTER TABLE ${table} ALTER COLUMN ${column} SET ${textOf(action.slice(at))}`],
      },
    ]
  if (/\bNOT NULL\b/.test(said) && at === -1)
    return [{ rule: 'column_required', table, column, rewrite: [plain, ...safeNotNull(column, table)] }]
  return []
}

const safeNotNull = (column: string, table: string) => [
  `ALTER TABLE ${table} ADD CONSTRAINT ${column}_not_null CHECK (${column} IS NOT NULL) NOT VALID`,
  `ALTER TABLE ${table} VALIDATE CONSTRAINT ${column}_not_null`,
  `ALTER TABLE ${table} ALTER COLUMN ${column} SET NOT NULL`,
]

function notNull(column: string, table: string): Found {
  return { rule: 'not_null_scans', table, column, rewrite: safeNotNull(column, table) }
}

/** One space between tokens, literals and names quoted again. */
function textOf(action: readonly Token[]): string {
  return action
    .map(({ kind, text }) =>
      kind === 'string'
        ? `'${text.replaceAll("'", "''")}'`
        : kind === 'name'
          ? `"${text.replaceAll('"', '""')}"`
          : text,
    )
    .join(' ')
    .replace(/\( /g, '(')
    .replace(/ \)/g, ')')
    .replace(/ ,/g, ',')
}

/** What may be gone after `up`: columns, tables, rows, and values that a new type does not hold. */
export function atRiskIn(statements: readonly Statement[]): readonly AtRisk[] {
  return statements.flatMap((one, statement): AtRisk[] => {
    const { line } = one
    const begin = head(one, 3)
    const found = alteredBy(one)
    if (found !== undefined)
      return found.actions.flatMap((action) =>
        riskOf(action, found.table).map((risk) => ({ ...risk, line, statement })),
      )
    if (/^DROP TABLE\b/.test(begin))
      return named(one, 2, 'drop_table').map(({ table }) => ({ kind: 'table', line, statement, table }))
    if (/^TRUNCATE\b/.test(begin))
      return named(one, 1, 'truncate').map(({ table }) => ({ kind: 'rows', line, statement, table }))
    // What DELETE takes is counted while it runs.
    return []
  })
}

function riskOf(action: readonly Token[], table: string): readonly Omit<AtRisk, 'line' | 'statement'>[] {
  const said = words(action)
  if (/^DROP\b/.test(said) && !/^DROP CONSTRAINT\b/.test(said))
    return [{ kind: 'column', table, column: columnAt(action, 1) }]
  if (!/^ALTER (COLUMN )?\S+ (SET DATA )?TYPE\b/.test(said)) return []
  return [{ kind: 'type', table, column: columnAt(action, 1), type: typeOf(action) }]
}
