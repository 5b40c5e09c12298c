// The server blocks of an effective configuration as nginx would choose among them: names, sockets, locations, and the files that each is made of.
// Read through the view that is handed in, by the same rules for the live files and for a plan's.
import { type FileView, glob, isPattern, resolvePath } from './file-view.ts'
import type { NginxPaths } from './nginx-config.ts'
import { holdsData, readListen, readsFile } from './nginx-directives.ts'
import { type Directive, parseNginx } from './nginx-syntax.ts'

export interface ServerListen {
  /** As it is written. */
  readonly text: string
  /** Undefined where it is not understood. */
  readonly at?: NonNullable<ReturnType<typeof readListen>>
  readonly tls: boolean
  readonly isDefault: boolean
  /** Connections begin with a PROXY line, which a plain client does not send. */
  readonly proxyProtocol: boolean
}

export interface ServerLocation {
  readonly kind: 'prefix' | 'exact' | 'regex' | 'named'
  readonly path: string
  readonly internal: boolean
  /** A password, a subrequest or a client certificate is asked for. */
  readonly authenticated: boolean
}

export interface NginxServer {
  /** Configuration files that the block is made of, under the included name and the real one. */
  readonly files: readonly string[]
  /** Certificates and other files that its directives name, by real path. */
  readonly named: readonly string[]
  readonly names: readonly string[]
  readonly listens: readonly ServerListen[]
  /** Of the block outside of its locations. */
  readonly authenticated: boolean
  readonly locations: readonly ServerLocation[]
}

const MAX_FILES = 2000
const MAX_DEPTH = 32

/** A directive with the includes inside of it worked out. */
interface Placed {
  readonly name: string
  readonly args: readonly string[]
  readonly files: readonly string[]
  readonly block?: readonly Placed[]
}

/** Total: what cannot be read is left out, as `readNginx` names it among its problems. Only `http` has servers that are asked by HTTP. */
export function readServers(view: FileView, paths: NginxPaths): readonly NginxServer[] {
  const directory = paths.main.slice(0, paths.main.lastIndexOf('/'))
  const absolute = (path: string) => (path.startsWith('/') ? path : `${directory}/${path}`)
  let opened = 0
  const file = (path: string, depth: number): readonly Placed[] => {
    if (++opened > MAX_FILES || depth > MAX_DEPTH) return []
    const found = resolvePath(view, path)
    if (found?.look.kind !== 'file') return []
    const { directives } = parseNginx(Buffer.from(found.look.bytes).toString('utf8'))
    return placed(directives, [...new Set([path, found.real])], depth)
  }
  const placed = (directives: readonly Directive[], files: readonly string[], depth: number): Placed[] =>
    directives.flatMap(({ name, args, block }) => {
      if (name === 'include') {
        const pattern = absolute(args[0] ?? '')
        return (isPattern(pattern) ? glob(view, pattern) : [pattern]).flatMap((path) => file(path, depth + 1))
      }
      if (block === undefined || holdsData(name)) return [{ name, args, files }]
      return [{ name, args, files, block: placed(block, files, depth) }]
    })
  const real = (path: string) => resolvePath(view, absolute(path))?.real ?? absolute(path)
  return file(paths.main, 0)
    .filter(({ name }) => name === 'http')
    .flatMap(({ block = [] }) => {
      const outer = guardsOf(block, {})
      return block.filter(({ name }) => name === 'server').map((one) => serverOf(one, outer, real))
    })
}

type Guards = Readonly<Record<string, boolean>>

/** Directives that keep strangers out; a block inherits each and may switch it off. */
const GUARDS = ['auth_basic', 'auth_request', 'auth_jwt', 'auth_pam', 'auth_digest', 'ssl_verify_client']
const OPEN = ['off', 'optional', 'optional_no_ca']

function guardsOf(block: readonly Placed[], outer: Guards): Guards {
  const own = block
    .filter(({ name }) => GUARDS.includes(name))
    .map(({ name, args }) => [name, !OPEN.includes(args[0] ?? '')] as const)
  return { ...outer, ...Object.fromEntries(own) }
}

const isGuarded = (guards: Guards) => Object.values(guards).includes(true)

function serverOf(server: Placed, outer: Guards, real: (path: string) => string): NginxServer {
  const { block = [] } = server
  const all = within(server)
  const guards = guardsOf(block, outer)
  const sslOn = block.some(({ name, args }) => name === 'ssl' && args[0] === 'on')
  const listens = block.filter(({ name }) => name === 'listen').map(({ args }) => listenOf(args, sslOn))
  return {
    files: [...new Set(all.flatMap(({ files }) => files))],
    named: all.flatMap(({ name, args }) => {
      const read = readsFile(name, args)
      return read === undefined ? [] : [real(read.path)]
    }),
    names: block.filter(({ name }) => name === 'server_name').flatMap(({ args }) => args),
    listens: listens.length === 0 ? [listenOf(['80'], sslOn)] : listens,
    authenticated: isGuarded(guards),
    locations: locationsOf(block, guards),
  }
}

function within(one: Placed): readonly Placed[] {
  return [one, ...(one.block ?? []).flatMap(within)]
}

function listenOf(args: readonly string[], sslOn: boolean): ServerListen {
  const [where = '', ...options] = args
  const at = readListen([where.replace(/^localhost(?=:|$)/, '127.0.0.1'), ...options])
  return {
    text: args.join(' '),
    ...(at === undefined ? {} : { at }),
    tls: sslOn || options.includes('ssl'),
    isDefault: options.includes('default_server') || options.includes('default'),
    proxyProtocol: options.includes('proxy_protocol'),
  }
}

/** Nested ones too, each by its own path. */
function locationsOf(block: readonly Placed[], outer: Guards): readonly ServerLocation[] {
  return block
    .filter(({ name }) => name === 'location')
    .flatMap(({ args, block: inner = [] }) => {
      const guards = guardsOf(inner, outer)
      const internal = inner.some(({ name }) => name === 'internal')
      return [
        { ...locationPath(args), internal, authenticated: isGuarded(guards) },
        ...locationsOf(inner, guards),
      ]
    })
}

/** `location = /a`, `^~ /a`, `~ \.php$`, `/a`, `@name`; nginx also takes the sign and the path in one word. */
function locationPath(args: readonly string[]): Pick<ServerLocation, 'kind' | 'path'> {
  const text = args.join(' ')
  const [, sign = '', path = ''] = /^(=|\^~|~\*|~)?\s*(.*)$/s.exec(text) ?? []
  if (sign === '~' || sign === '~*') return { kind: 'regex', path: text }
  if (sign === '=') return { kind: 'exact', path }
  return path.startsWith('@') ? { kind: 'named', path } : { kind: 'prefix', path }
}
