// What the tables of the languages share: folding of texts, methods that mean the same everywhere.
import { concat, distinct, type Value } from '../value.ts'
import { connecting, database, sqlText } from './effects.ts'
import { SDK_METHODS } from './kits.ts'
import type { Action, Given } from './language.ts'
import { type Code, decoded, globbed, joined, NONE, originsOf, plain, textOf, valuesOf } from './value.ts'

/** A table from lists of names. */
export function table(...rows: readonly (readonly [string, Action])[]): ReadonlyMap<string, Action> {
  const all = new Map<string, Action>()
  for (const [names, action] of rows) for (const name of names.split(' ')) all.set(name, action)
  return all
}

export const values = (rows: Readonly<Record<string, Code>>): ReadonlyMap<string, Code> =>
  new Map(Object.entries(rows))

/** A variable by its name, where the line has given it. */
export const variable: Action = ({ tell }, given) => tell.given.get(`$${plain(given.all[0]) ?? ''}`)

/** The call makes what its first argument is, or what it is called on. */
export const same: Action = (_, given) => given.all[0] ?? given.on
export const sameBase: Action = (_, given) => given.on
/** The receiver of a method is the text it works on; where it has none, the first argument is. */
const receiver = (given: Given): Code =>
  given.on.values !== undefined || given.on.list !== undefined || given.on.origins !== undefined
    ? given.on
    : (given.all[0] ?? NONE)

export const onText =
  (change: (source: string, given: Given) => string | undefined): Action =>
  (_, given) => {
    const code = receiver(given)
    const source = plain(code)
    const made = source === undefined ? undefined : change(source, given)
    return made === undefined ? { origins: originsOf(code) } : { ...textOf(made), origins: originsOf(code) }
  }

/** Base 64: what is known is decoded, what is not comes out of a decoder. */
export const decodeBase64: Action = (_, given) => {
  const code = given.all[0] ?? given.on
  const source = plain(code)
  const made = source === undefined ? undefined : decoded(source)
  return made === undefined ? { origins: [{ from: 'decoder' }, ...originsOf(code)] } : textOf(made)
}
export const decoder: Action = (_, given) => ({
  origins: [{ from: 'decoder' }, ...originsOf(given.all[0] ?? given.on)],
})
export const fromHex: Action = (_, given) => {
  const source = plain(given.all[0] ?? given.on)?.replace(/\s+/g, '')
  if (source === undefined || source.length > 20_000 || !/^(?:[0-9a-fA-F]{2})*$/.test(source))
    return decoder(undefined as never, given)
  return textOf(
    (source.match(/../g) ?? []).map((one) => String.fromCharCode(Number.parseInt(one, 16))).join(''),
  )
}
export const rot13 = (source: string): string =>
  source.replace(/[a-zA-Z]/g, (one) =>
    String.fromCharCode(
      (one <= 'Z' ? 90 : 122) >= one.charCodeAt(0) + 13 ? one.charCodeAt(0) + 13 : one.charCodeAt(0) - 13,
    ),
  )

export const reversed = onText((source) => Array.from(source).reverse().join(''))

export const character: Action = (_, given) => {
  const codes = given.all.map((one) => Number(plain(one) ?? Number.NaN))
  return codes.every((one) => Number.isInteger(one) && one >= 0 && one < 0x110000) && codes.length > 0
    ? textOf(String.fromCodePoint(...codes))
    : NONE
}

/** Paths put together. */
export const joinPath: Action = (_, given) => {
  if (given.all.length === 0) return given.on
  const all = given.on.name === '@path' ? [given.on, ...given.all] : given.all
  let made: readonly Value[] = [[]]
  for (const [i, one] of all.entries())
    made = distinct(
      made.flatMap((before) =>
        valuesOf(one).map((value) => {
          const [first] = value
          return i === 0 || (typeof first === 'string' && first.startsWith('/'))
            ? value
            : concat(before, ['/'], value)
        }),
      ),
    )
  return { values: made, name: '@path', origins: originsOf(...all) }
}
export const asPath: Action = (reader, given) =>
  given.all.length > 1
    ? joinPath(reader, { ...given, on: NONE })
    : { ...(given.all[0] ?? textOf('.')), name: '@path' }
export const aPath: Action = (_, given) => ({ ...given.on, name: '@path' })
export const glob: Action = (_, given) => {
  const one = given.all[0]
  const pattern = plain(one)
  if (pattern === undefined) return NONE
  const root = given.on.name === '@path' ? given.on : undefined
  const made: Code = { values: [globbed(pattern)] }
  return { ...(root === undefined ? made : joined(joined(root, textOf('/')), made)), name: '@glob' }
}
export const entries: Action = (_, given) => {
  const root = given.all[0] ?? given.on
  if (root.values === undefined) return NONE
  return { values: root.values.map((value) => concat(value, ['/', { wild: 'component' }])), name: '@glob' }
}
export const joinList: Action = (_, given) => {
  const list = given.on.list ?? given.all.find((one) => one.list !== undefined)?.list
  const text =
    given.all.find((one) => one.values !== undefined) ?? (given.on.list === undefined ? given.on : textOf(''))
  if (list === undefined) return { origins: originsOf(given.on, ...given.all) }
  return list.reduce<Code>((all, one, i) => (i === 0 ? one : joined(joined(all, text), one)), textOf(''))
}
export const splitText: Action = (_, given) => {
  const source = plain(receiver(given))
  const mark = plain(given.on.values === undefined ? given.all[1] : given.all[0])
  if (source === undefined) return NONE
  return {
    list: (mark === undefined || mark === ' ' ? source.trim().split(/\s+/) : source.split(mark))
      .slice(0, 200)
      .map((one) => textOf(one)),
  }
}
export const replaceText = onText((source, { on, all }) => {
  const [from, to] = on.values === undefined ? [plain(all[0]), plain(all[1])] : [plain(all[0]), plain(all[1])]
  return from === undefined || to === undefined ? undefined : source.replaceAll(from, to)
})
export const formatText: Action = (_, given) => {
  const source = plain(given.on.values === undefined ? given.all[0] : given.on)
  if (source === undefined) return NONE
  const list = given.on.values === undefined ? given.all.slice(1) : given.all
  let at = 0
  return source
    .split(/(%[-\d.]*[sdi]|\{\w*\})/)
    .reduce<Code>(
      (all, part, i) => joined(all, i % 2 === 0 ? textOf(part) : (list[at++] ?? NONE)),
      textOf(''),
    )
}

const isEverything = ({ all, on }: Given): boolean => {
  const [filter] = all
  if (filter === undefined) return on.name?.includes('where') !== true && on.name?.includes('filter') !== true
  return filter.fields?.size === 0
}

/** Methods of database libraries: the names are theirs alone. */
export const DATABASE_METHODS = table(
  ...SDK_METHODS,
  [
    'execute executescript executemany query $executeRaw $executeRawUnsafe $queryRaw executeQuery executeUpdate exec_query select_all raw prepare multi_query mysqli_query pg_query sqlite_exec sqlite_query',
    sqlText,
  ],
  [
    'dropDatabase drop_database dropCollection drop_collection drop_all dropSchema dropTable drop_table dropTableIfExists dropAllTables',
    database('db.drop'),
  ],
  [
    'flushall flushdb flushAll flushDb flushDB delete_all destroy_all truncate_tables',
    database('db.truncate'),
  ],
  ['deleteMany delete_many', database('db.delete', (given) => !isEverything(given))],
  [
    'deleteOne delete_one findOneAndDelete find_one_and_delete findByIdAndDelete',
    database('db.delete', () => true),
  ],
  [
    'deleteIndex delete_index clearObjects clear_objects clearIndex clear_index deleteIndices deleteBy delete_by deleteByQuery delete_by_query deleteAllDocuments delete_all_documents',
    database('db.drop'),
  ],
  ['updateMany update_many', database('db.update', () => false)],
)

export const PATH_METHODS = table([
  'exists isfile isdir is_file is_dir stat lstat basename dirname resolve absolute',
  aPath,
])

export { connecting }
