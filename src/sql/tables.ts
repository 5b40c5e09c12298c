// Which tables the statements of a migration name as what they make, alter, drop, index or write. What a function or a block does is not read here.
import { alteredBy, bare } from './lint.ts'
import { tableOfRows } from './refused.ts'
import { behindName, head, nameAt, type Statement, skip } from './statements.ts'

export interface NamedTables {
  /** Without `public.`, in order. */
  readonly tables: readonly string[]
  /** Lines of statements whose tables are not known by their words. */
  readonly notRead: readonly number[]
}

export function tablesNamed(statements: readonly Statement[]): NamedTables {
  const tables = new Set<string>()
  const notRead: number[] = []
  for (const statement of statements) {
    const found = tablesOf(statement)
    if (found === undefined) notRead.push(statement.line)
    for (const table of found ?? []) tables.add(bare(table))
  }
  return { tables: [...tables].toSorted(), notRead }
}

/** Undefined: nobody can tell from its words. */
function tablesOf(statement: Statement): readonly string[] | undefined {
  const { tokens } = statement
  const begin = head(statement, 4)
  if (/^(DO|CALL|SELECT|WITH|EXECUTE|CREATE (OR REPLACE )?(FUNCTION|PROCEDURE))\b/.test(begin))
    return undefined
  const altered = alteredBy(statement)
  if (altered !== undefined) return [altered.table]
  if (/^CREATE (UNLOGGED |TEMP |TEMPORARY )?TABLE\b/.test(begin)) return one(nameBehind(statement, 'TABLE'))
  if (/^(DROP TABLE|TRUNCATE|LOCK)\b/.test(begin)) return several(statement)
  if (/^CREATE (UNIQUE )?INDEX\b|^(CREATE|DROP|ALTER) (TRIGGER|POLICY|RULE)\b/.test(begin))
    return one(nameBehind(statement, 'ON'))
  if (/^(COMMENT|GRANT|REVOKE)\b/.test(begin)) return []
  const ofRows = tableOfRows(statement)
  if (ofRows !== undefined) return [ofRows]
  return tokens[0]?.upper === 'UPDATE' || tokens[0]?.upper === 'DELETE' ? undefined : []
}

const one = (name: string | undefined) => (name === undefined ? undefined : [name])

function nameBehind({ tokens }: Statement, word: string): string | undefined {
  const at = tokens.findIndex(({ upper }) => upper === word)
  return at === -1 ? undefined : nameAt(tokens, skip(tokens, at + 1, 'IF', 'NOT', 'EXISTS', 'ONLY'))
}

function several({ tokens }: Statement): readonly string[] {
  const found: string[] = []
  let at = skip(tokens, 1, 'TABLE', 'IF', 'EXISTS', 'ONLY')
  for (let name = nameAt(tokens, at); name !== undefined; name = nameAt(tokens, at)) {
    found.push(name)
    at = behindName(tokens, at)
    if (tokens[at]?.upper !== ',') break
    at++
  }
  return found
}
