// Entries of a database's catalogue, as the runner reads them, and what differs between two readings. Pure.

/** `column public.articles.title`, with a digest of what it is. */
export interface CatalogueEntry {
  readonly at: string
  readonly is: string
}

/** Owners and rights: what a clone without the roles of production cannot have. */
export function withoutRights(entries: readonly CatalogueEntry[]): readonly CatalogueEntry[] {
  return entries.filter(({ at }) => !/^(owner|rights) /.test(at))
}

/** How the entry begins that holds the order in which the columns of a table stand: `order table public.articles`. */
export const ORDER = 'order table '

export function withoutOrder<T extends { readonly at: string }>(entries: readonly T[]): readonly T[] {
  return entries.filter(({ at }) => !at.startsWith(ORDER))
}

/** Tables whose columns are the same by name and stand in another order. */
export function reorderedIn(differences: readonly CatalogueDifference[]): readonly string[] {
  return differences.flatMap(({ at, how }) =>
    how === 'other' && at.startsWith(ORDER) ? [at.slice(ORDER.length)] : [],
  )
}

export interface CatalogueDifference {
  readonly at: string
  readonly how: 'gone' | 'new' | 'other'
}

/** From the first to the second, in the order of the names. */
export function catalogueDifference(
  before: readonly CatalogueEntry[],
  after: readonly CatalogueEntry[],
): readonly CatalogueDifference[] {
  const then = new Map(before.map(({ at, is }) => [at, is]))
  const now = new Map(after.map(({ at, is }) => [at, is]))
  const found = [...new Set([...then.keys(), ...now.keys()])].sort().flatMap((at): CatalogueDifference[] => {
    const [old, fresh] = [then.get(at), now.get(at)]
    if (old === fresh) return []
    return [{ at, how: old === undefined ? 'new' : fresh === undefined ? 'gone' : 'other' }]
  })
  // Columns that came or went say it already.
  const tables = new Set(
    found.flatMap(({ at, how }) =>
      how !== 'other' && /^(?:table|column) /.test(at) ? (tableOfEntry(at) ?? []) : [],
    ),
  )
  return found.filter(({ at }) => !at.startsWith(ORDER) || !tables.has(at.slice(ORDER.length)))
}

/** `public.articles` of an entry that belongs to a table. */
export function tableOfEntry(at: string): string | undefined {
  const found =
    /^(?:owner |rights |order )?(table|column|constraint|trigger|policy|rule) ([^.]+\.[^.]+)(?:\.|$)/.exec(at)
  return found?.[2]
}
