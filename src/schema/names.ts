// Which names a rehearsal tells. SQL that nobody has approved runs on rows of production and may put a value of a row into the name of a table, of a column,
// or of what it asks for in vain. So a name is told where it stands in the SQL itself or in production's catalogue, and nowhere else.
// INVARIANT B7: no value of a row stands in what a rehearsal says.
import { type CatalogueDifference, type CatalogueEntry } from '../plans/catalogue.ts'
import { tokensOf } from '../sql/tokens.ts'

export const UNKNOWN_NAME = '…'
/** A body in a string may hold strings with code of its own. */
const DEPTH = 4

/** Words of our own sentences and of PostgreSQL's: they name nothing. */
const PLAIN: ReadonlySet<string> = new Set(
  `table column constraint index sequence function procedure trigger type schema extension policy rule statistics owner rights aggregate operator cast
   collation search dictionary configuration large object objects exist default as role member of setting database all roles databases view materialized relation
   for to on not null exists does already is are be must may can cannot could values value violates violated by some row rows contains check foreign key unique
   new in insert or update delete duplicate conflicting exclusion create drop because other depend it permission denied superuser a able set
   execute read only transaction canceling statement due user request lock timeout terminating connection administrator command obtain deadlock detected out
   shared memory current aborted commands ignored until end block invalid input syntax enum byte encoding smallint integer bigint date timestamp
   interval numeric field money range overflow division zero no partition found too long character varying text boolean json jsonb uuid real double precision time with
   without zone unknown record void bytea inet name oid parameter available trusted being accessed users error fatal panic sqlstate exit its words
   hold and shown psql did time was stopped started ended server closed unexpectedly earlier session that this which`
    .split(/\s+/)
    .filter((word) => word !== ''),
)

/** States that a server gives of itself; others may be chosen by whoever raises. */
const STATES: ReadonlySet<string> = new Set(
  `0A000 21000 22001 22003 22004 22007 22008 22012 22021 22023 22026 22P02 22P03 22P05 23001 23502 23503 23505 23514 23P01 25001 25006 25P02 25P03 26000 2BP01 3D000 3F000
   40001 40P01 42501 42601 42602 42611 42622 42701 42702 42703 42704 42710 42712 42723 42725 42803 42804 42809 42830 42846 42883 42939 42P01 42P02 42P03 42P06 42P07 42P10
   42P16 42P17 42P18 42P22 53100 53200 53300 53400 54000 54001 54011 54023 55000 55006 55P03 55P04 57014 57P01 57P02 57P03 58030 58P01 P0001 P0004 XX000 XX001 XX002`.split(
    /\s+/,
  ),
)

export class Names {
  readonly #known: ReadonlySet<string>

  constructor(texts: readonly string[], live: readonly CatalogueEntry[]) {
    const known = new Set<string>()
    for (const { at } of live) for (const piece of piecesOf(at)) known.add(piece)
    for (const one of texts) addTokens(one, known, DEPTH)
    this.#known = known
  }

  /** `public.articles`, or the sign for a name that is not told. */
  told(name: string): string {
    return this.#isKnown(name) ? name : UNKNOWN_NAME
  }

  /** The same of each key; numbers of those that are not told are one, the largest. */
  keys<T>(of: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
    return Object.fromEntries(Object.entries(of).map(([name, value]) => [this.told(name), value]))
  }

  entries(all: readonly CatalogueDifference[]): readonly CatalogueDifference[] {
    return all.filter(({ at }) => this.#isKnown(at))
  }

  /** An error of the server or of psql, already scrubbed of rows. */
  message(why: string): string {
    return why
      .replace(/"([^"]*)"/g, (_, name: string) => `"${this.told(name)}"`)
      .replace(/\(SQLSTATE (\w{5})\)/g, (all, state: string) => (STATES.has(state) ? all : ''))
      .replace(/(?<!["\w$.…-])[\p{L}\p{N}_$@.-]+(?!["\w])/gu, (word, at: number, all: string) =>
        STATES.has(word) || all.slice(0, at).endsWith('exit ') || this.#isKnown(word) ? word : UNKNOWN_NAME,
      )
      .trim()
  }

  #isWord(piece: string): boolean {
    const lower = piece.toLowerCase()
    return this.#known.has(piece) || this.#known.has(lower) || PLAIN.has(lower)
  }

  #isKnown(name: string): boolean {
    return name
      .split('.')
      .every((part) => this.#known.has(part) || piecesOf(part).every((piece) => this.#isWord(piece)))
  }
}

const piecesOf = (name: string): readonly string[] =>
  name.split(/[\s.,()[\]:]+/).filter((piece) => piece !== '')

function addTokens(text: string, known: Set<string>, depth: number): void {
  for (const { kind, text: token } of tokensOf(text)) {
    if (kind === 'word' || kind === 'name') known.add(token)
    if (kind === 'number') known.add(token)
    if (kind === 'string' && depth > 0) addTokens(token, known, depth - 1)
  }
}
