// What a restore would take from the live database and bring back, by primary key, and where there is none by whole rows: both sides read in one order
// and merged as they come. What a dump holds beside rows goes back as well, and is compared too.
// No value of a record is kept or shown but its key. INVARIANT B3: a key that is in one list only is counted once, whatever the size.
import { createHmac, type Hmac } from 'node:crypto'
import { Readable } from 'node:stream'
import { assert } from '../base/assert.ts'
import { SekishoError } from '../base/error.ts'
import type { Json } from '../base/json.ts'
import { PLAIN_TEXTS, schemaDigest } from './content.ts'
import { TABLES } from './facts.ts'
import { type KeyKind, keyText } from './key-text.ts'
import { failureOf, type Launched } from './launch.ts'
import { ask, identifier, isDamage, literal, psqlScript } from './query.ts'
import { type DatabaseLoss, type Limits, OTHER_PARTS, type Reader, type TableLoss } from './types.ts'

export interface Side {
  readonly cluster: Reader
  readonly database: string
}

interface Shape {
  readonly key: readonly string[]
  readonly kinds: readonly KeyKind[]
  readonly columns: readonly string[]
}

const KEYS_SHOWN = 1000
const SETTINGS = [...PLAIN_TEXTS, 'row_security=off']
const SHAPES = `SELECT coalesce(json_object_agg(t.schema || '.' || t.name, json_build_object(
    'schema', t.schema, 'name', t.name,
    'key', coalesce((SELECT json_agg(a.attname ORDER BY array_position(i.indkey::int2[], a.attnum))
       FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey::int2[])
       WHERE i.indrelid = t.oid AND i.indisprimary), '[]'),
    'kinds', coalesce((SELECT json_agg(CASE WHEN a.atttypid IN (20, 21, 23, 26, 700, 701, 1700) THEN 'n' WHEN a.atttypid = 16 THEN 'b' ELSE 't' END
         ORDER BY array_position(i.indkey::int2[], a.attnum))
       FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey::int2[])
       WHERE i.indrelid = t.oid AND i.indisprimary), '[]'),
    'columns', coalesce((SELECT json_agg(a.attname ORDER BY a.attname COLLATE "C") FROM pg_attribute a
       WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped), '[]'))), '{}')
  FROM (${TABLES}) t`

/**
 * `key` is the runner's own: the digest tells whether two lists are the same and nothing else. Without a live side everything is back,
 * without a copy everything is gone. What the live side cannot read is named, table by table or as a whole; the copy must be readable.
 * Throws backup.db_query_failed.
 */
export async function lossOfDatabase(
  live: Side | undefined,
  copy: Side | undefined,
  key: Uint8Array,
  limits: Limits,
): Promise<DatabaseLoss> {
  const here = await unlessDamaged(shapesOf(live, limits))
  if (here === undefined) return wholeUnread(copy, key, limits)
  const there = await shapesOf(copy, limits)
  const names = [...new Set([...here.keys(), ...there.keys()])].sort()
  const objects = await unlessDamaged(hasObjects(live, limits))
  const plans: readonly Plan[] = [
    ...names.map((table) => planOf(table, here.get(table), there.get(table))),
    ...(objects === undefined ? [unread(objectsOf(undefined, copy))] : []),
    ...(objects === true || (objects === false && (await hasObjects(copy, limits)))
      ? [objectsOf(live, copy)]
      : []),
  ]
  const found: Found = { key, hmac: createHmac('sha256', key), tables: [], keys: [] }
  let rest = plans
  while (rest.length > 0) {
    const done = await compareAll(rest, { live, copy }, found, limits)
    const damaged = rest[done]
    if (damaged?.isUnread === true) return wholeUnread(copy, key, limits)
    rest = damaged === undefined ? [] : [unread(damaged), ...rest.slice(done + 1)]
  }
  const now = await unlessDamaged(definitionsOf(live, limits).then((digest) => ({ digest })))
  const then = await definitionsOf(copy, limits)
  found.hmac.update(`${now === undefined ? 'unread' : now.digest} ${then}\n`)
  const back = then === undefined ? 0 : 1
  if (now === undefined) found.tables.push({ ...DEFINITIONS, live: 0, copy: back, back, isUnread: true })
  else if (now.digest !== then)
    found.tables.push({
      ...DEFINITIONS,
      live: now.digest === undefined ? 0 : 1,
      copy: back,
      gone: then === undefined ? 1 : 0,
      changed: now.digest === undefined || then === undefined ? 0 : 1,
      back: now.digest === undefined ? 1 : 0,
    })
  return { tables: found.tables, keys: found.keys, digest: found.hmac.digest('hex') }
}

const DEFINITIONS = { table: OTHER_PARTS.definitions, by: 'row', gone: 0, changed: 0 } as const

/** Undefined where the server answers, and says that what it holds cannot be read. */
async function unlessDamaged<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading
  } catch (cause) {
    if (isDamage(cause)) return undefined
    throw cause
  }
}

/** All that the copy holds is back, and what would be lost is nobody's to say. Unread then and unread now is the same: not how the server says it. */
async function wholeUnread(copy: Side | undefined, key: Uint8Array, limits: Limits): Promise<DatabaseLoss> {
  const alone = copy === undefined ? undefined : await lossOfDatabase(undefined, copy, key, limits)
  const rows = (alone?.tables ?? [])
    .filter(({ table }) => table !== OTHER_PARTS.definitions)
    .reduce((sum, { back }) => sum + back, 0)
  const table: TableLoss = {
    table: OTHER_PARTS.whole,
    by: 'row',
    live: 0,
    copy: rows,
    gone: 0,
    changed: 0,
    back: rows,
    isUnread: true,
  }
  const digest = createHmac('sha256', key).update(`unread ${alone?.digest}\n`).digest('hex')
  return { tables: [table], keys: [], digest }
}

interface Found {
  readonly key: Uint8Array
  readonly hmac: Hmac
  readonly tables: TableLoss[]
  readonly keys: DatabaseLoss['keys'][number][]
}

/** How many of them are compared: fewer than all only where the live side cannot read the next one. */
async function compareAll(
  plans: readonly Plan[],
  { live, copy }: { readonly live: Side | undefined; readonly copy: Side | undefined },
  found: Found,
  limits: Limits,
): Promise<number> {
  // With no table of its own a side is asked for nothing, wherever it is asked.
  const [left, right] = [live ?? copy, copy ?? live]
  assert(left !== undefined && right !== undefined, 'one of the two is there')
  const sides = [
    rows(
      left,
      plans.map((plan) => plan.live),
      limits,
    ),
    rows(
      right,
      plans.map((plan) => plan.copy),
      limits,
    ),
  ] as const
  let done = 0
  try {
    for (const plan of plans) {
      await compareOne(plan, sides, found)
      done++
    }
    for (const side of sides) await side.ended()
    return done
  } catch (cause) {
    if (live === undefined || cause !== sides[0].failed() || done === plans.length || !isDamage(cause))
      throw cause
    return done
  } finally {
    for (const side of sides) side.stop()
  }
}

async function compareOne(
  { table, by, kinds, isUnread }: Plan,
  [ours, theirs]: readonly [Rows, Rows],
  found: Found,
): Promise<void> {
  const hmac = createHmac('sha256', found.key)
  const keys: Found['keys'] = []
  const shown = { gone: 0, changed: 0, back: 0 }
  for (const { list } of found.keys) shown[list]++
  // How a record reads now is part of what is lost: one that is written once more makes it another loss.
  const note: Note = (list, hex, digests) => {
    hmac.update(`${list} ${table} ${hex} ${digests}\n`)
    if (by === 'key' && shown[list]++ < KEYS_SHOWN)
      keys.push({ list, table, key: keyText(Buffer.from(hex, 'hex').toString('utf8'), kinds) })
  }
  const counts = await merge(ours, theirs, note)
  const one: TableLoss = { table, by, ...counts, ...(isUnread === true ? { isUnread } : {}) }
  // Nothing of a table that could be read halfway stays.
  found.hmac.update(`${JSON.stringify(one)} ${hmac.digest('hex')}\n`)
  found.tables.push(one)
  found.keys.push(...keys)
}

async function definitionsOf(side: Side | undefined, limits: Limits): Promise<string | undefined> {
  return side === undefined ? undefined : await schemaDigest(side.cluster, side.database, limits)
}

const NOTHING = 'SELECT WHERE false'

interface Plan {
  readonly table: string
  readonly by: 'key' | 'row'
  readonly kinds: readonly KeyKind[]
  readonly live: string
  readonly copy: string
  /** The live side cannot read it: it is asked for nothing. */
  readonly isUnread?: true
}

function unread(plan: Plan): Plan {
  return { ...plan, live: NOTHING, isUnread: true }
}

type Named = Shape & { readonly schema: string; readonly name: string }

function planOf(table: string, live: Named | undefined, copy: Named | undefined): Plan {
  const known = live ?? copy
  const sameKey = live === undefined || copy === undefined || live.key.join('\0') === copy.key.join('\0')
  const by = known !== undefined && known.key.length > 0 && sameKey ? 'key' : 'row'
  return {
    table,
    by,
    kinds: known?.kinds ?? [],
    live: statementOf(live, by, copy),
    copy: statementOf(copy, by, live),
  }
}

/** Each row as `KEY DIGEST`, in the order of the bytes of its key. Columns that only one side has make every row another. */
function statementOf(shape: Named | undefined, by: 'key' | 'row', other: Named | undefined): string {
  if (shape === undefined) return NOTHING
  const from = `ONLY ${identifier(shape.schema)}.${identifier(shape.name)} t`
  const same = other === undefined || shape.columns.join('\0') === other.columns.join('\0')
  const row = `ROW(${shape.columns.map((column) => `t.${identifier(column)}`).join(', ')})::text`
  const text = same ? row : `${literal(shape.columns.join(', '))} || ${row}`
  const digest = digestOf(text)
  // Rows without a key have no order but that of what they hold; equal ones are counted against each other.
  if (by === 'row')
    return `SELECT d || ' ' || d FROM (SELECT ${digest} AS d FROM ${from}) r ORDER BY d COLLATE "C"`
  const key = hexOf(shape.key.map((column) => `t.${identifier(column)}`).join(', '))
  return `SELECT ${key} || ' ' || ${digest} FROM ${from} ORDER BY ${key} COLLATE "C"`
}

/** A row as text is what the types of its columns write (record_out): no cast, of which anybody may have made one, is asked. */
function hexOf(columns: string): string {
  return `encode(convert_to(ROW(${columns})::text, 'UTF8'), 'hex')`
}
function digestOf(text: string): string {
  return `encode(sha256(convert_to(${text}, 'UTF8')), 'hex')`
}

/** By their number. They may be larger than a value can be: their pages are hashed one by one. */
const OBJECT = `SELECT ${hexOf('m.oid')} || ' ' || coalesce((
    SELECT ${digestOf(`string_agg(l.pageno || ' ' || encode(sha256(l.data), 'hex'), ',' ORDER BY l.pageno)`)}
    FROM pg_largeobject l WHERE l.loid = m.oid), '-')
  FROM pg_largeobject_metadata m ORDER BY ${hexOf('m.oid')} COLLATE "C"`
function objectsOf(live: Side | undefined, copy: Side | undefined): Plan {
  return {
    table: OTHER_PARTS.objects,
    by: 'key',
    kinds: ['n'],
    live: live === undefined ? NOTHING : OBJECT,
    copy: copy === undefined ? NOTHING : OBJECT,
  }
}

async function hasObjects(side: Side | undefined, limits: Limits): Promise<boolean> {
  if (side === undefined) return false
  const { cluster, database } = side
  return (
    (await ask(cluster, database, 'SELECT to_json(EXISTS (SELECT FROM pg_largeobject_metadata))', limits)) ===
    true
  )
}

/** A transaction holds a lock of each table and index that it has read, and all that a cluster has for everybody are some thousands. */
const AT_ONCE = 200
const BEGIN = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'

/** Tables of one side, so many in one moment; a line `#` ends each. Of thousands of tables this is more than arguments of a program may be. */
function read(side: Side, statements: readonly string[], limits: Limits): Launched {
  return psqlScript(
    side.cluster,
    side.database,
    [
      BEGIN,
      ...statements.flatMap((one, at) => [
        ...(at > 0 && at % AT_ONCE === 0 ? ['COMMIT', BEGIN] : []),
        `COPY (${one}) TO STDOUT`,
        "COPY (SELECT '#') TO STDOUT",
      ]),
      'COMMIT',
    ],
    limits,
    { settings: SETTINGS },
  )
}

interface Rows {
  /** The next row of this table; undefined at its end. */
  readonly next: () => Promise<string | undefined>
  /** Throws where it did not end as it should. */
  readonly ended: () => Promise<void>
  /** What was thrown, if anything. */
  readonly failed: () => SekishoError | undefined
  readonly stop: () => void
}

function rows(side: Side, statements: readonly string[], limits: Limits): Rows {
  const launched = read(side, statements, limits)
  const source = (launched.stdout ?? Readable.from([]))[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  // Asked for at once: what a program leaves unread when it ends is thrown away.
  let coming = source.next()
  coming.catch(() => {})
  let lines: string[] = []
  let at = 0
  let rest = ''
  let failed: SekishoError | undefined
  const fail = (why: string) => {
    failed = new SekishoError('backup.db_query_failed', { database: side.database, why })
    return failed
  }
  return {
    next: async () => {
      while (at >= lines.length) {
        const { value, done } = await coming
        if (done === true) throw fail(failureOf(await launched.done) ?? 'it ended early')
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
    ended: async () => {
      const why = failureOf(await launched.done)
      if (why !== undefined) throw fail(why)
    },
    failed: () => failed,
    stop: () => launched.stop(),
  }
}

type Note = (list: 'gone' | 'changed' | 'back', key: string, digests: string) => void

async function merge(live: Rows, copy: Rows, note: Note): Promise<Omit<TableLoss, 'table' | 'by'>> {
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
  return count
}

async function shapesOf(side: Side | undefined, limits: Limits): Promise<ReadonlyMap<string, Named>> {
  if (side === undefined) return new Map()
  const value = await ask(side.cluster, side.database, SHAPES, limits)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return new Map()
  return new Map(
    Object.entries(value as Record<string, Json>).map(([table, shape]) => [table, shape as unknown as Named]),
  )
}
