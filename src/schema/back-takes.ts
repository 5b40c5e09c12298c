// What a way back takes of what was there before the change: rows and tables of production that its text deletes, empties or drops. In the clone nothing may
// be lost by it, and later everything that the change made possible.
import type { Problem } from '../seal/journal.ts'
import { acceptances, atRiskIn, type LintRule, ROWS_AT_RISK } from '../sql/lint.ts'
import { behindName, nameAt, type Statement, skip, statementsOf } from '../sql/statements.ts'
import { type Token, tokensOf } from '../sql/tokens.ts'
import type { SqlText } from './on-clone.ts'

export interface Takes {
  readonly kind: 'rows' | 'table'
  readonly line: number
  readonly statement: number
  readonly table: string
  /** TRUNCATE … CASCADE: tables that it does not name may be emptied with it. */
  readonly isCascading?: true
}

const ACCEPTS: Readonly<Record<Takes['kind'], readonly (LintRule | typeof ROWS_AT_RISK)[]>> = {
  rows: [ROWS_AT_RISK, 'all_rows', 'truncate'],
  table: [ROWS_AT_RISK, 'drop_table'],
}

/** Also inside of other statements and of the bodies of DO. Pure. */
export function takesIn(statements: readonly Statement[]): readonly Takes[] {
  const dropped = atRiskIn(statements).flatMap(({ kind, line, statement, table }): Takes[] =>
    kind === 'table' ? [{ kind, line, statement, table }] : [],
  )
  const deleted = statements.flatMap(({ line, tokens }, statement) =>
    tablesEmptied(allOf(tokens)).map(
      ({ table, isCascading }): Takes => ({
        kind: 'rows',
        line,
        statement,
        table,
        ...(isCascading ? { isCascading } : {}),
      }),
    ),
  )
  return [...dropped, ...deleted].toSorted((a, b) => a.statement - b.statement)
}

/** The tokens of a statement, and those of the SQL that a DO holds in quotes. */
function allOf(tokens: readonly Token[]): readonly (readonly Token[])[] {
  if (tokens[0]?.upper !== 'DO') return [tokens]
  return tokens.flatMap(({ kind, text }) =>
    kind === 'string' ? statementsOf(text).map((one) => tokensOf(one.text)) : [],
  )
}

interface Emptied {
  readonly table: string
  readonly isCascading: boolean
}

function tablesEmptied(all: readonly (readonly Token[])[]): readonly Emptied[] {
  const found = all.flatMap((tokens) =>
    tokens.flatMap(({ upper }, i): readonly Emptied[] => {
      if (upper === 'DELETE' && tokens[i + 1]?.upper === 'FROM')
        return namesFrom(tokens, i + 2)
          .slice(0, 1)
          .map((table) => ({ table, isCascading: false }))
      // `GRANT TRUNCATE ON …` gives a right.
      if (upper !== 'TRUNCATE' || ['ON', ',', 'OR'].includes(tokens[i + 1]?.upper ?? '')) return []
      const isCascading = tokens.slice(i).some((one) => one.upper === 'CASCADE')
      return namesFrom(tokens, i + 1).map((table) => ({ table, isCascading }))
    }),
  )
  return [...new Map(found.map((one) => [one.table, one])).values()]
}

/** `a, ONLY b *, c`. */
function namesFrom(tokens: readonly Token[], from: number): readonly string[] {
  const at = skip(tokens, from, 'TABLE', 'ONLY')
  const name = nameAt(tokens, at)
  if (name === undefined) return []
  const behind = skip(tokens, behindName(tokens, at), '*')
  return tokens[behind]?.upper === ',' ? [name, ...namesFrom(tokens, behind + 1)] : [name]
}

/** What is of production and nobody has accepted right before the statement. */
export function unacceptedTakes(
  down: Pick<SqlText, 'name' | 'sql' | 'statements'>,
  isThere: (table: string) => boolean,
): readonly Problem[] {
  const accepted = acceptances(down.sql, down.statements)
  return takesIn(down.statements)
    .filter(({ table, isCascading }) => isCascading === true || isThere(table))
    .filter(({ kind, statement }) => !ACCEPTS[kind].some((rule) => accepted[statement]?.has(rule)))
    .map(({ kind, line, table, isCascading }) => ({
      code: 'schema.back_takes',
      path: down.name,
      line,
      text: JSON.stringify({ kind, table, ...(isCascading === true ? { cascade: true } : {}) }),
    }))
}

/** Does its author accept that rows go with it? */
export function acceptsRows(sql: string): boolean {
  return acceptances(sql, statementsOf(sql)).some((one) => ACCEPTS.rows.some((rule) => one.has(rule)))
}
