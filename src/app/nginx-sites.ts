// What a site file of nginx says about itself: names, listeners, certificates, logs, and where it sends requests on.

/** A path of a server that sends requests on, or answers them itself. */
export interface NginxLocation {
  readonly path: string
  /** `location = PATH`: this path alone. */
  readonly exact: boolean
  readonly proxies: boolean
}

/** One `server` block. */
export interface NginxServer {
  readonly names: readonly string[]
  readonly listens: readonly { readonly port: number; readonly tls: boolean }[]
  readonly certificate?: string
  /** Prefix and exact locations; those by pattern, internal or with a password are left out. */
  readonly locations: readonly NginxLocation[]
}

export interface NginxSite {
  readonly servers: readonly NginxServer[]
  /** Private keys that it names. */
  readonly keys: readonly string[]
  /** All logs that it writes, the first of each kind first. */
  readonly errorLogs: readonly string[]
  readonly accessLogs: readonly string[]
  /** Unix sockets to which it sends requests. */
  readonly sockets: readonly string[]
  readonly serverNames: readonly string[]
  readonly listens: readonly string[]
  readonly certificates: readonly string[]
  readonly errorLog?: string
  readonly accessLog?: string
  /** Ports on this host to which it sends requests. */
  readonly ports: readonly number[]
  /** Where it sends requests, but not to a port of this host that could be read here. */
  readonly elsewhere: readonly string[]
}

interface Directive {
  readonly name: string
  readonly words: readonly string[]
  readonly block?: readonly Directive[]
}

const MAX_DEPTH = 20

/** Total: text that is not nginx's language gives what could be read up to there. */
export function readSite(text: string): NginxSite {
  const all = flatten(parse(tokens(text), { at: 0 }, 0))
  const upstreams = new Map(
    all.flatMap(({ name, words, block }) =>
      name === 'upstream' && block !== undefined
        ? [
            [
              words[0] ?? '',
              block.filter((one) => one.name === 'server').map((one) => one.words[0] ?? ''),
            ] as const,
          ]
        : [],
    ),
  )
  const to = ['proxy_pass', 'uwsgi_pass', 'fastcgi_pass', 'grpc_pass']
    .flatMap((name) => words(all, name))
    .flatMap(([value]) => targetsOf(value ?? '', upstreams))
  const ports = to.map(localPort)
  const sockets = to.map(localSocket)
  const errorLogs = logsOf(all, 'error_log')
  const accessLogs = logsOf(all, 'access_log')
  return {
    servers: all.flatMap(({ name, block }) =>
      name === 'server' && block !== undefined ? [readServer(block)] : [],
    ),
    keys: unique(
      words(all, 'ssl_certificate_key')
        .map(([value]) => value ?? '')
        .filter((one) => one.startsWith('/')),
    ),
    errorLogs,
    accessLogs,
    sockets: unique(sockets.filter((one) => one !== undefined)),
    serverNames: unique(
      words(all, 'server_name')
        .flat()
        .filter((name) => name !== '_'),
    ),
    listens: unique(words(all, 'listen').map(([value]) => value ?? '')),
    certificates: unique(words(all, 'ssl_certificate').map(([value]) => value ?? '')),
    ...(errorLogs[0] === undefined ? {} : { errorLog: errorLogs[0] }),
    ...(accessLogs[0] === undefined ? {} : { accessLog: accessLogs[0] }),
    ports: unique(ports.filter((port) => port !== undefined)),
    elsewhere: unique(to.filter((_, i) => ports[i] === undefined && sockets[i] === undefined)),
  }
}

function readServer(block: readonly Directive[]): NginxServer {
  const own = (name: string) => block.filter((one) => one.name === name).map((one) => one.words)
  const listens = own('listen').flatMap(([address = '', ...flags]) => {
    const port = Number(
      /(?:^|:)(\d{1,5})$/.exec(address)?.[1] ?? (/^\d*[^\d:]/.test(address) ? 80 : Number.NaN),
    )
    return port > 0 && port < 65_536 ? [{ port, tls: flags.includes('ssl') }] : []
  })
  const certificate = own('ssl_certificate')[0]?.[0]
  return {
    names: unique(own('server_name').flat()),
    listens: listens.length === 0 ? [{ port: 80, tls: false }] : listens,
    ...(certificate?.startsWith('/') ? { certificate } : {}),
    locations: block.flatMap(({ name, words: given, block: inner }) => {
      if (name !== 'location' || inner === undefined) return []
      const [first = '', second] = given
      const isExact = first === '='
      const path = isExact || first === '^~' ? (second ?? '') : first
      if (!path.startsWith('/')) return []
      const has = (...directives: string[]) => inner.some((one) => directives.includes(one.name))
      if (has('internal', 'auth_basic', 'auth_request', 'deny')) return []
      return [{ path, exact: isExact, proxies: has('proxy_pass', 'uwsgi_pass', 'fastcgi_pass', 'grpc_pass') }]
    }),
  }
}

const MAX_ADDRESSES = 40
const HEALTH_PATHS = ['/health', '/healthz', '/api/health']

export interface HealthAddress {
  readonly url: string
  /** Below which path the server is asked for something that cannot be there. */
  readonly base: string
  /** The server's own certificate, for a name that no public authority vouches for. */
  readonly certificate?: string
}

/** Addresses at which these sites may say whether their service is well: port, name and certificate as the server blocks give them. */
export function healthAddresses(
  sites: readonly NginxSite[],
  /** The first page of a server too, for sites of files. */
  pages = false,
): readonly HealthAddress[] {
  const found = sites.flatMap(({ servers }) =>
    servers.flatMap(({ names, listens, certificate, locations }) => {
      const plain = names.filter((name) => /^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(name))
      const name = plain.includes('localhost') ? 'localhost' : (plain[0] ?? 'localhost')
      const said = locations.filter(({ path }) =>
        /(?:health|healthz|alive|ready|ping|status)\/?$/i.test(path),
      )
      const below = locations.filter(({ exact, proxies }) => !exact && proxies)
      return listens.flatMap(({ port, tls }) => {
        const origin = `${tls ? 'https' : 'http'}://${name}${port === (tls ? 443 : 80) ? '' : `:${port}`}`
        const by = tls && certificate !== undefined ? { certificate } : {}
        return [
          ...(pages ? [{ url: `${origin}/`, base: `${origin}/`, ...by }] : []),
          ...said.map(({ path }) => ({
            url: origin + path,
            base: origin + path.replace(/[^/]*\/?$/, ''),
            ...by,
          })),
          ...below.flatMap(({ path }) => {
            const base = origin + path.replace(/\/*$/, '')
            return HEALTH_PATHS.map((one) => ({ url: base + one, base: `${base}/`, ...by }))
          }),
        ]
      })
    }),
  )
  return [...new Map(found.map((one) => [one.url, one])).values()].slice(0, MAX_ADDRESSES)
}

function logsOf(all: readonly Directive[], name: string): readonly string[] {
  return unique(
    words(all, name)
      .map(([value]) => value ?? '')
      .filter((one) => one.startsWith('/') && one !== '/dev/null'),
  )
}

function unique<T>(items: readonly T[]): readonly T[] {
  return [...new Set(items)]
}

function words(all: readonly Directive[], name: string): readonly (readonly string[])[] {
  return all.filter((one) => one.name === name).map((one) => one.words)
}

/** `http://mirai/path` → the servers of upstream `mirai`, or the host and port themselves. */
function targetsOf(value: string, upstreams: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const socket = /^(?:(?:https?|grpcs?):\/\/)?(unix:\/[^:]+)/.exec(value)?.[1]
  if (socket !== undefined) return [socket]
  const authority = /^(?:https?|grpcs?):\/\/([^/]+)/.exec(value)?.[1] ?? value
  return upstreams.get(authority) ?? [authority]
}

function localPort(authority: string): number | undefined {
  const match = /^(?:127\.0\.0\.\d{1,3}|localhost|\[::1\]):(\d{1,5})$/.exec(authority)
  const port = Number(match?.[1])
  return match !== null && port > 0 && port < 65_536 ? port : undefined
}

function localSocket(target: string): string | undefined {
  return /^unix:(\/[^:]+)/.exec(target)?.[1]
}

function flatten(directives: readonly Directive[]): readonly Directive[] {
  return directives.flatMap((one) => [one, ...flatten(one.block ?? [])])
}

function tokens(text: string): readonly string[] {
  return (
    text
      .slice(0, 1_048_576)
      .match(/#[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[{};]|(?:\\.|\$\{[^}\n]*\}|[^\s{};"'#])+/g)
      ?.filter((one) => !one.startsWith('#')) ?? []
  ).map((one) => (/^(["']).*\1$/s.test(one) ? one.slice(1, -1) : one))
}

function parse(of: readonly string[], cursor: { at: number }, depth: number): readonly Directive[] {
  const found: Directive[] = []
  let line: string[] = []
  while (cursor.at < of.length) {
    const token = of[cursor.at++] ?? ''
    if (token === '}') break
    if (token !== ';' && token !== '{') {
      line.push(token)
      continue
    }
    const [name = '', ...rest] = line
    line = []
    if (token === ';') found.push({ name, words: rest })
    else if (depth < MAX_DEPTH) found.push({ name, words: rest, block: parse(of, cursor, depth + 1) })
  }
  return found
}
