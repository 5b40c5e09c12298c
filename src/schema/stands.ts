// Did a statement that runs in no transaction have its effect? It is looked up under its own name: with its schema or along the session's search path, and on
// the table that it names. What cannot be told that way is unknown, and a person looks.
import { boolean, decode, object, text } from '../base/decode.ts'
import { ask, identifier, literal, tell } from '../postgres/query.ts'
import type { Cluster, Limits } from '../postgres/types.ts'
import { behindName, head, type Statement, skip } from '../sql/statements.ts'
import type { Token } from '../sql/tokens.ts'

/** An index by name; `on`: of what is made, the table. */
interface Named {
  readonly does: 'create' | 'drop'
  readonly index: string
  readonly on?: string
  /** It says nothing where one of that name is there. */
  readonly ifNotExists: boolean
}

/** As SQL of an identifier, with its schema where one is written. */
function written(tokens: readonly Token[], from: number): string | undefined {
  const parts = tokens.slice(from, behindName(tokens, from)).filter(({ upper }) => upper !== '.')
  if (parts.length === 0 || parts.some(({ kind }) => kind !== 'word' && kind !== 'name')) return undefined
  return parts.map(({ text }) => identifier(text)).join('.')
}

/** Undefined of everything but an index that has a name. Pure. */
export function indexNamedBy(statement: Statement): Named | undefined {
  const { tokens } = statement
  const begin = head(statement, 3)
  const at = tokens.findIndex(({ upper }) => upper === 'CONCURRENTLY')
  if (at === -1 || !/^(CREATE|DROP)( UNIQUE)? INDEX\b/.test(begin)) return undefined
  const from = skip(tokens, at + 1, 'IF', 'NOT', 'EXISTS')
  if (tokens[from]?.upper === 'ON' && tokens[from]?.kind === 'word') return undefined
  const index = written(tokens, from)
  if (index === undefined) return undefined
  if (begin.startsWith('DROP')) return { does: 'drop', index, ifNotExists: false }
  const behind = behindName(tokens, from)
  const on = tokens[behind]?.upper === 'ON' ? written(tokens, skip(tokens, behind + 1, 'ONLY')) : undefined
  return on === undefined ? undefined : { does: 'create', index, on, ifNotExists: from > at + 1 }
}

/** As SQL, in a session with the search path: the number of the index that has this name on this table. */
const madeIndex = (index: string, on: string) =>
  `(SELECT i.indexrelid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = to_regclass(${literal(on)}) AND quote_ident(c.relname) = quote_ident(${literal(plain(index))}))`

const plain = (quoted: string) => quoted.slice(1, -1).replaceAll('""', '"')

/** As SQL, for the marker before the statement: what stands under its name already. */
export function standsBefore(statement: Statement | undefined): string {
  const named = statement === undefined ? undefined : indexNamedBy(statement)
  if (named?.on === undefined) return 'NULL'
  return `${madeIndex(named.index, named.on)}::text`
}

const seen = object({ oid: text({ max: 20 }), valid: boolean, name: text({ max: 300 }) })

/** `before`: the number of what stood under its name before. A half-built index of its own is dropped: it costs writes and serves nobody. */
export async function standsAlone(
  live: Cluster,
  database: string,
  statement: Statement,
  { before, searchPath }: { readonly before?: string; readonly searchPath: string },
  limits: Limits,
): Promise<'applied' | 'not_applied' | 'unknown'> {
  const named = indexNamedBy(statement)
  if (named === undefined) return 'unknown'
  const path = { settings: [`search_path=${searchPath}`] }
  if (named.on === undefined) {
    const there = await ask(
      live,
      database,
      `SELECT to_json(to_regclass(${literal(named.index)}) IS NOT NULL)`,
      limits,
      path,
    )
    return there === true ? 'not_applied' : 'applied'
  }
  const value = await ask(
    live,
    database,
    `SELECT coalesce((SELECT json_build_object('oid', i.indexrelid::text, 'valid', i.indisvalid, 'name', format('%I.%I', n.nspname, c.relname)) FROM pg_index i
       JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE i.indexrelid = ${madeIndex(named.index, named.on)}), 'null')`,
    limits,
    path,
  )
  if (value === null) return 'not_applied'
  const found = decode(seen, value)
  if (!found.ok) return 'unknown'
  const { oid, valid, name } = found.value
  // It was there before: nothing of this statement.
  if (oid === before) return named.ifNotExists ? 'applied' : 'not_applied'
  if (valid) return 'applied'
  await tell(live, database, [`DROP INDEX CONCURRENTLY IF EXISTS ${name}`], limits)
  return 'not_applied'
}
