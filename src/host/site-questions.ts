// What to ask of the sites that a change of nginx touches: one GET for each server name and prefix location, and a list of what is not asked, with the
// reason. Pure: from the server blocks before and after the change.
import type { NginxServer, ServerListen } from './nginx-servers.ts'

export interface SiteQuestion {
  /** For people: `https://wiki.example/api/`. */
  readonly url: string
  readonly tls: boolean
  /** A loopback address of this machine. */
  readonly address: string
  readonly port: number
  readonly name: string
  readonly path: string
}

export type WhyNotAsked =
  | 'regex'
  | 'internal'
  | 'authenticated'
  /** A wildcard, a regular expression or a variable: no single name can be asked. */
  | 'name_pattern'
  /** No name, and another server answers who names none. */
  | 'no_name'
  /** It listens on no TCP address of loopback that a plain client can use. */
  | 'not_on_loopback'
  /** Its file is declared secret: no word of it leaves. */
  | 'secret'
  | 'limit'
  /** `where` is how many more there are that are not asked and not listed. */
  | 'more'

export interface NotAsked {
  readonly where: string
  readonly why: WhyNotAsked
}

export interface SiteQuestions {
  readonly ask: readonly SiteQuestion[]
  readonly notAsked: readonly NotAsked[]
}

export interface SiteFacts {
  readonly live: readonly NginxServer[]
  readonly planned: readonly NginxServer[]
  /** Paths that the change writes, removes or links, under every name of them. */
  readonly changed: ReadonlySet<string>
  /** `nginx.conf`: what it says outside of its server blocks holds for all of them. */
  readonly main: string
  readonly isSecret: (path: string) => boolean
}

export const MAX_ASKED = 20
const MAX_LISTED = 100
/** nginx takes it for no server's name but a server's that is called so: the default one answers. */
const ANY_NAME = '_'

/**
 * The planned servers, and what a live one of the same name offers that the plan does not: a socket that is dropped by mistake is a silence. A site
 * that the change removes is not asked.
 */
export function siteQuestions({ live, planned, changed, main, isSecret }: SiteFacts): SiteQuestions {
  const isTouched = touchedBy([...live, ...planned], changed, main)
  const kept = new Set(planned.flatMap(namesOf))
  const stays = (server: NginxServer) => namesOf(server).filter((name) => kept.has(name))
  const all = [
    ...planned.filter(isTouched).map((one) => ofServer(one, namesOf(one), planned, isSecret)),
    ...live.filter(isTouched).map((one) => ofServer(one, stays(one), live, isSecret)),
  ]
  const ask = [
    ...new Map(all.flatMap((one) => one.ask).map((one) => [`${one.address} ${one.url}`, one])).values(),
  ]
  const notAsked = [
    ...new Map(all.flatMap((one) => one.notAsked).map((one) => [`${one.why} ${one.where}`, one])).values(),
  ]
  const beyond = ask.slice(MAX_ASKED).map(({ url }): NotAsked => ({ where: url, why: 'limit' }))
  return { ask: ask.slice(0, MAX_ASKED), notAsked: listed([...notAsked, ...beyond]) }
}

function listed(all: readonly NotAsked[]): readonly NotAsked[] {
  const rest = all.length - MAX_LISTED
  return rest <= 0 ? all : [...all.slice(0, MAX_LISTED), { where: String(rest), why: 'more' }]
}

/** By a file that it is made of or that it names. A changed file of no server (an upstream, the main file) touches all. */
function touchedBy(
  servers: readonly NginxServer[],
  changed: ReadonlySet<string>,
  main: string,
): (server: NginxServer) => boolean {
  const isOf = ({ files, named }: NginxServer, path: string) => files.includes(path) || named.includes(path)
  const touched = (server: NginxServer) => [...changed].some((path) => isOf(server, path))
  return changed.has(main) || !servers.some(touched) ? () => true : touched
}

const namesOf = ({ names }: NginxServer): readonly string[] => {
  const written = names.filter((name) => name !== '')
  return written.length === 0 ? [ANY_NAME] : [...new Set(written)]
}

function ofServer(
  server: NginxServer,
  names: readonly string[],
  all: readonly NginxServer[],
  isSecret: (path: string) => boolean,
): SiteQuestions {
  const secret = server.files.find(isSecret)
  if (secret !== undefined) return { ask: [], notAsked: [{ where: secret, why: 'secret' }] }
  const listen = loopbackListen(server)
  const shown = names.join(' ')
  if (names.length === 0) return { ask: [], notAsked: [] }
  if (listen === undefined)
    return {
      ask: [],
      notAsked: [
        { where: `${shown} ${server.listens.map(({ text }) => text).join(', ')}`, why: 'not_on_loopback' },
      ],
    }
  const isNameless = server.names.every((name) => name === '')
  if (isNameless && !isDefault(server, listen, all))
    return { ask: [], notAsked: [{ where: `${ANY_NAME} ${listen.text}`, why: 'no_name' }] }
  const paths = askedPaths(server)
  const refused = server.locations.flatMap(({ kind, path, internal, authenticated }): NotAsked[] => {
    const where = `${shown} ${path}`
    if (internal || kind === 'named') return [{ where, why: 'internal' }]
    if (kind === 'regex') return [{ where, why: 'regex' }]
    return authenticated ? [{ where, why: 'authenticated' }] : []
  })
  const whole: NotAsked[] =
    paths.length === 0 && server.authenticated ? [{ where: `${shown} /`, why: 'authenticated' }] : []
  const asked = names.map((name) => ({ name, exact: exactName(name) }))
  return {
    ask: asked.flatMap(({ exact }) =>
      exact === undefined ? [] : paths.map((path) => questionOf(listen, exact, path)),
    ),
    notAsked: [
      ...asked.flatMap(({ name, exact }): NotAsked[] =>
        exact === undefined ? [{ where: name, why: 'name_pattern' }] : [],
      ),
      ...refused,
      ...(refused.some(({ where }) => where === `${shown} /`) ? [] : whole),
    ],
  }
}

/** Prefix locations and exact ones that anybody may ask. A server without a location for `/` answers it by itself. */
function askedPaths({ locations, authenticated }: NginxServer): readonly string[] {
  const open = locations.filter(
    (one) =>
      (one.kind === 'prefix' || one.kind === 'exact') &&
      !one.internal &&
      !one.authenticated &&
      one.path.startsWith('/'),
  )
  const hasRoot = locations.some(({ kind, path }) => kind !== 'regex' && path === '/')
  return [...new Set([...(hasRoot || authenticated ? [] : ['/']), ...open.map(({ path }) => path)])]
}

/** `.example.com` is `example.com` and all below it. Undefined where the name stands for many. */
function exactName(name: string): string | undefined {
  const plain = name.startsWith('.') ? name.slice(1) : name
  return /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?$/.test(plain) ? plain.toLowerCase() : undefined
}

/** The TLS one where there are several: it is what people use. */
function loopbackListen({ listens }: NginxServer): ServerListen | undefined {
  const usable = listens.filter(
    ({ at, proxyProtocol }) => at?.proto === 'tcp' && !proxyProtocol && loopbackOf(at) !== undefined,
  )
  return usable.find(({ tls }) => tls) ?? usable[0]
}

function loopbackOf({ address, family }: NonNullable<ServerListen['at']>): string | undefined {
  if (address === '*') return family === 6 ? '::1' : '127.0.0.1'
  return address === '::1' || address.startsWith('127.') ? address : undefined
}

/** The one that nginx takes for a name that no server has. */
function isDefault(server: NginxServer, { at }: ServerListen, all: readonly NginxServer[]): boolean {
  const onSame = all.flatMap((one) =>
    one.listens
      .filter((listen) => listen.at?.port === at?.port && listen.at?.address === at?.address)
      .map((listen) => ({ one, listen })),
  )
  return (onSame.find(({ listen }) => listen.isDefault) ?? onSame[0])?.one === server
}

function questionOf({ at, tls }: ServerListen, name: string, path: string): SiteQuestion {
  const port = at?.port ?? 80
  const address = at === undefined ? '127.0.0.1' : (loopbackOf(at) ?? '127.0.0.1')
  const written = encodeURI(path).replaceAll('?', '%3F').replaceAll('#', '%23')
  const isUsual = port === (tls ? 443 : 80)
  return {
    url: `${tls ? 'https' : 'http'}://${name}${isUsual ? '' : `:${port}`}${written}`,
    tls,
    address,
    port,
    name,
    path: written,
  }
}
