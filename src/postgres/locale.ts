// By which rules a database orders and folds text: read from the server or from a dump, and given to a database that is made in its place. A database that is
// made without it has the rules of the server's template, and its texts stand in another order.
import type { DatabaseFacts, DatabaseLocale } from '../backup/manifest.ts'
import { SekishoError } from '../base/error.ts'
import { ask, identifier, literal, tell } from './query.ts'
import type { Cluster, Limits, ReadDump } from './types.ts'

/** Whatever the server's release calls its columns. Before PostgreSQL 15 there is only libc. */
export const PROVIDER = `(CASE coalesce(to_jsonb(d) ->> 'datlocprovider', 'c') WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin'
    ELSE to_jsonb(d) ->> 'datlocprovider' END)`
export const LOCALE = `coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale')`
export const RULES = `(to_jsonb(d) ->> 'daticurules')`

/** As SQL of one row of pg_database that is called `d`. */
export const LOCALE_JSON = `json_strip_nulls(json_build_object('provider', ${PROVIDER}, 'name', ${LOCALE}, 'rules', ${RULES}))`

/** What of a statement is written as `KEY = 'text'`, doubled quotes and `E''` included. */
function written(statement: string, key: string): string | undefined {
  const [, escaped, value] = new RegExp(String.raw`\b${key} = (E)?'((?:[^']|'')*)'`).exec(statement) ?? []
  if (value === undefined) return undefined
  const single = value.replaceAll("''", "'")
  return escaped === undefined ? single : single.replaceAll(String.raw`\\`, '\\')
}

/** Of the statement that makes the database, as pg_dump writes it into each dump. Pure. */
export function localeInDump(createDatabase: string): DatabaseLocale {
  const [, provider = 'libc'] = /\bLOCALE_PROVIDER = (\w+)/.exec(createDatabase) ?? []
  const name = written(createDatabase, 'ICU_LOCALE') ?? written(createDatabase, 'BUILTIN_LOCALE')
  const rules = written(createDatabase, 'ICU_RULES')
  return {
    provider: provider.toLowerCase(),
    ...(name === undefined ? {} : { name }),
    ...(rules === undefined ? {} : { rules }),
  }
}

export type Collated = Pick<DatabaseFacts, 'encoding' | 'collate' | 'ctype' | 'locale'>

/** What a database is made with that takes the place of the one in this dump: an older copy says less than its dump. Pure. */
export function collatedAs(facts: Collated, dump: Pick<ReadDump, 'locale'>): Collated {
  const locale = facts.locale ?? dump.locale
  return {
    encoding: facts.encoding,
    collate: facts.collate,
    ctype: facts.ctype,
    ...(locale === undefined ? {} : { locale }),
  }
}

/** For people: `icu de-AT`, `libc ja_JP.UTF-8`. Pure. */
export function localeText({ collate, ctype, locale }: Collated): string {
  const libc = collate === ctype ? collate : `${collate} ${ctype}`
  if (locale === undefined || locale.provider === 'libc') return `libc ${libc}`
  return [locale.provider, locale.name, locale.rules, libc].filter((one) => one !== undefined).join(' ')
}

/** The statement; `major` of the server that runs it. Without a word of its own a database would get what the template has. Pure. */
export function createDatabase(
  made: { readonly name: string; readonly owner: string; readonly major: number },
  { encoding, collate, ctype, locale }: Collated,
): string {
  const { provider, name, rules } = locale ?? { provider: 'libc' }
  const words = [
    `CREATE DATABASE ${identifier(made.name)} OWNER ${identifier(made.owner)} TEMPLATE template0 ENCODING ${literal(encoding)}`,
    `LC_COLLATE ${literal(collate)} LC_CTYPE ${literal(ctype)}`,
  ]
  if (provider !== 'libc' || made.major >= 15) words.push(`LOCALE_PROVIDER ${identifier(provider)}`)
  if (name !== undefined && provider !== 'libc')
    words.push(`${provider === 'builtin' ? 'BUILTIN_LOCALE' : 'ICU_LOCALE'} ${literal(name)}`)
  if (rules !== undefined) words.push(`ICU_RULES ${literal(rules)}`)
  return words.join(' ')
}

export async function majorOf(cluster: Cluster, limits: Limits): Promise<number> {
  const number = await ask(cluster, 'postgres', `SELECT current_setting('server_version_num')`, limits)
  return Math.floor(Number(number) / 10_000)
}

/**
 * What a server answers that has no such locale, another encoding for it, no such provider, or no word for it: wrong object type, invalid value, not supported,
 * invalid definition, syntax, and an ICU that does not open it (which has no code of its own).
 */
const NO_LOCALE = /\(SQLSTATE (?:42809|22023|0A000|42P17|42601|XX000)\)/

/** Makes an empty database. Throws backup.db_locale_missing where this server has no such locale: nothing was made then. */
export async function makeDatabase(
  cluster: Cluster,
  { name, owner, original }: { readonly name: string; readonly owner: string; readonly original: string },
  collated: Collated,
  limits: Limits,
): Promise<void> {
  const major = await majorOf(cluster, limits)
  try {
    await tell(cluster, 'postgres', [createDatabase({ name, owner, major }, collated)], limits)
  } catch (cause) {
    if (!(cause instanceof SekishoError) || !NO_LOCALE.test(String(cause.detail['why']))) throw cause
    throw localeMissing(original, collated, { cause })
  }
}

export function localeMissing(database: string, collated: Collated, how: ErrorOptions = {}): SekishoError {
  return new SekishoError('backup.db_locale_missing', { database, locale: localeText(collated) }, how)
}
