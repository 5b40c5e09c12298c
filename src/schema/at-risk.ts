// How many rows of the clone hold something that `up` may take away (S24): columns and tables that go, rows that are deleted, values that a type cannot hold.
import { decode, integer } from '../base/decode.ts'
import { ask, identifier, tableName } from '../postgres/query.ts'
import type { Limits, Reader } from '../postgres/types.ts'
import type { AtRisk } from '../sql/lint.ts'
import { emptiedWith, type Meant, meantIn, type Named } from './meant.ts'
import type { OnClone } from './on-clone.ts'

export interface CountedRisk {
  /** `changed`: rows that hold something else afterwards. */
  readonly kind: AtRisk['kind'] | 'changed'
  readonly line: number
  readonly statement: number
  readonly table: string
  readonly column?: string
  readonly rows: number
}

export interface Counted extends AtRisk {
  readonly rows: number
}

/** What the statements of a file may take, by the tables that they mean: what is known with its number, and what nobody can tell. */
export interface Risked extends Meant {
  readonly counted: readonly Counted[]
}

/** On the clone, before the statements run. `more`: names that are looked up beside. */
export async function riskedIn(
  { clone, up, searchPath, limits }: Pick<OnClone, 'clone' | 'up' | 'searchPath' | 'limits'>,
  more: readonly Named[],
  /** Where there are more nothing is counted. */
  most = Number.POSITIVE_INFINITY,
): Promise<Risked> {
  const { database, migrator, restorer } = clone
  const meant = await meantIn(migrator, database, up, searchPath, limits, more)
  const beside = await emptiedWith(restorer, database, up.statements, meant.risks, limits)
  const risks = [...meant.risks, ...beside]
  return {
    ...meant,
    risks,
    counted: risks.length > most ? [] : await countRisks(restorer, database, risks, limits),
  }
}

/** Each with its number, also nothing. What could not be counted (no such table: the statement fails by itself) is left out. */
async function countRisks(
  reader: Reader,
  database: string,
  risks: readonly AtRisk[],
  limits: Limits,
): Promise<readonly Counted[]> {
  const found: Counted[] = []
  for (const { kind, line, statement, table, column, type, written } of risks) {
    const condition = conditionOf(kind, column, type)
    if (condition === undefined) continue
    const { schema, table: name } = tableName(table)
    const value = await ask(
      reader,
      database,
      `SELECT count(*) FROM ${identifier(schema)}.${identifier(name)} t WHERE ${condition}`,
      limits,
    ).catch(() => undefined)
    const rows = decode(integer(0), value)
    if (rows.ok)
      found.push({
        kind,
        line,
        statement,
        table,
        rows: rows.value,
        ...(column === undefined ? {} : { column }),
        ...(type === undefined ? {} : { type }),
        ...(written === undefined ? {} : { written }),
      })
  }
  return found
}

/** As SQL, of the rows that lose something; undefined where the type holds whatever stood there. Pure. */
export function conditionOf(kind: AtRisk['kind'], column = '', type = ''): string | undefined {
  const value = `t.${identifier(column)}`
  switch (kind) {
    case 'table':
    case 'rows':
      return 'true'
    case 'column':
      return `${value} IS NOT NULL`
    case 'type':
      return narrowed(value, type.toLowerCase().trim())
  }
}

function narrowed(value: string, type: string): string | undefined {
  const [, base = '', first, second] = /^([a-z ]+?)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?$/.exec(type) ?? []
  switch (base) {
    case 'text':
    case 'json':
    case 'jsonb':
      return undefined
    case 'varchar':
    case 'character varying':
    case 'char':
    case 'character':
      return first === undefined && base.endsWith('varying')
        ? undefined
        : first === undefined && base === 'varchar'
          ? undefined
          : `length(${value}::text) > ${first ?? '1'}`
    case 'bigint':
    case 'int8':
      return integral(value, '-9223372036854775808', '9223372036854775807')
    case 'int':
    case 'integer':
    case 'int4':
      return integral(value, '-2147483648', '2147483647')
    case 'smallint':
    case 'int2':
      return integral(value, '-32768', '32767')
    case 'numeric':
    case 'decimal':
      return first === undefined
        ? undefined
        : `${value}::text ~ '^-?[0-9.]+$' AND round(${value}::text::numeric, ${second ?? '0'}) <> ${value}::text::numeric`
    case 'date':
      return `${value}::text ~ ' ' AND ${value}::text !~ ' 00:00:00'`
    default:
      // Which values survive is not known before it is tried: all that hold something.
      return `${value} IS NOT NULL`
  }
}

const integral = (value: string, from: string, until: string) =>
  `${value}::text !~ '^-?[0-9]+$' OR ${value}::text::numeric NOT BETWEEN ${from} AND ${until}`
