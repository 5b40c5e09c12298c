// Databases that are spoken to through the command line of whoever hosts them: which words hold a statement.

import { list, readArguments } from '../arguments.ts'
import type { Field } from '../fields.ts'
import { marked } from '../hole.ts'
import type { Call } from '../shell.ts'
import { runSql, runSqlStream } from '../sql/apply.ts'
import type { Engine } from '../sql/lex.ts'
import type { Tool } from '../tool.ts'
import { literal } from '../value.ts'

interface Place {
  readonly names: string
  /** Words that must stand first, between blanks; alternatives behind a bar. */
  readonly verb?: string
  readonly engine: Engine
  /** Options whose value is a statement. */
  readonly code?: string
  /** Options whose value is a file of statements. */
  readonly short?: string
  /** The operand behind the verb (counted from it) that is a statement. */
  readonly operand?: number
  /** What comes in is a statement. */
  readonly reads?: true
}

const PLACES: readonly Place[] = [
  { names: 'wrangler', verb: 'd1 execute', engine: 'sqlite', code: 'command' },
  {
    names: 'heroku',
    verb: 'pg:psql|psql',
    engine: 'postgresql',
    code: 'command c',
    short: 'ca',
    reads: true,
  },
  {
    names: 'fly flyctl',
    verb: 'postgres connect|pg connect|mpg connect',
    engine: 'postgresql',
    code: 'command C c',
    short: 'aCc',
    reads: true,
  },
  { names: 'turso', verb: 'db shell', engine: 'sqlite', operand: 1, reads: true },
  { names: 'pscale', verb: 'shell', engine: 'mysql', reads: true },
  { names: 'bq', verb: 'query', engine: 'sql', operand: 0, reads: true },
  {
    names: 'aws',
    verb: 'rds-data execute-statement|rds-data batch-execute-statement|redshift-data execute-statement',
    engine: 'sql',
    code: 'sql',
  },
  { names: 'aws', verb: 'athena start-query-execution', engine: 'sql', code: 'query-string' },
  {
    names: 'aws',
    verb: 'dynamodb execute-statement|timestream-query query',
    engine: 'sql',
    code: 'statement query-string',
  },
  {
    names: 'gcloud',
    verb: 'spanner databases execute-sql|alpha spanner databases execute-sql',
    engine: 'sql',
    code: 'sql',
  },
  { names: 'gcloud', verb: 'sql connect', engine: 'sql', reads: true },
  {
    names: 'az',
    verb: 'postgres flexible-server execute|mysql flexible-server execute|sql db query',
    engine: 'sql',
    code: 'querytext q query-text',
    short: 'qnug',
  },
  { names: 'snow', verb: 'sql', engine: 'sql', code: 'query q', short: 'q' },
  { names: 'databricks', verb: 'sql query|sql execute|api post', engine: 'sql', operand: 0 },
  {
    names: 'supabase',
    verb: 'db query|db execute',
    engine: 'postgresql',
    code: 'query sql',
    operand: 0,
    reads: true,
  },
  { names: 'neonctl neon', verb: 'sql', engine: 'postgresql', operand: 0, reads: true },
  // What a site keeps, through the command line of the site.
  { names: 'wp', verb: 'db query|db cli', engine: 'mysql', operand: 0, reads: true },
  {
    names: 'drush',
    verb: 'sql:query|sql-query|sqlq|sql:cli|sql-cli|sqlc',
    engine: 'sql',
    operand: 0,
    reads: true,
  },
  { names: 'n98-magerun n98-magerun2 magerun', verb: 'db:query', engine: 'mysql', operand: 0 },
  { names: 'prisma', verb: 'db execute', engine: 'sql', reads: true },
  { names: 'liquibase', verb: 'execute-sql|executeSql', engine: 'sql', code: 'sql' },
  { names: 'railway', verb: 'connect', engine: 'sql', reads: true },
  { names: 'rails bin/rails', verb: 'dbconsole|db', engine: 'sql', reads: true },
  { names: 'manage.py django-admin', verb: 'dbshell', engine: 'sql', reads: true },
]

/** Where the verb ends among the words of a call; undefined where it is another one. */
function behind(call: Call, verbs: string): number | undefined {
  for (const verb of list(verbs, '|')) {
    const wanted = list(verb)
    let next = 0
    for (const [i, { value }] of call.args.entries()) {
      const word = literal(value)
      if (word === wanted[next]) next++
      else if (next > 0 && word?.startsWith('-') !== true) break
      if (next === wanted.length) return i + 1
    }
  }
  return undefined
}

const speak =
  ({ verb, engine, code = '', short = '', operand, reads }: Place): NonNullable<Tool['act']> =>
  (call) => {
    const start = verb === undefined ? 0 : behind(call, verb)
    if (start === undefined) return undefined
    const args = readArguments(call.args.slice(start), {
      short,
      long: `${code} database app env config location format project instance output`.trim(),
    })
    const statement = operand === undefined ? undefined : args.operands.at(operand)
    const texts: Field[] = [...args.values(code), ...(statement === undefined ? [] : [statement])]
    for (const field of texts) runSql(call, field.value, field, { engine })
    if (texts.length === 0 && reads === true) runSqlStream(call, call.stdin, call.name, { engine })
    return undefined
  }

/** Statements in an address or a body: `?query=DROP+TABLE+x`, `--data-urlencode 'q=DROP DATABASE x'`. */
export function sqlIn(call: Call, field: Field): void {
  const source = marked(field.value)
  if (source.length > 8_192) return
  for (const part of source.split(/[?&]|^(?=\w+=)/)) {
    const match =
      /^(?:q|query|sql|stmt|statement|db_query)?=?\s*((?:drop|truncate|delete|alter|grant|revoke|detach|optimize|kill)(?:\s|\+|%20)[^]*)$/i.exec(
        part,
      )
    if (match?.[1] === undefined) continue
    const text = match[1]
      .replaceAll('+', ' ')
      .replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    runSql(call, [text], field, { engine: 'sql' })
  }
}

export const HOSTED_SQL: readonly Tool[] = PLACES.map((place) => ({
  names: place.names,
  style: 'posix',
  harmless: '-',
  act: speak(place),
}))
