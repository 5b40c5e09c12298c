// What a site file of nginx says about itself: names, listeners, certificates, logs, and where it sends requests on.
export interface NginxSite {
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
  const to = words(all, 'proxy_pass').flatMap(([value]) => targetsOf(value ?? '', upstreams))
  const ports = to.map(localPort)
  const errorLog = words(all, 'error_log')[0]?.[0]
  const accessLog = words(all, 'access_log')[0]?.[0]
  return {
    serverNames: unique(
      words(all, 'server_name')
        .flat()
        .filter((name) => name !== '_'),
    ),
    listens: unique(words(all, 'listen').map(([value]) => value ?? '')),
    certificates: unique(words(all, 'ssl_certificate').map(([value]) => value ?? '')),
    ...(errorLog?.startsWith('/') ? { errorLog } : {}),
    ...(accessLog?.startsWith('/') ? { accessLog } : {}),
    ports: unique(ports.filter((port) => port !== undefined)),
    elsewhere: unique(to.filter((_, i) => ports[i] === undefined)),
  }
}

function unique<T>(items: readonly T[]): readonly T[] {
  return [...new Set(items)]
}

function words(all: readonly Directive[], name: string): readonly (readonly string[])[] {
  return all.filter((one) => one.name === name).map((one) => one.words)
}

/** `http://mirai/path` → the servers of upstream `mirai`, or the host and port themselves. */
function targetsOf(value: string, upstreams: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const authority = /^https?:\/\/([^/]+)/.exec(value)?.[1] ?? value
  return upstreams.get(authority) ?? [authority]
}

function localPort(authority: string): number | undefined {
  const match = /^(?:127\.0\.0\.\d{1,3}|localhost|\[::1\]):(\d{1,5})$/.exec(authority)
  const port = Number(match?.[1])
  return match !== null && port > 0 && port < 65_536 ? port : undefined
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
