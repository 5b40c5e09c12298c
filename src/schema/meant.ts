// Which table a statement means that names it without a schema: the first one on the search path of its session. And what TRUNCATE … CASCADE empties beside
// the tables that it names.
import { decode, list, record, text } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import { ask, identifier, literal, tableName } from '../postgres/query.ts'
import type { Cluster, Limits, Reader } from '../postgres/types.ts'
import { type AtRisk, atRiskIn, bare } from '../sql/lint.ts'
import { hasWords, head, type Part, type Statement } from '../sql/statements.ts'
import { type Token, tokensOf } from '../sql/tokens.ts'
import type { SqlText } from './on-clone.ts'

/** How each statement finds what it names: by this search path; undefined where an earlier one of its session may have chosen another that nobody can read. */
export function pathsIn(parts: readonly Part[], sessionPath: string): readonly (string | undefined)[] {
  return parts.flatMap(({ statements }) => {
    // Each part is a session of its own.
    let path: string | undefined = sessionPath
    return statements.map((statement) => {
      const before = path
      path = pathAfter(statement, before, sessionPath)
      return before
    })
  })
}

const PATH = 'search_path'

function pathAfter(
  { tokens }: Statement,
  before: string | undefined,
  sessionPath: string,
): string | undefined {
  if (!speaksOf(tokens, 3)) return before
  const at = tokens.findIndex(({ text, kind }) => text === PATH && (kind === 'word' || kind === 'name'))
  const isSet = tokens[0]?.upper === 'SET' && at > 0 && at <= 2
  if (tokens[0]?.upper === 'RESET') return sessionPath
  if (!isSet) return undefined
  const given = tokens.slice(at + 2).filter(({ upper }) => upper !== ',')
  if (given.length === 1 && given[0]?.upper === 'DEFAULT') return sessionPath
  return given.every(({ kind }) => kind === 'word' || kind === 'name' || kind === 'string')
    ? given.map((one) => identifier(one.text)).join(', ')
    : undefined
}

/** Also in a body that stands in quotes. */
function speaksOf(tokens: readonly Token[], depth: number): boolean {
  return tokens.some(
    ({ kind, text }) =>
      text === PATH || (kind === 'string' && depth > 0 && speaksOf(tokensOf(text), depth - 1)),
  )
}

export interface Meant {
  /** With the schema where it is another one than `public`. */
  readonly risks: readonly AtRisk[]
  /** Of these nobody can tell which table they mean. */
  readonly unknown: readonly AtRisk[]
  /** `schema.name` of the table that a statement means by a name of its own; undefined where none is there under it. */
  readonly tableOf: (one: Named) => string | undefined
}

/** A name in a statement. */
export type Named = Pick<AtRisk, 'statement' | 'table'>

/** `as`: the role that the statements run as, for a schema that it may not use is passed over. `more`: names that are looked up beside those at risk. */
export async function meantIn(
  as: Cluster,
  database: string,
  { statements, parts }: SqlText,
  sessionPath: string,
  limits: Limits,
  more: readonly Named[],
): Promise<Meant> {
  const paths = pathsIn(parts, sessionPath)
  const all = atRiskIn(statements)
  const isShort = ({ table }: Named) => table !== '' && !table.includes('.')
  const found = new Map<string, Readonly<Record<string, string>>>()
  for (const path of new Set(paths)) {
    const names = [...all, ...more]
      .filter((one) => isShort(one) && paths[one.statement] === path)
      .map(({ table }) => table)
    if (path !== undefined && names.length > 0)
      found.set(path, await resolved(as, database, [...new Set(names)], path, limits))
  }
  const tableOf = (one: Named) =>
    isShort(one) ? found.get(paths[one.statement] ?? '')?.[one.table] : one.table
  const isUnknown = (one: AtRisk) => isShort(one) && paths[one.statement] === undefined
  return {
    tableOf,
    unknown: all.filter(isUnknown),
    risks: all.flatMap((one): AtRisk[] => {
      if (isUnknown(one)) return []
      const meant = tableOf(one)
      return isShort(one) && meant !== undefined
        ? [{ ...one, table: bare(meant), written: one.table }]
        : [one]
    }),
  }
}

const NAMES = /^[^\0]{1,140}$/

async function resolved(
  as: Cluster,
  database: string,
  names: readonly string[],
  path: string,
  limits: Limits,
): Promise<Readonly<Record<string, string>>> {
  const wanted = names.map((name) => `(${literal(name)}, ${literal(identifier(name))})`).join(', ')
  const value = await ask(
    as,
    database,
    `SELECT coalesce(pg_catalog.json_object_agg(w.name, n.nspname || '.' || c.relname), '{}') FROM (VALUES ${wanted}) w(name, quoted)
       JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(w.quoted) JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace`,
    limits,
    { settings: [`search_path=${path}`] },
  )
  const read = decode(record(text({ max: 140 }), NAMES, 10_000), value)
  if (!read.ok) throw new SekishoError('backup.db_query_failed', { database, why: `${read.at}: ${read.why}` })
  return read.value
}

const isCascading = (statement: Statement): boolean =>
  head(statement, 1) === 'TRUNCATE' && hasWords(statement, 'CASCADE')

/** Tables that refer to one that is emptied are emptied with it, and those that refer to them. What is named counts its partitions itself. */
export async function emptiedWith(
  reader: Reader,
  database: string,
  statements: readonly Statement[],
  risks: readonly AtRisk[],
  limits: Limits,
): Promise<readonly AtRisk[]> {
  const found: AtRisk[] = []
  for (const [statement, one] of statements.entries()) {
    const named = risks.filter((risk) => risk.statement === statement && risk.kind === 'rows')
    if (!isCascading(one) || named.length === 0) continue
    const beside = await reachedBy(
      reader,
      database,
      named.map(({ table }) => wholeName(table)),
      limits,
    )
    for (const table of beside) found.push({ kind: 'rows', line: one.line, statement, table: bare(table) })
  }
  return found
}

const wholeName = (name: string) => {
  const { schema, table } = tableName(name)
  return `${schema}.${table}`
}

async function reachedBy(
  reader: Reader,
  database: string,
  names: readonly string[],
  limits: Limits,
): Promise<readonly string[]> {
  const value = await ask(
    reader,
    database,
    `WITH RECURSIVE named(oid) AS (
       SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname || '.' || c.relname IN (${names.map(literal).join(', ')})
       UNION SELECT i.inhrelid FROM named p JOIN pg_inherits i ON i.inhparent = p.oid),
     reached(oid) AS (SELECT oid FROM named UNION SELECT f.conrelid FROM reached r JOIN pg_constraint f ON f.contype = 'f' AND f.confrelid = r.oid)
     SELECT coalesce(json_agg(n.nspname || '.' || c.relname ORDER BY n.nspname, c.relname), '[]') FROM reached r JOIN pg_class c ON c.oid = r.oid
       JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND r.oid NOT IN (SELECT oid FROM named)`,
    limits,
  )
  const read = decode(list(text({ max: 140 }), 10_000), value)
  if (!read.ok) throw new SekishoError('backup.db_query_failed', { database, why: `${read.at}: ${read.why}` })
  return read.value
}
