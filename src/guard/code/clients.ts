// Clients of HTTP in the libraries of the languages: one that is made for an address, a method by its name or by a word, a request that
// is made first and sent after.
import { prefix } from '../value.ts'
import { asking, download } from './effects.ts'
import { takingAway } from './kits.ts'
import type { Action, Given } from './language.ts'
import { type Code, joined, NONE, originsOf, plain, textOf } from './value.ts'

export const CLIENT = '@http'
const REQUEST = '@request'

const METHOD = /^(?:get|head|options|trace|post|put|patch|delete)$/i
const READS = /^(?:get|head|options|trace)$/i
const ADDRESS = /^(?:https?:\/\/|(?:localhost|127\.0\.0\.1|\[::1\])(?=[:/]|$))/i

const startOf = (code: Code | undefined): string => prefix(code?.values?.[0] ?? [])
const isAddress = (code: Code | undefined): boolean => ADDRESS.test(startOf(code))

/** A field of the records among the arguments, or an argument by its name. */
function fieldOf(given: Given, ...names: readonly string[]): Code | undefined {
  for (const name of names) {
    const found =
      given.named.get(name) ?? given.all.find(({ fields }) => fields?.has(name))?.fields?.get(name)
    if (found !== undefined) return found
  }
  return undefined
}

/** The address that host, port and path make. */
function composed(host: Code | undefined, port: Code | undefined, path: Code | undefined): Code | undefined {
  if (host?.values === undefined) return undefined
  const start = isAddress(host) && startOf(host).includes('://') ? host : joined(textOf('http://'), host)
  const place = port?.values === undefined ? start : joined(joined(start, textOf(':')), port)
  return path?.values === undefined ? place : joined(place, path)
}

/** `Client(base_url=…)`, `new Client({ baseURL })`, `HTTPConnection(host, port)`. */
export const client: Action = (_, given) => {
  const named = fieldOf(given, 'base_url', 'base_uri', 'baseURL', 'baseUrl', 'prefixUrl', 'url')
  const [host, port] = given.all
  const base =
    named ?? (host?.values === undefined ? undefined : composed(host, port?.values && port, undefined))
  return { name: CLIENT, ...(base?.values === undefined ? {} : { values: base.values }) }
}

/** A path of a client is below the address that it was made for. */
function below(on: Code, url: Code | undefined): Code | undefined {
  if (on.name !== CLIENT || on.values === undefined || url?.values === undefined || isAddress(url)) return url
  return joined(startOf(url).startsWith('/') ? on : joined(on, textOf('/')), url)
}

const sent = (given: Given, place: number): Given => {
  const url = below(given.on, given.all[place] ?? fieldOf(given, 'url', 'uri'))
  return { ...given, all: [url ?? NONE, ...given.all.slice(place + 1)] }
}

const by =
  (method: string, place = 0): Action =>
  (reader, given) =>
    READS.test(method)
      ? download(reader, sent(given, place))
      : asking(method.toUpperCase())(reader, sent(given, place))

/** A function of a library that does nothing else: `requests.delete(url)`. */
export const calling = (method: string): Action => by(method)

/** `client.delete(url)`: of a client, or with an address; a method of that name on anything else is another thing. */
const method =
  (name: string): Action =>
  (reader, given) =>
    given.on.name === CLIENT || isAddress(given.all[0]) ? by(name)(reader, given) : undefined

/** `request('DELETE', url)`, `request(method='DELETE', url=url)`, `request(requestMadeBefore)`. */
export const byWord: Action = (reader, given) => {
  const [first, second] = given.all
  const word = plain(fieldOf(given, 'method')) ?? plain(first)
  if (first?.name === REQUEST) {
    const verb = plain(first.fields?.get('method')) ?? 'ANY'
    return READS.test(verb)
      ? undefined
      : asking(verb)(reader, { ...given, all: [below(given.on, first) ?? NONE] })
  }
  if (word === undefined || !METHOD.test(word)) return undefined
  if (fieldOf(given, 'method') !== undefined) return by(word)(reader, given)
  const isMeant =
    given.on.name === CLIENT ||
    isAddress(second) ||
    (/^[A-Z]+$/.test(word) && startOf(second).startsWith('/'))
  return isMeant ? by(word, 1)(reader, given) : undefined
}

/** A request that is made now and sent later; where its address is whole it is told at once. */
export const requestOf =
  (verb?: string): Action =>
  (reader, given) => {
    const key =
      verb ?? [...given.named.keys()].find((name) => METHOD.test(name)) ?? plain(given.all[0]) ?? 'ANY'
    const url =
      verb === undefined
        ? (given.named.get(key) ?? (METHOD.test(plain(given.all[0]) ?? '') ? given.all[1] : given.all[0]))
        : given.all[0]
    const name = key.toUpperCase()
    if (!READS.test(name)) asking(name)(reader, { ...given, all: [url ?? NONE] })
    return {
      name: REQUEST,
      ...(url?.values === undefined ? {} : { values: url.values }),
      fields: new Map([['method', textOf(name)]]),
    }
  }

/** `request({ host, port, path, method })`, `request(url, { method })`, `request({ url, method })`. */
export const fetching: Action = (reader, given) => {
  const [first, second] = given.all
  const options = first?.fields === undefined ? second?.fields : first.fields
  const word = plain(options?.get('method') ?? given.named.get('method'))
  const made = composed(
    options?.get('hostname') ?? options?.get('host'),
    options?.get('port'),
    options?.get('path'),
  )
  const named = options?.get('url') ?? options?.get('uri') ?? fieldOf(given, 'url', 'uri')
  const own = first?.values === undefined ? undefined : first
  const url = below(given.on.name === CLIENT ? given.on : NONE, own ?? named ?? made) ?? NONE
  const verb = word ?? plain(first?.name === REQUEST ? first.fields?.get('method') : undefined) ?? 'GET'
  // What was said when the request was made is not said again.
  if (first?.name === REQUEST && word === undefined)
    return { name: '@response', origins: [{ from: 'network' }] }
  const asked = { ...given, all: [url, ...given.all.slice(first?.fields === undefined ? 1 : 0)] }
  return READS.test(verb) ? download(reader, asked) : asking(verb.toUpperCase())(reader, asked)
}

/** Two meanings of one name: the second where the first says nothing. */
export const eitherOf =
  (one: Action, two: Action): Action =>
  (reader, given) =>
    one(reader, given) ?? two(reader, given)

/** What is no client keeps where it came from. */
const kept: Action = (_, given) => {
  const origins = originsOf(given.on, ...given.all)
  return origins.length === 0 ? undefined : { origins }
}

export const deleting: Action = (reader, given) =>
  method('DELETE')(reader, given) ?? takingAway(reader, given)
const getting: Action = (reader, given) => (given.on.name === CLIENT ? by('GET')(reader, given) : undefined)

/** One of the rows of a query is still of that query. */
const chained: Action = (_, { on }) =>
  on.name === undefined || on.name.startsWith('@') || on.name.length > 160
    ? undefined
    : { name: `${on.name}.get()` }

/** Methods of clients, whatever the language is. */
export const HTTP_METHODS: readonly (readonly [string, Action])[] = (
  [
    ['delete del DELETE', deleting],
    ['put PUT', method('PUT')],
    ['patch PATCH', method('PATCH')],
    ['post POST post_form', method('POST')],
    ['request send_request stream urlopen', byWord],
    ['cancel void', takingAway],
  ] as const
)
  .map(([names, action]): readonly [string, Action] => [names, eitherOf(action, kept)])
  .concat([['get', eitherOf(getting, eitherOf(kept, chained))]])

/** Functions of libraries under their names, method by method. */
export const libraries = (names: string): readonly (readonly [string, Action])[] =>
  ['delete', 'put', 'patch', 'post'].map((verb) => [
    names
      .split(' ')
      .map((name) => `${name}.${verb}`)
      .join(' '),
    calling(verb),
  ])
