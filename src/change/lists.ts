// What `status` lists of changes: several lists by one statement, in which a document comes only where its row was written since.
import { type RawBuilder, sql } from 'kysely'
import { assert } from '../base/assert.ts'
import type { ChangeId } from '../base/id.ts'
import { instant } from '../base/time.ts'
import type { ChangeState } from '../contract/change.ts'
import type { Change } from './change.ts'
import { orderOf, type StoredChange } from './store.ts'

export interface ListedStates {
  readonly states: readonly ChangeState[]
  readonly limit: number
  /** In the order in which they were made; else the newest first. */
  readonly oldestFirst?: boolean
}

/** What one statement found, as `ChangesRead` reads it. */
export interface ChangesFound {
  readonly heads: readonly (readonly [list: string, id: ChangeId, written: string])[]
  readonly counts: Readonly<Partial<Record<ChangeState, number>>>
  readonly fresh: readonly {
    readonly id: ChangeId
    readonly written: string
    readonly version: number
    readonly at: string
    readonly size: number
    readonly document: Change
  }[]
}

/** What is kept of documents between two readings, in characters of their JSON. */
const KEPT_CHARACTERS = 2_000_000

/**
 * Several lists of changes, the one that was closed last and how many are in each state, by one statement that is a part of a larger one.
 * A document that was read before comes again only when its row was written since: by its version, its time and the transaction that
 * wrote it. What is shown is therefore always what stands in the store at that moment.
 */
export class ChangesRead<Name extends string> {
  readonly #lists: Readonly<Record<Name, ListedStates>>
  readonly #kept = new Map<ChangeId, { readonly written: string; readonly stored: StoredChange }>()
  #characters = 0

  constructor(lists: Readonly<Record<Name, ListedStates>>) {
    this.#lists = lists
  }

  /** One reading: its query, one value of JSON, and what to do with the answer. `first`: in this list those of one person come first. */
  begin(first?: { readonly list: Name; readonly of: string }): {
    readonly query: RawBuilder<ChangesFound>
    readonly take: (found: ChangesFound) => ChangesSeen<Name>
  } {
    // Another reading may end meanwhile and forget: this one holds what it has told the store that it knows.
    const known = new Map(this.#kept)
    return { query: this.#query(known, first), take: (found) => this.#take(known, found) }
  }

  /** What does not change between two readings stands in the text. */
  #query(known: Known, first?: { readonly list: Name; readonly of: string }): RawBuilder<ChangesFound> {
    const all = Object.entries<ListedStates>(this.#lists)
    const inStates = (states: readonly ChangeState[]) =>
      sql`state in (${sql.join(states.map((state) => sql.lit(state)))})`
    const lists = all.map(([name, list]) => {
      const own = first?.list === name ? { firstOf: first.of } : {}
      return sql`(select ${sql.lit(name)} as list, row_number() over (order by ${orderOf({ ...list, ...own })}) as place,
          id, ${WRITTEN} as written
        from change where ${inStates(list.states)} order by place limit ${sql.lit(list.limit)})`
    })
    const counted = [...new Set(all.flatMap(([, { states }]) => states))]
    const have = [...known].map(([id, { written }]) => `${id} ${written}`)
    return sql`(with head as materialized (${sql.join(lists, sql` union all `)}
        union all (select 'closed', 1, id, ${WRITTEN} from change where state = 'closed' order by updated_at desc limit 1))
      select json_build_object(
        'heads', (select coalesce(json_agg(json_build_array(list, id, written) order by list, place), '[]') from head),
        'counts', (select coalesce(json_object_agg(state, count), '{}')
          from (select state, count(*) from change where ${inStates(counted)} group by state) as counted),
        'fresh', (select coalesce(json_agg(json_build_object('id', id, 'written', ${WRITTEN}, 'version', version, 'at', updated_at,
            'size', length(document::text), 'document', document)), '[]')
          from change where id in (select id from head where not id || ' ' || written = any(${have}::text[])))))`
  }

  #take(known: Known, { heads, counts, fresh }: ChangesFound): ChangesSeen<Name> {
    const read: Known = new Map(
      fresh.map(({ id, written, version, at, document }) => [
        id,
        { written, stored: { change: document, version, updatedAt: instant(Date.parse(at)) } },
      ]),
    )
    const found = heads.map(([list, id, written]) => {
      const one = read.get(id) ?? known.get(id)
      assert(one?.written === written, 'what the store does not send again is known here as it is there')
      return { list, id, written, stored: one.stored }
    })
    this.#keep(fresh, read)
    const named = (name: string) => found.flatMap(({ list, stored }) => (list === name ? [stored] : []))
    const [closed] = named('closed')
    return {
      lists: Object.fromEntries(
        Object.keys(this.#lists).map((name) => [name, named(name)]),
      ) as unknown as ChangesSeen<Name>['lists'],
      ...(closed === undefined ? {} : { closed }),
      written: new Map(found.map(({ id, written }) => [id, written])),
      count: (...states) => states.reduce((sum, state) => sum + (counts[state] ?? 0), 0),
    }
  }

  #keep(fresh: ChangesFound['fresh'], read: Known): void {
    const size = fresh.reduce((sum, one) => sum + one.size, 0)
    if (this.#characters + size > KEPT_CHARACTERS) {
      this.#kept.clear()
      this.#characters = 0
    }
    if (size > KEPT_CHARACTERS) return
    this.#characters += size
    for (const [id, one] of read) this.#kept.set(id, one)
  }
}

type Known = ReadonlyMap<ChangeId, { readonly written: string; readonly stored: StoredChange }>

export interface ChangesSeen<Name extends string> {
  /** Each in its order. */
  readonly lists: Readonly<Record<Name, readonly StoredChange[]>>
  /** The one that was closed last. */
  readonly closed?: StoredChange
  /** Names one state of one change: what was computed of it holds as long as this is the same. */
  readonly written: ReadonlyMap<ChangeId, string>
  readonly count: (...states: readonly ChangeState[]) => number
}

/** Another text after each write of the row, whoever wrote it. */
const WRITTEN = sql`concat_ws(' ', version, xmin, ctid, extract(epoch from updated_at))`
