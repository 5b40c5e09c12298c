// The protected paths, made ready to be asked: the rows of the policy and the credentials that every machine has. A path that is written
// out is asked about few of them: whatever names nothing of a row cannot meet it.
import { CREDENTIALS, type CredentialRow } from '../credentials.ts'
import { nameOf, type Path } from '../path.ts'
import { type Compiled, type ProtectRow, pattern } from '../policy.ts'

export type Row = (ProtectRow | CredentialRow) & Pick<CredentialRow, 'send' | 'walks' | 'own'>
export interface Ready {
  readonly row: Row
  /** Somebody wrote it into the policy; the others hold on every machine. */
  readonly declared: boolean
  readonly patterns: readonly Path[]
  readonly exceptions: readonly Path[]
  /** For each pattern a name that every literal path in it holds, or a last name's end; undefined where there is none. */
  readonly needs: readonly Need[]
}
export type Need = { readonly name: string } | { readonly end: string } | undefined

const ready = (row: Row, declared: boolean): Ready => {
  const patterns = row.paths.map(pattern)
  const exceptions = (row.except ?? []).map(pattern)
  return { row, declared, patterns, exceptions, needs: patterns.map(needOf) }
}

function needOf({ segments }: Path): Need {
  const name = segments.map(nameOf).findLast((one) => one !== undefined)
  if (name !== undefined) return { name }
  const last = segments.at(-1)
  const end = last === undefined || last === 'tree' ? undefined : last.at(-1)
  return typeof end === 'string' ? { end } : undefined
}

const ALWAYS: readonly Ready[] = CREDENTIALS.map((row) => ready(row, false))

/** All rows of a policy, and which of them a path can meet by a name that it holds, by how its last name ends, and by where it begins. */
interface Index {
  readonly rows: readonly Ready[]
  readonly byName: ReadonlyMap<string, readonly Ready[]>
  readonly byEnd: ReadonlyMap<string, readonly Ready[]>
  readonly byStart: ReadonlyMap<string, readonly Ready[]>
  /** Nothing can be told from a name. */
  readonly unnamed: readonly Ready[]
}
const made = new WeakMap<Compiled, Index>()

function indexOf(compiled: Compiled): Index {
  const found = made.get(compiled)
  if (found !== undefined) return found
  const declared = new Set(compiled.policy.protect.map(({ name }) => name))
  const rows = [
    ...compiled.protect.map((row) => ready(row, true)),
    ...ALWAYS.filter(({ row }) => !declared.has(row.name)),
  ]
  const index = {
    rows,
    byName: new Map<string, Ready[]>(),
    byEnd: new Map<string, Ready[]>(),
    byStart: new Map<string, Ready[]>(),
    unnamed: [] as Ready[],
  }
  const put = (map: Map<string, Ready[]>, key: string, row: Ready) => {
    const list = map.get(key)
    if (list === undefined) map.set(key, [row])
    else if (list.at(-1) !== row) list.push(row)
  }
  for (const row of rows)
    for (const [i, { segments }] of row.patterns.entries()) {
      const need = row.needs[i]
      if (need === undefined) index.unnamed.push(row)
      else if ('name' in need) put(index.byName, need.name, row)
      else put(index.byEnd, need.end, row)
      if (segments[0] === 'tree') continue
      const start = nameOf(segments[0])
      if (start === undefined) index.unnamed.push(row)
      else put(index.byStart, start, row)
    }
  made.set(compiled, index)
  return index
}

/** The rows that such a path can meet, in the order of the policy; some of them only perhaps. */
export function rowsFor(
  compiled: Compiled,
  asked: {
    readonly names: readonly string[] | undefined
    readonly above: boolean
    readonly wide: boolean
    readonly access: string
  },
): readonly Ready[] {
  const { rows, byName, byEnd, byStart, unnamed } = indexOf(compiled)
  const { names, above, wide, access } = asked
  const [first] = names ?? []
  // Anything may lie in a tree that is sent; the root has no name.
  if (names === undefined || first === undefined || (above && access === 'send')) return rows
  const some = new Set(unnamed)
  for (const name of names) for (const row of byName.get(name) ?? []) some.add(row)
  const last = names.at(-1) ?? ''
  for (const [end, found] of byEnd) if (last.endsWith(end)) for (const row of found) some.add(row)
  // What is done to a tree reaches what lies below it.
  if (wide) for (const row of byStart.get(first) ?? []) some.add(row)
  return some.size === 0 ? [] : rows.filter((row) => some.has(row))
}
