// What a restore would take from the live database and bring back, by primary key: both sides read in one order and merged as they come.
// No value of a record is kept or shown but its key. INVARIANT B3: a key that is in one list only is counted once, whatever the size.
import { createHmac } from 'node:crypto'
import { Readable } from 'node:stream'
import { SekishoError } from '../../base/error.ts'
import type { Json } from '../../base/json.ts'
import { TABLES } from './facts.ts'
import { failureOf, type Launched } from './launch.ts'
import { ask, identifier, literal, psql } from './query.ts'
import type { Cluster, DatabaseLoss, Limits, TableLoss } from './types.ts'

export interface Side {
  /** Logged in as one who reads every row. */
  readonly cluster: Cluster
  readonly database: string
}

interface Shape {
  readonly key: readonly string[]
  readonly columns: readonly string[]
}

const KEYS_SHOWN = 1000
/** Texts of values must not depend on what a database was set to. */
const SETTINGS = [
  'timezone=UTC',
  'datestyle=ISO',
  'intervalstyle=iso_8601',
  'extra_float_digits=1',
  'bytea_output=hex',
  'row_security=off',
]
const SHAPES = `SELECT coalesce(json_object_agg(t.schema || '.' || t.name, json_build_object(
    'schema', t.schema, 'name', t.name,
    'key', coalesce((SELECT json_agg(a.attname ORDER BY array_position(i.indkey::int2[], a.attnum))
       FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey::int2[])
       WHERE i.indrelid = t.oid AND i.indisprimary), '[]'),
    'columns', coalesce((SELECT json_agg(a.attname ORDER BY a.attname COLLATE "C") FROM pg_attribute a
       WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped), '[]'))), '{}')
  FROM (${TABLES}) t`

/** `key` is the runner's own: the digest tells whether two lists are the same and nothing else. Throws backup.db_query_failed. */
export async function lossOfDatabase(
  live: Side,
  copy: Side,
  key: Uint8Array,
  limits: Limits,
): Promise<DatabaseLoss> {
  const [here, there] = [await shapesOf(live, limits), await shapesOf(copy, limits)]
  const names = [...new Set([...here.keys(), ...there.keys()])].sort()
  const plans = names.map((table) => planOf(table, here.get(table), there.get(table)))
  const sides = [
    read(
      live,
      plans.map((plan) => plan.live),
      limits,
    ),
    read(
      copy,
      plans.map((plan) => plan.copy),
      limits,
    ),
  ]
  const [left, right] = [rows(sides[0] as Launched), rows(sides[1] as Launched)]
  const hmac = createHmac('sha256', key)
  const keys: { list: 'gone' | 'changed' | 'back'; table: string; key: string }[] = []
  const shown = { gone: 0, changed: 0, back: 0 }
  const tables: TableLoss[] = []
  try {
    for (const { table, by } of plans) {
      // How a record reads now is part of what is lost: one that is written once more makes it another loss.
      const note: Note = (list, hex, digests) => {
        hmac.update(`${list} ${table} ${hex} ${digests}\n`)
        if (shown[list]++ < KEYS_SHOWN)
          keys.push({ list, table, key: Buffer.from(hex, 'hex').toString('utf8') })
      }
      const one =
        by === 'key'
          ? await merge(table, left, right, note)
          : await counted(table, left, right, (sums) => hmac.update(`${table} ${sums}\n`))
      hmac.update(`${JSON.stringify(one)}\n`)
      tables.push(one)
    }
    for (const [side, launched] of [
      [live, sides[0]],
      [copy, sides[1]],
    ] as const) {
      const why = launched === undefined ? undefined : failureOf(await launched.done)
      if (why !== undefined)
        throw new SekishoError('backup.db_query_failed', { database: side.database, why })
    }
  } finally {
    for (const launched of sides) launched.stop()
  }
  return { tables, keys, digest: hmac.digest('hex') }
}

interface Plan {
  readonly table: string
  readonly by: 'key' | 'count'
  readonly live: string
  readonly copy: string
}

type Named = Shape & { readonly schema: string; readonly name: string }

function planOf(table: string, live: Named | undefined, copy: Named | undefined): Plan {
  const any = live ?? copy
  const sameKey = live === undefined || copy === undefined || live.key.join('\0') === copy.key.join('\0')
  const by = any !== undefined && any.key.length > 0 && sameKey ? 'key' : 'count'
  return { table, by, live: statementOf(live, by, copy), copy: statementOf(copy, by, live) }
}

/** Each row as `KEY DIGEST`, in the order of the bytes of its key; or `NUMBER SUM` of all. Columns that only one side has make every row another. */
function statementOf(shape: Named | undefined, by: 'key' | 'count', other: Named | undefined): string {
  if (shape === undefined) return by === 'key' ? 'SELECT WHERE false' : "SELECT '0 0'"
  const from = `ONLY ${identifier(shape.schema)}.${identifier(shape.name)} t`
  const hex = (json: string) => `encode(convert_to(json_build_array(${json})::text, 'UTF8'), 'hex')`
  const key = hex(shape.key.map((column) => `t.${identifier(column)}`).join(', '))
  const same = other === undefined || shape.columns.join('\0') === other.columns.join('\0')
  const row = `ROW(${shape.columns.map((column) => `t.${identifier(column)}`).join(', ')})::text`
  const text = same ? row : `${literal(shape.columns.join(', '))} || ${row}`
  const digest = `encode(sha256(convert_to(${text}, 'UTF8')), 'hex')`
  // Rows without a key have no order: their sum tells whether they are the same ones.
  if (by === 'count')
    return `SELECT count(*) || ' ' || coalesce(sum(('x' || left(${digest}, 15))::bit(60)::bigint), 0) FROM ${from}`
  return `SELECT ${key} || ' ' || ${digest} FROM ${from} ORDER BY ${key} COLLATE "C"`
}

/** All tables of one side in one moment; a line `#` ends each. */
function read(side: Side, statements: readonly string[], limits: Limits): Launched {
  const begin = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'
  const all = [
    begin,
    ...statements.flatMap((one) => [`COPY (${one}) TO STDOUT`, "COPY (SELECT '#') TO STDOUT"]),
    'COMMIT',
  ]
  return psql(side.cluster, side.database, all, limits, { settings: SETTINGS })
}

interface Rows {
  /** The next row of this table; undefined at its end. */
  readonly next: () => Promise<string | undefined>
}

function rows(launched: Launched): Rows {
  const source = (launched.stdout ?? Readable.from([]))[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  // Asked for at once: what a program leaves unread when it ends is thrown away.
  let coming = source.next()
  coming.catch(() => {})
  let lines: string[] = []
  let at = 0
  let rest = ''
  return {
    next: async () => {
      while (at >= lines.length) {
        const { value, done } = await coming
        if (done === true)
          throw new SekishoError('backup.db_query_failed', {
            database: '',
            why: failureOf(await launched.done) ?? 'it ended early',
          })
        coming = source.next()
        coming.catch(() => {})
        const parts = (rest + (value as Buffer).toString('latin1')).split('\n')
        rest = parts.pop() ?? ''
        lines = parts
        at = 0
      }
      const line = lines[at++]
      return line === '#' ? undefined : line
    },
  }
}

type Note = (list: 'gone' | 'changed' | 'back', key: string, digests: string) => void

async function merge(table: string, live: Rows, copy: Rows, note: Note): Promise<TableLoss> {
  const count = { live: 0, copy: 0, gone: 0, changed: 0, back: 0 }
  const take = async (rows: Rows, side: 'live' | 'copy') => {
    const line = await rows.next()
    if (line === undefined) return undefined
    count[side]++
    const space = line.indexOf(' ')
    return { key: line.slice(0, space), digest: line.slice(space + 1) }
  }
  let [a, b] = [await take(live, 'live'), await take(copy, 'copy')]
  while (a !== undefined || b !== undefined)
    if (a !== undefined && (b === undefined || a.key < b.key)) {
      count.gone++
      note('gone', a.key, a.digest)
      a = await take(live, 'live')
    } else if (b !== undefined && (a === undefined || b.key < a.key)) {
      count.back++
      note('back', b.key, b.digest)
      b = await take(copy, 'copy')
    } else {
      if (a?.digest !== b?.digest) {
        count.changed++
        note('changed', a?.key ?? '', `${a?.digest} ${b?.digest}`)
      }
      ;[a, b] = [await take(live, 'live'), await take(copy, 'copy')]
    }
  return { table, by: 'key', ...count }
}

async function counted(
  table: string,
  live: Rows,
  copy: Rows,
  note: (sums: string) => void,
): Promise<TableLoss> {
  const read = async (rows: Rows) => {
    const line = (await rows.next()) ?? ''
    while ((await rows.next()) !== undefined);
    return { rows: Number(line.split(' ')[0]), sum: line }
  }
  const [here, there] = [await read(live), await read(copy)]
  note(`${here.sum} ${there.sum}`)
  const [gone, back] = [Math.max(0, here.rows - there.rows), Math.max(0, there.rows - here.rows)]
  const differs = here.sum !== there.sum
  return { table, by: 'count', live: here.rows, copy: there.rows, gone, changed: 0, back, differs }
}

async function shapesOf(side: Side, limits: Limits): Promise<ReadonlyMap<string, Named>> {
  const value = await ask(side.cluster, side.database, SHAPES, limits)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return new Map()
  return new Map(
    Object.entries(value as Record<string, Json>).map(([table, shape]) => [table, shape as unknown as Named]),
  )
}
