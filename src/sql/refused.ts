// What no migration may hold: commands of psql, programs and files of the server, roles, other databases, transactions of its own, our own marker.
import { hasWords, head, nameAt, type Statement } from './statements.ts'
import { lineAt, tokensOf } from './tokens.ts'

export const REFUSED_KINDS = [
  'backslash',
  'copy',
  'transaction',
  'role',
  'database',
  'server',
  'marker',
  'strings',
  'too_long',
  'too_many',
  'nothing',
] as const
export type RefusedKind = (typeof REFUSED_KINDS)[number]

export interface RefusedStatement {
  readonly kind: RefusedKind
  readonly line: number
  /** The words that were found, at most 80 characters. */
  readonly text: string
}

/** The schema of the marker row that makes a migration run once. */
export const MARKER_SCHEMA = 'sekisho'
/** One argument of a program holds 128 KiB (execve(2)). */
const STATEMENT_BYTES = 120_000
/** They are the arguments of one program, with what is measured between them, about 2 KiB each: 2 MiB altogether (execve(2)). */
const STATEMENTS = 500

export function refusedIn(sql: string, statements: readonly Statement[]): readonly RefusedStatement[] {
  const backslashes = tokensOf(sql)
    .filter(({ kind }) => kind === 'backslash')
    .map(
      ({ from, text }): RefusedStatement => ({
        kind: 'backslash',
        line: lineAt(sql, from),
        text: short(text),
      }),
    )
  if (backslashes.length > 0) return backslashes
  if (statements.length === 0) return [{ kind: 'nothing', line: 1, text: '' }]
  const first = statements[STATEMENTS]
  if (first !== undefined) return [{ kind: 'too_many', line: first.line, text: short(first.text) }]
  return statements.flatMap((statement): RefusedStatement[] => {
    const kind = kindOf(statement)
    return kind === undefined ? [] : [{ kind, line: statement.line, text: short(statement.text) }]
  })
}

const TRANSACTION =
  /^(BEGIN|COMMIT|ROLLBACK|ABORT|END|START TRANSACTION|SAVEPOINT|RELEASE|PREPARE TRANSACTION|SET TRANSACTION|SET SESSION CHARACTERISTICS)\b/
const ROLE =
  /^((CREATE|ALTER|DROP) (ROLE|USER|GROUP)|SET (LOCAL |SESSION )?ROLE|SET (LOCAL |SESSION )?SESSION AUTHORIZATION|RESET (ROLE|SESSION AUTHORIZATION)|REASSIGN OWNED|DROP OWNED|ALTER DEFAULT PRIVILEGES FOR|SECURITY LABEL)\b/
const DATABASE =
  /^((CREATE|ALTER|DROP) (DATABASE|TABLESPACE|SERVER|SUBSCRIPTION|PUBLICATION|FOREIGN DATA WRAPPER|FOREIGN TABLE|USER MAPPING)|IMPORT FOREIGN SCHEMA|COMMENT ON (DATABASE|ROLE|TABLESPACE))\b/
const SERVER =
  /^(ALTER SYSTEM|LOAD|CREATE (OR REPLACE )?(TRUSTED )?(PROCEDURAL )?LANGUAGE|CREATE EVENT TRIGGER|CHECKPOINT|DISCARD)\b/

function kindOf(statement: Statement): RefusedKind | undefined {
  const begin = head(statement, 6)
  if (Buffer.byteLength(statement.text) > STATEMENT_BYTES) return 'too_long'
  if (TRANSACTION.test(begin)) return 'transaction'
  if (ROLE.test(begin) || isRoleGranted(statement, begin)) return 'role'
  if (DATABASE.test(begin) || (/^(GRANT|REVOKE)\b/.test(begin) && hasWords(statement, 'ON', 'DATABASE')))
    return 'database'
  if (SERVER.test(begin)) return 'server'
  if (/^COPY\b/.test(begin)) return 'copy'
  if (
    /^(SET|RESET)\b/.test(begin) &&
    statement.tokens.some(({ text }) => text === 'standard_conforming_strings')
  )
    return 'strings'
  if (touchesMarker(statement)) return 'marker'
  return undefined
}

/** `GRANT a TO b` gives a role; `GRANT … ON … TO b` gives a right. */
function isRoleGranted(statement: Statement, begin: string): boolean {
  return /^(GRANT|REVOKE)\b/.test(begin) && !statement.tokens.some(({ upper }) => upper === 'ON')
}

function touchesMarker({ tokens }: Statement): boolean {
  const isSet = tokens[0]?.upper === 'SET'
  return tokens.some(
    ({ kind, text }) =>
      text === MARKER_SCHEMA && (kind === 'word' || kind === 'name' || (kind === 'string' && isSet)),
  )
}

/** The first table that a statement of rows names: `UPDATE t`, `DELETE FROM t`, `INSERT INTO t`, `TRUNCATE t`. */
export function tableOfRows({ tokens }: Statement): string | undefined {
  const at = tokens.findIndex(({ kind }) => kind !== 'word')
  const from = tokens.findIndex(({ upper }) => upper === 'FROM' || upper === 'INTO')
  const first = tokens[0]?.upper
  if (first === 'DELETE' || first === 'INSERT') return from === -1 ? undefined : nameAt(tokens, from + 1)
  if (first !== 'UPDATE' && first !== 'TRUNCATE') return undefined
  let place = 1
  while (['ONLY', 'TABLE'].includes(tokens[place]?.upper ?? '')) place++
  return at === 0 ? undefined : nameAt(tokens, place)
}

const short = (text: string) => text.replace(/\s+/g, ' ').slice(0, 80)
