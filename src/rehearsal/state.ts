// What files and tables hold at one moment, and in what two moments differ. Records in JSON and rows are compared by what they hold, so that a difference has the
// name of a field; everything else by its bytes.
import { closeSync, readFileSync } from 'node:fs'
import { isObject, type Json, parseJson } from '../base/json.ts'
import type { PathDifference } from '../plans/receipt.ts'
import { openToRead, openTree } from '../tree/openat.ts'
import { walk } from '../tree/walk.ts'
import { type ComparedPlace, differencesOf, type Fingerprints, fingerprintsOf } from './fingerprint.ts'

/** Of one table: its rows, and for each column a sum of what it holds. */
export interface TableState {
  readonly table: string
  readonly rows: number
  readonly sums: Readonly<Record<string, string>>
}

export interface State {
  readonly files: Fingerprints
  /** Of files of JSON that are small enough to be kept. */
  readonly records: ReadonlyMap<string, string>
  readonly tables: ReadonlyMap<string, TableState>
}

export interface Differing {
  /** A path, or `table SCHEMA.NAME`. */
  readonly path: string
  readonly field: PathDifference['field']
  /** Where in the file, or which column. */
  readonly at?: string
  /** `declared`: only in what the rules let differ. `rewritten`: the same records in other bytes. */
  readonly how: 'different' | 'declared' | 'rewritten'
  readonly declared: readonly string[]
}

const FILE_MAX = 1_048_576
const ALL_MAX = 67_108_864

export async function stateOf(
  places: readonly ComparedPlace[],
  leave: readonly string[],
  baseUid: number,
  tables: readonly TableState[] = [],
): Promise<State> {
  return {
    files: await fingerprintsOf(places, leave, baseUid),
    records: recordsOf(places),
    tables: new Map(tables.map((one) => [one.table, one])),
  }
}

function recordsOf(places: readonly ComparedPlace[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  let left = ALL_MAX
  for (const { root, path } of places) {
    const fd = openTree(root)
    try {
      for (const seen of walk(fd, { failed: () => {} })) {
        const size = Number(seen.stat.size)
        if (seen.type !== 'file' || size > FILE_MAX || size > left || !seen.path.toString().endsWith('.json'))
          continue
        const text = textOf(seen.parent, seen.name)
        if (text === undefined) continue
        left -= size
        found.set(`${path}/${seen.path.toString()}`, text)
      }
    } finally {
      closeSync(fd)
    }
  }
  return found
}

function textOf(parent: number, name: Buffer): string | undefined {
  try {
    const fd = openToRead(parent, name)
    try {
      return readFileSync(fd, 'utf8')
    } finally {
      closeSync(fd)
    }
  } catch {
    return undefined
  }
}

/** In order of paths, then of tables. `declared`: names of fields and columns that may differ. */
export function differing(before: State, now: State, declared: readonly string[]): readonly Differing[] {
  return [...inFiles(before, now, declared), ...inTables(before, now, declared)]
}

function inFiles(before: State, now: State, declared: readonly string[]): readonly Differing[] {
  return differencesOf(before.files, now.files, 'back').map(({ path, field }): Differing => {
    const different: Differing = { path, field, how: 'different', declared: [] }
    if (field !== 'content') return different
    const [was, is] = [jsonOf(before.records.get(path)), jsonOf(now.records.get(path))]
    if (was === undefined || is === undefined) return different
    const places = fieldsOf(was, is)
    const others = places.filter(({ name }) => !declared.includes(name))
    const names = places.flatMap(({ name }) => (declared.includes(name) ? [name] : []))
    const [first] = others
    if (first !== undefined) return { ...different, at: first.at, declared: names }
    return { ...different, how: places.length === 0 ? 'rewritten' : 'declared', declared: names }
  })
}

function inTables(before: State, now: State, declared: readonly string[]): readonly Differing[] {
  const names = [...new Set([...before.tables.keys(), ...now.tables.keys()])].sort()
  return names.flatMap((table): Differing[] => {
    const [was, is] = [before.tables.get(table), now.tables.get(table)]
    const path = `table ${table}`
    if (was === undefined || is === undefined)
      return [{ path, field: was === undefined ? 'added' : 'missing', how: 'different', declared: [] }]
    if (was.rows !== is.rows)
      return [{ path, field: 'content', at: `${was.rows} → ${is.rows}`, how: 'different', declared: [] }]
    const columns = Object.keys({ ...was.sums, ...is.sums }).filter((one) => was.sums[one] !== is.sums[one])
    if (columns.length === 0) return []
    const other = columns.find((one) => !declared.includes(one))
    const allowed = columns.filter((one) => declared.includes(one))
    return [
      {
        path,
        field: 'content',
        ...(other === undefined ? {} : { at: other }),
        how: other === undefined ? 'declared' : 'different',
        declared: allowed,
      },
    ]
  })
}

function jsonOf(text: string | undefined): Json | undefined {
  if (text === undefined) return undefined
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

interface FieldPlace {
  readonly name: string
  readonly at: string
}

const FIELDS_MAX = 100

/** Where two values differ: the name of the field, and the way to it. Values are not told. */
export function fieldsOf(was: Json, is: Json): readonly FieldPlace[] {
  const found: FieldPlace[] = []
  const look = (a: Json | undefined, b: Json | undefined, name: string, at: string): void => {
    if (found.length >= FIELDS_MAX) return
    if (Array.isArray(a) && Array.isArray(b)) {
      if (a.length !== b.length) found.push({ name, at: `${at}[${Math.min(a.length, b.length)}]` })
      else for (const [i, one] of a.entries()) look(one, b[i], name, `${at}[${i}]`)
    } else if (isObject(a) && isObject(b)) {
      for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
        look(a[key], b[key], key, at === '' ? key : `${at}.${key}`)
    } else if (a !== b) found.push({ name, at: at === '' ? '.' : at })
  }
  look(was, is, '', '')
  return found
}
